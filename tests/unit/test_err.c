/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <wchar.h>

#include "core/err.h"
#include "core/types.h"

static void test_config(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(err_config(&err, "cannot x %s: %d", "y", 3), -EINVAL);
	assert_int_equal(err.status, STATUS_CONFIG);
	assert_string_equal(err.text, "cannot x y: 3");
	assert_int_equal(err_config(NULL, "nobody asks"), -EINVAL);
}

static void test_system(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(err_system(&err, ENOENT, "cannot open '%s'", "/x"), -ENOENT);
	assert_int_equal(err.status, STATUS_SYSTEM);
	assert_string_equal(err.text, "cannot open '/x': No such file or directory");
	assert_int_equal(err_system(NULL, EPERM, "nobody asks"), -EPERM);
}

/* A text too long is cut, and stays a string. */
static void test_long_text(void **state)
{
	struct err err;
	char text[ERR_TEXT_MAX * 2];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_config(&err, "%s", text);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	err_system(&err, EIO, "%s", text);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
}

static void test_unprintable(void **state)
{
	const wchar_t no_character[] = {0x7ffffffe, 0};
	struct err err = {.text = "before"};

	(void)state;
	err_config(&err, "%ls", no_character);
	assert_string_equal(err.text, "");
}

static void test_shown(void **state)
{
	struct err err;
	char text[SHOWN_MAX + 2];

	(void)state;
	memset(text, 'x', SHOWN_MAX);
	text[SHOWN_MAX] = '\0';
	err_config(&err, SHOWN, SHOW(text));
	assert_int_equal(strlen(err.text), SHOWN_MAX + 2);
	assert_string_equal(err.text + SHOWN_MAX, "x'");
	memcpy(text + SHOWN_MAX, "x", 2);
	err_config(&err, SHOWN, SHOW(text));
	assert_string_equal(err.text + SHOWN_MAX, "x...'");
	err_config(&err, SHOWN, SHOW(""));
	assert_string_equal(err.text, "''");
}

static void test_problems(void **state)
{
	struct arena a = {0};
	struct problems p = {.arena = &a};

	(void)state;
	problems_add(&p, (struct origin){"a.ini", 3}, "first %d", 1);
	problems_add(&p, (struct origin){"--set", 0}, "second");
	problems_add(&p, (struct origin){"b.ini", 1}, "third");
	assert_int_equal(p.n, 3);
	assert_string_equal(problem_format(&a, p.first), "a.ini:3: first 1");
	assert_string_equal(problem_format(&a, p.first->next), "--set: second");
	assert_ptr_equal(p.first->next->next, p.last);
	assert_string_equal(problem_format(&a, p.last), "b.ini:1: third");
	assert_null(p.last->next);
	arena_release(&a);
}

static void test_sort(void **state)
{
	struct arena a = {0};
	struct problems p = {.arena = &a};
	const char *shown = "";
	char again[] = "b.ini";

	(void)state;
	problems_sort(&p);
	assert_null(p.first);
	problems_add(&p, (struct origin){"b.ini", 9}, "1");
	problems_add(&p, (struct origin){"a.ini", 5}, "2");
	problems_add(&p, (struct origin){"b.ini", 3}, "3");
	problems_add(&p, (struct origin){"--set", 0}, "4");
	problems_add(&p, (struct origin){"a.ini", 5}, "5");
	problems_add(&p, (struct origin){again, 0}, "6");
	problems_add(&p, (struct origin){"a.ini", 4}, "7");
	problems_sort(&p);
	for (struct problem *i = p.first; i; i = i->next) {
		shown = arena_printf(&a, "%s %s", shown, problem_format(&a, i));
	}
	assert_string_equal(shown,
			    " b.ini: 6 b.ini:3: 3 b.ini:9: 1 a.ini:4: 7 a.ini:5: 2 "
			    "a.ini:5: 5 --set: 4");
	assert_string_equal(p.last->text, "4");
	problems_add(&p, (struct origin){"c.ini", 1}, "8");
	assert_string_equal(p.last->text, "8");
	assert_int_equal(p.n, 8);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config),	  cmocka_unit_test(test_system),
		cmocka_unit_test(test_long_text), cmocka_unit_test(test_unprintable),
		cmocka_unit_test(test_shown),	  cmocka_unit_test(test_problems),
		cmocka_unit_test(test_sort),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
