/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/pipes.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/log.h"

void pipes_give(uid_t uid)
{
	struct stat st;

	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode) || st.st_uid == uid) {
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
