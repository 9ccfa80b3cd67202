/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/datagram.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* Linux 6.16; not in the headers yet. */
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

#define AUTOBIND_LEN (offsetof(struct sockaddr_un, sun_path) + 6)

void datagram_address(const char *name, struct address *ret_address)
{
	size_t len = strnlen(name, sizeof(ret_address->sun.sun_path) - 1);

	*ret_address = (struct address){.sun.sun_family = AF_UNIX};
	memcpy(ret_address->sun.sun_path + 1, name, len);
	ret_address->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len);
}

int datagram_open(bool descriptors)
{
	const int yes = 1, no = 0;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		return -errno;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) < 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	/*
	 * The last one to let go of a descriptor waits for what its closing takes; a TCP socket can be made to linger. The
	 * sender is not to choose how long we wait.
	 */
	if (!descriptors) {
		(void)setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof(no));
	}
	return fd;
}

/* There is room for nothing else. */
static void take_credentials(struct msghdr *m, struct datagram *d)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(m);
	struct ucred who;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
		memcpy(&who, CMSG_DATA(c), sizeof(who));
		d->pid = who.pid;
		d->uid = who.uid;
	}
}

int datagram_receive(int fd, void *buf, size_t size, struct datagram *ret_datagram)
{
	struct datagram d = {.uid = (uid_t)-1};
	/* Credentials come first. */
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec v = {.iov_base = buf, .iov_len = size};
	struct msghdr m = {
		.msg_name = &d.from.sun,
		.msg_namelen = sizeof(d.from.sun),
		.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	ssize_t n;

	do {
		n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		return -errno;
	}
	d.len = (size_t)n;
	d.whole = !(m.msg_flags & MSG_TRUNC);
	d.descriptors = m.msg_flags & MSG_CTRUNC;
	if (m.msg_namelen == AUTOBIND_LEN && d.from.sun.sun_path[0] == '\0') {
		d.from.len = m.msg_namelen;
	}
	take_credentials(&m, &d);
	*ret_datagram = d;
	return 0;
}
