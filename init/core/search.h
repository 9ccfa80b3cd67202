/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text looked for in bytes that come in pieces of any size, without keeping them (Knuth, Morris and Pratt's search).
 */
#ifndef CARDEA_CORE_SEARCH_H
#define CARDEA_CORE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEARCH_MAX 256 /* bytes of the text */

struct search {
	const char *text;
	size_t len;
	size_t matched; /* so many bytes of the text end where the input is now */
	uint8_t border
		[SEARCH_MAX]; /* longest proper beginning that also ends at byte i */
};

/* text stays the caller's; 1 to SEARCH_MAX bytes of any value. */
void search_init(struct search *s, const char *text, size_t len);

/* Whether the text ends with this byte. After true, begin anew. */
bool search_byte(struct search *s, char byte);

#endif
