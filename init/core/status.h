/* SPDX-License-Identifier: Apache-2.0 */
/* What PID 1 answers when it is asked how it is: the state of the loop as core/wire.h sends it. */
#ifndef CARDEA_CORE_STATUS_H
#define CARDEA_CORE_STATUS_H

#include "core/hookset.h"
#include "core/lifecycle.h"
#include "core/wire.h"

/* What the loop knows, at one moment. */
struct status_facts {
	const struct lifecycle *life;
	const struct hookset *hooks; /* NULL: there are none */
	msec_t now;
	msec_t begun;	     /* when PID 1 did */
	msec_t main_begun;   /* when main did; meaningless while main_pid is 0 */
	int pid;	     /* PID 1's own */
	int main_pid;	     /* 0: none */
	int last_status;     /* main's last exit status; -1: it has not ended yet */
	unsigned restarts;   /* of main */
	unsigned reaped;     /* orphans */
	const char *program; /* main's; NULL: none */
	const char *text;    /* STATUS= as main said last; NULL: nothing */
};

/*
 * Fill answer->status, and answer->hooks with those from hook number `first` on, as many as fit; whatever `first` is. Main
 * is ready in PHASE_RUNNING, not before and not after. Texts are cut. No allocation; safe in the loop.
 */
void status_fill(const struct status_facts *facts, size_t first,
		 struct wire_answer *answer);

/*
 * How many bytes of an answer are to be sent: all but the hooks that are not there. For a count that cannot be, as
 * one from a socket, it is larger than any answer.
 */
size_t wire_answer_size(const struct wire_answer *answer);

#endif
