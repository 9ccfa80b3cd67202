/* SPDX-License-Identifier: Apache-2.0 */
/* From the command line, the files and the environment to the plan: the reading half of check, plan and run. */
#ifndef CARDEA_SYS_LOAD_H
#define CARDEA_SYS_LOAD_H

#include "core/options.h"
#include "core/plan.h"

/* Where configuration is looked for when neither --config nor CARDEA_CONFIG names files. */
#define CONFIG_FILE "/etc/cardea/cardea.ini"
#define CONFIG_DIR "/etc/cardea/conf.d"

/*
 * Read everything and make the plan. Mistakes are appended to p; the plan is usable only when none was. ret_host and ret_plan
 * live in a. A hook's command that is not there is a mistake (sys/commands.h), but only a warning when nothing is to be started
 * and files are named. 0, or -errno when something failed that is no mistake in the configuration.
 */
int load_plan(struct arena *a, const struct options *o, char *const *envp,
	      bool want_program, struct host *ret_host, struct plan *ret_plan,
	      struct problems *p, struct err *reterr);

/*
 * What is wrong with the plan's seccomp profile here, which a start finds when it prepares: appended to p. For check and
 * plan, which start nothing: it sets SIGCHLD to its default. plan->seccomp is not NULL.
 */
void load_filter_problems(struct arena *a, const struct plan *plan, struct problems *p);

#endif
