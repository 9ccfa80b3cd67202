/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>

#include "core/caps.h"

#define ALL ((CAPBIT(CAP_LAST_CAP) << 1) - 1)

static void test_parse(void **state)
{
	static const struct {
		const char *name;
		capbits_t bits;
	} rows[] = {
		{"NET_BIND_SERVICE", CAPBIT(CAP_NET_BIND_SERVICE)},
		{"CAP_NET_BIND_SERVICE", CAPBIT(CAP_NET_BIND_SERVICE)},
		{"net_bind_service", CAPBIT(CAP_NET_BIND_SERVICE)},
		{"cap_Net_Bind_Service", CAPBIT(CAP_NET_BIND_SERVICE)},
		{"CHOWN", CAPBIT(CAP_CHOWN)},
		{"SETUID", CAPBIT(CAP_SETUID)},
		{"SYS_ADMIN", CAPBIT(CAP_SYS_ADMIN)},
		{"AUDIT_CONTROL", CAPBIT(CAP_AUDIT_CONTROL)},
		{"MAC_OVERRIDE", CAPBIT(CAP_MAC_OVERRIDE)},
		{"BPF", CAPBIT(CAP_BPF)},
		{"CHECKPOINT_RESTORE", CAPBIT(CAP_CHECKPOINT_RESTORE)},
		{"ALL", ALL},
		{"all", ALL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {0};
		capbits_t bits = 0;

		if (caps_parse(rows[i].name, &bits, &err) != 0 || bits != rows[i].bits) {
			fail_msg("'%s': %#llx %s", rows[i].name, (unsigned long long)bits,
				 err.text);
		}
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
		{"NET_BIND_SERVCE",
		 "cannot parse capability 'NET_BIND_SERVCE': did you mean "
		 "'NET_BIND_SERVICE'?"},
		{"CAP_SETUIDS",
		 "cannot parse capability 'CAP_SETUIDS': did you mean 'SETUID'?"},
		{"alll", "cannot parse capability 'alll': did you mean 'ALL'?"},
		{"CAP_ALL", "cannot parse capability 'CAP_ALL': did you mean 'ALL'?"},
		{"",
		 "cannot parse capability '': expected a name from capabilities(7) or ALL"},
		{"CAP_", "cannot parse capability 'CAP_': expected a name from "
			 "capabilities(7) or ALL"},
		{"12",
		 "cannot parse capability '12': expected a name from capabilities(7) "
		 "or ALL"},
		{"everything",
		 "cannot parse capability 'everything': expected a name from "
		 "capabilities(7) or ALL"},
		{" KILL", NULL},
		{"KILL ", NULL},
		{"KILL,CHOWN", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {0};
		capbits_t bits = 42;

		if (caps_parse(rows[i].name, &bits, &err) >= 0 || bits != 42 ||
		    (rows[i].text && strcmp(err.text, rows[i].text) != 0)) {
			fail_msg("'%s': %s", rows[i].name, err.text);
		}
	}
}

/* Each name libcap-ng has goes out and comes back. */
static void test_round_trip(void **state)
{
	struct arena a = {0};
	capbits_t bits;

	(void)state;
	for (unsigned n = 0; n <= CAP_LAST_CAP; n++) {
		assert_int_equal(caps_parse(caps_format(&a, CAPBIT(n), ALL), &bits, NULL),
				 0);
		assert_true(bits == CAPBIT(n));
	}
	arena_release(&a);
}

static void test_format(void **state)
{
	static const struct {
		capbits_t bits, known;
		const char *text;
	} rows[] = {
		{0, ALL, "none"},
		{0, 0, "none"},
		{ALL, ALL, "all"},
		{UINT64_MAX, ALL, "all"},
		{CAPBIT(CAP_KILL), CAPBIT(CAP_KILL), "all"},
		{CAPBIT(CAP_KILL), ALL, "CAP_KILL"},
		{CAPBIT(CAP_KILL), 0, "CAP_KILL"},
		{CAPBIT(CAP_SETUID) | CAPBIT(CAP_KILL), ALL, "CAP_KILL, CAP_SETUID"},
		{CAPBIT(CAP_CHECKPOINT_RESTORE), ALL, "CAP_CHECKPOINT_RESTORE"},
		{CAPBIT(CAP_CHOWN) | CAPBIT(50) | CAPBIT(63), ALL,
		 "CAP_CHOWN, CAP_50, CAP_63"},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(caps_format(&a, rows[i].bits, rows[i].known),
				    rows[i].text);
	}
	arena_release(&a);
}

/* capabilities(7): what execve makes of each set, observed on Linux 6.18 as well. */
static void test_after_exec(void **state)
{
	enum { A = 1, B = 2, C = 4, D = 8, E = 16 };
	static const struct {
		struct capsets before;
		bool root;
		unsigned securebits;
		struct capsets after;
	} rows[] = {
		/* Others keep the ambient set and nothing else. */
		{{A | B, A | B | C, C, 0, D}, false, 0, {0, 0, C, 0, D}},
		{{A | B, A | B, A, A, A | D}, false, 0, {A, A, A, A, A | D}},
		/* Root gets what is inheritable or bounding, whatever it had. */
		{{0, 0, 0, 0, A | B}, true, 0, {A | B, A | B, 0, 0, A | B}},
		{{A, A, C, 0, B}, true, 0, {B | C, B | C, C, 0, B}},
		{{A, A, A, A, 0}, true, 0, {A, A, A, A, 0}},
		/* With noroot it is like the others. */
		{{A, A, C, 0, B}, true, SECBIT_NOROOT, {0, 0, C, 0, B}},
		{{A | E, A | E, E, E, B}, true, SECBIT_NOROOT, {E, E, E, E, B}},
		/* Other bits say nothing about exec. */
		{{0, 0, 0, 0, A},
		 true,
		 SECBIT_NO_SETUID_FIXUP | SECBIT_NO_CAP_AMBIENT_RAISE |
			 SECBIT_NOROOT_LOCKED,
		 {A, A, 0, 0, A}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct capsets after = caps_after_exec(&rows[i].before, rows[i].root,
						       rows[i].securebits);

		if (memcmp(&after, &rows[i].after, sizeof(after)) != 0) {
			fail_msg("row %zu: e %llx p %llx i %llx a %llx b %llx", i,
				 (unsigned long long)after.effective,
				 (unsigned long long)after.permitted,
				 (unsigned long long)after.inheritable,
				 (unsigned long long)after.ambient,
				 (unsigned long long)after.bounding);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_format),
		cmocka_unit_test(test_after_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
