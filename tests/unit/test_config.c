/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/config.h"
#include "core/env.h"

static const struct origin at_set = {"--set", 0};

static void test_every_key(void **state)
{
	(void)state;
	for (enum config_key key = 0; key < CONFIG_KEY_COUNT; key++) {
		const char *full = config_key_name(key),
			   *section = config_key_section(key);
		const char *name = strchr(full, '.') + 1;
		struct arena a = {0};
		struct config c = {.arena = &a};
		struct problems p = {.arena = &a};
		char *text = arena_printf(&a, "[%s]\n%s = x y\n", section, name);
		char *variable = arena_printf(&a, "CARDEA_%s_%s=z", section, name);
		char *envp[] = {variable, NULL};

		assert_memory_equal(full, section, strlen(section));
		for (char *s = variable; *s != '='; s++) {
			*s = (char)toupper((unsigned char)*s);
		}
		config_add_file(&c, "a.ini", text, strlen(text), &p);
		assert_int_equal(p.n, 0);
		assert_true(c.any);
		assert_string_equal(c.fixed[key].name, name);
		assert_string_equal(c.fixed[key].value, "x y");
		assert_string_equal(c.fixed[key].at.source, "a.ini");
		assert_int_equal(c.fixed[key].at.line, 2);

		config_add_environ(&c, envp, &p);
		assert_int_equal(p.n, 0);
		assert_string_equal(c.fixed[key].value, "z");
		assert_int_equal(c.fixed[key].at.line, 0);
		assert_memory_equal(c.fixed[key].at.source, variable,
				    strlen(variable) - 2);

		config_add_assignment(&c, arena_printf(&a, "%s=", full), at_set, &p);
		assert_int_equal(p.n, 0);
		assert_null(c.fixed[key].value);
		assert_string_equal(c.fixed[key].at.source, "--set");

		for (enum config_key other = 0; other < CONFIG_KEY_COUNT; other++) {
			assert_true(other == key || !c.fixed[other].name);
		}
		arena_release(&a);
	}
}

static void test_environ(void **state)
{
	static const struct {
		const char *entry, *problem; /* NULL: none */
	} rows[] = {
		{"CARDEA_CONFIG=/x.ini", NULL},
		{"CARDEA_CONFIG", NULL}, /* no '=': not a variable */
		{"CARDEA=1", NULL},
		{"XCARDEA_FOO=1", NULL},
		{"cardea_main_user=x", NULL},
		{"CARDEA_CONFIGS=1",
		 "environment: unknown variable 'CARDEA_CONFIGS': CARDEA_MAIN_"},
		{"CARDEA_MAIN_USR=app",
		 "environment: unknown variable 'CARDEA_MAIN_USR': did you "
		 "mean 'CARDEA_MAIN_USER'?"},
		{"CARDEA_main_user=x",
		 "environment: unknown variable 'CARDEA_main_user': did you "
		 "mean 'CARDEA_MAIN_USER'?"},
		{"CARDEA_ENVIRONMENT_X=1",
		 "environment: unknown variable 'CARDEA_ENVIRONMENT_X': "
		 "CARDEA_MAIN_... and CARDEA_SECURITY_... set the keys "
		 "of [main] and [security]"},
		{"CARDEA_SERVICE_HOST=10.0.0.1", NULL},
		{"CARDEA_SERVICE_PORT_HTTP=80", NULL},
		{"CARDEA_PORT=tcp://10.0.0.1:80", NULL},
		{"CARDEA_WEB_PORT_80_TCP_ADDR=10.0.0.1", NULL},
		{"CARDEA_=1", "environment: unknown variable 'CARDEA_': CARDEA_MAIN_..."},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct config c = {.arena = &a};
		struct problems p = {.arena = &a};
		char *const envp[] = {arena_strdup(&a, rows[i].entry), NULL};
		const char *first;

		config_add_environ(&c, envp, &p);
		first = p.n ? problem_format(&a, p.first) : NULL;
		if (!rows[i].problem != !first ||
		    (first &&
		     strncmp(first, rows[i].problem, strlen(rows[i].problem)) != 0)) {
			fail_msg("%s: %s", rows[i].entry, first ? first : "nothing");
		}
		assert_false(c.any);
		arena_release(&a);
	}
}

static void test_environ_values(void **state)
{
	char user[] = "CARDEA_MAIN_USER=a=b\nc",
	     seccomp[] = "CARDEA_SECURITY_SECCOMP=", path[] = "PATH=/bin";
	char *const envp[] = {path, user, seccomp, NULL};
	struct arena a = {0};
	struct config c = {.arena = &a};
	struct problems p = {.arena = &a};

	(void)state;
	config_add_file(&c, "a.ini", "[security]\nseccomp=default\n", 27, &p);
	config_add_environ(&c, envp, &p);
	assert_int_equal(p.n, 0);
	assert_string_equal(c.fixed[KEY_MAIN_USER].value, "a=b\nc");
	assert_null(c.fixed[KEY_SECURITY_SECCOMP].value); /* the default again */
	arena_release(&a);
}

static void test_assignment(void **state)
{
	struct arena a = {0};
	struct config c = {.arena = &a};
	struct problems p = {.arena = &a};

	(void)state;
	config_add_assignment(&c, "main.command=a = b.c ", at_set, &p);
	config_add_assignment(&c, "environment.X=", at_set, &p);
	config_add_assignment(&c, "environment.a.b=1", at_set, &p);
	config_add_assignment(&c, "secrets.S=file", at_set, &p);
	config_add_assignment(&c, "secrets.S=other", at_set, &p);
	config_add_assignment(&c, "secrets.T=file", at_set, &p);
	config_add_assignment(&c, "secrets.T=", at_set, &p);
	config_add_assignment(&c, "signals.HUP=USR1", at_set, &p);
	config_add_assignment(&c, "signals.SIGHUP=USR2", at_set, &p);
	assert_int_equal(p.n, 0);
	assert_string_equal(c.fixed[KEY_MAIN_COMMAND].value, "a = b.c ");
	assert_int_equal(c.environment.n, 2);
	assert_string_equal(c.environment.v[0].name, "X");
	assert_string_equal(c.environment.v[0].value, "");
	assert_string_equal(c.environment.v[1].name, "a.b");
	assert_int_equal(c.secrets.n, 1);
	assert_string_equal(c.secrets.v[0].value, "other");
	assert_int_equal(c.signals.n, 1);
	assert_string_equal(c.signals.v[0].name, "SIGHUP");
	assert_string_equal(c.signals.v[0].value, "USR2");
	arena_release(&a);
}

static void test_assignment_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"", "--set: cannot parse assignment '': expected SECTION.KEY=VALUE"},
		{"user=app",
		 "cannot parse assignment 'user=app': expected SECTION.KEY=VALUE"},
		{"main.user", "cannot parse assignment"},
		{"main.=x", "cannot parse assignment"},
		{"main=a.b", "cannot parse assignment"},
		{"=x", "cannot parse assignment"},
		{".user=x", "unknown section ''"},
		{"mian.user=x", "unknown section 'mian': did you mean 'main'?"},
		{"service.user=x", "unknown section 'service': known are main, security"},
		{"hook.tcp=x", "bad section 'hook': a hook has a name: [hook:NAME]"},
		{"main.usr=x", "unknown key 'main.usr': did you mean 'user'?"},
		{"main.USER=x", "unknown key 'main.USER': did you mean 'user'?"},
		{"main.seccomp=x",
		 "unknown key 'main.seccomp': it belongs to section [security]"},
		{"main.secomp=x",
		 "unknown key 'main.secomp': did you mean 'security.seccomp'?"},
		{"security.stop_singal=x",
		 "unknown key 'security.stop_singal': did you mean "
		 "'main.stop_signal'?"},
		{"main.frobnicate=x",
		 "unknown key 'main.frobnicate': cardea.ini(5) lists"},
		{"security.restart=always",
		 "unknown key 'security.restart': it belongs to section [main]"},
		{"main.interval=1s",
		 "unknown key 'main.interval': it belongs to section [hook:NAME]"},
		{"environment.1=x", "bad key 'environment.1': a variable's name has"},
		{"environment. A=x", "bad key 'environment. A': a variable's name has"},
		{"secrets.a-b=x", "bad key 'secrets.a-b': a secret's name has"},
		{"signals.TREM=x",
		 "bad key in [signals]: cannot parse signal 'TREM': did you mean"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct config c = {.arena = &a};
		struct problems p = {.arena = &a};
		const char *first;

		config_add_assignment(&c, rows[i].text, at_set, &p);
		first = p.n ? problem_format(&a, p.first) : "nothing";
		if (p.n != 1 || !strstr(first, rows[i].why) || c.any) {
			fail_msg("'%s': %s", rows[i].text, first);
		}
		arena_release(&a);
	}
}

static void test_too_many_names(void **state)
{
	struct arena a = {0};
	struct config c = {.arena = &a};
	struct problems p = {.arena = &a};
	char text[40];

	(void)state;
	for (int i = 0; i < ENV_NAMES_MAX; i++) {
		snprintf(text, sizeof(text), "environment.V%d=x", i);
		config_add_assignment(&c, text, at_set, &p);
	}
	assert_int_equal(p.n, 0);
	config_add_assignment(&c, "environment.V0=y", at_set, &p);
	assert_int_equal(p.n, 0);
	assert_string_equal(c.environment.v[0].value, "y");
	config_add_assignment(&c, "environment.MORE=y", at_set, &p);
	assert_int_equal(p.n, 1);
	assert_string_equal(p.first->text,
			    "section [environment] has more than 4096 keys");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_environ),
		cmocka_unit_test(test_environ_values),
		cmocka_unit_test(test_assignment),
		cmocka_unit_test(test_assignment_refused),
		cmocka_unit_test(test_too_many_names),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
