/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the loop share (loop.c, loop_talk.c). Not for others. */
#ifndef CARDEA_SYS_LOOP_RUN_H
#define CARDEA_SYS_LOOP_RUN_H

#include "core/notify.h"
#include "sys/loop.h"

struct run {
	const struct loop *l;
	struct lifecycle state;
	pid_t self, main_pid, main_group;
	sigbits_t swallow;
	bool childless;	    /* wait found nothing to wait for */
	bool unreaped;	    /* wait may find more, whose SIGCHLD was taken */
	int control_fd;	    /* -1: nobody can ask */
	msec_t begun;	    /* when we did */
	msec_t watchdog;    /* as struct loop, or as main asked for since */
	msec_t watchdog_at; /* when main's silence is too long; MSEC_INFINITY: never */
	unsigned reaped;    /* orphans */
	char said[NOTIFY_TEXT_MAX]; /* STATUS= */
};

msec_t run_now(void);

/* The event to the lifecycle; its actions are done. */
void run_dispatch(struct run *r, struct event e);

/* sig to main or its process group; not being able to is a warning. */
void run_signal_main(struct run *r, int sig, bool group);

/* loop_talk.c: answer who asks, and hear what main says. */
void run_control(struct run *r);
void run_notify(struct run *r);
void run_newline(struct run *r);

/* Main begins or ends: its watchdog does. */
void run_watch(struct run *r, bool on);

#endif
