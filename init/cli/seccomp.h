/* SPDX-License-Identifier: Apache-2.0 */
/* cardea seccomp compile | check | show: profiles and programs without starting anything (cardea-seccomp(7)). */
#ifndef CARDEA_CLI_SECCOMP_H
#define CARDEA_CLI_SECCOMP_H

#include "core/bpf.h"
#include "core/options.h"
#include "core/profile.h"

/* o->args: the verb and its arguments. An exit status; everything has been said. */
int cli_seccomp(struct arena *a, const struct options *o);

/* A program, and what it was made from. */
struct seccomp_subject {
	const char *name;	       /* what the user called it */
	const struct profile *profile; /* NULL: it came as a program */
	struct profile_target target;
	const struct sock_filter *insns;
	size_t n;
};

/* The description that `show` prints, from a (cli/seccomp_show.c). */
const char *seccomp_describe(struct arena *a, const struct seccomp_subject *s);

#endif
