/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs cardea stands in for when started under their name: their command lines,
 * environment variables, exit statuses and texts, as data for the one plan. Their known bugs
 * are not kept. Sources: tini 0.19.0, dumb-init 1.2.5, catatonit 0.1.7 and 0.2.1, gosu 1.14
 * and 1.17, su-exec 0.3, as observed and as their sources read.
 */
#ifndef CARDEA_CORE_PERSONALITY_H
#define CARDEA_CORE_PERSONALITY_H

#include "core/arena.h"
#include "core/identity.h"
#include "core/lifecycle.h"
#include "core/types.h"

enum personality {
	PERSONALITY_CARDEA,
	PERSONALITY_TINI, /* and docker-init, tini-static */
	PERSONALITY_DUMB_INIT,
	PERSONALITY_CATATONIT, /* and podman-init, the name podman --init mounts it under */
	PERSONALITY_GOSU,
	PERSONALITY_SU_EXEC,
	PERSONALITY_COUNT
};

/* By the last component of argv[0], which may be NULL; PERSONALITY_CARDEA for other names. */
enum personality personality_of(const char *argv0);

/* tini's, in order; the others' levels are among them. */
enum severity {
	SEVERITY_FATAL,
	SEVERITY_WARN,
	SEVERITY_INFO,
	SEVERITY_DEBUG,
	SEVERITY_TRACE,
};

enum persona_kind {
	PERSONA_PRINT, /* text to fd, exit with status: help, version, bad usage */
	PERSONA_RUN,   /* supervise args */
	PERSONA_EXEC,  /* become user, then args: no supervision (gosu, su-exec) */
	PERSONA_PAUSE, /* no main: reap until SIGTERM or SIGINT, exit 0 (catatonit -P) */
};

/* What a command line of theirs asks for. What does not apply to the kind is zero. */
struct persona {
	enum persona_kind kind;
	enum severity verbosity; /* a message is said when its severity is at most this */

	const char *text; /* PRINT: with its newline */
	int fd;		  /* PRINT: 1 or 2 */
	int status;	  /* PRINT */
	bool marked; /* PRINT: text goes through personality_message(SEVERITY_FATAL) */

	char *const *args; /* PROGRAM ARG..., NULL-terminated, from argv */
	/* Exit statuses when main cannot be executed: ENOENT, EACCES, any other errno. */
	int not_found, not_executable, exec_failed;

	const char *user;	       /* EXEC: the user spec */
	enum identity_dialect dialect; /* EXEC */
	/*
	 * EXEC: what to say on 2, exiting with 1, when our own executable has its setuid or
	 * setgid bit; before anything else, PRINT too. NULL: that is not looked at.
	 */
	const char *if_setuid, *if_setgid;

	struct lifecycle_policy policy;
	bool subreaper;	  /* become one when not PID 1 */
	bool new_session; /* setsid; else a process group of its own unless same_group */
	bool same_group; /* main stays in PID 1's process group and session (dumb-init -c) */
	bool job_control; /* dumb-init: after forwarding TSTP, TTIN or TTOU it stops itself */
	bool skip_hup_cont; /* dumb-init: it gives up its controlling terminal (TIOCNOTTY); if
				    it led the session, the next HUP and CONT are not forwarded */
	bool chdir_root; /* its own working directory becomes / once main has been forked */
	bool shell_fallback; /* a file the kernel cannot execute (ENOEXEC) goes to /bin/sh */
	bool close_fds;	     /* it closes its own descriptors above 2 then */
	bool rewrite_listen_pid; /* LISTEN_PID is main's when it was ours (catatonit) */
	int parent_death_signal; /* tini -p: PR_SET_PDEATHSIG on itself; 0: none */
	bool warn_on_reap;	 /* tini -w: a warning for each orphan reaped */
	/* A warning for when it is neither PID 1 nor a subreaper, or NULL (tini). */
	const char *cannot_reap;
};

/*
 * What argv asks of who, which is not PERSONALITY_CARDEA. argv and envp as main() got them;
 * their strings are kept, args points into argv. Bad usage is a PERSONA_PRINT, so there is
 * nothing to fail with. version: cardea's, e.g. "0.1.0".
 *
 * Every policy is lifecycle_policy_init()'s with stop_on 0 and no lingering: they forward,
 * and end when main does. Exception: PAUSE stops on SIGTERM and SIGINT.
 */
void personality_parse(struct arena *a, enum personality who, char *const *argv,
		       char *const *envp, const char *version,
		       struct persona *ret_persona);

/*
 * What that program begins its messages with: "[FATAL tini (7)] ". Returns the length, at most
 * size - 1; buf is NUL-terminated. Safe in the loop.
 */
size_t personality_mark(enum personality who, int pid, enum severity severity, char *buf,
			size_t size);

#define MARK_MAX 64 /* enough for any */

/*
 * text as that program marks its messages, with a newline: "[FATAL tini (7)] text", "[dumb-init]
 * text", "ERROR (catatonit:7): text", "error: text", "su-exec: text". From a.
 */
const char *personality_message(struct arena *a, enum personality who, int pid,
				enum severity severity, const char *text);

/* Where it says it: 1 or 2. tini says what is below a warning on 1. */
int personality_message_fd(enum personality who, enum severity severity);

/* That program cannot be executed, for personality_message: "exec X failed: reason". From a. */
const char *personality_exec_text(struct arena *a, enum personality who,
				  const char *program, const char *reason);

/* The text of that warning, for personality_message. From a. */
const char *personality_reaped_text(struct arena *a, int pid);

#endif
