/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "core/interpolate.h"

/* FOO=first, EMPTY=, DOLLAR=${FOO}, BIG= 1000 bytes; the rest is unset. */
static const char *lookup(const void *ctx, const char *name, size_t name_len)
{
	static const struct {
		const char *name, *value;
	} variables[] = {
		{"FOO", "first"}, {"EMPTY", ""}, {"DOLLAR", "${FOO}"}, {"_2", "two"}};

	for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
		if (strlen(variables[i].name) == name_len &&
		    memcmp(variables[i].name, name, name_len) == 0) {
			return variables[i].value;
		}
	}
	return name_len == 3 && memcmp(name, "BIG", 3) == 0 ? ctx : NULL;
}

/* Pieces as "text", with a secret as "<NAME>". */
static const char *shown(struct arena *a, const struct piece *p)
{
	const char *text = "";

	for (; p; p = p->next) {
		text = p->secret ? arena_printf(a, "%s<%s>", text, p->secret)
				 : arena_printf(a, "%s%s", text, p->text);
	}
	return text;
}

static void test_values(void **state)
{
	static const struct {
		const char *text, *value, *unset;
	} rows[] = {
		{"", "", NULL},
		{"plain text", "plain text", NULL},
		{"$$", "$", NULL},
		{"$$$$", "$$", NULL},
		{"a$$b", "a$b", NULL},
		{"$${FOO}", "${FOO}", NULL},
		{"$$$FOO", "$first", NULL},
		{"$FOO", "first", NULL},
		{"${FOO}", "first", NULL},
		{"a${FOO}b", "afirstb", NULL},
		{"$FOO-bar", "first-bar", NULL},
		{"$FOO$FOO", "firstfirst", NULL},
		{"$_2.$_2x", "two.", "_2x"},
		{"${FOO}}", "first}", NULL},
		{"{$FOO}", "{first}", NULL},
		{"$DOLLAR", "${FOO}", NULL}, /* a value is not expanded again */
		{"$NOPE", "", "NOPE"},
		{"a${NOPE}b$OTHER", "ab", "NOPE"}, /* the first is told */
		{"${EMPTY}", "", NULL},
		{"${NOPE:-d}", "d", NULL},
		{"${NOPE-d}", "d", NULL},
		{"${EMPTY:-d}", "d", NULL},
		{"${EMPTY-d}", "", NULL},
		{"${FOO:-d}", "first", NULL},
		{"${FOO-d}", "first", NULL},
		{"${NOPE:-}", "", NULL},
		{"${NOPE-}", "", NULL},
		{"${NOPE:+r}", "", NULL},
		{"${NOPE+r}", "", NULL},
		{"${EMPTY:+r}", "", NULL},
		{"${EMPTY+r}", "r", NULL},
		{"${FOO:+r}", "r", NULL},
		{"${FOO+r}", "r", NULL},
		{"${FOO+}", "", NULL},
		{"${FOO:?m}", "first", NULL},
		{"${FOO?m}", "first", NULL},
		{"${EMPTY?m}", "", NULL},
		/* the first operator counts */
		{"${NOPE:-/non:-alpha}", "/non:-alpha", NULL},
		{"${NOPE-x?y}", "x?y", NULL},
		{"${FOO?x-y}", "first", NULL},
		{"${NOPE-:+x}", ":+x", NULL},
		/* words */
		{"${NOPE-$FOO}", "first", NULL},
		{"${NOPE-${FOO} ${FOO}}!", "first first!", NULL},
		{"${NOPE:-${EMPTY:-${FOO}}}", "first", NULL},
		{"${NOPE:-$OTHER}", "", "OTHER"},
		{"${NOPE:-$$}", "$", NULL},
		{"${NOPE:-a b'c\"}", "a b'c\"", NULL},
		{"${NOPE:-{\"a\":{}}}", "{\"a\":{}}", NULL},
		{"${NOPE:-$${FOO}}", "${FOO}", NULL},
		{"${FOO+${FOO}}", "first", NULL},
		/* only the word that is used is evaluated */
		{"${FOO:-${NOPE:?m}}", "first", NULL},
		{"${FOO:-$NOPE}", "first", NULL},
		{"${NOPE+${NOPE:?m}}", "", NULL},
		{"${FOO:?${NOPE:?m}}", "first", NULL},
		/* a variable may be called secret */
		{"${secret}", "", "secret"},
		{"${secret:-x}", "x", NULL},
		{"${secret-x}", "x", NULL},
		{"$secret:x", ":x", "secret"},
		/* secrets */
		{"${secret:DB}", "<DB>", NULL},
		{"a${secret:DB}b${secret:X_1}", "a<DB>b<X_1>", NULL},
		{"${NOPE:-${secret:DB}}", "<DB>", NULL},
		{"${FOO:-${secret:DB}}", "first", NULL},
		{"${FOO:+x${secret:DB}y}$FOO", "x<DB>yfirst", NULL},
		/* sixteen deep */
		{"${A-${A-${A-${A-${A-${A-${A-${A-${A-${A-${A-${A-${A-${A-${A-${A-x}}}}}}}}}}}}}}}}",
		 "x", NULL},
		{"\xff\x01", "\xff\x01", NULL},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct piece *pieces = NULL;
		const char *unset = "not written";
		struct err err = {0};

		if (interpolate(&a, rows[i].text, lookup, NULL, true, &pieces, &unset,
				&err) != 0 ||
		    strcmp(shown(&a, pieces), rows[i].value) != 0) {
			fail_msg("'%s': '%s' %s", rows[i].text, shown(&a, pieces),
				 err.text);
		}
		if (unset != rows[i].unset &&
		    (!unset || !rows[i].unset || strcmp(unset, rows[i].unset) != 0)) {
			fail_msg("'%s': unset %s", rows[i].text, unset ? unset : "NULL");
		}
	}
	arena_release(&a);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"$",
		 "cannot interpolate '$': invalid interpolation format: write $$ for a"},
		{"a$ b", "cannot interpolate '$ ': invalid interpolation format"},
		{"$1", "cannot interpolate '$1': invalid interpolation format"},
		{"$}", "cannot interpolate '$}': invalid interpolation format"},
		{"$(x)", "cannot interpolate '$(': invalid interpolation format"},
		{"${", "cannot interpolate '${': a '{' is not closed"},
		{"${FOO", "cannot interpolate '${FOO': a '{' is not closed"},
		{"${FOO:-x{}", "cannot interpolate '${FOO:': a '{' is not closed"},
		{"${}",
		 "cannot interpolate '${}': invalid interpolation format: after '${'"},
		{"${ FOO}",
		 "cannot interpolate '${ ': invalid interpolation format: after '${'"},
		{"${1}", "cannot interpolate '${1': invalid interpolation format"},
		{"${:-x}", "cannot interpolate '${:': invalid interpolation format"},
		{"${FOO }",
		 "cannot interpolate '${FOO ': invalid interpolation format: after the name"},
		{"${FOO!}", "cannot interpolate '${FOO!': invalid interpolation format"},
		{"${FOO:}", "cannot interpolate '${FOO:': invalid interpolation format"},
		{"${FOO:x}", "cannot interpolate '${FOO:': invalid interpolation format"},
		{"${FOO:=x}",
		 "cannot interpolate '${FOO:': invalid interpolation format"},
		/* a word that is not used must be right all the same */
		{"${FOO:-$}", "cannot interpolate '$': invalid"},
		{"${NOPE+${x y}}", "cannot interpolate '${x '"},
		{"${FOO?$}", "cannot interpolate '$'"},
		{"${NOPE?$}", "cannot interpolate '$'"},
		{"${NOPE:?}", "required variable NOPE is missing a value"},
		{"${NOPE?}", "required variable NOPE is missing a value"},
		{"${EMPTY:?}", "required variable EMPTY is missing a value"},
		{"${NOPE:?say so}", "required variable NOPE is missing a value: say so"},
		{"${NOPE?say ${FOO}}",
		 "required variable NOPE is missing a value: say first"},
		{"${NOPE?}x", "required variable NOPE is missing a value"},
		{"${NOPE:-${NOPE:?m}}", "required variable NOPE is missing a value: m"},
		{"${secret:}",
		 "cannot interpolate '${secret:': the name of a secret is expected"},
		{"${secret:a b}", "the name of a secret is expected"},
		{"${secret:a-b}", "the name of a secret is expected"},
		{"${secret:1}", "the name of a secret is expected"},
		{"${secret:$FOO}", "the name of a secret is expected"},
		{"${FOO:-${secret:}}", "the name of a secret is expected"},
		/* a message is printed */
		{"${NOPE:?${secret:DB}}",
		 "cannot interpolate '${secret:DB}': a secret may only"},
		{"${FOO:?${secret:DB}}",
		 "cannot interpolate '${secret:DB}': a secret may only"},
		{"${A-${A-${A-${A-${A-${A-${A-${A-${A-${A-${A-${A-${A-${A-${A-${A-${A}}}}}}}}}}}}}}}}}",
		 "cannot interpolate '${A}': it is nested too deep"},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct piece *pieces = (struct piece *)&rows;
		const char *unset = "not written";
		struct err err = {0};

		if (interpolate(&a, rows[i].text, lookup, NULL, true, &pieces, &unset,
				&err) != -EINVAL ||
		    strncmp(err.text, rows[i].why, strlen(rows[i].why)) != 0) {
			if (!strstr(err.text, rows[i].why)) {
				fail_msg("'%s': %s", rows[i].text, err.text);
			}
		}
		assert_ptr_equal(pieces, &rows);
		assert_string_equal(unset, "not written");
	}
	arena_release(&a);
}

static void test_no_secret_here(void **state)
{
	static const char *const texts[] = {"${secret:DB}", "x${secret:DB}",
					    "${FOO:-${secret:DB}}",
					    "${NOPE+${secret:DB}}"};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct piece *pieces = NULL;
		struct err err = {0};

		assert_int_equal(interpolate(&a, texts[i], lookup, NULL, false, &pieces,
					     NULL, &err),
				 -EINVAL);
		assert_string_equal(
			err.text, "cannot interpolate '${secret:DB}': a secret may only "
				  "be used in a value of [environment]");
	}
	arena_release(&a);
}

/* What stands behind a stray '$' is often the rest of a password. */
static void test_says_no_more_than_the_mistake(void **state)
{
	static const char *const texts[] = {"pa$,hunter2",    "pa${hunter2",
					    "pa${X!hunter2}", "${hunter2",
					    "${X:-hunter2",   "${secret:hunter 2}"};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct piece *pieces = NULL;
		struct err err = {0};

		assert_int_equal(interpolate(&a, texts[i], lookup, NULL, false, &pieces,
					     NULL, &err),
				 -EINVAL);
		/* It may have been meant for a name in the second and fourth. */
		if (strstr(err.text, "hunter2") && !strstr(err.text, "'${hunter2'")) {
			fail_msg("'%s': %s", texts[i], err.text);
		}
	}
	arena_release(&a);
}

static void test_limits(void **state)
{
	struct arena a = {0};
	char *text = arena_alloc(&a, INTERPOLATE_RESULT_MAX + 2);
	char *big = arena_alloc(&a, 1001);
	struct piece *pieces = NULL;
	struct err err = {0};

	(void)state;
	memset(text, 'x', INTERPOLATE_RESULT_MAX);
	assert_int_equal(interpolate(&a, text, lookup, NULL, false, &pieces, NULL, &err),
			 0);
	assert_int_equal(strlen(pieces->text), INTERPOLATE_RESULT_MAX);
	text[INTERPOLATE_RESULT_MAX] = 'x';
	assert_int_equal(interpolate(&a, text, lookup, NULL, false, &pieces, NULL, &err),
			 -EINVAL);
	assert_string_equal(err.text,
			    "cannot interpolate: the result is longer than 131072 bytes");

	memset(big, 'y', 1000);
	text[0] = '\0';
	for (size_t i = 0; i < 132; i++) {
		memcpy(text + i * 4, "$BIG", 5);
	}
	assert_int_equal(interpolate(&a, text, lookup, big, false, &pieces, NULL, &err),
			 -EINVAL);
	/* A word that is not used does not count. */
	text = arena_printf(&a, "${FOO:-%s}", text);
	assert_int_equal(interpolate(&a, text, lookup, big, false, &pieces, NULL, &err),
			 0);
	assert_string_equal(pieces_text(&a, pieces), "first");
	/* A name or message of any length makes no message of any length. */
	memset(big, 'N', 1000);
	assert_int_equal(interpolate(&a, arena_printf(&a, "${%s!}", big), lookup, NULL,
				     false, &pieces, NULL, &err),
			 -EINVAL);
	assert_true(strlen(err.text) < 250);
	arena_release(&a);
}

static void test_pieces(void **state)
{
	struct piece third = {NULL, "c", NULL}, second = {&third, "b", NULL},
		     first = {&second, "a", NULL}, secret = {NULL, NULL, "DB"};
	struct arena a = {0};

	(void)state;
	assert_string_equal(pieces_text(&a, NULL), "");
	assert_string_equal(pieces_text(&a, &third), "c");
	assert_string_equal(pieces_text(&a, &first), "abc");
	assert_false(pieces_have_secret(NULL));
	assert_false(pieces_have_secret(&first));
	assert_true(pieces_have_secret(&secret));
	third.next = &secret;
	assert_true(pieces_have_secret(&first));
	arena_release(&a);
}

static void test_literals_are_one_piece(void **state)
{
	struct arena a = {0};
	struct piece *pieces = NULL;

	(void)state;
	assert_int_equal(interpolate(&a, "a$$b${FOO}c${secret:X}d${NOPE}e", lookup, NULL,
				     true, &pieces, NULL, NULL),
			 0);
	assert_string_equal(pieces->text, "a$bfirstc");
	assert_string_equal(pieces->next->secret, "X");
	assert_string_equal(pieces->next->next->text, "de");
	assert_null(pieces->next->next->next);
	assert_int_equal(
		interpolate(&a, "$NOPE", lookup, NULL, true, &pieces, NULL, NULL), 0);
	assert_null(pieces);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_secret_here),
		cmocka_unit_test(test_says_no_more_than_the_mistake),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_literals_are_one_piece),
	};

	return cmocka_run_group_tests_name("interpolate", tests, NULL, NULL);
}
