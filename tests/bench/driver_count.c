/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting what is done before main's exec, by ptrace(2): system calls, or user-space
 * instructions one step at a time. Unlike a profiler it follows every child and stops
 * exactly where main begins.
 */
#define _GNU_SOURCE
#include "driver.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLLOW                                                            \
	(PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
	 PTRACE_O_TRACEEXEC)
#define OPTIONS (FOLLOW | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)
#define SYSCALL_STOP (SIGTRAP | 0x80)

static int runs(int pid, const char *program)
{
	char link[64], exe[4096];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	len = readlink(link, exe, sizeof(exe) - 1);
	if (len < 0) {
		return 0;
	}
	exe[len] = '\0';
	return strcmp(exe, program) == 0;
}

static int enters_call(int pid, int status)
{
	struct __ptrace_syscall_info info;

	return status >> 16 == 0 && WSTOPSIG(status) == SYSCALL_STOP &&
	       ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0 &&
	       info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

static int stepped(int status)
{
	return status >> 16 == 0 && WSTOPSIG(status) == SIGTRAP;
}

/* What to hand to the process when it goes on: real signals only. */
static int signal_of(int status)
{
	int sig = WSTOPSIG(status);

	return status >> 16 || sig == SIGTRAP || sig == SYSCALL_STOP || sig == SIGSTOP
		       ? 0
		       : sig;
}

/* Follows all processes until one of them has executed program; returns what was counted.
 */
static unsigned long follow(int first, const char *program, int step)
{
	enum __ptrace_request how = step ? PTRACE_SINGLESTEP : PTRACE_SYSCALL;
	int status, pid;
	unsigned long count = 0;

	if (waitpid(first, &status, __WALL) != first || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, first, 0, OPTIONS) != 0 ||
	    ptrace(how, first, 0, 0) != 0) {
		die("trace", program);
	}
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status)) {
			continue;
		}
		if (status >> 16 == PTRACE_EVENT_EXEC && runs(pid, program)) {
			return count;
		}
		if (step ? stepped(status) : enters_call(pid, status)) {
			count++;
		}
		ptrace(how, pid, 0, signal_of(status));
	}
	errno = EPROTO;
	die("see the exec of", program);
}

/* count syscalls|instructions PROGRAM ROUNDS: prints NAME, count. PROGRAM is main's
 * absolute path. */
int bench_count(int argc, char **argv)
{
	struct contestant list[CONTESTANTS_MAX];
	struct shared *page = shared_page(NULL);
	size_t n = contestants_read(list), i;
	long rounds;
	int step;

	if (argc < 3) {
		errno = EINVAL;
		die("count", "nothing");
	}
	step = argv[0][0] == 'i';
	for (rounds = strtol(argv[2], NULL, 10); rounds > 0; rounds--) {
		for (i = 0; i < n; i++) {
			struct container c = container_start(list[i].argv, page, 1);

			printf("%s\t%lu\n", list[i].name, follow(c.pid, argv[1], step));
			container_kill(&c);
		}
	}
	return 0;
}
