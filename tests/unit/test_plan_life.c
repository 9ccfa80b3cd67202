/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "planning.h"

static const struct host root = {.caps = CAPSETS(DOCKER_CAPS, DOCKER_CAPS)};
static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static const char *plan_on(const struct host *h, const char *ini, struct plan *ret_plan)
{
	static char *const args[] = {"/bin/x", NULL};

	return planning(&arena, ini, h, args, ret_plan);
}

static struct plan good(const char *ini)
{
	struct plan plan;

	assert_string_equal(plan_on(&root, ini, &plan), "");
	return plan;
}

static void test_defaults(void **state)
{
	struct plan plan = good("");

	(void)state;
	assert_true(plan.policy.stop_on == SIGBIT(SIGTERM));
	assert_int_equal(plan.policy.stop_signal, SIGTERM);
	assert_true(plan.policy.stop_grace == MSEC_INFINITY);
	assert_int_equal(plan.policy.orphan_grace, 2000);
	assert_false(plan.policy.kill_group);
	assert_int_equal(plan.umask, -1);
	assert_false(plan.set_oom_score_adj);
	assert_int_equal(plan.n_limits, 0);
	assert_int_equal(plan.n_pass_fds, 0);
}

static void test_life(void **state)
{
	struct plan plan = good("[main]\nstop_on = INT, SIGTERM\nstop_signal = SIGQUIT\n"
				"stop_grace_period = 1m30s\norphan_grace_period = 10ms\n"
				"success_exit_status = 3 SIGTERM 255\nkill_mode = group\n"
				"[signals]\nHUP = USR1\nSIGUSR2 = ignore\n");

	(void)state;
	assert_true(plan.policy.stop_on == (SIGBIT(SIGINT) | SIGBIT(SIGTERM)));
	assert_int_equal(plan.policy.stop_signal, SIGQUIT);
	assert_int_equal(plan.policy.stop_grace, 90000);
	assert_int_equal(plan.policy.orphan_grace, 10);
	assert_true(plan.policy.kill_group);
	assert_int_equal(plan.policy.forward[SIGHUP], SIGUSR1);
	assert_int_equal(plan.policy.forward[SIGUSR2], 0);
	assert_int_equal(plan.policy.forward[SIGUSR1], SIGUSR1);
	for (int status = 0; status < 256; status++) {
		bool success = plan.policy.success[status / 8] >> status % 8 & 1;

		assert_int_equal(success, status == 3 || status == 143 || status == 255);
	}
	plan = good("[main]\nkill_mode = process\n");
	assert_false(plan.policy.kill_group);
}

static void test_attributes(void **state)
{
	static const int fds[] = {3, 5, 9};
	struct plan plan = good("[main]\numask = 027\noom_score_adj = -500\n"
				"ulimits = nofile=10:20 core=0\npass_fds = 9 0 5 3 5\n");

	(void)state;
	assert_int_equal(plan.umask, 027);
	assert_true(plan.set_oom_score_adj);
	assert_int_equal(plan.oom_score_adj, -500);
	assert_int_equal(plan.n_limits, 2);
	assert_string_equal(limit_format(&arena, &plan.limits[0]), "nofile=10:20");
	assert_int_equal(plan.limits[1].resource, RLIMIT_CORE);
	/* 0 to 2 are main's anyway; what is left is in order, each once. */
	assert_int_equal(plan.n_pass_fds, 3);
	assert_memory_equal(plan.pass_fds, fds, sizeof(fds));
	assert_false(plan.listen_fds);
}

static void test_listen_fds(void **state)
{
	static const struct {
		char *fds, *pid;
		size_t n;
		bool ours;
	} rows[] = {
		{"LISTEN_FDS=2", "LISTEN_PID=7", 3, true},
		{"LISTEN_FDS=0", "LISTEN_PID=7", 1, true},
		{"LISTEN_FDS=2", "LISTEN_PID=8", 1, false},
		{"LISTEN_FDS=x", "LISTEN_PID=7", 1, false},
		{"LISTEN_FDS=2", "LISTEN_PID=", 1, false},
		{"LISTEN_FDS=2", "OTHER=7", 1, false},
		{"OTHER=2", "LISTEN_PID=7", 1, false},
		{"LISTEN_FDS=99999999", "LISTEN_PID=7", 1, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *const env[] = {rows[i].fds, rows[i].pid, NULL};
		struct host h = root;
		struct plan plan;

		h.pid = 7;
		h.environ = env;
		assert_string_equal(plan_on(&h, "[main]\npass_fds = 6\n", &plan), "");
		assert_int_equal(plan.n_pass_fds, rows[i].n);
		assert_int_equal(plan.pass_fds[rows[i].n - 1], 6);
		assert_int_equal(plan.listen_fds, rows[i].ours);
	}
}

static void test_paths(void **state)
{
	struct host h = root;
	struct plan plan;
	static const char ini[] = "[security]\nread_only_paths = /usr /etc\n"
				  "read_write_paths = /data\n";

	(void)state;
	h.landlock_abi = 4;
	assert_string_equal(plan_on(&h, ini, &plan), "");
	assert_int_equal(plan.read_only_paths.n, 2);
	assert_string_equal(plan.read_write_paths.v[0], "/data");
	assert_int_equal(plan.landlock_abi, 4);
	assert_string_equal(
		plan_on(&root, ini, &plan),
		"f:2: security.read_only_paths: this kernel has no Landlock, or "
		"the engine forbids it\n"
		"f:3: security.read_write_paths: this kernel has no Landlock, or "
		"the engine forbids it\n");
	assert_string_equal(
		plan_on(&h, "[security]\nread_only_paths = usr\n", &plan),
		"f:2: security.read_only_paths: cannot use 'usr': it must begin "
		"with '/'\n");
}

static void test_refused(void **state)
{
	static const struct {
		const char *ini, *told;
	} rows[] = {
		{"[main]\nstop_on = KILL TERM\n",
		 "f:2: main.stop_on: cannot use 'KILL': no program gets it\n"},
		{"[main]\nstop_on = CHLD STOP\n",
		 "f:2: main.stop_on: cannot use 'CHLD': no program gets it\n"
		 "f:2: main.stop_on: cannot use 'STOP': no program gets it\n"},
		{"[main]\nstop_on = TERMM\n",
		 "f:2: main.stop_on: cannot parse signal 'TERMM': did you mean 'SIGTERM'?\n"},
		{"[main]\nstop_signal = TERMM\n",
		 "f:2: main.stop_signal: cannot parse signal 'TERMM': did you mean "
		 "'SIGTERM'?\n"},
		{"[signals]\nTERM = INT\n",
		 "f:2: signals.TERM: it is in main.stop_on; what main gets then is "
		 "main.stop_signal\n"},
		{"[signals]\nKILL = INT\n",
		 "f:2: signals.KILL: cannot rewrite it: no program gets it\n"},
		{"[signals]\nHUP = INTT\n",
		 "f:2: signals.HUP: cannot parse signal 'INTT': did you mean 'SIGINT'? (or "
		 "ignore)\n"},
		{"[main]\nstop_grace_period = -1s\norphan_grace_period = 5\n",
		 "f:2: main.stop_grace_period: cannot parse duration '-1s': it is negative\n"
		 "f:3: main.orphan_grace_period: cannot parse duration '5': a unit is "
		 "needed, for example 5s\n"},
		{"[main]\nsuccess_exit_status = 256 SIGTERMM\n",
		 "f:2: main.success_exit_status: cannot parse number '256': expected decimal "
		 "digits, 0 to 255\n"
		 "f:2: main.success_exit_status: cannot parse signal 'SIGTERMM': did you "
		 "mean 'SIGTERM'?\n"},
		{"[main]\nkill_mode = all\n",
		 "f:2: main.kill_mode: cannot use 'all': it is process or group\n"},
		{"[main]\nulimits = nofile=1 core=0 nofile=2\n",
		 "f:2: main.ulimits: 'nofile' is there twice\n"},
		{"[main]\nulimits = nofile\n",
		 "f:2: main.ulimits: cannot parse ulimit 'nofile': expected "
		 "NAME=SOFT[:HARD]\n"},
		{"[main]\npass_fds = x\n",
		 "f:2: main.pass_fds: cannot parse number 'x': expected decimal digits, 0 to "
		 "1048576\n"},
		{"[main]\numask = 1000\n",
		 "f:2: main.umask: cannot use '1000': at most 0777\n"},
		{"[main]\numask = 8\n",
		 "f:2: main.umask: cannot parse mode '8': expected octal digits, at most "
		 "7777, for example 0750\n"},
		{"[main]\noom_score_adj = 1001\n",
		 "f:2: main.oom_score_adj: cannot parse number '1001': expected -1000 to "
		 "1000\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan plan;

		planning_check(i, "problems", plan_on(&root, rows[i].ini, &plan),
			       rows[i].told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_defaults, teardown),
		cmocka_unit_test_teardown(test_life, teardown),
		cmocka_unit_test_teardown(test_attributes, teardown),
		cmocka_unit_test_teardown(test_listen_fds, teardown),
		cmocka_unit_test_teardown(test_paths, teardown),
		cmocka_unit_test_teardown(test_refused, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
