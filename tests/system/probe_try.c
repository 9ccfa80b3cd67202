/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

const char *errno_name(int errnum)
{
	static const struct {
		int errnum;
		char name[14];
	} names[] = {
		{0, "ok"},
		{EPERM, "EPERM"},
		{EACCES, "EACCES"},
		{ENOENT, "ENOENT"},
		{EINVAL, "EINVAL"},
		{ENOSYS, "ENOSYS"},
		{EEXIST, "EEXIST"},
		{EROFS, "EROFS"},
		{ENOTDIR, "ENOTDIR"},
		{EISDIR, "EISDIR"},
		{ESRCH, "ESRCH"},
		{EXDEV, "EXDEV"},
		{ENOSPC, "ENOSPC"},
		{ENODEV, "ENODEV"},
		{EADDRINUSE, "EADDRINUSE"},
		{ENOEXEC, "ENOEXEC"},
		{EBADF, "EBADF"},
		{EIO, "EIO"},
	};
	static char other[12];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].errnum == errnum) {
			return names[i].name;
		}
	}
	snprintf(other, sizeof(other), "E%d", errnum);
	return other;
}

static int open_close(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0644);

	if (fd < 0) {
		return -1;
	}
	close(fd);
	return 0;
}

static int try_mount(void)
{
	return mount("none", "/", "tmpfs", 0, NULL);
}

static int try_unshare(void)
{
	return unshare(CLONE_NEWNS);
}

static int try_setuid(void)
{
	return (int)syscall(SYS_setresuid, 0, 0, 0);
}

static int try_setgid(void)
{
	return (int)syscall(SYS_setresgid, 0, 0, 0);
}

static int try_setgroups(void)
{
	gid_t none = 0;

	return (int)syscall(SYS_setgroups, 1, &none);
}

static int try_ptrace(void)
{
	return (int)ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
}

static int parent_file(const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)getppid(), name);
	return open_close(path, flags);
}

static int try_parent_environ(void)
{
	return parent_file("environ", O_RDONLY);
}

static int try_parent_mem(void)
{
	return parent_file("mem", O_RDWR);
}

static int try_parent_maps(void)
{
	return parent_file("maps", O_RDONLY);
}

static int try_parent_kill(void)
{
	return kill(getppid(), 0);
}

static int try_mknod(void)
{
	return mknod("/tmp/probe.null", S_IFCHR | 0666, 0x103);
}

static int try_chroot(void)
{
	return chroot("/");
}

static int try_low_port(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(81)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), r, errnum;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	errnum = errno;
	close(fd);
	errno = errnum;
	return r;
}

/* Each in a child of its own: one that succeeds must not change what the next one finds. */
void try_forbidden(void)
{
	static const struct {
		char name[16];
		int (*fn)(void);
	} tries[] = {
		{"mount", try_mount},
		{"unshare", try_unshare},
		{"setuid", try_setuid},
		{"setgid", try_setgid},
		{"setgroups", try_setgroups},
		{"mknod", try_mknod},
		{"chroot", try_chroot},
		{"low_port", try_low_port},
		{"ptrace", try_ptrace},
		{"parent_environ", try_parent_environ},
		{"parent_mem", try_parent_mem},
		{"parent_maps", try_parent_maps},
		{"parent_kill", try_parent_kill},
	};

	json_begin();
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		/* The ones about the parent are about main's. */
		bool about_parent = i + 5 >= sizeof(tries) / sizeof(tries[0]);
		int status = 0, errnum;
		pid_t pid;

		if (about_parent) {
			errnum = tries[i].fn() < 0 ? errno : 0;
		} else {
			pid = fork();
			if (pid == 0) {
				_exit(tries[i].fn() < 0 ? errno : 0);
			}
			waitpid(pid, &status, 0);
			errnum = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
		}
		json_key(tries[i].name);
		json_string(errno_name(errnum));
	}
	json_end();
}

int try_path(const char *what, const char *path)
{
	static const struct {
		char name[10];
		int flags;
	} opens[] = {
		{"read", O_RDONLY},
		{"write", O_WRONLY},
		{"make", O_WRONLY | O_CREAT | O_EXCL},
		{"list", O_RDONLY | O_DIRECTORY},
	};
	int r = -1, found = 0;

	errno = EINVAL;
	for (size_t i = 0; i < sizeof(opens) / sizeof(opens[0]); i++) {
		if (strcmp(what, opens[i].name) == 0) {
			r = open_close(path, opens[i].flags);
			found = 1;
		}
	}
	if (!found && strcmp(what, "remove") == 0) {
		r = unlink(path);
	} else if (!found && strcmp(what, "execute") == 0) {
		r = access(path, X_OK);
	}
	json_begin();
	json_key(what);
	json_string(path);
	json_key("result");
	json_string(errno_name(r < 0 ? errno : 0));
	json_end();
	return r;
}
