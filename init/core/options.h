/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cardea's own command line (see cardea(8)). Parsing stops at the first operand; nothing
 * permutes.
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
	COMMAND_HELP,	 /* --help too */
	COMMAND_VERSION, /* --version too */
};

struct options {
	enum command command;
	struct strv config_files; /* -c, in order */
	struct strv
		sets;  /* -o SECTION.KEY=VALUE, and -u USER as main.user=USER, in order */
	int verbosity; /* -v counts up, -q down */
	char *const
		*args; /* RUN, PLAN: PROGRAM ARG...; else what follows the COMMAND word
			      and its options; NULL-terminated, never NULL */
};

/*
 * argv as main() got it; strings are kept. The first operand is a COMMAND when it is one of
 * the words and no "--" came before it; options may follow a COMMAND, up to its first operand
 * or "--". --help and --version win over what comes after them. An option's value is never
 * empty.
 *
 * 0, or -EINVAL with a text that names the option and ends in "see 'cardea --help'".
 */
int options_parse(struct arena *a, char *const *argv, struct options *ret_options,
		  struct err *reterr);

/* The text of --help: fits 24 lines of 80 columns. */
extern const char options_help[];

#endif
