/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What config.c, config_hooks.c and config_file.c share: finding sections and keys, and storing a value.
 */
#ifndef CARDEA_CORE_CONFIG_STORE_H
#define CARDEA_CORE_CONFIG_STORE_H

#include "core/config.h"

enum config_section {
	SECTION_MAIN,
	SECTION_SECURITY,
	SECTION_ENVIRONMENT,
	SECTION_SECRETS,
	SECTION_SIGNALS,
	SECTION_COUNT,
	SECTION_HOOK = SECTION_COUNT, /* [hook:NAME] */
};

/* A section that was found. */
struct place {
	enum config_section section;
	size_t hook; /* of SECTION_HOOK: index in config.hooks */
};

/*
 * The section of that name; a hook's is made if need be. 0, or -1 with a problem at the given place that says which was
 * meant.
 */
int config_find_section(struct config *c, const char *name, struct origin at,
			struct place *ret_place, struct problems *p);

/* The name of a section that knows key, for a message; NULL when none does. */
const char *config_section_with_key(const char *key);

/*
 * Lay "key = value" in a section over what is there. unique: a value that already has the
 * very same at.source (the same pointer) is a duplicate. An unknown or duplicate key is a
 * problem at that place and changes nothing. key and value are copied.
 */
void config_store(struct config *c, struct place place, const char *key,
		  const char *value, struct origin at, bool unique, struct problems *p);

/* config.c: true, and a problem, when the setting was made in the same file before. */
bool config_duplicate(const struct setting *s, const char *section, const char *key,
		      struct origin at, struct problems *p);

/* config.c: what unknown keys are told when no key of their section is near. */
void config_unknown_key(const char *section, const char *key, struct origin at,
			struct problems *p);

/* config_hooks.c: find or make the hook of a section's name, which begins with "hook". */
int config_hook_section(struct config *c, const char *section, struct origin at,
			size_t *ret_hook, struct problems *p);

/* config_hooks.c: config_store() in a hook's section. */
void config_store_hook(struct config *c, size_t hook, const char *key, const char *value,
		       struct origin at, bool unique, struct problems *p);

/* config_hooks.c: is there such a key in a [hook:NAME]? */
bool config_is_hook_key(const char *key);

/* Drop the entries that an empty value took away; until then they say where that was. */
void config_compact(struct config *c);

#endif
