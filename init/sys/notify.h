/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where main says that it is ready: $NOTIFY_SOCKET of systemd's protocol (sd_notify(3)), an abstract unix datagram
 * socket, so that nothing must be writable.
 *
 * Who is believed, by the credentials that the kernel sends along: a process that is visible in our pid namespace and
 * whose uid is root's or main's. That is main and what it starts, whether in its own name or through a helper (systemd's
 * NotifyAccess=all): who can become that user could trace or kill main as well. A sender with another uid, or from a pid
 * namespace we do not see into, is passed over. What a MAINPID names must be checked by the caller.
 *
 * A descriptor that comes along (BARRIER=1, FDSTORE=1) is closed: sd_notify_barrier(3) waits for no more than that.
 */
#ifndef CARDEA_SYS_NOTIFY_H
#define CARDEA_SYS_NOTIFY_H

#include <sys/types.h>

#include "core/notify.h"

#define NOTIFY_NAME_MAX 48
#define NOTIFY_BATCH 16 /* datagrams of one notify_receive() */

typedef void (*notify_handler)(void *ctx, const struct notify *said, pid_t from);

/*
 * Before main's environment is made: a socket of a name nobody can know beforehand. ret_name: the value of
 * NOTIFY_SOCKET, "@cardea/notify/...". The fd, or -errno: main could then never say that it is ready. Five system calls.
 */
int notify_open(char ret_name[NOTIFY_NAME_MAX]);

/*
 * In the loop: handler for up to NOTIFY_BATCH datagrams that say something and whose sender is believed. Never blocks,
 * never allocates; fd -1 is fine.
 */
void notify_receive(int fd, uid_t main_uid, notify_handler handler, void *ctx);

#endif
