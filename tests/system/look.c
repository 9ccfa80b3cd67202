/* SPDX-License-Identifier: Apache-2.0 */
/*
 * look [uid=N] [timeout=DURATION] KEY=VALUE... - one probe, carried out as PID 1 does: in a forked child, all signals blocked. KEY
 * is tcp, http, unix, file, send, expect, expect_status, headers or method. Prints "pid N", then "passed", "failed REASON" or
 * "killed SIGNAL", and for a mistake "refused REASON".
 * look call=NAME - makes that call under the probe's filter: "killed 31" when the filter knows its business.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/parse.h"
#include "core/probe.h"
#include "sys/probe.h"
#include "sys/probe_filter.h"

#define FAILED 120

struct call {
	const char *name;
	long nr, args[4];
};

static char *const no_words[] = {NULL};

static const struct call calls[] = {
	{"close", SYS_close, {99}}, /* allowed: the control */
	{"open-read", SYS_openat, {AT_FDCWD, (long)"/", O_RDONLY}},
	{"open-write", SYS_openat, {AT_FDCWD, (long)"/dev/null", O_WRONLY}},
	{"open-create", SYS_openat, {AT_FDCWD, (long)"/tmp/x", O_CREAT, 0600}},
	{"write", SYS_write, {1, (long)"x", 1}},
	{"socket-inet", SYS_socket, {AF_INET, SOCK_STREAM, 0}},
	{"socket-netlink", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}},
	{"listen", SYS_listen, {0, 1}},
	{"execve", SYS_execve, {(long)"/bin/x", (long)no_words, (long)no_words}},
	{"clone", SYS_clone, {SIGCHLD}},
	{"kill", SYS_kill, {1, 0}},
	{"ptrace", SYS_ptrace, {0}},
	{"mmap-exec",
	 SYS_mmap,
	 {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS}},
	{"setuid", SYS_setuid, {0}},
	{"unlink", SYS_unlinkat, {AT_FDCWD, (long)"/tmp/none"}},
	{"ioctl", SYS_ioctl, {0, 0}},
};

static struct probe_text text;
static struct arena arena;

_Noreturn void mem_exhausted(void)
{
	_exit(FAILED);
}

static const struct key {
	const char *name;
	const char **value;
} keys[] = {
	{"tcp", &text.tcp},
	{"http", &text.http},
	{"unix", &text.unix_path},
	{"file", &text.file},
	{"send", &text.send},
	{"expect", &text.expect},
	{"method", &text.method},
	{"headers", &text.headers},
	{"expect_status", &text.expect_status},
};

static int set_key(char *word)
{
	char *value = strchr(word, '=');

	for (size_t i = 0; value && i < ARRAY_LEN(keys); i++) {
		if (strlen(keys[i].name) == (size_t)(value - word) &&
		    strncmp(keys[i].name, word, (size_t)(value - word)) == 0) {
			*keys[i].value = value + 1;
			return 0;
		}
	}
	return -1;
}

static _Noreturn void try_call(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		const struct call *c = &calls[i];

		if (strcmp(c->name, name) != 0) {
			continue;
		}
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    probe_filter_load() < 0) {
			_exit(FAILED);
		}
		(void)syscall(c->nr, c->args[0], c->args[1], c->args[2], c->args[3], -1,
			      0);
		_exit(0);
	}
	_exit(FAILED);
}

static int tell(pid_t pid, const struct probe_finding *finding)
{
	int status = 0;

	printf("pid %d\n", pid);
	fflush(stdout);
	if (waitpid(pid, &status, 0) < 0) {
		return FAILED;
	}
	if (WIFSIGNALED(status)) {
		printf("killed %d %s\n", WTERMSIG(status), finding->reason);
	} else if (WEXITSTATUS(status) == 0) {
		puts("passed");
	} else if (WEXITSTATUS(status) == 1) {
		printf("failed %s\n", finding->reason);
	} else {
		return FAILED;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct creds creds = {.securebits = -1, .scratch = (gid_t[1]){0}};
	struct probe_finding *finding = mmap(NULL, sizeof(*finding),
					     PROT_READ | PROT_WRITE,
					     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	msec_t timeout = MSEC_INFINITY;
	const char *call = NULL;
	struct probe probe = {0};
	struct err e = {0};
	sigset_t all;
	pid_t pid;

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "uid=", 4) == 0) {
			creds.set_ids = true;
			creds.uid = creds.gid = (uid_t)atoi(argv[i] + 4);
		} else if (strncmp(argv[i], "timeout=", 8) == 0) {
			if (parse_duration(argv[i] + 8, &timeout, &e) < 0) {
				return FAILED;
			}
		} else if (strncmp(argv[i], "call=", 5) == 0) {
			call = argv[i] + 5;
		} else if (set_key(argv[i]) < 0) {
			return FAILED;
		}
	}
	if (!call && probe_parse(&arena, &text, &probe, &e) < 0) {
		printf("refused %s\n", e.text);
		return 0;
	}
	if (finding == MAP_FAILED || sigfillset(&all) < 0 ||
	    sigprocmask(SIG_BLOCK, &all, NULL) < 0) {
		return FAILED;
	}
	pid = fork();
	if (pid == 0 && call) {
		try_call(call);
	} else if (pid == 0) {
		probe_run(&probe, &creds, timeout, finding);
	}
	return pid < 0 ? FAILED : tell(pid, finding);
}
