/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/persona.h"
#include "core/signame.h"

/*
 * dockerd wants "tini version X", with a commit " - git.Y" of at most 7 characters, which is
 * what `docker info` shows: the version we stand in for, and who really is there.
 */
#define TINI_VERSION(version) "tini version 0.19.0+cardea." version " - git.cardea"

#define STATUS_COUNT 256

static const struct scan_option options[] = {
	{'h', false, NULL}, {'l', false, NULL}, {'s', false, NULL}, {'g', false, NULL},
	{'v', false, NULL}, {'w', false, NULL}, {'p', true, NULL},  {'e', true, NULL},
};

/* Signals it leaves to themselves: faults of its own, and what a terminal sends readers. */
static const int not_forwarded[] = {
	SIGCHLD, SIGFPE,  SIGILL, SIGSEGV, SIGBUS,
	SIGABRT, SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU,
};

/* Not names of tini's: -p refuses them. */
static const int unnamed[] = {SIGSTKFLT, SIGIO, SIGPWR};

static const char *usage(const struct persona_start *start)
{
	const char *name = persona_basename(start->name);

	return arena_printf(
		start->arena,
		"%s (" TINI_VERSION(
			"%s") ")\n"
			      "Usage: %s [OPTIONS] [--] PROGRAM [ARGS] | --version\n"
			      "\n"
			      "Run PROGRAM, forward signals to it and reap orphans.\n"
			      "\n"
			      "Options:\n"
			      "\n"
			      "  --version: print the version; the only argument.\n"
			      "  -h: print this.\n"
			      "  -s: be a subreaper when not PID 1.\n"
			      "  -p SIGNAL: get SIGNAL when the parent dies, as in \"-p SIGKILL\".\n"
			      "  -v: say more, up to 3 times.\n"
			      "  -w: warn for each orphan that is reaped.\n"
			      "  -g: signal PROGRAM's process group, not PROGRAM alone.\n"
			      "  -e STATUS: exit with 0 where PROGRAM exits with STATUS (repeatable).\n"
			      "  -l: print the license.\n"
			      "\n"
			      "Environment:\n"
			      "\n"
			      "  TINI_SUBREAPER: as -s, when set.\n"
			      "  TINI_VERBOSITY: how much to say, 0 to 4 (default: 1).\n"
			      "  TINI_KILL_PROCESS_GROUP: as -g, when set.\n"
			      "\n",
		name, start->version, name);
}

/* Names as tini's table has them: "SIGTERM", not "TERM", "15" or "SIGRTMIN". */
static bool parse_signal(const char *text, int *ret_signal)
{
	char buf[SIGNAL_NAME_MAX];
	int sig;

	if (strncmp(text, "SIG", 3) != 0 || signal_parse(text, &sig, NULL) < 0 ||
	    sig > SIGSYS || strcmp(signal_name(sig, buf), text) != 0) {
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(unnamed); i++) {
		if (sig == unnamed[i]) {
			return false;
		}
	}
	*ret_signal = sig;
	return true;
}

/* As strtol reads it, so "" is 0: the status that is left 0. */
static bool parse_status(const char *text, struct lifecycle_policy *policy)
{
	char *end;
	long status = strtol(text, &end, 10);

	if (*end != '\0' || status < 0 || status >= STATUS_COUNT) {
		return false;
	}
	policy->success[status / 8] |= (unsigned char)(1U << (status % 8));
	return true;
}

static void refuse(const struct persona_start *start, struct persona *p,
		   const struct scan *scan)
{
	persona_print(p, 2, 1,
		      arena_printf(start->arena, "Not a value for %s: %s\n", scan->as,
				   scan->value));
	p->marked = true;
}

/* False when the command line is done with: p is a PRINT. */
static bool apply(const struct persona_start *start, struct persona *p,
		  const struct scan *scan)
{
	bool ok = true;

	switch (scan->option->letter) {
	case 'h':
		persona_print(p, 1, 0, usage(start));
		return false;
	case 'l':
		persona_print(p, 1, 0, persona_license);
		return false;
	case 's':
		p->subreaper = true;
		break;
	case 'g':
		p->policy.kill_group = true;
		break;
	case 'v':
		p->verbosity += p->verbosity < SEVERITY_TRACE;
		break;
	case 'w':
		p->warn_on_reap = true;
		break;
	case 'p':
		ok = parse_signal(scan->value, &p->parent_death_signal);
		break;
	case 'e':
		ok = parse_status(scan->value, &p->policy);
		break;
	}
	if (!ok) {
		refuse(start, p, scan);
	}
	return ok;
}

/* -e holds for the status of a failed exec as well. */
static int mapped(const struct lifecycle_policy *policy, int status)
{
	return policy->success[status / 8] >> (status % 8) & 1 ? 0 : status;
}

static void apply_env(const struct persona_start *start, struct persona *p)
{
	const char *verbosity = persona_env(start, "TINI_VERBOSITY");
	long level;

	if (persona_env(start, "TINI_SUBREAPER")) {
		p->subreaper = true;
	}
	if (persona_env(start, "TINI_KILL_PROCESS_GROUP")) {
		p->policy.kill_group = true;
	}
	if (verbosity) {
		level = strtol(verbosity, NULL, 10); /* as atoi: "loud" is 0 */
		p->verbosity = level <= SEVERITY_FATAL	 ? SEVERITY_FATAL
			       : level >= SEVERITY_TRACE ? SEVERITY_TRACE
							 : (enum severity)level;
	}
}

void persona_tini(const struct persona_start *start, struct persona *ret_persona)
{
	struct persona *p = ret_persona;
	struct scan scan = persona_scan(start, options, ARRAY_LEN(options));
	enum scan_step step;

	if (scan.next[0] && !scan.next[1] && strcmp(scan.next[0], "--version") == 0) {
		persona_print(p, 1, 0,
			      arena_printf(start->arena, TINI_VERSION("%s") "\n",
					   start->version));
		return;
	}
	while ((step = scan_next(&scan)) == SCAN_OPTION) {
		if (!apply(start, p, &scan)) {
			return;
		}
	}
	if (step != SCAN_END || !*scan.next) {
		persona_print(p, 2, 1,
			      arena_printf(start->arena, "%s%s",
					   step == SCAN_END ? ""
							    : persona_option_text(
								      start, &scan, step),
					   usage(start)));
		return;
	}
	apply_env(start, p);
	for (size_t i = 0; i < ARRAY_LEN(not_forwarded); i++) {
		p->policy.forward[not_forwarded[i]] = 0;
	}
	p->kind = PERSONA_RUN;
	p->shell_fallback = true;
	p->args = scan.next;
	p->not_found = mapped(&p->policy, STATUS_NOTFOUND);
	p->not_executable = mapped(&p->policy, STATUS_NOEXEC);
	p->exec_failed = mapped(&p->policy, 1);
	p->cannot_reap =
		"Not PID 1 and not a child subreaper: orphans are not handed to us "
		"and their zombies not reaped.\n"
		"Run as PID 1, use -s or set TINI_SUBREAPER.";
}
