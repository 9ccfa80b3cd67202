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
 * "NET_BIND_SERVICE", "CAP_NET_BIND_SERVICE", any case; or "ALL": every capability that
 * libcap-ng knows, bits 0 to the last. 0 or -EINVAL with the nearest known name.
 */
int caps_parse(const char *name, capbits_t *ret_bits, struct err *reterr);

/*
 * "CAP_KILL, CAP_SETUID", "none", or "all" when bits covers every one in known; by number
 * ("CAP_41") where libcap-ng has no name. From a.
 */
const char *caps_format(struct arena *a, capbits_t bits, capbits_t known);

/*
 * What the kernel gives a program that is executed from sets s by real and effective uid 0,
 * or by others, when the file has no capabilities and no setuid bit; securebits is the
 * SECBIT_* mask. With no_new_privs permitted and effective are, beyond that, at most
 * s->permitted. Source: capabilities(7), "Transformation of capabilities during execve()".
 */
struct capsets caps_after_exec(const struct capsets *s, bool uid_is_root,
			       unsigned securebits);

#endif
