/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seccomp profile in Docker's and the OCI's JSON format, and what of it holds for one target.
 * The rules of the format are those of moby's profiles/seccomp and of runc, which reads what moby
 * makes of it; seccomp-profiles/README.md has the differences.
 */
#ifndef CARDEA_CORE_PROFILE_H
#define CARDEA_CORE_PROFILE_H

#include "core/arena.h"
#include "core/callarch.h"
#include "core/err.h"
#include "core/strv.h"
#include "core/types.h"

/* A profile larger than this, or with more entries in "syscalls", is refused. */
#define PROFILE_SIZE_MAX (256 * 1024)
#define PROFILE_RULES_MAX 2048
#define PROFILE_ARGS_MAX 6

enum profile_op {
	PROFILE_NE,
	PROFILE_LT,
	PROFILE_LE,
	PROFILE_EQ,
	PROFILE_GE,
	PROFILE_GT,
	PROFILE_MASKED_EQ, /* (argument & value) == value_two */
	PROFILE_OP_COUNT
};

struct profile_arg {
	unsigned index; /* 0..5 */
	enum profile_op op;
	uint64_t value, value_two;
};

/* A kernel's version as one number that compares: 4.8 is PROFILE_KERNEL(4, 8, 0). */
#define PROFILE_KERNEL(major, minor, patch) \
	(((unsigned)(major) << 20) | ((unsigned)(minor) << 10) | (unsigned)(patch))
typedef unsigned kernver_t;

/* "includes" or "excludes". What is not given is 0. */
struct profile_when {
	capbits_t caps;
	archbits_t arches;
	kernver_t min_kernel;
};

struct profile_rule {
	struct profile_rule *next;
	struct strv names;
	uint32_t action; /* SECCOMP_RET_* with its data */
	struct profile_arg *args;
	size_t n_args;
	struct profile_when includes, excludes;
	const char *comment; /* or NULL */
	unsigned line;
};

/* One line of "archMap". */
struct profile_archmap {
	const struct callarch *arch;
	archbits_t sub;
};

struct profile {
	const char *source;
	const char *comment;	 /* of the whole profile, or NULL */
	uint32_t default_action; /* SECCOMP_RET_* with its data */
	unsigned flags;	   /* SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW */
	archbits_t arches; /* "architectures" */
	struct profile_archmap *archmap;
	size_t n_archmap;
	struct profile_rule *rules;
};

/* What conditions are held against: main's bounding set, the native ABI, the kernel it runs on. */
struct profile_target {
	const struct callarch *arch;
	capbits_t caps;
	kernver_t kernel;
};

/*
 * Read len bytes of text, which came from source (kept). Every mistake is appended to p, with its
 * line; the result is NULL when there was any. a owns the result.
 */
struct profile *profile_parse(struct arena *a, const char *source, const char *text,
			      size_t len, struct problems *p);

/* Whether a rule's includes and excludes hold for target. */
bool profile_applies(const struct profile_rule *rule,
		     const struct profile_target *target);

/*
 * The ABIs the program covers when arch is native: arch and what the profile adds to it, as far as
 * its machine has them. (runc adds the others too: instructions that no call ever reaches.)
 */
archbits_t profile_arches(const struct profile *profile, const struct callarch *arch);

/* The conditions a compiled program has decided: it holds for other targets that agree on them. */
struct profile_when profile_conditions(const struct profile *profile);

/* "4.8", "6.1.0-12-amd64": the leading numbers, two at least. 0 or -EINVAL. */
int profile_parse_kernel(const char *text, kernver_t *ret_version, struct err *reterr);

/* "SCMP_CMP_EQ" without its prefix. */
const char *profile_op_name(enum profile_op op);

/*
 * The condition as the kernel reads the argument: mask is callargs_mask()'s. Writes up to
 * PROFILE_NARROW_MAX conditions to ret_args, of which any one suffices, and returns their number; on
 * fewer than 64 bits each is PROFILE_MASKED_EQ.
 */
#define PROFILE_NARROW_MAX 33
size_t profile_narrow(const struct profile_arg *arg, uint64_t mask,
		      struct profile_arg ret_args[PROFILE_NARROW_MAX]);

#endif
