/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "core/parse.h"

#define WORDS_MAX 6

/* The same rows are tried in a real shell by tests/golden/test_words.py. */
static const struct {
	const char *text;
	const char *words[WORDS_MAX];
} word_rows[] = {
#define WORDS(text, ...) {text, {__VA_ARGS__}},
#include "words.def"
#undef WORDS
};

static void test_words(void **state)
{
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(word_rows); i++) {
		struct strv words = {0};
		struct err err = {0};
		size_t n = 0;

		assert_int_equal(parse_words(&a, word_rows[i].text, &words, &err), 0);
		for (; n < WORDS_MAX && word_rows[i].words[n]; n++) {
			if (n >= words.n ||
			    strcmp(words.v[n], word_rows[i].words[n]) != 0) {
				fail_msg("<%s>: word %zu", word_rows[i].text, n);
			}
		}
		if (words.n != n) {
			fail_msg("<%s>: %zu words", word_rows[i].text, words.n);
		}
	}
	arena_release(&a);
}

static void test_words_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"a 'b", "the quote ' is not closed"},
		{"a \"b", "the quote \" is not closed"},
		{"a \"b\\", "the quote \" is not closed"},
		{"a \"b\\\"", "the quote \" is not closed"},
		{"'", "the quote ' is not closed"},
		{"a'b\\'c'", "the quote ' is not closed"},
		{"a\\", "a backslash at the end has nothing to quote"},
		{"\\", "a backslash at the end has nothing to quote"},
		{"a b \\", "a backslash at the end has nothing to quote"},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strv words = {0};
		struct err err = {0};

		if (parse_words(&a, rows[i].text, &words, &err) != -EINVAL ||
		    words.n != 0 ||
		    strncmp(err.text, "cannot parse command '", 22) != 0 ||
		    !strstr(err.text, rows[i].why)) {
			fail_msg("<%s>: %zu %s", rows[i].text, words.n, err.text);
		}
	}
	arena_release(&a);
}

static void test_words_append(void **state)
{
	struct arena a = {0};
	struct strv words = {0};

	(void)state;
	assert_int_equal(parse_words(&a, "a b", &words, NULL), 0);
	assert_int_equal(parse_words(&a, "c", &words, NULL), 0);
	assert_int_equal(words.n, 3);
	assert_string_equal(words.v[2], "c");
	arena_release(&a);
}

static void test_list(void **state)
{
	static const struct {
		const char *text;
		const char *items[4];
		bool bad;
	} rows[] = {
		{"", {NULL}, false},
		{" \t", {NULL}, false},
		{"a", {"a"}, false},
		{"a,b", {"a", "b"}, false},
		{"a, b", {"a", "b"}, false},
		{"a ,b", {"a", "b"}, false},
		{" a\tb  c ", {"a", "b", "c"}, false},
		{"a b,c", {"a", "b", "c"}, false},
		{"'a", {"'a"}, false}, /* quotes are nothing special */
		{",", {NULL}, true},
		{",a", {NULL}, true},
		{"a,", {NULL}, true},
		{"a, ", {NULL}, true},
		{"a,,b", {NULL}, true},
		{"a, ,b", {NULL}, true},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strv items = {0};
		struct err err = {0};
		int r = parse_list(&a, rows[i].text, &items, &err);
		size_t n = 0;

		if (r != (rows[i].bad ? -EINVAL : 0) ||
		    (rows[i].bad && strncmp(err.text, "cannot parse list '", 19) != 0)) {
			fail_msg("<%s>: %d %s", rows[i].text, r, err.text);
		}
		for (; n < 4 && rows[i].items[n]; n++) {
			assert_true(n < items.n);
			assert_string_equal(items.v[n], rows[i].items[n]);
		}
		assert_int_equal(items.n, n);
	}
	arena_release(&a);
}

static const char *const candidates[] = {
	"user",
	"umask",
	"stop_signal",
	"stop_grace_period",
	"cap_add",
	"cap_drop",
	"a-name-so-long-that-nobody-can-have-meant-it-by-any-slip",
	"go",
	"log_level"};

static const char *candidate_at(const void *ctx, size_t i)
{
	return i < ARRAY_LEN(candidates) ? ((const char *const *)ctx)[i] : NULL;
}

static void test_nearest(void **state)
{
	static const struct {
		const char *word, *near;
	} rows[] = {
		{"user", "user"},
		{"USER", "user"},
		{"usr", "user"},   /* one left out */
		{"users", "user"}, /* one too many */
		{"uzer", "user"},  /* one changed */
		{"uesr", "user"},  /* two swapped */
		{"cap_ad", "cap_add"},
		{"cap_dorp", "cap_drop"},
		{"stop_sginal", "stop_signal"},
		{"stopsignal", "stop_signal"},
		{"stop-signal", "stop_signal"},
		{"stop_grace_time", "stop_grace_period"},
		{"loglevel", "log_level"},
		{"og", "go"},
		{"o", NULL}, /* changed in every place: no slip */
		{"xser", "user"},
		{"xxer", NULL},
		{"", NULL},
		{"something_else", NULL},
		{"a-name-so-long-that-nobody-can-have-meant-it-by-any-slip", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *near = parse_nearest(rows[i].word, candidate_at, candidates);

		if (near != rows[i].near &&
		    (!near || !rows[i].near || strcmp(near, rows[i].near) != 0)) {
			fail_msg("'%s': %s", rows[i].word, near ? near : "nothing");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),	     cmocka_unit_test(test_words_refused),
		cmocka_unit_test(test_words_append), cmocka_unit_test(test_list),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
