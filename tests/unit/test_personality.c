/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <signal.h>
#include <string.h>

#include "personas.h"

/* What the flags of a program come to. */
enum {
	SUBREAPER = 1,
	GROUP = 2, /* signals to the group */
	SESSION = 4,
	SAME = 8,
	JOBS = 16,
	SKIP = 32,
	ROOT = 64,
	CLOSE = 128,
	LISTEN = 256,
	WARN = 512,
};

static int flags(const struct persona *p)
{
	return (p->subreaper ? SUBREAPER : 0) | (p->policy.kill_group ? GROUP : 0) |
	       (p->new_session ? SESSION : 0) | (p->same_group ? SAME : 0) |
	       (p->job_control ? JOBS : 0) | (p->skip_hup_cont ? SKIP : 0) |
	       (p->chdir_root ? ROOT : 0) | (p->close_fds ? CLOSE : 0) |
	       (p->rewrite_listen_pid ? LISTEN : 0) | (p->warn_on_reap ? WARN : 0);
}

#define DUMB_FLAGS (GROUP | SESSION | JOBS | SKIP | ROOT)
#define SINGLE_FLAGS (SAME | JOBS | ROOT)
#define CATA_FLAGS (SUBREAPER | ROOT | CLOSE | LISTEN)

static void test_run(void **state)
{
	static const struct {
		enum personality who;
		const char *argv[WORDS];
		const char *env[4];
		size_t skip; /* words before PROGRAM, the name not counted */
		int flags, verbosity, pdeathsig;
	} rows[] = {
		{TINI, {"x", "-h"}, {NULL}, 0, 0, 1, 0},
		{TINI, {"--", "x", "--"}, {NULL}, 1, 0, 1, 0},
		{TINI, {"--", "--version"}, {NULL}, 1, 0, 1, 0},
		{TINI, {"-", "x"}, {NULL}, 0, 0, 1, 0},
		{TINI,
		 {"-s", "-g", "-w", "x"},
		 {NULL},
		 3,
		 SUBREAPER | GROUP | WARN,
		 1,
		 0},
		{TINI, {"-sgwv", "x"}, {NULL}, 1, SUBREAPER | GROUP | WARN, 2, 0},
		{TINI, {"-vvv", "x"}, {NULL}, 1, 0, 4, 0},
		{TINI, {"-vvvvvv", "x"}, {NULL}, 1, 0, 4, 0},
		{TINI, {"-p", "SIGKILL", "x"}, {NULL}, 2, 0, 1, SIGKILL},
		{TINI, {"-pSIGSYS", "x"}, {NULL}, 1, 0, 1, SIGSYS},
		{TINI, {"-vpSIGHUP", "-p", "SIGINT", "x"}, {NULL}, 3, 0, 2, SIGINT},
		{TINI, {"x"}, {"TINI_SUBREAPER="}, 0, SUBREAPER, 1, 0},
		{TINI, {"x"}, {"TINI_KILL_PROCESS_GROUP="}, 0, GROUP, 1, 0},
		{TINI, {"x"}, {"TINI_SUBREAPERS=1", "XTINI_SUBREAPER=1"}, 0, 0, 1, 0},
		{TINI, {"x"}, {"TINI_VERBOSITY=3"}, 0, 0, 3, 0},
		{TINI, {"-vvv", "x"}, {"TINI_VERBOSITY=0"}, 1, 0, 0, 0},
		{TINI, {"-vvv", "x"}, {"TINI_VERBOSITY="}, 1, 0, 0, 0},
		{TINI, {"x"}, {"TINI_VERBOSITY=loud"}, 0, 0, 0, 0},
		{TINI, {"x"}, {"TINI_VERBOSITY=-5"}, 0, 0, 0, 0},
		{TINI, {"x"}, {"TINI_VERBOSITY=99999999999999999999"}, 0, 0, 4, 0},
		{DUMB, {"x", "-c"}, {NULL}, 0, DUMB_FLAGS, 0, 0},
		{DUMB, {"--", "x"}, {NULL}, 1, DUMB_FLAGS, 0, 0},
		{DUMB, {"-v", "x"}, {NULL}, 1, DUMB_FLAGS, 3, 0},
		{DUMB, {"-c", "x"}, {NULL}, 1, SINGLE_FLAGS, 0, 0},
		{DUMB, {"--single", "--verbose", "x"}, {NULL}, 2, SINGLE_FLAGS, 3, 0},
		{DUMB, {"x"}, {"DUMB_INIT_SETSID=0"}, 0, SINGLE_FLAGS, 0, 0},
		{DUMB, {"x"}, {"DUMB_INIT_SETSID=00"}, 0, DUMB_FLAGS, 0, 0},
		{DUMB, {"x"}, {"DUMB_INIT_SETSID="}, 0, DUMB_FLAGS, 0, 0},
		{DUMB, {"x"}, {"DUMB_INIT_DEBUG=1"}, 0, DUMB_FLAGS, 3, 0},
		{DUMB, {"x"}, {"DUMB_INIT_DEBUG=yes"}, 0, DUMB_FLAGS, 0, 0},
		{CATA, {"x", "-P"}, {NULL}, 0, CATA_FLAGS, 0, 0},
		{CATA, {"--", "x"}, {NULL}, 1, CATA_FLAGS, 0, 0},
		{CATA, {"-g", "x"}, {NULL}, 1, CATA_FLAGS | GROUP, 0, 0},
		{CATA, {"x"}, {"CATATONIT_DEBUG="}, 0, CATA_FLAGS, 3, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct persona p = persona_of(&a, rows[i].who, rows[i].argv, rows[i].env);

		if (p.kind != PERSONA_RUN ||
		    strcmp(p.args[0], rows[i].argv[rows[i].skip]) != 0 ||
		    flags(&p) != rows[i].flags || (int)p.verbosity != rows[i].verbosity ||
		    p.parent_death_signal != rows[i].pdeathsig) {
			fail_msg("row %zu: kind %d args %s flags %d verbosity %d -p %d",
				 i, p.kind, p.args ? p.args[0] : "-", flags(&p),
				 p.verbosity, p.parent_death_signal);
		}
		assert_int_equal(p.policy.stop_on, 0);
		assert_false(p.policy.linger);
		assert_false(p.policy.no_main);
		assert_int_equal(p.cannot_reap != NULL, rows[i].who == TINI);
		assert_true(p.shell_fallback);
		arena_release(&a);
	}
}

/* Signal for signal what main gets: a row lists those that are not passed on as they are. */
static void test_forward(void **state)
{
#define FAULTS                                                                           \
	{SIGFPE, 0}, {SIGILL, 0}, {SIGSEGV, 0}, {SIGBUS, 0}, {SIGABRT, 0}, {SIGTRAP, 0}, \
	{                                                                                \
		SIGSYS, 0                                                                \
	}
#define STOPS                                   \
	{SIGTSTP, SIGSTOP}, {SIGTTIN, SIGSTOP}, \
	{                                       \
		SIGTTOU, SIGSTOP                \
	}
	static const struct {
		enum personality who;
		const char *argv[WORDS];
		struct {
			int from, to;
		} but[16];
		int end; /* end_signal */
	} rows[] = {
		{TINI, {"x"}, {FAULTS, {SIGTTIN, 0}, {SIGTTOU, 0}}, 0},
		{CATA, {"x"}, {FAULTS, {SIGTSTP, 0}, {SIGTTIN, 0}, {SIGTTOU, 0}}, 0},
		{DUMB, {"x"}, {STOPS}, SIGTERM},
		{DUMB, {"-c", "x"}, {{0, 0}}, 0},
		{DUMB, {"-r", "15:3", "x"}, {STOPS, {SIGTERM, SIGQUIT}}, SIGQUIT},
		{DUMB, {"-r15:0", "x"}, {STOPS, {SIGTERM, 0}}, 0},
		{DUMB, {"-c", "-r", "15:3", "x"}, {{SIGTERM, SIGQUIT}}, 0},
		{DUMB,
		 {"--rewrite=1:2", "--rew", "1:10", "x"},
		 {STOPS, {SIGHUP, SIGUSR1}},
		 SIGTERM},
		{DUMB,
		 {"-r", "20:20", "x"},
		 {{SIGTTIN, SIGSTOP}, {SIGTTOU, SIGSTOP}},
		 SIGTERM},
		{DUMB,
		 {"-r", "20:0", "x"},
		 {{SIGTSTP, 0}, {SIGTTIN, SIGSTOP}, {SIGTTOU, SIGSTOP}},
		 SIGTERM},
		{DUMB,
		 {"-r", " 1:+2x", "-r", "31:31", "x"},
		 {STOPS, {SIGHUP, SIGINT}},
		 SIGTERM},
		{DUMB, {"-r", "17:1", "x"}, {STOPS}, SIGTERM},
	};
	static const char *const env[] = {NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct persona p = persona_of(&a, rows[i].who, rows[i].argv, env);

		for (int sig = 1; sig <= SIGNAL_MAX; sig++) {
			int want = sig == SIGCHLD ? 0 : sig;

			for (size_t k = 0; k < ARRAY_LEN(rows[i].but); k++) {
				if (rows[i].but[k].from == sig) {
					want = rows[i].but[k].to;
				}
			}
			if (p.policy.forward[sig] != want) {
				fail_msg("row %zu: signal %d becomes %d, not %d", i, sig,
					 p.policy.forward[sig], want);
			}
		}
		assert_int_equal(p.policy.end_signal, rows[i].end);
		arena_release(&a);
	}
}

static void test_statuses(void **state)
{
	static const struct {
		enum personality who;
		const char *argv[WORDS];
		int not_found, not_executable, exec_failed;
		int success[4]; /* that count as 0, beside 0 */
	} rows[] = {
		{TINI, {"x"}, 127, 126, 1, {0}},
		{TINI, {"-e", "143", "-e0", "-e255", "x"}, 127, 126, 1, {143, 255}},
		{TINI, {"-e", "127", "-e", "1", "x"}, 0, 126, 0, {127, 1}},
		{TINI, {"-e126", "x"}, 127, 0, 1, {126}},
		{TINI, {"-e", "", "x"}, 127, 126, 1, {0}},
		{TINI, {"-e", " +7", "x"}, 127, 126, 1, {7}},
		{DUMB, {"x"}, 2, 2, 2, {0}},
		{CATA, {"x"}, 1, 1, 1, {0}},
	};
	static const char *const env[] = {NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct persona p = persona_of(&a, rows[i].who, rows[i].argv, env);

		assert_int_equal(p.not_found, rows[i].not_found);
		assert_int_equal(p.not_executable, rows[i].not_executable);
		assert_int_equal(p.exec_failed, rows[i].exec_failed);
		for (int s = 1; s < 256; s++) {
			bool want = false;

			for (size_t k = 0; k < ARRAY_LEN(rows[i].success); k++) {
				want |= rows[i].success[k] == s;
			}
			if (((p.policy.success[s / 8] >> (s % 8)) & 1) != want) {
				fail_msg("row %zu: status %d", i, s);
			}
		}
		arena_release(&a);
	}
}

static void test_pause(void **state)
{
	static const char *const rows[][WORDS] = {{"-P"}, {"-P", "x"}, {"-gP"}};
	static const char *const env[] = {NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct persona p = persona_of(&a, CATA, rows[i], env);

		assert_int_equal(p.kind, PERSONA_PAUSE);
		assert_true(p.policy.stop_on == (SIGBIT(SIGTERM) | SIGBIT(SIGINT)));
		assert_true(p.policy.no_main);
		assert_false(p.policy.linger);
		for (int sig = 1; sig <= SIGNAL_MAX; sig++) {
			assert_int_equal(p.policy.forward[sig], 0);
		}
		assert_int_equal(flags(&p) & ~GROUP, SUBREAPER | ROOT | CLOSE);
		assert_null(p.args);
		arena_release(&a);
	}
}

static void test_exec(void **state)
{
	static const struct {
		enum personality who;
		const char *argv[WORDS];
		enum identity_dialect dialect;
	} rows[] = {
		{GOSU, {"app:app", "sh", "-c", "x"}, IDENTITY_GOSU},
		{GOSU, {"", "sh", "-v"}, IDENTITY_GOSU},
		{GOSU, {"--", "sh"}, IDENTITY_GOSU}, /* a user of that name */
		{GOSU, {"-V", "sh"}, IDENTITY_GOSU},
		{SU, {"1000", "sh", "-c", "x"}, IDENTITY_SU_EXEC},
		{SU, {"-h", "sh"}, IDENTITY_SU_EXEC},
	};
	static const char *const env[] = {NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct persona p = persona_of(&a, rows[i].who, rows[i].argv, env);

		assert_int_equal(p.kind, PERSONA_EXEC);
		assert_string_equal(p.user, rows[i].argv[0]);
		assert_string_equal(p.args[0], "sh");
		assert_int_equal(p.dialect, rows[i].dialect);
		assert_int_equal(p.shell_fallback, rows[i].who == SU);
		assert_int_equal(p.not_found, 1);
		assert_int_equal(p.not_executable, 1);
		assert_int_equal(p.exec_failed, 1);
		assert_int_equal(p.if_setuid != NULL, rows[i].who == GOSU);
		assert_int_equal(p.if_setgid != NULL, rows[i].who == GOSU);
		arena_release(&a);
	}
}

/* catatonit looks at this one before anything else. */
static void test_reserved(void **state)
{
	static const char *const argv[] = {"-V", NULL};
	static const char *const env[] = {"CATATONIT_LOG=x", NULL};
	struct arena a = {0};
	struct persona p = persona_of(&a, CATA, argv, env);

	(void)state;
	assert_int_equal(p.kind, PERSONA_PRINT);
	assert_int_equal(p.status, 1);
	assert_true(p.marked);
	assert_non_null(strstr(p.text, "CATATONIT_LOG"));
	arena_release(&a);
}

/* execve may give neither name nor environment. */
static void test_nothing(void **state)
{
	struct arena a = {0};
	char *argv[] = {NULL};
	struct persona p;

	(void)state;
	for (int who = TINI; who < PERSONALITY_COUNT; who++) {
		personality_parse(&a, (enum personality)who, argv, NULL, "0", &p);
		assert_int_equal(p.kind, PERSONA_PRINT);
		assert_int_equal(p.status, 1);
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),	 cmocka_unit_test(test_forward),
		cmocka_unit_test(test_statuses), cmocka_unit_test(test_pause),
		cmocka_unit_test(test_exec),	 cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
