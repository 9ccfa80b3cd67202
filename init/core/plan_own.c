/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What PID 1 keeps once main runs: it reaps and it signals, and it may have to start main again and run hooks. Each right
 * is kept for a reason, and the plan tells both.
 */
#include <linux/capability.h>

#include "core/plan_hooks.h"

#define CAP(name) CAPBIT(CAP_##name)

/* Keep caps as far as PID 1 has them; why says for what. */
static void keep(struct planner *p, capbits_t caps, const char *why)
{
	struct plan *plan = p->plan;

	caps &= p->host->caps.permitted;
	if (caps) {
		plan->own_reason = arena_printf(p->arena, "%s%s%s: %s",
						plan->own_reason ? plan->own_reason : "",
						plan->own_reason ? "; " : "",
						caps_format(p->arena, caps, 0), why);
		plan->own.caps |= caps;
	}
}

/* Can what main starts end up as somebody whom a process of main's uid may not signal? */
static bool may_change_uid(const struct planner *p)
{
	const struct creds *c = &p->plan->creds;
	capbits_t caps = c->set_caps ? c->caps : p->host->caps.permitted;

	return !c->no_new_privs ||
	       (caps & (CAP(SETUID) | CAP(SYS_ADMIN) | CAP(SETPCAP))) != 0;
}

/* For signalling alone. */
static void own_for_signals(struct planner *p)
{
	const struct creds *c = &p->plan->creds;
	struct creds *own = &p->plan->own;

	*own = (struct creds){.securebits = -1, .set_caps = true, .no_new_privs = true};
	if (c->set_ids) {
		own->set_ids = true;
		own->uid = c->uid;
		own->gid = c->gid;
		own->groups = c->groups;
		own->n_groups = c->n_groups;
		own->scratch = c->scratch;
	}
	if (p->plan->user.uid == 0) {
		own->caps = CAP(KILL);
		p->plan->own_reason =
			"main is root and may have children of any user to be signalled";
	} else if (may_change_uid(p)) {
		own->caps = CAP(KILL);
		p->plan->own_reason =
			"main may start programs of another user to be signalled";
	}
	/* Who is not root has no more than it was given. */
	if (p->host->uid != 0 && (own->caps & ~p->host->caps.permitted)) {
		own->caps &= p->host->caps.permitted;
		p->plan->own_reason = "it has no more to keep: it is not root";
	}
}

/* "hook a", "hook a and 2 more" */
static const char *hooks_text(struct planner *p, const struct hook *first, size_t n)
{
	return n == 1 ? arena_printf(p->arena, "hook %s", first->name)
		      : arena_printf(p->arena, "hook %s and %zu more", first->name,
				     n - 1);
}

/* Hooks of a user that is not main's: to become that user, and to end what they have started. */
static void own_for_other_users(struct planner *p)
{
	const struct hook *early = NULL, *later = NULL;
	size_t n_early = 0, n_later = 0;
	capbits_t kill = CAP(KILL) & ~p->plan->own.caps;

	for (size_t i = 0; i < p->plan->n_hooks; i++) {
		const struct hook *hook = &p->plan->hooks[i];

		if (hook->action != HOOK_COMMAND || hook->as_main) {
			continue;
		}
		if (plan_hook_is_later(hook)) {
			later = later ? later : hook;
			n_later++;
		} else if (hook->creds.set_ids || p->plan->creds.set_ids) {
			early = early ? early : hook;
			n_early++;
		}
	}
	if (later) {
		keep(p, CAP(SETUID) | CAP(SETGID) | kill,
		     arena_printf(p->arena, "%s to be run as another user",
				  hooks_text(p, later, n_later)));
	} else if (early) {
		keep(p, kill,
		     arena_printf(p->arena,
				  "what %s may leave behind is not main's user's",
				  hooks_text(p, early, n_early)));
	}
}

/* ---- what is made from PID 1 later as main was at first ---- */

/*
 * The capabilities that the sets of such a process are made of. Where main's are what PID 1 had: root gets them back by the
 * execve alone unless no_new_privs holds it to those it has; others have none but ambient ones.
 */
static void own_for_capabilities(struct planner *p, const char *who)
{
	const struct creds *c = &p->plan->creds;
	const struct host *h = p->host;
	const char *why = arena_printf(p->arena, "main's own, for %s", who);

	if (c->set_caps) {
		keep(p, c->caps & ~p->plan->own.caps, why);
	} else if (h->caps.inheritable | h->caps.ambient) {
		keep(p, h->caps.permitted & ~p->plan->own.caps, why);
		p->plan->own.set_caps = false;
	} else if (p->plan->user.uid == 0 && !planner_root_is_nobody(p) &&
		   (c->no_new_privs || h->no_new_privs)) {
		keep(p, h->caps.permitted & ~p->plan->own.caps, why);
	}
}

/* Does a setting need CAP_SYS_RESOURCE, from what PID 1 has? */
static bool is_raised(const struct planner *p)
{
	const struct plan *plan = p->plan;

	for (size_t i = 0; i < plan->n_limits; i++) {
		if (plan->limits[i].hard >
		    p->host->hard_limits[plan->limits[i].resource]) {
			return true;
		}
	}
	return plan->set_oom_score_adj && plan->oom_score_adj < p->host->oom_score_adj;
}

/* Making it takes rights of its own, some of which PID 1 can do without by being restricted so itself. */
static void own_for_main(struct planner *p, const char *who)
{
	const struct creds *c = &p->plan->creds;
	struct creds *own = &p->plan->own, *again = &p->plan->main_again;
	bool restricted = p->plan->seccomp || p->plan->read_only_paths.n > 0 ||
			  p->plan->read_write_paths.n > 0;

	/* What it sets cannot be taken back. */
	own->no_new_privs = c->no_new_privs;
	if (c->set_bounding) {
		own->set_bounding = true;
		own->bounding = c->bounding;
	}
	again->set_bounding = false;
	own_for_capabilities(p, who);
	if (c->securebits >= 0) {
		keep(p, CAP(SETPCAP) & ~own->caps,
		     arena_printf(p->arena, "main's securebits, for %s", who));
	}
	if (restricted && !c->no_new_privs) {
		keep(p, CAP(SYS_ADMIN) & ~own->caps,
		     arena_printf(p->arena,
				  "main's restrictions without no_new_privs, for %s",
				  who));
	}
	if (is_raised(p)) {
		keep(p, CAP(SYS_RESOURCE) & ~own->caps,
		     arena_printf(p->arena, "main's higher limits, for %s", who));
	}
}

void plan_own(struct planner *p)
{
	struct plan *plan = p->plan;
	const struct hook *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < plan->n_hooks; i++) {
		const struct hook *hook = &plan->hooks[i];

		if (hook->as_main && plan_hook_is_later(hook)) {
			first = first ? first : hook;
			n++;
		}
	}
	own_for_signals(p);
	own_for_other_users(p);
	plan->main_again = plan->creds;
	plan->main_again.set_ids = false;
	if (plan->restarts) {
		own_for_main(p, "a restart");
	} else if (first) {
		own_for_main(p, hooks_text(p, first, n));
	}
	if (!plan->own_reason) {
		plan->own_reason = "everything to be signalled has main's user";
	}
	for (size_t i = 0; i < plan->n_hooks; i++) {
		if (plan->hooks[i].as_main) {
			plan->hooks[i].creds_own = plan->main_again;
		}
	}
	plan->policy.can_restart = plan->restarts;
}
