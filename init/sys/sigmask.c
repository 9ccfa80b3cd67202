/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/sigmask.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Raw calls: the libc refuses to block or watch the two signals it keeps for its threads. */

/* The kernel's layout; musl's and glibc's struct differ from it. */
struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

void sigmask_block_all(struct inherited_signals *ret_inherited)
{
	const uint64_t all = ~UINT64_C(0);
	const struct kernel_sigaction standard = {.handler = SIG_DFL};
	struct kernel_sigaction old = {.handler = SIG_DFL};

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &ret_inherited->mask, sizeof(all));
	syscall(SYS_rt_sigaction, SIGCHLD, &standard, &old, sizeof(all));
	ret_inherited->sigchld_ignored = old.handler == SIG_IGN;
}

void sigmask_restore(const struct inherited_signals *inherited)
{
	const struct kernel_sigaction ignore = {.handler = SIG_IGN};

	if (inherited->sigchld_ignored) {
		syscall(SYS_rt_sigaction, SIGCHLD, &ignore, NULL,
			sizeof(inherited->mask));
	}
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &inherited->mask, NULL,
		sizeof(inherited->mask));
}

int sigmask_open_fd(void)
{
	const uint64_t all = ~UINT64_C(0);
	long fd = syscall(SYS_signalfd4, -1, &all, sizeof(all), O_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}
