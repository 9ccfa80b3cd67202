/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lifecycle.h"

#include <signal.h>
#include <string.h>

/* How long SIGKILL may take before PID 1 leaves what is stuck in the kernel to the kernel. */
#define KILL_WAIT 1000

struct step {
	const struct lifecycle_policy *p;
	struct lifecycle *s;
	const struct event *e;
	struct actions *out;
};

static void act(struct step *x, enum action_type type, int sig)
{
	if (x->out->n < ACTIONS_MAX) {
		x->out->v[x->out->n++] = (struct action){.type = type, .signal = sig};
	}
}

static bool has_hooks(const struct step *x, enum phase phase)
{
	return (x->p->hook_phases >> phase & 1u) != 0;
}

static void enter(struct step *x, enum phase phase, msec_t deadline)
{
	x->s->phase = phase;
	x->s->deadline = deadline;
}

static msec_t after(const struct step *x, msec_t span)
{
	return span >= MSEC_INFINITY - x->e->now ? MSEC_INFINITY : x->e->now + span;
}

static void done(struct step *x)
{
	enter(x, PHASE_DONE, MSEC_INFINITY);
	act(x, ACTION_EXIT, 0);
}

/* Main is gone or never was: the rest of the container follows. */
static void wind_down(struct step *x, int status)
{
	msec_t grace = after(x, x->p->orphan_grace);

	x->s->status = status;
	x->s->main_alive = false;
	if (!x->p->linger) {
		if (x->p->end_signal) {
			act(x, ACTION_SIGNAL_GROUP, x->p->end_signal);
		}
		done(x);
		return;
	}
	enter(x, PHASE_DRAIN, grace < x->s->stop_deadline ? grace : x->s->stop_deadline);
	act(x, ACTION_SIGNAL_REST, SIGTERM);
}

/* Before a phase is left whose hooks may still run: what they would say later is about this one. */
static void abort_hooks(struct step *x)
{
	if (has_hooks(x, x->s->phase)) {
		act(x, ACTION_ABORT_HOOKS, 0);
	}
}

static void run_hooks(struct step *x, enum phase phase)
{
	enter(x, phase, MSEC_INFINITY);
	act(x, ACTION_RUN_HOOKS, 0);
}

/* The phases up to main's start, from the first one that has hooks. */
static void advance(struct step *x, enum phase from)
{
	for (enum phase phase = from; phase < PHASE_START; phase++) {
		if (has_hooks(x, phase)) {
			run_hooks(x, phase);
			return;
		}
	}
	if (x->p->no_main) {
		enter(x, PHASE_RUNNING, MSEC_INFINITY);
		return;
	}
	enter(x, PHASE_START, MSEC_INFINITY);
	x->s->main_alive = true;
	act(x, ACTION_START_MAIN, 0);
}

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
	act(x, ACTION_ABORT_HOOKS, 0);
	wind_down(x, x->e->status);
}

static bool is_stop(const struct step *x)
{
	return (x->p->stop_on & SIGBIT(x->e->signal)) != 0;
}

/* Nothing is there yet to forward a signal to. */
static void on_early_signal(struct step *x)
{
	if (is_stop(x)) {
		x->s->stopping = true;
		act(x, ACTION_ABORT_HOOKS, 0);
		wind_down(x, STATUS_SIGNAL_BASE + x->e->signal);
	}
}

static void forward(struct step *x)
{
	int sig = x->p->forward[x->e->signal];

	if (sig && x->s->main_alive) {
		act(x, ACTION_SIGNAL_MAIN, sig);
	}
}

static void terminate(struct step *x)
{
	enter(x, PHASE_TERM, x->s->stop_deadline);
	act(x, ACTION_SIGNAL_MAIN, x->p->stop_signal);
}

static void on_signal(struct step *x)
{
	if (!is_stop(x)) {
		forward(x);
		return;
	}
	x->s->stopping = true;
	x->s->stop_deadline = after(x, x->p->stop_grace);
	abort_hooks(x);
	if (x->p->no_main) {
		x->s->status = 0;
		done(x);
	} else if (x->s->phase != PHASE_START && has_hooks(x, PHASE_STOP)) {
		run_hooks(x, PHASE_STOP);
		x->s->deadline = x->s->stop_deadline;
	} else {
		terminate(x);
	}
}

/* A second request does not wait for the hooks. */
static void on_signal_stopping(struct step *x)
{
	if (is_stop(x)) {
		act(x, ACTION_ABORT_HOOKS, 0);
		terminate(x);
	} else {
		forward(x);
	}
}

static void on_stop_timer(struct step *x)
{
	act(x, ACTION_ABORT_HOOKS, 0);
	terminate(x);
}

static void on_signal_term(struct step *x)
{
	if (is_stop(x)) {
		act(x, ACTION_SIGNAL_MAIN, x->p->stop_signal);
	} else {
		forward(x);
	}
}

static void on_executed(struct step *x)
{
	if (has_hooks(x, PHASE_READY)) {
		run_hooks(x, PHASE_READY);
	} else {
		enter(x, PHASE_RUNNING, MSEC_INFINITY);
	}
}

static void on_ready_hooks_done(struct step *x)
{
	enter(x, PHASE_RUNNING, MSEC_INFINITY);
}

/* PID 1 will exit with this status, whatever main makes of the stop. */
static void on_ready_hooks_failed(struct step *x)
{
	act(x, ACTION_ABORT_HOOKS, 0);
	x->s->status = x->e->status;
	x->s->stopping = true;
	x->s->stop_deadline = after(x, x->p->stop_grace);
	terminate(x);
}

static void on_failed(struct step *x)
{
	abort_hooks(x);
	wind_down(x, x->e->status);
}

static void on_main_ended(struct step *x)
{
	int status = x->e->status & 0xff;

	if (x->p->success[status / 8] >> (status % 8) & 1) {
		status = 0;
	}
	abort_hooks(x);
	wind_down(x, x->s->status ? x->s->status : status);
}

static void on_term_timer(struct step *x)
{
	enter(x, PHASE_KILL, after(x, KILL_WAIT));
	act(x, ACTION_SIGNAL_MAIN, SIGKILL);
}

/* Main is out of our reach: another user's, and we may not signal it, or stuck in the kernel. */
static void on_kill_timer(struct step *x)
{
	wind_down(x, x->s->status ? x->s->status : STATUS_SIGNAL_BASE + SIGKILL);
}

static void on_drain_timer(struct step *x)
{
	enter(x, PHASE_DRAIN_KILL, after(x, KILL_WAIT));
	act(x, ACTION_SIGNAL_REST, SIGKILL);
}

static void on_empty(struct step *x)
{
	if (has_hooks(x, PHASE_EXIT)) {
		run_hooks(x, PHASE_EXIT);
	} else {
		done(x);
	}
}

typedef void (*step_fn)(struct step *x);

#define HOOKS_BEFORE_MAIN                                           \
	[EVENT_BEGIN] = on_begin, [EVENT_SIGNAL] = on_early_signal, \
	[EVENT_HOOKS_DONE] = on_early_hooks_done,                   \
	[EVENT_HOOKS_FAILED] = on_early_hooks_failed

static const step_fn table[PHASE_COUNT][EVENT_COUNT] = {
	[PHASE_PREPARE] = {HOOKS_BEFORE_MAIN},
	[PHASE_WAIT] = {HOOKS_BEFORE_MAIN},
	[PHASE_START] = {[EVENT_SIGNAL] = on_signal,
			 [EVENT_EXECUTED] = on_executed,
			 [EVENT_FAILED] = on_failed,
			 [EVENT_MAIN_ENDED] = on_main_ended},
	[PHASE_READY] = {[EVENT_SIGNAL] = on_signal,
			 [EVENT_FAILED] = on_failed,
			 [EVENT_MAIN_ENDED] = on_main_ended,
			 [EVENT_HOOKS_DONE] = on_ready_hooks_done,
			 [EVENT_HOOKS_FAILED] = on_ready_hooks_failed},
	[PHASE_RUNNING] = {[EVENT_SIGNAL] = on_signal,
			   [EVENT_FAILED] = on_failed,
			   [EVENT_MAIN_ENDED] = on_main_ended},
	[PHASE_STOP] = {[EVENT_SIGNAL] = on_signal_stopping,
			[EVENT_MAIN_ENDED] = on_main_ended,
			[EVENT_TIMER] = on_stop_timer,
			[EVENT_HOOKS_DONE] = terminate,
			[EVENT_HOOKS_FAILED] = terminate},
	[PHASE_TERM] = {[EVENT_SIGNAL] = on_signal_term,
			[EVENT_FAILED] = on_failed,
			[EVENT_MAIN_ENDED] = on_main_ended,
			[EVENT_TIMER] = on_term_timer},
	[PHASE_KILL] = {[EVENT_FAILED] = on_failed,
			[EVENT_MAIN_ENDED] = on_main_ended,
			[EVENT_TIMER] = on_kill_timer},
	[PHASE_DRAIN] = {[EVENT_TIMER] = on_drain_timer, [EVENT_EMPTY] = on_empty},
	[PHASE_DRAIN_KILL] = {[EVENT_TIMER] = on_empty, [EVENT_EMPTY] = on_empty},
	[PHASE_EXIT] = {[EVENT_HOOKS_DONE] = done, [EVENT_HOOKS_FAILED] = done},
	[PHASE_DONE] = {NULL},
};

void lifecycle_policy_init(struct lifecycle_policy *ret_policy)
{
	*ret_policy = (struct lifecycle_policy){
		.stop_on = SIGBIT(SIGTERM),
		.stop_signal = SIGTERM,
		.linger = true,
		.stop_grace = MSEC_INFINITY,
		.orphan_grace = 2000,
	};
	for (int i = 1; i <= SIGNAL_MAX; i++) {
		ret_policy->forward[i] = (unsigned char)i;
	}
}

void lifecycle_init(struct lifecycle *ret_state)
{
	*ret_state = (struct lifecycle){
		.phase = PHASE_PREPARE,
		.deadline = MSEC_INFINITY,
		.stop_deadline = MSEC_INFINITY,
	};
}

void lifecycle_step(const struct lifecycle_policy *p, struct lifecycle *s,
		    const struct event *e, struct actions *ret_actions)
{
	struct step x = {.p = p, .s = s, .e = e, .out = ret_actions};
	step_fn fn = NULL;

	ret_actions->n = 0;
	if (s->phase < PHASE_COUNT && e->type < EVENT_COUNT) {
		fn = table[s->phase][e->type];
	}
	if (fn &&
	    (e->type != EVENT_SIGNAL || (e->signal >= 1 && e->signal <= SIGNAL_MAX))) {
		fn(&x);
	}
}

const char *phase_name(enum phase phase)
{
	static const char names[PHASE_COUNT][12] = {
		[PHASE_PREPARE] = "prepare", [PHASE_WAIT] = "wait",
		[PHASE_START] = "start",     [PHASE_READY] = "ready",
		[PHASE_RUNNING] = "running", [PHASE_STOP] = "stop",
		[PHASE_TERM] = "term",	     [PHASE_KILL] = "kill",
		[PHASE_DRAIN] = "drain",     [PHASE_DRAIN_KILL] = "drain-kill",
		[PHASE_EXIT] = "exit",	     [PHASE_DONE] = "done",
	};

	return phase < PHASE_COUNT ? names[phase] : "?";
}
