/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: everything decided, nothing done. Made from the options, the configuration and what is known of the
 * host; printed by `cardea plan`; carried out by main.c. It holds no secret's value.
 */
#ifndef CARDEA_CORE_PLAN_H
#define CARDEA_CORE_PLAN_H

#include "core/caps.h"
#include "core/config.h"
#include "core/env.h"
#include "core/hook.h"
#include "core/identity.h"
#include "core/launch.h"
#include "core/lifecycle.h"
#include "core/options.h"
#include "core/personality.h"

#define SECRET_SIZE_MAX (64 * 1024)

/* A file that was asked for: its text, or why there is none. */
struct text_file {
	const char *path;
	const char *text; /* NULL: there is none, why says the reason */
	size_t len;
	const char *why;
};

/* What is known of where we run. Only what plan_needs() asks for is filled in. */
struct host {
	int pid;
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t n_groups;
	struct capsets caps;
	unsigned securebits;
	bool no_new_privs;
	int landlock_abi; /* the kernel's Landlock version; below 1: none */
	struct accounts accounts;
	uint64_t hard_limits[LIMITS_MAX]; /* by resource */
	int oom_score_adj;
	char *const *environ;
	const struct text_file *env_files; /* as needs.env_files */
	size_t n_env_files;
};

struct needs {
	bool accounts; /* passwd and group */
	bool rights;   /* ids, groups, capabilities, securebits, no_new_privs */
	bool landlock;
	bool limits; /* hard_limits and oom_score_adj */
	struct strv env_files;
};

struct secret_spec {
	const char *name;
	const char *path; /* absolute */
	bool optional;
	struct origin at;
};

enum log_format { LOG_TEXT, LOG_JSON };
/* syslog's names; a line is printed when its level is at most the configured one. */
enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* How main says that it is ready, other than by hooks of phase ready. */
enum notify_type {
	NOTIFY_NONE,
	NOTIFY_SYSTEMD, /* a datagram on $NOTIFY_SOCKET */
	NOTIFY_NEWLINE, /* a newline on notify_fd, as s6 has it */
};

/* Where the container's end is written to as one line of JSON. */
enum report_type {
	REPORT_IF_THERE, /* termination_log when that file exists already */
	REPORT_FILE,	 /* termination_log, made when it is not there */
	REPORT_NONE,
};

struct plan {
	struct strv argv;
	struct strv paths; /* execve candidates */
	const char *working_dir;
	char *const *
		environ; /* main's environment when it is PID 1's own, unchanged; else NULL, */
	struct env env; /* and this is it */
	struct secret_spec *secrets;
	size_t n_secrets;
	bool user_set; /* main.user is in force: HOME is the user's */
	struct identity
		user; /* who main is, also when nothing changes (name may be NULL) */
	struct creds creds; /* for main */
	bool hardened; /* any of user, capabilities, securebits, seccomp, paths configured */
	const char *seccomp; /* NULL: none */
	struct origin seccomp_at;
	struct strv read_only_paths, read_write_paths;
	int landlock_abi; /* as in struct host */
	struct limit *limits;
	size_t n_limits;
	int umask;
	bool set_oom_score_adj;
	int oom_score_adj;
	int *pass_fds;
	size_t n_pass_fds;
	bool listen_fds; /* LISTEN_PID is to be rewritten */
	struct lifecycle_policy policy;
	bool subreaper;	  /* adopt orphans without being PID 1 */
	bool new_session; /* main gets a session of its own, with the terminal on stdin */
	bool same_group;  /* main stays in our process group; else it gets its own */
	bool keep_fds;	  /* descriptors above 2 reach main as they are */
	sigbits_t stop_self;	       /* as in struct loop */
	sigbits_t swallow_once;	       /* as in struct loop */
	int parent_death_signal;       /* for ourselves; 0: none */
	bool warn_on_reap;	       /* say it for each orphan */
	bool chdir_root;	       /* once main runs, we go to / */
	bool close_fds;		       /* and close our descriptors above 2 */
	enum personality who;	       /* and as whom we speak: */
	const struct persona *persona; /* NULL: as cardea */
	capbits_t reachable;	       /* the capabilities main has or can still gain */
	struct creds
		own; /* what PID 1 keeps once main runs; caps as far as it has them */
	const char *own_reason; /* why it keeps that, for `plan` */
	/*
	 * In the order of their sections, without those that `when` leaves out; HOOK_NOTIFY is the last. NULL without hooks.
	 */
	struct hook *hooks;
	size_t n_hooks;
	struct strv hooks_left_out; /* their names */
	struct creds
		main_again; /* creds for main from a PID 1 that is `own` already: for a restart */
	bool restarts; /* a start again may come: by `restart`, or by a hook's or the watchdog's doing */
	bool hooks_see_secrets; /* a hook's environment holds some, also after main has started */
	enum notify_type notify;
	int notify_fd;	 /* NOTIFY_NEWLINE: main's number for it */
	msec_t watchdog; /* main says so often that it is alive; 0: it need not */
	enum report_type report;
	const char *termination_log; /* NULL: none */
	enum log_level log_level;
	enum log_format log_format;
	struct problems
		notes; /* worth a warning: an unset variable, a right not to be had */
	struct problems
		harmless; /* what could not be done here, and why nothing is lost */
};

/*
 * The candidates for program, appended: itself when it has a slash, else one for each absolute directory of path, which is
 * Docker's default when it is NULL.
 */
void plan_candidates(struct arena *a, const char *path, char *program,
		     struct strv *ret_paths);

/*
 * The candidates for program in plan->paths: itself when it has a slash, else one for each absolute directory of PATH
 * in main's environment (Docker's default without one).
 */
void plan_paths(struct arena *a, struct plan *plan, char *program);

/* PATH in main's environment, or Docker's default. Never NULL. */
const char *plan_search_path(const struct plan *plan);

/* What plan_build will want to know. Mistakes in the values involved are left for plan_build to report. */
void plan_needs(struct arena *a, const struct config *c, char *const *environ,
		struct needs *ret_needs);

/*
 * Decide everything. Every mistake is appended to p (then ret_plan is not to be used). PROGRAM: options.args.
 * want_program: a missing one is a mistake (not for `check`).
 */
void plan_build(struct arena *a, const struct options *o, const struct config *c,
		const struct host *h, bool want_program, struct plan *ret_plan,
		struct problems *p);

#endif
