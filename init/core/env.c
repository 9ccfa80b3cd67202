/* SPDX-License-Identifier: Apache-2.0 */
#include "core/env.h"

#include <string.h>

struct env_item *env_find(const struct env *e, const char *name, size_t name_len)
{
	for (size_t i = 0; i < e->n; i++) {
		if (strncmp(e->v[i].name, name, name_len) == 0 &&
		    !e->v[i].name[name_len]) {
			return &e->v[i];
		}
	}
	return NULL;
}

void env_set(struct arena *a, struct env *e, struct env_item item)
{
	struct env_item *old = env_find(e, item.name, strlen(item.name));

	if (old) {
		*old = item;
		return;
	}
	if (e->n == e->room) {
		size_t room = e->room ? e->room * 2 : 32;
		struct env_item *v = arena_array(a, room, sizeof(*v));

		if (e->n > 0) {
			memcpy(v, e->v, e->n * sizeof(*v));
		}
		e->v = v;
		e->room = room;
	}
	e->v[e->n++] = item;
}

void env_unset(struct env *e, const char *name)
{
	struct env_item *item = env_find(e, name, strlen(name));

	if (item) {
		size_t after = (size_t)(e->v + e->n - item) - 1;

		memmove(item, item + 1, after * sizeof(*item));
		e->n--;
	}
}

bool env_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && variable_name_len(name, len) == len;
}

bool env_name_accepted(const char *name)
{
	size_t n = variable_name_len(name, strlen(name));

	return n > 0 && !name[n + strspn(name + n, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						   "abcdefghijklmnopqrstuvwxyz"
						   "0123456789_.-[]")];
}
