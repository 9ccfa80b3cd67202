/* SPDX-License-Identifier: Apache-2.0 */
/* Signals to everything below us, for when we are not PID 1 and kill(-1) would reach strangers. */
#ifndef CARDEA_SYS_DESCEND_H
#define CARDEA_SYS_DESCEND_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Send sig to every descendant of the calling process. It finds them in /proc; without it, or where /proc is
 * another namespace's, nothing is sent. Allocates nothing but what opendir(3) does. Returns how many were sent to.
 */
int descend_signal(int sig);

/* Is pid a descendant of the calling process? false where /proc cannot tell. */
bool descend_includes(pid_t pid);

#endif
