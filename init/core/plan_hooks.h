/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts that plan hooks share. Not for others.
 */
#ifndef CARDEA_CORE_PLAN_HOOKS_H
#define CARDEA_CORE_PLAN_HOOKS_H

#include "core/hook.h"
#include "core/planner.h"

/* A hook's environment, shared by all hooks for which all of this is the same. */
struct hook_env {
	struct hook_env *next;
	const char *home;    /* HOME to be set, NULL: as main has it */
	bool own_home;	     /* HOME as PID 1 has it */
	struct strv secrets; /* in order */
	struct env env;
	bool has_secrets;
};

/* One hook that is being planned. */
struct hook_planner {
	struct planner *p;
	const struct hook_section *section;
	struct hook *hook;
	struct hook_env **envs; /* those made so far */
};

/* Append "hook:NAME.key: text" at the key's place, or the section's when no source has the key. */
void hook_problem(struct hook_planner *h, enum hook_key key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As planner_value(), planner_is_set() and planner_list(). */
const char *hook_value(struct hook_planner *h, enum hook_key key);
bool hook_is_set(const struct hook_planner *h, enum hook_key key);
struct strv hook_list(struct hook_planner *h, enum hook_key key);

/* "wait", as `phase` has it; "none" for what is in no phase. */
const char *plan_hook_phase(enum phase phase);

/*
 * Phase, action, times, counts of h->section into h->hook, which is zeroed before. False: there are problems. It leaves
 * after, on_failure, when, and who runs it with which environment.
 */
bool plan_one_hook(struct hook_planner *h);

/* In a table from section to hook: `when` left it out, it counts as passed. */
#define HOOK_LEFT_OUT SIZE_MAX

/*
 * `after` of h->section into h->hook: indices of hooks of the same phase; one of an earlier phase needs none. hooks: all that
 * plan_one_hook() made; of_section: for each of config.hooks its index there, or HOOK_LEFT_OUT. An unknown name, a hook of
 * a later phase, and two of phase health are problems.
 */
void plan_hook_after(struct hook_planner *h, const struct hook *hooks,
		     const size_t *of_section);

/*
 * Who runs h->hook, where, with which environment, and where its program may be: user, working_dir, secrets of h->section.
 * Of who runs it, creds are filled in, and for a hook that is not main's user creds_own; plan_own() does the rest.
 */
void plan_hook_run(struct hook_planner *h);

/* Does the hook run after main was started, when PID 1 has become plan.own? Of exit hooks that is not sure. */
bool plan_hook_is_later(const struct hook *hook);

/* A command that is neither of main's user nor PID 1's own: PID 1 must be able to become that user. */
bool plan_hook_is_other(const struct hook *hook);

/* on_failure of h->section into h->hook, as plan_hook_after(). What it asks of PID 1 is noted in the plan. */
void plan_hook_remedies(struct hook_planner *h, const struct hook *hooks,
			const size_t *of_section);

/* "there is no hook 'X'", with the nearest one there is, at h's key. */
void plan_hook_unknown(struct hook_planner *h, enum hook_key key, const char *name);

/* A problem for each cycle in the `after` of n hooks that spells it out. Linear in hooks and entries. */
void plan_hook_cycles(struct planner *p, const struct hook *hooks, size_t n);

#endif
