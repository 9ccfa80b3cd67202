/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compose's interpolation: $$, $X, ${X}, ${X:-d}, ${X-d}, ${X:?m}, ${X?m}, ${X:+r}, ${X+r}, the words
 * nested to any depth up to a limit (source: the Compose specification, "Interpolation"), and cardea's own ${secret:NAME}.
 */
#ifndef CARDEA_CORE_INTERPOLATE_H
#define CARDEA_CORE_INTERPOLATE_H

#include "core/arena.h"
#include "core/err.h"
#include "core/types.h"

/* A value made of literal text and secrets that are not known yet: a list of pieces, in order. */
struct piece {
	struct piece *next;
	const char *text;   /* literal, or NULL */
	const char *secret; /* or the NAME of a secret */
};

/* Looks a variable up: its value or NULL when unset. */
typedef const char *(*lookup_fn)(const void *ctx, const char *name, size_t name_len);

/*
 * Expand text. An unset variable without a default is the empty string and its name is reported through
 * unset (may be NULL): the first such name, from a. Where secrets are not allowed (allow_secret false) ${secret:...} is an
 * error that says where it may be used. ret_pieces is NULL for an empty value; adjacent literals are one piece.
 * Errors name the offending expression and, for ${X:?m}, the message.
 */
int interpolate(struct arena *a, const char *text, lookup_fn lookup, const void *ctx, bool allow_secret,
		struct piece **ret_pieces, const char **ret_unset, struct err *reterr);

/* The whole as one string; pieces must hold no secret. Never NULL ("" for no pieces). */
const char *pieces_text(struct arena *a, const struct piece *pieces);

bool pieces_have_secret(const struct piece *pieces);

#endif
