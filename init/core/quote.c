/* SPDX-License-Identifier: Apache-2.0 */
#include "core/quote.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The length of the UTF-8 sequence at s (RFC 3629), or 0 when it is none; at most 4. */
static size_t utf8_len(const unsigned char *s)
{
	static const struct {
		unsigned char mask, lead, len;
		uint32_t least;
	} forms[] = {
		{0x80, 0x00, 1, 0},
		{0xe0, 0xc0, 2, 0x80},
		{0xf0, 0xe0, 3, 0x800},
		{0xf8, 0xf0, 4, 0x10000},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		uint32_t c = s[0] & (unsigned char)~forms[i].mask;

		if ((s[0] & forms[i].mask) != forms[i].lead) {
			continue;
		}
		for (size_t k = 1; k < forms[i].len; k++) {
			if ((s[k] & 0xc0) != 0x80) {
				return 0;
			}
			c = c << 6 | (s[k] & 0x3fu);
		}
		if (c < forms[i].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
			return 0;
		}
		return forms[i].len;
	}
	return 0;
}

/* One character of text as it is to be shown; returns how many bytes of text it took. */
static size_t escape_one(char out[8], size_t *ret_len, const unsigned char *s, bool json)
{
	size_t len = utf8_len(s);
	/* U+0080..U+009F are control characters too: terminals obey them. */
	bool control = len == 0 || (len == 1 && (s[0] < 0x20 || s[0] == 0x7f)) ||
		       (len == 2 && s[0] == 0xc2 && s[1] < 0xa0);

	if (control) {
		*ret_len = (size_t)snprintf(out, 8, json ? "\\u%04x" : "\\x%02x",
					    len == 2 ? s[1] : s[0]);
		return len ? len : 1;
	}
	if (json && (s[0] == '"' || s[0] == '\\')) {
		out[0] = '\\';
		out[1] = (char)s[0];
		*ret_len = 2;
		return 1;
	}
	memcpy(out, s, len);
	*ret_len = len;
	return len;
}

size_t quote_escape(char *buf, size_t size, const char *text, bool json)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = 0, fits = 0;

	while (*s) {
		char one[8];
		size_t len;

		s += escape_one(one, &len, s, json);
		if (n + len > size) {
			if (size < 3) {
				return 0;
			}
			memcpy(buf + fits, "...", 3);
			return fits + 3;
		}
		memcpy(buf + n, one, len);
		n += len;
		if (n + 3 <= size) {
			fits = n;
		}
	}
	return n;
}

const char *quote_word(struct arena *a, const char *word)
{
	static const char bare[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		"_-./:=@%+,";
	size_t quotes = 0, len = strlen(word), n = 0;
	char *out;

	if (len > 0 && strspn(word, bare) == len) {
		return word;
	}
	for (const char *p = word; *p; p++) {
		quotes += *p == '\'';
	}
	out = arena_alloc(a, len + quotes * 3 + 3);
	out[n++] = '\'';
	for (const char *p = word; *p; p++) {
		if (*p == '\'') {
			memcpy(out + n, "'\\''", 4);
			n += 4;
		} else {
			out[n++] = *p;
		}
	}
	out[n] = '\'';
	return out;
}
