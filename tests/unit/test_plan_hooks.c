/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "core/plan_hooks.h"
#include "planning.h"

/* "after" phase: delay timeout interval deadline, retries, start_period start_interval, required: text; "-" for endless. */
static const char *span(struct arena *a, msec_t t)
{
	return t == MSEC_INFINITY ? "-" : arena_printf(a, "%lld", (long long)t);
}

static const char *told(struct arena *a, const struct hook *h)
{
	return arena_printf(
		a,
		"%s %d delay %s timeout %s interval %s deadline %s retries %u "
		"start %s %s%s: %s",
		plan_hook_phase(h->phase), h->action, span(a, h->delay),
		span(a, h->timeout), span(a, h->interval), span(a, h->deadline),
		h->retries, span(a, h->start_period), span(a, h->start_interval),
		h->required ? " required" : "", h->text);
}

/* The hook [hook:h] with that text, or the problems. */
static const char *planned(struct arena *a, const char *text)
{
	static char home[] = "PORT=8000";
	char *envp[] = {home, NULL};
	const struct host host = {.environ = envp};
	struct config c = {.arena = a};
	struct problems problems = {.arena = a};
	struct plan plan = {.notes = {.arena = a}};
	struct hook hook = {0};
	struct planner p = {.arena = a,
			    .config = &c,
			    .host = &host,
			    .plan = &plan,
			    .problems = &problems};
	struct hook_planner h = {.p = &p, .hook = &hook};

	text = arena_printf(a, "[hook:h]\n%s", text);
	config_add_file(&c, "f", text, strlen(text), &problems);
	assert_int_equal(problems.n, 0);
	plan_base_environment(&p);
	h.section = config_find_hook(&c, "h");
	if (!plan_one_hook(&h)) {
		assert_true(problems.n > 0);
		return planning_told(a, &problems);
	}
	assert_int_equal(problems.n, 0);
	return told(a, &hook);
}

static void test_one(void **state)
{
	static const struct {
		const char *text, *told;
	} rows[] = {
		{"phase=wait\ntcp=db:5432\n",
		 "wait 1 delay 0 timeout 30000 interval 1000 deadline 60000 retries "
		 "4294967295 start 0 5000 required: tcp db:5432"},
		{"phase=wait\ntcp=db:5432\nretries=4\n",
		 "wait 1 delay 0 timeout 30000 interval 1000 deadline 60000 retries 4 "
		 "start 0 5000 required: tcp db:5432"},
		{"phase=wait\ncommand=/app/migrate 'a b'\n",
		 "wait 0 delay 0 timeout - interval 1000 deadline - retries 0 start 0 5000 "
		 "required: command /app/migrate 'a b'"},
		{"phase=prepare\ncommand=x\nrequired=no\ntimeout=5s\n",
		 "prepare 0 delay 0 timeout 5000 interval 1000 deadline - retries 0 start "
		 "0 5000: command x"},
		{"phase=ready\ncommand=x\n",
		 "ready 0 delay 0 timeout 30000 interval 1000 deadline - retries 0 start 0 "
		 "5000 required: command x"},
		{"phase=health\nhttp=http://127.0.0.1:${PORT}/\nstart_period=1m\n"
		 "start_interval=1s\nretries=1\ninterval=10s\n",
		 "health 1 delay 0 timeout 30000 interval 10000 deadline - retries 1 start "
		 "60000 1000 required: http http://127.0.0.1:8000/"},
		{"phase=stop\ndelay=5s\n",
		 "stop 2 delay 5000 timeout - interval 1000 deadline - retries 0 start 0 "
		 "5000: delay 5s"},
		{"command=/app/dump\ndelay=1s\n",
		 "none 0 delay 1000 timeout 30000 interval 1000 deadline - retries 0 start "
		 "0 5000 required: command /app/dump"},

		{"phase=wiat\ntcp=a:1\n",
		 "f:2: hook:h.phase: cannot use 'wiat': it is prepare, wait, ready, health, "
		 "stop or exit\n"},
		{"phase=wait\n",
		 "f:1: hook:h: it has no action: set one of command, tcp, http, unix, file "
		 "and delay\n"},
		{"phase=wait\ntcp=a:1\ncommand=x\n",
		 "f:1: hook:h: it has more than one action: make a hook of each\n"},
		{"phase=wait\ncommand=''\n",
		 "f:3: hook:h.command: the program's name is empty\n"},
		{"phase=health\ndelay=1s\n",
		 "f:1: hook:h: a delay alone says nothing about main's health\n"},
		{"phase=wait\ncommand=x\nsend=y\n",
		 "f:4: hook:h.send: it means nothing for 'command x'\n"},
		{"phase=wait\ntcp=a:1\nuser=app\nsecrets=S\n",
		 "f:4: hook:h.user: it means nothing for 'tcp a:1'\n"
		 "f:5: hook:h.secrets: it means nothing for 'tcp a:1'\n"},
		{"phase=wait\ntcp=a:1\non_failure=restart\nstart_period=1s\n",
		 "f:5: hook:h.start_period: it means nothing in phase wait\n"
		 "f:4: hook:h.on_failure: it means nothing in phase wait\n"},
		{"phase=health\ntcp=a:1\ndeadline=1s\n",
		 "f:4: hook:h.deadline: it means nothing in phase health\n"},
		{"phase=wait\ntcp=a:1\ntimeout=0s\ninterval=9999h\ndeadline=5\n",
		 "f:4: hook:h.timeout: cannot use '0s': it must be more than 0\n"
		 "f:5: hook:h.interval: cannot use '9999h': at most 8760h\n"
		 "f:6: hook:h.deadline: cannot parse duration '5': "},
		{"phase=wait\ncommand=x\ninterval=1s\n",
		 "f:4: hook:h.interval: there is one try only; set retries, too\n"},
		{"phase=health\ntcp=a:1\nretries=0\n",
		 "f:4: hook:h.retries: cannot use '0': a hook is unhealthy after 1 failure "
		 "or more\n"},
		{"phase=wait\ntcp=a:1\nretries=1000001\n",
		 "f:4: hook:h.retries: cannot parse "},
		{"phase=wait\ntcp=a:0\n", "f:1: hook:h: tcp"},
		{"phase=wait\nhttp=https://a/\n", "f:1: hook:h: http"},
		{"phase=wait\ncommand=${secret:S}\n", "f:3: hook:h.command: "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		const char *got = planned(&a, rows[i].text);
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

/* "name: those before it; " for each hook, or the problems. "out" is left out. */
static const char *ordered(struct arena *a, const char *text)
{
	struct config c = {.arena = a};
	struct problems problems = {.arena = a};
	struct plan plan = {.notes = {.arena = a}};
	struct planner p = {
		.arena = a, .config = &c, .plan = &plan, .problems = &problems};
	struct hook *hooks;
	size_t *of_section, n = 0;
	const char *told = "";

	config_add_file(&c, "f", text, strlen(text), &problems);
	hooks = arena_array(a, c.hooks.n, sizeof(*hooks));
	of_section = arena_array(a, c.hooks.n, sizeof(*of_section));
	for (size_t i = 0; i < c.hooks.n; i++) {
		struct hook_planner h = {
			.p = &p, .section = &c.hooks.v[i], .hook = &hooks[n]};

		assert_true(plan_one_hook(&h));
		of_section[i] = strcmp(h.hook->name, "out") == 0 ? HOOK_LEFT_OUT : n++;
	}
	for (size_t i = 0; i < c.hooks.n; i++) {
		struct hook_planner h = {.p = &p, .section = &c.hooks.v[i]};

		if (of_section[i] != HOOK_LEFT_OUT) {
			h.hook = &hooks[of_section[i]];
			plan_hook_after(&h, hooks, of_section);
		}
	}
	plan_hook_cycles(&p, hooks, n);
	for (size_t i = 0; i < n; i++) {
		told = arena_printf(a, "%s%s:", told, hooks[i].name);
		for (size_t k = 0; k < hooks[i].n_after; k++) {
			told = arena_printf(a, "%s %s", told,
					    hooks[hooks[i].after[k]].name);
		}
		told = arena_printf(a, "%s; ", told);
	}
	return problems.n ? planning_told(a, &problems) : told;
}

#define HOOK(name, phase, after) \
	"[hook:" name "]\nphase=" phase "\ncommand=x\nafter=" after "\n"

static void test_order(void **state)
{
	static const struct {
		const char *text, *told;
	} rows[] = {
		{HOOK("a", "wait", "b, c") HOOK("b", "wait", "c") HOOK("c", "wait", ""),
		 "a: b c; b: c; c:; "},
		{HOOK("a", "ready", "b, out") HOOK("b", "wait", "")
			 HOOK("out", "ready", ""),
		 "a:; b:; "},
		{HOOK("a", "wait", "b") HOOK("b", "wait", "a"),
		 "f:1: hook:a.after: hooks wait for each other: a -> b -> a\n"},
		{HOOK("a", "wait", "a"),
		 "f:1: hook:a.after: hooks wait for each other: a -> a\n"},
		{HOOK("x", "wait", "a") HOOK("a", "wait", "b") HOOK("b", "wait", "c")
			 HOOK("c", "wait", "a"),
		 "f:5: hook:a.after: hooks wait for each other: a -> b -> c -> a\n"},
		{HOOK("a", "wait", "database") HOOK("databse", "wait", ""),
		 "f:4: hook:a.after: there is no hook 'database': did you mean "
		 "'databse'?\n"},
		{HOOK("a", "wait", "zzz"), "f:4: hook:a.after: there is no hook 'zzz'\n"},
		{HOOK("a", "wait", "b") HOOK("b", "ready", ""),
		 "f:4: hook:a.after: 'b' comes later: it is in phase ready\n"},
		{HOOK("a", "health", "b") HOOK("b", "health", ""),
		 "f:4: hook:a.after: 'b' is in phase health, too, where every hook runs "
		 "again and again\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};

		planning_check(i, rows[i].text, ordered(&a, rows[i].text), rows[i].told);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests_name("plan_hooks", tests, NULL, NULL);
}
