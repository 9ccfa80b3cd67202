/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/persona.h"

#define DUMB_INIT_VERSION(version) "dumb-init v1.2.5+cardea." version

/* It knows the classic signals only. */
#define REWRITE_MAX 31

static const struct scan_option options[] = {
	{'h', false, "help"},	      {'V', false, "version"}, {'v', false, "verbose"},
	{'c', false, "single-child"}, {'r', true, "rewrite"},
};

static const int stopping[] = {SIGTSTP, SIGTTIN, SIGTTOU};

static const char *usage(const struct persona_start *start)
{
	return arena_printf(
		start->arena,
		DUMB_INIT_VERSION(
			"%s") "\n"
			      "Usage: %s [option] command [[arg] ...]\n"
			      "\n"
			      "Run command, forward signals to it and reap orphans.\n"
			      "\n"
			      "Options:\n"
			      "   -c, --single-child   Signal the command alone, not its session.\n"
			      "   -r, --rewrite s:r    Forward signal s as r; as 0: not at all (repeatable).\n"
			      "   -v, --verbose        Say what is done, on stderr.\n"
			      "   -h, --help           Print this.\n"
			      "   -V, --version        Print the version.\n",
		start->version, start->name);
}

/* "S:R" as sscanf's "%d:%d" reads it: what follows R does not matter. */
static bool parse_rewrite(const char *text, unsigned char forward[SIGNAL_MAX + 1])
{
	char *end, *last;
	long from = strtol(text, &end, 10);
	long to;

	if (end == text || *end != ':') {
		return false;
	}
	to = strtol(end + 1, &last, 10);
	if (last == end + 1 || from < 1 || from > REWRITE_MAX || to < 0 ||
	    to > REWRITE_MAX) {
		return false;
	}
	forward[from] = (unsigned char)to;
	return true;
}

/* False when the command line is done with: p is a PRINT. rewritten: signals -r was about. */
static bool apply(const struct persona_start *start, struct persona *p,
		  const struct scan *scan, bool *single)
{
	switch (scan->option->letter) {
	case 'h':
		persona_print(p, 2, 0, usage(start));
		return false;
	case 'V':
		persona_print(p, 2, 0,
			      arena_printf(start->arena, DUMB_INIT_VERSION("%s") "\n",
					   start->version));
		return false;
	case 'v':
		p->verbosity = SEVERITY_DEBUG;
		break;
	case 'c':
		*single = true;
		break;
	case 'r':
		if (parse_rewrite(scan->value, p->policy.forward)) {
			break;
		}
		persona_print(
			p, 2, 1,
			"Usage: -r takes <signum>:<signum>, the first from 1, the second "
			"from 0 to 31.\n"
			"It can be given several times. Use --help for all of it.\n");
		return false;
	}
	return true;
}

static bool env_is(const struct persona_start *start, const char *name, const char *value)
{
	const char *is = persona_env(start, name);

	return is && strcmp(is, value) == 0;
}

static void refuse(const struct persona_start *start, struct persona *p,
		   const struct scan *scan, enum scan_step step)
{
	if (step != SCAN_END) {
		persona_print(p, 2, 1, persona_option_text(start, scan, step));
		return;
	}
	persona_print(p, 2, 1,
		      arena_printf(start->arena,
				   "Usage: %s [option] program [args]\n"
				   "%s --help prints all of it.\n",
				   start->name, start->name));
}

void persona_dumb_init(const struct persona_start *start, struct persona *ret_persona)
{
	struct persona *p = ret_persona;
	struct scan scan = persona_scan(start, options, ARRAY_LEN(options));
	unsigned char *forward = p->policy.forward;
	bool single = false;
	enum scan_step step;

	/* Told apart from -r 20:20 by what a signal number never is. */
	for (size_t i = 0; i < ARRAY_LEN(stopping); i++) {
		forward[stopping[i]] = UINT8_MAX;
	}
	while ((step = scan_next(&scan)) == SCAN_OPTION) {
		if (!apply(start, p, &scan, &single)) {
			return;
		}
	}
	if (step != SCAN_END || !*scan.next) {
		refuse(start, p, &scan, step);
		return;
	}
	if (env_is(start, "DUMB_INIT_DEBUG", "1")) {
		p->verbosity = SEVERITY_DEBUG;
	}
	if (env_is(start, "DUMB_INIT_SETSID", "0")) {
		single = true;
	}
	for (size_t i = 0; i < ARRAY_LEN(stopping); i++) {
		if (forward[stopping[i]] == UINT8_MAX) {
			forward[stopping[i]] =
				(unsigned char)(single ? stopping[i] : SIGSTOP);
		}
	}
	forward[SIGCHLD] = 0;
	p->kind = PERSONA_RUN;
	p->shell_fallback = true;
	p->args = scan.next;
	p->not_found = p->not_executable = p->exec_failed = 2;
	p->policy.kill_group = !single;
	/* Single, main is all there is to signal, and it has ended. */
	p->policy.end_signal = single ? 0 : forward[SIGTERM];
	p->new_session = !single;
	p->same_group = single;
	p->skip_hup_cont = !single;
	p->job_control = true;
	p->chdir_root = true;
}
