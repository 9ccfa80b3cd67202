/* SPDX-License-Identifier: Apache-2.0 */
#include "personas.h"

#include "core/strv.h"

const char *const persona_names[PERSONALITY_COUNT] = {
	[TINI] = "tini", [DUMB] = "dumb-init",	 [CATA] = "catatonit",
	[GOSU] = "gosu", [SU] = "/sbin/su-exec",
};

char **persona_vector(struct arena *a, const char *first, const char *const *words)
{
	struct strv v = {0};

	if (first) {
		strv_push(a, &v, arena_strdup(a, first));
	}
	for (; *words; words++) {
		strv_push(a, &v, arena_strdup(a, *words));
	}
	return v.v;
}

struct persona persona_of(struct arena *a, enum personality who, const char *const *words,
			  const char *const *env)
{
	struct persona p;

	personality_parse(a, who, persona_vector(a, persona_names[who], words),
			  persona_vector(a, NULL, env), "1.2.3", &p);
	return p;
}
