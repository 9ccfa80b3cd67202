/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lifecycle.h"

#include <signal.h>
#include <string.h>

/* How long SIGKILL may take before PID 1 leaves what is stuck in the kernel to the kernel. */
#define KILL_WAIT 1000

/* What stop hooks have left of the grace, main has at least this. The same for the exit hooks. */
#define LEAST_GRACE 2000

/* How long main has to end when only a restart or its own watchdog wants that, and no grace is set. */
#define RESTART_GRACE 10000

struct step {
	const struct lifecycle_policy *p;
	struct lifecycle *s;
	const struct event *e;
	struct actions *out;
};

static void push(struct step *x, struct action a)
{
	if (x->out->n < ACTIONS_MAX) {
		x->out->v[x->out->n++] = a;
	}
}

static void act(struct step *x, enum action_type type, int sig)
{
	push(x, (struct action){.type = type, .signal = sig, .phase = x->s->phase});
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

static msec_t later(msec_t a, msec_t b)
{
	return a > b ? a : b;
}

static msec_t sooner(msec_t a, msec_t b)
{
	return a < b ? a : b;
}

static void done(struct step *x)
{
	enter(x, PHASE_DONE, MSEC_INFINITY);
	act(x, ACTION_EXIT, 0);
}

/* Main is gone or never was: the rest of the container follows. */
static void wind_down(struct step *x, int status)
{
	x->s->status = status;
	x->s->main_alive = false;
	if (!x->p->linger) {
		if (x->p->end_signal) {
			act(x, ACTION_SIGNAL_GROUP, x->p->end_signal);
		}
		done(x);
		return;
	}
	enter(x, PHASE_DRAIN, sooner(after(x, x->p->orphan_grace), x->s->stop_deadline));
	act(x, ACTION_SIGNAL_REST, SIGTERM);
}

/* Before a phase is left whose hooks may still run: what they would say later is about this one. */
static void abort_hooks(struct step *x)
{
	if (has_hooks(x, x->s->phase)) {
		act(x, ACTION_ABORT_HOOKS, 0);
	}
}

static void run_hooks(struct step *x, enum phase phase, msec_t deadline)
{
	enter(x, phase, deadline);
	act(x, ACTION_RUN_HOOKS, 0);
}

static void start(struct step *x)
{
	enter(x, PHASE_START, MSEC_INFINITY);
	x->s->main_alive = true;
	x->s->restarting = false;
	act(x, ACTION_START_MAIN, 0);
}

static void run(struct step *x)
{
	enter(x, PHASE_RUNNING, MSEC_INFINITY);
	if (has_hooks(x, PHASE_RUNNING)) {
		act(x, ACTION_RUN_HOOKS, 0);
	}
}

/* The phases up to main's start, from the first one that has hooks. */
static void advance(struct step *x, enum phase from)
{
	for (enum phase phase = from; phase < PHASE_START; phase++) {
		if (has_hooks(x, phase)) {
			run_hooks(x, phase, MSEC_INFINITY);
			return;
		}
	}
	if (x->p->no_main) {
		run(x);
	} else {
		start(x);
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
	abort_hooks(x);
	wind_down(x, x->e->status);
}

static bool is_stop(const struct step *x)
{
	return x->e->type != EVENT_SIGNAL || (x->p->stop_on & SIGBIT(x->e->signal)) != 0;
}

/* Nothing is there yet to forward a signal to. */
static void on_early_stop(struct step *x)
{
	if (is_stop(x)) {
		x->s->stopping = true;
		abort_hooks(x);
		wind_down(x, STATUS_SIGNAL_BASE + x->e->signal);
	}
}

/* ---- main is there ---- */

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

static void begin_stop(struct step *x)
{
	x->s->stopping = true;
	x->s->restarting = false;
	x->s->stop_deadline = after(x, x->p->stop_grace);
}

static void on_stop(struct step *x)
{
	if (!is_stop(x)) {
		forward(x);
		return;
	}
	begin_stop(x);
	abort_hooks(x);
	if (x->p->no_main) {
		x->s->status = 0;
		done(x);
	} else if (x->s->phase != PHASE_START && has_hooks(x, PHASE_STOP)) {
		run_hooks(x, PHASE_STOP, x->s->stop_deadline);
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
	if (has_hooks(x, PHASE_READY)) {
		run_hooks(x, PHASE_READY, MSEC_INFINITY);
	} else {
		run(x);
	}
}

static void on_ready_hooks_failed(struct step *x)
{
	abort_hooks(x);
	x->s->status = x->e->status;
	begin_stop(x);
	terminate(x);
}

/* Main is asked to end, though the container is not. */
static void end_main(struct step *x, int sig)
{
	abort_hooks(x);
	enter(x, PHASE_TERM, after(x, sooner(x->p->stop_grace, RESTART_GRACE)));
	act(x, ACTION_SIGNAL_MAIN, sig);
}

static void on_restart(struct step *x)
{
	if (x->p->can_restart) {
		x->s->restarting = true;
		end_main(x, x->p->stop_signal);
	}
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
	if (is_stop(x)) {
		abort_hooks(x);
		terminate(x);
	} else {
		forward(x);
	}
}

static void on_stop_timer(struct step *x)
{
	abort_hooks(x);
	x->s->stop_deadline = after(x, LEAST_GRACE);
	terminate(x);
}

static void on_term_stop(struct step *x)
{
	if (!is_stop(x)) {
		forward(x);
		return;
	}
	if (!x->s->stopping) {
		begin_stop(x);
		x->s->deadline = sooner(x->s->deadline, x->s->stop_deadline);
	}
	act(x, ACTION_SIGNAL_MAIN, x->p->stop_signal);
}

static void on_term_timer(struct step *x)
{
	enter(x, PHASE_KILL, after(x, KILL_WAIT));
	act(x, ACTION_SIGNAL_MAIN, SIGKILL);
}

static void on_extend(struct step *x)
{
	x->s->deadline = later(x->s->deadline, after(x, x->e->span));
	x->s->stop_deadline = later(x->s->stop_deadline, x->s->deadline);
}

static void on_kill_stop(struct step *x)
{
	if (is_stop(x) && !x->s->stopping) {
		begin_stop(x);
	}
}

/* Main is out of our reach: another user's, and we may not signal it, or stuck in the kernel. */
static void on_kill_timer(struct step *x)
{
	wind_down(x, x->s->status ? x->s->status : STATUS_SIGNAL_BASE + SIGKILL);
}

/* ---- main has ended ---- */

static int as_configured(const struct step *x, int status)
{
	status &= 0xff;
	return x->p->success[status / 8] >> (status % 8) & 1 ? 0 : status;
}

static bool will_restart(const struct step *x, int status)
{
	if (x->s->stopping || !x->p->can_restart) {
		return false;
	}
	if (x->s->restarting) {
		return true;
	}
	if (x->p->restart == RESTART_NO ||
	    (x->p->restart == RESTART_ON_FAILURE && status == 0)) {
		return false;
	}
	return x->p->restart_max == 0 || x->s->in_a_row < x->p->restart_max;
}

static void main_gone(struct step *x)
{
	int status = as_configured(x, x->e->status);

	abort_hooks(x);
	x->s->last_status = status;
	x->s->main_alive = false;
	if (x->s->started && x->e->now - x->s->started >= x->p->restart_reset) {
		x->s->in_a_row = 0;
	}
	if (will_restart(x, status)) {
		enter(x, PHASE_SWEEP, after(x, x->p->orphan_grace));
		act(x, ACTION_SIGNAL_DESCENDANTS, SIGTERM);
	} else {
		wind_down(x, x->s->status ? x->s->status : status);
	}
}

/* That it cannot be started at all is no accident that a restart would mend; later it may be one. */
static void on_failed(struct step *x)
{
	x->s->started = 0;
	if (x->s->restarts > 0) {
		main_gone(x);
	} else {
		abort_hooks(x);
		wind_down(x, x->e->status);
	}
}

static void on_sweep_timer(struct step *x)
{
	enter(x, PHASE_SWEEP_KILL, after(x, KILL_WAIT));
	act(x, ACTION_SIGNAL_DESCENDANTS, SIGKILL);
}

static void on_swept(struct step *x)
{
	msec_t delay = x->s->restarting ? 0 : x->p->restart_delay;

	for (unsigned i = 0; i < x->s->in_a_row && delay < x->p->restart_delay_max; i++) {
		delay = delay > x->p->restart_delay_max / 2 ? x->p->restart_delay_max
							    : delay * 2;
	}
	enter(x, PHASE_BACKOFF, after(x, delay));
}

static void on_backoff_timer(struct step *x)
{
	x->s->restarts++;
	x->s->in_a_row += !x->s->restarting;
	start(x);
}

/* No main is there that could be asked. */
static void on_stop_between(struct step *x)
{
	if (is_stop(x)) {
		begin_stop(x);
		wind_down(x, x->s->last_status);
	}
}

static void on_drain_timer(struct step *x)
{
	enter(x, PHASE_DRAIN_KILL, after(x, KILL_WAIT));
	act(x, ACTION_SIGNAL_REST, SIGKILL);
}

/* The second request to stop hastens; the first may have come only now. */
static bool hastens(struct step *x)
{
	bool again = x->s->stopping;

	x->s->stopping |= is_stop(x);
	return again && is_stop(x);
}

static void on_drain_stop(struct step *x)
{
	if (hastens(x)) {
		on_drain_timer(x);
	}
}

static void on_empty(struct step *x)
{
	if (has_hooks(x, PHASE_EXIT)) {
		run_hooks(x, PHASE_EXIT,
			  later(x->s->stop_deadline, after(x, LEAST_GRACE)));
	} else {
		done(x);
	}
}

static void on_exit_timer(struct step *x)
{
	abort_hooks(x);
	done(x);
}

static void on_exit_stop(struct step *x)
{
	if (hastens(x)) {
		on_exit_timer(x);
	}
}

typedef void (*step_fn)(struct step *x);

#define HOOKS_BEFORE_MAIN                                                       \
	[EVENT_BEGIN] = on_begin, [EVENT_SIGNAL] = on_early_stop,               \
	[EVENT_STOP] = on_early_stop, [EVENT_HOOKS_DONE] = on_early_hooks_done, \
	[EVENT_HOOKS_FAILED] = on_early_hooks_failed

#define MAIN_RUNS                                                     \
	[EVENT_SIGNAL] = on_stop, [EVENT_STOP] = on_stop,             \
	[EVENT_SHUTDOWN] = on_shutdown, [EVENT_RESTART] = on_restart, \
	[EVENT_WATCHDOG] = on_watchdog, [EVENT_FAILED] = on_failed,   \
	[EVENT_MAIN_ENDED] = main_gone

#define BETWEEN_TWO_MAINS [EVENT_SIGNAL] = on_stop_between, [EVENT_STOP] = on_stop_between

static const step_fn table[PHASE_COUNT][EVENT_COUNT] = {
	[PHASE_PREPARE] = {HOOKS_BEFORE_MAIN},
	[PHASE_WAIT] = {HOOKS_BEFORE_MAIN},
	[PHASE_START] = {[EVENT_SIGNAL] = on_stop,
			 [EVENT_STOP] = on_stop,
			 [EVENT_EXECUTED] = on_executed,
			 [EVENT_FAILED] = on_failed,
			 [EVENT_MAIN_ENDED] = main_gone},
	[PHASE_READY] = {MAIN_RUNS, [EVENT_HOOKS_DONE] = run,
			 [EVENT_HOOKS_FAILED] = on_ready_hooks_failed},
	[PHASE_RUNNING] = {MAIN_RUNS},
	[PHASE_STOP] = {[EVENT_SIGNAL] = on_stop_again,
			[EVENT_STOP] = on_stop_again,
			[EVENT_FAILED] = on_failed,
			[EVENT_MAIN_ENDED] = main_gone,
			[EVENT_TIMER] = on_stop_timer,
			[EVENT_HOOKS_DONE] = terminate,
			[EVENT_HOOKS_FAILED] = terminate},
	[PHASE_TERM] = {[EVENT_SIGNAL] = on_term_stop,
			[EVENT_STOP] = on_term_stop,
			[EVENT_FAILED] = on_failed,
			[EVENT_MAIN_ENDED] = main_gone,
			[EVENT_EXTEND] = on_extend,
			[EVENT_TIMER] = on_term_timer},
	[PHASE_KILL] = {[EVENT_SIGNAL] = on_kill_stop,
			[EVENT_STOP] = on_kill_stop,
			[EVENT_FAILED] = on_failed,
			[EVENT_MAIN_ENDED] = main_gone,
			[EVENT_TIMER] = on_kill_timer},
	[PHASE_SWEEP] = {BETWEEN_TWO_MAINS, [EVENT_TIMER] = on_sweep_timer,
			 [EVENT_EMPTY] = on_swept},
	[PHASE_SWEEP_KILL] =
		{BETWEEN_TWO_MAINS, [EVENT_TIMER] = on_swept, [EVENT_EMPTY] = on_swept},
	[PHASE_BACKOFF] = {BETWEEN_TWO_MAINS, [EVENT_RESTART] = on_backoff_timer,
			   [EVENT_TIMER] = on_backoff_timer},
	[PHASE_DRAIN] = {[EVENT_SIGNAL] = on_drain_stop,
			 [EVENT_STOP] = on_drain_stop,
			 [EVENT_TIMER] = on_drain_timer,
			 [EVENT_EMPTY] = on_empty},
	[PHASE_DRAIN_KILL] = {[EVENT_TIMER] = on_empty, [EVENT_EMPTY] = on_empty},
	[PHASE_EXIT] = {[EVENT_SIGNAL] = on_exit_stop,
			[EVENT_STOP] = on_exit_stop,
			[EVENT_TIMER] = on_exit_timer,
			[EVENT_HOOKS_DONE] = done,
			[EVENT_HOOKS_FAILED] = done},
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
