/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>
#include <sys/resource.h>

#include "core/limits.h"

#define INF LIMIT_INFINITY

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		struct limit limit;
	} rows[] = {
		{"core=0", {RLIMIT_CORE, 0, 0}},
		{"cpu=1:2", {RLIMIT_CPU, 1, 2}},
		{"data=1", {RLIMIT_DATA, 1, 1}},
		{"fsize=1", {RLIMIT_FSIZE, 1, 1}},
		{"locks=1", {RLIMIT_LOCKS, 1, 1}},
		{"memlock=unlimited", {RLIMIT_MEMLOCK, INF, INF}},
		{"memlock=-1", {RLIMIT_MEMLOCK, INF, INF}},
		{"memlock=-1:-1", {RLIMIT_MEMLOCK, INF, INF}},
		{"memlock=4096:infinity", {RLIMIT_MEMLOCK, 4096, INF}},
		{"msgqueue=1", {RLIMIT_MSGQUEUE, 1, 1}},
		{"nice=1", {RLIMIT_NICE, 1, 1}},
		{"nofile=1024:2048", {RLIMIT_NOFILE, 1024, 2048}},
		{"nofile=1024", {RLIMIT_NOFILE, 1024, 1024}},
		{"nofile=0:0", {RLIMIT_NOFILE, 0, 0}},
		{"nproc=1", {RLIMIT_NPROC, 1, 1}},
		{"rss=1", {RLIMIT_RSS, 1, 1}},
		{"rtprio=1", {RLIMIT_RTPRIO, 1, 1}},
		{"rttime=1", {RLIMIT_RTTIME, 1, 1}},
		{"sigpending=1", {RLIMIT_SIGPENDING, 1, 1}},
		{"stack=8388608", {RLIMIT_STACK, 8388608, 8388608}},
		{"stack=18446744073709551614:-1", {RLIMIT_STACK, INF - 1, INF}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct limit l = {0};
		struct err err = {0};

		if (limit_parse(rows[i].text, &l, &err) != 0 ||
		    l.resource != rows[i].limit.resource ||
		    l.soft != rows[i].limit.soft || l.hard != rows[i].limit.hard) {
			fail_msg("'%s': %d %llu %llu %s", rows[i].text, l.resource,
				 (unsigned long long)l.soft, (unsigned long long)l.hard,
				 err.text);
		}
		assert_memory_equal(limit_name(l.resource), rows[i].text,
				    strlen(limit_name(l.resource)));
	}
	assert_string_equal(limit_name(-1), "unknown");
	assert_string_equal(limit_name(RLIMIT_AS), "unknown"); /* not one of Docker's */
}

/* What is printed reads back as the same limit. */
static void test_format(void **state)
{
	static const struct {
		struct limit limit;
		const char *text;
	} rows[] = {
		{{RLIMIT_NOFILE, 1024, 2048}, "nofile=1024:2048"},
		{{RLIMIT_NOFILE, 1024, 1024}, "nofile=1024"},
		{{RLIMIT_CORE, 0, INF}, "core=0:unlimited"},
		{{RLIMIT_MEMLOCK, INF, INF}, "memlock=unlimited"},
		{{RLIMIT_STACK, INF - 1, INF - 1}, "stack=18446744073709551614"},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct limit l = {0};

		assert_string_equal(limit_format(&a, &rows[i].limit), rows[i].text);
		assert_int_equal(limit_parse(rows[i].text, &l, NULL), 0);
		assert_int_equal(l.resource, rows[i].limit.resource);
		assert_true(l.soft == rows[i].limit.soft && l.hard == rows[i].limit.hard);
	}
	arena_release(&a);
}

static void test_refused(void **state)
{
#define SOFT(text)                   \
	"cannot parse ulimit '" text \
	"': the soft limit is not a number, 'unlimited' or -1"
#define HARD(text)                   \
	"cannot parse ulimit '" text \
	"': the hard limit is not a number, 'unlimited' or -1"
#define ABOVE(text) \
	"cannot parse ulimit '" text "': the soft limit is above the hard limit"
#define UNKNOWN(text)                                                                     \
	"cannot parse ulimit '" text                                                      \
	"': unknown name, expected core, cpu, data, fsize, "                              \
	"locks, memlock, msgqueue, nice, nofile, nproc, rss, rtprio, rttime, sigpending " \
	"or stack"
	static const struct {
		const char *text, *err;
	} rows[] = {
		{"", "cannot parse ulimit '': expected NAME=SOFT[:HARD]"},
		{"nofile", "cannot parse ulimit 'nofile': expected NAME=SOFT[:HARD]"},
		{"nofile:5", "cannot parse ulimit 'nofile:5': expected NAME=SOFT[:HARD]"},
		{"nofil=5", "cannot parse ulimit 'nofil=5': did you mean 'nofile'?"},
		{"NOFILE=5", "cannot parse ulimit 'NOFILE=5': did you mean 'nofile'?"},
		{"address_space=5", UNKNOWN("address_space=5")},
		{"=5", UNKNOWN("=5")},
		{"abcdefghijklmnopqrstuvwxyzabcdefghijkl=5",
		 UNKNOWN("abcdefghijklmnopqrstuvwxyzabcdefghijkl=5")},
		{"nofile=", SOFT("nofile=")},
		{"nofile=:5", SOFT("nofile=:5")},
		{"nofile=five", SOFT("nofile=five")},
		{"nofile= 5", SOFT("nofile= 5")},
		{"nofile=+5", SOFT("nofile=+5")},
		{"nofile=-2", SOFT("nofile=-2")},
		{"nofile=1k", SOFT("nofile=1k")},
		{"nofile=18446744073709551615", SOFT("nofile=18446744073709551615")},
		{"nofile=99999999999999999999999999999999999",
		 SOFT("nofile=99999999999999999999999999999999999")},
		{"nofile=5:", HARD("nofile=5:")},
		{"nofile=5:6:7", HARD("nofile=5:6:7")},
		{"nofile=5:x", HARD("nofile=5:x")},
		{"nofile=6:5", ABOVE("nofile=6:5")},
		{"nofile=-1:5", ABOVE("nofile=-1:5")},
		{"nofile=unlimited:5", ABOVE("nofile=unlimited:5")},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct limit l = {.resource = 77};
		struct err err = {0};

		if (limit_parse(rows[i].text, &l, &err) >= 0 ||
		    strcmp(err.text, rows[i].err) != 0 || l.resource != 77) {
			fail_msg("'%s': '%s'", rows[i].text, err.text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
