/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `seccomp = ...` asks for -> the program that the child loads. All of it before the fork.
 */
#ifndef CARDEA_SYS_FILTER_H
#define CARDEA_SYS_FILTER_H

#include <linux/filter.h>

#include "core/err.h"
#include "core/profile.h"
#include "core/types.h"

/* Zero-initialise to begin; n 0: no filter. */
struct filter {
	struct sock_fprog
		program; /* for seccomp(SECCOMP_SET_MODE_FILTER, flags, &program) */
	unsigned flags;	 /* SECCOMP_FILTER_FLAG_* */
	void *map;	 /* what holds the program, or NULL: it is part of the binary */
	size_t map_size;
};

/*
 * Make the program for spec:
 *   "default"            the profile built into the binary
 *   "unconfined"         none: ret_filter->program.len is 0
 *   "/FILE.json"         a profile, compiled here
 *   "/FILE.bpf"          a program, as "cardea seccomp compile" writes it
 *   "NAME"               NAME.bpf, else NAME.json, in the first of filter_directories that has one
 * caps: what main has or can gain, which a profile's conditions are about. "default" is ready-made for every
 * set without the capabilities that it has conditions on, and costs nothing then. A profile is read and
 * compiled in a forked child, so that PID 1 stays small; SIGCHLD must not be ignored, and
 * the child is waited for by its pid alone.
 *
 * 0; or -EINVAL after appending every mistake in the profile to p, reterr saying that there are some
 * (p->n may still be what it was, when reterr alone says it all); or another negative errno.
 */
int filter_prepare(const char *spec, capbits_t caps, struct problems *p,
		   struct filter *ret_filter, struct err *reterr);

/* Give the memory back. NULL and an empty one are fine. */
void filter_release(struct filter *f);

/* The directories in which a NAME is looked up, in this order; NULL at the end. */
extern const char *const filter_directories[];

/* The built-in profile's JSON, without its comments. */
const char *filter_default_json(size_t *ret_len);

/* What conditions hold here: this binary's machine, the running kernel, and caps. 0 or -errno. */
int filter_target(capbits_t caps, struct profile_target *ret_target, struct err *reterr);

/* Where spec's text is: its path in p->arena, or NULL for "default". 0, or -errno when nowhere. */
int filter_find(const char *spec, struct arena *a, const char **ret_path,
		struct err *reterr);

/* Read and check a .bpf file for arch. 0 with ret_insns and *ret_n written, or -errno. */
int filter_read_bpf(struct arena *a, const char *path, const struct callarch *arch,
		    const struct sock_filter **ret_insns, size_t *ret_n,
		    struct err *reterr);

#endif
