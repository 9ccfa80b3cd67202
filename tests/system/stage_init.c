/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stage.h"

/* What is left in this pid namespace besides us; "" when nothing, "?" without a /proc. */
static void survivors(char *list, size_t size)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	list[0] = '\0';
	if (!d) {
		snprintf(list, size, " ?");
		return;
	}
	while ((e = readdir(d))) {
		size_t n = strlen(list);

		if (atoi(e->d_name) > 1 && n + 12 < size) {
			snprintf(list + n, size - n, " %d", atoi(e->d_name));
		}
	}
	closedir(d);
}

/* The job has ended with status: whoever it left behind shows itself to kill(-1). */
static _Noreturn void finish(int status)
{
	char list[256];

	while (waitpid(-1, NULL, WNOHANG) > 0) {
	}
	if (kill(-1, 0) == 0) {
		survivors(list, sizeof(list));
		dprintf(STDERR_FILENO, "stage: left behind:%s\n", list);
	}
	if (WIFSIGNALED(status)) {
		dprintf(STDERR_FILENO, "stage: killed by signal %d\n", WTERMSIG(status));
		_exit(STAGE_KILLED);
	}
	_exit(WEXITSTATUS(status));
}

void stage_init(void)
{
	pid_t job = fork();
	int status;

	if (job < 0) {
		die("fork", "");
	}
	if (job == 0) {
		return;
	}
	/* Ignored, as the job may have wanted it, the kernel would reap for us. */
	signal(SIGCHLD, SIG_DFL);
	for (;;) {
		pid_t pid = waitpid(-1, &status, 0);

		if (pid == job) {
			finish(status);
		}
	}
}

static void foreground(pid_t group)
{
	if (ioctl(STDIN_FILENO, TIOCSPGRP, &group) < 0) {
		die("give away the terminal", "");
	}
}

void stage_shell(void)
{
	sigset_t usr1, old;
	pid_t job;
	int status, sig;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, &old);
	if (setsid() < 0 || ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0) {
		die("take the terminal", "");
	}
	signal(SIGTTOU, SIG_IGN);
	job = fork();
	if (job < 0) {
		die("fork", "");
	}
	if (job == 0) {
		setpgid(0, 0);
		foreground(getpid());
		signal(SIGTTOU, SIG_DFL);
		sigprocmask(SIG_SETMASK, &old, NULL);
		return;
	}
	setpgid(job, job);
	for (;;) {
		if (waitpid(job, &status, WUNTRACED) != job) {
			continue;
		}
		if (!WIFSTOPPED(status)) {
			finish(status);
		}
		foreground(getpid());
		dprintf(STDOUT_FILENO, "{\"shell\":\"stopped\",\"signal\":%d}\n",
			WSTOPSIG(status));
		sigwait(&usr1, &sig);
		foreground(job);
		kill(-job, SIGCONT);
	}
}
