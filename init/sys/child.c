/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/creds.h"

#ifndef SYS_landlock_restrict_self
#define SYS_landlock_restrict_self 446
#endif

/* Where close_range(2) is missing: no more than this many descriptors are tried one by one. */
#define FD_FALLBACK_MAX (1 << 20)

static int fail(struct report *r, enum stage stage, int errnum, int detail)
{
	*r = (struct report){.stage = (int)stage, .errnum = errnum, .detail = detail};
	return -1;
}

static int join_session(const struct launch *l, struct report *r)
{
	int pgid;

	if (l->new_session) {
		if (syscall(SYS_setsid) < 0) {
			return fail(r, STAGE_SESSION, errno, -1);
		}
		/* Fails where stdin is no terminal or belongs to another session: then there is none. */
		if (l->tty_fd >= 0) {
			(void)syscall(SYS_ioctl, l->tty_fd, TIOCSCTTY, 0);
		}
		return 0;
	}
	if (!l->new_group) {
		return 0;
	}
	if (syscall(SYS_setpgid, 0, 0) < 0) {
		return fail(r, STAGE_SESSION, errno, -1);
	}
	if (l->tty_fd >= 0) {
		pgid = (int)syscall(SYS_getpid);
		/* SIGTTOU is blocked. A terminal that hung up meanwhile is no reason not to start. */
		if (syscall(SYS_ioctl, l->tty_fd, TIOCSPGRP, &pgid) < 0 && errno != EIO &&
		    errno != ENOTTY && errno != ENXIO) {
			return fail(r, STAGE_TERMINAL, errno, -1);
		}
	}
	return 0;
}

/* Mark first..last close-on-exec; the call can do that since Linux 5.11. */
static int cloexec_range(unsigned first, unsigned last)
{
	struct {
		uint64_t cur, max;
	} nofile;

	if (first > last ||
	    syscall(SYS_close_range, first, last, CLOSE_RANGE_CLOEXEC) == 0) {
		return 0;
	}
	if (errno != ENOSYS && errno != EINVAL && errno != EPERM) {
		return -1;
	}
	if (syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &nofile) < 0) {
		return -1;
	}
	if (nofile.max > FD_FALLBACK_MAX) {
		nofile.max = FD_FALLBACK_MAX;
	}
	for (unsigned fd = first; fd <= last && fd < nofile.max; fd++) {
		if (syscall(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC) < 0 && errno != EBADF) {
			return -1;
		}
	}
	return 0;
}

/* Standard descriptors are open in PID 1, so that none of these has such a number itself. */
static int standard_descriptors(const struct launch *l, struct report *r)
{
	const int from[3] = {l->input_fd, l->output_fd, l->output_fd};

	for (int i = 0; i < 3; i++) {
		if (from[i] > 0 && syscall(SYS_dup3, from[i], i, 0) < 0) {
			return fail(r, STAGE_DESCRIPTORS, errno, i);
		}
	}
	return 0;
}

static int close_descriptors(const struct launch *l, struct report *r)
{
	unsigned first = 3;

	if (l->keep_fds) {
		return 0;
	}
	for (size_t i = 0; i < l->n_pass_fds; i++) {
		unsigned fd = (unsigned)l->pass_fds[i];

		if (syscall(SYS_fcntl, fd, F_SETFD, 0) < 0) {
			return fail(r, STAGE_DESCRIPTORS, errno, (int)fd);
		}
		if (fd > first && cloexec_range(first, fd - 1) < 0) {
			return fail(r, STAGE_DESCRIPTORS, errno, -1);
		}
		first = fd + 1;
	}
	if (cloexec_range(first, ~0u) < 0) {
		return fail(r, STAGE_DESCRIPTORS, errno, -1);
	}
	return 0;
}

static int set_limits(const struct launch *l, struct report *r)
{
	for (size_t i = 0; i < l->n_limits; i++) {
		struct {
			uint64_t cur, max;
		} v = {.cur = l->limits[i].soft, .max = l->limits[i].hard};

		if (syscall(SYS_prlimit64, 0, l->limits[i].resource, &v, NULL) < 0) {
			return fail(r, STAGE_LIMITS, errno, (int)i);
		}
	}
	if (l->umask >= 0) {
		(void)syscall(SYS_umask, l->umask);
	}
	return 0;
}

static int restore_signals(const struct launch *l, struct report *r)
{
	/* The kernel's struct sigaction, not the libc's: handler, flags, restorer, mask. */
	struct {
		void (*handler)(int);
		unsigned long words[3];
	} ignore = {.handler = SIG_IGN};

	if (l->ignore_sigchld &&
	    syscall(SYS_rt_sigaction, SIGCHLD, &ignore, NULL, sizeof(l->mask)) < 0) {
		return fail(r, STAGE_SIGNALS, errno, -1);
	}
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &l->mask, NULL, sizeof(l->mask)) <
	    0) {
		return fail(r, STAGE_SIGNALS, errno, -1);
	}
	return 0;
}

/* LISTEN_PID names the process that is to take the descriptors: itself, known only now. */
static void write_listen_pid(char *slot)
{
	char digits[10];
	unsigned n = 0;
	unsigned long pid = (unsigned long)syscall(SYS_getpid);

	do {
		digits[n++] = (char)('0' + pid % 10);
		pid /= 10;
	} while (pid > 0 && n < sizeof(digits));
	while (n > 0) {
		*slot++ = digits[--n];
	}
	*slot = '\0';
}

/* As execvp of glibc does it; returns with errno ENOEXEC where there is no shell either. */
static void execute_by_shell(const struct launch *l, char *path)
{
	if (l->shell_argv) {
		l->shell_argv[1] = path;
		(void)syscall(SYS_execve, l->shell_argv[0], l->shell_argv, l->envp);
	}
	errno = ENOEXEC;
}

/* As execvp: go on past what is not there, remember what may not be executed, stop at the rest. */
static void execute(const struct launch *l, struct report *r)
{
	int errnum = ENOENT, detail = -1;

	for (int i = 0; l->paths[i]; i++) {
		(void)syscall(SYS_execve, l->paths[i], l->argv, l->envp);
		if (errno == ENOEXEC) {
			execute_by_shell(l, l->paths[i]);
		}
		if (errno == ENOENT || errno == ENOTDIR) {
			if (detail < 0) {
				errnum = errno;
			}
			continue;
		}
		errnum = errno;
		detail = i;
		if (errno != EACCES) {
			break;
		}
	}
	fail(r, STAGE_EXEC, errnum, detail);
}

void child_run(const struct launch *l, struct report *ret_report)
{
	if (join_session(l, ret_report) < 0 || standard_descriptors(l, ret_report) < 0 ||
	    close_descriptors(l, ret_report) < 0 || set_limits(l, ret_report) < 0 ||
	    creds_apply(&l->creds, ret_report) < 0) {
		return;
	}
	if (l->working_dir && syscall(SYS_chdir, l->working_dir) < 0) {
		fail(ret_report, STAGE_WORKING_DIR, errno, -1);
		return;
	}
	if (l->landlock_fd >= 0 &&
	    syscall(SYS_landlock_restrict_self, l->landlock_fd, 0) < 0) {
		fail(ret_report, STAGE_LANDLOCK, errno, -1);
		return;
	}
	if (l->listen_pid) {
		write_listen_pid(l->listen_pid);
	}
	if (restore_signals(l, ret_report) < 0) {
		return;
	}
	if (l->filter && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, l->filter_flags,
				 l->filter) < 0) {
		fail(ret_report, STAGE_SECCOMP, errno, -1);
		return;
	}
	execute(l, ret_report);
}

int child_status(const struct report *r)
{
	if (r->stage != STAGE_EXEC) {
		return STATUS_SYSTEM;
	}
	return r->errnum == ENOENT || r->errnum == ENOTDIR ? STATUS_NOTFOUND
							   : STATUS_NOEXEC;
}

const char *child_stage_text(int stage)
{
	static const char text[STAGE_COUNT][40] = {
		[STAGE_SESSION] = "cannot make its session or group",
		[STAGE_TERMINAL] = "cannot give it the terminal",
		[STAGE_DESCRIPTORS] = "cannot close descriptors",
		[STAGE_LIMITS] = "cannot set the limit",
		[STAGE_BOUNDING] = "cannot reduce the bounding set",
		[STAGE_GROUPS] = "cannot set the groups",
		[STAGE_GID] = "cannot set the group id",
		[STAGE_UID] = "cannot set the user id",
		[STAGE_CAPABILITIES] = "cannot set the capabilities",
		[STAGE_AMBIENT] = "cannot set the ambient capabilities",
		[STAGE_SECUREBITS] = "cannot set the securebits",
		[STAGE_VERIFY] = "verification failed",
		[STAGE_NO_NEW_PRIVS] = "cannot set no_new_privs",
		[STAGE_WORKING_DIR] = "cannot change to the directory",
		[STAGE_LANDLOCK] = "cannot restrict paths with Landlock",
		[STAGE_SIGNALS] = "cannot restore the signals",
		[STAGE_SECCOMP] = "cannot load the seccomp filter",
		[STAGE_EXEC] = "cannot execute",
	};

	return stage >= 0 && stage < STAGE_COUNT ? text[stage] : "failed";
}
