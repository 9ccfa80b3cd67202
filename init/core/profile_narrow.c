/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions on an argument that the kernel reads only the lower bits of. What libseccomp can mask is
 * equality alone, so that an order becomes one masked equality for each bit at which the argument may
 * first differ from the value, seen from the top.
 */
#include "core/profile.h"

/* A set of masked equalities in the making. */
struct narrowed {
	struct profile_arg *args;
	size_t n;
	unsigned index;
	uint64_t mask;
};

static void add(struct narrowed *to, uint64_t mask, uint64_t value)
{
	to->args[to->n++] = (struct profile_arg){
		.index = to->index,
		.op = PROFILE_MASKED_EQ,
		.value = mask,
		.value_two = value,
	};
}

/* Lower (or higher) than value: equal above some bit, which is set (clear) in value and is not here. */
static void add_order(struct narrowed *to, uint64_t value, bool lower)
{
	for (uint64_t bit = 1; bit & to->mask; bit <<= 1) {
		uint64_t above = to->mask & ~(bit - 1);

		if (((value & bit) != 0) == lower) {
			add(to, above, (value & above) ^ bit);
		}
	}
}

size_t profile_narrow(const struct profile_arg *arg, uint64_t mask,
		      struct profile_arg ret_args[PROFILE_NARROW_MAX])
{
	struct narrowed to = {.args = ret_args, .index = arg->index, .mask = mask};
	uint64_t value = arg->value & mask;

	if (mask == UINT64_MAX) {
		ret_args[0] = *arg;
		return 1;
	}
	if (arg->op == PROFILE_MASKED_EQ) {
		add(&to, value, arg->value_two);
		return to.n;
	}
	if (arg->op == PROFILE_LT || arg->op == PROFILE_LE || arg->op == PROFILE_NE) {
		add_order(&to, value, true);
	}
	if (arg->op == PROFILE_GT || arg->op == PROFILE_GE || arg->op == PROFILE_NE) {
		add_order(&to, value, false);
	}
	if (arg->op == PROFILE_LE || arg->op == PROFILE_GE || arg->op == PROFILE_EQ) {
		add(&to, mask, value);
	}
	return to.n;
}
