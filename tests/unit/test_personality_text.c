/* SPDX-License-Identifier: Apache-2.0 */
/* What the others are called, and what they print. */
#include "unit.h"

#include <signal.h>
#include <string.h>

#include "personas.h"

static void test_names(void **state)
{
	static const struct {
		const char *argv0;
		enum personality who;
	} rows[] = {
		{"tini", TINI},
		{"/sbin/tini", TINI},
		{"/usr/bin/tini-static", TINI},
		{"./docker-init", TINI},
		{"/sbin/docker-init", TINI},
		{"dumb-init", DUMB},
		{"/catatonit", CATA},
		{"/run/podman-init", CATA},
		{"/usr/local/bin/gosu", GOSU},
		{"su-exec", SU},
		{"cardea", PERSONALITY_CARDEA},
		{"/tini/cardea", PERSONALITY_CARDEA},
		{"tini/", PERSONALITY_CARDEA},
		{"Tini", PERSONALITY_CARDEA},
		{"tini2", PERSONALITY_CARDEA},
		{"-tini", PERSONALITY_CARDEA},
		{"", PERSONALITY_CARDEA},
		{NULL, PERSONALITY_CARDEA},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (personality_of(rows[i].argv0) != rows[i].who) {
			fail_msg("'%s'", rows[i].argv0);
		}
	}
}

/* Everything that ends in a text: where it goes, with what status, and how it begins. */
static void test_print(void **state)
{
#define V "+cardea.1.2.3"
#define TINI_USAGE "tini (tini version 0.19.0" V " - git.cardea)\nUsage: tini [OPTIONS]"
#define DUMB_USAGE "dumb-init v1.2.5" V "\nUsage: dumb-init [option] command"
#define REWRITE "Usage: -r takes <signum>:<signum>"
#define CATA_USAGE "usage: catatonit [-ghLPV] [--]"
#define GOSU_USAGE "Usage: gosu user-spec command [args]\n   eg: gosu "
	static const struct {
		enum personality who;
		const char *argv[WORDS];
		int fd, status;
		bool marked;
		const char *text;
	} rows[] = {
		{TINI,
		 {"--version"},
		 1,
		 0,
		 false,
		 "tini version 0.19.0" V " - git.cardea\n"},
		{TINI, {"-h"}, 1, 0, false, TINI_USAGE},
		{TINI, {"-svgh", "x"}, 1, 0, false, TINI_USAGE},
		{TINI, {"-l"}, 1, 0, false, "cardea, "},
		{TINI, {NULL}, 2, 1, false, TINI_USAGE},
		{TINI, {"--"}, 2, 1, false, TINI_USAGE},
		{TINI, {"-v"}, 2, 1, false, TINI_USAGE},
		{TINI, {"-V"}, 2, 1, false, "tini: unknown option '-V'\n" TINI_USAGE},
		{TINI, {"-xh"}, 2, 1, false, "tini: unknown option '-x'\n" TINI_USAGE},
		{TINI, {"--help"}, 2, 1, false, "tini: unknown option '--'\n" TINI_USAGE},
		{TINI, {"--version", "x"}, 2, 1, false, "tini: unknown option '--'\n"},
		{TINI,
		 {"-p"},
		 2,
		 1,
		 false,
		 "tini: a value is missing after option '-p'\n"},
		{TINI,
		 {"-e"},
		 2,
		 1,
		 false,
		 "tini: a value is missing after option '-e'\n"},
		{TINI, {"-e256", "x"}, 2, 1, true, "Not a value for -e: 256\n"},
		{TINI, {"-e", "-1", "x"}, 2, 1, true, "Not a value for -e: -1\n"},
		{TINI, {"-e", "5x", "x"}, 2, 1, true, "Not a value for -e: 5x\n"},
		{TINI,
		 {"-e", "18446744073709551616"},
		 2,
		 1,
		 true,
		 "Not a value for -e: 1844"},
		{TINI, {"-p", "TERM", "x"}, 2, 1, true, "Not a value for -p: TERM\n"},
		{TINI, {"-p", "15", "x"}, 2, 1, true, "Not a value for -p: 15\n"},
		{TINI, {"-p", "sigterm"}, 2, 1, true, "Not a value for -p: sigterm\n"},
		{TINI, {"-p", "SIGterm"}, 2, 1, true, "Not a value for -p: SIGterm\n"},
		{TINI, {"-p", "SIGRTMIN"}, 2, 1, true, "Not a value for -p: SIGRTMIN\n"},
		{TINI, {"-p", "SIGIO"}, 2, 1, true, "Not a value for -p: SIGIO\n"},
		{TINI, {"-p", "SIGNOT"}, 2, 1, true, "Not a value for -p: SIGNOT\n"},
		{DUMB, {"-h"}, 2, 0, false, DUMB_USAGE},
		{DUMB, {"-cvh"}, 2, 0, false, DUMB_USAGE},
		{DUMB, {"--help"}, 2, 0, false, DUMB_USAGE},
		{DUMB, {"--he"}, 2, 0, false, DUMB_USAGE},
		{DUMB, {"-V"}, 2, 0, false, "dumb-init v1.2.5" V "\n"},
		{DUMB, {"--version"}, 2, 0, false, "dumb-init v1.2.5" V "\n"},
		{DUMB, {"--vers"}, 2, 0, false, "dumb-init v1.2.5" V "\n"},
		{DUMB,
		 {"--ver"},
		 2,
		 1,
		 false,
		 "dumb-init: more than one option begins with '--ver'\n"},
		{DUMB, {NULL}, 2, 1, false, "Usage: dumb-init [option] program"},
		{DUMB, {"-v", "--"}, 2, 1, false, "Usage: dumb-init [option] program"},
		{DUMB, {"-x", "x"}, 2, 1, false, "dumb-init: unknown option '-x'\n"},
		{DUMB,
		 {"--nope", "x"},
		 2,
		 1,
		 false,
		 "dumb-init: unknown option '--nope'\n"},
		{DUMB,
		 {"--help=x"},
		 2,
		 1,
		 false,
		 "dumb-init: no value may be given to option "},
		{DUMB,
		 {"-r"},
		 2,
		 1,
		 false,
		 "dumb-init: a value is missing after option '-r'\n"},
		{DUMB,
		 {"--rewrite"},
		 2,
		 1,
		 false,
		 "dumb-init: a value is missing after "},
		{DUMB, {"-r", "15", "x"}, 2, 1, false, REWRITE},
		{DUMB, {"-r", "15:", "x"}, 2, 1, false, REWRITE},
		{DUMB, {"-r", ":15", "x"}, 2, 1, false, REWRITE},
		{DUMB, {"-r", "a:b", "x"}, 2, 1, false, REWRITE},
		{DUMB, {"-r", "0:1", "x"}, 2, 1, false, REWRITE},
		{DUMB, {"-r", "32:1", "x"}, 2, 1, false, REWRITE},
		{DUMB, {"-r", "1:32", "x"}, 2, 1, false, REWRITE},
		{DUMB, {"-r", "1:-1", "x"}, 2, 1, false, REWRITE},
		{DUMB, {"-r", "TERM:INT", "x"}, 2, 1, false, REWRITE},
		{CATA, {"-h"}, 2, 0, false, CATA_USAGE},
		{CATA,
		 {"-V"},
		 1,
		 0,
		 false,
		 "tini version 0.2.1_catatonit" V " - git.cardea\n"},
		{CATA, {"--version"}, 1, 0, false, "tini version 0.2.1_catatonit" V},
		{CATA, {"--vers", "x"}, 1, 0, false, "tini version 0.2.1_catatonit" V},
		{CATA, {"-L"}, 1, 0, false, "cardea, "},
		{CATA, {"-PV"}, 1, 0, false, "tini version 0.2.1_catatonit" V},
		{CATA, {NULL}, 2, 1, true, "no program name was given\n" CATA_USAGE},
		{CATA,
		 {"-g", "--"},
		 2,
		 1,
		 true,
		 "no program name was given\n" CATA_USAGE},
		{CATA,
		 {"-x"},
		 2,
		 1,
		 false,
		 "catatonit: unknown option '-x'\n" CATA_USAGE},
		{CATA,
		 {"-Px"},
		 2,
		 1,
		 false,
		 "catatonit: unknown option '-x'\n" CATA_USAGE},
		{CATA, {"--help"}, 2, 1, false, "catatonit: unknown option '--help'\n"},
		{GOSU, {"-h"}, 1, 0, false, GOSU_USAGE},
		{GOSU, {"--help", "x"}, 1, 0, false, GOSU_USAGE},
		{GOSU, {"-?"}, 1, 0, false, GOSU_USAGE},
		{GOSU, {"-v"}, 1, 0, false, "1.19" V " (cardea"},
		{GOSU, {"--version", "a", "b"}, 1, 0, false, "1.19" V " (cardea"},
		{GOSU, {NULL}, 2, 1, false, GOSU_USAGE},
		{GOSU, {"app"}, 2, 1, false, GOSU_USAGE},
		{GOSU, {"-V"}, 2, 1, false, GOSU_USAGE},
		{SU,
		 {NULL},
		 1,
		 1,
		 false,
		 "Usage: /sbin/su-exec user-spec command [args]\n"},
		{SU,
		 {"app"},
		 1,
		 1,
		 false,
		 "Usage: /sbin/su-exec user-spec command [args]\n"},
	};
	static const char *const env[] = {NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct persona p = persona_of(&a, rows[i].who, rows[i].argv, env);

		if (p.kind != PERSONA_PRINT || p.fd != rows[i].fd ||
		    p.status != rows[i].status || p.marked != rows[i].marked ||
		    strncmp(p.text, rows[i].text, strlen(rows[i].text)) != 0 ||
		    p.text[strlen(p.text) - 1] != '\n') {
			fail_msg("row %zu, %s %s: kind %d fd %d status %d marked %d '%s'",
				 i, persona_names[rows[i].who], rows[i].argv[0], p.kind,
				 p.fd, p.status, p.marked, p.text ? p.text : "-");
		}
		assert_int_equal(p.if_setuid != NULL, rows[i].who == GOSU);
		assert_int_equal(p.if_setgid != NULL, rows[i].who == GOSU);
		arena_release(&a);
	}
}

static void test_messages(void **state)
{
	static const struct {
		enum personality who;
		enum severity severity;
		int fd;
		const char *text;
	} rows[] = {
		{TINI, SEVERITY_FATAL, 2, "[FATAL tini (7)] T\n"},
		{TINI, SEVERITY_WARN, 2, "[WARN  tini (7)] T\n"},
		{TINI, SEVERITY_INFO, 1, "[INFO  tini (7)] T\n"},
		{TINI, SEVERITY_DEBUG, 1, "[DEBUG tini (7)] T\n"},
		{TINI, SEVERITY_TRACE, 1, "[TRACE tini (7)] T\n"},
		{DUMB, SEVERITY_FATAL, 2, "[dumb-init] T\n"},
		{DUMB, SEVERITY_DEBUG, 2, "[dumb-init] T\n"},
		{CATA, SEVERITY_FATAL, 2, "ERROR (catatonit:7): T\n"},
		{CATA, SEVERITY_WARN, 2, "WARN (catatonit:7): T\n"},
		{CATA, SEVERITY_INFO, 2, "INFO (catatonit:7): T\n"},
		{CATA, SEVERITY_DEBUG, 2, "DEBUG (catatonit:7): T\n"},
		{CATA, SEVERITY_TRACE, 2, "DEBUG (catatonit:7): T\n"},
		{GOSU, SEVERITY_FATAL, 2, "error: T\n"},
		{SU, SEVERITY_FATAL, 2, "su-exec: T\n"},
		{PERSONALITY_CARDEA, SEVERITY_FATAL, 2, "T\n"},
	};
	char mark[10];
	static const struct {
		enum personality who;
		const char *text;
	} execs[] = {
		{TINI, "exec X failed: why"},
		{DUMB, "X: why"},
		{CATA, "failed to exec pid1: X: why"},
		{GOSU, "exec: \"X\": why"},
		{SU, "X: why"},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum personality who = rows[i].who;

		assert_string_equal(
			personality_message(&a, who, 7, rows[i].severity, "T"),
			rows[i].text);
		assert_string_equal(
			personality_message(&a, who, 7, rows[i].severity, "T\n"),
			rows[i].text);
		assert_int_equal(personality_message_fd(who, rows[i].severity),
				 rows[i].fd);
	}
	assert_string_equal(personality_reaped_text(&a, 7),
			    "Reaped zombie process with pid=7");
	/* Cut, it is still a string. */
	assert_int_equal(personality_mark(TINI, 7, SEVERITY_FATAL, mark, sizeof(mark)),
			 9);
	assert_string_equal(mark, "[FATAL ti");
	assert_int_equal(personality_mark(GOSU, 7, SEVERITY_FATAL, mark, sizeof(mark)),
			 7);
	assert_string_equal(mark, "error: ");
	for (size_t i = 0; i < ARRAY_LEN(execs); i++) {
		assert_string_equal(personality_exec_text(&a, execs[i].who, "X", "why"),
				    execs[i].text);
	}
	assert_string_equal(personality_message(&a, GOSU, 7, SEVERITY_FATAL, ""),
			    "error: \n");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
