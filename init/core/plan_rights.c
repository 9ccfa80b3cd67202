/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>

#include "core/parse.h"
#include "core/planner.h"

#define CAP(name) CAPBIT(CAP_##name)

static bool has(const struct planner *p, capbits_t caps)
{
	return (p->host->caps.effective & caps) == caps;
}

struct identity planner_current(const struct planner *p)
{
	return (struct identity){
		.uid = p->host->uid,
		.gid = p->host->gid,
		.groups = p->host->groups,
		.n_groups = p->host->n_groups,
		.home = "/",
	};
}

bool planner_may_become(const struct planner *p, const struct identity *id)
{
	struct identity current = planner_current(p);

	return identity_same(&current, id) || has(p, CAP(SETUID) | CAP(SETGID));
}

void planner_become(struct planner *p, const struct identity *id, struct creds *c)
{
	c->set_ids = true;
	c->uid = id->uid;
	c->gid = id->gid;
	c->groups = id->groups;
	c->n_groups = id->n_groups;
	c->scratch = arena_array(p->arena, id->n_groups + 1, sizeof(*c->scratch));
}

bool planner_root_is_nobody(const struct planner *p)
{
	int bits = p->plan->creds.securebits;

	return ((bits < 0 ? (int)p->host->securebits : bits) & SECBIT_NOROOT) != 0;
}

/* Which of the two keys made main somebody else than we are, or failed to. */
static enum config_key user_key(const struct planner *p)
{
	return planner_is_set(p, KEY_MAIN_USER) ? KEY_MAIN_USER : KEY_MAIN_GROUP_ADD;
}

/* Which of them could not be resolved: the user alone, or only with its groups? */
static enum config_key unresolved_key(const struct planner *p, const char *spec,
				      const struct identity *current)
{
	struct identity id;
	int r = identity_resolve(p->arena, spec, IDENTITY_NATIVE, &p->host->accounts,
				 current, NULL, &id, NULL);

	return r < 0 ? KEY_MAIN_USER : KEY_MAIN_GROUP_ADD;
}

/*
 * Who main is. Root that cannot become somebody else must not run main; somebody who is not root was chosen by who
 * started the container, and stays.
 */
static void plan_user(struct planner *p, const struct identity *current)
{
	const char *spec = planner_value(p, KEY_MAIN_USER);
	struct strv group_add = planner_list(p, KEY_MAIN_GROUP_ADD);
	struct identity id;
	struct err e;

	p->plan->user = p->asked = *current;
	if (!spec) {
		if (group_add.n == 0) {
			return;
		}
		spec = arena_printf(p->arena, "%u:%u", current->uid, current->gid);
	}
	if (identity_resolve(p->arena, spec, IDENTITY_NATIVE, &p->host->accounts, current,
			     &group_add, &id, &e) < 0) {
		planner_problem(p, unresolved_key(p, spec, current), "%s", e.text);
		return;
	}
	p->asked = id;
	if (!planner_may_become(p, &id)) {
		if (p->host->uid != 0) {
			planner_note(
				p, user_key(p),
				"cannot become '%s': not root but uid %u here; main stays uid %u, "
				"gid %u",
				spec, p->host->uid, current->uid, current->gid);
			return;
		}
		planner_problem(
			p, user_key(p),
			"cannot become '%s': root here lacks CAP_SETUID or CAP_SETGID; give the "
			"container cap_add: [SETUID, SETGID], or user: %u:%u",
			spec, id.uid, id.gid);
		return;
	}
	p->plan->user = id;
	p->plan->user_set = planner_is_set(p, KEY_MAIN_USER);
	if (!identity_same(current, &id)) {
		planner_become(p, &id, &p->plan->creds);
	}
}

/* The capabilities of a list; *ret_all: ALL was among them. */
static capbits_t plan_cap_list(struct planner *p, enum config_key key, bool *ret_all)
{
	struct strv names = planner_list(p, key);
	capbits_t bits = 0, one;
	struct err e;

	*ret_all = false;
	for (size_t i = 0; i < names.n; i++) {
		if (caps_parse(names.v[i], &one, &e) < 0) {
			planner_problem(p, key, "%s", e.text);
			continue;
		}
		*ret_all |= (one & (one - 1)) != 0;
		bits |= one;
	}
	return bits;
}

/* Reducing the bounding set needs CAP_SETPCAP; without it, see whether anything is lost. */
static void plan_bounding(struct planner *p, capbits_t target)
{
	struct creds *c = &p->plan->creds;
	capbits_t excess = p->host->caps.bounding & ~target;

	c->bounding = target;
	if (!excess) {
		return;
	}
	if (has(p, CAP(SETPCAP))) {
		c->set_bounding = true;
	} else if (p->plan->user.uid == 0) {
		planner_problem(
			p, KEY_SECURITY_CAP_DROP,
			"cannot drop %s: root here lacks CAP_SETPCAP; drop them where the container "
			"is started (cap_drop:) or add SETPCAP there",
			caps_format(p->arena, excess, p->host->caps.bounding));
	} else if (!p->plan->creds.no_new_privs) {
		planner_problem(
			p, KEY_SECURITY_CAP_DROP,
			"cannot drop %s without CAP_SETPCAP, and with no_new_privs off a program "
			"could gain them; drop them where the container is started (cap_drop:)",
			caps_format(p->arena, excess, p->host->caps.bounding));
	} else {
		problems_add(
			&p->plan->harmless, p->config->fixed[KEY_SECURITY_CAP_DROP].at,
			"security.cap_drop: the bounding set keeps %s (no CAP_SETPCAP); main has none "
			"of them and no_new_privs keeps it so",
			caps_format(p->arena, excess, p->host->caps.bounding));
	}
}

static void plan_caps(struct planner *p)
{
	bool drop_all, add_all;
	capbits_t drop = plan_cap_list(p, KEY_SECURITY_CAP_DROP, &drop_all);
	capbits_t add = plan_cap_list(p, KEY_SECURITY_CAP_ADD, &add_all);
	struct creds *c = &p->plan->creds;
	capbits_t had = p->host->caps.permitted & p->host->caps.bounding;
	bool asked = planner_is_set(p, KEY_SECURITY_CAP_DROP) ||
		     planner_is_set(p, KEY_SECURITY_CAP_ADD);

	c->bounding = p->host->caps.bounding;
	if (add & ~had && !add_all) {
		planner_note(
			p, KEY_SECURITY_CAP_ADD,
			"cannot keep %s: PID 1 (uid %u) does not have it; start the container with "
			"cap_add:, and as root",
			caps_format(p->arena, add & ~had, 0), p->host->uid);
	}
	add &= had;
	if (asked) {
		plan_bounding(p, (p->host->caps.bounding & ~drop) | add);
	}
	if (p->plan->user.uid != 0) {
		/* A user has no capabilities but those it is given. */
		c->set_caps = asked || c->set_ids || p->plan->user_set;
		c->caps = c->ambient = add;
	} else if (asked) {
		c->set_caps = true;
		c->caps = p->host->caps.permitted & c->bounding;
		if (planner_root_is_nobody(p)) {
			c->caps = c->ambient = add;
		}
	}
}

static void plan_no_new_privs(struct planner *p)
{
	const char *text = planner_value(p, KEY_SECURITY_NO_NEW_PRIVS);
	struct creds *c = &p->plan->creds;
	struct err e;

	c->no_new_privs = p->plan->hardened;
	if (text && strcmp(text, "auto") != 0 &&
	    parse_bool(text, &c->no_new_privs, &e) < 0) {
		planner_problem(p, KEY_SECURITY_NO_NEW_PRIVS, "%s (or auto)", e.text);
	}
	if (p->host->no_new_privs && !c->no_new_privs && text) {
		planner_note(p, KEY_SECURITY_NO_NEW_PRIVS,
			     "it is on in this container and cannot be switched off");
		c->no_new_privs = true;
	}
}

static const struct {
	const char name[28];
	int bit;
} securebits[] = {
	{"keep-caps", SECBIT_KEEP_CAPS},
	{"keep-caps-locked", SECBIT_KEEP_CAPS_LOCKED},
	{"no-setuid-fixup", SECBIT_NO_SETUID_FIXUP},
	{"no-setuid-fixup-locked", SECBIT_NO_SETUID_FIXUP_LOCKED},
	{"noroot", SECBIT_NOROOT},
	{"noroot-locked", SECBIT_NOROOT_LOCKED},
	{"no-cap-ambient-raise", SECBIT_NO_CAP_AMBIENT_RAISE},
	{"no-cap-ambient-raise-locked", SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED},
};

static void plan_securebits(struct planner *p)
{
	struct strv names = planner_list(p, KEY_SECURITY_SECUREBITS);
	int bits = (int)p->host->securebits;

	for (size_t i = 0; i < names.n; i++) {
		size_t k = 0;

		while (k < ARRAY_LEN(securebits) &&
		       strcmp(securebits[k].name, names.v[i]) != 0) {
			k++;
		}
		if (k == ARRAY_LEN(securebits)) {
			planner_problem(
				p, KEY_SECURITY_SECUREBITS,
				"cannot use '%s': the names are those of systemd.exec(5), as "
				"noroot and noroot-locked",
				names.v[i]);
			continue;
		}
		bits |= securebits[k].bit;
	}
	p->plan->creds.securebits = -1;
	if (names.n == 0 || bits == (int)p->host->securebits) {
		return;
	}
	if (!has(p, CAP(SETPCAP))) {
		planner_problem(p, KEY_SECURITY_SECUREBITS,
				"cannot set them without CAP_SETPCAP");
		return;
	}
	p->plan->creds.securebits = bits;
}

/* Neither seccomp(2) nor landlock_restrict_self(2) works without one of the two. */
static void check_restriction(struct planner *p, enum config_key key, const char *what)
{
	const struct creds *c = &p->plan->creds;
	capbits_t caps = c->set_caps ? c->caps : p->host->caps.effective;

	if (!c->no_new_privs && !(caps & CAP(SYS_ADMIN))) {
		planner_problem(
			p, key,
			"%s needs no_new_privs or CAP_SYS_ADMIN, and main has neither; remove "
			"security.no_new_privs = false",
			what);
	}
}

static void check_restrictions(struct planner *p)
{
	static const enum config_key paths[] = {KEY_SECURITY_READ_ONLY_PATHS,
						KEY_SECURITY_READ_WRITE_PATHS};

	if (p->plan->seccomp) {
		check_restriction(p, KEY_SECURITY_SECCOMP, "a filter");
	}
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		if (planner_is_set(p, paths[i])) {
			check_restriction(p, paths[i], "Landlock");
		}
	}
}

/*
 * What a profile's conditions are about. With no_new_privs an execve adds nothing to the permitted set, also for root
 * (capabilities(7)); without, the bounding set is the limit.
 */
static void plan_reachable(struct planner *p)
{
	const struct creds *c = &p->plan->creds;

	if (!c->no_new_privs) {
		p->plan->reachable = c->bounding;
	} else if (c->set_caps) {
		p->plan->reachable = c->caps;
	} else {
		p->plan->reachable = p->host->caps.permitted;
	}
}

void plan_rights(struct planner *p)
{
	static const enum config_key hardening[] = {KEY_MAIN_USER,
						    KEY_SECURITY_CAP_DROP,
						    KEY_SECURITY_CAP_ADD,
						    KEY_SECURITY_SECUREBITS,
						    KEY_SECURITY_READ_ONLY_PATHS,
						    KEY_SECURITY_READ_WRITE_PATHS};
	const char *seccomp = planner_value(p, KEY_SECURITY_SECCOMP);
	struct identity current = planner_current(p);

	if (seccomp && strcmp(seccomp, "unconfined") != 0) {
		p->plan->seccomp = seccomp;
		p->plan->seccomp_at = p->config->fixed[KEY_SECURITY_SECCOMP].at;
		p->plan->hardened = true;
	}
	for (size_t i = 0; i < ARRAY_LEN(hardening); i++) {
		p->plan->hardened |= planner_is_set(p, hardening[i]);
	}
	plan_user(p, &current);
	plan_no_new_privs(p);
	plan_securebits(p);
	plan_caps(p);
	plan_reachable(p);
	check_restrictions(p);
}
