/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "core/config.h"

/* A text whose bytes may be anything. */
#define TEXT(s) (s), sizeof(s) - 1

static struct arena arena;
static struct config config;
static struct problems problems;

static int setup(void **state)
{
	(void)state;
	config = (struct config){.arena = &arena};
	problems = (struct problems){.arena = &arena};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static void add(const char *source, const char *text, size_t len)
{
	config_add_file(&config, source, text, len, &problems);
}

/* All problems, one a line. */
static const char *told(void)
{
	const char *text = "";

	for (const struct problem *p = problems.first; p; p = p->next) {
		text = arena_printf(&arena, "%s%s\n", text, problem_format(&arena, p));
	}
	return text;
}

static void test_good_file(void **state)
{
	(void)state;
	add("a.ini", TEXT("; comment\n"
			  "# another, with [brackets] and = and :\n"
			  "   ; and one that is indented\n"
			  "\n"
			  "[main]\n"
			  "command = sh -c 'a; b' ; not a comment # nor this\n"
			  "user=app:app\n"
			  "working_dir =   /srv \t \n"
			  "umask\t=\t022\n"
			  "  \t \n"
			  "[environment] \t\n"
			  "URL = http://x/?a=b&c=d\n"
			  "EMPTY =\n"
			  "spring.url = x\n"
			  "LATIN = \xe4\xff\n"
			  "[secrets]\n"
			  "DB = db_password optional\n"
			  "[signals]\n"
			  "HUP = USR1\n"
			  "RTMIN+1 = ignore\n"
			  "[security]"));
	assert_string_equal(told(), "");
	assert_true(config.any);
	assert_string_equal(config.fixed[KEY_MAIN_COMMAND].value,
			    "sh -c 'a; b' ; not a comment # nor this");
	assert_int_equal(config.fixed[KEY_MAIN_COMMAND].at.line, 6);
	assert_string_equal(config.fixed[KEY_MAIN_USER].value, "app:app");
	assert_string_equal(config.fixed[KEY_MAIN_WORKING_DIR].value, "/srv");
	assert_string_equal(config.fixed[KEY_MAIN_UMASK].value, "022");
	assert_null(config.fixed[KEY_MAIN_STOP_SIGNAL].value);
	assert_int_equal(config.environment.n, 4);
	assert_string_equal(config.environment.v[0].name, "URL");
	assert_string_equal(config.environment.v[0].value, "http://x/?a=b&c=d");
	assert_string_equal(config.environment.v[1].value, "");
	assert_string_equal(config.environment.v[2].name, "spring.url");
	assert_string_equal(config.environment.v[3].value, "\xe4\xff");
	assert_int_equal(config.environment.v[3].at.line, 15);
	assert_string_equal(config.secrets.v[0].value, "db_password optional");
	assert_int_equal(config.signals.n, 2);
	assert_string_equal(config.signals.v[1].name, "RTMIN+1");
}

/* What editors on other systems make of a file. */
static void test_line_ends(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} rows[] = {
		{TEXT("[main]\nuser = app\n")},
		{TEXT("[main]\nuser = app")},
		{TEXT("[main]\r\nuser = app\r\n")},
		{TEXT("[main]\r\nuser = app\r\n\r\n")},
		{TEXT("\xef\xbb\xbf[main]\nuser = app\n")},
		{TEXT("\xef\xbb\xbf[main]\r\nuser = app")},
		{TEXT("\n[main]\n\nuser = app\n\n")},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		setup(state);
		add("a.ini", rows[i].text, rows[i].len);
		assert_string_equal(told(), "");
		assert_string_equal(config.fixed[KEY_MAIN_USER].value, "app");
	}
}

static void test_empty(void **state)
{
	(void)state;
	add("a.ini", TEXT(""));
	add("b.ini", TEXT("\xef\xbb\xbf"));
	add("c.ini", TEXT("\n"));
	add("d.ini", TEXT("[main]\n"));
	add("e.ini", TEXT("[main]\nuser =\n"));
	assert_string_equal(told(), "");
	assert_false(config.any);
}

static void test_one_mistake(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"user = app\n",
		 "x:1: key 'user' is in no section: put [main] above it\n"},
		{"cap_drop= ALL\n",
		 "x:1: key 'cap_drop' is in no section: put [security] above it\n"},
		{"X = 1\n", "x:1: key 'X' is in no section: put [main] above it\n"},
		{"[main]\nuser app\n", "x:2: expected KEY = VALUE\n"},
		{"[main]\nuser: app\n",
		 "x:2: expected KEY = VALUE: the first separator must be '=', not ':'\n"},
		{"[main]\na:b = c\n",
		 "x:2: expected KEY = VALUE: the first separator must be '=', not ':'\n"},
		{"[main]\n= app\n",
		 "x:2: expected KEY = VALUE: there is nothing before the '='\n"},
		{"[main]\ncommand = a\n  b\n",
		 "x:3: the line begins with a blank: values cannot go on over lines, and keys begin "
		 "in the first column\n"},
		{"[main]\n\tuser = app\n",
		 "x:2: the line begins with a blank: values cannot go on "
		 "over lines, and keys begin in the first column\n"},
		{"[main\nuser = app\n", "x:1: the ']' of the section is missing\n"},
		{"[\nuser = app\n", "x:1: the ']' of the section is missing\n"},
		{"[main] ; comment\n",
		 "x:1: there is text behind [main]: comments have lines of their own\n"},
		{"[main]]\n",
		 "x:1: there is text behind [main]: comments have lines of their own\n"},
		{"[]\n",
		 "x:1: unknown section '': known are main, security, environment, secrets, "
		 "signals and hook:NAME\n"},
		{"[ main ]\n", "x:1: unknown section ' main ': did you mean 'main'?\n"},
		{"[Main]\n", "x:1: unknown section 'Main': did you mean 'main'?\n"},
		{"[services]\nanything = here\nis not = looked at\n",
		 "x:1: unknown section 'services': known are main, security, environment, "
		 "secrets, signals and hook:NAME\n"},
		{"[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaa]\nx=y\n",
		 "x:1: unknown section 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa...': known are main, security, "
		 "environment, secrets, signals and hook:NAME\n"},
		{"[main]\nuser = a\nuser = b\n",
		 "x:3: duplicate key 'main.user': it is already in line 2\n"},
		{"[main]\nuser =\nuser = b\n",
		 "x:3: duplicate key 'main.user': it is already in line 2\n"},
		{"[environment]\nA=1\na=2\nA=3\n",
		 "x:4: duplicate key 'environment.A': it is already in line 2\n"},
		{"[secrets]\nA=\nA=3\n",
		 "x:3: duplicate key 'secrets.A': it is already in line 2\n"},
		{"[signals]\nHUP=USR1\nSIGHUP=USR2\n",
		 "x:3: duplicate key 'signals.SIGHUP': it is already in line 2\n"},
		{"[signals]\n1=USR1\nSIGHUP=USR2\n",
		 "x:3: duplicate key 'signals.SIGHUP': it is already in line 2\n"},
		{"[main]\nuser = a\n[security]\n[main]\numask = 0\n",
		 "x:4: duplicate section [main]: it is already in line 1\n"},
		{"[security]\ncap_dorp = ALL\n",
		 "x:2: unknown key 'security.cap_dorp': did you mean 'cap_drop'?\n"},
		{"[main]\nstop signal = TERM\n",
		 "x:2: unknown key 'main.stop signal': did you mean 'stop_signal'?\n"},
		{"\xff\xfe[\n",
		 "x: cannot read configuration: the file is UTF-16, save it as UTF-8\n"},
		{"\xfe\xff\n",
		 "x: cannot read configuration: the file is UTF-16, save it as UTF-8\n"},
		{"[main]\ncommand = a\x1b[0m\nwrong\n",
		 "x:2: cannot read configuration: byte 0x1b belongs in no text: is this a "
		 "configuration file?\n"},
		{"[main]\rcommand = a\r",
		 "x:1: cannot read configuration: byte 0x0d belongs in no text: is this a "
		 "configuration file?\n"},
		{"\n# \x7f\n",
		 "x:2: cannot read configuration: byte 0x7f belongs in no text: is this "
		 "a configuration file?\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		setup(state);
		add("x", rows[i].text, strlen(rows[i].text));
		if (strcmp(told(), rows[i].why) != 0) {
			fail_msg("<%s>:\n%s", rows[i].text, told());
		}
	}
}

static void test_every_mistake_in_one_go(void **state)
{
	(void)state;
	add("a.ini", TEXT("user = x\n"
			  "[main]\n"
			  "usr = app\n"
			  "user = app\n"
			  "stop: TERM\n"
			  " indented\n"
			  "[nowhere]\n"
			  "user = y\n"
			  "[main]\n"
			  "user = again\n"
			  "[signals]\n"
			  "TREM = ignore\n"));
	assert_string_equal(
		told(),
		"a.ini:1: key 'user' is in no section: put [main] above it\n"
		"a.ini:3: unknown key 'main.usr': did you mean 'user'?\n"
		"a.ini:5: expected KEY = VALUE: the first separator must be '=', not ':'\n"
		"a.ini:6: the line begins with a blank: values cannot go on over lines, and keys "
		"begin in the first column\n"
		"a.ini:7: unknown section 'nowhere': known are main, security, environment, "
		"secrets, signals and hook:NAME\n"
		"a.ini:9: duplicate section [main]: it is already in line 2\n"
		"a.ini:10: duplicate key 'main.user': it is already in line 4\n"
		"a.ini:12: bad key in [signals]: cannot parse signal 'TREM': did you mean "
		"'SIGTERM'?\n");
	assert_string_equal(config.fixed[KEY_MAIN_USER].value, "app");
}

static void test_nul_and_binary(void **state)
{
	char elf[4096];

	(void)state;
	add("nul.ini", TEXT("[main]\nuser = a\0b\nusr = x\n"));
	memset(elf, 0, sizeof(elf));
	memcpy(elf,
	       "\x7f"
	       "ELF\n\n\n",
	       7);
	add("elf.ini", elf, sizeof(elf));
	assert_string_equal(
		told(), "nul.ini:2: cannot read configuration: byte 0x00 belongs in no "
			"text: is this a configuration file?\n"
			"elf.ini:1: cannot read configuration: byte 0x7f belongs in no "
			"text: is this a configuration file?\n");
	assert_false(config.any);
}

static void test_sizes(void **state)
{
	char *text = arena_alloc(&arena, CONFIG_FILE_MAX + 2);
	size_t n;

	(void)state;
	/* The longest line, and one byte more; with CRLF too. */
	n = (size_t)sprintf(text, "[main]\ncommand = ");
	memset(text + n, 'x', CONFIG_LINE_MAX - 10);
	n += CONFIG_LINE_MAX - 10;
	add("long.ini", text, n);
	assert_string_equal(told(), "");
	assert_int_equal(strlen(config.fixed[KEY_MAIN_COMMAND].value),
			 CONFIG_LINE_MAX - 10);
	memcpy(text + n, "\r\n", 2);
	add("crlf.ini", text, n + 2);
	assert_string_equal(told(), "");
	memcpy(text + n, "x\nusr = y\n", 10);
	config.fixed[KEY_MAIN_COMMAND].value = NULL;
	add("longer.ini", text, n + 10);
	assert_string_equal(
		told(), "longer.ini:2: the line is longer than 4096 bytes\n"
			"longer.ini:3: unknown key 'main.usr': did you mean 'user'?\n");
	assert_null(config.fixed[KEY_MAIN_COMMAND].value);

	setup(state);
	memset(text, '\n', CONFIG_FILE_MAX + 1);
	add("full.ini", text, CONFIG_FILE_MAX);
	assert_string_equal(told(), "");
	add("huge.ini", text, CONFIG_FILE_MAX + 1);
	assert_string_equal(
		told(), "huge.ini: cannot read configuration: the file is larger than "
			"1048576 bytes\n");
}

/* A section name that inih cuts is all the same the section that it says. */
static void test_long_section_names(void **state)
{
	const struct hook_section *h;
	const struct setting *s;
	char text[200], name[64];

	(void)state;
	snprintf(text, sizeof(text), "[%0150d]\n", 0);
	add("a.ini", text, strlen(text));
	assert_non_null(strstr(told(), "a.ini:1: unknown section '0000"));
	assert_int_equal(problems.n, 1);
	snprintf(text, sizeof(text), "[hook:%063d]\ntcp = x\n[hook:%062d1]\ntcp = y\n", 0,
		 0);
	add("b.ini", text, strlen(text));
	assert_int_equal(problems.n, 1);
	snprintf(name, sizeof(name), "%062d1", 0);
	h = config_find_hook(&config, name);
	assert_non_null(h);
	s = config_hook_setting(h, HOOK_KEY_TCP);
	assert_string_equal(s->value, "y");
}

static void test_many_mistakes(void **state)
{
	char text[1000] = "[main]\n";

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		memcpy(text + 7 + i * 2, "x\n", 3);
	}
	add("a.ini", text, strlen(text));
	assert_int_equal(problems.n, CONFIG_MISTAKES_MAX + 1);
	assert_string_equal(problem_format(&arena, problems.last),
			    "a.ini:52: the rest is not read: too many mistakes");
	/* The next file has its own fifty. */
	add("b.ini", TEXT("[main]\nusr = x\n"));
	assert_string_equal(problem_format(&arena, problems.last),
			    "b.ini:2: unknown key 'main.usr': did you mean 'user'?");
}

static void test_layers(void **state)
{
	(void)state;
	add("a.ini", TEXT("[main]\nuser = a\numask = 022\ncommand = a\n"
			  "[environment]\nA = 1\nB = 2\nC = 3\n"
			  "[secrets]\nX = x\nY = y\n"
			  "[signals]\nHUP = USR1\nINT = USR2\n"));
	add("b.ini", TEXT("[main]\nuser = b\numask =\n"
			  "[environment]\nB =\nD = 4\nA = 5\n"
			  "[secrets]\nX =\nZ =\n"
			  "[signals]\nSIGHUP =\nSIGINT = TERM\n"));
	/* The same file once more is no duplicate of itself. */
	add("b.ini", TEXT("[main]\nuser = c\n"));
	assert_string_equal(told(), "");
	assert_string_equal(config.fixed[KEY_MAIN_USER].value, "c");
	assert_string_equal(config.fixed[KEY_MAIN_USER].at.source, "b.ini");
	assert_null(config.fixed[KEY_MAIN_UMASK].value);
	assert_string_equal(config.fixed[KEY_MAIN_COMMAND].value, "a");
	assert_string_equal(config.fixed[KEY_MAIN_COMMAND].at.source, "a.ini");
	assert_int_equal(config.environment.n, 4);
	assert_string_equal(config.environment.v[0].value, "5"); /* in A's old place */
	assert_string_equal(config.environment.v[1].value, "");
	assert_string_equal(config.environment.v[3].name, "D");
	assert_int_equal(config.secrets.n, 1);
	assert_string_equal(config.secrets.v[0].name, "Y");
	assert_int_equal(config.signals.n, 1);
	assert_string_equal(config.signals.v[0].name, "SIGINT");
	assert_string_equal(config.signals.v[0].value, "TERM");
}

/* The caller's texts may go as soon as they are read. */
static void test_nothing_is_kept(void **state)
{
	char source[] = "a.ini",
	     text[] = "[main]\nuser = app\n[environment]\nA = 1\n[x]\n";

	(void)state;
	add(source, TEXT(text));
	memset(source, '#', sizeof(source) - 1);
	memset(text, '#', sizeof(text) - 1);
	assert_string_equal(config.fixed[KEY_MAIN_USER].value, "app");
	assert_string_equal(config.fixed[KEY_MAIN_USER].at.source, "a.ini");
	assert_string_equal(config.environment.v[0].name, "A");
	assert_string_equal(config.environment.v[0].value, "1");
	assert_memory_equal(told(), "a.ini:5: unknown section 'x'", 28);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good_file),
		TEST(test_line_ends),
		TEST(test_empty),
		TEST(test_one_mistake),
		TEST(test_every_mistake_in_one_go),
		TEST(test_nul_and_binary),
		TEST(test_sizes),
		TEST(test_long_section_names),
		TEST(test_many_mistakes),
		TEST(test_layers),
		TEST(test_nothing_is_kept),
	};

	return cmocka_run_group_tests_name("config_file", tests, NULL, NULL);
}
