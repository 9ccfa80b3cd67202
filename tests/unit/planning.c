/* SPDX-License-Identifier: Apache-2.0 */
#include "planning.h"

#include <string.h>

#include "unit.h"

const char *planning_told(struct arena *a, const struct problems *p)
{
	const char *text = "";

	for (const struct problem *one = p->first; one; one = one->next) {
		text = arena_printf(a, "%s%s\n", text, problem_format(a, one));
	}
	return text;
}

const char *planning_as(struct arena *a, const char *ini, const struct host *h,
			const struct options *o, bool want_program, struct plan *ret_plan)
{
	struct problems *problems = arena_alloc(a, sizeof(*problems));
	struct config *c = arena_alloc(a, sizeof(*c));

	*problems = (struct problems){.arena = a};
	*c = (struct config){.arena = a};
	if (*ini) {
		config_add_file(c, "f", ini, strlen(ini), problems);
	}
	assert_string_equal(planning_told(a, problems), "");
	plan_build(a, o, c, h, want_program, ret_plan, problems);
	return planning_told(a, problems);
}

const char *planning(struct arena *a, const char *ini, const struct host *h,
		     char *const *args, struct plan *ret_plan)
{
	static char *const none[] = {NULL};
	const struct options o = {.args = args ? args : none};

	return planning_as(a, ini, h, &o, args != NULL, ret_plan);
}

void planning_check(size_t row, const char *what, const char *got, const char *expected)
{
	if (strcmp(got, expected) != 0) {
		fail_msg("row %zu, %s:\n%s\nnot:\n%s", row, what, got, expected);
	}
}
