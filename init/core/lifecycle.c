/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <string.h>

#include "core/step.h"

/* How long main has to end when only a restart or its own watchdog wants that, and no grace is set. */
#define RESTART_GRACE 10000

static void push(struct step *x, struct action a)
{
	if (x->out->n < ACTIONS_MAX) {
		x->out->v[x->out->n++] = a;
	}
}

void step_act(struct step *x, enum action_type type, int sig)
{
	push(x, (struct action){.type = type, .signal = sig, .phase = x->s->phase});
}

bool step_has_hooks(const struct step *x, enum phase phase)
{
	return (x->p->hook_phases >> phase & 1u) != 0;
}

void step_enter(struct step *x, enum phase phase, msec_t deadline)
{
	x->s->phase = phase;
	x->s->deadline = deadline;
}

msec_t step_after(const struct step *x, msec_t span)
{
	return span >= MSEC_INFINITY - x->e->now ? MSEC_INFINITY : x->e->now + span;
}

void step_done(struct step *x)
{
	step_enter(x, PHASE_DONE, MSEC_INFINITY);
	step_act(x, ACTION_EXIT, 0);
}

/* Main is gone or never was: the rest of the container follows. */
void step_wind_down(struct step *x, int status)
{
	x->s->status = status;
	x->s->main_alive = false;
	if (!x->p->linger) {
		if (x->p->end_signal) {
			step_act(x, ACTION_SIGNAL_GROUP, x->p->end_signal);
		}
		step_done(x);
		return;
	}
	step_enter(x, PHASE_DRAIN,
		   step_sooner(step_after(x, x->p->orphan_grace), x->s->stop_deadline));
	step_act(x, ACTION_SIGNAL_REST, SIGTERM);
}

/* Before a phase is left whose hooks may still run: what they would say later is about this one. */
void step_abort_hooks(struct step *x)
{
	if (step_has_hooks(x, x->s->phase)) {
		step_act(x, ACTION_ABORT_HOOKS, 0);
	}
}

void step_run_hooks(struct step *x, enum phase phase, msec_t deadline)
{
	step_enter(x, phase, deadline);
	step_act(x, ACTION_RUN_HOOKS, 0);
}

void step_start(struct step *x)
{
	step_enter(x, PHASE_START, MSEC_INFINITY);
	x->s->main_alive = true;
	x->s->restarting = x->s->unhealthy = false;
	step_act(x, ACTION_START_MAIN, 0);
}

static void run(struct step *x)
{
	step_enter(x, PHASE_RUNNING, MSEC_INFINITY);
	if (step_has_hooks(x, PHASE_RUNNING)) {
		step_act(x, ACTION_RUN_HOOKS, 0);
	}
}

/* The phases up to main's start, from the first one that has hooks. */
static void advance(struct step *x, enum phase from)
{
	for (enum phase phase = from; phase < PHASE_START; phase++) {
		if (step_has_hooks(x, phase)) {
			step_run_hooks(x, phase, MSEC_INFINITY);
			return;
		}
	}
	if (x->p->no_main) {
		run(x);
	} else {
		step_start(x);
	}
}

/* ---- before main ---- */

static void on_begin(struct step *x)
{
	advance(x, PHASE_PREPARE);
}

static void on_early_hooks_done(struct step *x)
{
	advance(x, x->s->phase + 1);
}

static void on_early_hooks_failed(struct step *x)
{
	step_abort_hooks(x);
	step_wind_down(x, x->e->status);
}

bool step_is_stop(const struct step *x)
{
	return x->e->type != EVENT_SIGNAL || (x->p->stop_on & SIGBIT(x->e->signal)) != 0;
}

/* Nothing is there yet to forward a signal to. */
static void on_early_stop(struct step *x)
{
	if (step_is_stop(x)) {
		x->s->stopping = true;
		step_abort_hooks(x);
		step_wind_down(x, STATUS_SIGNAL_BASE + x->e->signal);
	}
}

/* ---- main is there ---- */

static void forward(struct step *x)
{
	int sig = x->p->forward[x->e->signal];

	if (sig && x->s->main_alive) {
		step_act(x, ACTION_SIGNAL_MAIN, sig);
	}
}

static void terminate(struct step *x)
{
	step_enter(x, PHASE_TERM, x->s->stop_deadline);
	step_act(x, ACTION_SIGNAL_MAIN, x->p->stop_signal);
}

void step_begin_stop(struct step *x)
{
	x->s->stopping = true;
	x->s->restarting = x->s->unhealthy = false;
	x->s->stop_deadline = step_after(x, x->p->stop_grace);
}

static void on_stop(struct step *x)
{
	if (!step_is_stop(x)) {
		forward(x);
		return;
	}
	step_begin_stop(x);
	step_abort_hooks(x);
	if (x->p->no_main) {
		x->s->status = 0;
		step_done(x);
	} else if (x->s->phase != PHASE_START && step_has_hooks(x, PHASE_STOP)) {
		step_run_hooks(x, PHASE_STOP, x->s->stop_deadline);
	} else {
		terminate(x);
	}
}

/* PID 1 will exit with this status, whatever main makes of the stop. */
static void on_shutdown(struct step *x)
{
	x->s->status = x->e->status;
	on_stop(x);
}

static void on_executed(struct step *x)
{
	x->s->started = x->e->now;
	if (step_has_hooks(x, PHASE_READY)) {
		step_run_hooks(x, PHASE_READY, MSEC_INFINITY);
	} else {
		run(x);
	}
}

static void on_ready_hooks_failed(struct step *x)
{
	step_abort_hooks(x);
	x->s->status = x->e->status;
	step_begin_stop(x);
	terminate(x);
}

/* Main is asked to end, though the container is not. */
static void end_main(struct step *x, int sig)
{
	step_abort_hooks(x);
	step_enter(x, PHASE_TERM,
		   step_after(x, step_sooner(x->p->stop_grace, RESTART_GRACE)));
	step_act(x, ACTION_SIGNAL_MAIN, sig);
}

/* What could still make it restart counts only those that nobody asked for. */
bool step_used_up(const struct step *x)
{
	return x->p->restart_max > 0 && x->s->in_a_row >= x->p->restart_max;
}

static void on_restart(struct step *x)
{
	if (!x->p->can_restart) {
		return;
	}
	if (x->e->status && !x->e->again) {
		x->s->in_a_row = 0;
	}
	if (x->e->status && step_used_up(x)) {
		on_shutdown(x);
		return;
	}
	x->s->restarting = true;
	x->s->unhealthy = x->e->status != 0;
	end_main(x, x->p->stop_signal);
}

/* As systemd does it: main may leave a core. Whether it starts again is `restart`'s to say. */
static void on_watchdog(struct step *x)
{
	end_main(x, SIGABRT);
}

/* ---- main is being stopped ---- */

/* A second request does not wait for the hooks. */
static void on_stop_again(struct step *x)
{
	if (step_is_stop(x)) {
		step_abort_hooks(x);
		terminate(x);
	} else {
		forward(x);
	}
}

static void on_stop_timer(struct step *x)
{
	step_abort_hooks(x);
	x->s->stop_deadline = step_after(x, LEAST_GRACE);
	terminate(x);
}

static void on_term_stop(struct step *x)
{
	if (!step_is_stop(x)) {
		forward(x);
		return;
	}
	if (!x->s->stopping) {
		step_begin_stop(x);
		x->s->deadline = step_sooner(x->s->deadline, x->s->stop_deadline);
	}
	step_act(x, ACTION_SIGNAL_MAIN, x->p->stop_signal);
}

static void on_term_timer(struct step *x)
{
	step_enter(x, PHASE_KILL, step_after(x, KILL_WAIT));
	step_act(x, ACTION_SIGNAL_MAIN, SIGKILL);
}

static void on_extend(struct step *x)
{
	x->s->deadline = step_later(x->s->deadline, step_after(x, x->e->span));
	x->s->stop_deadline = step_later(x->s->stop_deadline, x->s->deadline);
}

static void on_kill_stop(struct step *x)
{
	if (step_is_stop(x) && !x->s->stopping) {
		step_begin_stop(x);
	}
}

/* Main is out of our reach: another user's, and we may not signal it, or stuck in the kernel. */
static void on_kill_timer(struct step *x)
{
	step_wind_down(x, x->s->status ? x->s->status : STATUS_SIGNAL_BASE + SIGKILL);
}

typedef void (*step_fn)(struct step *x);

#define HOOKS_BEFORE_MAIN                                                       \
	[EVENT_BEGIN] = on_begin, [EVENT_SIGNAL] = on_early_stop,               \
	[EVENT_STOP] = on_early_stop, [EVENT_HOOKS_DONE] = on_early_hooks_done, \
	[EVENT_HOOKS_FAILED] = on_early_hooks_failed

#define MAIN_RUNS                                                     \
	[EVENT_SIGNAL] = on_stop, [EVENT_STOP] = on_stop,             \
	[EVENT_SHUTDOWN] = on_shutdown, [EVENT_RESTART] = on_restart, \
	[EVENT_WATCHDOG] = on_watchdog, [EVENT_FAILED] = step_failed, \
	[EVENT_MAIN_ENDED] = step_main_gone

#define BETWEEN_TWO_MAINS \
	[EVENT_SIGNAL] = step_stop_between, [EVENT_STOP] = step_stop_between

static const step_fn table[PHASE_COUNT][EVENT_COUNT] = {
	[PHASE_PREPARE] = {HOOKS_BEFORE_MAIN},
	[PHASE_WAIT] = {HOOKS_BEFORE_MAIN},
	[PHASE_START] = {[EVENT_SIGNAL] = on_stop,
			 [EVENT_STOP] = on_stop,
			 [EVENT_EXECUTED] = on_executed,
			 [EVENT_FAILED] = step_failed,
			 [EVENT_MAIN_ENDED] = step_main_gone},
	[PHASE_READY] = {MAIN_RUNS, [EVENT_HOOKS_DONE] = run,
			 [EVENT_HOOKS_FAILED] = on_ready_hooks_failed},
	[PHASE_RUNNING] = {MAIN_RUNS},
	[PHASE_STOP] = {[EVENT_SIGNAL] = on_stop_again,
			[EVENT_STOP] = on_stop_again,
			[EVENT_FAILED] = step_failed,
			[EVENT_MAIN_ENDED] = step_main_gone,
			[EVENT_TIMER] = on_stop_timer,
			[EVENT_HOOKS_DONE] = terminate,
			[EVENT_HOOKS_FAILED] = terminate},
	[PHASE_TERM] = {[EVENT_SIGNAL] = on_term_stop,
			[EVENT_STOP] = on_term_stop,
			[EVENT_FAILED] = step_failed,
			[EVENT_MAIN_ENDED] = step_main_gone,
			[EVENT_EXTEND] = on_extend,
			[EVENT_TIMER] = on_term_timer},
	[PHASE_KILL] = {[EVENT_SIGNAL] = on_kill_stop,
			[EVENT_STOP] = on_kill_stop,
			[EVENT_FAILED] = step_failed,
			[EVENT_MAIN_ENDED] = step_main_gone,
			[EVENT_TIMER] = on_kill_timer},
	[PHASE_SWEEP] = {BETWEEN_TWO_MAINS, [EVENT_TIMER] = step_sweep_timer,
			 [EVENT_EMPTY] = step_swept},
	[PHASE_SWEEP_KILL] = {BETWEEN_TWO_MAINS, [EVENT_TIMER] = step_swept,
			      [EVENT_EMPTY] = step_swept},
	[PHASE_BACKOFF] = {BETWEEN_TWO_MAINS, [EVENT_RESTART] = step_backoff_timer,
			   [EVENT_TIMER] = step_backoff_timer},
	[PHASE_DRAIN] = {[EVENT_SIGNAL] = step_drain_stop,
			 [EVENT_STOP] = step_drain_stop,
			 [EVENT_TIMER] = step_drain_timer,
			 [EVENT_EMPTY] = step_empty},
	[PHASE_DRAIN_KILL] = {[EVENT_TIMER] = step_empty, [EVENT_EMPTY] = step_empty},
	[PHASE_EXIT] = {[EVENT_SIGNAL] = step_exit_stop,
			[EVENT_STOP] = step_exit_stop,
			[EVENT_TIMER] = step_exit_timer,
			[EVENT_HOOKS_DONE] = step_done,
			[EVENT_HOOKS_FAILED] = step_done},
	[PHASE_DONE] = {NULL},
};

void lifecycle_step(const struct lifecycle_policy *p, struct lifecycle *s,
		    const struct event *e, struct actions *ret_actions)
{
	struct step x = {.p = p, .s = s, .e = e, .out = ret_actions};
	step_fn fn = NULL;

	ret_actions->n = 0;
	if (s->phase < PHASE_COUNT && e->type < EVENT_COUNT) {
		fn = table[s->phase][e->type];
	}
	if (fn && ((e->type != EVENT_SIGNAL && e->type != EVENT_STOP) ||
		   (e->signal >= 1 && e->signal <= SIGNAL_MAX))) {
		fn(&x);
	}
}
