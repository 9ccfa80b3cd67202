/* SPDX-License-Identifier: Apache-2.0 */
/* Making text safe to show: hostile bytes must not reach a terminal or break a JSON line. */
#ifndef CARDEA_CORE_QUOTE_H
#define CARDEA_CORE_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

/*
 * Append text to buf, at most size bytes, no NUL added. Control characters and DEL become \xNN (json: \u00NN), bytes that are not
 * UTF-8 likewise; json also escapes quote and backslash. Too long a text is cut at a whole character and ends in "...". Returns the bytes
 * written. No allocation; safe in the loop.
 */
size_t quote_escape(char *buf, size_t size, const char *text, bool json);

/* A word as a shell would take it back: bare when it needs no quotes, else in single quotes. From a. */
const char *quote_word(struct arena *a, const char *word);

#endif
