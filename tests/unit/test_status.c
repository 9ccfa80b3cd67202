/* SPDX-License-Identifier: Apache-2.0 */
#include "core/status.h"
#include "unit.h"

#include <string.h>

#define NOW 100000

/* The machine's own answer is for its own tests; weak, so that it wins where it is linked. */
__attribute__((weak)) enum verdict hookset_verdict(const struct hookset *s)
{
	enum verdict worst = VERDICT_HEALTHY;

	for (size_t i = 0; i < s->n; i++) {
		if (s->states[i].verdict == VERDICT_UNHEALTHY) {
			worst = VERDICT_UNHEALTHY;
		}
	}
	return worst;
}

static struct lifecycle life_in(enum phase phase)
{
	return (struct lifecycle){.phase = phase, .main_alive = true};
}

static struct status_facts facts_of(const struct lifecycle *life,
				    const struct hookset *hooks)
{
	return (struct status_facts){
		.life = life,
		.hooks = hooks,
		.now = NOW,
		.begun = NOW - 5000,
		.main_begun = NOW - 4000,
		.pid = 1,
		.main_pid = 7,
		.last_status = -1,
		.restarts = 2,
		.reaped = 3,
		.program = "/srv/app",
	};
}

static void test_without_hooks(void **state)
{
	static struct wire_answer a;
	struct lifecycle life = life_in(PHASE_RUNNING);
	struct status_facts f = facts_of(&life, NULL);

	(void)state;
	memset(&a, 0xff, sizeof(a));
	status_fill(&f, 5, &a);
	assert_int_equal(a.status.phase, PHASE_RUNNING);
	assert_int_equal(a.status.verdict, VERDICT_HEALTHY);
	assert_int_equal(a.status.ready, 1);
	assert_int_equal(a.status.stopping, 0);
	assert_int_equal(a.status.pid, 1);
	assert_int_equal(a.status.main_pid, 7);
	assert_int_equal(a.status.last_status, -1);
	assert_int_equal(a.status.restarts, 2);
	assert_int_equal(a.status.reaped, 3);
	assert_int_equal(a.status.uptime, 5000);
	assert_int_equal(a.status.main_uptime, 4000);
	assert_string_equal(a.status.program, "/srv/app");
	assert_string_equal(a.status.text, "");
	assert_int_equal(a.status.n_hooks, 0);
	assert_int_equal(a.status.count, 0);
	assert_int_equal(wire_answer_size(&a), offsetof(struct wire_answer, hooks));
}

/* Main is ready in one phase alone. */
static void test_ready(void **state)
{
	static struct wire_answer a;

	(void)state;
	for (unsigned phase = 0; phase < PHASE_COUNT; phase++) {
		struct lifecycle life = life_in(phase);
		struct status_facts f = facts_of(&life, NULL);

		status_fill(&f, 0, &a);
		assert_int_equal(a.status.ready, phase == PHASE_RUNNING);
		assert_int_equal(a.status.stopping, phase >= PHASE_STOP);
		life.stopping = true;
		status_fill(&f, 0, &a);
		assert_int_equal(a.status.ready, 0);
		assert_int_equal(a.status.stopping, 1);
	}
}

static void test_no_main(void **state)
{
	static struct wire_answer a;
	struct lifecycle life = life_in(PHASE_WAIT);
	struct status_facts f = facts_of(&life, NULL);

	(void)state;
	f.main_pid = 0;
	f.last_status = 137;
	f.program = NULL;
	status_fill(&f, 0, &a);
	assert_int_equal(a.status.main_pid, 0);
	assert_int_equal(a.status.main_uptime, -1);
	assert_int_equal(a.status.last_status, 137);
	assert_string_equal(a.status.program, "");
}

/* A text is cut, and nothing of an older one stays behind it. */
static void test_texts(void **state)
{
	static const char zeros[WIRE_TEXT_MAX];
	static struct wire_answer a;
	struct lifecycle life = life_in(PHASE_RUNNING);
	struct status_facts f = facts_of(&life, NULL);
	char text[300];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	f.text = text;
	status_fill(&f, 0, &a);
	assert_int_equal(strlen(a.status.text), WIRE_TEXT_MAX - 1);
	f.text = "ab";
	status_fill(&f, 0, &a);
	assert_memory_equal(a.status.text + 2, zeros, WIRE_TEXT_MAX - 2);
}

static void test_hook(void **state)
{
	static struct wire_answer a;
	const struct hook hooks[] = {
		{.name = "db", .phase = PHASE_WAIT, .interval = 1000, .timeout = 30000},
		{.name = "web",
		 .phase = PHASE_RUNNING,
		 .interval = 10000,
		 .timeout = 3000,
		 .required = true},
	};
	struct hook_state states[2] = {
		{.status = HOOK_BLOCKED},
		{.status = HOOK_DUE,
		 .verdict = VERDICT_UNHEALTHY,
		 .started = NOW - 250,
		 .finished = NOW - 50,
		 .passed_at = NOW - 9000,
		 .tries = 12,
		 .failures = 3,
		 .reason = "connection refused"},
	};
	struct hookset set = {.hooks = hooks, .states = states, .n = 2, .health = true};
	struct lifecycle life = life_in(PHASE_RUNNING);
	struct status_facts f = facts_of(&life, &set);
	const struct wire_hook *w = a.hooks;

	(void)state;
	status_fill(&f, 0, &a);
	assert_int_equal(a.status.verdict, VERDICT_UNHEALTHY);
	assert_int_equal(a.status.n_hooks, 2);
	assert_int_equal(a.status.count, 2);
	assert_int_equal(wire_answer_size(&a),
			 offsetof(struct wire_answer, hooks) + 2 * sizeof(*w));
	assert_string_equal(w[0].name, "db");
	assert_string_equal(w[0].reason, "");
	assert_int_equal(w[0].phase, PHASE_WAIT);
	assert_int_equal(w[0].status, HOOK_BLOCKED);
	assert_int_equal(w[0].since, -1);
	assert_int_equal(w[0].passed_ago, -1);
	assert_int_equal(w[0].took, -1);
	assert_int_equal(w[0].fresh, 32000);
	assert_int_equal(w[0].required, 0);
	assert_string_equal(w[1].name, "web");
	assert_string_equal(w[1].reason, "connection refused");
	assert_int_equal(w[1].verdict, VERDICT_UNHEALTHY);
	assert_int_equal(w[1].tries, 12);
	assert_int_equal(w[1].failures, 3);
	assert_int_equal(w[1].required, 1);
	assert_int_equal(w[1].since, 50);
	assert_int_equal(w[1].passed_ago, 9000);
	assert_int_equal(w[1].took, 200);
	assert_int_equal(w[1].fresh, 23000);
	/* A try is under way: how long the last one took is not known any more. */
	states[1].status = HOOK_RUNNING;
	states[1].started = NOW - 10;
	status_fill(&f, 0, &a);
	assert_int_equal(w[1].took, -1);
	assert_int_equal(w[1].since, 50);
}

static void test_freshness_for_ever(void **state)
{
	static struct wire_answer a;
	const struct hook hooks[] = {
		{.name = "a", .interval = 1000, .timeout = MSEC_INFINITY},
		{.name = "b", .interval = MSEC_INFINITY, .timeout = 0},
		{.name = "c", .interval = MSEC_INFINITY / 2, .timeout = 1000},
	};
	struct hook_state states[3] = {0};
	struct hookset set = {.hooks = hooks, .states = states, .n = 3};
	struct lifecycle life = life_in(PHASE_RUNNING);
	struct status_facts f = facts_of(&life, &set);

	(void)state;
	status_fill(&f, 0, &a);
	for (int i = 0; i < 3; i++) {
		assert_true(a.hooks[i].fresh == MSEC_INFINITY);
	}
}

/* Page after page, each hook once; behind the end is nothing. */
static void test_pages(void **state)
{
	enum { N = 2 * WIRE_HOOKS_MAX + 5 };
	static struct wire_answer a;
	static struct hook hooks[N];
	static struct hook_state states[N];
	struct hookset set = {.hooks = hooks, .states = states, .n = N};
	struct lifecycle life = life_in(PHASE_RUNNING);
	struct status_facts f = facts_of(&life, &set);
	size_t seen = 0;

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		hooks[i].name = "x";
		states[i].tries = i;
	}
	do {
		status_fill(&f, seen, &a);
		assert_int_equal(a.status.first, seen);
		assert_int_equal(a.status.n_hooks, N);
		assert_true(wire_answer_size(&a) <= sizeof(a));
		for (unsigned i = 0; i < a.status.count; i++) {
			assert_int_equal(a.hooks[i].tries, seen + i);
		}
		seen += a.status.count;
	} while (a.status.count > 0);
	assert_int_equal(seen, N);
	status_fill(&f, UINT32_MAX, &a);
	assert_int_equal(a.status.count, 0);
	assert_int_equal(a.status.n_hooks, N);
}

static void test_impossible_size(void **state)
{
	static struct wire_answer a;

	(void)state;
	a.status.count = WIRE_HOOKS_MAX;
	assert_int_equal(wire_answer_size(&a), sizeof(a));
	a.status.count = WIRE_HOOKS_MAX + 1;
	assert_true(wire_answer_size(&a) > sizeof(a));
	a.status.count = UINT32_MAX;
	assert_true(wire_answer_size(&a) > sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_hooks),
		cmocka_unit_test(test_ready),
		cmocka_unit_test(test_no_main),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_hook),
		cmocka_unit_test(test_freshness_for_ever),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_impossible_size),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
