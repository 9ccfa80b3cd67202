/* SPDX-License-Identifier: Apache-2.0 */
#include "core/profile.h"

#include <string.h>

static const char op_names[PROFILE_OP_COUNT][12] = {
	[PROFILE_NE] = "NE",
	[PROFILE_LT] = "LT",
	[PROFILE_LE] = "LE",
	[PROFILE_EQ] = "EQ",
	[PROFILE_GE] = "GE",
	[PROFILE_GT] = "GT",
	[PROFILE_MASKED_EQ] = "MASKED_EQ",
};

const char *profile_op_name(enum profile_op op)
{
	return op_names[op];
}

/*
 * As moby's setupSeccomp(): every capability of includes must be there, none of excludes may be; one
 * of the ABIs of includes must be the native one, none of excludes may be.
 */
bool profile_applies(const struct profile_rule *rule, const struct profile_target *target)
{
	const struct profile_when *in = &rule->includes, *ex = &rule->excludes;
	archbits_t native = ARCHBIT(target->arch);

	if ((ex->arches & native) || (ex->caps & target->caps) ||
	    (ex->min_kernel && target->kernel >= ex->min_kernel)) {
		return false;
	}
	return (!in->arches || (in->arches & native)) && !(in->caps & ~target->caps) &&
	       target->kernel >= in->min_kernel;
}

archbits_t profile_arches(const struct profile *profile, const struct callarch *arch)
{
	archbits_t native = ARCHBIT(arch);

	for (size_t i = 0; i < profile->n_archmap; i++) {
		if (profile->archmap[i].arch == arch) {
			return native |
			       (profile->archmap[i].sub & callarch_machine(arch));
		}
	}
	return native | (profile->arches & callarch_machine(arch));
}

static void add_conditions(struct profile_when *sum, const struct profile_when *when)
{
	sum->caps |= when->caps;
	sum->arches |= when->arches;
	if (when->min_kernel > sum->min_kernel) {
		sum->min_kernel = when->min_kernel;
	}
}

struct profile_when profile_conditions(const struct profile *profile)
{
	struct profile_when sum = {0};

	for (const struct profile_rule *r = profile->rules; r; r = r->next) {
		add_conditions(&sum, &r->includes);
		add_conditions(&sum, &r->excludes);
	}
	return sum;
}

/* At least one digit at *p, which is moved past them; more than 1023 counts as 1023. */
static bool read_number(const char **p, unsigned *ret)
{
	unsigned value = 0;

	if (**p < '0' || **p > '9') {
		return false;
	}
	for (; **p >= '0' && **p <= '9'; ++*p) {
		value = value * 10 + (unsigned)(**p - '0');
		value = value > 1023 ? 1023 : value;
	}
	*ret = value;
	return true;
}

int profile_parse_kernel(const char *text, kernver_t *ret_version, struct err *reterr)
{
	unsigned major = 0, minor = 0, patch = 0;
	const char *p = text;

	if (!read_number(&p, &major) || *p++ != '.' || !read_number(&p, &minor)) {
		return err_config(
			reterr, "cannot parse kernel version '%s': expected one like 4.8",
			text);
	}
	if (*p == '.') {
		p++;
		read_number(&p, &patch);
	}
	*ret_version = PROFILE_KERNEL(major, minor, patch);
	return 0;
}
