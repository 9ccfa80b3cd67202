/* SPDX-License-Identifier: Apache-2.0 */
/* cardea: a container's entrypoint. Who we are called as, and which command; each is a file in cli/. */
#include <stdalign.h>
#include <stddef.h>
#include <unistd.h>

#include "cli/check.h"
#include "cli/persona.h"
#include "cli/plan.h"
#include "cli/run.h"
#include "cli/seccomp.h"
#include "core/options.h"
#include "core/personality.h"
#include "sys/log.h"
#include "sys/raised.h"
#include "sys/relro.h"
#include "sys/sigmask.h"

/* Enough for a start without configuration, on the stack, whose pages are there anyway. */
#define FIRST_CHUNK 1536

/* core/arena.h: nothing has been started yet. */
_Noreturn void mem_exhausted(void)
{
	static const char text[] = "cardea: error: out of memory\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(STATUS_SYSTEM);
}

/* Not inlined: the commands' stack is no entrypoint's. */
__attribute__((noinline)) static int run_command(struct arena *a, const struct options *o,
						 char *const *envp)
{
	switch (o->command) {
	case COMMAND_CHECK:
		return cli_check(a, o, envp);
	case COMMAND_PLAN:
		return cli_plan(a, o, envp);
	case COMMAND_SECCOMP:
		return cli_seccomp(a, o);
	case COMMAND_VERSION:
		return log_print(STDOUT_FILENO, "cardea " CARDEA_VERSION "\n") < 0
			       ? STATUS_SYSTEM
			       : 0;
	case COMMAND_HELP:
	case COMMAND_RUN:
		break;
	}
	return log_print(STDOUT_FILENO, options_help) < 0 ? STATUS_SYSTEM : 0;
}

/* Under every name: who starts us chooses it. */
static bool refuse_raised(enum personality who)
{
	enum raised raised = raised_by();

	if (raised == RAISED_NOT) {
		return false;
	}
	if (raised == RAISED_CAPS) {
		log_error("installed with file capabilities, which it must not be; "
			  "setcap -r it");
		return true;
	}
	if (who == PERSONALITY_GOSU) {
		return false; /* which refuses in its own words */
	}
	log_error("installed setuid or setgid, which it must not be; chmod ug-s it");
	return true;
}

int main(int argc, char **argv, char **envp)
{
	struct inherited_signals inherited;
	struct options options;
	struct arena arena;
	alignas(max_align_t) char first[FIRST_CHUNK];
	enum personality who;
	struct err e;

	arena_init(&arena, first, sizeof(first));
	/* Before anything else: until they are blocked, the kernel drops PID 1's signals. */
	sigmask_block_all(&inherited);
	if (relro_protect(&e) < 0) {
		log_error("%s", e.text);
		return e.status;
	}
	if (argc < 1) {
		log_error("started without even a name; see cardea(8)");
		return STATUS_CONFIG;
	}
	who = personality_of(argv[0]);
	if (refuse_raised(who)) {
		return STATUS_CONFIG;
	}
	if (who != PERSONALITY_CARDEA) {
		return cli_persona(&arena, who, argv, envp, &inherited);
	}
	if (options_parse(&arena, argv, &options, &e) < 0) {
		log_error("%s", e.text);
		return e.status;
	}
	if (options.command == COMMAND_RUN) {
		return cli_run(&arena, &options, envp, &inherited);
	}
	sigmask_restore(&inherited);
	return run_command(&arena, &options, envp);
}
