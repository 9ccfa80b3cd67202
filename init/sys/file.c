/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

static int refuse_type(const char *path, unsigned mode, struct err *reterr)
{
	const char *what = S_ISDIR(mode)    ? "is a directory"
			   : S_ISFIFO(mode) ? "is a fifo"
			   : S_ISSOCK(mode) ? "is a socket"
					    : "is a device";

	return err_config(reterr, "cannot read '%s': %s, not a regular file", path, what);
}

/* fd is what open(2) said of path: it is closed when it is not what we want. */
static int accept(const char *path, int fd, size_t max, struct opened *ret,
		  struct err *reterr)
{
	struct stat st;
	int r;

	if (fd < 0) {
		r = err_system(reterr, errno, "cannot read '%s'", path);
		if (reterr) {
			reterr->status = STATUS_CONFIG;
		}
		return r;
	}
	if (fstat(fd, &st) < 0) {
		r = err_system(reterr, errno, "cannot read '%s'", path);
	} else if (!S_ISREG(st.st_mode)) {
		r = refuse_type(path, st.st_mode, reterr);
	} else if (st.st_size < 0 || (uintmax_t)st.st_size > max) {
		err_config(reterr,
			   "cannot read '%s': it has %jd bytes, at most %zu are taken",
			   path, (intmax_t)st.st_size, max);
		r = -EFBIG;
	} else {
		*ret = (struct opened){fd, (size_t)st.st_size, st.st_mode, st.st_uid};
		return 0;
	}
	close(fd);
	return r;
}

int file_open(const char *path, size_t max, struct opened *ret, struct err *reterr)
{
	return accept(path, open(path, OPEN_FLAGS), max, ret, reterr);
}

/*
 * Linux 5.6 has RESOLVE_BENEATH; where it is missing or an old engine forbids it, links are not followed at all. In
 * a directory where only root can put links they are root's own.
 */
static int open_in(int dir, const char *name)
{
	struct open_how how = {.flags = OPEN_FLAGS, .resolve = RESOLVE_BENEATH};
	struct stat st;
	int fd;

	if (fstat(dir, &st) < 0) {
		return -1;
	}
	if (st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH))) {
		return openat(dir, name, OPEN_FLAGS);
	}
	fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));
	if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
		fd = openat(dir, name, OPEN_FLAGS | O_NOFOLLOW);
	}
	return fd;
}

int file_open_guarded(struct arena *a, const char *path, size_t max, struct opened *ret,
		      struct err *reterr)
{
	const char *slash = strrchr(path, '/');
	int dir, fd, errnum;

	if (geteuid() != 0 || !slash) {
		return file_open(path, max, ret, reterr);
	}
	dir = open(slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path)),
		   O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		return accept(path, dir, max, ret, reterr);
	}
	fd = open_in(dir, slash + 1);
	errnum = errno;
	close(dir);
	if (fd < 0 && errnum == EXDEV) {
		err_config(
			reterr,
			"cannot read '%s': it is a link out of its directory, which others "
			"than root may write; name the file itself",
			path);
		return -EXDEV;
	}
	errno = errnum;
	return accept(path, fd, max, ret, reterr);
}

ssize_t file_read_fd(int fd, char *buf, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t r = read(fd, buf + n, size - n);

		if (r < 0 && errno == EINTR) {
			continue;
		}
		if (r < 0) {
			return -errno;
		}
		if (r == 0) {
			break;
		}
		n += (size_t)r;
	}
	return (ssize_t)n;
}

/* Files of /proc and of some file systems say they are empty: those are read in growing steps. */
static ssize_t read_unsized(struct arena *a, int fd, size_t max, char **ret_text)
{
	size_t room = 4096;

	for (;;) {
		char *buf = arena_alloc(a, room + 1);
		ssize_t n;

		if (lseek(fd, 0, SEEK_SET) < 0) {
			return -errno;
		}
		n = file_read_fd(fd, buf, room);
		if (n < 0 || (size_t)n < room) {
			*ret_text = buf;
			return n;
		}
		if (room > max) {
			return -EFBIG;
		}
		room *= 4;
	}
}

int file_read(struct arena *a, const char *path, size_t max, struct file_text *ret_text,
	      struct err *reterr)
{
	struct opened f = {.fd = -1};
	char *buf = NULL;
	ssize_t n;
	int r = file_open(path, max, &f, reterr);

	if (r < 0) {
		return r;
	}
	if (f.size > 0) {
		buf = arena_alloc(a, f.size + 1);
		n = file_read_fd(f.fd, buf, f.size);
	} else {
		n = read_unsized(a, f.fd, max, &buf);
	}
	close(f.fd);
	if (n < 0) {
		return err_system(reterr, (int)-n, "cannot read '%s'", path);
	}
	*ret_text = (struct file_text){buf, (size_t)n, f.mode, f.uid};
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int file_list(struct arena *a, const char *dir, const char *suffix,
	      struct strv *ret_paths, struct err *reterr)
{
	size_t suffix_len = strlen(suffix);
	struct strv paths = {0};
	struct dirent *e;
	DIR *d = opendir(dir);
	int r;

	if (!d) {
		if (errno == ENOENT) {
			return 0;
		}
		r = err_system(reterr, errno, "cannot read the directory '%s'", dir);
		reterr->status = STATUS_CONFIG;
		return r;
	}
	for (errno = 0; (e = readdir(d)); errno = 0) {
		size_t n = strlen(e->d_name);

		if (e->d_name[0] != '.' && n > suffix_len &&
		    strcmp(e->d_name + n - suffix_len, suffix) == 0) {
			strv_push(a, &paths, arena_printf(a, "%s/%s", dir, e->d_name));
		}
	}
	r = errno ? err_system(reterr, errno, "cannot read the directory '%s'", dir) : 0;
	closedir(d);
	if (r < 0) {
		return r;
	}
	if (paths.n > 0) {
		qsort(paths.v, paths.n, sizeof(*paths.v), compare_paths);
	}
	*ret_paths = paths;
	return 0;
}
