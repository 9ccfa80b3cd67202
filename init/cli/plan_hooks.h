/* SPDX-License-Identifier: Apache-2.0 */
/* The part of `cardea plan` that tells of hooks. */
#ifndef CARDEA_CLI_PLAN_HOOKS_H
#define CARDEA_CLI_PLAN_HOOKS_H

#include "cli/page.h"
#include "core/plan.h"

/* A section for each phase that has hooks, in the order of the phases; nothing without hooks. */
void plan_print_hooks(struct page *out, const struct plan *plan);

#endif
