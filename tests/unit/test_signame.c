/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/signame.h"

/* All 64 of x86_64, aarch64 and every other machine but alpha, mips, parisc and sparc: signal(7). */
static const char *const names[] = {
	[1] = "SIGHUP",	      [2] = "SIGINT",	    [3] = "SIGQUIT",
	[4] = "SIGILL",	      [5] = "SIGTRAP",	    [6] = "SIGABRT",
	[7] = "SIGBUS",	      [8] = "SIGFPE",	    [9] = "SIGKILL",
	[10] = "SIGUSR1",     [11] = "SIGSEGV",	    [12] = "SIGUSR2",
	[13] = "SIGPIPE",     [14] = "SIGALRM",	    [15] = "SIGTERM",
	[16] = "SIGSTKFLT",   [17] = "SIGCHLD",	    [18] = "SIGCONT",
	[19] = "SIGSTOP",     [20] = "SIGTSTP",	    [21] = "SIGTTIN",
	[22] = "SIGTTOU",     [23] = "SIGURG",	    [24] = "SIGXCPU",
	[25] = "SIGXFSZ",     [26] = "SIGVTALRM",   [27] = "SIGPROF",
	[28] = "SIGWINCH",    [29] = "SIGIO",	    [30] = "SIGPWR",
	[31] = "SIGSYS",      [32] = "32",	    [33] = "33",
	[34] = "SIGRTMIN",    [35] = "SIGRTMIN+1",  [36] = "SIGRTMIN+2",
	[49] = "SIGRTMIN+15", [50] = "SIGRTMIN+16", [63] = "SIGRTMIN+29",
	[64] = "SIGRTMAX",
};

static void test_names(void **state)
{
	char buf[SIGNAL_NAME_MAX];

	(void)state;
	assert_int_equal(ARRAY_LEN(names), SIGNAL_MAX + 1);
	for (int sig = 1; sig <= SIGNAL_MAX; sig++) {
		const char *name = signal_name(sig, buf);
		int back = 0;

		assert_ptr_equal(name, buf);
		if (names[sig]) {
			assert_string_equal(name, names[sig]);
		}
		assert_int_equal(signal_parse(name, &back, NULL), 0);
		assert_int_equal(back, sig);
		snprintf(buf, sizeof(buf), "%d", sig);
		assert_int_equal(signal_parse(buf, &back, NULL), 0);
		assert_int_equal(back, sig);
	}
}

static void test_not_a_signal(void **state)
{
	static const struct {
		int sig;
		const char *name;
	} rows[] = {{0, "0"}, {65, "65"}, {-1, "-1"}, {INT_MIN, "-2147483648"}};
	char buf[SIGNAL_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(signal_name(rows[i].sig, buf), rows[i].name);
	}
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int sig;
	} rows[] = {
		{"TERM", 15},	    {"sigterm", 15},	 {"SigTerm", 15},
		{"term", 15},	    {"IOT", 6},		 {"SIGIOT", 6},
		{"CLD", 17},	    {"POLL", 29},	 {"SIGRTMIN", 34},
		{"RTMIN", 34},	    {"rtmax", 64},	 {"RTMIN+0", 34},
		{"SIGRTMIN+3", 37}, {"rtmin+30", 64},	 {"SIGRTMAX-0", 64},
		{"RTMAX-1", 63},    {"SIGRTMAX-14", 50}, {"RTMAX-30", 34},
		{"1", 1},	    {"064", 64},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {0};
		int sig = 0;

		if (signal_parse(rows[i].text, &sig, &err) != 0 || sig != rows[i].sig) {
			fail_msg("'%s': %d %s", rows[i].text, sig, err.text);
		}
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"TREM", "cannot parse signal 'TREM': did you mean 'SIGTERM'?"},
		{"SIGUSR", "did you mean 'SIGUSR1'?"},
		{"sighupp", "did you mean 'SIGHUP'?"},
		{"SIG15",
		 "expected a name like SIGTERM or SIGRTMIN+3, or a number 1 to 64"},
		{"0", "expected"},
		{"65", "expected"},
		{"-15", "expected"},
		{"15 ", "expected"},
		{"99999999999", "expected"},
		{"SIG", "expected"},
		{"", "expected"},
		{"SIGSIGTERM", "expected"},
		{"RTMIN+", "cannot parse signal 'RTMIN+'"},
		{"RTMIN+31", "cannot parse signal 'RTMIN+31'"},
		{"RTMIN-1", "cannot parse signal 'RTMIN-1'"},
		{"RTMAX-31", "cannot parse signal 'RTMAX-31'"},
		{"RTMAX+1", "cannot parse signal 'RTMAX+1'"},
		{"RTMAX-x", "cannot parse signal 'RTMAX-x'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {0};
		int sig = 77;

		if (signal_parse(rows[i].text, &sig, &err) != -EINVAL || sig != 77 ||
		    !strstr(err.text, rows[i].why)) {
			fail_msg("'%s': %d %s", rows[i].text, sig, err.text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_not_a_signal),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("signame", tests, NULL, NULL);
}
