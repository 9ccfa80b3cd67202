/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plan_hooks.h"

#include "core/quote.h"
#include "core/signame.h"

static const struct {
	enum phase phase;
	const char *title;
} sections[] = {
	{PHASE_PREPARE, "hooks: prepare"},
	{PHASE_WAIT, "hooks: wait"},
	{PHASE_READY, "hooks: ready, beside main"},
	{PHASE_RUNNING, "hooks: health, once main is ready"},
	{PHASE_COUNT, "hooks that on_failure names"},
	{PHASE_STOP, "hooks: stop, before main is asked to end"},
	{PHASE_EXIT, "hooks: exit, when everything has ended"},
};

static const char *at_most(struct arena *a, const struct hook *hook)
{
	return hook->timeout == MSEC_INFINITY ? ""
					      : arena_printf(a, ", each for %s at most",
							     page_span(a, hook->timeout));
}

static const char *tries(struct arena *a, const struct hook *hook)
{
	const char *often;

	if (hook->phase == PHASE_RUNNING) {
		return arena_printf(a, "every %s%s; unhealthy after %u failures in a row",
				    page_span(a, hook->interval), at_most(a, hook),
				    hook->retries);
	}
	if (hook->retries == 0) {
		return hook->timeout == MSEC_INFINITY
			       ? "one, as long as it takes"
			       : arena_printf(a, "one, for %s at most",
					      page_span(a, hook->timeout));
	}
	often = hook->retries == HOOK_RETRIES_ENDLESS
			? "any number"
			: arena_printf(a, "up to %u", hook->retries + 1);
	return arena_printf(a, "%s, %s apart%s", often, page_span(a, hook->interval),
			    at_most(a, hook));
}

static void print_times(struct page *out, const struct hook *hook)
{
	struct arena *a = out->arena;

	if (hook->delay > 0 && hook->action != HOOK_DELAY) {
		page_line(out, "  delay", "%s before the first try",
			  page_span(a, hook->delay));
	}
	if (hook->action == HOOK_COMMAND || hook->action == HOOK_PROBE) {
		page_line(out, "  tries", "%s", tries(a, hook));
	}
	if (hook->deadline != MSEC_INFINITY) {
		page_line(out, "  deadline", "%s", page_span(a, hook->deadline));
	}
	if (hook->start_period > 0) {
		page_line(out, "  start", "for %s failures do not count; every %s",
			  page_span(a, hook->start_period),
			  page_span(a, hook->start_interval));
	}
}

static const char *remedy_text(struct arena *a, const struct plan *plan,
			       const struct remedy *r)
{
	char name[SIGNAL_NAME_MAX];

	switch (r->type) {
	case REMEDY_RESTART:
		return "restart main";
	case REMEDY_SHUTDOWN:
		return "shut down with status 113";
	case REMEDY_SIGNAL:
		return arena_printf(a, "%s to main", signal_name(r->signal, name));
	case REMEDY_HOOK:
		return arena_printf(a, "hook %s", plan->hooks[r->hook].name);
	case REMEDY_NONE:
		break;
	}
	return "nothing";
}

static void print_failure(struct page *out, const struct plan *plan,
			  const struct hook *hook)
{
	struct arena *a = out->arena;
	const char *text = "";

	for (size_t i = 0; i < hook->n_remedies; i++) {
		text = arena_printf(a, "%s%s%s", text, i ? ", then " : "",
				    remedy_text(a, plan, &hook->remedies[i]));
	}
	if (hook->n_remedies > 0) {
		page_line(out, "  on_failure", "%s", text);
	}
	if (hook->phase < PHASE_START || hook->phase == PHASE_READY) {
		page_line(out, "  if it fails", "%s",
			  hook->required ? "shut down with status 112" : "go on");
	}
}

/* Names alone: which secrets they are made from is told by main's environment. */
static void print_secrets(struct page *out, const struct hook *hook)
{
	const char *text = "";

	for (size_t i = 0; i < hook->env.n; i++) {
		const struct env_item *item = &hook->env.v[i];

		if (pieces_have_secret(item->pieces)) {
			text = arena_printf(out->arena, "%s%s%s", text, *text ? ", " : "",
					    item->name);
		}
	}
	if (*text) {
		page_line(out, "  secrets in", "%s", text);
	}
}

static void print_hook(struct page *out, const struct plan *plan, const struct hook *hook)
{
	struct arena *a = out->arena;
	const char *after = "";

	page_line(out, hook->name, "%s", hook->text);
	for (size_t i = 0; i < hook->n_after; i++) {
		after = arena_printf(a, "%s%s%s", after, i ? ", " : "",
				     plan->hooks[hook->after[i]].name);
	}
	if (hook->n_after > 0) {
		page_line(out, "  after", "%s", after);
	}
	if (hook->action == HOOK_COMMAND) {
		page_line(out, "  executes", "%s", page_found(a, &hook->paths));
		print_secrets(out, hook);
	}
	if (hook->working_dir) {
		page_line(out, "  working_dir", "%s", hook->working_dir);
	}
	if (hook->action == HOOK_COMMAND || hook->action == HOOK_PROBE) {
		page_line(out, "  user", "%s", hook->user);
	}
	print_times(out, hook);
	print_failure(out, plan, hook);
}

void plan_print_hooks(struct page *out, const struct plan *plan)
{
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		bool any = false;

		for (size_t k = 0; k < plan->n_hooks; k++) {
			if (plan->hooks[k].phase != sections[i].phase) {
				continue;
			}
			if (!any) {
				page_section(out, sections[i].title);
				any = true;
			}
			print_hook(out, plan, &plan->hooks[k]);
		}
	}
	if (plan->hooks_left_out.n > 0) {
		page_section(out, "hooks that are not for this program");
		for (size_t k = 0; k < plan->hooks_left_out.n; k++) {
			page_line(out, plan->hooks_left_out.v[k], "left out");
		}
	}
}
