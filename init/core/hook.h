/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hook as the plan has decided it: what is done when, as whom, how often, and what its failure means. Values,
 * no functions. core/plan_hooks.c makes them, core/hookset.h says when each is due, sys/hooks.h runs them.
 */
#ifndef CARDEA_CORE_HOOK_H
#define CARDEA_CORE_HOOK_H

#include "core/config.h"
#include "core/env.h"
#include "core/launch.h"
#include "core/lifecycle.h"
#include "core/probe.h"

enum hook_action {
	HOOK_COMMAND, /* passes when it exits 0 */
	HOOK_PROBE,   /* tcp, http, unix, file */
	HOOK_DELAY,   /* `delay` alone: passes after it */
	HOOK_NOTIFY,  /* made by main.notify: passes when main says that it is ready */
};

/* struct hook.retries: until the deadline. */
#define HOOK_RETRIES_ENDLESS UINT32_MAX

/* One rung of on_failure. */
enum remedy_type {
	REMEDY_NONE,
	REMEDY_RESTART,	 /* main, in place */
	REMEDY_SHUTDOWN, /* the container ends with STATUS_HEALTH */
	REMEDY_SIGNAL,	 /* to main */
	REMEDY_HOOK,	 /* run that hook once */
};

struct remedy {
	enum remedy_type type;
	int signal;
	size_t hook; /* index */
};

struct hook {
	const char *name;
	struct origin at;
	/*
	 * PHASE_PREPARE, _WAIT, _READY, _STOP, _EXIT; PHASE_RUNNING: health. PHASE_COUNT: in no phase, it
	 * runs when an on_failure names it.
	 */
	enum phase phase;
	enum hook_action action;
	const char *text; /* what it does, in a line, for messages: "tcp db:5432" */
	struct strv argv; /* command */
	struct origin command_at;
	struct strv paths;   /* execve candidates for it */
	struct probe probe;  /* probe */
	const size_t *after; /* hooks of the same phase that come before, by index */
	size_t n_after;
	msec_t delay;	 /* before the first try; 0: none */
	msec_t timeout;	 /* of one try; MSEC_INFINITY: none */
	msec_t interval; /* from the end of one try to the start of the next */
	msec_t deadline; /* of all tries of a prepare, wait or ready hook, from when it was due; MSEC_INFINITY: none */
	unsigned
		retries; /* health: failures in a row until unhealthy (at least 1); others: further tries */
	msec_t start_period;   /* health: so long after ready failures do not count */
	msec_t start_interval; /* and tries come this often, until the first success */
	bool required;
	const struct remedy *
		remedies; /* on_failure: one for each further unhealthy verdict; after the last, that again */
	size_t n_remedies;
	struct creds creds; /* who runs it, from a PID 1 that has all its rights yet, */
	struct creds
		creds_own; /* and from one that has become plan.own: once main has started */
	bool as_main;	   /* with main's restrictions too: seccomp, Landlock, limits */
	const char *user;	 /* for `plan` and messages */
	const char *working_dir; /* NULL: PID 1's */
	struct env env; /* main's, without what was made from a secret it does not list */
	bool has_secrets; /* env holds some: the vault is needed */
};

#endif
