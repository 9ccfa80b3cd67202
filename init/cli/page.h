/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page that `cardea plan` prints: sections of lines, one line a decision, so that a diff of two plans reads well.
 */
#ifndef CARDEA_CLI_PAGE_H
#define CARDEA_CLI_PAGE_H

#include "core/arena.h"
#include "core/strv.h"
#include "core/types.h"

struct page {
	struct arena *arena;
	int error; /* of a line that could not be written, or 0 */
};

void page_section(struct page *out, const char *name);

/* "  KEY   text"; a text that is too long is cut, and what a terminal would obey is made harmless. */
void page_line(struct page *out, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Words as a shell would take them back. From a. */
const char *page_words(struct arena *a, const struct strv *v);

/* "90s", "250ms" */
const char *page_span(struct arena *a, msec_t msec);

/* The first of these paths that can be executed here, or "not found here". */
const char *page_found(struct arena *a, const struct strv *paths);

#endif
