/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who main is: a user spec, the text of passwd(5) and group(5) -> ids, groups, home. No NSS.
 */
#ifndef CARDEA_CORE_IDENTITY_H
#define CARDEA_CORE_IDENTITY_H

#include <sys/types.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/strv.h"

#define ID_MAX UINT32_C(4294967294) /* 4294967295 is -1, "no change" to setresuid(2) */

struct identity {
	uid_t uid;
	gid_t gid;
	const gid_t *groups; /* supplementary, without duplicates */
	size_t n_groups;
	const char *name; /* as passwd has it, or NULL */
	const char *home; /* never NULL; "/" without an entry */
};

/* The text of a database file, not necessarily NUL-terminated; text NULL: there is no such file. */
struct accounts {
	const char *passwd, *group;
	size_t passwd_len, group_len;
};

/*
 * The three dialects: Docker's USER (native), gosu's and su-exec's. The differences (in words):
 *  - native: an id without entry has gid 0, home "/", no groups; a GROUP given means no supplementary groups
 *    (source: moby/sys/user GetExecUser); empty USER or GROUP part is an error.
 *  - gosu, su-exec: field-notes tables: "" stays (ret = current), "u:" is "u", ":g" only the gid; with a group given the
 *    supplementary groups are none (gosu) or {gid} (su-exec); an id without entry keeps the current gid, HOME=/.
 */
enum identity_dialect { IDENTITY_NATIVE, IDENTITY_GOSU, IDENTITY_SU_EXEC };

/*
 * spec: "user[:group]" by names or ids. current: what applies where the dialect keeps something. group_add: names or
 * ids added to the groups (native). Malformed lines of passwd and group are skipped as the libc does. Signs, blanks, overflow and
 * 4294967295 are refused. A name that is all digits is an id first unless passwd has that very name (as Docker: an entry's name wins).
 * 0, or -EINVAL with a text like "cannot find user 'app' in /etc/passwd".
 */
int identity_resolve(struct arena *a, const char *spec, enum identity_dialect dialect,
		     const struct accounts *acc, const struct identity *current,
		     const struct strv *group_add, struct identity *ret_id, struct err *reterr);

#endif
