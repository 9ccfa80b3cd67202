/* SPDX-License-Identifier: Apache-2.0 */
/* Which hooks come before which: `after`, resolved to indices, and the cycles in it. */
#include <string.h>

#include "core/parse.h"
#include "core/plan_hooks.h"

/* Looking for what a slip meant is linear in the hooks: not for thousands of slips. */
#define NEAR_MAX 50

static const char *name_at(const void *ctx, size_t i)
{
	const struct hook_sections *s = ctx;

	return i < s->n ? s->v[i].name : NULL;
}

void plan_hook_unknown(struct hook_planner *h, enum hook_key key, const char *name)
{
	const char *near = NULL;

	if (h->p->problems->n < NEAR_MAX) {
		near = parse_nearest(name, name_at, &h->p->config->hooks);
	}
	hook_problem(h, key, "there is no hook " SHOWN "%s%s%s", SHOW(name),
		     near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* May `hook` wait for `other`? *ret_edge: and does it have to. */
static bool check_pair(struct hook_planner *h, const struct hook *other, bool *ret_edge)
{
	const struct hook *hook = h->hook;

	*ret_edge = other->phase == hook->phase;
	if (other->phase > hook->phase) {
		hook_problem(h, HOOK_KEY_AFTER, "'%s' comes later: it is in phase %s",
			     other->name, plan_hook_phase(other->phase));
		return false;
	}
	if (*ret_edge && hook->phase == PHASE_RUNNING) {
		hook_problem(h, HOOK_KEY_AFTER,
			     "'%s' is in phase health, too, where every hook runs again "
			     "and again",
			     other->name);
		return false;
	}
	return true;
}

void plan_hook_after(struct hook_planner *h, const struct hook *hooks,
		     const size_t *of_section)
{
	struct strv names = hook_list(h, HOOK_KEY_AFTER);
	size_t *after = arena_array(h->p->arena, names.n, sizeof(*after));
	size_t n = 0;

	for (size_t i = 0; i < names.n; i++) {
		const struct hook_section *s = config_find_hook(h->p->config, names.v[i]);
		size_t other;
		bool edge;

		if (!s) {
			plan_hook_unknown(h, HOOK_KEY_AFTER, names.v[i]);
			continue;
		}
		other = of_section[s - h->p->config->hooks.v];
		if (other != HOOK_LEFT_OUT && check_pair(h, &hooks[other], &edge) &&
		    edge) {
			after[n++] = other;
		}
	}
	h->hook->after = after;
	h->hook->n_after = n;
}

/* A walk along `after`, by a stack of its own: a chain may be as long as there are hooks. */
struct walk {
	const struct hook *hooks;
	enum { NEW, OPEN, CLOSED } * states;
	size_t *next;  /* of each hook: the entry of `after` to go along next */
	size_t *stack; /* the hooks that are OPEN, in order */
	size_t depth;
};

static void push(struct walk *w, size_t hook)
{
	w->states[hook] = OPEN;
	w->stack[w->depth++] = hook;
}

/* "a -> b -> a": from where hook is on the stack to its end, and hook again. */
static void report_cycle(struct planner *p, const struct walk *w, size_t hook)
{
	const char *text = "";
	size_t i = 0;

	while (w->stack[i] != hook) {
		i++;
	}
	/* Of thousands a few show where to look. */
	for (size_t shown = 0; i < w->depth; i++, shown++) {
		if (shown == 20) {
			text = arena_printf(p->arena, "%s... -> ", text);
			break;
		}
		text = arena_printf(p->arena, "%s%s -> ", text,
				    w->hooks[w->stack[i]].name);
	}
	problems_add(p->problems, w->hooks[hook].at,
		     "hook:%s.after: hooks wait for each other: %s%s",
		     w->hooks[hook].name, text, w->hooks[hook].name);
}

static void walk_from(struct planner *p, struct walk *w, size_t start)
{
	push(w, start);
	while (w->depth > 0) {
		size_t hook = w->stack[w->depth - 1], before;

		if (w->next[hook] == w->hooks[hook].n_after) {
			w->states[hook] = CLOSED;
			w->depth--;
			continue;
		}
		before = w->hooks[hook].after[w->next[hook]++];
		if (w->states[before] == OPEN) {
			report_cycle(p, w, before);
		} else if (w->states[before] == NEW) {
			push(w, before);
		}
	}
}

void plan_hook_cycles(struct planner *p, const struct hook *hooks, size_t n)
{
	struct walk w = {
		.hooks = hooks,
		.states = arena_array(p->arena, n, sizeof(*w.states)),
		.next = arena_array(p->arena, n, sizeof(*w.next)),
		.stack = arena_array(p->arena, n, sizeof(*w.stack)),
	};

	for (size_t i = 0; i < n; i++) {
		if (w.states[i] == NEW) {
			walk_from(p, &w, i);
		}
	}
}
