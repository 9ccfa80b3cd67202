/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the value of each kind: words, lists, numbers, durations, signals and so on. */
#include <stdlib.h>
#include <string.h>

#include "core/parse.h"
#include "core/signame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static void check_same(const struct strv *x, const struct strv *y)
{
	check(x->n == y->n);
	for (size_t i = 0; i < x->n; i++) {
		check(strcmp(x->v[i], y->v[i]) == 0);
	}
}

/* The word in single quotes, as a shell wants it. */
static char *quote(struct arena *a, const char *word)
{
	char *quoted = arena_alloc(a, 4 * strlen(word) + 3), *out = quoted;

	*out++ = '\'';
	for (; *word; word++) {
		out = *word == '\'' ? stpcpy(out, "'\\''") : (*out = *word, out + 1);
	}
	*out = '\'';
	return quoted;
}

/* The words, quoted, are the same words. */
static void check_words(struct arena *a, const char *text)
{
	struct strv words = {0}, again = {0};
	struct err err = {0};
	char *all, *out;

	if (parse_words(a, text, &words, &err) < 0) {
		check(words.n == 0 && err.status == STATUS_CONFIG);
		return;
	}
	out = all = arena_alloc(a, 5 * strlen(text) + 4 * words.n + 1);
	for (size_t i = 0; i < words.n; i++) {
		out = stpcpy(stpcpy(out, quote(a, words.v[i])), " ");
	}
	check(parse_words(a, all, &again, &err) == 0);
	check_same(&words, &again);
}

static void check_list(struct arena *a, const char *text)
{
	struct strv items = {0}, again = {0};
	char *all = arena_alloc(a, 2 * strlen(text) + 2), *out = all;

	if (parse_list(a, text, &items, NULL) < 0) {
		check(items.n == 0);
		return;
	}
	for (size_t i = 0; i < items.n; i++) {
		check(*items.v[i] && !strpbrk(items.v[i], ", \t\n"));
		out = stpcpy(stpcpy(out, i ? "," : ""), items.v[i]);
	}
	check(parse_list(a, all, &again, NULL) == 0);
	check_same(&items, &again);
}

static void check_signal(const char *text)
{
	char name[SIGNAL_NAME_MAX];
	int sig, back;

	if (signal_parse(text, &sig, NULL) == 0) {
		check(sig >= 1 && sig <= SIGNAL_MAX);
		check(signal_parse(signal_name(sig, name), &back, NULL) == 0 &&
		      back == sig);
	}
}

static void check_numbers(const char *text)
{
	struct err err;
	uint64_t u;
	int64_t i;
	msec_t msec;
	unsigned mode;
	bool b;

	if (parse_duration(text, &msec, &err) == 0) {
		check(msec >= 0 && msec <= INT64_MAX / 1000 + 1);
	}
	if (parse_uint(text, 1000, &u, &err) == 0) {
		check(u <= 1000);
		check(parse_int(text, 0, 1000, &i, &err) == 0 && (uint64_t)i == u);
		check(parse_bytes(text, &u, &err) == 0 && (uint64_t)i == u);
	}
	if (parse_int(text, -5, INT64_MAX, &i, &err) == 0) {
		check(i >= -5);
	}
	if (parse_mode(text, &mode, &err) == 0) {
		check(mode <= 07777);
	}
	(void)parse_bool(text, &b, &err);
}

static const char *candidate(const void *ctx, size_t i)
{
	static const char *const names[] = {"user", "stop_grace_period", "stop_signal",
					    "", "x"};

	(void)ctx;
	return i < ARRAY_LEN(names) ? names[i] : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	const char *text = arena_strndup(&a, (const char *)data, size);

	check_words(&a, text);
	check_list(&a, text);
	check_signal(text);
	check_numbers(text);
	(void)parse_nearest(text, candidate, NULL);
	arena_release(&a);
	return 0;
}
