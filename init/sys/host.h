/* SPDX-License-Identifier: Apache-2.0 */
/* Where we run: the facts the plan is made from, read once and only as far as they are needed. */
#ifndef CARDEA_SYS_HOST_H
#define CARDEA_SYS_HOST_H

#include "core/arena.h"
#include "core/plan.h"

/* pid, uid, gid, environ: always. The rest as needs says. Files that cannot be read are left for the plan to
 * judge. 0 or -errno. */
int host_read(struct arena *a, const struct needs *needs, char *const *envp,
	      struct host *ret_host, struct err *reterr);

#endif
