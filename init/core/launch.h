/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything the child needs between fork and exec, made before the fork: the child only
 * makes system calls (sys/child.h). Values, no functions.
 */
#ifndef CARDEA_CORE_LAUNCH_H
#define CARDEA_CORE_LAUNCH_H

#include <linux/filter.h>
#include <sys/types.h>

#include "core/limits.h"
#include "core/types.h"

/* Who a process shall be. sys/creds applies it, whole, and verifies it. */
struct creds {
	bool set_ids; /* uid, gid, groups; else they stay */
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t n_groups;
	gid_t *scratch;	    /* n_groups + 1 entries for reading them back */
	bool set_bounding;  /* else the bounding set stays */
	capbits_t bounding; /* what is left in it */
	bool set_caps;	    /* else the sets stay as the kernel leaves them */
	capbits_t caps;	    /* effective and permitted */
	capbits_t ambient;  /* inheritable and ambient; a part of caps */
	int securebits;	    /* SECBIT_* mask, or -1: stays */
	bool no_new_privs;
};

/* The steps, in this order; a failure names one. */
enum stage {
	STAGE_SESSION,
	STAGE_TERMINAL,
	STAGE_DESCRIPTORS,
	STAGE_LIMITS,
	STAGE_BOUNDING,
	STAGE_GROUPS,
	STAGE_GID,
	STAGE_UID,
	STAGE_CAPABILITIES,
	STAGE_AMBIENT,
	STAGE_SECUREBITS,
	STAGE_VERIFY,
	STAGE_NO_NEW_PRIVS,
	STAGE_WORKING_DIR,
	STAGE_LANDLOCK,
	STAGE_SIGNALS,
	STAGE_SECCOMP,
	STAGE_EXEC,
	STAGE_COUNT
};

/* What the child leaves in its parent's memory when it fails. */
struct report {
	int stage;
	int errnum;
	int detail; /* index of the limit, group, capability or candidate it was about; -1: none */
};

struct launch {
	char *const *
		paths; /* candidates for execve, in order (PATH look-up is done before) */
	char *const *argv;
	char **shell_argv; /* "/bin/sh", a slot for the file, ARG...: for a file the kernel
			      cannot execute; NULL: that is an error */
	char *const *envp;
	char *listen_pid;    /* 10 bytes inside envp for the child's own pid, or NULL */
	bool new_session;    /* setsid, and take the terminal with TIOCSCTTY */
	bool new_group;	     /* setpgid */
	int tty_fd;	     /* terminal to give to the new group, or -1 */
	int input_fd;	     /* becomes standard input; 0: that stays */
	int output_fd;	     /* becomes standard output and error; 0: those stay */
	bool keep_fds;	     /* all descriptors stay open */
	const int *pass_fds; /* descriptors above 2 that stay open, ascending */
	size_t n_pass_fds;
	const struct limit *limits;
	size_t n_limits;
	int umask; /* -1: stays */
	struct creds creds;
	const char *working_dir;	 /* NULL: stays */
	uint64_t mask;			 /* signal mask main begins with */
	bool ignore_sigchld;		 /* as PID 1 got it */
	int landlock_fd;		 /* a ruleset, or -1 */
	const struct sock_fprog *filter; /* or NULL */
	unsigned filter_flags;		 /* SECCOMP_FILTER_FLAG_* */
};

#endif
