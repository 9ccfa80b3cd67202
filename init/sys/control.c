/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/control.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/status.h"
#include "sys/log.h"

/* Linux 5.8; where it is not known the kernel's mask says so. */
#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000u
#endif

/* What the kernel shows for a uid that our user namespace does not know, and a user of many systems (nobody). */
#define OVERFLOW_UID 65534

int control_address(bool by_mount, struct address *ret_address)
{
	unsigned want = by_mount ? STATX_MNT_ID : STATX_INO;
	struct statx x = {0};
	char name[48];

	if (syscall(SYS_statx, AT_FDCWD, by_mount ? "/" : "/proc/self/ns/mnt", 0, want,
		    &x) < 0) {
		return -errno;
	}
	if (!(x.stx_mask & want)) {
		return -ENOTSUP;
	}
	snprintf(name, sizeof(name),
		 by_mount ? "cardea/control/m%llu" : "cardea/control/%llu",
		 (unsigned long long)(by_mount ? x.stx_mnt_id : x.stx_ino));
	datagram_address(name, ret_address);
	return 0;
}

int control_open(void)
{
	struct address here = {0};
	int fd = -1, r = control_address(false, &here);

	if (r < 0) {
		r = control_address(true, &here);
	}
	if (r == 0) {
		r = fd = datagram_open(false);
	}
	if (r >= 0 && bind(fd, (const struct sockaddr *)&here.sun, here.len) < 0) {
		r = -errno;
		close(fd);
	}
	if (r >= 0) {
		return fd;
	}
	log_line(r == -EADDRINUSE ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
		 "cannot open the control socket: %s: 'cardea health' and the like will "
		 "not find us",
		 r == -EADDRINUSE ? "another one answers in this container"
				  : strerror(-r));
	return -1;
}

/* Does our user namespace know every uid, so that the overflow uid is somebody's own? */
static bool maps_every_uid(void)
{
	char text[64] = "";
	int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	/* 2^32 - 1 of them: that is all there are, and neither column before it can be that. */
	return strstr(text, "4294967295") != NULL;
}

static bool may_control(uid_t uid)
{
	return uid == 0 ||
	       (uid == geteuid() && (uid != OVERFLOW_UID || maps_every_uid()));
}

static void refuse(struct wire_answer *a, enum wire_result result, const char *why)
{
	a->result = result;
	snprintf(a->why, sizeof(a->why), "%s", why);
}

static void judge(const struct wire_request *q, uid_t uid, struct wire_answer *a)
{
	if (q->version != WIRE_VERSION || q->verb >= WIRE_VERB_COUNT) {
		refuse(a, WIRE_UNKNOWN, "it is of another version");
	} else if (q->verb != WIRE_STATUS && !may_control(uid)) {
		refuse(a, WIRE_DENIED, "");
		snprintf(a->why, sizeof(a->why),
			 "only root and its own user (uid %u) may, not uid %u",
			 (unsigned)geteuid(), (unsigned)uid);
	} else if (q->verb == WIRE_SIGNAL && (q->signal < 1 || q->signal > SIGNAL_MAX)) {
		refuse(a, WIRE_IMPOSSIBLE, "there is no such signal");
	}
}

void control_receive(int fd, control_handler handler, void *ctx)
{
	/* Not on the stack, which is small and stays in memory; untouched until the first request. */
	static struct wire_answer answer;
	struct wire_request request;
	struct datagram d;

	for (int i = 0; i < CONTROL_BATCH; i++) {
		if (datagram_receive(fd, &request, sizeof(request), &d) < 0) {
			return;
		}
		if (!d.whole || d.descriptors || d.len != sizeof(request) || d.pid <= 0 ||
		    d.from.len == 0) {
			continue;
		}
		answer.version = WIRE_VERSION;
		answer.result = WIRE_OK;
		answer.cookie = request.cookie;
		memset(answer.why, 0, sizeof(answer.why));
		memset(&answer.status, 0, sizeof(answer.status));
		judge(&request, d.uid, &answer);
		if (answer.result == WIRE_OK) {
			handler(ctx, &request, &answer);
		}
		/* Who does not read its answers does not get them. */
		(void)sendto(fd, &answer, wire_answer_size(&answer),
			     MSG_DONTWAIT | MSG_NOSIGNAL,
			     (const struct sockaddr *)&d.from.sun, d.from.len);
	}
}
