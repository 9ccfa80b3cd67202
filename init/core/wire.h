/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `cardea status` and its kin and PID 1 say to each other: one datagram asks, one answers. Both ends are the same
 * binary, so that these are plain structures with a version; what does not fit one answer is asked for from
 * the next hook on. The socket and who may ask what: sys/control.h.
 */
#ifndef CARDEA_CORE_WIRE_H
#define CARDEA_CORE_WIRE_H

#include "core/hookset.h"

#define WIRE_VERSION 1
#define WIRE_HOOKS_MAX 40 /* hooks of one answer */
#define WIRE_TEXT_MAX 128

enum wire_verb {
	WIRE_STATUS, /* anybody in the container */
	WIRE_STOP,   /* these: root, or PID 1's own user */
	WIRE_RESTART,
	WIRE_SIGNAL,
	WIRE_VERB_COUNT
};

struct wire_request {
	uint32_t version;
	uint32_t verb;
	uint32_t signal; /* of WIRE_SIGNAL */
	uint32_t first;	 /* WIRE_STATUS: from which hook on */
	uint64_t cookie; /* comes back in the answer */
};

enum wire_result { WIRE_OK, WIRE_DENIED, WIRE_UNKNOWN, WIRE_IMPOSSIBLE };

struct wire_hook {
	char name[HOOK_NAME_MAX + 1];
	char reason[HOOK_REASON_MAX]; /* of the last failure */
	uint32_t phase;		      /* enum phase */
	uint32_t status;	      /* enum hook_status */
	uint32_t verdict;	      /* enum verdict */
	uint32_t tries, failures;
	uint32_t required, last_passed;
	int64_t since;	    /* ms: how long ago the last try ended; -1: none yet */
	int64_t passed_ago; /* ms: the last that passed; -1: none */
	int64_t took;	    /* ms: the last try */
	int64_t fresh;	    /* ms: how old a result may be: twice interval plus timeout */
};

struct wire_status {
	uint32_t phase;	  /* enum phase */
	uint32_t verdict; /* the worst of all health hooks' */
	uint32_t ready, stopping;
	int32_t pid;	     /* PID 1's own, in its namespace */
	int32_t main_pid;    /* 0: none */
	int32_t last_status; /* main's last exit status; -1: it has not ended yet */
	uint32_t restarts;
	uint32_t reaped;  /* orphans */
	uint32_t n_hooks; /* of the container; in this answer: */
	uint32_t first, count;
	int64_t uptime;		     /* ms, of PID 1 */
	int64_t main_uptime;	     /* ms; -1: not running */
	char program[WIRE_TEXT_MAX]; /* main's, cut */
	char text[WIRE_TEXT_MAX];    /* STATUS= as main said last, cut */
};

struct wire_answer {
	uint32_t version;
	uint32_t result; /* enum wire_result */
	uint64_t cookie;
	char why[WIRE_TEXT_MAX]; /* when result is not WIRE_OK */
	struct wire_status status;
	struct wire_hook hooks[WIRE_HOOKS_MAX]; /* count of them are sent */
};

#endif
