/* SPDX-License-Identifier: Apache-2.0 */
/* The files that hooks execute: found missing before anything is started, where that can be known. */
#ifndef CARDEA_SYS_COMMANDS_H
#define CARDEA_SYS_COMMANDS_H

#include "core/plan.h"

/*
 * Every command hook whose program is in none of its places. Where nothing runs before it that could make the
 * file - a command in an earlier phase, what it names in `after`, or main itself - that is a mistake, appended to p
 * if `strict`; else a warning in plan->notes. What cannot be looked at is passed over. plan as plan_build() made it, also
 * with mistakes.
 */
void commands_check(struct plan *plan, bool strict, struct problems *p);

#endif
