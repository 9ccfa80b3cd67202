/* SPDX-License-Identifier: Apache-2.0 */
/* cardea check [FILE...]: every mistake at once, nothing done. */
#ifndef CARDEA_CLI_CHECK_H
#define CARDEA_CLI_CHECK_H

#include "core/options.h"

/* FILEs are checked in place of the configuration a start would read. Returns 0 or STATUS_CONFIG. */
int cli_check(struct arena *a, const struct options *o, char *const *envp);

#endif
