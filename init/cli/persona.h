/* SPDX-License-Identifier: Apache-2.0 */
/* Standing in for tini, dumb-init, catatonit, gosu and su-exec. */
#ifndef CARDEA_CLI_PERSONA_H
#define CARDEA_CLI_PERSONA_H

#include "core/personality.h"
#include "sys/sigmask.h"

/*
 * Do what argv asks of who, which is not PERSONALITY_CARDEA; returns the status to exit with. No configuration file
 * and no CARDEA_* variable is read. All signals are blocked.
 */
int cli_persona(struct arena *a, enum personality who, char **argv, char **envp,
		const struct inherited_signals *inherited);

#endif
