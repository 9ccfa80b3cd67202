/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams of abstract unix sockets whose sender the kernel names: what sys/control.h, sys/notify.h and cli/ask.h
 * have in common. Nothing here blocks.
 */
#ifndef CARDEA_SYS_DATAGRAM_H
#define CARDEA_SYS_DATAGRAM_H

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include "core/types.h"

struct address {
	struct sockaddr_un sun;
	socklen_t len;
};

struct datagram {
	size_t len;	  /* bytes in the caller's buffer */
	bool whole;	  /* it did fit */
	bool descriptors; /* some came with it; they are closed */
	pid_t pid; /* the sender's, in our pid namespace; 0: it is not visible there */
	uid_t uid; /* in our user namespace; the overflow uid: it has none there */
	struct address
		from; /* len 0: not an address the kernel chose (see datagram_receive) */
};

/* The abstract address @name. name is cut to what fits. */
void datagram_address(const char *name, struct address *ret_address);

/*
 * A datagram socket that is told its senders' credentials; non-blocking, close-on-exec. descriptors: whether a
 * datagram may come with some, which are then dropped; else the sender is refused (EPERM) by a kernel that can (Linux
 * 6.16). The fd or -errno.
 */
int datagram_open(bool descriptors);

/*
 * The next datagram into buf. No descriptor that comes with one is ever installed: there is no room made for it.
 * ret_datagram->from is kept only when it is one the kernel makes up for a socket that has no name (unix(7), autobind: a
 * NUL and five digits): to answer any other could carry our credentials to a socket that the sender may not
 * write to. 0, or -errno: -EAGAIN when there is none.
 */
int datagram_receive(int fd, void *buf, size_t size, struct datagram *ret_datagram);

#endif
