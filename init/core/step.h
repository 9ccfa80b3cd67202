/* SPDX-License-Identifier: Apache-2.0 */
/* What the transitions of the lifecycle share (lifecycle.c, lifecycle_end.c). Not for others. */
#ifndef CARDEA_CORE_STEP_H
#define CARDEA_CORE_STEP_H

#include "core/lifecycle.h"

/* How long SIGKILL may take before PID 1 leaves what is stuck in the kernel to the kernel. */
#define KILL_WAIT 1000

/* What stop hooks have left of the grace, main has at least this. The same for the exit hooks. */
#define LEAST_GRACE 2000

struct step {
	const struct lifecycle_policy *p;
	struct lifecycle *s;
	const struct event *e;
	struct actions *out;
};

static inline msec_t step_later(msec_t a, msec_t b)
{
	return a > b ? a : b;
}

static inline msec_t step_sooner(msec_t a, msec_t b)
{
	return a < b ? a : b;
}

void step_act(struct step *x, enum action_type type, int sig);
bool step_has_hooks(const struct step *x, enum phase phase);
void step_enter(struct step *x, enum phase phase, msec_t deadline);
msec_t step_after(const struct step *x, msec_t span);
void step_done(struct step *x);
void step_wind_down(struct step *x, int status);
void step_abort_hooks(struct step *x);
void step_run_hooks(struct step *x, enum phase phase, msec_t deadline);
void step_start(struct step *x);
bool step_is_stop(const struct step *x);
void step_begin_stop(struct step *x);
bool step_used_up(const struct step *x);

/* lifecycle_end.c: main has ended, or could not begin. */
void step_main_gone(struct step *x);
void step_failed(struct step *x);
void step_sweep_timer(struct step *x);
void step_swept(struct step *x);
void step_backoff_timer(struct step *x);
void step_stop_between(struct step *x);
void step_drain_timer(struct step *x);
void step_drain_stop(struct step *x);
void step_empty(struct step *x);
void step_exit_timer(struct step *x);
void step_exit_stop(struct step *x);

#endif
