/* SPDX-License-Identifier: Apache-2.0 */
/* read_only_paths and read_write_paths: what main may reach of the file system, by Landlock (landlock(7)). */
#ifndef CARDEA_SYS_LANDLOCK_H
#define CARDEA_SYS_LANDLOCK_H

#include "core/err.h"
#include "core/plan.h"

/*
 * A ruleset that handles every file system right the kernel knows (up to the newest we know) and allows reading and executing beneath
 * read_only_paths, everything beneath read_write_paths, nothing elsewhere. ret_fd: for landlock_restrict_self in the
 * child, close-on-exec, the caller's; -1 when no paths are configured. A path that is not there is an error. 0 or -errno.
 */
int landlock_prepare(const struct plan *plan, int *ret_fd, struct err *reterr);

#endif
