/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts that plan hooks share. Not for others.
 */
#ifndef CARDEA_CORE_PLAN_HOOKS_H
#define CARDEA_CORE_PLAN_HOOKS_H

#include "core/hook.h"
#include "core/planner.h"

/* One hook that is being planned. */
struct hook_planner {
	struct planner *p;
	const struct hook_section *section;
	struct hook *hook;
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

/* A problem for each cycle in the `after` of n hooks that spells it out. Linear in hooks and entries. */
void plan_hook_cycles(struct planner *p, const struct hook *hooks, size_t n);

#endif
