/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compose's interpolation: $$, $X, ${X}, ${X:-d}, ${X-d}, ${X:?m}, ${X?m}, ${X:+r},
 * ${X+r}, the words nested (source: the Compose specification, "Interpolation", and
 * compose-go where that is silent), and cardea's own ${secret:NAME}.
 */
#ifndef CARDEA_CORE_INTERPOLATE_H
#define CARDEA_CORE_INTERPOLATE_H

#include "core/arena.h"
#include "core/err.h"
#include "core/types.h"

/* A ${...} deeper than this is refused. */
#define INTERPOLATE_DEPTH_MAX 16

/* A longer result is refused: execve(2) takes no longer NAME=value (MAX_ARG_STRLEN). */
#define INTERPOLATE_RESULT_MAX (128 * 1024)

/*
 * A value made of literal text and secrets that are not known yet: a list of pieces, in
 * order.
 */
struct piece {
	struct piece *next;
	const char *text;   /* literal, or NULL */
	const char *secret; /* or the NAME of a secret */
};

/* Looks a variable up: its value or NULL when unset. */
typedef const char *(*lookup_fn)(const void *ctx, const char *name, size_t name_len);

/*
 * Expand text. Only the word that is used is evaluated, as in a shell, but all of them
 * must be well-formed. Values are not expanded again. An unset variable without a
 * default is the empty string and its name is reported through ret_unset (may be NULL):
 * the first such name, from a, else NULL. Where secrets are not allowed (allow_secret
 * false), and in the message of ${X:?...} always, ${secret:...} is an error that says
 * where it may be used. ret_pieces is NULL for an empty value; adjacent literals are
 * one piece; all from a. 0, or -EINVAL with a text that names the offending expression
 * (not more of the text, which may hold a password) and, for ${X:?m}, the message.
 */
int interpolate(struct arena *a, const char *text, lookup_fn lookup, const void *ctx,
		bool allow_secret, struct piece **ret_pieces, const char **ret_unset,
		struct err *reterr);

/* The whole as one string; pieces must hold no secret. Never NULL ("" for no pieces). */
const char *pieces_text(struct arena *a, const struct piece *pieces);

bool pieces_have_secret(const struct piece *pieces);

/*
 * How many of the len bytes at s are a variable's name, [A-Za-z_][A-Za-z0-9_]*; 0:
 * none.
 */
size_t variable_name_len(const char *s, size_t len);

#endif
