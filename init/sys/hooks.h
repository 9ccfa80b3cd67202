/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks carried out: what core/hookset.h orders becomes processes, and what becomes of those its results. Commands run in a
 * process group of their own with /dev/null as input; what they print is told line by line (sys/hook_output.h). Probes run in
 * a forked process (sys/probe.h).
 */
#ifndef CARDEA_SYS_HOOKS_H
#define CARDEA_SYS_HOOKS_H

#include <sys/types.h>

#include "core/hookset.h"
#include "core/launch.h"
#include "core/plan.h"
#include "sys/hook_output.h"
#include "sys/probe.h"

struct hooks {
	struct hookset set;
	pid_t *pids;	 /* of each hook's try; 0: none */
	size_t *running; /* which hooks have one */
	size_t n_running;
	struct hook_output output;
	struct probe_finding
		*findings;	   /* one a hook, shared with the probing processes */
	char ***envps;		   /* one a hook */
	const struct launch *main; /* mask and restrictions are as main's */
	bool own;		   /* PID 1 has become plan.own: set it when it has */
	size_t last_failed; /* the last hook that failed for good or became unhealthy; n: none */
};

/* What the caller has to do. */
enum hooks_wish {
	HOOKS_NOTHING, /* until the deadline or a result */
	HOOKS_EVENT,   /* the lifecycle wants to know */
	HOOKS_SIGNAL,  /* send main a signal: event.signal */
};

/*
 * Before main starts. envps: n NULL-terminated environments, kept as long as hooks run, as are plan and main. All of it
 * comes from a or is mapped; nothing is allocated afterwards. 0 or -errno. Without hooks: nothing is done.
 */
int hooks_prepare(struct arena *a, const struct plan *plan, const struct launch *main,
		  char ***envps, struct hooks *ret_hooks, struct err *reterr);

/* Those of phase begin: prepare, wait, ready, stop, exit, or PHASE_RUNNING for health. */
void hooks_begin(struct hooks *h, enum phase phase, msec_t now);

/* Those of phase are wanted no longer: hooks_next() kills what runs. */
void hooks_abort(struct hooks *h, enum phase phase);

/* A process ended: true when it was a hook's. */
bool hooks_reaped(struct hooks *h, pid_t pid, int wstatus, msec_t now);

/* Main said that it is ready, or that it needs until `span` from now for that. Nothing without main.notify. */
void hooks_notified(struct hooks *h, msec_t now);
void hooks_extend(struct hooks *h, msec_t span, msec_t now);

/* Do what is due, until the caller has something to do: call it until HOOKS_NOTHING. */
enum hooks_wish hooks_next(struct hooks *h, msec_t now, struct event *ret_event);

/* When hooks_next() has something to do at the latest. */
msec_t hooks_deadline(const struct hooks *h);

#endif
