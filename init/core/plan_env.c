/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/parse.h"
#include "core/planner.h"

/* What Docker gives an image without PATH. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define SECRETS_DIR "/run/secrets"

static bool is_ours(const char *name)
{
	return strncmp(name, "CARDEA_", sizeof("CARDEA_") - 1) == 0;
}

static struct piece *secret_piece(struct planner *p, const char *name)
{
	struct piece *piece = arena_alloc(p->arena, sizeof(*piece));

	piece->secret = name;
	return piece;
}

static struct secret_spec *find_secret(const struct planner *p, const char *name)
{
	for (size_t i = 0; i < p->plan->n_secrets; i++) {
		if (strcmp(p->plan->secrets[i].name, name) == 0) {
			return &p->plan->secrets[i];
		}
	}
	return NULL;
}

static void add_secret(struct planner *p, struct secret_spec spec)
{
	struct secret_spec *v = arena_array(p->arena, p->plan->n_secrets + 1, sizeof(*v));

	if (p->plan->n_secrets > 0) {
		memcpy(v, p->plan->secrets, p->plan->n_secrets * sizeof(*v));
	}
	v[p->plan->n_secrets++] = spec;
	p->plan->secrets = v;
}

/* The words of a [secrets] value: FILE, then options. */
static void plan_secret(struct planner *p, const struct setting *s, const char *dir)
{
	struct secret_spec spec = {.name = s->name, .at = s->at};
	struct piece *pieces;
	struct strv words = {0};
	struct err e;

	if (!env_name_valid(s->name)) {
		problems_add(
			p->problems, s->at,
			"secrets: '%s' cannot be a variable's name: letters, digits and _ only",
			s->name);
		return;
	}
	if (interpolate(p->arena, s->value, planner_lookup, &p->base, false, &pieces,
			NULL, &e) < 0 ||
	    parse_words(p->arena, pieces_text(p->arena, pieces), &words, &e) < 0) {
		problems_add(p->problems, s->at, "secrets.%s: %s", s->name, e.text);
		return;
	}
	for (size_t i = 1; i < words.n; i++) {
		if (strcmp(words.v[i], "optional") != 0) {
			problems_add(
				p->problems, s->at,
				"secrets.%s: cannot use '%s' after the file: only 'optional'",
				s->name, words.v[i]);
			return;
		}
		spec.optional = true;
	}
	if (words.n == 0 || words.v[0][0] == '\0') {
		problems_add(p->problems, s->at, "secrets.%s: no file is named", s->name);
		return;
	}
	spec.path = words.v[0][0] == '/'
			    ? words.v[0]
			    : arena_printf(p->arena, "%s/%s", dir, words.v[0]);
	add_secret(p, spec);
}

static void plan_secrets(struct planner *p)
{
	const char *dir = planner_value(p, KEY_MAIN_SECRETS_DIR);

	if (!dir) {
		dir = SECRETS_DIR;
	} else if (dir[0] != '/') {
		planner_problem(p, KEY_MAIN_SECRETS_DIR,
				"cannot use '%s': it must begin with '/'", dir);
	}
	for (size_t i = 0; i < p->config->secrets.n; i++) {
		plan_secret(p, &p->config->secrets.v[i], dir);
	}
}

static void check_secret_names(struct planner *p, const struct setting *s,
			       const struct piece *pieces)
{
	for (; pieces; pieces = pieces->next) {
		if (pieces->secret && !find_secret(p, pieces->secret)) {
			problems_add(
				p->problems, s->at,
				"environment.%s: there is no secret '%s' in [secrets]",
				s->name, pieces->secret);
		}
	}
}

static void plan_variable(struct planner *p, const struct setting *s)
{
	const char *unset = NULL;
	struct piece *pieces;
	struct err e;

	/* What else a name may not be was looked at when the configuration was read. */
	if (is_ours(s->name)) {
		problems_add(
			p->problems, s->at,
			"environment: '%s' cannot be a variable's name: CARDEA_ is for cardea itself",
			s->name);
		return;
	}
	if (interpolate(p->arena, s->value, planner_lookup, &p->base, true, &pieces,
			&unset, &e) < 0) {
		problems_add(p->problems, s->at, "environment.%s: %s", s->name, e.text);
		return;
	}
	if (unset) {
		problems_add(
			&p->plan->notes, s->at,
			"environment.%s: variable %s is not set; an empty text takes its place",
			s->name, unset);
	}
	check_secret_names(p, s, pieces);
	env_set(p->arena, &p->plan->env,
		(struct env_item){.name = s->name,
				  .pieces = pieces,
				  .source = ENV_CONFIG,
				  .at = s->at});
}

/* X_FILE=/path becomes X, as the images' entrypoint scripts do it. */
static void plan_file_variable(struct planner *p, const char *name, bool asked_by_name)
{
	struct env *env = &p->plan->env;
	const char *file_name = arena_printf(p->arena, "%s_FILE", name);
	struct env_item *file = env_find(env, file_name, strlen(file_name));
	struct origin at = p->config->fixed[KEY_MAIN_FILE_VARIABLES].at;
	const char *path;

	if (!file) {
		return;
	}
	path = planner_lookup(env, file_name, strlen(file_name));
	if (!path || path[0] != '/') {
		/* With '*' a variable that only happens to end in _FILE is left alone. */
		if (asked_by_name) {
			planner_problem(
				p, KEY_MAIN_FILE_VARIABLES,
				"%s is '%s': it must be a path that begins with '/'",
				file_name, path ? path : "a secret");
		}
		return;
	}
	if (env_find(env, name, strlen(name))) {
		planner_problem(p, KEY_MAIN_FILE_VARIABLES,
				"both %s and %s are set; only one can be", name,
				file_name);
		return;
	}
	if (find_secret(p, name)) {
		planner_problem(p, KEY_MAIN_FILE_VARIABLES,
				"%s is set and [secrets] has %s as well; only one can be",
				file_name, name);
		return;
	}
	add_secret(p, (struct secret_spec){.name = name, .path = path, .at = at});
	env_unset(env, file_name);
	env_set(p->arena, env,
		(struct env_item){.name = name,
				  .pieces = secret_piece(p, name),
				  .source = ENV_FROM_FILE,
				  .at = at});
}

static void plan_file_variables(struct planner *p)
{
	struct strv names = planner_list(p, KEY_MAIN_FILE_VARIABLES);
	bool all = strv_contains(&names, "*");

	for (size_t i = 0; i < names.n; i++) {
		if (strcmp(names.v[i], "*") == 0) {
			continue;
		}
		if (!env_name_valid(names.v[i])) {
			planner_problem(p, KEY_MAIN_FILE_VARIABLES,
					"'%s' cannot be a variable's name", names.v[i]);
			continue;
		}
		plan_file_variable(p, names.v[i], true);
	}
	/* Names are taken first: the loop changes the environment it walks over. */
	names = (struct strv){0};
	for (size_t i = 0; all && i < p->plan->env.n; i++) {
		const char *name = p->plan->env.v[i].name;
		size_t len = strlen(name);

		if (len > 5 && strcmp(name + len - 5, "_FILE") == 0) {
			strv_push(p->arena, &names,
				  arena_strndup(p->arena, name, len - 5));
		}
	}
	for (size_t i = 0; i < names.n; i++) {
		plan_file_variable(p, names.v[i], false);
	}
}

static void set_home(struct planner *p)
{
	struct piece *home = arena_alloc(p->arena, sizeof(*home));

	home->text = p->plan->user.home;
	env_set(p->arena, &p->plan->env,
		(struct env_item){.name = "HOME",
				  .pieces = home,
				  .source = ENV_USER,
				  .at = p->config->fixed[KEY_MAIN_USER].at});
}

void plan_environment(struct planner *p)
{
	struct env *env = &p->plan->env;

	for (size_t i = 0; i < p->base.n; i++) {
		if (!is_ours(p->base.v[i].name)) {
			env_set(p->arena, env, p->base.v[i]);
		}
	}
	if (p->plan->user_set) {
		set_home(p);
	}
	plan_secrets(p);
	for (size_t i = 0; i < p->config->environment.n; i++) {
		plan_variable(p, &p->config->environment.v[i]);
	}
	plan_file_variables(p);
	for (size_t i = 0; i < p->config->secrets.n; i++) {
		const struct setting *s = &p->config->secrets.v[i];
		const struct env_item *other = env_find(env, s->name, strlen(s->name));

		if (other && other->source == ENV_CONFIG) {
			problems_add(
				p->problems, s->at,
				"secrets.%s: [environment] sets %s as well; only one can be",
				s->name, s->name);
		}
		env_set(p->arena, env,
			(struct env_item){.name = s->name,
					  .pieces = secret_piece(p, s->name),
					  .source = ENV_SECRET,
					  .at = s->at});
	}
}

/* PROGRAM, or main.command, with default_program in front of options. */
static void plan_argv(struct planner *p)
{
	char *const *args = p->options->args;
	const char *text;
	struct strv words = {0}, first = {0};
	struct err e;

	if (args && args[0]) {
		strv_extend(p->arena, &words, args);
	} else if ((text = planner_value(p, KEY_MAIN_COMMAND)) &&
		   parse_words(p->arena, text, &words, &e) < 0) {
		planner_problem(p, KEY_MAIN_COMMAND, "%s", e.text);
	}
	text = planner_value(p, KEY_MAIN_DEFAULT_PROGRAM);
	if (text && parse_words(p->arena, text, &first, &e) < 0) {
		planner_problem(p, KEY_MAIN_DEFAULT_PROGRAM, "%s", e.text);
	}
	if (words.n > 0 && words.v[0][0] == '-') {
		strv_extend(p->arena, &first, words.v);
		words = first;
	}
	p->plan->argv = words;
}

const char *plan_search_path(const struct plan *plan)
{
	const char *path = NULL;

	for (char *const *e = plan->environ; e && *e && !path; e++) {
		path = strncmp(*e, "PATH=", 5) == 0 ? *e + 5 : NULL;
	}
	if (!plan->environ) {
		path = planner_lookup(&plan->env, "PATH", 4);
	}
	return path ? path : DEFAULT_PATH;
}

void plan_candidates(struct arena *a, const char *path, char *program,
		     struct strv *ret_paths)
{
	if (strchr(program, '/')) {
		strv_push(a, ret_paths, program);
		return;
	}
	path = path ? path : DEFAULT_PATH;
	while (*path) {
		size_t len = strcspn(path, ":");

		/* A relative directory would mean another one after working_dir: it is passed over. */
		if (len > 0 && path[0] == '/') {
			strv_push(a, ret_paths,
				  arena_printf(a, "%.*s/%s", (int)len, path, program));
		}
		path += len + (path[len] == ':');
	}
	if (ret_paths->n == 0) {
		strv_push(a, ret_paths, arena_printf(a, "/bin/%s", program));
	}
}

void plan_paths(struct arena *a, struct plan *plan, char *program)
{
	plan_candidates(a, plan_search_path(plan), program, &plan->paths);
}

void plan_program(struct planner *p, bool want_program)
{
	const char *dir = planner_value(p, KEY_MAIN_WORKING_DIR);
	size_t before;

	if (dir && dir[0] != '/') {
		planner_problem(p, KEY_MAIN_WORKING_DIR,
				"cannot use '%s': it must begin with '/'", dir);
	}
	p->plan->working_dir = dir;
	before = p->problems->n;
	plan_argv(p);
	if (p->plan->argv.n > 0 && p->plan->argv.v[0][0] != '\0') {
		plan_paths(p->arena, p->plan, p->plan->argv.v[0]);
	} else if (p->plan->argv.n > 0) {
		problems_add(p->problems, (struct origin){.source = "command line"},
			     "the program's name is empty");
	} else if (want_program && p->problems->n == before) {
		problems_add(
			p->problems, (struct origin){.source = "command line"},
			"no PROGRAM is given and main.command is not set; see 'cardea --help'");
	}
}
