/* SPDX-License-Identifier: Apache-2.0 */
/* What core/lifecycle.h begins with, and its words. */
#include <signal.h>

#include "core/lifecycle.h"

void lifecycle_policy_init(struct lifecycle_policy *ret_policy)
{
	*ret_policy = (struct lifecycle_policy){
		.stop_on = SIGBIT(SIGTERM),
		.stop_signal = SIGTERM,
		.linger = true,
		.stop_grace = MSEC_INFINITY,
		.orphan_grace = 2000,
		.restart_delay = 100,
		.restart_delay_max = 60000,
		.restart_reset = 10000,
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
		.last_status = -1,
	};
}

const char *phase_name(enum phase phase)
{
	static const char names[PHASE_COUNT][12] = {
		[PHASE_PREPARE] = "prepare",
		[PHASE_WAIT] = "wait",
		[PHASE_START] = "start",
		[PHASE_READY] = "ready",
		[PHASE_RUNNING] = "running",
		[PHASE_STOP] = "stop",
		[PHASE_TERM] = "term",
		[PHASE_KILL] = "kill",
		[PHASE_SWEEP] = "sweep",
		[PHASE_SWEEP_KILL] = "sweep-kill",
		[PHASE_BACKOFF] = "backoff",
		[PHASE_DRAIN] = "drain",
		[PHASE_DRAIN_KILL] = "drain-kill",
		[PHASE_EXIT] = "exit",
		[PHASE_DONE] = "done",
	};

	return phase < PHASE_COUNT ? names[phase] : "?";
}
