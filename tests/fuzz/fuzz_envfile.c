/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an env_file. What was read, written down in double quotes, must be read again
 * as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "core/env.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static const char *lookup(const void *ctx, const char *name, size_t name_len)
{
	(void)ctx;
	return name_len == 1 && *name == 'A' ? "a\"\\$A'\n" : NULL;
}

static const char *nothing(const void *ctx, const char *name, size_t name_len)
{
	(void)ctx;
	(void)name;
	(void)name_len;
	return NULL;
}

static char *write_item(char *out, const char *name, const char *value)
{
	out = stpcpy(stpcpy(out, name), "=\"");
	for (; *value; value++) {
		if (strchr("\"\\$", *value)) {
			*out++ = '\\';
		}
		*out++ = *value;
	}
	return stpcpy(out, "\"\n");
}

static void check_again(struct arena *a, const struct env *e)
{
	struct problems p = {.arena = a};
	struct env again = {0};
	size_t len = 0;
	char *text, *out;

	for (size_t i = 0; i < e->n; i++) {
		check(env_name_accepted(e->v[i].name) && e->v[i].source == ENV_FILE);
		check(!pieces_have_secret(e->v[i].pieces));
		len += strlen(e->v[i].name) + 2 * strlen(pieces_text(a, e->v[i].pieces)) +
		       5;
	}
	out = text = arena_alloc(a, len + 1);
	for (size_t i = 0; i < e->n; i++) {
		out = write_item(out, e->v[i].name, pieces_text(a, e->v[i].pieces));
	}
	env_file_parse(a, "b.env", text, strlen(text), nothing, NULL, &again, &p);
	check(p.n == 0 && again.n == e->n);
	for (size_t i = 0; i < e->n; i++) {
		check(strcmp(e->v[i].name, again.v[i].name) == 0);
		check(strcmp(pieces_text(a, e->v[i].pieces),
			     pieces_text(a, again.v[i].pieces)) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct problems p = {.arena = &a};
	struct env e = {0};
	unsigned line = 0;

	env_file_parse(&a, "a.env", (const char *)data, size, lookup, NULL, &e, &p);
	check(p.n <= 51);
	for (const struct problem *q = p.first; q; q = q->next) {
		check(q->at.line > line || (q->at.line == line && !q->next));
		line = q->at.line;
	}
	check_again(&a, &e);
	arena_release(&a);
	return 0;
}
