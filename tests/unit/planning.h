/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the plan share: hosts made by hand, and a plan from a configuration's text.
 */
#ifndef CARDEA_TESTS_PLANNING_H
#define CARDEA_TESTS_PLANNING_H

#include "core/plan.h"

/* Docker's default capabilities (moby, oci/caps/defaults.go). */
#define DOCKER_CAPS UINT64_C(0xa80425fb)

/* root and app (1000:1001, in group 29 audio, home /home/app). */
#define PLANNING_ACCOUNTS                                           \
	{                                                           \
		.passwd = planning_passwd, .group = planning_group, \
		.passwd_len = sizeof(planning_passwd) - 1,          \
		.group_len = sizeof(planning_group) - 1             \
	}
static const char planning_passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
				      "app:x:1000:1001::/home/app:/bin/sh\n";
static const char planning_group[] = "root:x:0:\napp:x:1001:\naudio:x:29:app\n";

#define CAPSETS(bits, bound)                                                  \
	{                                                                     \
		.effective = (bits), .permitted = (bits), .bounding = (bound) \
	}

/*
 * The plan for ini ("" for none) on that host with those args (NULL: none), as plan_build makes it for a start. Problems, in
 * order, are in the result, one a line ("" for none). All of it is from a.
 */
const char *planning(struct arena *a, const char *ini, const struct host *h,
		     char *const *args, struct plan *ret_plan);

/* The same with an explicit want_program and verbosity. */
const char *planning_as(struct arena *a, const char *ini, const struct host *h,
			const struct options *o, bool want_program,
			struct plan *ret_plan);

/* One a line, as they are printed. */
const char *planning_told(struct arena *a, const struct problems *p);

/* Fail with the row's number and both texts unless they are the same. */
void planning_check(size_t row, const char *what, const char *got, const char *expected);

#endif
