/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main's environment as a plan: names with values whose secrets are still to be filled
 * in.
 */
#ifndef CARDEA_CORE_ENV_H
#define CARDEA_CORE_ENV_H

#include "core/arena.h"
#include "core/err.h"
#include "core/interpolate.h"
#include "core/types.h"

enum env_source {
	ENV_INHERITED, /* the container's: PID 1's own block */
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

/* item.name and item.pieces are kept, not copied. */
void env_set(struct arena *a, struct env *e, struct env_item item);

/* The order of the rest stays. */
void env_unset(struct env *e, const char *name);

/* A POSIX name, [A-Za-z_][A-Za-z0-9_]*: what ${...} and [secrets] can name. */
bool env_name_valid(const char *name);

/*
 * A name that env_file and [environment] may set: also with . - [ ] behind its first
 * character, as Compose takes them, since programs read such (spring.datasource.url).
 */
bool env_name_accepted(const char *name);

/* No more names are taken from one file or section: looking names up is linear. */
#define ENV_NAMES_MAX 4096

/*
 * The text of a Compose env_file (source: compose-go's dotenv, and the Compose
 * specification, "Env_file format"), len bytes that may hold anything:
 *
 *   NAME=value          the rest of the line without blanks around it; ends before " #"
 *   NAME='value'        as it is, lines too; \' is a quote
 *   NAME="value"        lines too; \n \r \t and so on, \" \\ \$, \0 and up to three octal
 *                       digits
 *   NAME                taken from lookup; nothing when unset there
 *
 * each after an optional "export "; ':' does for '='; blank lines, lines beginning with
 * '#', a BOM and CRLF are accepted. Values without quotes or in double quotes are
 * interpolated: through lookup, then through what env_file set before. Sets items in e
 * with source ENV_FILE; every mistake goes to p with its line, and its statement sets
 * nothing. source is kept as the items' origin.
 */
void env_file_parse(struct arena *a, const char *source, const char *text, size_t len,
		    lookup_fn lookup, const void *ctx, struct env *e, struct problems *p);

#endif
