/* SPDX-License-Identifier: Apache-2.0 */
/* Starting main. */
#ifndef CARDEA_SYS_SPAWN_H
#define CARDEA_SYS_SPAWN_H

#include <sys/types.h>

#include "core/launch.h"

/*
 * Run l in a child. It shares our memory until it has executed or failed (vfork(2): half the cost of a fork, and the
 * failure needs no pipe), so this returns when that is known. All signals must be blocked.
 * 0: main runs as *ret_pid. 1: the child failed, ret_report says where; *ret_pid is still to be reaped.
 * -errno: there is no child.
 */
int spawn(const struct launch *l, pid_t *ret_pid, struct report *ret_report);

#endif
