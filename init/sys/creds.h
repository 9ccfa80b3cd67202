/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one routine that changes who a process is. For main between fork and exec, and for PID 1 when it gives up
 * what it no longer needs. Only system calls, no libc state: safe in a vforked child.
 */
#ifndef CARDEA_SYS_CREDS_H
#define CARDEA_SYS_CREDS_H

#include "core/launch.h"

/*
 * Apply c in the order bounding set, groups, gid, uid, capabilities, securebits, ambient set; read all of it back; and
 * when uid is not 0 and CAP_SETUID is not kept, prove that setresuid(0, 0, 0) fails. no_new_privs last.
 * 0, or -1 with ret_report written: the process is then neither what it was nor what it should be
 * and must not run anything. A mismatch on reading back is STAGE_VERIFY with EPERM, detail the stage it belongs to.
 */
int creds_apply(const struct creds *c, struct report *ret_report);

/* The permitted set of the calling process; none when it cannot be read. */
capbits_t creds_permitted(void);

#endif
