/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard descriptors that are pipes, as a container's are without a terminal. Main has them open, but servers
 * open them again by name (/dev/stdout, /dev/stderr), and that asks who owns the pipe. An engine gives them
 * to the container's user; when PID 1 is the one that changes the user, it has to do the same.
 */
#ifndef CARDEA_SYS_PIPES_H
#define CARDEA_SYS_PIPES_H

#include <sys/types.h>

/*
 * Give the pipes among descriptors 0, 1 and 2 to uid; before PID 1 gives up its rights. It is a convenience:
 * where it cannot be done (no CAP_CHOWN), that is logged as info, and main runs all the same. Terminals, sockets
 * and files stay as they are: they outlive the container.
 */
void pipes_give(uid_t uid);

#endif
