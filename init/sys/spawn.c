/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/spawn.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/child.h"

/*
 * The child shares our address space while it changes its ids. That is safe because PID 1 is not dumpable, so
 * nobody of main's uid can trace it, because all signals are blocked, and because child_run makes system
 * calls only.
 */
int spawn(const struct launch *l, pid_t *ret_pid, struct report *ret_report)
{
	struct report failure = {.stage = -1};
	pid_t pid = vfork(); // NOLINT(*insecureAPI.vfork): for the reasons above

	if (pid == 0) {
		child_run(l, &failure); // NOLINT(*unix.Vfork)
		syscall(SYS_exit_group, child_status(&failure));
	}
	if (pid < 0) {
		return -errno;
	}
	/* The child has written to it by now, which the compiler cannot know. */
	__asm__ volatile("" : "+m"(failure));
	*ret_pid = pid;
	if (failure.stage < 0) {
		return 0;
	}
	*ret_report = failure;
	return 1;
}
