/* SPDX-License-Identifier: Apache-2.0 */
/* All hooks of a configuration: which are in force, what they lead to, and the mistakes that only show together. */
#include "unit.h"

#include <signal.h>
#include <string.h>

#include "core/plan_hooks.h"
#include "planning.h"

static const struct host root = {.accounts = PLANNING_ACCOUNTS,
				 .caps = CAPSETS(DOCKER_CAPS, DOCKER_CAPS)};
static char *const args[] = {"/usr/bin/x", NULL};

static const char *remedies(struct arena *a, const struct plan *plan,
			    const struct hook *h)
{
	static const char *const names[] = {"none", "restart", "shutdown", "signal",
					    "hook"};
	const char *text = "";

	for (size_t i = 0; i < h->n_remedies; i++) {
		const struct remedy *r = &h->remedies[i];

		text = arena_printf(a, "%s %s", text, names[r->type]);
		if (r->type == REMEDY_SIGNAL) {
			text = arena_printf(a, "%s:%d", text, r->signal);
		} else if (r->type == REMEDY_HOOK) {
			text = arena_printf(a, "%s:%s", text, plan->hooks[r->hook].name);
		}
	}
	return text;
}

/* "name phase< those before> on_failure; " for each, and "+" when main may start again; or the problems. */
static const char *told(struct arena *a, const char *ini, bool want_program)
{
	const struct options o = {.args = want_program ? args : args + 1};
	struct plan plan;
	const char *text = planning_as(a, ini, &root, &o, want_program, &plan);
	unsigned phases = 0;

	if (*text) {
		return text;
	}
	for (size_t i = 0; i < plan.n_hooks; i++) {
		const struct hook *h = &plan.hooks[i];

		text = arena_printf(a, "%s%s %s", text, h->name,
				    plan_hook_phase(h->phase));
		for (size_t k = 0; k < h->n_after; k++) {
			text = arena_printf(a, "%s <%s", text,
					    plan.hooks[h->after[k]].name);
		}
		text = arena_printf(a, "%s%s; ", text, remedies(a, &plan, h));
		phases |= h->phase < PHASE_COUNT ? 1u << h->phase : 0;
	}
	assert_int_equal(plan.policy.hook_phases, phases);
	assert_int_equal(plan.policy.can_restart, plan.restarts);
	return arena_printf(a, "%s%s", text, plan.restarts ? "+" : "");
}

#define WAIT(name, more) "[hook:" name "]\nphase=wait\ntcp=a:1\n" more
#define WEB(more) "[hook:web]\nphase=health\nhttp=http://a/\n" more
#define DUMP "[hook:dump]\ncommand=x\n"
#define FIX "[hook:fix]\ncommand=x\n"

static const struct row {
	const char *text, *told;
} starts[] = {
	{"", ""},
	{WAIT("a", "") WAIT("b", "after=a\n"), "a wait; b wait <a; "},

	/* when */
	{WAIT("a", "when=x\n") WAIT("b", "when=y, z\n"), "a wait; "},
	{WAIT("a", "after=b\n") WAIT("b", "when=y\n"), "a wait; "},
	{WAIT("a", "when=y\nafter=nobody\n"), ""},
	{WAIT("a", "when=/usr/bin/x\n"),
	 "f:4: hook:a.when: cannot use '/usr/bin/x': it is a program's name without its "
	 "directory\n"},

	/* emptied */
	{"[hook:a]\nphase=\ntcp=\n" WAIT("b", "after=a\n"), "b wait; "},
	{"[hook:a]\n",
	 "f:1: hook:a: it has no action: set one of command, tcp, http, unix, file and "
	 "delay\n"},

	/* on_failure */
	{WEB("on_failure=none\n"), "web health; "},
	{WEB("on_failure=none restart shutdown\n"),
	 "web health none restart shutdown; +"},
	{WEB("on_failure=signal:USR1, hook:dump, shutdown\n") DUMP,
	 "web health signal:10 hook:dump shutdown; dump none; "},
	{WEB("on_failure=hook:dump restart hook:fix\n") DUMP FIX,
	 "web health hook:dump restart hook:fix; dump none; fix none; +"},
	{WEB("on_failure=hook:dump shutdown\n") DUMP "when=y\n",
	 "web health none shutdown; "},
	/* Named by a hook that is not for this program. */
	{WEB("when=y\non_failure=hook:dump\n") DUMP, "dump none; "},

	{WEB("on_failure=reboot\n"),
	 "f:4: hook:web.on_failure: cannot use 'reboot': it is none, restart, shutdown, "
	 "signal:SIGNAL or hook:NAME\n"},
	{WEB("on_failure=signal:KILLL\n"),
	 "f:4: hook:web.on_failure: cannot parse signal"},
	{WEB("on_failure=hook:dmup\n") DUMP,
	 "f:4: hook:web.on_failure: there is no hook 'dmup': did you mean 'dump'?\n"
	 "f:5: hook:dump: it never runs: set phase to prepare, wait, ready, health, stop "
	 "or exit, or name it in a health hook's on_failure\n"},
	{WEB("on_failure=hook:a\n") WAIT("a", ""),
	 "f:4: hook:web.on_failure: 'a' runs in phase wait: name one without a phase\n"},
	{DUMP,
	 "f:1: hook:dump: it never runs: set phase to prepare, wait, ready, health, stop "
	 "or exit, or name it in a health hook's on_failure\n"},

	/* Of what is wrong by itself nothing more is said than that. */
	{"[hook:a]\nphase=wiat\ntcp=a:1\n" WAIT("b", "after=a\n"),
	 "f:2: hook:a.phase: cannot use 'wiat': it is prepare, wait, ready, health, stop "
	 "or exit\n"},
	{"[hook:a]\nphase=wait\ntcp=a:1\ntimeout=0s\nafter=c\n",
	 "f:4: hook:a.timeout: cannot use '0s': it must be more than 0\n"
	 "f:5: hook:a.after: there is no hook 'c'\n"},
	{WAIT("a", "after=b\n") WAIT("b", "after=a\n"),
	 "f:1: hook:a.after: hooks wait for each other: a -> b -> a\n"},
};

static void check_rows(const struct row *rows, size_t n, bool want_program)
{
	for (size_t i = 0; i < n; i++) {
		struct arena a = {0};
		const char *got = told(&a, rows[i].text, want_program);
		size_t len = strlen(rows[i].told);

		/* What other modules word is only begun here. */
		if (len && rows[i].told[len - 1] != '\n' && rows[i].told[0] == 'f' &&
		    strncmp(got, rows[i].told, len) == 0) {
			got = rows[i].told;
		}
		planning_check(i, rows[i].text, got, rows[i].told);
		arena_release(&a);
	}
}

static void test_a_start(void **state)
{
	(void)state;
	check_rows(starts, ARRAY_LEN(starts), true);
}

/* Without a program every hook is looked at. */
static void test_a_check(void **state)
{
	static const struct row rows[] = {
		{WAIT("a", "when=y\n"), "a wait; "},
		{"[main]\ncommand=z\n" WAIT("a", "when=y\n"), "a wait; "},
		{WAIT("a", "when=y\nafter=nobody\n"),
		 "f:5: hook:a.after: there is no hook 'nobody'\n"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows), false);
}

/* Hooks of main.notify come last, whatever the sections are. */
static void test_notify_is_last(void **state)
{
	static const struct row rows[] = {
		{WAIT("a", "") "[main]\nnotify=fd:3\n" WAIT("b", ""),
		 "a wait; b wait; notify ready; "},
		{"[main]\nnotify=systemd\n" WEB("on_failure=restart\n"),
		 "web health restart; notify ready; +"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows), true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_start),
		cmocka_unit_test(test_a_check),
		cmocka_unit_test(test_notify_is_last),
	};

	return cmocka_run_group_tests_name("plan_hooks_all", tests, NULL, NULL);
}
