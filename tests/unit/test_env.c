/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "core/env.h"

static void set(struct arena *a, struct env *e, const char *name, const char *value)
{
	struct piece *p = arena_alloc(a, sizeof(*p));

	p->text = value;
	env_set(a, e, (struct env_item){.name = name, .pieces = p, .source = ENV_CONFIG});
}

static void test_set_and_find(void **state)
{
	struct arena a = {0};
	struct env e = {0};

	(void)state;
	assert_null(env_find(&e, "A", 1));
	for (int i = 0; i < 100; i++) {
		set(&a, &e, arena_printf(&a, "V%d", i), "old");
	}
	set(&a, &e, "V7", "new");
	assert_int_equal(e.n, 100);
	assert_string_equal(e.v[7].name, "V7"); /* in the place of the old one */
	assert_string_equal(env_find(&e, "V7", 2)->pieces->text, "new");
	assert_string_equal(env_find(&e, "V77", 3)->pieces->text, "old");
	assert_ptr_equal(env_find(&e, "V7=x", 2),
			 &e.v[7]); /* the name need not end there */
	assert_null(env_find(&e, "V", 1));
	assert_null(env_find(&e, "V100", 4));
	assert_null(env_find(&e, "", 0));
	arena_release(&a);
}

static void test_unset(void **state)
{
	struct arena a = {0};
	struct env e = {0};

	(void)state;
	env_unset(&e, "A");
	set(&a, &e, "A", "1");
	set(&a, &e, "B", "2");
	set(&a, &e, "C", "3");
	env_unset(&e, "X");
	assert_int_equal(e.n, 3);
	env_unset(&e, "A");
	assert_int_equal(e.n, 2);
	assert_string_equal(e.v[0].name, "B");
	assert_string_equal(e.v[1].name, "C");
	env_unset(&e, "C");
	env_unset(&e, "B");
	assert_int_equal(e.n, 0);
	set(&a, &e, "A", "1");
	assert_int_equal(e.n, 1);
	arena_release(&a);
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool valid, accepted;
	} rows[] = {
		{"A", true, true},	    {"_", true, true},
		{"a_1Z", true, true},	    {"", false, false},
		{"1A", false, false},	    {"A-B", false, true},
		{"a.b.c", false, true},	    {"A[0]", false, true},
		{".a", false, false},	    {"-a", false, false},
		{"A B", false, false},	    {"A=", false, false},
		{"A ", false, false},	    {" A", false, false},
		{"\xc3\xa4", false, false}, {"A\xc3", false, false},
		{"A@", false, false},	    {"A`", false, false},
		{"A{", false, false},	    {"@", false, false},
		{"`", false, false},	    {"{", false, false},
		{"[", false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (env_name_valid(rows[i].name) != rows[i].valid ||
		    env_name_accepted(rows[i].name) != rows[i].accepted) {
			fail_msg("'%s'", rows[i].name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_find),
		cmocka_unit_test(test_unset),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("env", tests, NULL, NULL);
}
