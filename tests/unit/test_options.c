/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "core/options.h"
#include "core/types.h"

#define WORDS 12

/* A vector as main() gets it; "cardea" is put before. */
static char **vector(struct arena *a, const char *const *words)
{
	struct strv v = {0};

	strv_push(a, &v, arena_strdup(a, "cardea"));
	for (; *words; words++) {
		strv_push(a, &v, arena_strdup(a, *words));
	}
	return v.v;
}

/* "a|b|c" */
static const char *joined(struct arena *a, char *const *v)
{
	const char *text = "";

	for (size_t i = 0; v && v[i]; i++) {
		text = arena_printf(a, "%s%s%s", text, i ? "|" : "", v[i]);
	}
	return text;
}

static void test_parse(void **state)
{
	static const struct {
		const char *argv[WORDS];
		enum command command;
		int verbosity;
		const char *files, *sets, *args;
	} rows[] = {
		{{NULL}, COMMAND_RUN, 0, "", "", ""},
		{{"--"}, COMMAND_RUN, 0, "", "", ""},
		{{"nginx"}, COMMAND_RUN, 0, "", "", "nginx"},
		{{"nginx", "-c", "x", "--help"},
		 COMMAND_RUN,
		 0,
		 "",
		 "",
		 "nginx|-c|x|--help"},
		{{"--", "nginx", "-v"}, COMMAND_RUN, 0, "", "", "nginx|-v"},
		{{"--", "--", "nginx"}, COMMAND_RUN, 0, "", "", "--|nginx"},
		{{"--", "-x"}, COMMAND_RUN, 0, "", "", "-x"},
		{{"-", "x"}, COMMAND_RUN, 0, "", "", "-|x"},
		{{""}, COMMAND_RUN, 0, "", "", ""},
		/* A COMMAND is one only without -- before it, and only whole. */
		{{"--", "check"}, COMMAND_RUN, 0, "", "", "check"},
		{{"-v", "--", "plan"}, COMMAND_RUN, 1, "", "", "plan"},
		{{"--", "health"}, COMMAND_RUN, 0, "", "", "health"},
		{{"./check"}, COMMAND_RUN, 0, "", "", "./check"},
		{{"Check"}, COMMAND_RUN, 0, "", "", "Check"},
		{{"checks"}, COMMAND_RUN, 0, "", "", "checks"},
		{{"nginx", "check"}, COMMAND_RUN, 0, "", "", "nginx|check"},
		{{"nginx", "health"}, COMMAND_RUN, 0, "", "", "nginx|health"},
		/* Commands. */
		{{"check"}, COMMAND_CHECK, 0, "", "", ""},
		{{"check", "a.ini", "-v"}, COMMAND_CHECK, 0, "", "", "a.ini|-v"},
		{{"check", "--", "-v"}, COMMAND_CHECK, 0, "", "", "-v"},
		{{"check", "--", "plan"}, COMMAND_CHECK, 0, "", "", "plan"},
		{{"plan"}, COMMAND_PLAN, 0, "", "", ""},
		{{"plan", "--", "sh", "-c", "x"}, COMMAND_PLAN, 0, "", "", "sh|-c|x"},
		{{"plan", "sh", "-c", "x"}, COMMAND_PLAN, 0, "", "", "sh|-c|x"},
		{{"plan", "check"}, COMMAND_PLAN, 0, "", "", "check"},
		{{"plan", "-c", "x", "--", "sh"}, COMMAND_PLAN, 0, "x", "", "sh"},
		{{"-c", "x", "plan", "-c", "y", "-v", "sh"},
		 COMMAND_PLAN,
		 1,
		 "x|y",
		 "",
		 "sh"},
		{{"seccomp", "compile", "a.json", "-o", "b"},
		 COMMAND_SECCOMP,
		 0,
		 "",
		 "",
		 "compile|a.json|-o|b"},
		{{"help"}, COMMAND_HELP, 0, "", "", ""},
		{{"version"}, COMMAND_VERSION, 0, "", "", ""},
		{{"version", "-v"}, COMMAND_VERSION, 1, "", "", ""},
		/* --help and --version end it all. */
		{{"--help"}, COMMAND_HELP, 0, "", "", ""},
		{{"-h"}, COMMAND_HELP, 0, "", "", ""},
		{{"--version"}, COMMAND_VERSION, 0, "", "", ""},
		{{"-V"}, COMMAND_VERSION, 0, "", "", ""},
		{{"-vh"}, COMMAND_HELP, 1, "", "", ""},
		{{"-hx"}, COMMAND_HELP, 0, "", "", ""},
		{{"plan", "--help"}, COMMAND_HELP, 0, "", "", ""},
		{{"help", "--version"}, COMMAND_VERSION, 0, "", "", ""},
		/* Values, attached or not. */
		{{"-c", "x", "p"}, COMMAND_RUN, 0, "x", "", "p"},
		{{"-cx", "p"}, COMMAND_RUN, 0, "x", "", "p"},
		{{"-c=x", "p"}, COMMAND_RUN, 0, "=x", "", "p"},
		{{"--config", "x", "p"}, COMMAND_RUN, 0, "x", "", "p"},
		{{"--config=x", "p"}, COMMAND_RUN, 0, "x", "", "p"},
		{{"--config=x=y", "p"}, COMMAND_RUN, 0, "x=y", "", "p"},
		{{"-c", "-v", "p"}, COMMAND_RUN, 0, "-v", "", "p"},
		{{"-c", "--", "p"}, COMMAND_RUN, 0, "--", "", "p"},
		{{"-c", "a", "--config=b", "-cc"}, COMMAND_RUN, 0, "a|b|c", "", ""},
		{{"-o", "main.user=a", "p"}, COMMAND_RUN, 0, "", "main.user=a", "p"},
		{{"-omain.user=a", "p"}, COMMAND_RUN, 0, "", "main.user=a", "p"},
		{{"--set=a.b=c", "--set", "d.e=", "p"},
		 COMMAND_RUN,
		 0,
		 "",
		 "a.b=c|d.e=",
		 "p"},
		{{"-u", "app", "p"}, COMMAND_RUN, 0, "", "main.user=app", "p"},
		{{"-uapp:app", "p"}, COMMAND_RUN, 0, "", "main.user=app:app", "p"},
		{{"--user", "7", "p"}, COMMAND_RUN, 0, "", "main.user=7", "p"},
		{{"--user=7", "p"}, COMMAND_RUN, 0, "", "main.user=7", "p"},
		{{"-u", "a", "-o", "main.user=b", "-u", "c"},
		 COMMAND_RUN,
		 0,
		 "",
		 "main.user=a|main.user=b|main.user=c",
		 ""},
		/* Counted, and in clusters. */
		{{"-v", "p"}, COMMAND_RUN, 1, "", "", "p"},
		{{"-vvv", "p"}, COMMAND_RUN, 3, "", "", "p"},
		{{"-vqq", "p"}, COMMAND_RUN, -1, "", "", "p"},
		{{"--verbose", "--quiet", "--quiet", "p"}, COMMAND_RUN, -1, "", "", "p"},
		{{"-vcx", "p"}, COMMAND_RUN, 1, "x", "", "p"},
		{{"-vc", "x", "p"}, COMMAND_RUN, 1, "x", "", "p"},
		{{"-vuapp", "-qv", "p"}, COMMAND_RUN, 1, "", "main.user=app", "p"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct err err = {0};
		struct options o;
		char **argv = vector(&a, rows[i].argv);

		if (options_parse(&a, argv, &o, &err) != 0) {
			fail_msg("%s: %s", joined(&a, argv), err.text);
		}
		if (o.command != rows[i].command || o.verbosity != rows[i].verbosity ||
		    strcmp(joined(&a, o.config_files.v), rows[i].files) != 0 ||
		    strcmp(joined(&a, o.sets.v), rows[i].sets) != 0 ||
		    strcmp(joined(&a, o.args), rows[i].args) != 0) {
			fail_msg("%s: %d, %d, '%s', '%s', '%s'", joined(&a, argv),
				 o.command, o.verbosity, joined(&a, o.config_files.v),
				 joined(&a, o.sets.v), joined(&a, o.args));
		}
		arena_release(&a);
	}
}

#define SEE "; see 'cardea --help'"

static void test_refused(void **state)
{
	static const struct {
		const char *argv[WORDS];
		const char *text;
	} rows[] = {
		{{"--confg", "x"},
		 "cannot use option '--confg': there is none, did you mean '--config'?" SEE},
		{{"--confg=x"},
		 "cannot use option '--confg': there is none, did you mean '--config'?" SEE},
		{{"--usr=app", "p"},
		 "cannot use option '--usr': there is none, did you mean '--user'?" SEE},
		{{"--Help"},
		 "cannot use option '--Help': there is none, did you mean '--help'?" SEE},
		{{"--workdir=/"}, "cannot use option '--workdir': there is none" SEE},
		{{"--=x"}, "cannot use option '--': there is none" SEE},
		{{"---"}, "cannot use option '---': there is none" SEE},
		{{"-x"}, "cannot use option '-x': there is none" SEE},
		{{"-vxv"}, "cannot use option '-x': there is none" SEE},
		{{"-\xff"}, "cannot use option '-\xff': there is none" SEE},
		{{"-c"}, "cannot use option '-c': it needs FILE" SEE},
		{{"-vc"}, "cannot use option '-c': it needs FILE" SEE},
		{{"--config"}, "cannot use option '--config': it needs FILE" SEE},
		{{"--set"}, "cannot use option '--set': it needs SECTION.KEY=VALUE" SEE},
		{{"-u"}, "cannot use option '-u': it needs USER[:GROUP]" SEE},
		{{"--user="},
		 "cannot use option '--user': it needs USER[:GROUP], not ''" SEE},
		{{"-u", "", "p"},
		 "cannot use option '-u': it needs USER[:GROUP], not ''" SEE},
		{{"-c", ""}, "cannot use option '-c': it needs FILE, not ''" SEE},
		{{"--verbose=1"}, "cannot use option '--verbose': it takes no value" SEE},
		{{"--help="}, "cannot use option '--help': it takes no value" SEE},
		{{"plan", "--confg"},
		 "cannot use option '--confg': there is none, did you mean '--config'?" SEE},
		{{"version", "x"}, "cannot use 'x': 'version' takes no arguments" SEE},
		{{"help", "plan"}, "cannot use 'plan': 'help' takes no arguments" SEE},
#define LATER(word)                                                                      \
	{{word, "x"},                                                                    \
	 "cannot do '" word "': not in this version (a program of that name goes after " \
	 "--)" SEE}
		LATER("health"),
		LATER("ready"),
		LATER("status"),
		LATER("stop"),
		LATER("restart"),
		LATER("signal"),
		{{"-v", "health"},
		 "cannot do 'health': not in this version (a program of that "
		 "name goes after --)" SEE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct err err = {0};
		struct options o = {.verbosity = 77};
		char **argv = vector(&a, rows[i].argv);

		if (options_parse(&a, argv, &o, &err) >= 0 ||
		    strcmp(err.text, rows[i].text) != 0) {
			fail_msg("%s: '%s'", joined(&a, argv), err.text);
		}
		assert_int_equal(err.status, STATUS_CONFIG);
		assert_int_equal(o.verbosity, 77);
		arena_release(&a);
	}
}

/* execve may give no name at all. */
static void test_no_name(void **state)
{
	struct arena a = {0};
	char *argv[] = {NULL};
	struct options o;

	(void)state;
	assert_int_equal(options_parse(&a, argv, &o, NULL), 0);
	assert_int_equal(o.command, COMMAND_RUN);
	assert_null(o.args[0]);
	arena_release(&a);
}

static void test_help_fits(void **state)
{
	size_t lines = 0, column = 0;

	(void)state;
	for (const char *p = options_help; *p; p++) {
		column = *p == '\n' ? 0 : column + 1;
		lines += *p == '\n';
		assert_in_range(column, 0, 80);
		assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
	}
	assert_int_equal(column, 0);
	assert_in_range(lines, 10, 24);
	assert_memory_equal(options_help, "Usage: ", 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_name),
		cmocka_unit_test(test_help_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
