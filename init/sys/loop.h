/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop of PID 1: signals, ended children, hooks and requests become events, lifecycle_step decides, the loop does.
 * From its first call on nothing ends PID 1 but the lifecycle: no allocation, no exit on an error.
 */
#ifndef CARDEA_SYS_LOOP_H
#define CARDEA_SYS_LOOP_H

#include <sys/types.h>

#include "core/lifecycle.h"
#include "sys/hooks.h"

struct loop {
	const struct lifecycle_policy *policy;
	bool is_init;	     /* PID 1 of its namespace: kill(-1) is everything else */
	int signal_fd;	     /* from sigmask_open_fd() */
	int tty_fd;	     /* the terminal main was given, or -1 */
	sigbits_t stop_self; /* having forwarded one of these, stop as well (dumb-init) */
	sigbits_t swallow_once; /* drop the first of each of these (dumb-init) */
	/*
	 * Start main: 0 with *ret_pid, or the status to exit with; then *ret_pid is a dead child still to
	 * be reaped, or 0. An error after main was started is the status with *ret_pid its pid.
	 */
	int (*start_main)(void *ctx, pid_t *ret_pid);
	void (*reaped)(void *ctx, pid_t pid); /* an orphan was; NULL: nobody asks */
	void *ctx;
	struct hooks *hooks; /* prepared; NULL: none */
	bool answers;	     /* the control socket is opened and served */
	int notify_fd;	     /* from notify_open(), or -1 */
	int *newline_fd; /* what main writes its newline to is read here, or -1; start_main sets it */
	uid_t main_uid;	     /* who is believed on notify_fd */
	msec_t watchdog;     /* so often main must say that it is alive; 0: it need not */
	const char *program; /* for who asks */
};

/* How it ended. */
struct loop_end {
	struct lifecycle state;
	unsigned reaped; /* orphans */
	msec_t uptime;
};

/* Runs until the lifecycle is done; returns the exit status. ret_end may be NULL. */
int loop_run(const struct loop *l, struct loop_end *ret_end);

#endif
