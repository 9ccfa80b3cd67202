/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What config.c and config_file.c share: finding sections and keys, and storing a value.
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
};

/*
 * The section of that name, or -1 with a problem at the given place that says which was
 * meant, or that it belongs to a later version.
 */
int config_find_section(const char *name, struct origin at, struct problems *p);

/* The name of a section that knows key, for a message; NULL when none does. */
const char *config_section_with_key(const char *key);

/*
 * Lay "key = value" in a section over what is there. unique: a value that already has the
 * very same at.source (the same pointer) is a duplicate. An unknown or duplicate key is a
 * problem at that place and changes nothing. key and value are copied.
 */
void config_store(struct config *c, enum config_section section, const char *key,
		  const char *value, struct origin at, bool unique, struct problems *p);

/* Drop the entries that an empty value took away; until then they say where that was. */
void config_compact(struct config *c);

#endif
