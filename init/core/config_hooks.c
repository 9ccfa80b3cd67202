/* SPDX-License-Identifier: Apache-2.0 */
/* The sections [hook:NAME]: found by a hash of the name, as there may be thousands. */
#include <string.h>

#include "core/config.h"
#include "core/config_store.h"
#include "core/parse.h"

#define PREFIX_LEN 5 /* of "hook:" */

static const char *const keys[] = {
#define HOOK_KEY_ROW(id, name) [HOOK_KEY_##id] = name,
	HOOK_KEYS(HOOK_KEY_ROW)
#undef HOOK_KEY_ROW
};
_Static_assert(ARRAY_LEN(keys) == HOOK_KEY_COUNT, "a name for every key");

const char *config_hook_key_name(enum hook_key key)
{
	return keys[key];
}

static const char *key_at(const void *ctx, size_t i)
{
	(void)ctx;
	return i < ARRAY_LEN(keys) ? keys[i] : NULL;
}

/* The table's own pointer, or NULL. */
static const char *find_key(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(keys[i], key) == 0) {
			return keys[i];
		}
	}
	return NULL;
}

bool config_is_hook_key(const char *key)
{
	return find_key(key) != NULL;
}

/* ---- hooks by name ---- */

/* FNV-1a of Fowler, Noll and Vo. Names chosen to collide only slow down the start of who chose them. */
static unsigned hash(const char *name)
{
	unsigned h = 2166136261u;

	for (; *name; name++) {
		h = (h ^ (unsigned char)*name) * 16777619u;
	}
	return h;
}

/* Where name is in the index, or the free place that it would take. */
static unsigned *slot_of(const struct hook_sections *s, const char *name)
{
	size_t i = hash(name) & (s->index_room - 1);

	while (s->index[i] && strcmp(s->v[s->index[i] - 1].name, name) != 0) {
		i = (i + 1) & (s->index_room - 1);
	}
	return &s->index[i];
}

const struct hook_section *config_find_hook(const struct config *c, const char *name)
{
	const struct hook_sections *s = &c->hooks;
	unsigned i = s->index ? *slot_of(s, name) : 0;

	return i ? &s->v[i - 1] : NULL;
}

/* Room for one more, with an index that is at most half full. */
static void reserve(struct arena *a, struct hook_sections *s)
{
	size_t room = s->room ? s->room * 2 : 8;
	struct hook_section *v;

	if (s->n < s->room) {
		return;
	}
	v = arena_array(a, room, sizeof(*v));
	if (s->n > 0) {
		memcpy(v, s->v, s->n * sizeof(*v));
	}
	s->v = v;
	s->room = room;
	s->index_room = room * 2;
	s->index = arena_array(a, s->index_room, sizeof(*s->index));
	for (size_t i = 0; i < s->n; i++) {
		*slot_of(s, v[i].name) = (unsigned)i + 1;
	}
}

/* NULL, or what is wrong with a hook's name. */
static const char *name_mistake(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (!*name) {
		return "a hook has a name: [hook:NAME]";
	}
	if (name[strspn(name, allowed)]) {
		return "a hook's name has letters, digits and . _ - only";
	}
	return strlen(name) > HOOK_NAME_MAX ? "a hook's name has at most 63 characters"
					    : NULL;
}
_Static_assert(HOOK_NAME_MAX == 63, "the message says so");

int config_hook_section(struct config *c, const char *section, struct origin at,
			size_t *ret_hook, struct problems *p)
{
	struct hook_sections *s = &c->hooks;
	const char *name =
		section + (section[PREFIX_LEN - 1] ? PREFIX_LEN : PREFIX_LEN - 1);
	const char *why = name_mistake(name);
	unsigned *slot;

	if (why) {
		problems_add(p, at, "bad section " SHOWN ": %s", SHOW(section), why);
		return -1;
	}
	reserve(c->arena, s);
	slot = slot_of(s, name);
	if (*slot) {
		*ret_hook = *slot - 1;
		return 0;
	}
	if (s->n == HOOKS_MAX) {
		problems_add(p, at, "there are more than %d hooks", HOOKS_MAX);
		return -1;
	}
	/* Where it is comes with its header, or its first key. */
	s->v[s->n] = (struct hook_section){.name = arena_strdup(c->arena, name)};
	*ret_hook = s->n++;
	*slot = (unsigned)s->n;
	return 0;
}

/* ---- keys ---- */

static struct setting *find_setting(const struct hook_section *hook, const char *name)
{
	for (size_t i = 0; i < hook->keys.n; i++) {
		if (hook->keys.v[i].name == name) {
			return &hook->keys.v[i];
		}
	}
	return NULL;
}

const struct setting *config_hook_setting(const struct hook_section *hook,
					  enum hook_key key)
{
	return find_setting(hook, keys[key]);
}

/* A new entry: at most HOOK_KEY_COUNT, so growing by a few is enough. */
static struct setting *add_setting(struct arena *a, struct setting_map *m)
{
	struct setting *v;

	if (m->n == m->room) {
		m->room += 6;
		v = arena_array(a, m->room, sizeof(*v));
		if (m->n > 0) {
			memcpy(v, m->v, m->n * sizeof(*v));
		}
		m->v = v;
	}
	return &m->v[m->n++];
}

static void unknown_key(const char *section, const char *key, struct origin at,
			struct problems *p)
{
	const char *near = parse_nearest(key, key_at, NULL);

	if (near && !config_section_with_key(key)) {
		problems_add(p, at, "unknown key '%s.%.80s': did you mean '%s'?", section,
			     key, near);
	} else {
		config_unknown_key(section, key, at, p);
	}
}

void config_store_hook(struct config *c, size_t hook, const char *key, const char *value,
		       struct origin at, bool unique, struct problems *p)
{
	struct hook_section *h = &c->hooks.v[hook];
	const char *name = find_key(key);
	struct setting *s;

	if (!h->at.source) {
		h->at = at;
	}
	if (!name) {
		unknown_key(arena_printf(c->arena, "hook:%s", h->name), key, at, p);
		return;
	}
	s = find_setting(h, name);
	if (s && unique && s->at.source == at.source) {
		(void)config_duplicate(s, arena_printf(c->arena, "hook:%s", h->name), key,
				       at, p);
		return;
	}
	if (!s) {
		s = add_setting(c->arena, &h->keys);
	}
	s->name = name;
	s->value = *value ? arena_strdup(c->arena, value) : NULL;
	s->at = at;
	c->any = c->any || s->value;
}
