/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs cardea stands in for when started under their name: their command lines, environment variables,
 * exit codes and texts, as data for the one plan. Their known bugs are not kept.
 */
#ifndef CARDEA_CORE_PERSONALITY_H
#define CARDEA_CORE_PERSONALITY_H

#include "core/arena.h"
#include "core/lifecycle.h"
#include "core/types.h"

enum personality {
	PERSONALITY_CARDEA,
	PERSONALITY_TINI, /* and docker-init */
	PERSONALITY_DUMB_INIT,
	PERSONALITY_CATATONIT,
	PERSONALITY_GOSU,
	PERSONALITY_SU_EXEC,
};

/* By the last component of argv[0]; PERSONALITY_CARDEA for every other name. */
enum personality personality_of(const char *argv0);

enum persona_kind {
	PERSONA_PRINT, /* text to fd, exit with status: help, version, bad usage */
	PERSONA_RUN,   /* supervise args */
	PERSONA_EXEC,  /* become user, then args: no supervision (gosu, su-exec) */
	PERSONA_PAUSE, /* no main: reap until SIGTERM or SIGINT, exit 0 (catatonit -P) */
};

/* What a command line of theirs asks for. */
struct persona {
	enum persona_kind kind;
	const char *text;  /* PRINT */
	int fd;		   /* PRINT: 1 or 2 */
	int status;	   /* PRINT */
	char *const *args; /* PROGRAM ARG..., NULL-terminated, from argv */
	const char *user;  /* EXEC: the user spec */
	struct lifecycle_policy policy;
	bool subreaper;	  /* also when not PID 1 */
	bool new_session; /* setsid; else a process group of its own unless same_group */
	bool same_group; /* main stays in PID 1's process group (dumb-init with DUMB_INIT_SETSID=0 or -c) */
	bool job_control; /* dumb-init: TSTP, TTIN, TTOU also stop itself */
	bool skip_hup_cont; /* dumb-init: the first HUP and CONT after giving up the terminal */
	bool close_fds; /* catatonit: close descriptors above 2 in itself, chdir / */
	bool rewrite_listen_pid; /* catatonit: LISTEN_PID */
	int parent_death_signal; /* tini -p; 0: none */
	int verbosity;		 /* how much it says; 0 is the default of that program */
	int not_found, not_executable; /* exit statuses when main cannot be started */
};

/*
 * argv and envp as main() got them; strings are kept. Bad usage is a PERSONA_PRINT with the program's own words' meaning and status,
 * so there is nothing to fail with. version: cardea's, e.g. "0.1.0".
 */
void personality_parse(struct arena *a, enum personality who, char *const *argv,
		       char *const *envp, const char *version, struct persona *ret);

/* "[FATAL tini (7)] exec X failed: No such file or directory" and so on: the message in the program's own form. from a. */
const char *personality_message(struct arena *a, enum personality who, const char *argv0,
				int pid, int severity, const char *text);

#endif
