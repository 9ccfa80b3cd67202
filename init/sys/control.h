/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket on which PID 1 is asked how it is and told to stop: core/wire.h's datagrams on an abstract unix address. It
 * needs no file, no directory and no configuration. Its name is made from the mount namespace, which everybody in the
 * container shares (an engine's exec too) and no other container does, whatever other namespaces they share.
 *
 * Who may ask what, by the credentials that the kernel sends along:
 *   WIRE_STATUS                        every process of our pid namespace
 *   WIRE_STOP, _RESTART, _SIGNAL       of those: root, and PID 1's own user
 * Who is not visible in our pid namespace, comes from a socket with a name of its own, or sends anything but a whole
 * request gets no answer.
 */
#ifndef CARDEA_SYS_CONTROL_H
#define CARDEA_SYS_CONTROL_H

#include "core/wire.h"
#include "sys/datagram.h"

#define CONTROL_BATCH 8 /* requests of one control_receive() */

/*
 * A request that may be made, of a known verb, its signal 1 to SIGNAL_MAX: do it and fill the answer, which begins
 * as WIRE_OK with everything else zero. A refusal has a reason in answer->why.
 */
typedef void (*control_handler)(void *ctx, const struct wire_request *request,
				struct wire_answer *answer);

/*
 * PID 1's address. by_mount: named after the mount of "/" where there is no /proc to see the namespace in. 0 or -errno.
 */
int control_address(bool by_mount, struct address *ret_address);

/*
 * Before main starts: the socket, or -1 after a message; what cannot be had is missed by `cardea health` and never a
 * reason not to start. That a cardea answers here already (we were started from within a container that has one) is worth no
 * warning. Five system calls.
 */
int control_open(void);

/* In the loop: answer up to CONTROL_BATCH requests. Never blocks, never allocates; fd -1 is fine. */
void control_receive(int fd, control_handler handler, void *ctx);

#endif
