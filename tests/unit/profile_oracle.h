/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a profile means, said once more and plainly, to hold compiled programs against: a linear walk
 * over its rules, comparing the bits of each argument that count. For profiles in which no two rules
 * that hold for one call differ in their action.
 */
#ifndef CARDEA_TESTS_PROFILE_ORACLE_H
#define CARDEA_TESTS_PROFILE_ORACLE_H

#include "core/bpf.h"
#include "core/profile.h"

/* A profile, whom it is for, and the machine its program runs on. */
struct oracle {
	const struct profile *profile;
	const struct profile_target *target;
	int last[CALLARCH_COUNT]; /* the highest number it names for each ABI; 0: not known yet */
};

/* The answer to name made through arch's ABI. */
uint32_t oracle_ask(struct oracle *o, const struct callarch *arch, const char *name,
		    const uint64_t args[6]);

/*
 * Every call of libseccomp's table, through every ABI in arches, with arguments around the values in
 * the profile: the first on which program and oracle differ is printed and 1 returned, else 0.
 * ret_asked counts them.
 */
int oracle_compare(struct oracle *o, archbits_t arches, const struct sock_filter *insns,
		   size_t n, unsigned *ret_asked);

/* The whole of a file in the checkout; NUL-terminated. */
char *oracle_read_file(struct arena *a, const char *path, size_t *ret_len);

#endif
