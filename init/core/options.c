/* SPDX-License-Identifier: Apache-2.0 */
#include "core/options.h"

#include <ctype.h>
#include <string.h>

#include "core/parse.h"
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

static const struct {
	const char *name;
	char letter;
	const char *value; /* what it takes, or NULL */
} options[] = {
	[OPTION_CONFIG] = {"config", 'c', "FILE"},
	[OPTION_SET] = {"set", 'o', "SECTION.KEY=VALUE"},
	[OPTION_USER] = {"user", 'u', "USER[:GROUP]"},
	[OPTION_VERBOSE] = {"verbose", 'v', NULL},
	[OPTION_QUIET] = {"quiet", 'q', NULL},
	[OPTION_HELP] = {"help", 'h', NULL},
	[OPTION_VERSION] = {"version", 'V', NULL},
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
	char *const *next; /* the word to look at */
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

	if (options[option].value && *value == '\0') {
		return err_config(reterr,
				  "cannot use option '--%s': it needs %s, not ''" SEE,
				  options[option].name, options[option].value);
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

/* The word after the option is its value. */
static int apply_next(struct parser *p, enum option option, const char *as,
		      struct err *reterr)
{
	if (!*p->next) {
		return err_config(reterr, "cannot use option '%s': it needs %s" SEE, as,
				  options[option].value);
	}
	return apply(p, option, *p->next++, reterr);
}

static int parse_long(struct parser *p, char *word, struct err *reterr)
{
	char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const char *as = arena_strndup(p->arena, word, len);
	const char *near;
	size_t i = 0;

	while (i < ARRAY_LEN(options) && strcmp(as + 2, options[i].name) != 0) {
		i++;
	}
	if (i == ARRAY_LEN(options)) {
		near = parse_nearest(as + 2, option_candidate, NULL);
		return err_config(reterr,
				  "cannot use option '%.64s': there is none%s%s" SEE, as,
				  near ? ", did you mean --" : "", near ? near : "");
	}
	if (!equals && options[i].value) {
		return apply_next(p, (enum option)i, as, reterr);
	}
	if (equals && !options[i].value) {
		return err_config(reterr, "cannot use option '%s': it takes no value" SEE,
				  as);
	}
	return apply(p, (enum option)i, equals ? equals + 1 : NULL, reterr);
}

/* One or more letters, the last of which may have its value attached. */
static int parse_short(struct parser *p, char *word, struct err *reterr)
{
	for (char *c = word + 1; *c; c++) {
		char as[3] = {'-', isgraph((unsigned char)*c) ? *c : '?', '\0'};
		size_t i = 0;
		int r;

		while (i < ARRAY_LEN(options) && *c != options[i].letter) {
			i++;
		}
		if (i == ARRAY_LEN(options)) {
			return err_config(
				reterr,
				"cannot use option '%s' of '%.64s': there is none" SEE,
				as, word);
		}
		if (options[i].value && c[1]) {
			return apply(p, (enum option)i, c + 1, reterr);
		}
		r = options[i].value ? apply_next(p, (enum option)i, as, reterr)
				     : apply(p, (enum option)i, NULL, reterr);
		if (r < 0 || p->done || options[i].value) {
			return r;
		}
	}
	return 0;
}

/* Options up to the first operand or behind "--"; ret_dashes: it was that. */
static int parse_options(struct parser *p, bool *ret_dashes, struct err *reterr)
{
	int r = 0;

	*ret_dashes = false;
	while (r == 0 && !p->done && *p->next) {
		char *word = *p->next;

		if (word[0] != '-' || word[1] == '\0') {
			break;
		}
		p->next++;
		if (strcmp(word, "--") == 0) {
			*ret_dashes = true;
			break;
		}
		r = word[1] == '-' ? parse_long(p, word, reterr)
				   : parse_short(p, word, reterr);
	}
	return r;
}

static int parse_command(struct parser *p, size_t i, struct err *reterr)
{
	const char *word = commands[i].word;
	bool dashes;
	int r;

	if (commands[i].arguments == LATER) {
		return err_config(
			reterr,
			"cannot do '%s': not in this version (a program of that "
			"name goes after --)" SEE,
			word);
	}
	p->next++;
	p->options.command = commands[i].command;
	r = parse_options(p, &dashes, reterr);
	if (r == 0 && !p->done && commands[i].arguments == ARGUMENTS_NONE && *p->next) {
		return err_config(reterr,
				  "cannot use '%.64s': '%s' takes no arguments" SEE,
				  *p->next, word);
	}
	return r;
}

int options_parse(struct arena *a, char *const *argv, struct options *ret_options,
		  struct err *reterr)
{
	struct parser p = {.arena = a, .next = argv[0] ? argv + 1 : argv};
	bool dashes;
	int r = parse_options(&p, &dashes, reterr);

	if (r == 0 && !p.done && !dashes && *p.next) {
		for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
			if (strcmp(*p.next, commands[i].word) == 0) {
				r = parse_command(&p, i, reterr);
				break;
			}
		}
	}
	if (r < 0) {
		return r;
	}
	p.options.args = p.next;
	*ret_options = p.options;
	return 0;
}
