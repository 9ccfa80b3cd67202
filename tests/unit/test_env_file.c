/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "core/env.h"

/* The container's environment of these tests: OUT=side, EMPTY=. */
static const char *lookup(const void *ctx, const char *name, size_t name_len)
{
	(void)ctx;
	if (name_len == 3 && memcmp(name, "OUT", 3) == 0) {
		return "side";
	}
	return name_len == 5 && memcmp(name, "EMPTY", 5) == 0 ? "" : NULL;
}

/* All of e as "NAME=value|NAME=value". */
static const char *shown(struct arena *a, const struct env *e)
{
	const char *text = "";

	for (size_t i = 0; i < e->n; i++) {
		text = arena_printf(a, "%s%s%s=%s", text, i ? "|" : "", e->v[i].name,
				    pieces_text(a, e->v[i].pieces));
	}
	return text;
}

static void test_dialect(void **state)
{
	static const struct {
		const char *text, *env;
	} rows[] = {
		{"", ""},
		{"\n\n  \n# comment\n  # another\n", ""},
		{"A=1", "A=1"},
		{"A=1\n", "A=1"},
		{"A=1\r\nB=2\r\n", "A=1|B=2"},
		{"\xef\xbb\xbf"
		 "A=1\n",
		 "A=1"},
		{"A=1\nB=2\nA=3\n", "A=3|B=2"},
		{"  A = 1 \nB\t=\t2\t\n", "A=1|B=2"},
		{"export A=1\nexport\tB=2\n  export  C=3\n", "A=1|B=2|C=3"},
		{"export=1\nexportA=2\n", "export=1|exportA=2"},
		{"A: 1\nB:2\n", "A=1|B=2"},
		{"A=b=c:d\n", "A=b=c:d"},
		{"A=\nB= \nC=''\nD=\"\"\n", "A=|B=|C=|D="},
		{"spring.data-source[0]=x\n", "spring.data-source[0]=x"},
		/* comments */
		{"A=1 # c\nB=1# c\nC=#1\nD=1 #\n", "A=1|B=1# c|C=#1|D=1"},
		{"A='1' # c\nB=\"2\"# c\nC='# 3'\n", "A=1|B=2|C=# 3"},
		/* inherited */
		{"OUT\nEMPTY\nNOPE\nexport OUT\n", "OUT=side|EMPTY="},
		{"OUT", "OUT=side"},
		{"OUT  \r\n", "OUT=side"},
		/* interpolation: the container's comes before the file's */
		{"A=$OUT\nB=${OUT}\nC=${NOPE:-d}\nD=$$OUT\n", "A=side|B=side|C=d|D=$OUT"},
		{"A=\"$OUT\"\nB='$OUT'\n", "A=side|B=$OUT"},
		{"X=1\nA=$X\nB=\"${X}2\"\nX=3\nC=$X\n", "X=3|A=1|B=12|C=3"},
		{"OUT=mine\nA=$OUT\n", "OUT=mine|A=side"},
		{"E=\nA=${E:-d}${E-d}\n", "E=|A=d"},
		{"A=$EMPTY${EMPTY:-d}\n", "A=d"},
		/* quotes */
		{"A='a b'\nB=\"a b\"\n", "A=a b|B=a b"},
		{"A='a\nb'\nB=\"c\n\nd\"\n", "A=a\nb|B=c\n\nd"},
		{"A='a\"b'\nB=\"a'b\"\n", "A=a\"b|B=a'b"},
		{"A='a\\'b'\nB=\"a\\\"b\"\n", "A=a'b|B=a\"b"},
		{"A='\\n\\\\\\x'\n", "A=\\n\\\\\\x"},
		{"A=\"\\a\\b\\f\\n\\r\\t\\v\\\\\"\n", "A=\a\b\f\n\r\t\v\\"},
		{"A=\"\\$OUT \\\\$OUT $$OUT\"\n", "A=$OUT \\side $OUT"},
		{"A=\"\\x\\'\\1\\c\"\n", "A=\\x\\'\\1\\c"},
		{"A=\"\\033[1m\\07\\0101\\01018\"\n", "A=\x1b[1m\x07"
						      "A"
						      "A8"},
		{"A=\"\\0377\"\n", "A=\xff"},
		{"A=\"a\\\nb\"\nB=1\n", "A=a\\\nb|B=1"},
		{"A=a'b\"c\nB=\\n\n",
		 "A=a'b\"c|B=\\n"}, /* not at the beginning: no quotes */
		{"A=\"x\" \t\r\nB=1", "A=x|B=1"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct env e = {0};
		struct problems p = {.arena = &a};

		env_file_parse(&a, "x.env", rows[i].text, strlen(rows[i].text), lookup,
			       NULL, &e, &p);
		if (p.n > 0 || strcmp(shown(&a, &e), rows[i].env) != 0) {
			fail_msg("<%s>: <%s> %s", rows[i].text, shown(&a, &e),
				 p.n ? problem_format(&a, p.first) : "");
		}
		for (size_t j = 0; j < e.n; j++) {
			assert_int_equal(e.v[j].source, ENV_FILE);
			assert_string_equal(e.v[j].at.source, "x.env");
			assert_true(e.v[j].at.line > 0);
		}
		arena_release(&a);
	}
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *env, *why; /* the first problem */
		size_t n;
	} rows[] = {
		{"A=1\nB C=2\nD=3\n", "A=1|D=3",
		 "x.env:2: expected NAME=value: a name has", 1},
		{"B C=\"x\nD=1\"\nE=2\n", "E=2",
		 "x.env:1: expected NAME=value: a name has", 1},
		{"B C='x\nD=1\n", "", "x.env:1: expected NAME=value: a name has", 1},
		{"1A=2\n", "", "x.env:1: expected NAME=value: a name has", 1},
		{"=2\n", "", "x.env:1: expected NAME=value: a name has", 1},
		{"no name\nA=1\n", "A=1", "x.env:1: expected NAME=value", 1},
		{"export\n", "", "", 0}, /* the name of a variable that is not set */
		{"A='x\nB=1\n", "", "x.env:1: the quote ' is not closed", 1},
		{"\nA=\"x\nB=1\n", "", "x.env:2: the quote \" is not closed", 1},
		{"A=\"x\\\"\n", "", "x.env:1: the quote \" is not closed", 1},
		{"A=\"x\\", "", "x.env:1: the quote \" is not closed", 1},
		{"A='x\ny'z\nB=1\n", "B=1",
		 "x.env:1: there is text behind the closing quote '", 1},
		{"A=$(x)\nB=1\n", "B=1", "x.env:1: cannot interpolate '$(': invalid", 1},
		{"A='1\n2'\nB=\"${NOPE:?m}\"\n", "A=1\n2",
		 "x.env:3: required variable NOPE is missing a value: m", 1},
		{"A=${secret:DB}\n", "",
		 "x.env:1: cannot interpolate '${secret:DB}': a secret may only", 1},
		{"A=\"\\0\"\n", "",
		 "x.env:1: \\0 must be followed by octal digits, 001 to 377", 1},
		{"A=\"\\0400\"\n", "", "x.env:1: \\0 must be followed", 1},
		{"A=\"\\08\"\n", "", "x.env:1: \\0 must be followed", 1},
		{"A B\nC D\n\nE=1\n?\n", "E=1", "x.env:1: expected NAME=value", 3},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct env e = {0};
		struct problems p = {.arena = &a};
		const char *first;

		env_file_parse(&a, "x.env", rows[i].text, strlen(rows[i].text), lookup,
			       NULL, &e, &p);
		first = p.n ? problem_format(&a, p.first) : "";
		if (p.n != rows[i].n ||
		    strncmp(first, rows[i].why, strlen(rows[i].why)) != 0 ||
		    strcmp(shown(&a, &e), rows[i].env) != 0) {
			fail_msg("<%s>: <%s> %zu %s", rows[i].text, shown(&a, &e), p.n,
				 first);
		}
		arena_release(&a);
	}
}

/* A quote that is missing must not print the secrets that follow. */
static void test_says_no_value(void **state)
{
	static const char *const texts[] = {
		"A='x\nPASSWORD=hunter2\n", "hunter2\n",	 "hunter2/ x=hunter2\n",
		"A='x'hunter2\n",	    "A=\"\n\"hunter2\n", "A=x$,hunter2\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct arena a = {0};
		struct env e = {0};
		struct problems p = {.arena = &a};

		env_file_parse(&a, "x.env", texts[i], strlen(texts[i]), lookup, NULL, &e,
			       &p);
		for (struct problem *q = p.first; q; q = q->next) {
			if (strstr(q->text, "hunter2")) {
				fail_msg("<%s>: %s", texts[i], q->text);
			}
		}
		arena_release(&a);
	}
}

static void test_nul(void **state)
{
	static const char text[] = "A=1\nB=\0\n\0";
	struct arena a = {0};
	struct env e = {0};
	struct problems p = {.arena = &a};

	(void)state;
	env_file_parse(&a, "x.env", text, sizeof(text) - 1, lookup, NULL, &e, &p);
	assert_int_equal(p.n, 1);
	assert_string_equal(problem_format(&a, p.first),
			    "x.env:2: there is a NUL byte: is this a text file?");
	assert_int_equal(e.n, 0);
	arena_release(&a);
}

static void test_many_mistakes(void **state)
{
	struct arena a = {0};
	struct env e = {0};
	struct problems p = {.arena = &a};
	char text[401] = "";

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		memcpy(text + i * 2, "?\n", 3);
	}
	problems_add(&p, (struct origin){"other", 1}, "this does not count");
	env_file_parse(&a, "x.env", text, strlen(text), lookup, NULL, &e, &p);
	assert_int_equal(p.n, 52);
	assert_string_equal(problem_format(&a, p.last),
			    "x.env:51: the rest is not read: too many mistakes");
	arena_release(&a);
}

static void test_too_much(void **state)
{
	struct arena a = {0};
	struct env e = {0};
	struct problems p = {.arena = &a};
	char *text = arena_alloc(&a, 200000), *s = text;
	size_t n;

	(void)state;
	for (int i = 0; i <= ENV_NAMES_MAX; i++) {
		s += sprintf(s, "V%d=\n", i);
	}
	env_file_parse(&a, "x.env", text, strlen(text), lookup, NULL, &e, &p);
	assert_int_equal(e.n, ENV_NAMES_MAX);
	assert_int_equal(p.n, 1);
	assert_string_equal(
		problem_format(&a, p.first),
		"x.env:4097: there are more variables than a program can be given");

	/* Values that double: no more than a few megabytes of them. */
	e.n = 0;
	s = text + sprintf(text, "V0=");
	memset(s, 'x', 100000);
	s += 100000;
	for (int i = 1; i < 100; i++) {
		s += sprintf(s, "\nV%d=$V0", i);
	}
	env_file_parse(&a, "y.env", text, strlen(text), lookup, NULL, &e, &p);
	n = e.n;
	assert_true(n > 50 && n < 70);
	assert_int_equal(p.n, 2);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialect),	      cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_says_no_value), cmocka_unit_test(test_nul),
		cmocka_unit_test(test_many_mistakes), cmocka_unit_test(test_too_much),
	};

	return cmocka_run_group_tests_name("env_file", tests, NULL, NULL);
}
