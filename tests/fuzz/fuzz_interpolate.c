/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a value with ${...}. */
#include <stdlib.h>
#include <string.h>

#include "core/interpolate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

/* A=value with ${A} in it, B=, C= a long one; the rest is unset. */
static const char *lookup(const void *ctx, const char *name, size_t name_len)
{
	static const char *const values[] = {
		"x${A}$y", "", "ccccccccccccccccccccccccccccccccccccccccccccccccccc"};

	(void)ctx;
	check(variable_name_len(name, name_len) == name_len);
	return name_len == 1 && *name >= 'A' && *name <= 'C' ? values[*name - 'A'] : NULL;
}

static void check_pieces(const struct piece *p, bool allow_secret)
{
	size_t total = 0;

	for (; p; p = p->next) {
		check(!p->text != !p->secret);
		if (p->text) {
			check(*p->text && !(p->next && p->next->text));
			total += strlen(p->text);
		} else {
			check(allow_secret &&
			      variable_name_len(p->secret, strlen(p->secret)) > 0);
		}
	}
	check(total <= INTERPOLATE_RESULT_MAX);
}

/* The text with every dollar sign doubled means the text. */
static void check_escaped(struct arena *a, const char *text)
{
	char *escaped = arena_alloc(a, 2 * strlen(text) + 1), *out = escaped;
	struct piece *pieces;

	for (const char *s = text; *s; s++) {
		if (*s == '$') {
			*out++ = '$';
		}
		*out++ = *s;
	}
	if (strlen(text) <= INTERPOLATE_RESULT_MAX) {
		check(interpolate(a, escaped, lookup, NULL, false, &pieces, NULL, NULL) ==
		      0);
		check(strcmp(pieces_text(a, pieces), text) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	const char *text = arena_strndup(&a, (const char *)data, size);

	for (int allow_secret = 0; allow_secret < 2; allow_secret++) {
		struct piece *pieces = NULL;
		const char *unset = NULL;
		struct err err = {0};

		if (interpolate(&a, text, lookup, NULL, allow_secret, &pieces, &unset,
				&err) < 0) {
			check(err.status == STATUS_CONFIG && *err.text);
		} else {
			check_pieces(pieces, allow_secret);
			check(!unset || !lookup(NULL, unset, strlen(unset)));
		}
	}
	check_escaped(&a, text);
	arena_release(&a);
	return 0;
}
