/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plan.h"

#include <stdio.h>
#include <string.h>

#include "core/parse.h"
#include "core/planner.h"

bool planner_is_set(const struct planner *p, enum config_key key)
{
	return p->config->fixed[key].value != NULL;
}

__attribute__((format(printf, 4, 0))) static void report(struct problems *to,
							 enum config_key key,
							 const struct setting *s,
							 const char *fmt, va_list ap)
{
	const char *text = arena_vprintf(to->arena, fmt, ap);

	problems_add(to, s->at, "%s: %s", config_key_name(key), text);
}

void planner_problem(struct planner *p, enum config_key key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(p->problems, key, &p->config->fixed[key], fmt, ap);
	va_end(ap);
}

void planner_note(struct planner *p, enum config_key key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(&p->plan->notes, key, &p->config->fixed[key], fmt, ap);
	va_end(ap);
}

const char *planner_lookup(const void *ctx, const char *name, size_t name_len)
{
	const struct env_item *item = env_find(ctx, name, name_len);

	if (!item || pieces_have_secret(item->pieces)) {
		return NULL;
	}
	/* Without a secret there is at most one piece. */
	return item->pieces ? item->pieces->text : "";
}

const char *planner_value(struct planner *p, enum config_key key)
{
	const struct setting *s = &p->config->fixed[key];
	const char *unset = NULL;
	struct piece *pieces;
	struct err e;

	if (!s->value) {
		return NULL;
	}
	if (!strchr(s->value, '$')) {
		return s->value;
	}
	if (interpolate(p->arena, s->value, planner_lookup, &p->base, false, &pieces,
			&unset, &e) < 0) {
		planner_problem(p, key, "%s", e.text);
		return NULL;
	}
	if (unset) {
		planner_note(p, key,
			     "variable %s is not set; an empty text takes its place",
			     unset);
	}
	return pieces_text(p->arena, pieces);
}

struct strv planner_list(struct planner *p, enum config_key key)
{
	const char *text = planner_value(p, key);
	struct strv items = {0};
	struct err e;

	if (text && parse_list(p->arena, text, &items, &e) < 0) {
		planner_problem(p, key, "%s", e.text);
		return (struct strv){0};
	}
	return items;
}

/* Is there nothing to change in it or to look up? Then there is no need to take it apart. */
static bool environ_stays(const struct config *c, char *const *environ)
{
	static const char *const ours[] = {"CARDEA_", "LISTEN_PID="};

	if (c->any) {
		return false;
	}
	for (; environ && *environ; environ++) {
		for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
			if (strncmp(*environ, ours[i], strlen(ours[i])) == 0) {
				return false;
			}
		}
	}
	return true;
}

/* environ as something to look variables up in. */
static struct env env_of(struct arena *a, char *const *environ)
{
	struct env env = {0};

	for (; environ && *environ; environ++) {
		const char *equals = strchr(*environ, '=');
		struct piece *value;

		/* Without a name it is not a variable; execve(2) passes such strings all the same. */
		if (!equals || equals == *environ) {
			continue;
		}
		value = arena_alloc(a, sizeof(*value));
		value->text = equals + 1;
		env_set(a, &env,
			(struct env_item){
				.name = arena_strndup(a, *environ,
						      (size_t)(equals - *environ)),
				.pieces = value,
				.source = ENV_INHERITED,
				.at = {.source = "environment"},
			});
	}
	return env;
}

/* Which processes hooks are made from is a question of rights. */
static void plan_hook_needs(const struct config *c, struct needs *n)
{
	n->rights |= c->hooks.n > 0;
	for (size_t i = 0; i < c->hooks.n && !n->accounts; i++) {
		const struct setting *user =
			config_hook_setting(&c->hooks.v[i], HOOK_KEY_USER);

		n->accounts = user && user->value;
	}
}

void plan_needs(struct arena *a, const struct config *c, char *const *environ,
		struct needs *ret_needs)
{
	static const enum config_key rights[] = {
		KEY_MAIN_USER,
		KEY_MAIN_GROUP_ADD,
		KEY_SECURITY_CAP_DROP,
		KEY_SECURITY_CAP_ADD,
		KEY_SECURITY_SECUREBITS,
		KEY_SECURITY_SECCOMP,
		KEY_SECURITY_NO_NEW_PRIVS,
		KEY_SECURITY_READ_ONLY_PATHS,
		KEY_SECURITY_READ_WRITE_PATHS,
		KEY_MAIN_RESTART,
	};
	struct planner p = {.arena = a, .config = c};
	struct problems ignored = {.arena = a};
	struct plan scratch = {.notes = {.arena = a}, .harmless = {.arena = a}};
	struct needs n = {0};

	for (size_t i = 0; i < ARRAY_LEN(rights); i++) {
		n.rights |= planner_is_set(&p, rights[i]);
	}
	n.accounts = planner_is_set(&p, KEY_MAIN_USER) ||
		     planner_is_set(&p, KEY_MAIN_GROUP_ADD);
	plan_hook_needs(c, &n);
	/* What may have to be raised again is compared with what it is now. */
	n.limits = (c->hooks.n > 0 || planner_is_set(&p, KEY_MAIN_RESTART)) &&
		   (planner_is_set(&p, KEY_MAIN_ULIMITS) ||
		    planner_is_set(&p, KEY_MAIN_OOM_SCORE_ADJ));
	n.landlock = planner_is_set(&p, KEY_SECURITY_READ_ONLY_PATHS) ||
		     planner_is_set(&p, KEY_SECURITY_READ_WRITE_PATHS);
	if (planner_is_set(&p, KEY_MAIN_ENV_FILE)) {
		p.problems = &ignored;
		p.plan = &scratch;
		p.base = env_of(a, environ);
		n.env_files = planner_list(&p, KEY_MAIN_ENV_FILE);
	}
	*ret_needs = n;
}

void plan_base_environment(struct planner *p)
{
	p->base = env_of(p->arena, p->host->environ);
	for (size_t i = 0; i < p->host->n_env_files; i++) {
		const struct text_file *f = &p->host->env_files[i];

		if (!f->text) {
			planner_problem(p, KEY_MAIN_ENV_FILE, "%s", f->why);
			continue;
		}
		env_file_parse(p->arena, f->path, f->text, f->len, planner_lookup,
			       &p->base, &p->base, p->problems);
	}
}

static const struct {
	const char name[8];
	enum log_level level;
} log_levels[] = {
	{"error", LOG_LEVEL_ERROR},   {"warning", LOG_LEVEL_WARNING},
	{"notice", LOG_LEVEL_NOTICE}, {"info", LOG_LEVEL_INFO},
	{"debug", LOG_LEVEL_DEBUG},
};

static void plan_log(struct planner *p)
{
	const char *level = planner_value(p, KEY_MAIN_LOG_LEVEL);
	const char *format = planner_value(p, KEY_MAIN_LOG_FORMAT);
	int wanted = LOG_LEVEL_WARNING;

	if (level) {
		size_t i = 0;

		while (i < ARRAY_LEN(log_levels) &&
		       strcmp(log_levels[i].name, level) != 0) {
			i++;
		}
		if (i == ARRAY_LEN(log_levels)) {
			planner_problem(
				p, KEY_MAIN_LOG_LEVEL,
				"cannot use '%s': it is error, warning, notice, info or debug",
				level);
		} else {
			wanted = (int)log_levels[i].level;
		}
	}
	wanted += p->options->verbosity;
	wanted = wanted < LOG_LEVEL_ERROR ? LOG_LEVEL_ERROR : wanted;
	p->plan->log_level = wanted > LOG_LEVEL_DEBUG ? LOG_LEVEL_DEBUG
						      : (enum log_level)wanted;
	if (format && strcmp(format, "json") == 0) {
		p->plan->log_format = LOG_JSON;
	} else if (format && strcmp(format, "text") != 0) {
		planner_problem(p, KEY_MAIN_LOG_FORMAT,
				"cannot use '%s': it is text or json", format);
	}
}

void plan_build(struct arena *a, const struct options *o, const struct config *c,
		const struct host *h, bool want_program, struct plan *ret_plan,
		struct problems *problems)
{
	struct planner p = {
		.arena = a,
		.options = o,
		.config = c,
		.host = h,
		.plan = ret_plan,
		.problems = problems,
		.want_program = want_program,
	};

	*ret_plan = (struct plan){
		.umask = -1, .notes = {.arena = a}, .harmless = {.arena = a}};
	if (environ_stays(c, h->environ)) {
		ret_plan->environ = h->environ;
	} else {
		plan_base_environment(&p);
	}
	plan_log(&p);
	plan_rights(&p);
	if (!ret_plan->environ) {
		plan_environment(&p);
	}
	plan_program(&p, want_program);
	plan_life(&p);
	plan_attributes(&p);
	plan_again(&p);
	plan_hooks(&p);
	plan_own(&p);
}
