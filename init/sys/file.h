/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what the world says: bounded regular files, never blocking on a fifo or a device. */
#ifndef CARDEA_SYS_FILE_H
#define CARDEA_SYS_FILE_H

#include "core/arena.h"
#include "core/err.h"
#include <stdint.h>
#include <sys/types.h>

#include "core/strv.h"
#include "core/types.h"

struct file_text {
	const char *text; /* len bytes and a NUL; from the arena */
	size_t len;
	unsigned mode; /* st_mode */
	uint32_t uid;  /* owner */
};

/* A bounded regular file, links followed. reterr: "cannot read 'PATH': reason". 0 or -errno. */
int file_read(struct arena *a, const char *path, size_t max, struct file_text *ret_text,
	      struct err *reterr);

/* A file that is open: fd is close-on-exec and whoever asked for it closes it. */
struct opened {
	int fd;
	size_t size;
	unsigned mode; /* st_mode */
	uint32_t uid;  /* owner */
};

/*
 * Open for reading without blocking or becoming controlling terminal; it must be a regular file of at most max bytes.
 * Errors as above.
 */
int file_open(const char *path, size_t max, struct opened *ret, struct err *reterr);

/*
 * The same for what root reads on behalf of main: where others than root may write the file's directory, a link in it may
 * lead to another file of that directory (as Kubernetes' do) and nowhere else. -EXDEV: it did.
 */
int file_open_guarded(struct arena *a, const char *path, size_t max, struct opened *ret,
		      struct err *reterr);

/* Read all of fd up to size bytes. The bytes read or -errno. */
ssize_t file_read_fd(int fd, char *buf, size_t size);

/* Paths of the entries of dir whose names end in suffix and do not begin with a dot, in byte order. A directory
 * that is not there is an empty list. */
int file_list(struct arena *a, const char *dir, const char *suffix,
	      struct strv *ret_paths, struct err *reterr);

#endif
