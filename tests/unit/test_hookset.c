/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks told as stories: what is ordered, when, and what becomes of each try. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "core/hookset.h"

#define N 4

struct world {
	struct hook hooks[N];
	struct hook_state states[N];
	struct hookset set;
	msec_t now;
	char told[200];
};

static struct hook hook(enum phase phase)
{
	return (struct hook){
		.name = "h",
		.phase = phase,
		.action = HOOK_COMMAND,
		.timeout = MSEC_INFINITY,
		.interval = 100,
		.deadline = MSEC_INFINITY,
		.required = true,
		.retries = phase == PHASE_RUNNING ? 2 : 0,
	};
}

static void world(struct world *w, size_t n)
{
	w->set = (struct hookset){
		.hooks = w->hooks, .states = w->states, .n = n, .phase = PHASE_COUNT};
	w->now = 1000;
}

/* All that is ordered now, as "start:0 kill:1 done". A start is taken to have happened. */
static const char *orders(struct world *w, msec_t later)
{
	static const char *const names[] = {
		[ORDER_START] = "start",     [ORDER_KILL] = "kill",
		[ORDER_PHASE_DONE] = "done", [ORDER_PHASE_FAILED] = "failed",
		[ORDER_REMEDY] = "remedy",
	};
	size_t n = 0;

	w->now += later;
	w->told[0] = '\0';
	for (int i = 0; i < 20; i++) {
		struct order o = hookset_next(&w->set, w->now);

		if (o.type == ORDER_NONE) {
			return w->told;
		}
		n += (size_t)snprintf(w->told + n, sizeof(w->told) - n, "%s%s:%zu",
				      n ? " " : "", names[o.type], o.hook);
		if (o.type == ORDER_START) {
			hookset_started(&w->set, o.hook, w->now);
		}
		if (o.type == ORDER_REMEDY) {
			n += (size_t)snprintf(w->told + n, sizeof(w->told) - n, "=%d",
					      (int)o.remedy->type);
		}
	}
	fail_msg("no end of orders: %s", w->told);
	return NULL;
}

static void ends(struct world *w, size_t i, bool passed)
{
	hookset_result(&w->set, i, passed, passed ? NULL : "it broke", w->now);
}

static void test_side_by_side_and_after(void **state)
{
	static const size_t first_two[] = {0, 1};
	struct world w = {0};

	(void)state;
	w.hooks[0] = w.hooks[1] = w.hooks[2] = hook(PHASE_PREPARE);
	w.hooks[2].after = first_two;
	w.hooks[2].n_after = 2;
	w.hooks[3] = hook(PHASE_WAIT);
	world(&w, 4);
	hookset_begin(&w.set, PHASE_PREPARE, w.now);
	assert_string_equal(orders(&w, 0), "start:0 start:1");
	assert_true(hookset_deadline(&w.set) == MSEC_INFINITY);
	ends(&w, 1, true);
	assert_string_equal(orders(&w, 10), "");
	ends(&w, 0, true);
	assert_string_equal(orders(&w, 0), "start:2");
	ends(&w, 2, true);
	assert_string_equal(orders(&w, 0), "done:0");
	assert_string_equal(orders(&w, 1000), "");
	hookset_begin(&w.set, PHASE_WAIT, w.now);
	assert_string_equal(orders(&w, 0), "start:3");
}

static void test_a_required_failure_ends_the_phase(void **state)
{
	static const size_t first[] = {0};
	struct world w = {0};

	(void)state;
	w.hooks[0] = w.hooks[1] = hook(PHASE_PREPARE);
	w.hooks[1].after = first;
	w.hooks[1].n_after = 1;
	world(&w, 2);
	hookset_begin(&w.set, PHASE_PREPARE, w.now);
	(void)orders(&w, 0);
	ends(&w, 0, false);
	assert_string_equal(orders(&w, 0), "failed:0");
	assert_string_equal(w.states[0].reason, "it broke");

	memset(w.states, 0, sizeof(w.states));
	w.hooks[0].required = false;
	world(&w, 2);
	hookset_begin(&w.set, PHASE_PREPARE, w.now);
	(void)orders(&w, 0);
	ends(&w, 0, false);
	assert_string_equal(orders(&w, 0), "start:1");
	ends(&w, 1, true);
	assert_string_equal(orders(&w, 0), "done:0");
}

static void test_retries_and_deadline(void **state)
{
	struct world w = {0};

	(void)state;
	w.hooks[0] = hook(PHASE_WAIT);
	w.hooks[0].retries = 1;
	world(&w, 1);
	hookset_begin(&w.set, PHASE_WAIT, w.now);
	(void)orders(&w, 0);
	ends(&w, 0, false);
	assert_string_equal(orders(&w, 0), "");
	assert_true(hookset_deadline(&w.set) == w.now + 100);
	assert_string_equal(orders(&w, 99), "");
	assert_string_equal(orders(&w, 1), "start:0");
	ends(&w, 0, false);
	assert_string_equal(orders(&w, 0), "failed:0");

	/*
	 * A probe goes on until the deadline, which also cuts its last try short; it is killed only if it
	 * does not end by itself then.
	 */
	memset(w.states, 0, sizeof(w.states));
	w.hooks[0] = hook(PHASE_WAIT);
	w.hooks[0].action = HOOK_PROBE;
	w.hooks[0].timeout = 500;
	w.hooks[0].deadline = 450;
	w.hooks[0].retries = HOOK_RETRIES_ENDLESS;
	world(&w, 1);
	hookset_begin(&w.set, PHASE_WAIT, w.now);
	for (int i = 0; i < 4; i++) {
		assert_string_equal(orders(&w, i ? 100 : 0), "start:0");
		ends(&w, 0, false);
	}
	assert_string_equal(orders(&w, 100), "start:0");
	assert_true(hookset_deadline(&w.set) == w.now + 50 + 200);
	assert_string_equal(orders(&w, 249), "");
	assert_string_equal(orders(&w, 1), "kill:0");
	assert_string_equal(orders(&w, 50), "");
	ends(&w, 0, true);
	assert_string_equal(orders(&w, 0), "failed:0");
	assert_string_equal(w.states[0].reason, "no end within 0.250s");
	assert_int_equal(w.states[0].tries, 5);
}

static void test_delay_and_notify(void **state)
{
	struct world w = {0};

	(void)state;
	w.hooks[0] = hook(PHASE_STOP);
	w.hooks[0].action = HOOK_DELAY;
	w.hooks[0].delay = 300;
	world(&w, 1);
	hookset_begin(&w.set, PHASE_STOP, w.now);
	assert_string_equal(orders(&w, 0), "");
	assert_true(hookset_deadline(&w.set) == w.now + 300);
	assert_string_equal(orders(&w, 300), "done:0");

	memset(w.states, 0, sizeof(w.states));
	w.hooks[0] = hook(PHASE_READY);
	w.hooks[0].action = HOOK_NOTIFY;
	w.hooks[0].deadline = 300;
	world(&w, 1);
	hookset_begin(&w.set, PHASE_READY, w.now);
	assert_string_equal(orders(&w, 0), "");
	hookset_extend(&w.set, 0, 400, w.now);
	assert_string_equal(orders(&w, 399), "");
	assert_string_equal(orders(&w, 1), "kill:0");
	ends(&w, 0, false);
	assert_string_equal(orders(&w, 0), "failed:0");
	assert_string_equal(w.states[0].reason, "main has not said that it is ready");

	hookset_begin(&w.set, PHASE_READY, w.now);
	assert_string_equal(orders(&w, 0), "");
	ends(&w, 0, true);
	assert_string_equal(orders(&w, 0), "done:0");
}

static void test_health(void **state)
{
	static const struct remedy ladder[] = {{.type = REMEDY_SIGNAL, .signal = 1},
					       {.type = REMEDY_RESTART}};
	struct world w = {0};

	(void)state;
	w.hooks[0] = hook(PHASE_RUNNING);
	w.hooks[0].remedies = ladder;
	w.hooks[0].n_remedies = 2;
	w.hooks[0].start_period = 250;
	w.hooks[0].start_interval = 50;
	world(&w, 1);
	assert_int_equal(hookset_verdict(&w.set), VERDICT_STARTING);
	hookset_health(&w.set, w.now);
	/* The first try is at once: who waits for health need not wait for an interval. */
	assert_string_equal(orders(&w, 0), "start:0");
	/* In the start period failures do not count, and tries come faster. */
	for (int i = 0; i < 3; i++) {
		ends(&w, 0, false);
		assert_int_equal(hookset_verdict(&w.set), VERDICT_STARTING);
		assert_string_equal(orders(&w, 50), "start:0");
	}
	ends(&w, 0, true);
	assert_int_equal(hookset_verdict(&w.set), VERDICT_HEALTHY);
	/* Once it has passed, they do. */
	assert_string_equal(orders(&w, 100), "start:0");
	ends(&w, 0, false);
	assert_int_equal(hookset_verdict(&w.set), VERDICT_HEALTHY);
	assert_string_equal(orders(&w, 100), "start:0");
	ends(&w, 0, false);
	assert_int_equal(hookset_verdict(&w.set), VERDICT_UNHEALTHY);
	assert_string_equal(orders(&w, 0), "remedy:0=3");
	for (int i = 0; i < 2; i++) {
		assert_string_equal(orders(&w, 100), "start:0");
		ends(&w, 0, false);
	}
	assert_string_equal(orders(&w, 0), "remedy:0=1");
	/* Main is restarted: what runs is killed, and it begins to be healthy anew, on the same rung. */
	assert_string_equal(orders(&w, 100), "start:0");
	hookset_abort(&w.set, PHASE_RUNNING);
	assert_string_equal(orders(&w, 0), "kill:0");
	hookset_health(&w.set, w.now);
	assert_string_equal(orders(&w, 500), "");
	ends(&w, 0, true);
	assert_int_equal(w.states[0].verdict, VERDICT_STARTING);
	assert_int_equal(w.states[0].rung, 1);
	assert_string_equal(orders(&w, 0), "start:0");
}

static void test_a_remedy_s_hook_runs_once(void **state)
{
	static const struct remedy ladder[] = {{.type = REMEDY_HOOK, .hook = 1}};
	struct world w = {0};

	(void)state;
	w.hooks[0] = hook(PHASE_RUNNING);
	w.hooks[0].remedies = ladder;
	w.hooks[0].n_remedies = 1;
	w.hooks[0].retries = 1;
	w.hooks[1] = hook(PHASE_COUNT);
	world(&w, 2);
	hookset_health(&w.set, w.now);
	assert_string_equal(orders(&w, 100), "start:0");
	ends(&w, 0, false);
	assert_string_equal(orders(&w, 0), "remedy:0=4 start:1");
	ends(&w, 1, false);
	assert_string_equal(orders(&w, 0), "");
	assert_int_equal(w.states[1].status, HOOK_IDLE);
	assert_int_equal(hookset_verdict(&w.set), VERDICT_UNHEALTHY);
}

static void test_an_aborted_phase_says_nothing_more(void **state)
{
	struct world w = {0};

	(void)state;
	w.hooks[0] = w.hooks[1] = hook(PHASE_READY);
	w.hooks[1].delay = 500;
	world(&w, 2);
	hookset_begin(&w.set, PHASE_READY, w.now);
	assert_string_equal(orders(&w, 0), "start:0");
	hookset_abort(&w.set, PHASE_READY);
	assert_string_equal(orders(&w, 0), "kill:0");
	ends(&w, 0, false);
	assert_string_equal(orders(&w, 1000), "");
	assert_true(hookset_deadline(&w.set) == MSEC_INFINITY);
	ends(&w, 0, true);
	assert_int_equal(w.states[0].status, HOOK_IDLE);
	assert_int_equal(hookset_verdict(&w.set), VERDICT_HEALTHY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_side_by_side_and_after),
		cmocka_unit_test(test_a_required_failure_ends_the_phase),
		cmocka_unit_test(test_retries_and_deadline),
		cmocka_unit_test(test_delay_and_notify),
		cmocka_unit_test(test_health),
		cmocka_unit_test(test_a_remedy_s_hook_runs_once),
		cmocka_unit_test(test_an_aborted_phase_says_nothing_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
