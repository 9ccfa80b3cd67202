/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When which hook runs: a pure machine like core/lifecycle.h, for all hooks of a container. Its caller (sys/hooks.h)
 * says which phase has begun, what became of a try and what time it is, and does what hookset_next() orders
 * until that has nothing more to say.
 *
 *   blocked -> due -> running -> passed | failed | (again) due
 *
 * One of the phases prepare, wait, ready, stop and exit is active at a time; health hooks run beside it from the moment
 * main is ready until the container stops.
 */
#ifndef CARDEA_CORE_HOOKSET_H
#define CARDEA_CORE_HOOKSET_H

#include "core/hook.h"

#define HOOK_REASON_MAX 160 /* bytes with the NUL */

enum hook_status {
	HOOK_IDLE,    /* its phase has not come, or it was aborted */
	HOOK_BLOCKED, /* waits for those in `after` */
	HOOK_DUE,     /* starts at `at` */
	HOOK_RUNNING, /* is killed at `at` */
	HOOK_KILLED,  /* its try took too long or was aborted; it is to be reaped */
	HOOK_PASSED,
	HOOK_FAILED,
	HOOK_STATUS_COUNT
};

enum verdict { VERDICT_NONE, VERDICT_STARTING, VERDICT_HEALTHY, VERDICT_UNHEALTHY };

struct hook_state {
	enum hook_status status;
	enum verdict verdict; /* of a health hook */
	bool aborted;	      /* its result counts for nothing */
	bool once;	      /* a remedy's: runs once, whatever its phase */
	bool again;	      /* aborted, and to begin anew once it is reaped */
	bool remedy_due;      /* a verdict has fallen that nothing was done about yet */
	msec_t at;	      /* see status */
	msec_t begun;	      /* when its first try was due: start of deadline */
	msec_t started;	      /* of the try under way, or the last */
	msec_t finished;      /* the last try; 0: none yet */
	msec_t passed_at;     /* the last try that passed; 0: none */
	unsigned tries;	      /* since begun */
	unsigned failures;    /* in a row */
	unsigned passes;      /* in a row, of a health hook */
	unsigned rung;	      /* the next remedy */
	bool last_passed;
	bool climbed; /* something was done about it since it was healthy for long enough */
	char reason[HOOK_REASON_MAX]; /* why the last failure */
};

struct hookset {
	const struct hook *hooks;
	struct hook_state *states; /* n of them, zeroed */
	size_t n;
	enum phase phase; /* whose hooks are active; PHASE_COUNT: none */
	bool health;	  /* health hooks are active */
	bool reported;	  /* the end of the phase was ordered */
	msec_t ready_at;  /* since when health hooks run */
	size_t next;	  /* where hookset_next() goes on looking, */
	bool moved;	  /* and whether this round has changed anything */
};

enum order_type {
	ORDER_NONE,  /* nothing until hookset_deadline() or a result */
	ORDER_START, /* begin a try of hook; then hookset_started() or hookset_result() */
	ORDER_KILL, /* kill the try under way, whole; of HOOK_NOTIFY: there is none, hookset_result() is due */
	ORDER_PHASE_DONE, /* all hooks of the phase passed, or failed without being required */
	ORDER_PHASE_FAILED, /* hook is required and failed for good */
	ORDER_REMEDY,	    /* hook became, or still is, unhealthy: do *remedy */
};

struct order {
	enum order_type type;
	size_t hook;
	msec_t timeout; /* ORDER_START: how long the try may take; MSEC_INFINITY: as long as it likes */
	const struct remedy *remedy;
	bool again; /* ORDER_REMEDY: the one before did not help for long */
};

/* Begin a phase: its hooks become due or blocked. Those of the phase before must have been aborted or be done. */
void hookset_begin(struct hookset *s, enum phase phase, msec_t now);

/* Main is ready: health hooks begin, their verdicts with VERDICT_STARTING. */
void hookset_health(struct hookset *s, msec_t now);

/*
 * End the phase (of PHASE_RUNNING: health): what runs gets ORDER_KILL, and no result of it counts. The hooks of a
 * remedy belong to health.
 */
void hookset_abort(struct hookset *s, enum phase phase);

/* A try has begun. */
void hookset_started(struct hookset *s, size_t hook, msec_t now);

/* A try ended, or could not begin. reason: of a failure, copied and cut; NULL when it passed. */
void hookset_result(struct hookset *s, size_t hook, bool passed, const char *reason,
		    msec_t now);

/* The deadline of a hook under way is `span` from now, if that is later (EXTEND_TIMEOUT_USEC). */
void hookset_extend(struct hookset *s, size_t hook, msec_t span, msec_t now);

/* The next thing to do, or ORDER_NONE. Every order is given once. */
struct order hookset_next(struct hookset *s, msec_t now);

/* When hookset_next() has something to say at the latest; MSEC_INFINITY: only after a result. */
msec_t hookset_deadline(const struct hookset *s);

/* The worst of the health hooks' verdicts; VERDICT_HEALTHY when there are none. */
enum verdict hookset_verdict(const struct hookset *s);

#endif
