/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The linked libraries are built with changes and options of our own (tools/deps.sh): what the
 * code relies on is what was built.
 */
#include "unit.h"

#include <cap-ng.h>
#include <ini.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/types.h"

#define COLUMNS_MAX 40

/* The columns of libseccomp's own table of calls, and the machines that ours still has. */
static const struct {
	uint32_t arch;
	const char *name;
	size_t column;
} kept[] = {
	{SCMP_ARCH_X86, "x86", 1},	   {SCMP_ARCH_X86_64, "x86_64", 3},
	{SCMP_ARCH_X32, "x32", 5},	   {SCMP_ARCH_ARM, "arm", 7},
	{SCMP_ARCH_AARCH64, "aarch64", 9},
};

static size_t split(char *line, char **fields)
{
	size_t n = 0;

	line[strcspn(line, "\n")] = '\0';
	for (char *field; (field = strsep(&line, ",")) != NULL && n < COLUMNS_MAX; n++) {
		fields[n] = field;
	}
	return n;
}

/* A number of x32's calls carries the bit that tells them from x86_64's. */
static int expected(uint32_t arch, const char *number)
{
	int n = (int)strtol(number, NULL, 10);

	return arch == SCMP_ARCH_X32 && n >= 0 ? n + 0x40000000 : n;
}

static void every_call_has_its_number_on_every_machine(void **state)
{
	FILE *table = fopen(DEPS_SHARE "/syscalls.csv", "r");
	char line[1024], *fields[COLUMNS_MAX];
	size_t checked = 0;

	(void)state;
	assert_non_null(table);
	assert_non_null(fgets(line, sizeof(line), table));
	split(line, fields);
	for (size_t k = 0; k < ARRAY_LEN(kept); k++) {
		assert_string_equal(fields[kept[k].column], kept[k].name);
	}
	while (fgets(line, sizeof(line), table)) {
		split(line, fields);
		for (size_t k = 0; k < ARRAY_LEN(kept); k++) {
			const char *want = fields[kept[k].column];
			int got = seccomp_syscall_resolve_name_arch(kept[k].arch,
								    fields[0]);

			/* Calls that x86 has inside socketcall and ipc have negative numbers. */
			if (strcmp(want, "PNR") == 0 ||
			    (kept[k].arch == SCMP_ARCH_X86 && got < 0)) {
				assert_true(got < __NR_SCMP_ERROR);
			} else {
				assert_int_equal(got, expected(kept[k].arch, want));
			}
			checked++;
		}
	}
	fclose(table);
	assert_true(checked > 400 * ARRAY_LEN(kept));
}

static void other_machines_are_refused_not_guessed(void **state)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	(void)state;
	assert_non_null(filter);
	assert_int_not_equal(seccomp_arch_add(filter, SCMP_ARCH_S390X), 0);
	assert_int_equal(seccomp_arch_resolve_name("mips"), 0);
	assert_int_equal(seccomp_arch_resolve_name("aarch64"), SCMP_ARCH_AARCH64);
	seccomp_release(filter);
}

static void capabilities_have_names_without_asking_the_kernel(void **state)
{
	(void)state;
	assert_string_equal(capng_capability_to_name(CAP_NET_BIND_SERVICE),
			    "net_bind_service");
	assert_string_equal(capng_capability_to_name(CAP_LAST_CAP), "checkpoint_restore");
	assert_null(capng_capability_to_name(CAP_LAST_CAP + 1));
	assert_int_equal(capng_name_to_capability("kill"), CAP_KILL);
}

struct seen {
	int line;
	char value[5000];
};

static int remember(void *user, const char *section, const char *name, const char *value,
		    int line)
{
	struct seen *seen = user;

	(void)section;
	(void)name;
	seen->line = line;
	snprintf(seen->value, sizeof(seen->value), "%s", value);
	return 1;
}

static void ini_values_are_whole_and_have_lines(void **state)
{
	struct seen seen = {0};
	char text[4200];
	size_t n;

	(void)state;
	assert_int_equal(ini_parse_string("[a]\n\nk = v ; not a comment # nor this\n",
					  remember, &seen),
			 0);
	assert_string_equal(seen.value, "v ; not a comment # nor this");
	assert_int_equal(seen.line, 3);

	n = (size_t)snprintf(text, sizeof(text), "k=");
	memset(text + n, 'x', 4096);
	text[n + 4096] = '\0';
	assert_int_equal(ini_parse_string(text, remember, &seen), 0);
	assert_int_equal(strlen(seen.value), 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_has_its_number_on_every_machine),
		cmocka_unit_test(other_machines_are_refused_not_guessed),
		cmocka_unit_test(capabilities_have_names_without_asking_the_kernel),
		cmocka_unit_test(ini_values_are_whole_and_have_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
