/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a seccomp profile: mistakes have lines that exist, what is taken can be evaluated. */
#include <stdlib.h>
#include <string.h>

#include "core/callargs.h"
#include "core/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static void check_problems(const struct problems *p, const char *text, size_t size)
{
	unsigned lines = 1;

	for (size_t i = 0; i < size; i++) {
		lines += text[i] == '\n';
	}
	check(p->n > 0 && p->n <= 52);
	for (const struct problem *one = p->first; one; one = one->next) {
		check(one->text[0] && one->at.line <= lines);
	}
}

static void check_rule(const struct profile_rule *rule, size_t size)
{
	struct profile_arg ways[PROFILE_NARROW_MAX];

	check(rule->names.n > 0 && rule->names.n < size);
	for (size_t i = 0; i < rule->n_args; i++) {
		const struct profile_arg *arg = &rule->args[i];
		uint64_t mask = callargs_mask(rule->names.v[0], arg->index);

		check(arg->index < PROFILE_ARGS_MAX && arg->op < PROFILE_OP_COUNT);
		check(profile_narrow(arg, mask, ways) <= PROFILE_NARROW_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct problems p = {.arena = &a};
	const char *text = (const char *)data;
	struct profile *profile = profile_parse(&a, "fuzz", text, size, &p);
	struct profile_target target = {.arch = callarch_native(), .caps = 0x5555};

	if (!profile) {
		check_problems(&p, text, size);
	} else {
		check(p.n == 0);
		check(profile_arches(profile, target.arch) & ARCHBIT(target.arch));
		target.kernel = profile_conditions(profile).min_kernel;
		for (const struct profile_rule *r = profile->rules; r; r = r->next) {
			check_rule(r, size);
			profile_applies(r, &target);
		}
	}
	arena_release(&a);
	return 0;
}
