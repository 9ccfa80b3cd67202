/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "planning.h"

static const struct host root = {.accounts = PLANNING_ACCOUNTS,
				 .caps = CAPSETS(DOCKER_CAPS, DOCKER_CAPS)};
static char *const args[] = {"/bin/x", NULL};

/* "restart always max 0 delay 100..60000; notify ...; watchdog ...; report ...", or the problems. */
static const char *told(struct arena *a, const char *ini)
{
	static const char *const restarts[] = {"no", "on-failure", "always"};
	static const char *const notify[] = {"no", "systemd", "fd"};
	static const char *const report[] = {"if there", "file", "none"};
	struct plan plan;
	const char *problems = planning(a, ini, &root, args, &plan);
	const struct lifecycle_policy *p = &plan.policy;
	const char *deadline = "";

	if (*problems) {
		return problems;
	}
	assert_int_equal(p->can_restart, plan.restarts);
	if (plan.notify != NOTIFY_NONE) {
		const struct hook *h = &plan.hooks[plan.n_hooks - 1];

		assert_int_equal(h->action, HOOK_NOTIFY);
		assert_int_equal(h->phase, PHASE_READY);
		assert_string_equal(h->name, "notify");
		assert_true(h->required && p->hook_phases == 1u << PHASE_READY);
		deadline = arena_printf(a, " within %lld, fd %d", (long long)h->deadline,
					plan.notify_fd);
	}
	return arena_printf(
		a, "%s%s %u delay %lld-%lld; notify %s%s; watchdog %lld; %s %s",
		restarts[p->restart], plan.restarts ? "+" : "", p->restart_max,
		(long long)p->restart_delay, (long long)p->restart_delay_max,
		notify[plan.notify], deadline, (long long)plan.watchdog,
		report[plan.report], plan.termination_log ? plan.termination_log : "-");
}

#define REST "; notify no; watchdog 0; if there /dev/termination-log"
#define NO_RESTART "no 0 delay 100-60000; "

static void test_values(void **state)
{
	static const struct {
		const char *text, *told;
	} rows[] = {
		{"", "no 0 delay 100-60000" REST},
		{"restart=no\n", "no 0 delay 100-60000" REST},
		{"restart=always\n", "always+ 0 delay 100-60000" REST},
		{"restart=unless-stopped\n", "always+ 0 delay 100-60000" REST},
		{"restart=on-failure\n", "on-failure+ 0 delay 100-60000" REST},
		{"restart=on-failure:5\nrestart_delay=0s\nrestart_delay_max=1s\n",
		 "on-failure+ 5 delay 0-1000" REST},
		{"restart=always\nrestart_delay=2m\n",
		 "always+ 0 delay 120000-120000" REST},
		{"notify=no\ntermination_log=none\n",
		 NO_RESTART "notify no; watchdog 0; none -"},
		{"notify=systemd\nwatchdog=30s\ntermination_log=/run/end\n", NO_RESTART
		 "notify systemd within 60000, fd 0; watchdog 30000; file /run/end"},
		{"notify=fd:3\nnotify_deadline=5m\n",
		 NO_RESTART "notify fd within 300000, fd 3; watchdog 0; if there "
			    "/dev/termination-log"},

		{"restart=sometimes\n",
		 "f:2: main.restart: cannot use 'sometimes': it is no, on-failure, "
		 "on-failure:N or always\n"},
		{"restart=on-failures\n",
		 "f:2: main.restart: cannot use 'on-failures': it is no, on-failure, "
		 "on-failure:N or always\n"},
		{"restart=always:3\n",
		 "f:2: main.restart: cannot use 'always:3': it is no, on-failure, "
		 "on-failure:N or always\n"},
		{"restart=on-failure:0\n",
		 "f:2: main.restart: cannot use 'on-failure:0': without a number it is "
		 "without a limit; no is never\n"},
		{"restart_delay=2s\nrestart_delay_max=1s\n",
		 "f:3: main.restart_delay_max: it is shorter than main.restart_delay, "
		 "2000ms\n"},
		{"restart_delay=9000h\n",
		 "f:2: main.restart_delay: cannot use '9000h': at most 8760h\n"},
		{"notify=socket\n",
		 "f:2: main.notify: cannot use 'socket': it is no, systemd or fd:N\n"},
		{"notify=fd:2\n",
		 "f:2: main.notify: cannot use 'fd:2': 0 to 2 are main's input and "
		 "output; 3 or above\n"},
		{"notify=fd:4\npass_fds=3 4\n",
		 "f:2: main.notify: cannot use 'fd:4': main gets another descriptor as 4 "
		 "by main.pass_fds or socket activation; take a free number\n"},
		{"notify_deadline=1s\n",
		 "f:2: main.notify_deadline: it means nothing without main.notify = "
		 "systemd or fd:N\n"},
		{"notify=systemd\nnotify_deadline=0s\n",
		 "f:3: main.notify_deadline: cannot use '0s': it must be more than 0\n"},
		{"notify=fd:3\nwatchdog=1s\n",
		 "f:3: main.watchdog: main says by notification that it is alive: set "
		 "main.notify = systemd, too\n"},
		{"notify=systemd\nwatchdog=0s\n",
		 "f:3: main.watchdog: cannot use '0s': it must be more than 0\n"},
		{"termination_log=end.json\n",
		 "f:2: main.termination_log: cannot use 'end.json': it is a path that "
		 "begins with '/', or none\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		const char *ini = arena_printf(&a, "[main]\n%s", rows[i].text);

		planning_check(i, rows[i].text, told(&a, ini), rows[i].told);
		arena_release(&a);
	}
}

/* What is cut or worded by parse_uint(). */
static void test_numbers(void **state)
{
	static const char *const rows[] = {
		"restart=on-failure:-1\n",
		"restart=on-failure:\n",
		"restart=on-failure:1000001\n",
		"notify=fd:\n",
		"notify=fd:1024\n",
		"notify=fd:3x\n",
		"watchdog=5\nnotify=systemd\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		const char *ini = arena_printf(&a, "[main]\n%s", rows[i]);

		assert_non_null(strstr(told(&a, ini), ": cannot parse "));
		arena_release(&a);
	}
}

/* A hook called notify and main.notify cannot both be there. */
static void test_name_taken(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_string_equal(
		told(&a, "[main]\nnotify=systemd\n[hook:notify]\nphase=ready\n"
			 "file=/x\n"),
		"f:3: hook:notify: main.notify makes a hook of that name; take "
		"another name\n");
	arena_release(&a);
}

/* Nothing of it keeps main's environment from being PID 1's own. */
static void test_no_configuration(void **state)
{
	static char home[] = "HOME=/root";
	char *environ[] = {home, NULL};
	struct host host = root;
	struct arena a = {0};
	struct plan plan;

	(void)state;
	host.environ = environ;
	assert_string_equal(planning(&a, "", &host, args, &plan), "");
	assert_ptr_equal(plan.environ, environ);
	assert_null(plan.hooks);
	assert_int_equal(plan.n_hooks, 0);
	assert_int_equal(plan.policy.hook_phases, 0);
	assert_false(plan.policy.can_restart);
	assert_int_equal(plan.report, REPORT_IF_THERE);
	assert_string_equal(plan.termination_log, "/dev/termination-log");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_name_taken),
		cmocka_unit_test(test_no_configuration),
	};

	return cmocka_run_group_tests_name("plan_again", tests, NULL, NULL);
}
