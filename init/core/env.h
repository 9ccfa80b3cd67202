/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main's environment as a plan: names with values whose secrets are still to be filled in.
 */
#ifndef CARDEA_CORE_ENV_H
#define CARDEA_CORE_ENV_H

#include "core/arena.h"
#include "core/err.h"
#include "core/interpolate.h"
#include "core/types.h"

enum env_source {
	ENV_INHERITED, /* the container's environment; text is the "NAME=value" of PID 1's own block */
	ENV_FILE,      /* env_file */
	ENV_CONFIG,    /* [environment] */
	ENV_USER,      /* HOME, made by `user` */
	ENV_SECRET,    /* [secrets]; pieces is the one secret */
	ENV_FROM_FILE, /* X_FILE turned into X; pieces is the one secret */
};

struct env_item {
	const char *name;
	const struct piece *pieces;
	enum env_source source;
	struct origin at;
};

/* In order of first appearance; one item a name, set later replaces in place. */
struct env {
	struct env_item *v;
	size_t n, room;
};

/* Linear look-up by name; NULL when unset. */
struct env_item *env_find(const struct env *e, const char *name, size_t name_len);
void env_set(struct arena *a, struct env *e, struct env_item item);
void env_unset(struct env *e, const char *name);

/* A POSIX name: [A-Za-z_][A-Za-z0-9_]*. */
bool env_name_valid(const char *name);

/*
 * The text of a Compose env_file: NAME=VALUE lines, blank lines and # comments, `export ` prefix, single and double quotes as Compose
 * reads them, NAME alone takes the value from lookup (absent: not set). Values in no or double quotes are interpolated through
 * lookup and then what the file itself set before. Appends to e with source ENV_FILE; every mistake goes to p.
 */
void env_file_parse(struct arena *a, const char *source, const char *text, size_t len, lookup_fn lookup,
		    const void *ctx, struct env *e, struct problems *p);

#endif
