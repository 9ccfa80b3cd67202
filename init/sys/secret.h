/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets: read once before main starts, into memory that no core dump holds, that is locked where the limit
 * allows, and that is wiped and returned to the kernel once main has its copy.
 */
#ifndef CARDEA_SYS_SECRET_H
#define CARDEA_SYS_SECRET_H

#include "core/err.h"
#include "core/plan.h"

struct vault; /* owns every secret and everything made from one */

struct secret {
	const char *name;
	const char
		*value; /* NUL-terminated, in the vault; NULL: optional and not there */
};

struct secrets {
	struct vault *vault;
	struct secret *v; /* as plan.secrets */
	size_t n;
};

/*
 * Read them all. Each must be a regular file (links followed, fifos and devices refused without blocking), not writable by
 * everybody, 1 to SECRET_SIZE_MAX bytes without NUL; one trailing newline (or CR LF) is removed, and what is left may not
 * be empty. 0, or -errno with a text that names secret and file, never a byte of it; nothing is kept then.
 */
int secrets_read(struct arena *a, const struct secret_spec *specs, size_t n,
		 struct secrets *ret_secrets, struct err *reterr);

/*
 * main's environment, NULL-terminated. Entries without a secret come from a or are PID 1's own; entries with one are in the
 * vault. An optional secret that is not there leaves its variable unset. ret_listen_pid: the place of
 * LISTEN_PID's digits when listen_fds, else NULL. 0 or -ENOMEM.
 */
int secrets_environment(struct arena *a, struct secrets *s, const struct env *env,
			bool listen_fds, char ***ret_envp, char **ret_listen_pid,
			struct err *reterr);

/* Wipe and unmap. Twice, or on zeroed secrets, is fine. */
void secrets_release(struct secrets *s);

#endif
