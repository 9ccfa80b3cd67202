/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct profile -> seccomp program, by libseccomp. Takes 1 MiB and a few milliseconds: PID 1 has a
 * short-lived child do it (filter.c).
 */
#ifndef CARDEA_SYS_FILTER_COMPILE_H
#define CARDEA_SYS_FILTER_COMPILE_H

#include "core/bpf.h"
#include "core/err.h"
#include "core/profile.h"

/*
 * Compile what of profile holds for target. The program is the same on every machine.
 *
 *  - A call that no rule names gets the default action; one that the profile cannot know, because its
 *    number is above every call that it names, gets ENOSYS where the default action would refuse it,
 *    so that a libc falls back to what it used before (as runc does).
 *  - A call of an ABI that the profile does not cover kills the process.
 *  - Names that libseccomp does not know are left out (as in runc).
 *  - A condition holds on the bits of an argument that the kernel reads (core/callargs.h).
 *  - A condition on socket() and its like cannot be checked through i386's socketcall() and ipc():
 *    there the call gets ENOSYS, unless the profile names socketcall or ipc itself.
 *
 * 0 with ret_insns and *ret_n written; -EINVAL after appending to p what is wrong with the profile:
 * two rules that contradict each other, a program that is too long or forbids execve; another
 * negative errno when libseccomp fails. Not for PID 1 itself, nor between fork and exec.
 */
int filter_compile(struct arena *a, const struct profile *profile,
		   const struct profile_target *target,
		   struct sock_filter ret_insns[BPF_INSNS_MAX], size_t *ret_n,
		   struct problems *p, struct err *reterr);

#endif
