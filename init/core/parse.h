/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of text -> one typed value. All strict: the whole text must be the value,
 * no blanks around it, no sign, no overflow. Each returns 0 and writes ret_* or returns
 * a negative errno and writes reterr with a text that begins "cannot parse KIND 'TEXT':
 * " and says what is expected.
 */
#ifndef CARDEA_CORE_PARSE_H
#define CARDEA_CORE_PARSE_H

#include "core/arena.h"
#include "core/err.h"
#include "core/strv.h"
#include "core/types.h"

/*
 * Compose's durations: 1h30m, 1m30s, 250ms, 1.5s, 10us (rounded up to 1 ms); the unit
 * is mandatory.
 */
int parse_duration(const char *text, msec_t *ret_msec, struct err *reterr);

/*
 * A size as in Compose and Docker: 1024, 10k, 64kb, 512m, 2g (powers of 1024, any
 * case).
 */
int parse_bytes(const char *text, uint64_t *ret_bytes, struct err *reterr);

/* Decimal digits only, at most max. */
int parse_uint(const char *text, uint64_t max, uint64_t *ret_value, struct err *reterr);

/* A decimal number between min and max with an optional leading minus. */
int parse_int(const char *text, int64_t min, int64_t max, int64_t *ret_value,
	      struct err *reterr);

/* yes no true false on off 1 0, any case. */
int parse_bool(const char *text, bool *ret_value, struct err *reterr);

/* Octal digits, at most 7777, with or without a leading 0. */
int parse_mode(const char *text, unsigned *ret_mode, struct err *reterr);

/*
 * Split into words as a POSIX shell does (XCU 2.2: blanks, '...', "...", backslash; in
 * double quotes the backslash escapes only $ ` " \ ), and nothing else of a shell: no
 * expansion, no operators, no comments. Words are appended to ret_words, allocated from
 * a. An open quote or a trailing backslash is an error.
 */
int parse_words(struct arena *a, const char *text, struct strv *ret_words,
		struct err *reterr);

/*
 * Items separated by commas and/or blanks; an empty text is an empty list; ",," is an
 * error.
 */
int parse_list(struct arena *a, const char *text, struct strv *ret_items,
	       struct err *reterr);

/*
 * The candidate nearest to word when it is near enough to be a slip
 * (Damerau-Levenshtein distance at most a third of the length, at least 1, case
 * ignored), else NULL. next(ctx, i) gives candidate i, NULL at the end. Points into the
 * candidates.
 */
const char *parse_nearest(const char *word,
			  const char *(*next)(const void *ctx, size_t i),
			  const void *ctx);

#endif
