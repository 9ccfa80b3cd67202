/* SPDX-License-Identifier: Apache-2.0 */
#include "core/search.h"

/* How much of the text is matched when byte follows `matched` bytes of it. */
static size_t advance(const struct search *s, size_t matched, char byte)
{
	while (matched > 0 && s->text[matched] != byte) {
		matched = s->border[matched - 1];
	}
	return matched + (s->text[matched] == byte);
}

void search_init(struct search *s, const char *text, size_t len)
{
	*s = (struct search){.text = text, .len = len};
	for (size_t i = 1; i < len; i++) {
		s->border[i] = (uint8_t)advance(s, s->border[i - 1], text[i]);
	}
}

bool search_byte(struct search *s, char byte)
{
	s->matched = advance(s, s->matched, byte);
	return s->matched == s->len;
}
