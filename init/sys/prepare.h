/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the plan to everything that can fail early having done so: secrets, environment, filter, descriptors, hooks. What is
 * left is to fork.
 */
#ifndef CARDEA_SYS_PREPARE_H
#define CARDEA_SYS_PREPARE_H

#include "core/launch.h"
#include "core/plan.h"
#include "sys/filter.h"
#include "sys/hooks.h"
#include "sys/notify.h"
#include "sys/oom.h"
#include "sys/secret.h"
#include "sys/sigmask.h"

/* Begin with PREPARED_NONE, arena and plan. */
struct prepared {
	struct arena *arena;
	const struct plan *plan;
	struct launch launch;
	struct secrets secrets;
	struct secrets renewed;	    /* as they were when main started again, */
	struct arena renewed_arena; /* with the environment made from them */
	struct env env;		    /* plan.env, and what only this run can know */
	struct filter filter;
	struct oom oom;
	struct hooks hooks;
	int signal_fd;
	int tty_fd;	/* the terminal to give to main, or -1 */
	int notify_fd;	/* NOTIFY_SYSTEMD, or -1 */
	int newline_fd; /* NOTIFY_NEWLINE: what is read, or -1 */
	char notify_name[NOTIFY_NAME_MAX];
};

#define PREPARED_NONE                                                                    \
	.launch = {.landlock_fd = -1, .tty_fd = -1}, .oom = {.fd = -1}, .notify_fd = -1, \
	.newline_fd = -1

/* 0 or -errno; then prepare_release(). */
int prepare(struct prepared *r, const struct inherited_signals *inherited,
	    struct err *reterr);

/* Before main starts again: what PID 1 is now, and what secrets are now. */
void prepare_again(struct prepared *r);

/*
 * Around each start, with main.notify = fd:N: a new pipe at main's number, 0 or -errno; and when main has it, or does not
 * run, our end of it is closed.
 */
int prepare_newline(struct prepared *r, struct err *reterr);
void prepare_newline_given(struct prepared *r);

/* Wipe, unmap and close it all; twice is fine. */
void prepare_release(struct prepared *r);

/* "/bin/sh", a slot, ARG...: as struct launch's shell_argv; NULL when files without "#!" are none of who we stand in for. */
char **prepare_shell_argv(struct arena *a, const struct plan *plan);

#endif
