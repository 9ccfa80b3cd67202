/* SPDX-License-Identifier: Apache-2.0 */
/* The bits of an argument that count. */
#include "unit.h"

#include "core/callargs.h"
#include "core/profile.h"

static bool holds(const struct profile_arg *arg, uint64_t v)
{
	switch (arg->op) {
	case PROFILE_NE:
		return v != arg->value;
	case PROFILE_LT:
		return v < arg->value;
	case PROFILE_LE:
		return v <= arg->value;
	case PROFILE_EQ:
		return v == arg->value;
	case PROFILE_GE:
		return v >= arg->value;
	case PROFILE_GT:
		return v > arg->value;
	default:
		return (v & arg->value) == arg->value_two;
	}
}

/* Every operator, value and argument of 6 bits, with bits above them that must not count. */
static void narrow_conditions_look_at_the_lower_bits(void **state)
{
	struct profile_arg ways[PROFILE_NARROW_MAX];

	(void)state;
	for (unsigned op = 0; op < PROFILE_OP_COUNT; op++) {
		for (uint64_t value = 0; value < 64; value++) {
			struct profile_arg arg = {2, op, value, value & 0x2a};
			size_t n = profile_narrow(&arg, 63, ways);

			assert_true(n <= 7);
			for (uint64_t v = 0; v < 256; v++) {
				bool any = false;

				for (size_t i = 0; i < n; i++) {
					assert_int_equal(ways[i].index, 2);
					assert_int_equal(ways[i].op, PROFILE_MASKED_EQ);
					any = any || holds(&ways[i], v);
				}
				assert_int_equal(any, holds(&arg, v & 63));
			}
		}
	}
}

static void whole_arguments_are_compared_as_they_are(void **state)
{
	struct profile_arg ways[PROFILE_NARROW_MAX], arg = {1, PROFILE_GE, 1ull << 40, 0};

	(void)state;
	assert_int_equal(profile_narrow(&arg, UINT64_MAX, ways), 1);
	assert_memory_equal(&ways[0], &arg, sizeof(arg));
	arg = (struct profile_arg){1, PROFILE_NE, 1, 0};
	assert_int_equal(profile_narrow(&arg, UINT32_MAX, ways), 32);
	arg = (struct profile_arg){1, PROFILE_LE, UINT32_MAX, 0};
	assert_int_equal(profile_narrow(&arg, UINT32_MAX, ways), 33);
}

static void arguments_have_widths(void **state)
{
	static const struct {
		const char *name;
		unsigned index;
		uint64_t mask;
	} rows[] = {
		{"ioctl", 0, UINT32_MAX},   {"ioctl", 1, UINT32_MAX},
		{"ioctl", 2, UINT64_MAX},   {"prctl", 0, UINT32_MAX},
		{"prctl", 1, UINT64_MAX},   {"personality", 0, UINT32_MAX},
		{"clone", 0, UINT32_MAX},   {"socket", 2, UINT32_MAX},
		{"socket", 3, UINT64_MAX},  {"openat", 3, UINT16_MAX},
		{"mkdir", 1, UINT16_MAX},   {"read", 2, UINT64_MAX},
		{"unshare", 0, UINT64_MAX}, {"accept", 0, UINT32_MAX},
		{"writev", 0, UINT32_MAX},  {"no_such_call", 0, UINT64_MAX},
		{"", 0, UINT64_MAX},	    {"ioct", 0, UINT64_MAX},
		{"i", 0, UINT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (callargs_mask(rows[i].name, rows[i].index) != rows[i].mask) {
			fail_msg("%s %u", rows[i].name, rows[i].index);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(narrow_conditions_look_at_the_lower_bits),
		cmocka_unit_test(whole_arguments_are_compared_as_they_are),
		cmocka_unit_test(arguments_have_widths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
