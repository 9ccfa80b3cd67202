/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/creds.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Raw calls throughout: the libc's setuid family and prctl wrappers may keep state of their own or
 * synchronise threads, which a child sharing its parent's memory must not touch.
 */

static int fail(struct report *r, enum stage stage, int errnum, int detail)
{
	*r = (struct report){.stage = (int)stage, .errnum = errnum, .detail = detail};
	return -1;
}

static long prctl2(int option, unsigned long arg)
{
	return syscall(SYS_prctl, option, arg, 0, 0, 0);
}

static long ambient(int op, unsigned long cap)
{
	return syscall(SYS_prctl, PR_CAP_AMBIENT, op, cap, 0, 0);
}

static long caps_set(capbits_t caps, capbits_t inheritable)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2];

	for (unsigned i = 0; i < 2; i++) {
		d[i].effective = d[i].permitted = (uint32_t)(caps >> (32 * i));
		d[i].inheritable = (uint32_t)(inheritable >> (32 * i));
	}
	return syscall(SYS_capset, &h, d);
}

static bool caps_are(capbits_t caps, capbits_t inheritable)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) < 0) {
		return false;
	}
	for (unsigned i = 0; i < 2; i++) {
		uint32_t want = (uint32_t)(caps >> (32 * i));

		if (d[i].effective != want || d[i].permitted != want ||
		    d[i].inheritable != (uint32_t)(inheritable >> (32 * i))) {
			return false;
		}
	}
	return true;
}

/*
 * EINVAL is the answer to a number past the kernel's last. CAP_AUDIT_READ is known since Linux 3.16, so before
 * it an error is one.
 */
static bool past_last(int cap)
{
	return errno == EINVAL && cap > CAP_AUDIT_READ;
}

static int bounding_drop(const struct creds *c, struct report *r)
{
	for (int cap = 0; cap < 64; cap++) {
		if (c->bounding & CAPBIT(cap)) {
			continue;
		}
		if (prctl2(PR_CAPBSET_DROP, (unsigned long)cap) < 0) {
			if (past_last(cap)) {
				break;
			}
			return fail(r, STAGE_BOUNDING, errno, cap);
		}
	}
	return 0;
}

static int ids_set(const struct creds *c, struct report *r)
{
	bool keep = c->securebits >= 0 || (c->set_caps && c->caps);

	if (syscall(SYS_setgroups, c->n_groups, c->groups) < 0) {
		return fail(r, STAGE_GROUPS, errno, -1);
	}
	if (syscall(SYS_setresgid, c->gid, c->gid, c->gid) < 0) {
		return fail(r, STAGE_GID, errno, -1);
	}
	/* From root to another uid the permitted set survives only with keepcaps; exec clears it. */
	if (keep && prctl2(PR_SET_KEEPCAPS, 1) < 0) {
		return fail(r, STAGE_UID, errno, -1);
	}
	if (syscall(SYS_setresuid, c->uid, c->uid, c->uid) < 0) {
		return fail(r, STAGE_UID, errno, -1);
	}
	if (keep && prctl2(PR_SET_KEEPCAPS, 0) < 0) {
		return fail(r, STAGE_UID, errno, -1);
	}
	/* Changing ids sets it to fs.suid_dumpable (proc(5)), and until it executes main this is PID 1's memory. */
	if (prctl2(PR_SET_DUMPABLE, 0) < 0) {
		return fail(r, STAGE_UID, errno, -1);
	}
	return 0;
}

/* The ambient set is always a part of the inheritable one: empty by now unless it is wanted (capabilities(7)). */
static int ambient_apply(const struct creds *c, struct report *r)
{
	if (!c->ambient) {
		return 0;
	}
	/* A kernel without an ambient set (EINVAL) has nothing to clear. */
	if (ambient(PR_CAP_AMBIENT_CLEAR_ALL, 0) < 0 && errno != EINVAL) {
		return fail(r, STAGE_AMBIENT, errno, -1);
	}
	for (int cap = 0; cap < 64; cap++) {
		if ((c->ambient & CAPBIT(cap)) &&
		    ambient(PR_CAP_AMBIENT_RAISE, (unsigned long)cap) < 0) {
			return fail(r, STAGE_AMBIENT, errno, cap);
		}
	}
	return 0;
}

/*
 * Securebits need CAP_SETPCAP, which a change of uid has made ineffective and which the final sets may not
 * have; and one of them forbids the ambient set to grow, so that comes before.
 */
static int securebits_apply(const struct creds *c, struct report *r)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) < 0) {
		return fail(r, STAGE_SECUREBITS, errno, -1);
	}
	for (unsigned i = 0; i < 2; i++) {
		d[i].effective = d[i].permitted;
		d[i].inheritable = c->set_caps ? (uint32_t)(c->ambient >> (32 * i))
					       : d[i].inheritable;
	}
	if (syscall(SYS_capset, &h, d) < 0) {
		return fail(r, STAGE_SECUREBITS, errno, -1);
	}
	if (c->set_caps && ambient_apply(c, r) < 0) {
		return -1;
	}
	if (prctl2(PR_SET_SECUREBITS, (unsigned long)c->securebits) < 0) {
		return fail(r, STAGE_SECUREBITS, errno, -1);
	}
	return 0;
}

static int caps_apply(const struct creds *c, struct report *r)
{
	if (c->securebits >= 0 && securebits_apply(c, r) < 0) {
		return -1;
	}
	if (!c->set_caps) {
		return 0;
	}
	if (caps_set(c->caps, c->ambient) < 0) {
		return fail(r, STAGE_CAPABILITIES, errno, -1);
	}
	return c->securebits >= 0 ? 0 : ambient_apply(c, r);
}

static bool groups_are(const struct creds *c)
{
	long n = syscall(SYS_getgroups, 0, NULL);

	if (n < 0 || (size_t)n != c->n_groups) {
		return false;
	}
	if (n == 0) {
		return true;
	}
	if (syscall(SYS_getgroups, n, c->scratch) != n) {
		return false;
	}
	/* The kernel sorts them; the plan has no duplicates, so equal size and inclusion is equality. */
	for (size_t i = 0; i < c->n_groups; i++) {
		size_t k = 0;

		while (k < c->n_groups && c->scratch[k] != c->groups[i]) {
			k++;
		}
		if (k == c->n_groups) {
			return false;
		}
	}
	return true;
}

static bool ids_are(const struct creds *c, enum stage *ret_stage)
{
	uid_t u[3];
	gid_t g[3];

	*ret_stage = STAGE_GROUPS;
	if (!groups_are(c)) {
		return false;
	}
	*ret_stage = STAGE_GID;
	if (syscall(SYS_getresgid, &g[0], &g[1], &g[2]) < 0 || g[0] != c->gid ||
	    g[1] != c->gid || g[2] != c->gid) {
		return false;
	}
	*ret_stage = STAGE_UID;
	return syscall(SYS_getresuid, &u[0], &u[1], &u[2]) == 0 && u[0] == c->uid &&
	       u[1] == c->uid && u[2] == c->uid;
}

static bool bounding_is(const struct creds *c)
{
	for (int cap = 0; cap < 64; cap++) {
		long has = prctl2(PR_CAPBSET_READ, (unsigned long)cap);

		if (has < 0) {
			return past_last(cap);
		}
		if (has && !(c->bounding & CAPBIT(cap))) {
			return false;
		}
	}
	return true;
}

static bool ambient_is(const struct creds *c)
{
	for (int cap = 0; cap < 64; cap++) {
		long has = ambient(PR_CAP_AMBIENT_IS_SET, (unsigned long)cap);

		if (has < 0) {
			/* Or a kernel that has no ambient set at all. */
			return past_last(cap) ||
			       (errno == EINVAL && cap == 0 && c->ambient == 0);
		}
		if (!has != !(c->ambient & CAPBIT(cap))) {
			return false;
		}
	}
	return true;
}

static int verify(const struct creds *c, struct report *r)
{
	enum stage stage;

	if (c->set_ids && !ids_are(c, &stage)) {
		return fail(r, STAGE_VERIFY, EPERM, (int)stage);
	}
	if (c->set_bounding && !bounding_is(c)) {
		return fail(r, STAGE_VERIFY, EPERM, STAGE_BOUNDING);
	}
	if (c->set_caps && !caps_are(c->caps, c->ambient)) {
		return fail(r, STAGE_VERIFY, EPERM, STAGE_CAPABILITIES);
	}
	if (c->set_caps && c->ambient && !ambient_is(c)) {
		return fail(r, STAGE_VERIFY, EPERM, STAGE_AMBIENT);
	}
	if (c->securebits >= 0 && prctl2(PR_GET_SECUREBITS, 0) != c->securebits) {
		return fail(r, STAGE_VERIFY, EPERM, STAGE_SECUREBITS);
	}
	/* The proof that there is no way back. */
	if (c->set_ids && c->uid != 0 &&
	    !(c->set_caps && (c->caps & CAPBIT(CAP_SETUID))) &&
	    syscall(SYS_setresuid, 0, 0, 0) == 0) {
		return fail(r, STAGE_VERIFY, EPERM, STAGE_UID);
	}
	return 0;
}

int creds_apply(const struct creds *c, struct report *ret_report)
{
	if (c->set_bounding && bounding_drop(c, ret_report) < 0) {
		return -1;
	}
	if (c->set_ids && ids_set(c, ret_report) < 0) {
		return -1;
	}
	if (caps_apply(c, ret_report) < 0) {
		return -1;
	}
	if (verify(c, ret_report) < 0) {
		return -1;
	}
	if (c->no_new_privs) {
		if (syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
			return fail(ret_report, STAGE_NO_NEW_PRIVS, errno, -1);
		}
		if (prctl2(PR_GET_NO_NEW_PRIVS, 0) != 1) {
			return fail(ret_report, STAGE_VERIFY, EPERM, STAGE_NO_NEW_PRIVS);
		}
	}
	return 0;
}

capbits_t creds_permitted(void)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {{0}, {0}};

	if (syscall(SYS_capget, &h, d) < 0) {
		return 0;
	}
	return d[0].permitted | (capbits_t)d[1].permitted << 32;
}
