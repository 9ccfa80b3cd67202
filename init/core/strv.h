/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing list of strings, always followed by a NULL so that v can be an argv. An
 * empty one has v NULL or v[0] NULL. The arena given to each call owns the array;
 * strings are kept, not copied.
 */
#ifndef CARDEA_CORE_STRV_H
#define CARDEA_CORE_STRV_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

struct strv {
	char **v;
	size_t n;
	size_t room;
};

void strv_push(struct arena *a, struct strv *s, char *str);

/* All of a NULL-terminated vector. */
void strv_extend(struct arena *a, struct strv *s, char *const *v);

bool strv_contains(const struct strv *s, const char *str);

#endif
