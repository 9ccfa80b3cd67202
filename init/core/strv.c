/* SPDX-License-Identifier: Apache-2.0 */
#include "core/strv.h"

#include <string.h>

void strv_push(struct arena *a, struct strv *s, char *str)
{
	if (s->n + 1 >= s->room) {
		size_t room = s->room ? s->room * 2 : 8;
		char **v = arena_array(a, room, sizeof(*v));

		if (s->n > 0) {
			memcpy(v, s->v, s->n * sizeof(*v));
		}
		s->v = v;
		s->room = room;
	}
	s->v[s->n++] = str;
	s->v[s->n] = NULL;
}

void strv_extend(struct arena *a, struct strv *s, char *const *v)
{
	for (; v && *v; v++) {
		strv_push(a, s, *v);
	}
}

bool strv_contains(const struct strv *s, const char *str)
{
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->v[i], str) == 0) {
			return true;
		}
	}
	return false;
}
