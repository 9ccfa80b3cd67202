/* SPDX-License-Identifier: Apache-2.0 */
/* What follows when main has ended: it starts again, or the rest of the container ends. */
#include <signal.h>

#include "core/step.h"

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
	return !step_used_up(x);
}

void step_main_gone(struct step *x)
{
	int status = as_configured(x, x->e->status);

	step_abort_hooks(x);
	x->s->last_status = status;
	x->s->main_alive = false;
	if (x->s->started && !x->s->unhealthy &&
	    x->e->now - x->s->started >= x->p->restart_reset) {
		x->s->in_a_row = 0;
	}
	if (will_restart(x, status)) {
		step_enter(x, PHASE_SWEEP, step_after(x, x->p->orphan_grace));
		step_act(x, ACTION_SIGNAL_DESCENDANTS, SIGTERM);
	} else {
		step_wind_down(x, x->s->status ? x->s->status : status);
	}
}

/* That it cannot be started at all is no accident that a restart would mend; later it may be one. */
void step_failed(struct step *x)
{
	x->s->started = 0;
	if (x->s->restarts > 0) {
		step_main_gone(x);
	} else {
		step_abort_hooks(x);
		step_wind_down(x, x->e->status);
	}
}

void step_sweep_timer(struct step *x)
{
	step_enter(x, PHASE_SWEEP_KILL, step_after(x, KILL_WAIT));
	step_act(x, ACTION_SIGNAL_DESCENDANTS, SIGKILL);
}

/* By somebody, not by main's failing: it neither waits nor counts. */
static bool is_asked_for(const struct step *x)
{
	return x->s->restarting && !x->s->unhealthy;
}

void step_swept(struct step *x)
{
	msec_t delay = is_asked_for(x) ? 0 : x->p->restart_delay;

	for (unsigned i = 0; i < x->s->in_a_row && delay < x->p->restart_delay_max; i++) {
		delay = delay > x->p->restart_delay_max / 2 ? x->p->restart_delay_max
							    : delay * 2;
	}
	step_enter(x, PHASE_BACKOFF, step_after(x, delay));
}

void step_backoff_timer(struct step *x)
{
	x->s->restarts++;
	x->s->in_a_row += !is_asked_for(x);
	step_start(x);
}

/* No main is there that could be asked. */
void step_stop_between(struct step *x)
{
	if (step_is_stop(x)) {
		step_begin_stop(x);
		step_wind_down(x, x->s->last_status);
	}
}

void step_drain_timer(struct step *x)
{
	step_enter(x, PHASE_DRAIN_KILL, step_after(x, KILL_WAIT));
	step_act(x, ACTION_SIGNAL_REST, SIGKILL);
}

/* The second request to stop hastens; the first may have come only now. */
static bool hastens(struct step *x)
{
	bool again = x->s->stopping;

	x->s->stopping |= step_is_stop(x);
	return again && step_is_stop(x);
}

void step_drain_stop(struct step *x)
{
	if (hastens(x)) {
		step_drain_timer(x);
	}
}

void step_empty(struct step *x)
{
	if (step_has_hooks(x, PHASE_EXIT)) {
		step_run_hooks(
			x, PHASE_EXIT,
			step_later(x->s->stop_deadline, step_after(x, LEAST_GRACE)));
	} else {
		step_done(x);
	}
}

void step_exit_timer(struct step *x)
{
	step_abort_hooks(x);
	step_done(x);
}

void step_exit_stop(struct step *x)
{
	if (hastens(x)) {
		step_exit_timer(x);
	}
}
