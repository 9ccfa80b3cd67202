/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Headers older than the kernels we run on lack some of these; numbers and bits are the kernel's ABI. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#endif
#define RULE_PATH_BENEATH 1

#define FS_EXECUTE (1u << 0)
#define FS_WRITE_FILE (1u << 1)
#define FS_READ_FILE (1u << 2)
#define FS_READ_DIR (1u << 3)
#define FS_REFER (1u << 13)	/* ABI 2 */
#define FS_TRUNCATE (1u << 14)	/* ABI 3 */
#define FS_IOCTL_DEV (1u << 15) /* ABI 5 */
#define FS_ABI_1 ((1u << 13) - 1)

#define READ_ONLY (FS_EXECUTE | FS_READ_FILE | FS_READ_DIR)
/* Rights that make sense for something that is no directory. */
#define OF_A_FILE (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

struct path_beneath {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

static uint64_t known_rights(int abi)
{
	uint64_t rights = FS_ABI_1;

	rights |= abi >= 2 ? FS_REFER : 0;
	rights |= abi >= 3 ? FS_TRUNCATE : 0;
	rights |= abi >= 5 ? FS_IOCTL_DEV : 0;
	return rights;
}

static int add_path(int ruleset, const char *path, uint64_t rights, struct err *reterr)
{
	struct path_beneath rule = {.allowed = rights};
	struct stat st;
	int r = 0;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0) {
		return err_system(reterr, errno,
				  "cannot allow the path '%s' with Landlock", path);
	}
	if (fstat(rule.parent_fd, &st) < 0) {
		r = err_system(reterr, errno, "cannot look at '%s'", path);
	} else {
		if (!S_ISDIR(st.st_mode)) {
			rule.allowed &= OF_A_FILE;
		}
		if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) <
		    0) {
			r = err_system(reterr, errno,
				       "cannot allow the path '%s' with Landlock", path);
		}
	}
	close(rule.parent_fd);
	return r;
}

static int add_paths(int ruleset, const struct strv *paths, uint64_t rights,
		     struct err *reterr)
{
	for (size_t i = 0; i < paths->n; i++) {
		int r = add_path(ruleset, paths->v[i], rights, reterr);

		if (r < 0) {
			return r;
		}
	}
	return 0;
}

int landlock_prepare(const struct plan *plan, int *ret_fd, struct err *reterr)
{
	uint64_t handled = known_rights(plan->landlock_abi);
	int fd, r;

	*ret_fd = -1;
	if (plan->read_only_paths.n == 0 && plan->read_write_paths.n == 0) {
		return 0;
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
	if (fd < 0) {
		return err_system(reterr, errno, "cannot make a Landlock ruleset");
	}
	r = add_paths(fd, &plan->read_only_paths, handled & READ_ONLY, reterr);
	if (r == 0) {
		r = add_paths(fd, &plan->read_write_paths, handled, reterr);
	}
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}
