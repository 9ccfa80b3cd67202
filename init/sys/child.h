/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From fork to exec. Everything was made before; here are only system calls, each one checked.
 */
#ifndef CARDEA_SYS_CHILD_H
#define CARDEA_SYS_CHILD_H

#include "core/launch.h"

/*
 * In the child, all signals blocked: become what l says and execute it. Returns only on failure, with
 * ret_report written; the caller reports it and ends with child_status(). Touches no libc state.
 */
void child_run(const struct launch *l, struct report *ret_report);

/* The exit status a failure leads to: 127 not found, 126 not executable, 111 everything before. Pure. */
int child_status(const struct report *r);

/* "cannot set the group ids" and so on, for messages. Pure; never NULL. */
const char *child_stage_text(int stage);

#endif
