/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/log.h"

#define OOM_FILE "/proc/self/oom_score_adj"

int oom_prepare(const struct plan *plan, struct oom *ret_oom, struct err *reterr)
{
	struct oom o = {.fd = -1};
	ssize_t n;

	if (plan->set_oom_score_adj) {
		o.fd = open(OOM_FILE, O_RDWR | O_CLOEXEC);
		if (o.fd < 0) {
			return err_system(reterr, errno,
					  "cannot set oom_score_adj: open " OOM_FILE);
		}
		n = read(o.fd, o.before, sizeof(o.before) - 1);
		if (n < 0) {
			n = -errno;
			close(o.fd);
			return err_system(reterr, (int)-n, "cannot read " OOM_FILE);
		}
		snprintf(o.wanted, sizeof(o.wanted), "%d", plan->oom_score_adj);
	}
	*ret_oom = o;
	return 0;
}

/* As one write: each would be taken for a number of its own. 0 or an errno. */
static int set(int fd, const char *text)
{
	ssize_t n = write(fd, text, strlen(text));

	return n < 0 ? errno : n == (ssize_t)strlen(text) ? 0 : EIO;
}

int oom_apply(const struct oom *o, struct err *reterr)
{
	int errnum = o->fd >= 0 ? set(o->fd, o->wanted) : 0;

	if (errnum) {
		return err_system(
			reterr, errnum, "cannot set oom_score_adj to %s%s", o->wanted,
			errnum == EACCES ? " (lowering it needs CAP_SYS_RESOURCE)" : "");
	}
	return 0;
}

void oom_restore(const struct oom *o)
{
	int errnum;

	if (o->fd < 0) {
		return;
	}
	errnum = set(o->fd, o->before);
	if (errnum) {
		log_warning("cannot take oom_score_adj of PID 1 back to %s: %s",
			    o->before, strerror(errnum));
	}
}

void oom_release(struct oom *o)
{
	if (o->fd >= 0) {
		close(o->fd);
		o->fd = -1;
	}
}
