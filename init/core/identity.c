/* SPDX-License-Identifier: Apache-2.0 */
#include "core/identity.h"

#include <stdlib.h>
#include <string.h>

#include "core/accounts.h"
#include "core/parse.h"

/* A user or group as the spec has it. */
struct who {
	const char *text;
	bool is_id;
	uint32_t id;
};

/* One of the two databases; the words for messages. */
struct database {
	const char *kind, *path;
	struct span text;
	bool exists;
};

struct gids {
	gid_t *v;
	size_t n, room;
};

struct dialect {
	bool strict;	    /* no empty user, no empty group */
	bool keeps_gid;	    /* an id without entry keeps the current gid */
	bool gid_in_groups; /* the gid is one of the supplementary groups */
	bool empty_home;    /* an entry's empty home stays empty */
};

static const struct dialect dialects[] = {
	[IDENTITY_NATIVE] = {.strict = true, .gid_in_groups = true},
	[IDENTITY_GOSU] = {.keeps_gid = true, .empty_home = true},
	[IDENTITY_SU_EXEC] = {.keeps_gid = true,
			      .gid_in_groups = true,
			      .empty_home = true},
};

static bool matches(const struct account *e, const struct who *who)
{
	return who->is_id ? e->id == who->id : span_is(e->name, who->text);
}

/* Why text cannot be a name or an id, or NULL; fills in the id when it is one. */
static const char *who_refused(const char *text, struct who *who)
{
	static const char digits[] = "0123456789";
	size_t len = strlen(text);

	if (len == 0) {
		return "it is empty";
	}
	for (const char *p = text; *p; p++) {
		if (account_is_blank(*p)) {
			return "a name or an id has no blanks";
		}
	}
	if (strchr("+-", *text) && text[1] && strspn(text + 1, digits) == len - 1) {
		return "an id has no sign";
	}
	who->is_id = strspn(text, digits) == len;
	if (who->is_id && !span_id((struct span){text, len}, &who->id)) {
		return "an id is at most 4294967294";
	}
	return NULL;
}

static int parse_who(const char *text, const char *kind, struct who *ret_who,
		     struct err *reterr)
{
	struct who who = {.text = text};
	const char *reason = who_refused(text, &who);

	if (reason) {
		return err_config(reterr, "cannot use %s " SHOWN ": %s", kind, SHOW(text),
				  reason);
	}
	*ret_who = who;
	return 0;
}

static const char *candidate(const void *ctx, size_t i)
{
	const struct strv *names = ctx;

	return i < names->n ? names->v[i] : NULL;
}

static int not_found(struct arena *a, const struct database *db, const char *name,
		     struct err *reterr)
{
	struct span text = db->text;
	struct strv names = {0};
	struct account e;
	const char *near;

	if (!db->exists) {
		return err_config(reterr,
				  "cannot find %s " SHOWN
				  ": there is no %s here, only an id "
				  "works without",
				  db->kind, SHOW(name), db->path);
	}
	while (account_next(&text, &e)) {
		strv_push(a, &names, arena_strndup(a, e.name.p, e.name.len));
	}
	near = parse_nearest(name, candidate, &names);
	if (near) {
		return err_config(
			reterr, "cannot find %s " SHOWN " in %s: did you mean " SHOWN "?",
			db->kind, SHOW(name), db->path, SHOW(near));
	}
	return err_config(reterr,
			  "cannot find %s " SHOWN " in %s: add it there or use an id",
			  db->kind, SHOW(name), db->path);
}

static void gids_add(struct arena *a, struct gids *g, gid_t gid)
{
	if (g->n == g->room) {
		size_t room = g->room ? g->room * 2 : 16;
		gid_t *v = arena_array(a, room, sizeof(*v));

		if (g->n > 0) {
			memcpy(v, g->v, g->n * sizeof(*v));
		}
		g->v = v;
		g->room = room;
	}
	g->v[g->n++] = gid;
}

static int compare_gids(const void *a, const void *b)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return (x > y) - (x < y);
}

/* Ascending, each once. */
static void gids_normalise(struct gids *g)
{
	size_t n = 0;

	if (g->n == 0) {
		return;
	}
	qsort(g->v, g->n, sizeof(*g->v), compare_gids);
	for (size_t i = 0; i < g->n; i++) {
		if (n == 0 || g->v[i] != g->v[n - 1]) {
			g->v[n++] = g->v[i];
		}
	}
	g->n = n;
}

/* Every group whose list of members has name. */
static void add_memberships(struct arena *a, struct span text, const char *name,
			    struct gids *g)
{
	struct account e;

	while (account_next(&text, &e)) {
		while (e.rest.len > 0) {
			if (span_is(span_cut(&e.rest, ','), name)) {
				gids_add(a, g, e.id);
				break;
			}
		}
	}
}

static int resolve_group(struct arena *a, const char *text, const struct database *db,
			 gid_t *ret_gid, struct err *reterr)
{
	struct span rest = db->text;
	struct who who = {0};
	struct account e;
	int r = parse_who(text, db->kind, &who, reterr);

	if (r < 0) {
		return r;
	}
	if (who.is_id) {
		*ret_gid = who.id;
		return 0;
	}
	while (account_next(&rest, &e)) {
		if (matches(&e, &who)) {
			*ret_gid = e.id;
			return 0;
		}
	}
	return not_found(a, db, text, reterr);
}

/* All of ret_id but the groups. */
static int resolve_user(struct arena *a, const char *text, const struct dialect *d,
			const struct database *db, const struct identity *current,
			struct identity *ret_id, struct err *reterr)
{
	struct identity id = {.home = "/"};
	struct who who = {.text = text, .is_id = true, .id = current->uid};
	struct span rest = db->text;
	struct span home;
	struct account e;
	uint32_t gid;
	int r = *text == '\0' ? 0 : parse_who(text, db->kind, &who, reterr);

	if (r < 0) {
		return r;
	}
	while (account_next_user(&rest, &e, &gid)) {
		if (!matches(&e, &who)) {
			continue;
		}
		span_cut(&e.rest, ':');
		home = span_cut(&e.rest, ':');
		id.uid = e.id;
		id.gid = gid;
		id.name = arena_strndup(a, e.name.p, e.name.len);
		if (home.len > 0 || d->empty_home) {
			id.home = arena_strndup(a, home.p, home.len);
		}
		*ret_id = id;
		return 0;
	}
	if (!who.is_id) {
		return not_found(a, db, text, reterr);
	}
	id.uid = who.id;
	id.gid = d->keeps_gid ? current->gid : 0;
	*ret_id = id;
	return 0;
}

static int check_parts(const char *spec, const char *user, const char *group,
		       struct err *reterr)
{
	if (*user == '\0') {
		return err_config(reterr, "cannot use user " SHOWN ": it names no user",
				  SHOW(spec));
	}
	if (group && *group == '\0') {
		return err_config(reterr,
				  "cannot use user " SHOWN ": no group follows the ':'",
				  SHOW(spec));
	}
	return 0;
}

int identity_resolve(struct arena *a, const char *spec, enum identity_dialect dialect,
		     const struct accounts *acc, const struct identity *current,
		     const struct strv *group_add, struct identity *ret_id,
		     struct err *reterr)
{
	const struct dialect *d = &dialects[dialect];
	const struct database users = {"user",
				       "/etc/passwd",
				       {acc->passwd, acc->passwd_len},
				       acc->passwd != NULL};
	const struct database groups = {
		"group", "/etc/group", {acc->group, acc->group_len}, acc->group != NULL};
	const char *colon = strchr(spec, ':');
	const char *user = colon ? arena_strndup(a, spec, (size_t)(colon - spec)) : spec;
	const char *group = colon ? colon + 1 : NULL;
	struct identity id = {0};
	struct gids gids = {0};
	gid_t gid = 0;
	int r = d->strict ? check_parts(spec, user, group, reterr) : 0;

	if (r == 0) {
		r = resolve_user(a, user, d, &users, current, &id, reterr);
	}
	if (r == 0 && group && *group) {
		r = resolve_group(a, group, &groups, &id.gid, reterr);
	} else if (r == 0 && id.name) {
		add_memberships(a, groups.text, id.name, &gids);
	}
	for (size_t i = 0; r == 0 && group_add && i < group_add->n; i++) {
		r = resolve_group(a, group_add->v[i], &groups, &gid, reterr);
		if (r == 0) {
			gids_add(a, &gids, gid);
		}
	}
	if (r < 0) {
		return r;
	}
	if (d->gid_in_groups) {
		gids_add(a, &gids, id.gid);
	}
	gids_normalise(&gids);
	if (gids.n > GROUPS_MAX) {
		return err_config(reterr,
				  "cannot use user " SHOWN
				  ": it is in %zu groups, the kernel "
				  "takes %d",
				  SHOW(spec), gids.n, GROUPS_MAX);
	}
	id.groups = gids.v;
	id.n_groups = gids.n;
	*ret_id = id;
	return 0;
}

/* Every group of b is one of a's. */
static bool has_groups_of(const struct identity *a, const struct identity *b)
{
	for (size_t i = 0; i < b->n_groups; i++) {
		size_t k = 0;

		while (k < a->n_groups && a->groups[k] != b->groups[i]) {
			k++;
		}
		if (k == a->n_groups && b->groups[i] != a->gid) {
			return false;
		}
	}
	return true;
}

bool identity_same(const struct identity *a, const struct identity *b)
{
	return a->uid == b->uid && a->gid == b->gid && has_groups_of(a, b) &&
	       has_groups_of(b, a);
}
