/* SPDX-License-Identifier: Apache-2.0 */
/* The known sections and keys, and the sources that are not files. */
#include "core/config.h"

#include <ctype.h>
#include <string.h>

#include "core/config_store.h"
#include "core/env.h"
#include "core/parse.h"
#include "core/signame.h"

static const struct {
	const char *section, *name, *full, *variable;
} keys[] = {
#define CONFIG_KEY_ROW(id, section, name) \
	[KEY_##id] = {section, name, section "." name, "CARDEA_" #id},
	CONFIG_KEYS(CONFIG_KEY_ROW)
#undef CONFIG_KEY_ROW
};
_Static_assert(ARRAY_LEN(keys) == CONFIG_KEY_COUNT, "a row for every key");

static const char *const sections[] = {
	[SECTION_MAIN] = "main",
	[SECTION_SECURITY] = "security",
	[SECTION_ENVIRONMENT] = "environment",
	[SECTION_SECRETS] = "secrets",
	[SECTION_SIGNALS] = "signals",
};
_Static_assert(ARRAY_LEN(sections) == SECTION_COUNT, "a name for every section");

const char *config_key_name(enum config_key key)
{
	return keys[key].full;
}

const char *config_key_section(enum config_key key)
{
	return keys[key].section;
}

/* ---- what a slip may have meant ---- */

static const char *section_at(const void *ctx, size_t i)
{
	(void)ctx;
	return i < ARRAY_LEN(sections) ? sections[i] : NULL;
}

static const char *key_at(const void *ctx, size_t i)
{
	(void)ctx;
	return i < ARRAY_LEN(keys) ? keys[i].name : NULL;
}

static const char *variable_at(const void *ctx, size_t i)
{
	(void)ctx;
	return i < ARRAY_LEN(keys) ? keys[i].variable : NULL;
}

/* The i-th key of the section that ctx names. */
static const char *section_key_at(const void *ctx, size_t i)
{
	for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
		if (strcmp(keys[k].section, ctx) == 0 && i-- == 0) {
			return keys[k].name;
		}
	}
	return NULL;
}

const char *config_section_with_key(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(keys[i].name, key) == 0) {
			return keys[i].section;
		}
	}
	return config_is_hook_key(key) ? "hook:NAME" : NULL;
}

int config_find_section(struct config *c, const char *name, struct origin at,
			struct place *ret_place, struct problems *p)
{
	const char *near;

	for (int i = 0; i < SECTION_COUNT; i++) {
		if (strcmp(sections[i], name) == 0) {
			*ret_place = (struct place){.section = (enum config_section)i};
			return 0;
		}
	}
	if (strncmp(name, "hook:", 5) == 0 || strcmp(name, "hook") == 0) {
		ret_place->section = SECTION_HOOK;
		return config_hook_section(c, name, at, &ret_place->hook, p);
	}
	near = parse_nearest(name, section_at, NULL);
	if (near) {
		problems_add(p, at, "unknown section " SHOWN ": did you mean '%s'?",
			     SHOW(name), near);
	} else {
		problems_add(
			p, at,
			"unknown section " SHOWN
			": known are main, security, environment, secrets, signals and "
			"hook:NAME",
			SHOW(name));
	}
	return -1;
}

void config_unknown_key(const char *section, const char *key, struct origin at,
			struct problems *p)
{
	const char *near, *home = config_section_with_key(key);

	if (home) {
		problems_add(p, at, "unknown key '%s.%s': it belongs to section [%s]",
			     section, key, home);
		return;
	}
	near = parse_nearest(key, key_at, NULL);
	if (near) {
		problems_add(p, at, "unknown key '%s.%.80s': did you mean '%s.%s'?",
			     section, key, config_section_with_key(near), near);
		return;
	}
	problems_add(p, at,
		     "unknown key '%s.%.80s%s': cardea.ini(5) lists the known ones",
		     section, SHOW(key));
}

static void unknown_key(const char *section, const char *key, struct origin at,
			struct problems *p)
{
	const char *near;

	if (!config_section_with_key(key) &&
	    (near = parse_nearest(key, section_key_at, section))) {
		problems_add(p, at, "unknown key '%s.%.80s': did you mean '%s'?", section,
			     key, near);
		return;
	}
	config_unknown_key(section, key, at, p);
}

/* ---- storing ---- */

bool config_duplicate(const struct setting *s, const char *section, const char *key,
		      struct origin at, struct problems *p)
{
	if (s->at.source != at.source) {
		return false;
	}
	problems_add(p, at, "duplicate key '%s.%.80s%s': it is already in line %u",
		     section, SHOW(key), s->at.line);
	return true;
}

static void store_key(struct config *c, size_t key, const char *value, struct origin at,
		      bool unique, struct problems *p)
{
	struct setting *s = &c->fixed[key];

	if (unique && config_duplicate(s, keys[key].section, keys[key].name, at, p)) {
		return;
	}
	s->name = keys[key].name;
	s->value = *value ? arena_strdup(c->arena, value) : NULL;
	s->at = at;
	c->any = c->any || s->value;
}

static void store_fixed(struct config *c, enum config_section section, const char *key,
			const char *value, struct origin at, bool unique,
			struct problems *p)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(keys[i].section, sections[section]) == 0 &&
		    strcmp(keys[i].name, key) == 0) {
			store_key(c, i, value, at, unique, p);
			return;
		}
	}
	unknown_key(sections[section], key, at, p);
}

/* NULL, or what is wrong with a key whose name the user chooses. */
static const char *key_mistake(enum config_section section, const char *key)
{
	if (section == SECTION_ENVIRONMENT && !env_name_accepted(key)) {
		return "a variable's name has letters, digits and _ . - [ ] only, and "
		       "begins with a letter or _";
	}
	if (section == SECTION_SECRETS && !env_name_valid(key)) {
		return "a secret's name has letters, digits and _ only, and begins with "
		       "a letter or _";
	}
	return NULL;
}

/* In [signals] HUP and SIGHUP are one key, in the others every byte counts. */
static bool same_key(enum config_section section, const char *x, const char *y)
{
	int a, b;

	if (section != SECTION_SIGNALS) {
		return strcmp(x, y) == 0;
	}
	return signal_parse(x, &a, NULL) == 0 && signal_parse(y, &b, NULL) == 0 && a == b;
}

/* The entry of that key, a new one if need be; NULL when there is no more room. */
static struct setting *map_slot(struct config *c, struct setting_map *m,
				enum config_section section, const char *key)
{
	for (size_t i = 0; i < m->n; i++) {
		if (same_key(section, m->v[i].name, key)) {
			return &m->v[i];
		}
	}
	if (m->n >= ENV_NAMES_MAX) {
		return NULL;
	}
	if (m->n == m->room) {
		size_t room = m->room ? m->room * 2 : 8;
		struct setting *v = arena_array(c->arena, room, sizeof(*v));

		if (m->n > 0) {
			memcpy(v, m->v, m->n * sizeof(*v));
		}
		m->v = v;
		m->room = room;
	}
	m->v[m->n] = (struct setting){0};
	return &m->v[m->n++];
}

static void store_map(struct config *c, struct setting_map *m,
		      enum config_section section, const char *key, const char *value,
		      struct origin at, bool unique, struct problems *p)
{
	const char *why = key_mistake(section, key);
	struct setting *s;
	struct err err;
	int sig;

	if (why) {
		problems_add(p, at, "bad key '%s.%.80s%s': %s", sections[section],
			     SHOW(key), why);
		return;
	}
	if (section == SECTION_SIGNALS && signal_parse(key, &sig, &err) < 0) {
		problems_add(p, at, "bad key in [signals]: %s", err.text);
		return;
	}
	s = map_slot(c, m, section, key);
	if (!s) {
		problems_add(p, at, "section [%s] has more than %d keys",
			     sections[section], ENV_NAMES_MAX);
		return;
	}
	if (unique && config_duplicate(s, sections[section], key, at, p)) {
		return;
	}
	s->name = arena_strdup(c->arena, key);
	s->value = arena_strdup(c->arena, value);
	s->at = at;
	if (section != SECTION_ENVIRONMENT && !*value) {
		s->value = NULL;
	}
	c->any = c->any || s->value;
}

void config_store(struct config *c, struct place place, const char *key,
		  const char *value, struct origin at, bool unique, struct problems *p)
{
	struct setting_map *maps[] = {
		[SECTION_ENVIRONMENT] = &c->environment,
		[SECTION_SECRETS] = &c->secrets,
		[SECTION_SIGNALS] = &c->signals,
	};

	if (place.section == SECTION_HOOK) {
		config_store_hook(c, place.hook, key, value, at, unique, p);
	} else if (place.section == SECTION_MAIN || place.section == SECTION_SECURITY) {
		store_fixed(c, place.section, key, value, at, unique, p);
	} else {
		store_map(c, maps[place.section], place.section, key, value, at, unique,
			  p);
	}
}

void config_compact(struct config *c)
{
	struct setting_map *maps[] = {&c->environment, &c->secrets, &c->signals};

	for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
		size_t kept = 0;

		for (size_t j = 0; j < maps[i]->n; j++) {
			if (maps[i]->v[j].value) {
				maps[i]->v[kept++] = maps[i]->v[j];
			}
		}
		maps[i]->n = kept;
	}
}

/* ---- sources that are not files ---- */

/*
 * An engine's description of a service that happens to be called cardea or cardea-something: Kubernetes gives every
 * container of the namespace CARDEA_SERVICE_HOST, CARDEA_PORT, CARDEA_PORT_80_TCP_ADDR and so on.
 */
static bool is_service_link(const char *name)
{
	size_t len = strlen(name);

	return strstr(name, "_SERVICE_HOST") || strstr(name, "_SERVICE_PORT") ||
	       strstr(name, "_PORT_") || strcmp(name + len - 5, "_PORT") == 0;
}

/* One NAME=value that begins with CARDEA_. */
static void add_variable(struct config *c, const char *entry, size_t name_len,
			 struct problems *p)
{
	const char *name = arena_strndup(c->arena, entry, name_len);
	struct origin at = {.source = name};
	const char *near;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(keys[i].variable, name) == 0) {
			store_key(c, i, entry + name_len + 1, at, false, p);
			return;
		}
	}
	if (is_service_link(name)) {
		return;
	}
	at.source = "environment";
	near = parse_nearest(name, variable_at, NULL);
	if (near) {
		problems_add(p, at, "unknown variable " SHOWN ": did you mean '%s'?",
			     SHOW(name), near);
	} else {
		problems_add(
			p, at,
			"unknown variable " SHOWN
			": CARDEA_MAIN_... and CARDEA_SECURITY_... set the keys of [main] "
			"and [security]",
			SHOW(name));
	}
}

void config_add_environ(struct config *c, char *const *envp, struct problems *p)
{
	for (; *envp; envp++) {
		size_t name_len = strcspn(*envp, "=");

		if ((*envp)[name_len] == '=' && strncmp(*envp, "CARDEA_", 7) == 0 &&
		    (name_len != 13 || strncmp(*envp, "CARDEA_CONFIG", 13) != 0)) {
			add_variable(c, *envp, name_len, p);
		}
	}
}

/* The '.' between section and key: the first, but a hook's name may hold some. */
static size_t dot_of(const char *assignment, size_t equals)
{
	size_t dot = strcspn(assignment, ".=");

	for (size_t i = dot + 1; strncmp(assignment, "hook:", 5) == 0 && i < equals;
	     i++) {
		dot = assignment[i] == '.' ? i : dot;
	}
	return dot;
}

void config_add_assignment(struct config *c, const char *assignment, struct origin at,
			   struct problems *p)
{
	size_t equals = strcspn(assignment, "=");
	size_t dot = dot_of(assignment, equals);
	const char *section, *key;
	struct place place;

	if (assignment[dot] != '.' || assignment[equals] != '=' || dot + 1 == equals) {
		problems_add(p, at,
			     "cannot parse assignment " SHOWN
			     ": expected SECTION.KEY=VALUE, for example main.user=app",
			     SHOW(assignment));
		return;
	}
	section = arena_strndup(c->arena, assignment, dot);
	key = arena_strndup(c->arena, assignment + dot + 1, equals - dot - 1);
	if (config_find_section(c, section, at, &place, p) == 0) {
		config_store(c, place, key, assignment + equals + 1, at, false, p);
		config_compact(c);
	}
}
