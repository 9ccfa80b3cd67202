/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs a hook, where, and with which environment. */
#include <linux/capability.h>
#include <string.h>

#include "core/parse.h"
#include "core/plan_hooks.h"

bool plan_hook_is_later(const struct hook *hook)
{
	return hook->phase != PHASE_PREPARE && hook->phase != PHASE_WAIT;
}

bool plan_hook_is_other(const struct hook *hook)
{
	return hook->action == HOOK_COMMAND && !hook->as_main && hook->creds.set_ids;
}

/* ---- who ---- */

/*
 * Main's uid, and no other group is asked for. As main.user, it is also whom main was to be and cannot: who started the
 * container has chosen another one for both.
 */
static bool is_mains(const char *spec, const struct identity *id,
		     const struct identity *main)
{
	return id->uid == main->uid && (!strchr(spec, ':') || id->gid == main->gid);
}

static void run_as_main(struct hook_planner *h)
{
	h->hook->as_main = true;
	h->hook->creds = h->p->plan->creds;
	h->hook->user = "main's";
}

/* Nothing changes: before main, where PID 1 has all its rights. */
static void run_as_pid1(struct hook_planner *h)
{
	h->hook->creds = h->hook->creds_own = (struct creds){.securebits = -1};
	h->hook->user = "PID 1's, with its rights";
}

/* Somebody else has no capabilities and gains none. */
static void run_as_other(struct hook_planner *h, const struct identity *id)
{
	struct creds c = {.set_caps = true, .securebits = -1, .no_new_privs = true};

	planner_become(h->p, id, &c);
	h->hook->creds = h->hook->creds_own = c;
	h->hook->user =
		id->name ? arena_printf(h->p->arena, "uid %u (%s), gid %u", id->uid,
					id->name, id->gid)
			 : arena_printf(h->p->arena, "uid %u, gid %u", id->uid, id->gid);
}

/* A probe needs no right at all, and connects as main would. */
static void run_probe(struct hook_planner *h)
{
	struct creds c = h->p->plan->creds;

	c.set_bounding = false;
	c.set_caps = true;
	c.caps = c.ambient = 0;
	c.securebits = -1;
	c.no_new_privs = true;
	h->hook->creds = h->hook->creds_own = c;
	/* PID 1 has main's ids by then. */
	h->hook->creds_own.set_ids = false;
	h->hook->user = "main's, without capabilities";
}

static bool root_cannot_kill(const struct hook_planner *h)
{
	const struct host *host = h->p->host;

	return host->uid == 0 && !(host->caps.effective & CAPBIT(CAP_KILL));
}

/* What PID 1 starts it must be able to end. */
static void check_kill(struct hook_planner *h)
{
	if (plan_hook_is_other(h->hook) && root_cannot_kill(h)) {
		hook_problem(h, HOOK_KEY_USER,
			     "root here lacks CAP_KILL: PID 1 could not end it; give the "
			     "container cap_add: [KILL], or leave user out");
	} else if (h->hook->creds.set_ids && !plan_hook_is_later(h->hook) &&
		   root_cannot_kill(h)) {
		problems_add(
			&h->p->plan->notes, h->section->at,
			"hook:%s: root here lacks CAP_KILL: as long as main does not "
			"run PID 1 cannot end it when it takes too long; give the "
			"container cap_add: [KILL]",
			h->section->name);
	}
}

static void refuse_user(struct hook_planner *h, const char *spec)
{
	unsigned uid = h->p->host->uid;

	if (uid != 0) {
		hook_problem(h, HOOK_KEY_USER,
			     "cannot become " SHOWN
			     ": not root but uid %u here; leave user out, or start the "
			     "container as root",
			     SHOW(spec), uid);
	} else {
		hook_problem(h, HOOK_KEY_USER,
			     "cannot become " SHOWN
			     ": root here lacks CAP_SETUID or CAP_SETGID; give the "
			     "container cap_add: [SETUID, SETGID], or leave user out",
			     SHOW(spec));
	}
}

/* ret_id: whom `user` names, when that is neither main's user nor nobody; else it is left as it is. */
static void plan_user(struct hook_planner *h, const struct identity **ret_id)
{
	const char *spec = hook_value(h, HOOK_KEY_USER);
	struct identity current = planner_current(h->p), *id;
	struct err e;

	if (!spec && h->hook->phase == PHASE_PREPARE) {
		run_as_pid1(h);
		return;
	}
	run_as_main(h);
	if (!spec) {
		return;
	}
	id = arena_alloc(h->p->arena, sizeof(*id));
	if (identity_resolve(h->p->arena, spec, IDENTITY_NATIVE, &h->p->host->accounts,
			     &current, NULL, id, &e) < 0) {
		hook_problem(h, HOOK_KEY_USER, "%s", e.text);
		return;
	}
	if (is_mains(spec, id, &h->p->plan->user) || is_mains(spec, id, &h->p->asked)) {
		return;
	}
	if (!planner_may_become(h->p, id)) {
		refuse_user(h, spec);
		return;
	}
	h->hook->as_main = false;
	*ret_id = id;
	if (identity_same(&current, id) && !plan_hook_is_later(h->hook)) {
		run_as_pid1(h);
	} else {
		run_as_other(h, id);
	}
}

/* ---- where ---- */

static void plan_working_dir(struct hook_planner *h)
{
	const char *dir = hook_value(h, HOOK_KEY_WORKING_DIR);

	if (dir && dir[0] != '/') {
		hook_problem(h, HOOK_KEY_WORKING_DIR,
			     "cannot use " SHOWN ": it must begin with '/'", SHOW(dir));
	}
	/* Main's may be there only after the hooks that prepare. */
	h->hook->working_dir =
		dir || h->hook->phase == PHASE_PREPARE ? dir : h->p->plan->working_dir;
}

/* ---- with what ---- */

static const char *secret_at(const void *ctx, size_t i)
{
	const struct plan *plan = ctx;

	return i < plan->n_secrets ? plan->secrets[i].name : NULL;
}

static bool has_secret(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n_secrets; i++) {
		if (strcmp(plan->secrets[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

static struct strv plan_secrets(struct hook_planner *h)
{
	struct strv names = hook_list(h, HOOK_KEY_SECRETS);

	for (size_t i = 0; i < names.n; i++) {
		const char *near;

		if (has_secret(h->p->plan, names.v[i])) {
			continue;
		}
		near = parse_nearest(names.v[i], secret_at, h->p->plan);
		hook_problem(h, HOOK_KEY_SECRETS, "there is no secret " SHOWN "%s%s%s",
			     SHOW(names.v[i]), near ? ": did you mean '" : "",
			     near ? near : "", near ? "'?" : "");
	}
	return names;
}

static bool same_names(const struct strv *x, const struct strv *y)
{
	if (x->n != y->n) {
		return false;
	}
	for (size_t i = 0; i < x->n; i++) {
		if (strcmp(x->v[i], y->v[i]) != 0) {
			return false;
		}
	}
	return true;
}

static struct hook_env *find_env(const struct hook_planner *h,
				 const struct hook_env *wanted)
{
	struct hook_env *e = *h->envs;

	while (e && (e->own_home != wanted->own_home || !e->home != !wanted->home ||
		     (e->home && strcmp(e->home, wanted->home) != 0) ||
		     !same_names(&e->secrets, &wanted->secrets))) {
		e = e->next;
	}
	return e;
}

/* Are all secrets that the value is made of listed? */
static bool may_see(const struct piece *pieces, const struct strv *secrets)
{
	for (; pieces; pieces = pieces->next) {
		if (pieces->secret && !strv_contains(secrets, pieces->secret)) {
			return false;
		}
	}
	return true;
}

/* Descriptors that are handed over are handed over to main. */
static bool is_about_descriptors(const char *name)
{
	return strcmp(name, "LISTEN_PID") == 0 || strcmp(name, "LISTEN_FDS") == 0 ||
	       strcmp(name, "LISTEN_FDNAMES") == 0;
}

/* HOME of who runs it, where main's is made by main.user. */
static void set_home(struct hook_planner *h, struct hook_env *e)
{
	const struct env_item *now = env_find(&e->env, "HOME", 4);
	const struct env_item *before = env_find(&h->p->base, "HOME", 4);
	struct piece *home;

	if (now && now->source != ENV_USER && now->source != ENV_INHERITED &&
	    now->source != ENV_FILE) {
		return;
	}
	if (e->own_home && before) {
		env_set(h->p->arena, &e->env, *before);
	} else if (e->own_home) {
		env_unset(&e->env, "HOME");
	} else {
		home = arena_alloc(h->p->arena, sizeof(*home));
		home->text = e->home;
		env_set(h->p->arena, &e->env,
			(struct env_item){.name = "HOME",
					  .pieces = home,
					  .source = ENV_USER,
					  .at = h->hook->at});
	}
}

static struct hook_env *make_env(struct hook_planner *h, const struct hook_env *wanted)
{
	const struct env *main = &h->p->plan->env;
	struct hook_env *e = arena_alloc(h->p->arena, sizeof(*e));

	*e = *wanted;
	e->env.room = main->n + 1;
	e->env.v = arena_array(h->p->arena, e->env.room, sizeof(*e->env.v));
	for (size_t i = 0; i < main->n; i++) {
		const struct env_item *item = &main->v[i];

		if (may_see(item->pieces, &e->secrets) &&
		    !is_about_descriptors(item->name)) {
			e->env.v[e->env.n++] = *item;
			e->has_secrets |= pieces_have_secret(item->pieces);
		}
	}
	if (e->home || e->own_home) {
		set_home(h, e);
	}
	e->next = *h->envs;
	*h->envs = e;
	return e;
}

static void plan_env(struct hook_planner *h, const struct identity *id)
{
	struct hook_env wanted = {
		.home = id ? id->home : NULL,
		.own_home = !id && !h->hook->as_main,
		.secrets = plan_secrets(h),
	};
	const struct hook_env *e = find_env(h, &wanted);

	if (!e) {
		e = make_env(h, &wanted);
	}
	h->hook->env = e->env;
	h->hook->has_secrets = e->has_secrets;
	h->p->plan->hooks_see_secrets |= h->hook->has_secrets &&
					 plan_hook_is_later(h->hook);
}

void plan_hook_run(struct hook_planner *h)
{
	struct hook *hook = h->hook;
	const struct identity *id = NULL;

	if (hook->action == HOOK_PROBE) {
		run_probe(h);
	}
	if (hook->action != HOOK_COMMAND) {
		return;
	}
	plan_user(h, &id);
	check_kill(h);
	plan_working_dir(h);
	plan_env(h, id);
	if (hook->argv.n > 0) {
		plan_candidates(h->p->arena, planner_lookup(&hook->env, "PATH", 4),
				hook->argv.v[0], &hook->paths);
	}
}
