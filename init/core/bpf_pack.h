/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Make a program smaller. libseccomp compares the calls one by one, or by a tree of them, and returns
 * for each; yet calls with one answer have neighbouring numbers. The same answers as one search over
 * ranges of numbers take a third of the instructions, and the kernel, which translates the program and
 * asks it about every call when it is loaded, a third of the time.
 */
#ifndef CARDEA_CORE_BPF_PACK_H
#define CARDEA_CORE_BPF_PACK_H

#include "core/bpf.h"

/*
 * Rewrite the n instructions of a validated program so that it answers every call as before, with
 * fewer of them. Returns the new number; n, with nothing changed, when the program is not of the form
 * that libseccomp makes (it looks at number and architecture by comparing them with constants, and
 * only then at arguments) or would not become smaller. a: for the time of the call.
 */
size_t bpf_pack(struct arena *a, struct sock_filter *insns, size_t n);

#endif
