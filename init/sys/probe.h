/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A probe carried out, in a process of its own: nothing a network sends is read by PID 1.
 */
#ifndef CARDEA_SYS_PROBE_H
#define CARDEA_SYS_PROBE_H

#include "core/hookset.h"
#include "core/launch.h"
#include "core/probe.h"

/* Where the probing process leaves its finding: shared memory that PID 1 reads when it has ended. */
struct probe_finding {
	char reason[HOOK_REASON_MAX];
};

/*
 * In a forked child, all signals blocked, single-threaded: close every descriptor, become creds (no
 * capabilities), allow nothing but what a probe needs (a seccomp filter of its own), look, and end. timeout: of everything
 * with name resolution, MSEC_INFINITY: none (the caller kills anyway). Exits with 0 when it passed, else with 1 and
 * a reason such as "connection refused" in *finding, NUL-terminated, without control characters. Never returns.
 */
_Noreturn void probe_run(const struct probe *probe, const struct creds *creds,
			 msec_t timeout, struct probe_finding *finding);

#endif
