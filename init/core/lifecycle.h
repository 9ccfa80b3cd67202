/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a container as a pure machine: (state, event) -> state and actions. The loop
 * (sys/loop.h) feeds it what happened and does what it says; time comes in with the event.
 *
 *                          +-------------- backoff <-- sweep-kill <-- sweep <--+   (restart in place)
 *                          v                                                   |
 *   prepare -> wait -> start -> ready -> running -> stop -> term -> kill ------+-> drain -> drain-kill -> exit -> done
 *
 * The phases prepare, wait, ready, stop and exit belong to hooks; one that has none is passed through at once. Health
 * hooks run while the phase is running. From every phase but the last ones a stop leads to stop or, without main, to
 * drain; main's end leads to sweep when it is to be started again, else to drain.
 */
#ifndef CARDEA_CORE_LIFECYCLE_H
#define CARDEA_CORE_LIFECYCLE_H

#include "core/types.h"

enum phase {
	PHASE_PREPARE, /* hooks before anything else */
	PHASE_WAIT,    /* hooks for what main depends on */
	PHASE_START,   /* main is forked, not yet executed */
	PHASE_READY,   /* main runs, does not serve yet */
	PHASE_RUNNING, /* main runs */
	PHASE_STOP,    /* asked to stop: hooks first */
	PHASE_TERM,    /* main has its stop signal */
	PHASE_KILL,    /* main has SIGKILL */
	PHASE_SWEEP,   /* main has ended and will start again, what it left has SIGTERM */
	PHASE_SWEEP_KILL, /* what it left has SIGKILL */
	PHASE_BACKOFF,	  /* main starts again after a while */
	PHASE_DRAIN,	  /* main has ended, the rest has SIGTERM */
	PHASE_DRAIN_KILL, /* the rest has SIGKILL */
	PHASE_EXIT,	  /* hooks after everything */
	PHASE_DONE,	  /* PID 1 exits with the status */
	PHASE_COUNT
};

enum event_type {
	EVENT_BEGIN,	/* once, first */
	EVENT_SIGNAL,	/* PID 1 got signal (not SIGCHLD) */
	EVENT_EXECUTED, /* main's execve succeeded */
	EVENT_FAILED, /* main could not be started: status says what PID 1 will exit with */
	EVENT_MAIN_ENDED, /* main was reaped: status is its exit status as a shell has it (0-255) */
	EVENT_EMPTY,	    /* nothing but PID 1 is left */
	EVENT_TIMER,	    /* the deadline asked for has passed */
	EVENT_HOOKS_DONE,   /* the hooks of this phase passed */
	EVENT_HOOKS_FAILED, /* a required one failed: status */
	EVENT_STOP, /* asked to stop, not by a signal of ours: signal is the one it stands for */
	EVENT_SHUTDOWN, /* stop, and PID 1 will exit with status */
	EVENT_RESTART, /* asked to end main and start it again; status not 0: because it is unhealthy, what to exit with when it may not restart any more */
	EVENT_WATCHDOG, /* main has not said in time that it is alive */
	EVENT_EXTEND,	/* main needs span more time to end */
	EVENT_COUNT
};

struct event {
	enum event_type type;
	int signal;
	int status;
	bool again; /* EVENT_RESTART: main has not been healthy since the last one */
	msec_t span;
	msec_t now;
};

/* At most ACTIONS_MAX of these answer one event, to be done in order. */
enum action_type {
	ACTION_START_MAIN,  /* fork and execute */
	ACTION_SIGNAL_MAIN, /* signal to main, or its process group (policy.kill_group) */
	ACTION_SIGNAL_GROUP, /* signal to the process group main had */
	ACTION_SIGNAL_REST,  /* signal to everything else that is left */
	ACTION_SIGNAL_DESCENDANTS, /* signal to all that main and our children have left, not to others */
	ACTION_RUN_HOOKS,   /* those of phase */
	ACTION_ABORT_HOOKS, /* kill those of phase that still run */
	ACTION_EXIT	    /* with state.status */
};

struct action {
	enum action_type type;
	int signal;
	enum phase phase;
};

#define ACTIONS_MAX 4

struct actions {
	struct action v[ACTIONS_MAX];
	size_t n;
};

enum restart { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS };

/* Decided by the plan; never changes afterwards. */
struct lifecycle_policy {
	sigbits_t stop_on;		       /* signals that ask to stop */
	unsigned char stop_signal;	       /* what main gets then */
	unsigned char forward[SIGNAL_MAX + 1]; /* signal -> what main gets; 0: nothing */
	bool kill_group;		       /* signals go to main's process group */
	bool linger; /* after main, wait for the rest; else exit at once */
	unsigned char
		end_signal; /* not lingering: what main's group gets when main ended; 0: nothing */
	msec_t stop_grace;    /* until SIGKILL for main; MSEC_INFINITY: never */
	msec_t orphan_grace;  /* until SIGKILL for the rest */
	unsigned hook_phases; /* bit n: phase n has hooks */
	enum restart restart; /* when main ends by itself */
	unsigned restart_max; /* so often in a row; 0: no limit */
	msec_t restart_delay; /* before the first start again; doubles with each one in a row, */
	msec_t restart_delay_max; /* up to this */
	msec_t restart_reset;	  /* having run so long, main has not failed in a row */
	bool can_restart;	  /* PID 1 keeps what a start again takes */
	bool no_main;		  /* only reap until asked to stop, then exit 0 */
	unsigned char success[256 / 8]; /* bit n: main's status n counts as 0 */
};

struct lifecycle {
	enum phase phase;
	bool main_alive;
	bool stopping;	   /* a stop was asked for */
	bool restarting;   /* main is being ended to be started again, */
	bool unhealthy;	   /* because it is unhealthy: that counts as a failure of main */
	int status;	   /* what PID 1 will exit with */
	int last_status;   /* main's, of its last end; -1: it never ended */
	unsigned restarts; /* how often main was started again, */
	unsigned in_a_row; /* and how often without having run well in between */
	msec_t started;	   /* when main was, last */
	msec_t deadline;   /* when EVENT_TIMER is due, or MSEC_INFINITY */
	msec_t stop_deadline; /* when the grace of a stop ends, or MSEC_INFINITY */
};

/*
 * Forwards every signal as it is, stops on SIGTERM, lingers, waits for main for ever, 2 s for the rest, does not
 * restart; the delays of a restart are Docker's: 100 ms, doubled up to 1 min, from anew after 10 s.
 */
void lifecycle_policy_init(struct lifecycle_policy *ret_policy);

/* Before EVENT_BEGIN. */
void lifecycle_init(struct lifecycle *ret_state);

/* The one transition. Total: every event is legal in every state; what means nothing there changes nothing. */
void lifecycle_step(const struct lifecycle_policy *p, struct lifecycle *s,
		    const struct event *e, struct actions *ret_actions);

const char *phase_name(enum phase phase);

#endif
