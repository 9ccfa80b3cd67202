/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CARDEA_TESTS_STAGE_H
#define CARDEA_TESTS_STAGE_H

#define STAGE_FAILED 120
#define STAGE_KILLED 121 /* what it started was killed by a signal */

/* "stage: cannot WHAT 'ABOUT': reason", status STAGE_FAILED. */
_Noreturn void die(const char *what, const char *about);

/*
 * Fork; returns in the child. The parent is the namespace's PID 1: reaps everything, and when
 * the child has ended says on stderr which processes it left behind and ends with its status.
 */
void stage_init(void);

/*
 * As stage_init, and the parent is what a shell with job control is to its one job: session
 * leader of the terminal on descriptor 0, the job in its own group in the foreground. When the
 * job stops it says {"shell": "stopped"} on stdout and takes the terminal back; SIGUSR1 is its "fg".
 */
void stage_shell(void);

#endif
