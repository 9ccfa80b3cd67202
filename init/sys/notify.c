/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "sys/datagram.h"

/* Another process of the network namespace may not take the name first; that it could guess it is no secret lost. */
static uint64_t some_number(void)
{
	struct timespec t;
	uint64_t n;

	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) == (ssize_t)sizeof(n)) {
		return n;
	}
	clock_gettime(CLOCK_REALTIME, &t);
	return ((uint64_t)t.tv_sec << 32 | (uint64_t)t.tv_nsec) ^ (uint64_t)getpid();
}

int notify_open(char ret_name[NOTIFY_NAME_MAX])
{
	struct address here;
	int fd = datagram_open(true);

	if (fd < 0) {
		return fd;
	}
	snprintf(ret_name, NOTIFY_NAME_MAX, "@cardea/notify/%016" PRIx64, some_number());
	datagram_address(ret_name + 1, &here);
	if (bind(fd, (const struct sockaddr *)&here.sun, here.len) < 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	return fd;
}

void notify_receive(int fd, uid_t main_uid, notify_handler handler, void *ctx)
{
	static char text[NOTIFY_SIZE_MAX];
	struct datagram d;
	struct notify said;

	for (int i = 0; i < NOTIFY_BATCH; i++) {
		if (datagram_receive(fd, text, sizeof(text), &d) < 0) {
			return;
		}
		if (d.whole && d.pid > 0 && (d.uid == 0 || d.uid == main_uid) &&
		    notify_parse(text, d.len, &said)) {
			handler(ctx, &said, d.pid);
		}
	}
}
