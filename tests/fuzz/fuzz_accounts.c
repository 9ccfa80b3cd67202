/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any spec against any passwd and group, in every dialect. The input is four parts separated
 * by lines of "%%": spec, group_add (a word a line), passwd, group.
 */
#include <stdlib.h>
#include <string.h>

#include "core/identity.h"
#include "core/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SEPARATOR "\n%%\n"

static struct span part(struct span *rest)
{
	const size_t n = strlen(SEPARATOR);
	const char *at = rest->len > 0 ? memmem(rest->p, rest->len, SEPARATOR, n) : NULL;
	struct span head = {rest->p, at ? (size_t)(at - rest->p) : rest->len};

	rest->len -= head.len + (at ? n : 0);
	rest->p = at ? at + n : NULL;
	return head;
}

/* A copy of its own, so that reading beyond it is seen. */
static char *copy(struct span s)
{
	char *p = malloc(s.len + 1);

	if (!p) {
		abort();
	}
	if (s.len > 0) {
		memcpy(p, s.p, s.len);
	}
	return realloc(p, s.len > 0 ? s.len : 1);
}

static void check(const struct identity *id)
{
	if (id->uid > ID_MAX || id->gid > ID_MAX || !id->home ||
	    id->n_groups > GROUPS_MAX) {
		abort();
	}
	for (size_t i = 0; i < id->n_groups; i++) {
		if (id->groups[i] > ID_MAX ||
		    (i > 0 && id->groups[i] <= id->groups[i - 1])) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct identity current = {.uid = 0, .gid = 7, .home = "/"};
	struct arena a = {0};
	struct span rest = {(const char *)data, size};
	struct span spec = part(&rest), add = part(&rest), passwd = part(&rest);
	struct accounts acc = {
		.passwd_len = passwd.len,
		.group_len = rest.len,
	};
	struct strv group_add = {0};
	const char *text = arena_strndup(&a, spec.p ? spec.p : "", spec.len);

	acc.passwd = passwd.p ? copy(passwd) : NULL;
	acc.group = rest.p ? copy(rest) : NULL;
	while (add.len > 0) {
		struct span word = span_cut(&add, '\n');

		strv_push(&a, &group_add, arena_strndup(&a, word.p, word.len));
	}
	for (int d = IDENTITY_NATIVE; d <= IDENTITY_SU_EXEC; d++) {
		struct identity id;
		struct err err = {0};

		if (identity_resolve(&a, text, (enum identity_dialect)d, &acc, &current,
				     &group_add, &id, &err) == 0) {
			check(&id);
		} else if (err.text[0] == '\0' || err.status != STATUS_CONFIG) {
			abort();
		}
	}
	free((void *)(uintptr_t)acc.passwd);
	free((void *)(uintptr_t)acc.group);
	arena_release(&a);
	return 0;
}
