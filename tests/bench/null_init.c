/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The null init: what the least program costs that does an init's work, for the others to
 * be measured against. It blocks signals, starts main in its own process group, forwards
 * every signal to it, reaps whatever ends, and exits as main did. It checks nothing,
 * configures nothing and says nothing. Built without a libc, static, and started with
 * vfork semantics, so that neither loader nor page tables cost anything.
 */
#define RAW_IMPLEMENTATION
#include "raw.h"

#define STATUS_NOT_STARTED 127
#define WNOHANG_FLAG 1
#define CHILD_STACK 1024 /* bytes; setpgid, sigprocmask and execve need next to none */

struct start {
	char **argv;
	char **envp;
	uint64_t mask; /* as inherited */
};

static _Noreturn void leave(int status)
{
	for (;;) {
		raw(SYS_exit_group, status, 0, 0, 0);
	}
}

static void child(void *arg)
{
	struct start *s = arg;

	raw(SYS_setpgid, 0, 0, 0, 0);
	raw(SYS_rt_sigprocmask, SIG_SETMASK, &s->mask, NULL, RAW_SIGSET_SIZE);
	raw(SYS_execve, s->argv[0], s->argv, s->envp, 0);
	leave(STATUS_NOT_STARTED);
}

static int exit_status(int wait_status)
{
	int sig = wait_status & 0x7f;

	return sig ? 128 + sig : (wait_status >> 8) & 0xff;
}

/* Reaps everything that has ended; ends the process when main is among it. */
static void reap(long main_pid)
{
	int status;
	long pid;

	while ((pid = raw(SYS_wait4, -1, &status, WNOHANG_FLAG, NULL)) > 0) {
		if (pid == main_pid) {
			leave(exit_status(status));
		}
	}
}

_Noreturn void raw_main(long *args)
{
	char stack[CHILD_STACK] __attribute__((aligned(16)));
	struct start s = {.argv = (char **)args + 2, .envp = (char **)args + args[0] + 2};
	uint64_t all = ~UINT64_C(0);
	long pid, sig;

	if (args[0] < 2) {
		leave(STATUS_NOT_STARTED);
	}
	raw(SYS_rt_sigprocmask, SIG_SETMASK, &all, &s.mask, RAW_SIGSET_SIZE);
	pid = raw_vfork(child, &s, stack + sizeof(stack));
	if (pid < 0) {
		leave(STATUS_NOT_STARTED);
	}
	for (;;) {
		sig = raw(SYS_rt_sigtimedwait, &all, NULL, NULL, RAW_SIGSET_SIZE);
		if (sig == SIGCHLD) {
			reap(pid);
		} else if (sig > 0) {
			raw(SYS_kill, pid, sig, 0, 0);
		}
	}
}
