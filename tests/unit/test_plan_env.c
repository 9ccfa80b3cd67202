/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "planning.h"

static char *const container_env[] = {"PATH=/bin:rel::/sbin",
				      "A=container",
				      "HOME=/root",
				      "CARDEA_CONFIG=/x",
				      "noname",
				      "=odd",
				      NULL};
static const struct text_file env_files[] = {
	{.path = "e", .text = "A=file\nB=${HOME}/b\n", .len = 19}};
static const struct text_file no_files[] = {{.path = "e", .why = "cannot open 'e'"}};
static const struct host root = {.accounts = PLANNING_ACCOUNTS,
				 .caps = CAPSETS(DOCKER_CAPS, DOCKER_CAPS),
				 .environ = container_env};
static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* "A=text B=<secret>": main's environment. */
static const char *env_text(const struct plan *p)
{
	const char *t = "";

	for (size_t i = 0; i < p->env.n; i++) {
		t = arena_printf(&arena, "%s%s%s=", t, i ? " " : "", p->env.v[i].name);
		for (const struct piece *q = p->env.v[i].pieces; q; q = q->next) {
			t = q->secret ? arena_printf(&arena, "%s<%s>", t, q->secret)
				      : arena_printf(&arena, "%s%s", t, q->text);
		}
	}
	return t;
}

/* "B:/run/secrets/b C:/c?": name and file, optional ones with a question mark. */
static const char *secrets_text(const struct plan *p)
{
	const char *t = "";

	for (size_t i = 0; i < p->n_secrets; i++) {
		t = arena_printf(&arena, "%s%s%s:%s%s", t, i ? " " : "",
				 p->secrets[i].name, p->secrets[i].path,
				 p->secrets[i].optional ? "?" : "");
	}
	return t;
}

static const char *plan_with(char *const *env, const char *ini, struct plan *ret_plan)
{
	static char *const args[] = {"/bin/x", NULL};
	struct host h = root;

	h.environ = env;
	return planning(&arena, ini, &h, args, ret_plan);
}

static void test_environment(void **state)
{
	static char *const few[] = {"A=1", "X_FILE=/x", "Y_FILE=relative", "_FILE=/z",
				    NULL};
	static const struct {
		char *const *env;
		const char *ini, *result, *secrets;
	} rows[] = {
		{few, "[environment]\nB = ${A}${A:-no}\n",
		 "A=1 X_FILE=/x Y_FILE=relative _FILE=/z B=11", ""},
		{few, "[environment]\nA = 2\nB = ${A}\nC =\n",
		 "A=2 X_FILE=/x Y_FILE=relative _FILE=/z B=1 C=", ""},
		{few, "[main]\nfile_variables = X\n",
		 "A=1 Y_FILE=relative _FILE=/z X=<X>", "X:/x"},
		{few, "[main]\nfile_variables = *\n",
		 "A=1 Y_FILE=relative _FILE=/z X=<X>", "X:/x"},
		{few, "[main]\nfile_variables = X * NOT_SET\n",
		 "A=1 Y_FILE=relative _FILE=/z X=<X>", "X:/x"},
		{container_env, "[main]\nuser = app\n",
		 "PATH=/bin:rel::/sbin A=container HOME=/home/app", ""},
		{container_env, "[main]\nuser = app\n[environment]\nHOME = /h\n",
		 "PATH=/bin:rel::/sbin A=container HOME=/h", ""},
		{container_env, "[main]\nuser = 70\n",
		 "PATH=/bin:rel::/sbin A=container HOME=/", ""},
		{container_env, "[main]\ngroup_add = 5\n",
		 "PATH=/bin:rel::/sbin A=container HOME=/root", ""},
		{few + 3,
		 "[secrets]\nB = b\nC = /c optional\n"
		 "[environment]\nURL = db://u:${secret:B}@h\n",
		 "_FILE=/z URL=db://u:<B>@h B=<B> C=<C>", "B:/run/secrets/b C:/c?"},
		{few, "[main]\nsecrets_dir = /s\n[secrets]\nA = a\n",
		 "A=<A> X_FILE=/x Y_FILE=relative _FILE=/z", "A:/s/a"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan plan;

		planning_check(i, "problems", plan_with(rows[i].env, rows[i].ini, &plan),
			       "");
		planning_check(i, "environment", env_text(&plan), rows[i].result);
		planning_check(i, "secrets", secrets_text(&plan), rows[i].secrets);
	}
}

static void test_env_file(void **state)
{
	struct host h = root;
	struct plan plan;
	static char *const args[] = {"/bin/x", NULL};

	(void)state;
	h.env_files = env_files;
	h.n_env_files = 1;
	assert_string_equal(planning(&arena, "[main]\nenv_file = e\n", &h, args, &plan),
			    "");
	assert_string_equal(env_text(&plan),
			    "PATH=/bin:rel::/sbin A=file HOME=/root B=/root/b");
	h.env_files = no_files;
	assert_string_equal(planning(&arena, "[main]\nenv_file = e\n", &h, args, &plan),
			    "f:2: main.env_file: cannot open 'e'\n");
}

static void test_refused(void **state)
{
	static char *const env[] = {"A=1",	"X_FILE=/x", "X=1",
				    "R_FILE=r", "S_FILE=/s", NULL};
	static const struct {
		const char *ini, *told;
	} rows[] = {
		{"[main]\nfile_variables = X\n",
		 "f:2: main.file_variables: both X and X_FILE are set; only one can be\n"},
		{"[main]\nfile_variables = R\n",
		 "f:2: main.file_variables: R_FILE is 'r': it must be a path that begins "
		 "with '/'\n"},
		{"[main]\nfile_variables = a-b\n",
		 "f:2: main.file_variables: 'a-b' cannot be a variable's name\n"},
		{"[main]\nfile_variables = S\n[secrets]\nS = s\n",
		 "f:2: main.file_variables: S_FILE is set and [secrets] has S as well; only "
		 "one can be\n"},
		{"[secrets]\nB = b\n[environment]\nB = 1\n",
		 "f:2: secrets.B: [environment] sets B as well; only one can be\n"},
		{"[secrets]\nB = b maybe\n",
		 "f:2: secrets.B: cannot use 'maybe' after the file: only 'optional'\n"},
		{"[secrets]\nB = ''\n", "f:2: secrets.B: no file is named\n"},
		{"[main]\nsecrets_dir = s\n",
		 "f:2: main.secrets_dir: cannot use 's': it must begin with '/'\n"},
		{"[environment]\nU = ${secret:B}\n",
		 "f:2: environment.U: there is no secret 'B' in [secrets]\n"},
		{"[main]\nworking_dir = w\n",
		 "f:2: main.working_dir: cannot use 'w': it must begin with '/'\n"},
		{"[environment]\nU = ${A:?}${NONE:?is missing}\n",
		 "f:2: environment.U: required variable NONE is missing a value: is missing\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct plan plan;

		planning_check(i, "problems", plan_with(env, rows[i].ini, &plan),
			       rows[i].told);
	}
}

static const char *joined(const struct strv *s)
{
	const char *t = "";

	for (size_t i = 0; i < s->n; i++) {
		t = arena_printf(&arena, "%s%s%s", t, i ? "|" : "", s->v[i]);
	}
	return t;
}

static void test_program(void **state)
{
	static char *const path[] = {"X=1", "PATH=/a:rel::/b:", NULL};
	static char *const no_path[] = {NULL};
	static char *const relative[] = {"PATH=rel", NULL};
	static const struct {
		char *const *env;
		const char *ini;
		char *args[3];
		const char *argv, *paths;
	} rows[] = {
		{path, "", {"x", "y"}, "x|y", "/a/x|/b/x"},
		{path, "[environment]\nPATH = /c\n", {"x"}, "x", "/c/x"},
		{path, "", {"./x"}, "./x", "./x"},
		{relative, "", {"x"}, "x", "/bin/x"},
		{no_path,
		 "",
		 {"x"},
		 "x",
		 "/usr/local/sbin/x|/usr/local/bin/x|/usr/sbin/x|/usr/bin/x|/sbin/x|/bin/x"},
		{path, "[main]\ncommand = x 'a b'\n", {NULL}, "x|a b", "/a/x|/b/x"},
		{path, "[main]\ncommand = x\n", {"/y"}, "/y", "/y"},
		{path, "[main]\ndefault_program = /d run\n", {"-v"}, "/d|run|-v", "/d"},
		{path, "[main]\ndefault_program = /d\n", {"/y", "-v"}, "/y|-v", "/y"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct host h = root;
		struct plan plan;

		h.environ = rows[i].env;
		planning_check(i, "problems",
			       planning(&arena, rows[i].ini, &h, rows[i].args, &plan),
			       "");
		planning_check(i, "argv", joined(&plan.argv), rows[i].argv);
		planning_check(i, "paths", joined(&plan.paths), rows[i].paths);
		/* Nothing configured: main gets the very block PID 1 has. */
		assert_true((plan.environ == h.environ) == (rows[i].ini[0] == '\0'));
	}
}

static void test_no_program(void **state)
{
	static char *const none[] = {NULL}, *const empty[] = {"", NULL};
	static const char missing[] =
		"command line: no PROGRAM is given and main.command is "
		"not set; see 'cardea --help'\n";
	struct plan plan;

	(void)state;
	assert_string_equal(planning(&arena, "", &root, none, &plan), missing);
	assert_string_equal(planning(&arena, "", &root, NULL, &plan), "");
	assert_string_equal(planning(&arena, "", &root, empty, &plan),
			    "command line: the program's name is empty\n");
	/* One mistake is told once. */
	assert_string_equal(
		planning(&arena, "[main]\ncommand = 'x\n", &root, none, &plan),
		"f:2: main.command: cannot parse command ''x': the quote ' is not closed\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_environment, teardown),
		cmocka_unit_test_teardown(test_env_file, teardown),
		cmocka_unit_test_teardown(test_refused, teardown),
		cmocka_unit_test_teardown(test_program, teardown),
		cmocka_unit_test_teardown(test_no_program, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
