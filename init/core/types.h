/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values every part of cardea speaks in. Nothing here does anything.
 */
#ifndef CARDEA_CORE_TYPES_H
#define CARDEA_CORE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A point or a span of time in milliseconds; points are on CLOCK_MONOTONIC. */
typedef int64_t msec_t;
#define MSEC_INFINITY INT64_MAX

/*
 * Exit statuses that are cardea's own; everything else is main's.
 * 100 and 111 as in s6's convention, 126 and 127 as in a POSIX shell.
 */
enum exit_status {
	STATUS_CONFIG = 100,	 /* command line or configuration wrong */
	STATUS_SYSTEM = 111,	 /* a system call failed that had to work */
	STATUS_HOOK = 112,	 /* a required prepare, wait or ready hook failed */
	STATUS_HEALTH = 113,	 /* shut down because a health hook failed */
	STATUS_NOEXEC = 126,	 /* main cannot be executed */
	STATUS_NOTFOUND = 127,	 /* main is not there */
	STATUS_SIGNAL_BASE = 128 /* 128+n: main was killed by signal n */
};

/* Signals 1..64 of the kernel: bit n-1 is signal n, as in the kernel's own sets. */
typedef uint64_t sigbits_t;
#define SIGNAL_MAX 64
#define SIGBIT(n) (UINT64_C(1) << ((n)-1))

/* Capabilities: bit n is capability n, as in /proc/PID/status. */
typedef uint64_t capbits_t;
#define CAPBIT(n) (UINT64_C(1) << (n))

#endif
