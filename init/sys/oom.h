/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oom_score_adj for main. It is inherited over fork, and the file of an undumpable process belongs to root: so PID 1 opens
 * its own while it still can, takes main's value for the moment of the fork, and goes back.
 */
#ifndef CARDEA_SYS_OOM_H
#define CARDEA_SYS_OOM_H

#include "core/err.h"
#include "core/plan.h"

struct oom {
	int fd; /* -1: nothing to do */
	char before[8], wanted[8];
};

/* Opens; before PID 1 becomes undumpable. 0 or -errno. */
int oom_prepare(const struct plan *plan, struct oom *ret_oom, struct err *reterr);

/* Right before the fork. 0 or -errno: main must not start. */
int oom_apply(const struct oom *o, struct err *reterr);

/* Right after it. */
void oom_restore(const struct oom *o);

/* Main will not start again. Twice is fine. */
void oom_release(struct oom *o);

#endif
