/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of parse.h that take a text apart: words, lists, and what a slip may have
 * meant.
 */
#include <ctype.h>
#include <string.h>

#include "core/parse.h"
#include "core/types.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/*
 * One word from *text on, which is moved behind it, written to out. quote says how the
 * text ended: 0 when the word is complete, else the quote that is open, or a backslash.
 */
static char *take_word(const char **text, char *out, char *ret_open)
{
	const char *s = *text;
	char quote = 0;

	for (; *s && (quote || !is_blank(*s)); s++) {
		if (*s == quote) {
			quote = 0;
		} else if (!quote && (*s == '\'' || *s == '"')) {
			quote = *s;
		} else if (*s != '\\' || quote == '\'') {
			*out++ = *s;
		} else if (s[1] == '\0') {
			quote = quote ? quote : '\\';
		} else if (s[1] == '\n') {
			s++; /* a continued line: both go */
		} else {
			if (quote && !strchr("$`\"\\", s[1])) {
				*out++ = '\\';
			}
			*out++ = *++s;
		}
	}
	*text = s;
	*ret_open = quote;
	return out;
}

int parse_words(struct arena *a, const char *text, struct strv *ret_words,
		struct err *reterr)
{
	/* Words and their NULs together are never longer than the text and its own. */
	char *out = arena_alloc(a, strlen(text) + 1);
	struct strv words = {0};
	const char *s = text;
	char open = 0;

	for (;;) {
		char *word = out;

		/* A line continued between words joins nothing and begins nothing. */
		while (is_blank(*s) || (s[0] == '\\' && s[1] == '\n')) {
			s += *s == '\\' ? 2 : 1;
		}
		if (!*s) {
			break;
		}
		out = take_word(&s, out, &open);
		if (open == '\\') {
			return err_config(reterr,
					  "cannot parse command " SHOWN
					  ": a backslash at the end has nothing to quote",
					  SHOW(text));
		}
		if (open) {
			return err_config(reterr,
					  "cannot parse command " SHOWN
					  ": the quote %c is not closed",
					  SHOW(text), open);
		}
		*out++ = '\0';
		strv_push(a, &words, word);
	}
	strv_extend(a, ret_words, words.v);
	return 0;
}

int parse_list(struct arena *a, const char *text, struct strv *ret_items,
	       struct err *reterr)
{
	struct strv items = {0};
	const char *s = text + strspn(text, " \t\n");

	while (*s) {
		size_t n = strcspn(s, ", \t\n");
		const char *next = s + n + strspn(s + n, " \t\n");

		/* No item before a comma, or none after the last. */
		if (n == 0 || (*next == ',' && !next[1 + strspn(next + 1, " \t\n")])) {
			return err_config(reterr,
					  "cannot parse list " SHOWN
					  ": an item is missing beside a comma",
					  SHOW(text));
		}
		strv_push(a, &items, arena_strndup(a, s, n));
		s = next;
		if (*s == ',') {
			s++;
			s += strspn(s, " \t\n");
		}
	}
	strv_extend(a, ret_items, items.v);
	return 0;
}

/* No name of ours is as long; what is longer is no slip of one. */
#define NEAREST_MAX 48

static bool same(char x, char y)
{
	return tolower((unsigned char)x) == tolower((unsigned char)y);
}

static unsigned char least(unsigned char x, unsigned char y)
{
	return x < y ? x : y;
}

/* Edits from a to b: a character put in, left out, changed, or two neighbours swapped. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned char d[NEAREST_MAX + 1][NEAREST_MAX + 1];

	for (size_t i = 0; i <= a_len; i++) {
		d[i][0] = (unsigned char)i;
	}
	for (size_t j = 0; j <= b_len; j++) {
		d[0][j] = (unsigned char)j;
	}
	for (size_t i = 1; i <= a_len; i++) {
		for (size_t j = 1; j <= b_len; j++) {
			unsigned char change = d[i - 1][j - 1];
			unsigned char best = least(d[i - 1][j], d[i][j - 1]);

			best++;
			change = (unsigned char)(change + !same(a[i - 1], b[j - 1]));
			best = least(best, change);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1])) {
				unsigned char swap = d[i - 2][j - 2];

				best = least(best, ++swap);
			}
			d[i][j] = best;
		}
	}
	return d[a_len][b_len];
}

const char *parse_nearest(const char *word,
			  const char *(*next)(const void *ctx, size_t i), const void *ctx)
{
	size_t len = strnlen(word, NEAREST_MAX + 1);
	unsigned limit = len < 3 ? 1 : (unsigned)len / 3;
	const char *best = NULL, *candidate;

	if (len > NEAREST_MAX) {
		return NULL;
	}
	for (size_t i = 0; (candidate = next(ctx, i)); i++) {
		size_t n = strnlen(candidate, NEAREST_MAX + 1);
		unsigned d;

		if (n > NEAREST_MAX) {
			continue;
		}
		d = distance(word, len, candidate, n);
		/* A word changed in every place is no slip. */
		if (d <= limit && d < len) {
			best = candidate;
			if (d == 0) {
				break;
			}
			limit = d - 1;
		}
	}
	return best;
}
