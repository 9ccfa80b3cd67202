/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage STEP... -- PROGRAM [ARG]... - makes a process as a container engine (or a careless
 * parent) would hand it over, then executes PROGRAM in its place. Steps are done in order.
 * Runs inside fresh namespaces, see harness.py. Fails with status 120 and "stage: ...".
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stage.h"

extern char **environ;

_Noreturn void die(const char *what, const char *about)
{
	dprintf(STDERR_FILENO, "stage: cannot %s '%s': %s\n", what, about,
		strerror(errno));
	_exit(STAGE_FAILED);
}

static void check(long result, const char *what, const char *about)
{
	if (result < 0) {
		die(what, about);
	}
}

static uint64_t number(const char *text, int base)
{
	char *end;
	uint64_t n = strtoull(text, &end, base);

	if (end == text || (*end && *end != ',' && *end != ':')) {
		errno = EINVAL;
		die("take for a number", text);
	}
	return n;
}

/* The part behind the colon; cuts text there. */
static char *second(char *text)
{
	char *colon = strchr(text, ':');

	if (!colon) {
		return NULL;
	}
	*colon = '\0';
	return colon + 1;
}

/* "17,1": signal numbers as the kernel's set. */
static uint64_t signal_set(const char *text)
{
	uint64_t set = 0;

	for (const char *s = text; s && *s;
	     s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL) {
		set |= UINT64_C(1) << (number(s, 10) - 1);
	}
	return set;
}

/* ---- mounts -------------------------------------------------------------------------------- */

static void do_bind(char *arg)
{
	char *to = second(arg);
	int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd >= 0) {
		close(fd);
	}
	check(mount(arg, to, NULL, MS_BIND | MS_REC, NULL), "bind", arg);
}

static void do_proc(char *arg)
{
	check(mount("proc", arg, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL),
	      "mount proc on", arg);
}

static void do_tmpfs(char *arg)
{
	char *options = second(arg);

	check(mount("tmpfs", arg, "tmpfs", 0, options), "mount tmpfs on", arg);
}

static void do_readonly(char *arg)
{
	check(mount(arg, arg, NULL, MS_BIND | MS_REC, NULL), "bind", arg);
	check(mount(NULL, arg, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL),
	      "make read-only", arg);
}

static void do_chroot(char *arg)
{
	check(chroot(arg), "chroot to", arg);
	check(chdir("/"), "change to", "/");
}

static void do_cd(char *arg)
{
	check(chdir(arg), "change to", arg);
}

/* ---- what is inherited --------------------------------------------------------------------- */

static void do_umask(char *arg)
{
	umask((mode_t)number(arg, 8));
}

static void do_limit(char *arg)
{
	char *soft = second(arg), *hard = second(soft);
	struct {
		uint64_t cur, max;
	} v = {.cur = number(soft, 10), .max = number(hard, 10)};

	check(syscall(SYS_prlimit64, 0, number(arg, 10), &v, NULL), "set limit", arg);
}

static void do_block(char *arg)
{
	uint64_t set = signal_set(arg);

	check(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, sizeof(set)), "block",
	      arg);
}

static void do_ignore(char *arg)
{
	struct {
		void (*handler)(int);
		unsigned long words[3];
	} ignore = {.handler = SIG_IGN};
	uint64_t set = signal_set(arg);

	for (int sig = 1; sig <= 64; sig++) {
		if (set >> (sig - 1) & 1) {
			check(syscall(SYS_rt_sigaction, sig, &ignore, NULL, sizeof(set)),
			      "ignore", arg);
		}
	}
}

/*
 * A signal that is there before PROGRAM's first instruction: it must be blocked. Somebody else
 * sends it, and is left to PROGRAM as a child it never had.
 */
static void do_pend(char *arg)
{
	uint64_t sig = number(arg, 10), pending = 0;
	pid_t parent = getpid(), sender = fork();

	check(sender, "fork for", arg);
	if (sender == 0) {
		_exit(syscall(SYS_kill, parent, sig) < 0);
	}
	while (!(pending >> (sig - 1) & 1)) {
		check(syscall(SYS_rt_sigpending, &pending, sizeof(pending)), "wait for",
		      arg);
	}
}

static void do_close(char *arg)
{
	check(close((int)number(arg, 10)), "close", arg);
}

static void do_open(char *arg)
{
	char *path = second(arg), *mode = path ? second(path) : NULL;
	int flags = !mode || *mode == 'r' ? O_RDONLY : *mode == 'w' ? O_WRONLY : O_RDWR;
	int want = (int)number(arg, 10),
	    fd = open(path, flags | O_CREAT | O_NOCTTY, 0644);

	check(fd, "open", path);
	if (fd != want) {
		check(dup2(fd, want), "move", arg);
		close(fd);
	}
}

static void do_dup(char *arg)
{
	char *to = second(arg);

	check(dup2((int)number(arg, 10), (int)number(to, 10)), "dup", arg);
}

static void do_setsid(char *arg)
{
	check(setsid(), "setsid", "");
	if (arg) {
		check(ioctl((int)number(arg, 10), TIOCSCTTY, 0), "take the terminal",
		      arg);
	}
}

/* ---- rights -------------------------------------------------------------------------------- */

static void do_groups(char *arg)
{
	gid_t v[64];
	size_t n = 0;

	for (char *s = arg; s && *s && n < 64;
	     s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL) {
		v[n++] = (gid_t)number(s, 10);
	}
	check(setgroups(n, v), "set groups", arg);
}

static void do_gid(char *arg)
{
	gid_t id = (gid_t)number(arg, 10);

	check(syscall(SYS_setresgid, id, id, id), "set gid", arg);
}

static void do_uid(char *arg)
{
	uid_t id = (uid_t)number(arg, 10);

	check(prctl(PR_SET_KEEPCAPS, 1), "keep capabilities for", arg);
	check(syscall(SYS_setresuid, id, id, id), "set uid", arg);
	check(prctl(PR_SET_KEEPCAPS, 0), "keep capabilities for", arg);
}

static void do_bound(char *arg)
{
	uint64_t keep = number(arg, 16);

	for (unsigned cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++) {
		if (!(keep >> cap & 1)) {
			check(prctl(PR_CAPBSET_DROP, cap), "bound", arg);
		}
	}
}

/* HEX[:HEX]: permitted and effective, inheritable; then ambient is what both have. */
static void do_caps(char *arg)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2];
	char *inheritable = second(arg);
	uint64_t p = number(arg, 16), i = inheritable ? number(inheritable, 16) : 0;

	for (unsigned k = 0; k < 2; k++) {
		d[k].permitted = d[k].effective = (uint32_t)(p >> (32 * k));
		d[k].inheritable = (uint32_t)(i >> (32 * k));
	}
	check(syscall(SYS_capset, &h, d), "set capabilities", arg);
	for (unsigned cap = 0; cap < 64; cap++) {
		if (p & i & UINT64_C(1) << cap) {
			check(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0),
			      "raise", arg);
		}
	}
}

static void do_securebits(char *arg)
{
	check(prctl(PR_SET_SECUREBITS, number(arg, 10)), "set securebits", arg);
}

static void do_nnp(char *arg)
{
	(void)arg;
	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "set no_new_privs", "");
}

static void do_init(char *arg)
{
	(void)arg;
	stage_init();
}

static void do_shell(char *arg)
{
	(void)arg;
	stage_shell();
}

static const struct step {
	char name[12];
	void (*fn)(char *arg);
} steps[] = {
	{"bind", do_bind},	   {"proc", do_proc},	  {"tmpfs", do_tmpfs},
	{"readonly", do_readonly}, {"chroot", do_chroot}, {"cd", do_cd},
	{"umask", do_umask},	   {"limit", do_limit},	  {"block", do_block},
	{"ignore", do_ignore},	   {"pend", do_pend},	  {"close", do_close},
	{"open", do_open},	   {"dup", do_dup},	  {"setsid", do_setsid},
	{"groups", do_groups},	   {"gid", do_gid},	  {"uid", do_uid},
	{"bound", do_bound},	   {"caps", do_caps},	  {"securebits", do_securebits},
	{"nnp", do_nnp},	   {"init", do_init},	  {"shell", do_shell},
};

static void run(char *word)
{
	char *arg = strchr(word, '=');

	if (arg) {
		*arg++ = '\0';
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(steps[i].name, word) == 0) {
			steps[i].fn(arg);
			return;
		}
	}
	errno = EINVAL;
	die("do the step", word);
}

int main(int argc, char **argv)
{
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		run(argv[i]);
	}
	if (i + 1 >= argc) {
		errno = EINVAL;
		die("execute", "nothing");
	}
	execve(argv[i + 1], argv + i + 1, environ);
	die("execute", argv[i + 1]);
}
