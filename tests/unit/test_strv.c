/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "core/strv.h"

static void test_push(void **state)
{
	static char text[100][4];
	struct arena a = {0};
	struct strv s = {0};

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		strv_push(&a, &s, text[i]);
		assert_int_equal(s.n, i + 1);
		assert_null(s.v[s.n]); /* an argv at every moment */
	}
	for (size_t i = 0; i < 100; i++) {
		assert_ptr_equal(s.v[i], text[i]); /* kept, not copied */
	}
	arena_release(&a);
}

static void test_extend(void **state)
{
	char one[] = "one", two[] = "two", three[] = "three";
	char *const more[] = {two, three, NULL};
	char *const none[] = {NULL};
	struct arena a = {0};
	struct strv s = {0};

	(void)state;
	strv_extend(&a, &s, NULL);
	strv_extend(&a, &s, none);
	assert_int_equal(s.n, 0);
	strv_push(&a, &s, one);
	strv_extend(&a, &s, more);
	assert_int_equal(s.n, 3);
	assert_string_equal(s.v[0], "one");
	assert_string_equal(s.v[2], "three");
	assert_null(s.v[3]);
	arena_release(&a);
}

static void test_contains(void **state)
{
	char one[] = "one", two[] = "two";
	struct arena a = {0};
	struct strv s = {0};

	(void)state;
	assert_false(strv_contains(&s, "one"));
	strv_push(&a, &s, one);
	strv_push(&a, &s, two);
	assert_true(strv_contains(&s, "two"));
	assert_true(strv_contains(&s, "one"));
	assert_false(strv_contains(&s, "tw"));
	assert_false(strv_contains(&s, "three"));
	assert_false(strv_contains(&s, ""));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_extend),
		cmocka_unit_test(test_contains),
	};

	return cmocka_run_group_tests_name("strv", tests, NULL, NULL);
}
