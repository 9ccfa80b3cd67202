/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the plan share while it is made (plan.c, plan_env.c, plan_rights.c, plan_life.c). Not for others.
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

/* plan_rights.c: user, capabilities, seccomp, and what PID 1 keeps. */
void plan_rights(struct planner *p);

/* plan_life.c: signals, stopping, exit statuses; limits, descriptors, umask. */
void plan_life(struct planner *p);
void plan_attributes(struct planner *p);

#endif
