/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the plan share while it is made (plan.c and plan_*.c). Not for others.
 */
#ifndef CARDEA_CORE_PLANNER_H
#define CARDEA_CORE_PLANNER_H

#include "core/plan.h"

struct planner {
	struct arena *arena;
	const struct options *options;
	const struct config *config;
	const struct host *host;
	struct plan *plan;
	struct problems *problems;
	struct env
		base; /* what ${...} sees: the container's environment, then env_file */
	struct identity
		asked; /* whom main.user names, also where main cannot become that */
	msec_t notify_deadline;
	bool want_program; /* as plan_build() */
};

/* The key's value with ${...} expanded, or NULL when it is not set or was wrong (then there is a problem). */
const char *planner_value(struct planner *p, enum config_key key);

/* The items of a list value; empty when not set or wrong. */
struct strv planner_list(struct planner *p, enum config_key key);

/* Append "section.key: text" at the key's place. */
void planner_problem(struct planner *p, enum config_key key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for what is worth a warning only. */
void planner_note(struct planner *p, enum config_key key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

bool planner_is_set(const struct planner *p, enum config_key key);

/* A lookup_fn; ctx is a struct env. Items that hold a secret are not seen. */
const char *planner_lookup(const void *ctx, const char *name, size_t name_len);

/* plan_env.c: base, secrets, main's environment, what is executed. */
void plan_base_environment(struct planner *p);
void plan_environment(struct planner *p);
void plan_program(struct planner *p, bool want_program);

/* plan_rights.c: user, capabilities, seccomp. */
void plan_rights(struct planner *p);

/* Who PID 1 is; and can a child of it, while it has all its rights, be `id`? */
struct identity planner_current(const struct planner *p);
bool planner_may_become(const struct planner *p, const struct identity *id);

/* Let c change to id, which stays the caller's as its groups do. */
void planner_become(struct planner *p, const struct identity *id, struct creds *c);

/* Main runs with the securebit by which the kernel gives root no capability when it executes a program. */
bool planner_root_is_nobody(const struct planner *p);

/* plan_life.c: signals, stopping, exit statuses; limits, descriptors, umask. */
void plan_life(struct planner *p);
void plan_attributes(struct planner *p);

/* plan_again.c: starting main again, notification, watchdog, report. */
void plan_again(struct planner *p);

/* plan_hooks_all.c: every hook, and their phases in the policy. */
void plan_hooks(struct planner *p);

/* plan_own.c, when all else is planned: what PID 1 keeps, and what main and hooks are made from then. */
void plan_own(struct planner *p);

#endif
