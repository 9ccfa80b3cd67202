/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "probe.h"

#define FD_MAX 1100

static void field(const char *key, long long value)
{
	json_key(key);
	json_number(value);
}

static void bits_field(const char *key, uint64_t bits)
{
	char hex[20];

	snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)bits);
	json_key(key);
	json_string(hex);
}

static void words(const char *key, char **v)
{
	json_key(key);
	json_open('[');
	for (; *v; v++) {
		json_string(*v);
	}
	json_close(']');
}

static void ids(void)
{
	uid_t u[3];
	gid_t g[3], groups[256];
	int n = getgroups(256, groups);

	getresuid(&u[0], &u[1], &u[2]);
	getresgid(&g[0], &g[1], &g[2]);
	json_key("uids");
	json_open('[');
	for (int i = 0; i < 3; i++) {
		json_number(u[i]);
	}
	json_number((uid_t)setfsuid((uid_t)-1));
	json_close(']');
	json_key("gids");
	json_open('[');
	for (int i = 0; i < 3; i++) {
		json_number(g[i]);
	}
	json_number((gid_t)setfsgid((gid_t)-1));
	json_close(']');
	json_key("groups");
	json_open('[');
	for (int i = 0; i < n; i++) {
		json_number(groups[i]);
	}
	json_close(']');
}

static void capabilities(void)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {0};
	uint64_t bounding = 0, ambient = 0;

	syscall(SYS_capget, &h, d);
	for (unsigned cap = 0; cap < 64; cap++) {
		if (prctl(PR_CAPBSET_READ, cap) == 1) {
			bounding |= UINT64_C(1) << cap;
		}
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1) {
			ambient |= UINT64_C(1) << cap;
		}
	}
	json_key("caps");
	json_open('{');
	bits_field("effective", d[0].effective | (uint64_t)d[1].effective << 32);
	bits_field("permitted", d[0].permitted | (uint64_t)d[1].permitted << 32);
	bits_field("inheritable", d[0].inheritable | (uint64_t)d[1].inheritable << 32);
	bits_field("bounding", bounding);
	bits_field("ambient", ambient);
	json_close('}');
}

static void signals(void)
{
	/* The kernel's layout of struct sigaction. */
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} old;
	uint64_t mask = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask));
	json_key("mask");
	json_open('[');
	for (int sig = 1; sig <= 64; sig++) {
		if (mask >> (sig - 1) & 1) {
			json_number(sig);
		}
	}
	json_close(']');
	json_key("ignored");
	json_open('[');
	for (int sig = 1; sig <= 64; sig++) {
		if (syscall(SYS_rt_sigaction, sig, NULL, &old, sizeof(mask)) == 0 &&
		    old.handler == SIG_IGN) {
			json_number(sig);
		}
	}
	json_close(']');
}

static void limits(void)
{
	static const char names[][12] = {
		[RLIMIT_CPU] = "cpu",		[RLIMIT_FSIZE] = "fsize",
		[RLIMIT_DATA] = "data",		[RLIMIT_STACK] = "stack",
		[RLIMIT_CORE] = "core",		[RLIMIT_RSS] = "rss",
		[RLIMIT_NPROC] = "nproc",	[RLIMIT_NOFILE] = "nofile",
		[RLIMIT_MEMLOCK] = "memlock",	[RLIMIT_AS] = "as",
		[RLIMIT_LOCKS] = "locks",	[RLIMIT_SIGPENDING] = "sigpending",
		[RLIMIT_MSGQUEUE] = "msgqueue", [RLIMIT_NICE] = "nice",
		[RLIMIT_RTPRIO] = "rtprio",	[RLIMIT_RTTIME] = "rttime",
	};

	json_key("limits");
	json_open('{');
	for (int i = 0; i < 16; i++) {
		struct {
			uint64_t cur, max;
		} v = {0};

		syscall(SYS_prlimit64, 0, i, NULL, &v);
		json_key(names[i]);
		json_open('[');
		json_unsigned(v.cur);
		json_unsigned(v.max);
		json_close(']');
	}
	json_close('}');
}

static void descriptors(void)
{
	json_key("fds");
	json_open('{');
	for (int fd = 0; fd < FD_MAX; fd++) {
		int flags = fcntl(fd, F_GETFD), status = fcntl(fd, F_GETFL);
		char name[32], target[512] = "";
		struct stat st;

		if (flags < 0 || fstat(fd, &st) < 0) {
			continue;
		}
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		if (readlink(name, target, sizeof(target) - 1) < 0) {
			target[0] = '\0';
		}
		json_key(name + strlen("/proc/self/fd/"));
		json_open('{');
		json_key("is");
		json_string(target);
		field("type", st.st_mode >> 12);
		field("cloexec", flags & FD_CLOEXEC);
		field("access", status & O_ACCMODE);
		field("tty", isatty(fd));
		json_close('}');
	}
	json_close('}');
}

/* A terminal's foreground group and size; all 0 when fd is none. */
static void terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct winsize size = {0};

	field("controlling_tty", fd >= 0);
	if (fd >= 0) {
		field("foreground", tcgetpgrp(fd));
		ioctl(fd, TIOCGWINSZ, &size);
		close(fd);
	}
	field("rows", size.ws_row);
	field("columns", size.ws_col);
}

static void oom_score_adj(void)
{
	int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
	char text[16] = "";

	json_key("oom_score_adj");
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0) {
		json_null();
	} else {
		json_number(atol(text));
	}
	if (fd >= 0) {
		close(fd);
	}
}

void report(int argc, char **argv, char **envp)
{
	char cwd[4096];
	int pdeathsig = 0;
	mode_t mask;

	(void)argc;
	json_begin();
	words("argv", argv);
	words("environ", envp);
	descriptors();
	field("pid", getpid());
	field("ppid", getppid());
	field("pgid", getpgrp());
	field("sid", getsid(0));
	terminal();
	ids();
	capabilities();
	field("securebits", prctl(PR_GET_SECUREBITS));
	field("no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	field("seccomp", prctl(PR_GET_SECCOMP));
	field("keepcaps", prctl(PR_GET_KEEPCAPS));
	field("dumpable", prctl(PR_GET_DUMPABLE));
	prctl(PR_GET_PDEATHSIG, &pdeathsig);
	field("pdeathsig", pdeathsig);
	signals();
	limits();
	mask = umask(0);
	umask(mask);
	field("umask", mask);
	json_key("cwd");
	if (getcwd(cwd, sizeof(cwd))) {
		json_string(cwd);
	} else {
		json_null();
	}
	oom_score_adj();
	json_end();
}
