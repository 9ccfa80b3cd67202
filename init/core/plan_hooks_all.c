/* SPDX-License-Identifier: Apache-2.0 */
/* All sections [hook:NAME] together: which of them are in force, their order, and what that makes of the phases. */
#include <string.h>

#include "core/parse.h"
#include "core/plan_hooks.h"

/* The program's name without its directories; NULL: none is known. */
static const char *program_name(const struct plan *plan)
{
	const char *name = plan->argv.n > 0 ? plan->argv.v[0] : NULL;
	const char *slash = name ? strrchr(name, '/') : NULL;

	return slash ? slash + 1 : name;
}

/* A later source has taken all of it away. */
static bool is_emptied(const struct hook_section *s)
{
	for (size_t i = 0; i < s->keys.n; i++) {
		if (s->keys.v[i].value) {
			return false;
		}
	}
	return s->keys.n > 0;
}

/* Whatever it had may have been a mistake that is reported already. */
static bool is_broken(const struct planner *p, const struct hook_section *s)
{
	return s->keys.n == 0 && p->problems->n > 0;
}

/* `when`; to who only checks no program is known, and every hook is looked at. */
static bool is_for_program(struct hook_planner *h, const char *program)
{
	struct strv names = hook_list(h, HOOK_KEY_WHEN);

	for (size_t i = 0; i < names.n; i++) {
		if (strchr(names.v[i], '/')) {
			hook_problem(h, HOOK_KEY_WHEN,
				     "cannot use " SHOWN
				     ": it is a program's name without its directory",
				     SHOW(names.v[i]));
		}
	}
	return names.n == 0 || !program || strv_contains(&names, program);
}

/* A hook in no phase runs when an on_failure names it; one that nobody names was forgotten to be given a phase. */
static void check_named(struct hook_planner *h, bool named)
{
	if (h->hook && h->hook->phase == PHASE_COUNT && !named) {
		problems_add(
			h->p->problems, h->section->at,
			"hook:%s: it never runs: set phase to prepare, wait, ready, health, "
			"stop or exit, or name it in a health hook's on_failure",
			h->section->name);
	}
}

/* main.notify: ready is when main says so. */
static void add_notify(struct planner *p, struct hook *hook)
{
	const struct hook_section *s = config_find_hook(p->config, "notify");
	const char *text = p->plan->notify == NOTIFY_SYSTEMD
				   ? "READY=1 from main"
				   : arena_printf(p->arena, "a line from main on fd %d",
						  p->plan->notify_fd);

	if (s && !is_emptied(s)) {
		problems_add(p->problems, s->at,
			     "hook:notify: main.notify makes a hook of that name; take "
			     "another name");
	}
	*hook = (struct hook){
		.name = "notify",
		.at = p->config->fixed[KEY_MAIN_NOTIFY].at,
		.phase = PHASE_READY,
		.action = HOOK_NOTIFY,
		.text = text,
		.timeout = MSEC_INFINITY,
		.interval = 1000,
		.deadline = p->notify_deadline,
		.required = true,
		.user = "main's",
		.creds = {.securebits = -1},
		.creds_own = {.securebits = -1},
	};
}

/* A first look at every section. What has mistakes is left out of what others say about it. */
static void plan_each(struct planner *p, struct hook_planner *all, struct hook_env **envs,
		      size_t *of_section)
{
	const struct hook_sections *s = &p->config->hooks;
	const char *program = p->want_program ? program_name(p->plan) : NULL;

	for (size_t i = 0; i < s->n; i++) {
		struct hook_planner *h = &all[i];

		*h = (struct hook_planner){.p = p, .section = &s->v[i], .envs = envs};
		of_section[i] = HOOK_LEFT_OUT;
		if (is_emptied(h->section) || is_broken(p, h->section)) {
			continue;
		}
		if (!is_for_program(h, program)) {
			strv_push(p->arena, &p->plan->hooks_left_out,
				  arena_strdup(p->arena, h->section->name));
			continue;
		}
		h->hook = &p->plan->hooks[p->plan->n_hooks];
		if (plan_one_hook(h)) {
			of_section[i] = p->plan->n_hooks;
		}
		p->plan->n_hooks++;
	}
}

/* The hooks that any on_failure names, also one of a hook that is left out here. */
static void mark_named(const struct planner *p, bool *named)
{
	const struct hook_sections *all = &p->config->hooks;

	for (size_t i = 0; i < all->n; i++) {
		const struct setting *s =
			config_hook_setting(&all->v[i], HOOK_KEY_ON_FAILURE);
		struct strv items = {0};

		if (s && s->value) {
			(void)parse_list(p->arena, s->value, &items, NULL);
		}
		for (size_t k = 0; k < items.n; k++) {
			const struct hook_section *other =
				strncmp(items.v[k], "hook:", 5) == 0
					? config_find_hook(p->config, items.v[k] + 5)
					: NULL;

			if (other) {
				named[other - all->v] = true;
			}
		}
	}
}

/* What needs all hooks to be known. */
static void plan_rest(struct planner *p, struct hook_planner *all, size_t *of_section)
{
	size_t n = p->config->hooks.n;
	bool *named = arena_array(p->arena, n, sizeof(*named));

	mark_named(p, named);
	for (size_t i = 0; i < n; i++) {
		if (all[i].hook) {
			plan_hook_after(&all[i], p->plan->hooks, of_section);
			plan_hook_remedies(&all[i], p->plan->hooks, of_section);
			plan_hook_run(&all[i]);
		}
	}
	plan_hook_cycles(p, p->plan->hooks, p->plan->n_hooks);
	for (size_t i = 0; i < n; i++) {
		if (of_section[i] != HOOK_LEFT_OUT) {
			check_named(&all[i], named[i]);
		}
	}
}

void plan_hooks(struct planner *p)
{
	size_t n = p->config->hooks.n;
	bool notify = p->plan->notify != NOTIFY_NONE;
	struct hook_planner *all;
	struct hook_env *envs = NULL;
	size_t *of_section;

	if (n == 0 && !notify) {
		return;
	}
	p->plan->hooks = arena_array(p->arena, n + 1, sizeof(*p->plan->hooks));
	all = arena_array(p->arena, n, sizeof(*all));
	of_section = arena_array(p->arena, n, sizeof(*of_section));
	plan_each(p, all, &envs, of_section);
	plan_rest(p, all, of_section);
	if (notify) {
		add_notify(p, &p->plan->hooks[p->plan->n_hooks++]);
	}
	for (size_t i = 0; i < p->plan->n_hooks; i++) {
		if (p->plan->hooks[i].phase < PHASE_COUNT) {
			p->plan->policy.hook_phases |= 1u << p->plan->hooks[i].phase;
		}
	}
}
