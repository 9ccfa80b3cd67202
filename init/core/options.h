/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cardea's own command line (spec: cardea(8)). Parsing stops at the first operand; nothing permutes.
 */
#ifndef CARDEA_CORE_OPTIONS_H
#define CARDEA_CORE_OPTIONS_H

#include "core/arena.h"
#include "core/err.h"
#include "core/strv.h"

enum command {
	COMMAND_RUN, /* no COMMAND word: be the entrypoint */
	COMMAND_CHECK,
	COMMAND_PLAN,
	COMMAND_SECCOMP,
	COMMAND_HELP,
	COMMAND_VERSION,
};

struct options {
	enum command command;
	struct strv config_files; /* -c, in order */
	struct strv sets;	  /* -o SECTION.KEY=VALUE, in order; -u USER is main.user=USER, and so on */
	int verbosity;		  /* -v counts up, -q down */
	char *const *args;	  /* RUN, PLAN: PROGRAM ARG...; else what follows the COMMAND word; NULL-terminated */
};

/*
 * argv as main() got it; strings are kept. 0, or -EINVAL with a text that names the option and ends in "see
 * 'cardea --help'".
 */
int options_parse(struct arena *a, char *const *argv, struct options *ret_options, struct err *reterr);

/* The text of --help: fits 24 lines of 80 columns. */
extern const char options_help[];

#endif
