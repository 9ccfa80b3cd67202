/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault -o FILE [-x SEGMENT:INDEX:ERRNO] [-s SEGMENT:INDEX] -- PROGRAM [ARG]...
 *
 * Runs PROGRAM and writes to FILE every system call that the first process named "cardea" below
 * it makes, one JSON object a line, and another one with its result when it has one. They are numbered from 0 in each of three segments:
 *   start   cardea, from its first instruction up to and with the fork of its first child
 *   child   that child, up to and with its execve
 *   after   cardea, from the fork on
 * With -x that one call is not made and fails with ERRNO; with -s it is a read or write and gets
 * one byte at most. strace can make calls fail too, but numbers them by process and name: it cannot
 * fail the child's third prctl and leave the parent's alone. Ends with PROGRAM's status.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACEES_MAX 64
#define OPTIONS                                                             \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
	 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

enum segment { START, CHILD, AFTER, OTHER };
static const char segment_names[][6] = {"start", "child", "after"};

struct tracee {
	pid_t pid;
	enum segment segment,
		made_in; /* now, and when the call that is under way began */
	long index;
	int inject; /* errno to leave with at this call's end, or 0 */
	struct ptrace_syscall_info call;
};

static struct tracee tracees[TRACEES_MAX];
static long counts[3];
static enum segment want_segment = OTHER;
static long want_index;
static int want_errno; /* 0: a short read or write */
static pid_t cardea;   /* 0: not yet executed */
static bool found_child;
static FILE *out;

static long trace(long request, pid_t pid, uintptr_t addr, void *data)
{
	return syscall(SYS_ptrace, request, pid, addr, data);
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "fault: %s: %s\n", what, strerror(errno));
	exit(120);
}

static struct tracee *tracee_of(pid_t pid)
{
	struct tracee *unused = NULL;

	for (size_t i = 0; i < TRACEES_MAX; i++) {
		if (tracees[i].pid == pid) {
			return &tracees[i];
		}
		if (!tracees[i].pid && !unused) {
			unused = &tracees[i];
		}
	}
	if (!unused) {
		die("too many processes");
	}
	*unused = (struct tracee){.pid = pid, .segment = OTHER};
	return unused;
}

/* ---- the two machines ---------------------------------------------------------------------- */

static void registers(pid_t pid, long request, struct user_regs_struct *r)
{
	struct iovec io = {.iov_base = r, .iov_len = sizeof(*r)};

	trace(request, pid, NT_PRSTATUS, &io);
}

static void set_short(pid_t pid)
{
	struct user_regs_struct r = {0};

	registers(pid, PTRACE_GETREGSET, &r);
#if defined(__x86_64__)
	r.rdx = 1;
#else
	r.regs[2] = 1;
#endif
	registers(pid, PTRACE_SETREGSET, &r);
}

/* There is no call of number -1: the kernel does nothing. */
static void skip_call(pid_t pid)
{
#if defined(__x86_64__)
	struct user_regs_struct r = {0};

	registers(pid, PTRACE_GETREGSET, &r);
	r.orig_rax = (unsigned long long)-1;
	registers(pid, PTRACE_SETREGSET, &r);
#else
	int none = -1;
	struct iovec io = {.iov_base = &none, .iov_len = sizeof(none)};

	trace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &io);
#endif
}

static void set_result(pid_t pid, long result)
{
	struct user_regs_struct r = {0};

	registers(pid, PTRACE_GETREGSET, &r);
#if defined(__x86_64__)
	r.rax = (unsigned long long)result;
#else
	r.regs[0] = (unsigned long long)result;
#endif
	registers(pid, PTRACE_SETREGSET, &r);
}

/* A path that one of the first two arguments may point to; "" when neither does. */
static void path_argument(pid_t pid, const struct ptrace_syscall_info *c, char *path,
			  size_t size)
{
	for (int i = 0; i < 2; i++) {
		struct iovec to = {.iov_base = path, .iov_len = size - 1};
		struct iovec from = {.iov_base = (void *)(uintptr_t)c->entry.args[i]};
		ssize_t n;

		/* Up to the end of the page: what follows may not be there. */
		from.iov_len = 4096 - (c->entry.args[i] & 4095);
		from.iov_len = from.iov_len < size - 1 ? from.iov_len : size - 1;
		n = process_vm_readv(pid, &to, 1, &from, 1, 0);
		path[n > 0 ? n : 0] = '\0';
		if (n > 1 && path[0] == '/' && strcspn(path, "\n\"\\") == strlen(path)) {
			return;
		}
	}
	path[0] = '\0';
}

/* ---- what happens -------------------------------------------------------------------------- */

static void write_call(pid_t pid, enum segment s, long index,
		       const struct ptrace_syscall_info *c)
{
	char path[256];

	fprintf(out, "{\"segment\":\"%s\",\"index\":%ld,\"nr\":%llu,\"args\":[",
		segment_names[s], index, (unsigned long long)c->entry.nr);
	for (int i = 0; i < 6; i++) {
		fprintf(out, "%s%lld", i ? "," : "", (long long)c->entry.args[i]);
	}
	path_argument(pid, c, path, sizeof(path));
	fprintf(out, "],\"path\":\"%s\"}\n", path);
	fflush(out);
}

static void on_call(struct tracee *t)
{
	struct ptrace_syscall_info info = {0};

	if (trace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) <= 0) {
		return;
	}
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		t->call = info;
		if (t->segment == want_segment && counts[t->segment] == want_index) {
			if (want_errno) {
				skip_call(t->pid);
				t->inject = want_errno;
			} else {
				set_short(t->pid);
			}
		}
		t->made_in = t->segment;
		t->index = counts[t->segment]++;
		write_call(t->pid, t->segment, t->index, &t->call);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && t->call.op) {
		fprintf(out, "{\"segment\":\"%s\",\"index\":%ld,\"result\":%lld}\n",
			segment_names[t->made_in], t->index, (long long)info.exit.rval);
		if (t->inject) {
			set_result(t->pid, -t->inject);
			t->inject = 0;
		}
	}
}

static bool is_cardea(pid_t pid)
{
	char path[32], name[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, name, sizeof(name) - 1) <= 0) {
		name[0] = '\0';
	}
	if (fd >= 0) {
		close(fd);
	}
	return strcmp(name, "cardea\n") == 0;
}

static pid_t parent_of(pid_t pid)
{
	char path[32], text[512] = "";
	const char *p;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0) {
		text[0] = '\0';
	}
	if (fd >= 0) {
		close(fd);
	}
	p = strrchr(text, ')');
	return p && strlen(p) > 4 ? (pid_t)atoi(p + 4) : 0;
}

/* The first stop of a new process, which may come before its parent's word of the fork. */
static void on_born(struct tracee *t)
{
	if (cardea && !found_child && parent_of(t->pid) == cardea) {
		found_child = true;
		t->segment = CHILD;
	}
}

/* Go on: watching each call, any event, or not at all. */
static void resume(struct tracee *t, int sig)
{
	long how = t->segment == OTHER ? PTRACE_CONT : PTRACE_SYSCALL;

	trace(how, t->pid, 0, (void *)(uintptr_t)sig);
}

static void on_stop(struct tracee *t, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	switch (event) {
	case PTRACE_EVENT_EXEC:
		if (t->segment == CHILD) {
			/* Main runs: by itself. */
			trace(PTRACE_DETACH, t->pid, 0, NULL);
			t->pid = 0;
			return;
		}
		if (!cardea && is_cardea(t->pid)) {
			cardea = t->pid;
			t->segment = START;
		}
		break;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		if (t->segment == START) {
			t->segment = AFTER;
		}
		break;
	case PTRACE_EVENT_STOP:
		on_born(t);
		break;
	case 0:
		if (sig == (SIGTRAP | 0x80)) {
			on_call(t);
		} else {
			resume(t, sig);
			return;
		}
		break;
	default:
		break;
	}
	resume(t, 0);
}

static int watch(pid_t first)
{
	int status = 0, pid;

	while ((pid = (int)syscall(SYS_wait4, -1, &status, __WALL, NULL)) > 0 ||
	       errno == EINTR) {
		if (pid <= 0) {
			continue;
		}
		if (WIFSTOPPED(status)) {
			on_stop(tracee_of(pid), status);
			continue;
		}
		tracee_of(pid)->pid = 0;
		if (pid == first) {
			return WIFEXITED(status) ? WEXITSTATUS(status)
						 : 128 + WTERMSIG(status);
		}
	}
	return 120;
}

static pid_t launch(char **argv)
{
	int go[2];
	char byte;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		die("cannot fork");
	}
	if (pid == 0) {
		close(go[1]);
		if (read(go[0], &byte, 1) == 1) {
			execv(argv[0], argv);
		}
		_exit(120);
	}
	if (trace(PTRACE_SEIZE, pid, 0, (void *)(uintptr_t)OPTIONS) < 0) {
		die("cannot trace");
	}
	if (write(go[1], "", 1) != 1) {
		die("cannot begin");
	}
	close(go[0]);
	close(go[1]);
	return pid;
}

static void parse_fault(char *text)
{
	char *index = strchr(text, ':'), *errnum = index ? strchr(index + 1, ':') : NULL;

	for (size_t i = 0; index && i < 3; i++) {
		if (strncmp(text, segment_names[i], (size_t)(index - text)) == 0) {
			want_segment = (enum segment)i;
			want_index = atol(index + 1);
			want_errno = errnum ? atoi(errnum + 1) : 0;
			return;
		}
	}
	errno = EINVAL;
	die(text);
}

int main(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "+o:x:s:")) != -1) {
		if (opt == 'o') {
			out = fopen(optarg, "we");
		} else if (opt == 'x' || opt == 's') {
			parse_fault(optarg);
		} else {
			return 120;
		}
	}
	if (!out || optind >= argc) {
		errno = EINVAL;
		die("usage");
	}
	return watch(launch(argv + optind));
}
