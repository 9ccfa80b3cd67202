/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals of PID 1: all of them blocked from the first moment on, so that none is lost, and taken from a
 * descriptor. Dispositions are left as inherited (a blocked signal is queued even when ignored, and main
 * must get them as they came), except SIGCHLD's: ignored, it would make the kernel reap in our place.
 */
#ifndef CARDEA_SYS_SIGMASK_H
#define CARDEA_SYS_SIGMASK_H

#include <stdint.h>

#include "core/types.h"

struct inherited_signals {
	uint64_t mask; /* the kernel's 64-bit set */
	bool sigchld_ignored;
};

/* Block everything, SIGCHLD to its default. Never fails (arguments are valid by construction). */
void sigmask_block_all(struct inherited_signals *ret_inherited);

/* As it was before: for commands that are not the entrypoint. */
void sigmask_restore(const struct inherited_signals *inherited);

/* A close-on-exec signalfd of all signals, whose read waits for one; or -errno. */
int sigmask_open_fd(void);

#endif
