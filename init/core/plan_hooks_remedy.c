/* SPDX-License-Identifier: Apache-2.0 */
/* on_failure: what is done about an unhealthy hook, one step after the other. */
#include <string.h>

#include "core/plan_hooks.h"
#include "core/signame.h"

#define REMEDIES_MAX 64

/* "hook:NAME": one that is in no phase, so that nothing else runs it. */
static void plan_hook_remedy(struct hook_planner *h, const char *name,
			     const struct hook *hooks, const size_t *of_section,
			     struct remedy *ret_remedy)
{
	const struct hook_section *s = config_find_hook(h->p->config, name);
	size_t other;

	if (!s) {
		plan_hook_unknown(h, HOOK_KEY_ON_FAILURE, name);
		return;
	}
	other = of_section[s - h->p->config->hooks.v];
	if (other == HOOK_LEFT_OUT) {
		/* Not for this program: then there is nothing to do in this step. */
		return;
	}
	if (hooks[other].phase != PHASE_COUNT) {
		hook_problem(h, HOOK_KEY_ON_FAILURE,
			     "'%s' runs in phase %s: name one without a phase", name,
			     plan_hook_phase(hooks[other].phase));
		return;
	}
	*ret_remedy = (struct remedy){.type = REMEDY_HOOK, .hook = other};
}

static void plan_remedy(struct hook_planner *h, const char *text,
			const struct hook *hooks, const size_t *of_section,
			struct remedy *ret_remedy)
{
	struct err e;

	if (strcmp(text, "none") == 0) {
		return;
	}
	if (strcmp(text, "restart") == 0) {
		ret_remedy->type = REMEDY_RESTART;
		h->p->plan->restarts = true;
	} else if (strcmp(text, "shutdown") == 0) {
		ret_remedy->type = REMEDY_SHUTDOWN;
	} else if (strncmp(text, "signal:", 7) == 0) {
		ret_remedy->type = REMEDY_SIGNAL;
		if (signal_parse(text + 7, &ret_remedy->signal, &e) < 0) {
			hook_problem(h, HOOK_KEY_ON_FAILURE, "%s", e.text);
		}
	} else if (strncmp(text, "hook:", 5) == 0) {
		plan_hook_remedy(h, text + 5, hooks, of_section, ret_remedy);
	} else {
		hook_problem(
			h, HOOK_KEY_ON_FAILURE,
			"cannot use " SHOWN
			": it is none, restart, shutdown, signal:SIGNAL or hook:NAME",
			SHOW(text));
	}
}

void plan_hook_remedies(struct hook_planner *h, const struct hook *hooks,
			const size_t *of_section)
{
	struct strv items = hook_list(h, HOOK_KEY_ON_FAILURE);
	struct remedy *remedies;
	bool any = false;

	if (items.n > REMEDIES_MAX) {
		hook_problem(h, HOOK_KEY_ON_FAILURE, "there are more than %d steps",
			     REMEDIES_MAX);
		return;
	}
	remedies = arena_array(h->p->arena, items.n, sizeof(*remedies));
	for (size_t i = 0; i < items.n; i++) {
		plan_remedy(h, items.v[i], hooks, of_section, &remedies[i]);
		any |= remedies[i].type != REMEDY_NONE;
	}
	/* Without a step that does anything there is no ladder to climb. */
	h->hook->remedies = remedies;
	h->hook->n_remedies = any ? items.n : 0;
}
