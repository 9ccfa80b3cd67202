/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/lifecycle.h"
#include "living.h"

/* A state as the machine has it when it is in that phase. */
static struct lifecycle state_in(enum phase phase)
{
	struct lifecycle s;

	lifecycle_init(&s);
	s.phase = phase;
	s.main_alive = phase >= PHASE_START && phase <= PHASE_KILL;
	s.stopping = phase >= PHASE_STOP && phase <= PHASE_KILL;
	s.restarting = phase >= PHASE_SWEEP && phase <= PHASE_BACKOFF;
	s.last_status = s.restarting ? 3 : -1;
	return s;
}

/* "term +500 abort main:15": the phase, the deadline from now on, the actions in order. */
static void describe(char *buf, size_t size, const struct lifecycle *s,
		     const struct actions *out, msec_t now)
{
	static const char *const names[] = {
		[ACTION_START_MAIN] = "start",	 [ACTION_SIGNAL_MAIN] = "main",
		[ACTION_SIGNAL_GROUP] = "group", [ACTION_SIGNAL_REST] = "rest",
		[ACTION_RUN_HOOKS] = "hooks",	 [ACTION_ABORT_HOOKS] = "abort",
		[ACTION_EXIT] = "exit",		 [ACTION_SIGNAL_DESCENDANTS] = "left",
	};
	int n = snprintf(buf, size, "%s", phase_name(s->phase));

	if (s->deadline != MSEC_INFINITY) {
		n += snprintf(buf + n, size - (size_t)n, " +%lld",
			      (long long)(s->deadline - now));
	}
	for (size_t i = 0; i < out->n; i++) {
		n += snprintf(buf + n, size - (size_t)n, " %s", names[out->v[i].type]);
		if (out->v[i].signal) {
			n += snprintf(buf + n, size - (size_t)n, ":%d", out->v[i].signal);
		}
	}
	assert_true((size_t)n < size);
}

typedef const char *matrix[PHASE_COUNT][COLUMNS];

#define DRAIN "drain +200 rest:15"

/* NULL: nothing changes and nothing is done. */
static const matrix without_hooks = {
	[PHASE_PREPARE] = {[BEGIN] = "start start",
			   [STOP] = "drain +200 rest:15",
			   [HOOKS_DONE] = "start start",
			   [HOOKS_FAILED] = "drain +200 rest:15"},
	[PHASE_WAIT] = {[BEGIN] = "start start",
			[STOP] = "drain +200 rest:15",
			[HOOKS_DONE] = "start start",
			[HOOKS_FAILED] = "drain +200 rest:15"},
	[PHASE_START] = {[STOP] = "term +500 main:15",
			 [OTHER] = "start main:1",
			 [EXECUTED] = "running",
			 [FAILED] = DRAIN,
			 [ENDED] = DRAIN},
	[PHASE_READY] = {[ASKED_TO_RESTART] = "term +500 main:15",
			 [UNHEALTHY] = "term +500 main:15",
			 [SILENT] = "term +500 main:6",
			 [STOP] = "term +500 main:15",
			 [OTHER] = "ready main:1",
			 [FAILED] = DRAIN,
			 [ENDED] = DRAIN,
			 [HOOKS_DONE] = "running",
			 [HOOKS_FAILED] = "term +500 main:15"},
	[PHASE_RUNNING] = {[ASKED_TO_RESTART] = "term +500 main:15",
			   [UNHEALTHY] = "term +500 main:15",
			   [SILENT] = "term +500 main:6",
			   [STOP] = "term +500 main:15",
			   [OTHER] = "running main:1",
			   [FAILED] = DRAIN,
			   [ENDED] = DRAIN},
	[PHASE_STOP] = {[STOP] = "term main:15",
			[OTHER] = "stop main:1",
			[ENDED] = DRAIN,
			[FAILED] = DRAIN,
			[TIMER] = "term +2000 main:15",
			[HOOKS_DONE] = "term main:15",
			[HOOKS_FAILED] = "term main:15"},
	[PHASE_TERM] = {[EXTENDED] = "term",
			[STOP] = "term main:15",
			[OTHER] = "term main:1",
			[FAILED] = DRAIN,
			[ENDED] = DRAIN,
			[TIMER] = "kill +1000 main:9"},
	[PHASE_KILL] = {[FAILED] = DRAIN, [ENDED] = DRAIN, [TIMER] = DRAIN},
	[PHASE_SWEEP] = {[STOP] = DRAIN,
			 [EMPTY] = "backoff +0",
			 [TIMER] = "sweep-kill +1000 left:9"},
	[PHASE_SWEEP_KILL] =
		{[STOP] = DRAIN, [EMPTY] = "backoff +0", [TIMER] = "backoff +0"},
	[PHASE_BACKOFF] = {[ASKED_TO_RESTART] = "start start",
			   [STOP] = DRAIN,
			   [TIMER] = "start start"},
	[PHASE_DRAIN] = {[STOP] = "drain",
			 [TIMER] = "drain-kill +1000 rest:9",
			 [EMPTY] = "done exit"},
	[PHASE_DRAIN_KILL] = {[TIMER] = "done exit", [EMPTY] = "done exit"},
	[PHASE_EXIT] = {[STOP] = "exit",
			[TIMER] = "done exit",
			[HOOKS_DONE] = "done exit",
			[HOOKS_FAILED] = "done exit"},
};

static const matrix with_hooks = {
	[PHASE_PREPARE] = {[BEGIN] = "prepare hooks",
			   [STOP] = "drain +200 abort rest:15",
			   [HOOKS_DONE] = "wait hooks",
			   [HOOKS_FAILED] = "drain +200 abort rest:15"},
	[PHASE_WAIT] = {[BEGIN] = "prepare hooks",
			[STOP] = "drain +200 abort rest:15",
			[HOOKS_DONE] = "start start",
			[HOOKS_FAILED] = "drain +200 abort rest:15"},
	/* Not executed yet, so there is nothing the stop hooks could be about. */
	[PHASE_START] = {[STOP] = "term +500 main:15",
			 [OTHER] = "start main:1",
			 [EXECUTED] = "ready hooks",
			 [FAILED] = DRAIN,
			 [ENDED] = DRAIN},
	[PHASE_READY] = {[ASKED_TO_RESTART] = "term +500 abort main:15",
			 [UNHEALTHY] = "stop +500 abort hooks",
			 [SILENT] = "term +500 abort main:6",
			 [STOP] = "stop +500 abort hooks",
			 [OTHER] = "ready main:1",
			 [FAILED] = "drain +200 abort rest:15",
			 [ENDED] = "drain +200 abort rest:15",
			 [HOOKS_DONE] = "running hooks",
			 [HOOKS_FAILED] = "term +500 abort main:15"},
	[PHASE_RUNNING] = {[ASKED_TO_RESTART] = "term +500 abort main:15",
			   [UNHEALTHY] = "stop +500 abort hooks",
			   [SILENT] = "term +500 abort main:6",
			   [STOP] = "stop +500 abort hooks",
			   [OTHER] = "running main:1",
			   [FAILED] = "drain +200 abort rest:15",
			   [ENDED] = "drain +200 abort rest:15"},
	[PHASE_STOP] = {[STOP] = "term abort main:15",
			[OTHER] = "stop main:1",
			[ENDED] = "drain +200 abort rest:15",
			[FAILED] = "drain +200 abort rest:15",
			[TIMER] = "term +2000 abort main:15",
			[HOOKS_DONE] = "term main:15",
			[HOOKS_FAILED] = "term main:15"},
	[PHASE_TERM] = {[EXTENDED] = "term",
			[STOP] = "term main:15",
			[OTHER] = "term main:1",
			[FAILED] = DRAIN,
			[ENDED] = DRAIN,
			[TIMER] = "kill +1000 main:9"},
	[PHASE_KILL] = {[FAILED] = DRAIN, [ENDED] = DRAIN, [TIMER] = DRAIN},
	[PHASE_SWEEP] = {[STOP] = DRAIN,
			 [EMPTY] = "backoff +0",
			 [TIMER] = "sweep-kill +1000 left:9"},
	[PHASE_SWEEP_KILL] =
		{[STOP] = DRAIN, [EMPTY] = "backoff +0", [TIMER] = "backoff +0"},
	[PHASE_BACKOFF] = {[ASKED_TO_RESTART] = "start start",
			   [STOP] = DRAIN,
			   [TIMER] = "start start"},
	[PHASE_DRAIN] = {[STOP] = "drain",
			 [TIMER] = "drain-kill +1000 rest:9",
			 [EMPTY] = "exit hooks"},
	[PHASE_DRAIN_KILL] = {[TIMER] = "exit hooks", [EMPTY] = "exit hooks"},
	[PHASE_EXIT] = {[STOP] = "exit",
			[TIMER] = "done abort exit",
			[HOOKS_DONE] = "done exit",
			[HOOKS_FAILED] = "done exit"},
};

static void check_matrix(const struct lifecycle_policy *p, const matrix expected)
{
	for (enum phase phase = 0; phase < PHASE_COUNT; phase++) {
		for (enum column c = 0; c < COLUMNS; c++) {
			struct lifecycle s = state_in(phase), before = s;
			struct event e = events[c];
			struct actions out = {.n = 77};
			char got[100];

			e.now = NOW;
			lifecycle_step(p, &s, &e, &out);
			describe(got, sizeof(got), &s, &out, NOW);
			if (!expected[phase][c]) {
				assert_int_equal(out.n, 0);
				assert_int_equal(s.phase, before.phase);
				assert_int_equal(s.main_alive, before.main_alive);
				assert_int_equal(s.stopping, before.stopping);
				assert_int_equal(s.status, before.status);
				assert_true(s.deadline == before.deadline);
				assert_true(s.stop_deadline == before.stop_deadline);
			} else if (strcmp(got, expected[phase][c]) != 0) {
				fail_msg("%s, event %d: '%s', not '%s'",
					 phase_name(phase), (int)c, got,
					 expected[phase][c]);
			}
		}
	}
}

static void test_table(void **state)
{
	struct lifecycle_policy p = finite_policy();

	(void)state;
	p.can_restart = true;
	check_matrix(&p, without_hooks);
	p.hook_phases = ALL_HOOKS;
	check_matrix(&p, with_hooks);
}

/* What the machine is told, one event after the other, and what it says to the last. */
struct story {
	const char *name;
	const char *events; /* see tell() */
	const char *last;
	int status;
	unsigned hooks;
	bool no_main, no_linger, end_signal, endless;
	enum restart restart;
};

/* A letter an event; each comes 100 ms after the one before. */
static void tell(const struct lifecycle_policy *p, const char *text, struct lifecycle *s,
		 char *ret_last, size_t size)
{
	msec_t now = NOW;

	lifecycle_init(s);
	for (; *text; text++) {
		const char *letter = strchr(column_letters, *text);
		struct actions out;
		struct event e;

		assert_non_null(letter);
		e = events[letter - column_letters];
		e.now = now += 100;
		lifecycle_step(p, s, &e, &out);
		describe(ret_last, size, s, &out, now);
	}
}

static void test_stories(void **state)
{
	static const struct story rows[] = {
		{"main ends by itself", "bxez", "done exit", 3, .hooks = 0},
		{"a stop and main obeys", "bxsez", "done exit", 3, .hooks = 0},
		{"a stop and it does not", "bxste", DRAIN, 3, .hooks = 0},
		{"the grace of the stop also ends the rest's", "bxsooooe",
		 "drain +0 rest:15", 3, .hooks = 0},
		{"no program", "bf", DRAIN, STATUS_NOEXEC, .hooks = 0},
		{"not lingering", "bxe", "done exit", 3, .no_linger = true},
		{"the group gets a signal", "bxe", "done group:1 exit", 3,
		 .no_linger = true, .end_signal = true},
		{"a stop while waiting", "bds", "drain +200 abort rest:15",
		 STATUS_SIGNAL_BASE + SIGTERM, .hooks = ALL_HOOKS},
		{"a wait hook failed", "bdhz", "exit hooks", STATUS_HOOK,
		 .hooks = ALL_HOOKS},
		/* The hook's status, not the one main has of being stopped for it. */
		{"a ready hook failed", "bddxhe", "drain +200 rest:15", STATUS_HOOK,
		 .hooks = ALL_HOOKS},
		/* What ready hooks said after the stop would pass for the stop hooks' word. */
		{"a stop before it is ready", "bddxs", "stop +500 abort hooks", 0,
		 .hooks = ALL_HOOKS},
		{"all hooks pass", "bddxdsdezd", "done exit", 3, .hooks = ALL_HOOKS},
		{"an exit hook fails", "bddxdezh", "done exit", 3, .hooks = ALL_HOOKS},
		{"stop hooks take all the grace", "bddxdst", "term +2000 abort main:15",
		 0, .hooks = ALL_HOOKS},
		{"no main", "b", "running", 0, .no_main = true},
		{"no main to forward to", "bo", "running", 0, .no_main = true},
		{"no main and a stop", "bs", "done exit", 0, .no_main = true},
		{"no end to the grace", "bxs", "term main:15", 0, .endless = true},
		{"nor to the rest's", "bxse", "drain rest:15", 3, .endless = true},
		{"main ends and is started again", "bxez", "backoff +100", 0,
		 .restart = RESTART_ALWAYS},
		{"the delay doubles", "bxeztxez", "backoff +200", 0,
		 .restart = RESTART_ON_FAILURE},
		{"up to a limit", "bxeztxeztxeztxez", "backoff +300", 0,
		 .restart = RESTART_ALWAYS},
		{"no more than so often", "bxeztxeztxeztxeztxe", DRAIN, 3,
		 .restart = RESTART_ON_FAILURE},
		{"a main that cannot be started is no accident", "bf", DRAIN,
		 STATUS_NOEXEC, .restart = RESTART_ALWAYS},
		{"but later it may be one", "bxeztf", "sweep +200 left:15", 0,
		 .restart = RESTART_ALWAYS},
		{"asked to restart, at once", "bxrez", "backoff +0", 0,
		 .restart = RESTART_ON_FAILURE},
		{"a stop during the restart", "bxrse", DRAIN, 3,
		 .restart = RESTART_ALWAYS},
		{"a stop during the backoff", "bxezs", DRAIN, 3,
		 .restart = RESTART_ALWAYS},
		{"hung, and killed for the restart", "bxrtez", "backoff +0", 0,
		 .restart = RESTART_ALWAYS},
		{"silent, and its end is a failure", "bxwe", "sweep +200 left:15", 0,
		 .restart = RESTART_ON_FAILURE},
		{"silent, and nobody restarts it", "bxwe", DRAIN, 3, .hooks = 0},
		{"shut down as unhealthy", "bddxdude", "drain +200 rest:15",
		 STATUS_HEALTH, .hooks = ALL_HOOKS},
		{"more time", "bxsm", "term +700", 0, .hooks = 0},
		{"nothing after the end", "bxezsoxfezt", "done", 3, .hooks = 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lifecycle_policy p = finite_policy();
		struct lifecycle s;
		char got[100];

		p.hook_phases = rows[i].hooks;
		p.no_main = rows[i].no_main;
		p.restart = rows[i].restart;
		p.can_restart = p.restart != RESTART_NO;
		p.restart_max = 4;
		p.restart_delay_max = 300;
		p.linger = !rows[i].no_linger;
		p.end_signal = rows[i].end_signal ? SIGHUP : 0;
		if (rows[i].endless) {
			p.stop_grace = p.orphan_grace = MSEC_INFINITY;
		}
		tell(&p, rows[i].events, &s, got, sizeof(got));
		if (strcmp(got, rows[i].last) != 0 || s.status != rows[i].status) {
			fail_msg("%s: '%s', status %d", rows[i].name, got, s.status);
		}
	}
}

static struct actions one_event(const struct lifecycle_policy *p, enum phase phase,
				struct event e, struct lifecycle *ret_state)
{
	struct actions out;

	*ret_state = state_in(phase);
	lifecycle_step(p, ret_state, &e, &out);
	return out;
}

/* Main is restarted by a hook, and runs for a minute before the next one. Returns the delay until it starts. */
static msec_t sick(const struct lifecycle_policy *p, struct lifecycle *s, bool again,
		   msec_t *now)
{
	const struct event story[] = {
		{.type = EVENT_RESTART, .status = STATUS_HEALTH, .again = again},
		{.type = EVENT_MAIN_ENDED, .status = 0},
		{.type = EVENT_EMPTY},
		{.type = EVENT_TIMER},
		{.type = EVENT_EXECUTED},
	};
	msec_t delay = -1;
	struct actions out;

	*now += 60000;
	for (size_t i = 0; i < ARRAY_LEN(story) && !s->stopping; i++) {
		struct event e = story[i];

		e.now = *now += 10;
		lifecycle_step(p, s, &e, &out);
		if (s->phase == PHASE_BACKOFF) {
			delay = s->deadline - *now;
		}
	}
	return delay;
}

/* Restarts that do not help wait longer and longer, and have an end; running for long does not make up for them. */
static void test_unhealthy(void **state)
{
	struct lifecycle_policy p = finite_policy();
	struct lifecycle s = state_in(PHASE_RUNNING);
	msec_t now = NOW;

	(void)state;
	p.can_restart = true;
	p.restart_max = 3;
	s.last_status = -1;
	assert_int_equal(sick(&p, &s, false, &now), p.restart_delay);
	assert_int_equal(sick(&p, &s, true, &now), 2 * p.restart_delay);
	assert_int_equal(sick(&p, &s, true, &now), 4 * p.restart_delay);
	assert_int_equal(s.restarts, 3);
	/* It was well for long enough: from the beginning. */
	assert_int_equal(sick(&p, &s, false, &now), p.restart_delay);
	(void)sick(&p, &s, true, &now);
	(void)sick(&p, &s, true, &now);
	assert_int_equal(s.restarts, 6);
	assert_int_equal(sick(&p, &s, true, &now), -1);
	assert_true(s.stopping);
	assert_int_equal(s.phase, PHASE_TERM);
	assert_int_equal(s.status, STATUS_HEALTH);
}

static void test_forwarding(void **state)
{
	struct lifecycle_policy p = finite_policy();
	struct lifecycle s;
	struct actions out;

	(void)state;
	p.forward[SIGUSR1] = SIGQUIT;
	p.forward[SIGUSR2] = 0;
	p.stop_on |= SIGBIT(SIGNAL_MAX);
	p.stop_signal = SIGINT;
	for (int sig = -1; sig <= SIGNAL_MAX + 1; sig++) {
		bool stops = sig == SIGTERM || sig == SIGNAL_MAX;
		int expected = sig == SIGUSR1 ? SIGQUIT : stops ? SIGINT : sig;

		out = one_event(&p, PHASE_RUNNING,
				(struct event){.type = EVENT_SIGNAL, .signal = sig}, &s);
		if (sig < 1 || sig > SIGNAL_MAX || sig == SIGUSR2) {
			assert_int_equal(out.n, 0);
			continue;
		}
		assert_int_equal(out.n, 1);
		assert_int_equal(out.v[0].type, ACTION_SIGNAL_MAIN);
		assert_int_equal(out.v[0].signal, expected);
		assert_int_equal(s.phase, stops ? PHASE_TERM : PHASE_RUNNING);
		assert_int_equal(s.stopping, stops);
	}
}

static void test_success(void **state)
{
	struct lifecycle_policy p = finite_policy();
	struct lifecycle s;

	(void)state;
	p.success[143 / 8] |= 1 << 143 % 8;
	p.success[255 / 8] |= 1 << 255 % 8;
	for (int status = 0; status < 256; status++) {
		one_event(&p, PHASE_TERM,
			  (struct event){.type = EVENT_MAIN_ENDED, .status = status}, &s);
		assert_int_equal(s.status, status == 143 || status == 255 ? 0 : status);
	}
	/* What cardea itself says is not main's status. */
	one_event(&p, PHASE_START, (struct event){.type = EVENT_FAILED, .status = 143},
		  &s);
	assert_int_equal(s.status, 143);
}

static void test_nonsense(void **state)
{
	struct lifecycle_policy p = finite_policy();
	struct lifecycle s;

	(void)state;
	assert_int_equal(
		one_event(&p, PHASE_RUNNING, (struct event){.type = EVENT_COUNT}, &s).n,
		0);
	assert_int_equal(
		one_event(&p, PHASE_COUNT, (struct event){.type = EVENT_BEGIN}, &s).n, 0);
	assert_int_equal(s.phase, PHASE_COUNT);
	assert_string_equal(phase_name(PHASE_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	  cmocka_unit_test(test_stories),
		cmocka_unit_test(test_unhealthy), cmocka_unit_test(test_forwarding),
		cmocka_unit_test(test_success),	  cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
