/* SPDX-License-Identifier: Apache-2.0 */
/* Resource limits by Docker's names. */
#ifndef CARDEA_CORE_LIMITS_H
#define CARDEA_CORE_LIMITS_H

#include "core/err.h"
#include "core/types.h"

#define LIMITS_MAX 16		  /* the kernel's RLIM_NLIMITS */
#define LIMIT_INFINITY UINT64_MAX /* "unlimited", "infinity", -1 */

struct limit {
	int resource; /* RLIMIT_* of the running architecture */
	uint64_t soft, hard;
};

/*
 * "nofile=1024:2048", "nofile=1024" (both), "core=0", "memlock=unlimited"; in the units of
 * setrlimit(2), as Docker has them. Names: core cpu data fsize locks memlock msgqueue nice
 * nofile nproc rss rtprio rttime sigpending stack (source: docker/go-units ulimit.go). A
 * soft limit above the hard one is an error. 0 or -EINVAL.
 */
int limit_parse(const char *text, struct limit *ret_limit, struct err *reterr);

/* "nofile" for RLIMIT_NOFILE; "unknown" for what is in no row. */
const char *limit_name(int resource);

/* "nofile=1024:2048", "memlock=unlimited"; from a. */
const char *limit_format(struct arena *a, const struct limit *l);

#endif
