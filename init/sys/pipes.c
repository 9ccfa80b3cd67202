/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/pipes.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sys/log.h"

/* A pipe, not a fifo that has a name in some file system and outlives us; PIPEFS_MAGIC of linux/magic.h. */
#define PIPEFS 0x50495045

static bool is_pipe(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS;
}

void pipes_give(uid_t uid)
{
	struct stat st;

	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (!is_pipe(fd) || fstat(fd, &st) < 0 || st.st_uid == uid) {
			continue;
		}
		if (fchown(fd, uid, (gid_t)-1) < 0) {
			log_info(
				"cannot give the pipe on descriptor %d to uid %u, who cannot "
				"open it by name then: %s",
				fd, uid, strerror(errno));
		}
	}
}
