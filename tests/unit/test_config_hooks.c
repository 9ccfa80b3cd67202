/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "core/config.h"
#include "planning.h"

static const struct origin at_set = {"--set", 0};

static void add(struct config *c, const char *name, const char *text, struct problems *p)
{
	config_add_file(c, name, text, strlen(text), p);
}

/* "file:line value", "-" where a source made it the default again, "" where none names it. */
static const char *told(const struct config *c, const char *hook, enum hook_key key)
{
	const struct hook_section *h = config_find_hook(c, hook);
	const struct setting *s = h ? config_hook_setting(h, key) : NULL;

	if (!s) {
		return "";
	}
	assert_ptr_equal(s->name, config_hook_key_name(key));
	return arena_printf(c->arena, "%s:%u %s", s->at.source, s->at.line,
			    s->value ? s->value : "-");
}

static void test_every_key(void **state)
{
	(void)state;
	for (enum hook_key key = 0; key < HOOK_KEY_COUNT; key++) {
		struct arena a = {0};
		struct config c = {.arena = &a};
		struct problems p = {.arena = &a};
		const char *name = config_hook_key_name(key);

		add(&c, "f", arena_printf(&a, "[hook:x]\n%s = a b\n", name), &p);
		assert_string_equal(planning_told(&a, &p), "");
		assert_true(c.any);
		assert_string_equal(told(&c, "x", key), "f:2 a b");
		config_add_assignment(&c, arena_printf(&a, "hook:x.%s=", name), at_set,
				      &p);
		assert_string_equal(planning_told(&a, &p), "");
		assert_string_equal(told(&c, "x", key), "--set:0 -");
		for (enum hook_key other = 0; other < HOOK_KEY_COUNT; other++) {
			assert_true(other == key || !*told(&c, "x", other));
		}
		arena_release(&a);
	}
}

static void test_later_sources_win_key_by_key(void **state)
{
	struct arena a = {0};
	struct config c = {.arena = &a};
	struct problems p = {.arena = &a};

	(void)state;
	add(&c, "base",
	    "[hook:db]\nphase = wait\ntcp = db:5432\ndeadline = 60s\n"
	    "[hook:web.v1]\nphase = health\n[main]\nuser = x\n[hook:DB]\nphase = stop\n",
	    &p);
	add(&c, "image", "[hook:db]\ndeadline = 5s\ntcp =\n[hook:more]\n", &p);
	config_add_assignment(&c, "hook:web.v1.interval=1.5s", at_set, &p);
	config_add_assignment(&c, "hook:new.command=a.b --x=y", at_set, &p);
	assert_string_equal(planning_told(&a, &p), "");
	assert_int_equal(c.hooks.n, 5);
	assert_string_equal(told(&c, "db", HOOK_KEY_PHASE), "base:2 wait");
	assert_string_equal(told(&c, "db", HOOK_KEY_TCP), "image:3 -");
	assert_string_equal(told(&c, "db", HOOK_KEY_DEADLINE), "image:2 5s");
	assert_string_equal(told(&c, "DB", HOOK_KEY_PHASE), "base:10 stop");
	assert_string_equal(told(&c, "web.v1", HOOK_KEY_INTERVAL), "--set:0 1.5s");
	assert_string_equal(told(&c, "new", HOOK_KEY_COMMAND), "--set:0 a.b --x=y");
	assert_string_equal(config_find_hook(&c, "db")->at.source, "image");
	assert_string_equal(config_find_hook(&c, "new")->at.source, "--set");
	assert_int_equal(config_find_hook(&c, "more")->keys.n, 0);
	assert_null(config_find_hook(&c, "web"));
	/* In the order first seen. */
	assert_string_equal(c.hooks.v[1].name, "web.v1");
	assert_string_equal(c.hooks.v[4].name, "new");
	arena_release(&a);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *told;
	} rows[] = {
		{"[hook]\ntcp=x\n",
		 "f:1: bad section 'hook': a hook has a name: [hook:NAME]\n"},
		{"[hook:]\n",
		 "f:1: bad section 'hook:': a hook has a name: [hook:NAME]\n"},
		{"[hook:a b]\n[hook:\xc3\xa4]\n[hook: x]\n[hook:a:b]\n[hook:a/b]\n",
		 "f:1: bad section 'hook:a b': a hook's name has letters, digits and . _ - only\n"
		 "f:2: bad section 'hook:\xc3\xa4': a hook's name has letters, digits and . _ - only\n"
		 "f:3: bad section 'hook: x': a hook's name has letters, digits and . _ - only\n"
		 "f:4: bad section 'hook:a:b': a hook's name has letters, digits and . _ - only\n"
		 "f:5: bad section 'hook:a/b': a hook's name has letters, digits and . _ - only\n"},
		{"[hook:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n"
		 "[hook:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n",
		 "f:2: bad section 'hook:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaaaaaaa': a hook's name has at most 63 characters\n"},
		{"[hook:a]\n[hook:b]\n[hook:a]\ntcp = looked:at\n",
		 "f:3: duplicate section [hook:a]: it is already in line 1\n"},
		{"[hook:a]\ntcp = x\ntcp =\n",
		 "f:3: duplicate key 'hook:a.tcp': it is already in line 2\n"},
		{"[hook:a]\nintervall = 1s\nretires = 2\nstop_signal = TERM\nfrobnicate=1\n"
		 "cap_dorp=1\n",
		 "f:2: unknown key 'hook:a.intervall': did you mean 'interval'?\n"
		 "f:3: unknown key 'hook:a.retires': did you mean 'retries'?\n"
		 "f:4: unknown key 'hook:a.stop_signal': it belongs to section [main]\n"
		 "f:5: unknown key 'hook:a.frobnicate': cardea.ini(5) lists the known ones\n"
		 "f:6: unknown key 'hook:a.cap_dorp': did you mean 'security.cap_drop'?\n"},
		{"tcp = x\n",
		 "f:1: key 'tcp' is in no section: put [hook:NAME] above it\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct config c = {.arena = &a};
		struct problems p = {.arena = &a};

		add(&c, "f", rows[i].text, &p);
		planning_check(i, "told", planning_told(&a, &p), rows[i].told);
		arena_release(&a);
	}
}

static void test_as_many_as_there_may_be(void **state)
{
	struct arena a = {0};
	struct config c = {.arena = &a};
	struct problems p = {.arena = &a};
	char text[40];

	(void)state;
	for (int i = 0; i < HOOKS_MAX; i++) {
		snprintf(text, sizeof(text), "hook:h%d.tcp=%d", i, i);
		config_add_assignment(&c, text, at_set, &p);
	}
	assert_int_equal(p.n, 0);
	assert_int_equal(c.hooks.n, HOOKS_MAX);
	for (int i = 0; i < HOOKS_MAX; i++) {
		snprintf(text, sizeof(text), "h%d", i);
		assert_ptr_equal(config_find_hook(&c, text), &c.hooks.v[i]);
	}
	config_add_assignment(&c, "hook:h7.tcp=again", at_set, &p);
	assert_int_equal(p.n, 0);
	config_add_assignment(&c, "hook:more.tcp=x", at_set, &p);
	assert_string_equal(planning_told(&a, &p),
			    "--set: there are more than 4096 hooks\n");
	assert_null(config_find_hook(&c, "more"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_later_sources_win_key_by_key),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_as_many_as_there_may_be),
	};

	return cmocka_run_group_tests_name("config_hooks", tests, NULL, NULL);
}
