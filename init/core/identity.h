/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who main is: a user spec and the text of passwd(5) and group(5) -> ids, groups, home. No NSS.
 */
#ifndef CARDEA_CORE_IDENTITY_H
#define CARDEA_CORE_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/accounts.h"
#include "core/arena.h"
#include "core/err.h"
#include "core/strv.h"

#define GROUPS_MAX 65536 /* the kernel's NGROUPS_MAX */

struct identity {
	uid_t uid;
	gid_t gid;
	const gid_t *groups; /* supplementary; ascending, each once */
	size_t n_groups;
	const char *name; /* as passwd has it, or NULL */
	const char *home; /* never NULL; "/" without an entry */
};

/*
 * Three dialects of "user[:group]". In all of them digits are an id, never a name, and an id
 * needs no entry; an id that has one gets its gid, home and memberships like the name. Of
 * several entries the first counts.
 *
 *                     native             gosu               su-exec
 *   "", ":group"      refused            current uid        current uid
 *   "user:"           refused            "user"             "user"
 *   id without entry  gid 0, HOME=/      current gid, HOME=/  current gid, HOME=/
 *   groups            gid, memberships   memberships        gid, memberships
 *   with :group       gid                none               gid
 *
 * The current uid is looked up like an id, so with "" the gid, home and memberships of its
 * entry apply. An entry's empty home is "/" natively and stays empty in the others.
 * Sources: moby/sys/user GetExecUser; the engine adds gid to the groups since 20.10.18
 * (CVE-2022-36109); su-exec.c 0.3; gosu 1.14 and 1.17 as observed.
 */
enum identity_dialect { IDENTITY_NATIVE, IDENTITY_GOSU, IDENTITY_SU_EXEC };

/*
 * spec: "user[:group]" by names or ids, decimal. current: uid and gid for where the dialect
 * keeps them. group_add: names or ids that join the groups, or NULL. Signs, blanks and ids
 * above ID_MAX are refused in every dialect. What ret_id points to belongs to a.
 *
 * 0, or -EINVAL with a text like "cannot find user 'app' in /etc/passwd: ...".
 */
int identity_resolve(struct arena *a, const char *spec, enum identity_dialect dialect,
		     const struct accounts *acc, const struct identity *current,
		     const struct strv *group_add, struct identity *ret_id,
		     struct err *reterr);

/*
 * The same uid, gid and groups. Whether the gid is listed among the groups makes no difference: a
 * process is in its gid's group either way.
 */
bool identity_same(const struct identity *a, const struct identity *b);

#endif
