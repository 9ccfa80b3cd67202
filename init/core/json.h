/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict JSON (jansson: no duplicate keys, no trailing text, valid UTF-8, no NUL) with two things
 * that jansson lacks: whole numbers up to 2^64-1, and the line on which a value stands.
 */
#ifndef CARDEA_CORE_JSON_H
#define CARDEA_CORE_JSON_H

#include <jansson.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/types.h"

/* The way from a value up to the root: each step a member's key, or an array's index. */
struct json_path {
	const struct json_path
		*up;	 /* NULL: this is the root, key and index say nothing */
	const char *key; /* NULL: index counts */
	size_t index;
};

/*
 * Parse len bytes of text; the result is the caller's, to json_decref(). NULL after appending to p
 * one problem with its line, source as its origin's.
 */
json_t *json_parse(struct arena *a, const char *source, const char *text, size_t len,
		   struct problems *p);

/* true and the number when v is a whole number from 0 to 2^64-1. */
bool json_get_u64(const json_t *v, uint64_t *ret_value);

/* "a text", "a number", ...: what v is, for messages. */
const char *json_kind(const json_t *v);

/*
 * The line, from 1, of the value that path leads to in text that json_parse took: a member's line is
 * its key's. When the way cannot be followed (a key written with escapes) the last line reached.
 */
unsigned json_line(const char *text, size_t len, const struct json_path *path);

#endif
