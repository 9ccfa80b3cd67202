/* SPDX-License-Identifier: Apache-2.0 */
/* The words for a start that failed between fork and exec: the child only left numbers. */
#ifndef CARDEA_SYS_FAILURE_H
#define CARDEA_SYS_FAILURE_H

#include "core/launch.h"
#include "core/plan.h"

/* The status to exit with: as child_status(), or as the program we stand in for has it. */
int failure_status(const struct plan *plan, const struct report *r);

/* Log what failed, on what, why, and where it can be found out, what to do. */
void failure_log(struct arena *a, const struct plan *plan, const struct launch *l,
		 const struct report *r);

#endif
