/* SPDX-License-Identifier: Apache-2.0 */
/* cardea plan: print what a start here would do, in order, and do none of it. Never a secret's value. */
#ifndef CARDEA_CLI_PLAN_H
#define CARDEA_CLI_PLAN_H

#include "core/options.h"

/* Returns 0, STATUS_CONFIG after printing every mistake, or STATUS_SYSTEM. */
int cli_plan(struct arena *a, const struct options *o, char *const *envp);

#endif
