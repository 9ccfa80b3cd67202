/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "core/persona.h"

/* "tini version" is what dockerd looks for; catatonit says so too. */
#define CATATONIT_VERSION(version) \
	"tini version 0.2.1_catatonit+cardea." version " - git.cardea"

#define USAGE "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n"

static const struct scan_option options[] = {
	{'g', false, NULL}, {'h', false, NULL},	     {'L', false, NULL},
	{'P', false, NULL}, {'V', false, "version"},
};

/* Faults of its own, and what a terminal sends those in the background. */
static const int not_forwarded[] = {
	SIGCHLD, SIGFPE, SIGILL,  SIGSEGV, SIGBUS,  SIGABRT,
	SIGTRAP, SIGSYS, SIGTSTP, SIGTTIN, SIGTTOU,
};

static const char help[] = USAGE
	"\n"
	"options:\n"
	"  -g              Signal the program's process group.\n"
	"  -h              Print this.\n"
	"  -L              Print the license.\n"
	"  -P              Pause: run no program, reap until SIGINT or "
	"SIGTERM.\n"
	"  -V, --version   Print the version.\n";

/* False when the command line is done with: p is a PRINT. */
static bool apply(const struct persona_start *start, struct persona *p, char letter)
{
	switch (letter) {
	case 'g':
		p->policy.kill_group = true;
		return true;
	case 'P':
		p->kind = PERSONA_PAUSE;
		return true;
	case 'h':
		persona_print(p, 2, 0, help);
		return false;
	case 'L':
		persona_print(p, 1, 0, persona_license);
		return false;
	default:
		persona_print(p, 1, 0,
			      arena_printf(start->arena, CATATONIT_VERSION("%s") "\n",
					   start->version));
		return false;
	}
}

static void pause_policy(struct lifecycle_policy *policy)
{
	policy->stop_on = SIGBIT(SIGTERM) | SIGBIT(SIGINT);
	policy->no_main = true;
	for (int sig = 1; sig <= SIGNAL_MAX; sig++) {
		policy->forward[sig] = 0;
	}
}

void persona_catatonit(const struct persona_start *start, struct persona *ret_persona)
{
	struct persona *p = ret_persona;
	struct scan scan = persona_scan(start, options, ARRAY_LEN(options));
	enum scan_step step;

	p->kind = PERSONA_RUN;
	if (persona_env(start, "CATATONIT_DEBUG")) {
		p->verbosity = SEVERITY_DEBUG;
	}
	if (persona_env(start, "CATATONIT_LOG")) {
		persona_print(p, 2, 1, "CATATONIT_LOG must not be set: it is reserved\n");
		p->marked = true;
		return;
	}
	while ((step = scan_next(&scan)) == SCAN_OPTION) {
		if (!apply(start, p, scan.option->letter)) {
			return;
		}
	}
	if (step != SCAN_END) {
		persona_print(p, 2, 1,
			      arena_printf(start->arena, "%s" USAGE,
					   persona_option_text(start, &scan, step)));
		return;
	}
	if (p->kind == PERSONA_PAUSE) {
		pause_policy(&p->policy);
	} else if (!*scan.next) {
		persona_print(p, 2, 1, "no program name was given\n" USAGE);
		p->marked = true;
		return;
	} else {
		p->args = scan.next;
		p->not_found = p->not_executable = p->exec_failed = 1;
		p->rewrite_listen_pid = true;
		p->shell_fallback = true;
		for (size_t i = 0; i < ARRAY_LEN(not_forwarded); i++) {
			p->policy.forward[not_forwarded[i]] = 0;
		}
	}
	p->subreaper = true;
	p->chdir_root = true;
	p->close_fds = true;
}
