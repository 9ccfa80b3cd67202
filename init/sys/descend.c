/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/descend.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* More generations than any tree of processes; ends a walk over a tree that changes underneath. */
#define DEPTH_MAX 4096

/* The parent of pid by /proc/PID/stat (proc_pid_stat(5), field 4), or 0. */
static pid_t parent_of(int proc, pid_t pid)
{
	char path[32], text[512];
	const char *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%d/stat", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return 0;
	}
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0) {
		return 0;
	}
	text[n] = '\0';
	/* The name, in parentheses, may itself hold any byte; the last one closes it. */
	p = strrchr(text, ')');
	return p && strlen(p) > 4 ? (pid_t)strtol(p + 4, NULL, 10) : 0;
}

static int is_descendant(int proc, pid_t pid, pid_t self)
{
	for (int depth = 0; pid > 1 && depth < DEPTH_MAX; depth++) {
		pid = parent_of(proc, pid);
		if (pid == self) {
			return 1;
		}
	}
	return 0;
}

/* Held by descriptor, so that a pid used again between the look and the signal is not hit. */
static int signal_one(int proc, pid_t pid, pid_t self, int sig)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	int sent = 0;

	if (fd < 0 && errno != ENOSYS && errno != EPERM) {
		return 0;
	}
	if (is_descendant(proc, pid, self)) {
		sent = (fd >= 0 ? (int)syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0)
				: kill(pid, sig)) == 0;
	}
	if (fd >= 0) {
		close(fd);
	}
	return sent;
}

/* A /proc of another pid namespace has other processes under our numbers. */
static bool is_our_proc(int proc, pid_t self)
{
	char text[16] = "";

	return readlinkat(proc, "self", text, sizeof(text) - 1) > 0 &&
	       strtol(text, NULL, 10) == self;
}

bool descend_includes(pid_t pid)
{
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool included = false;

	if (proc >= 0) {
		included = is_our_proc(proc, getpid()) &&
			   is_descendant(proc, pid, getpid());
		close(proc);
	}
	return included;
}

int descend_signal(int sig)
{
	DIR *d = opendir("/proc");
	pid_t self = getpid();
	struct dirent *e;
	int n = 0;

	if (!d) {
		return 0;
	}
	if (!is_our_proc(dirfd(d), self)) {
		closedir(d);
		return 0;
	}
	while ((e = readdir(d))) {
		char *end;
		long pid = strtol(e->d_name, &end, 10);

		if (*end == '\0' && pid > 1 && pid != self) {
			n += signal_one(dirfd(d), (pid_t)pid, self, sig);
		}
	}
	closedir(d);
	return n;
}
