/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capability names (libcap-ng's table) and the sets that follow from cap_drop and cap_add.
 */
#ifndef CARDEA_CORE_CAPS_H
#define CARDEA_CORE_CAPS_H

#include "core/arena.h"
#include "core/err.h"
#include "core/strv.h"
#include "core/types.h"

/* The four sets a process has plus the bounding set. */
struct capsets {
	capbits_t effective, permitted, inheritable, ambient, bounding;
};

/*
 * "NET_BIND_SERVICE", "CAP_NET_BIND_SERVICE", any case; or "ALL" (every capability libcap-ng knows: bits 0..last).
 * 0 or -EINVAL with the nearest known name.
 */
int caps_parse(const char *name, capbits_t *ret_bits, struct err *reterr);

/* "CAP_KILL, CAP_SETUID", "none", "all" when bits covers every one in known; from a. */
const char *caps_format(struct arena *a, capbits_t bits, capbits_t known);

/* What the kernel gives a program that uid executes from sets s with no file capabilities (capabilities(7),
 * "Transformation of capabilities during execve()"); securebits is the SECBIT_* mask. */
struct capsets caps_after_exec(const struct capsets *s, bool uid_is_root, unsigned securebits);

#endif
