/* SPDX-License-Identifier: Apache-2.0 */
/* Being the entrypoint: from the plan to the exit status. */
#ifndef CARDEA_CLI_RUN_H
#define CARDEA_CLI_RUN_H

#include "core/options.h"
#include "core/plan.h"
#include "sys/sigmask.h"

/* Make the plan from o and carry it out; returns the status to exit with. All signals are blocked. */
int cli_run(struct arena *a, const struct options *o, char *const *envp,
	    const struct inherited_signals *inherited);

/* Carry out a plan. It and everything it points to is released (a) once main runs. */
int run_plan(struct arena *a, struct plan *plan,
	     const struct inherited_signals *inherited);

/* Descriptors 0 to 2 that are closed become /dev/null, so that nothing else gets their numbers. */
void run_fill_standard_fds(void);

#endif
