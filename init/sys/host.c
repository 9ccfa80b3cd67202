/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/file.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif
#define LANDLOCK_VERSION_FLAG 1u

/* Larger than any account database a container carries. */
#define ACCOUNTS_MAX (16u * 1024 * 1024)
#define ENV_FILE_MAX (1024u * 1024)

/*
 * The bits 0..63 for which prctl(option, op, n) answers 1. EINVAL ends the list, but not before CAP_AUDIT_READ,
 * which is known since Linux 3.16: what is taken for missing would not be dropped.
 */
static int read_bits(int option, unsigned long op, bool with_op, capbits_t *ret_bits,
		     struct err *reterr)
{
	capbits_t bits = 0;

	for (unsigned long n = 0; n < 64; n++) {
		int has = with_op ? prctl(option, op, n, 0, 0)
				  : prctl(option, n, 0, 0, 0);

		if (has < 0 && errno == EINVAL && n > CAP_AUDIT_READ) {
			break;
		}
		if (has < 0) {
			return err_system(reterr, errno, "cannot read the capabilities");
		}
		bits |= has ? CAPBIT(n) : 0;
	}
	*ret_bits = bits;
	return 0;
}

static int read_flags(struct host *h, struct err *reterr)
{
	int n = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	if (n < 0) {
		return err_system(reterr, errno, "cannot read the securebits");
	}
	h->securebits = (unsigned)n;
	n = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	if (n < 0) {
		return err_system(reterr, errno, "cannot read no_new_privs");
	}
	h->no_new_privs = n == 1;
	return 0;
}

static int read_rights(struct arena *a, struct host *h, struct err *reterr)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {0};
	int n = getgroups(0, NULL);

	if (n < 0) {
		return err_system(reterr, errno, "cannot read the groups");
	}
	if (n > 0) {
		gid_t *groups = arena_array(a, (size_t)n, sizeof(*groups));

		if (getgroups(n, groups) != n) {
			return err_system(reterr, errno, "cannot read the groups");
		}
		h->groups = groups;
	}
	h->n_groups = (size_t)n;
	if (syscall(SYS_capget, &header, d) < 0) {
		return err_system(reterr, errno, "cannot read the capabilities");
	}
	h->caps.effective = d[0].effective | (capbits_t)d[1].effective << 32;
	h->caps.permitted = d[0].permitted | (capbits_t)d[1].permitted << 32;
	h->caps.inheritable = d[0].inheritable | (capbits_t)d[1].inheritable << 32;
	n = read_bits(PR_CAPBSET_READ, 0, false, &h->caps.bounding, reterr);
	/* The ambient set is a part of the inheritable one. */
	if (n == 0 && h->caps.inheritable) {
		n = read_bits(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, true,
			      &h->caps.ambient, reterr);
	}
	return n < 0 ? n : read_flags(h, reterr);
}

static int read_limits(struct host *h, struct err *reterr)
{
	char text[16] = "";
	ssize_t n;
	int fd;

	for (int i = 0; i < LIMITS_MAX; i++) {
		struct {
			uint64_t soft, hard;
		} v;

		if (syscall(SYS_prlimit64, 0, i, NULL, &v) < 0) {
			return err_system(reterr, errno, "cannot read the limits");
		}
		h->hard_limits[i] = v.hard;
	}
	/* Whoever has to set it says so when it cannot be opened. */
	fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return 0;
	}
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n > 0) {
		h->oom_score_adj = (int)strtol(text, NULL, 10);
	}
	return 0;
}

static void read_accounts(struct arena *a, struct accounts *acc)
{
	struct file_text t = {0};

	if (file_read(a, "/etc/passwd", ACCOUNTS_MAX, &t, NULL) == 0) {
		acc->passwd = t.text;
		acc->passwd_len = t.len;
	}
	if (file_read(a, "/etc/group", ACCOUNTS_MAX, &t, NULL) == 0) {
		acc->group = t.text;
		acc->group_len = t.len;
	}
}

static void read_env_files(struct arena *a, const struct strv *paths, struct host *h)
{
	struct text_file *files;

	if (paths->n == 0) {
		return;
	}
	files = arena_array(a, paths->n, sizeof(*files));
	for (size_t i = 0; i < paths->n; i++) {
		struct file_text t = {0};
		struct err e;

		files[i].path = paths->v[i];
		if (file_read(a, paths->v[i], ENV_FILE_MAX, &t, &e) < 0) {
			files[i].why = arena_strdup(a, e.text);
		} else if (geteuid() == 0 && (t.mode & (S_IWGRP | S_IWOTH))) {
			files[i].why = arena_printf(
				a,
				"others than its owner may write '%s' (mode %04o), and PID 1 is root; chmod go-w it",
				paths->v[i], t.mode & 07777);
		} else {
			files[i].text = t.text;
			files[i].len = t.len;
		}
	}
	h->env_files = files;
	h->n_env_files = paths->n;
}

int host_read(struct arena *a, const struct needs *needs, char *const *envp,
	      struct host *ret_host, struct err *reterr)
{
	struct host h = {
		.pid = getpid(), .uid = geteuid(), .gid = getegid(), .environ = envp};

	if (needs->rights) {
		int r = read_rights(a, &h, reterr);

		if (r < 0) {
			return r;
		}
	}
	if (needs->limits) {
		int r = read_limits(&h, reterr);

		if (r < 0) {
			return r;
		}
	}
	if (needs->accounts) {
		read_accounts(a, &h.accounts);
	}
	if (needs->landlock) {
		h.landlock_abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
					      LANDLOCK_VERSION_FLAG);
	}
	read_env_files(a, &needs->env_files, &h);
	*ret_host = h;
	return 0;
}
