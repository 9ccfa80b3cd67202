/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "core/scan.h"
#include "core/types.h"

#define WORDS 8

static const struct scan_option plain[] = {{'a', false, NULL}, {'b', true, NULL}};
static const struct scan_option named[] = {
	{'a', false, "alpha"}, {'v', false, "verbose"}, {'V', false, "version"},
	{'e', false, "ver"},   {'b', true, "beta"},
};

struct row {
	char *argv[WORDS];
	const char *steps; /* the letters found; the last is how it ended */
	const char *value; /* of the last option that had one */
	const char *as;	   /* at the end */
	const char *next;  /* first operand, or NULL */
};

/* . end, - end by dashes, ? unknown, ~ ambiguous, : needs a value, = takes none */
static char mark(enum scan_step step, bool dashes)
{
	static const char marks[] = {
		[SCAN_UNKNOWN] = '?',
		[SCAN_AMBIGUOUS] = '~',
		[SCAN_NEEDS_VALUE] = ':',
		[SCAN_TAKES_NONE] = '=',
	};

	return step == SCAN_END ? (dashes ? '-' : '.') : marks[step];
}

static void check(const struct row *row, const struct scan_option *options, size_t n,
		  bool abbreviate)
{
	struct scan s = {
		.options = options,
		.n_options = n,
		.abbreviate = abbreviate,
		.next = row->argv,
	};
	char steps[WORDS * 2] = "";
	const char *value = NULL, *next;
	enum scan_step step;
	size_t k = 0;

	while ((step = scan_next(&s)) == SCAN_OPTION) {
		steps[k++] = s.option->letter;
		value = s.value ? s.value : value;
	}
	steps[k] = mark(step, s.dashes);
	next = *s.next;
	if (strcmp(steps, row->steps) != 0 || strcmp(s.as, row->as) != 0 ||
	    strcmp(value ? value : "", row->value ? row->value : "") != 0 ||
	    strcmp(next ? next : "(null)", row->next ? row->next : "(null)") != 0) {
		fail_msg("%s...: %s value %s as %s next %s", row->argv[0], steps,
			 value ? value : "-", s.as, next ? next : "-");
	}
}

static void test_letters(void **state)
{
	static const struct row rows[] = {
		{{NULL}, ".", NULL, "", NULL},
		{{"x", "-a"}, ".", NULL, "", "x"},
		{{"-", "-a"}, ".", NULL, "", "-"},
		{{"", "-a"}, ".", NULL, "", ""},
		{{"--", "-a"}, "-", NULL, "", "-a"},
		{{"-a", "--"}, "a-", NULL, "-a", NULL},
		{{"-a", "x"}, "a.", NULL, "-a", "x"},
		{{"-aaa", "-a"}, "aaaa.", NULL, "-a", NULL},
		{{"-bx", "y"}, "b.", "x", "-b", "y"},
		{{"-b", "x", "y"}, "b.", "x", "-b", "y"},
		{{"-b", "", "y"}, "b.", "", "-b", "y"},
		{{"-abx"}, "ab.", "x", "-b", NULL},
		{{"-ab", "-a"}, "ab.", "-a", "-b", NULL},
		{{"-b", "--", "-a"}, "ba.", "--", "-a", NULL},
		{{"-b=x"}, "b.", "=x", "-b", NULL},
		{{"-b"}, ":", NULL, "-b", NULL},
		{{"-ab"}, "a:", NULL, "-b", NULL},
		{{"-c"}, "?", NULL, "-c", NULL},
		{{"-aca"}, "a?", NULL, "-c", NULL},
		/* No long forms: two dashes are the letter '-'. */
		{{"--a", "x"}, "?", NULL, "--", "x"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		check(&rows[i], plain, ARRAY_LEN(plain), false);
	}
}

#define LONG_NAME "--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_names(void **state)
{
	static const struct row exact[] = {
		{{"--alpha", "x"}, "a.", NULL, "--alpha", "x"},
		{{"--beta", "x", "y"}, "b.", "x", "--beta", "y"},
		{{"--beta=x", "y"}, "b.", "x", "--beta", "y"},
		{{"--beta=", "y"}, "b.", "", "--beta", "y"},
		{{"--beta=a=b"}, "b.", "a=b", "--beta", NULL},
		{{"--beta"}, ":", NULL, "--beta", NULL},
		{{"--alpha=x"}, "=", NULL, "--alpha", NULL},
		{{"--alpha="}, "=", NULL, "--alpha", NULL},
		{{"--alp"}, "?", NULL, "--alp", NULL},
		{{"--alphabet"}, "?", NULL, "--alphabet", NULL},
		{{"--=x"}, "?", NULL, "--", NULL},
		{{"---"}, "?", NULL, "---", NULL},
		{{"--ver", "-av"}, "eav.", NULL, "-v", NULL},
		{{LONG_NAME "zz=5"}, "?", NULL, LONG_NAME, NULL},
	};
	static const struct row abbreviated[] = {
		{{"--alp"}, "a.", NULL, "--alp", NULL},
		{{"--b=x"}, "b.", "x", "--b", NULL},
		{{"--b", "x"}, "b.", "x", "--b", NULL},
		{{"--ver"},
		 "e.",
		 NULL,
		 "--ver",
		 NULL}, /* exact, though it begins others */
		{{"--vers"}, "V.", NULL, "--vers", NULL},
		{{"--ve"}, "~", NULL, "--ve", NULL},
		{{"--=x"}, "~", NULL, "--", NULL},
		{{"--alphabet"}, "?", NULL, "--alphabet", NULL},
		{{"--al=x"}, "=", NULL, "--al", NULL},
		{{"--bet"}, ":", NULL, "--bet", NULL},
	};

	(void)state;
	assert_int_equal(strlen(LONG_NAME), SCAN_WORD_MAX - 1);
	for (size_t i = 0; i < ARRAY_LEN(exact); i++) {
		check(&exact[i], named, ARRAY_LEN(named), false);
	}
	for (size_t i = 0; i < ARRAY_LEN(abbreviated); i++) {
		check(&abbreviated[i], named, ARRAY_LEN(named), true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
