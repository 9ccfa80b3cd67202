/* SPDX-License-Identifier: Apache-2.0 */
#include "core/options.h"

#include <string.h>

#include "core/parse.h"
#include "core/scan.h"
#include "core/types.h"

#define SEE "; see 'cardea --help'"

enum option {
	OPTION_CONFIG,
	OPTION_SET,
	OPTION_USER,
	OPTION_VERBOSE,
	OPTION_QUIET,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct scan_option options[] = {
	[OPTION_CONFIG] = {'c', true, "config"},
	[OPTION_SET] = {'o', true, "set"},
	[OPTION_USER] = {'u', true, "user"},
	[OPTION_VERBOSE] = {'v', false, "verbose"},
	[OPTION_QUIET] = {'q', false, "quiet"},
	[OPTION_HELP] = {'h', false, "help"},
	[OPTION_VERSION] = {'V', false, "version"},
};

/* What each takes, for messages. */
static const char *const values[ARRAY_LEN(options)] = {
	[OPTION_CONFIG] = "FILE",
	[OPTION_SET] = "SECTION.KEY=VALUE",
	[OPTION_USER] = "USER[:GROUP]",
};

enum arguments { ARGUMENTS_NONE, ARGUMENTS_SOME, LATER };

static const struct {
	const char *word;
	enum command command;
	enum arguments arguments;
} commands[] = {
	{"check", COMMAND_CHECK, ARGUMENTS_SOME},
	{"plan", COMMAND_PLAN, ARGUMENTS_SOME},
	{"seccomp", COMMAND_SECCOMP, ARGUMENTS_SOME},
	{"help", COMMAND_HELP, ARGUMENTS_NONE},
	{"version", COMMAND_VERSION, ARGUMENTS_NONE},
	/* They will talk to a running PID 1. Never taken for a PROGRAM in silence. */
	{"health", COMMAND_RUN, LATER},
	{"ready", COMMAND_RUN, LATER},
	{"status", COMMAND_RUN, LATER},
	{"stop", COMMAND_RUN, LATER},
	{"restart", COMMAND_RUN, LATER},
	{"signal", COMMAND_RUN, LATER},
};

/* clang-format off */
const char options_help[] =
	"Usage: cardea [OPTION]... [--] PROGRAM [ARG]...   be a container's entrypoint\n"
	"       cardea COMMAND [OPTION]... [ARG]...        prepare for one\n"
	"\n"
	"Commands:\n"
	"  check [FILE]...             validate the configuration, all mistakes at once\n"
	"  plan [--] [PROGRAM ARG...]  print what would be done here, and do none of it\n"
	"  seccomp compile|show ...    compile a seccomp profile, print one\n"
	"  help, version\n"
	"\n"
	"Options:\n"
	"  -c, --config FILE           read FILE instead of /etc/cardea/cardea.ini and\n"
	"                              /etc/cardea/conf.d/*.ini (repeatable)\n"
	"  -o, --set SECTION.KEY=VALUE set any key of cardea.ini(5) (repeatable)\n"
	"  -u, --user USER[:GROUP]     run PROGRAM as USER, by name or id\n"
	"  -v, --verbose  -q, --quiet  say more, say less (repeatable)\n"
	"  -h, --help     -V, --version\n"
	"\n"
	"Exit status: PROGRAM's own, 128+N when signal N killed it; 100 bad usage or\n"
	"configuration, 111 a system call failed, 126 and 127 PROGRAM cannot be run.\n"
	"\n"
	"Examples, in a Dockerfile:\n"
	"  ENTRYPOINT [\"/sbin/cardea\", \"--user\", \"app\", \"--\"]\n"
	"  RUN [\"/sbin/cardea\", \"check\"]\n";
/* clang-format on */

struct parser {
	struct arena *arena;
	struct scan scan;
	struct options options;
	bool done; /* --help or --version: the rest does not matter */
};

static const char *option_candidate(const void *ctx, size_t i)
{
	(void)ctx;
	return i < ARRAY_LEN(options) ? options[i].name : NULL;
}

static int apply(struct parser *p, enum option option, char *value, struct err *reterr)
{
	struct options *o = &p->options;

	if (value && *value == '\0') {
		return err_config(reterr,
				  "cannot use option '%s': it needs %s, not ''" SEE,
				  p->scan.as, values[option]);
	}
	switch (option) {
	case OPTION_CONFIG:
		strv_push(p->arena, &o->config_files, value);
		break;
	case OPTION_SET:
		strv_push(p->arena, &o->sets, value);
		break;
	case OPTION_USER:
		strv_push(p->arena, &o->sets,
			  arena_printf(p->arena, "main.user=%s", value));
		break;
	case OPTION_VERBOSE:
		o->verbosity++;
		break;
	case OPTION_QUIET:
		o->verbosity--;
		break;
	case OPTION_HELP:
	case OPTION_VERSION:
		o->command = option == OPTION_HELP ? COMMAND_HELP : COMMAND_VERSION;
		p->done = true;
		break;
	}
	return 0;
}

static int refuse(const struct scan *s, enum scan_step step, struct err *reterr)
{
	const char *near = NULL;

	if (step == SCAN_NEEDS_VALUE) {
		return err_config(reterr, "cannot use option '%s': it needs %s" SEE,
				  s->as, values[s->option - options]);
	}
	if (step == SCAN_TAKES_NONE) {
		return err_config(reterr, "cannot use option '%s': it takes no value" SEE,
				  s->as);
	}
	if (s->as[1] == '-') {
		near = parse_nearest(s->as + 2, option_candidate, NULL);
	}
	if (near) {
		return err_config(reterr,
				  "cannot use option '%s': there is none, did you mean "
				  "'--%s'?" SEE,
				  s->as, near);
	}
	return err_config(reterr, "cannot use option '%s': there is none" SEE, s->as);
}

/* Up to the first operand or behind "--". */
static int parse_options(struct parser *p, struct err *reterr)
{
	while (!p->done) {
		enum scan_step step = scan_next(&p->scan);
		int r;

		if (step == SCAN_END) {
			return 0;
		}
		if (step != SCAN_OPTION) {
			return refuse(&p->scan, step, reterr);
		}
		r = apply(p, (enum option)(p->scan.option - options), p->scan.value,
			  reterr);
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

static int parse_command(struct parser *p, size_t i, struct err *reterr)
{
	const char *word = commands[i].word;
	int r;

	if (commands[i].arguments == LATER) {
		return err_config(
			reterr,
			"cannot do '%s': not in this version (a program of that "
			"name goes after --)" SEE,
			word);
	}
	p->scan.next++;
	p->options.command = commands[i].command;
	r = parse_options(p, reterr);
	if (r == 0 && !p->done && commands[i].arguments == ARGUMENTS_NONE &&
	    *p->scan.next) {
		return err_config(reterr,
				  "cannot use " SHOWN ": '%s' takes no arguments" SEE,
				  SHOW(*p->scan.next), word);
	}
	return r;
}

int options_parse(struct arena *a, char *const *argv, struct options *ret_options,
		  struct err *reterr)
{
	struct parser p = {
		.arena = a,
		.scan = {.options = options,
			 .n_options = ARRAY_LEN(options),
			 .next = argv[0] ? argv + 1 : argv},
	};
	int r = parse_options(&p, reterr);

	if (r == 0 && !p.done && !p.scan.dashes && *p.scan.next) {
		for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
			if (strcmp(*p.scan.next, commands[i].word) == 0) {
				r = parse_command(&p, i, reterr);
				break;
			}
		}
	}
	if (r < 0) {
		return r;
	}
	p.options.args = p.scan.next;
	*ret_options = p.options;
	return 0;
}
