/* SPDX-License-Identifier: Apache-2.0 */
/* What PID 1 keeps once main runs, why, and what main and hooks are made from then. */
#include "unit.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/resource.h>

#include "planning.h"

#define FULL_CAPS UINT64_C(0x1ffffffffff)
#define HARD_LIMITS .hard_limits = {[RLIMIT_NOFILE] = 4096}

static const gid_t user_groups[] = {1001};
static const struct host root = {.accounts = PLANNING_ACCOUNTS,
				 .caps = CAPSETS(DOCKER_CAPS, DOCKER_CAPS)};
static const struct host few_root = {
	.accounts = PLANNING_ACCOUNTS,
	.caps = CAPSETS(CAPBIT(CAP_KILL) | CAPBIT(CAP_CHOWN), DOCKER_CAPS)};
static const struct host locked_root = {.accounts = PLANNING_ACCOUNTS,
					.caps = CAPSETS(DOCKER_CAPS, DOCKER_CAPS),
					.no_new_privs = true};
/* --privileged */
static const struct host full_root = {.accounts = PLANNING_ACCOUNTS,
				      .caps = CAPSETS(FULL_CAPS, FULL_CAPS),
				      HARD_LIMITS};
/* An engine that fills the inheritable set, as they did before 2022. */
static const struct host old_root = {
	.accounts = PLANNING_ACCOUNTS,
	.caps = {DOCKER_CAPS, DOCKER_CAPS, DOCKER_CAPS, 0, DOCKER_CAPS}};
/* Securebits that give root nothing. */
static const struct host noroot = {.accounts = PLANNING_ACCOUNTS,
				   .caps = CAPSETS(DOCKER_CAPS, DOCKER_CAPS),
				   .securebits = SECBIT_NOROOT};
static const struct host user = {.accounts = PLANNING_ACCOUNTS,
				 .uid = 1000,
				 .gid = 1001,
				 .groups = user_groups,
				 .n_groups = 1,
				 .no_new_privs = true};
/* --user 1000 --cap-add NET_BIND_SERVICE where the engine makes that ambient. */
static const struct host ambient_user = {.accounts = PLANNING_ACCOUNTS,
					 .uid = 1000,
					 .gid = 1001,
					 .groups = user_groups,
					 .n_groups = 1,
					 .caps = {0x400, 0x400, 0x400, 0x400, 0x400}};

/* "CAP_KILL; set; nnp; bounding | again: caps ...; bounding; securebits; nnp | because": all that is decided here. */
static const char *own_text(struct arena *a, const struct plan *p)
{
	const struct creds *own = &p->own, *again = &p->main_again;
	const char *t = arena_printf(a, "%s%s%s%s", caps_format(a, own->caps, 0),
				     own->set_caps ? "" : "; untouched",
				     own->no_new_privs ? "; nnp" : "",
				     own->set_bounding ? "; bounding" : "");

	assert_int_equal(own->securebits, -1);
	assert_int_equal(own->ambient, 0);
	assert_int_equal(own->set_ids, p->creds.set_ids);
	assert_false(again->set_ids);
	/* PID 1's own is reduced in main's place, when anything is made from it. */
	assert_int_equal(again->set_bounding,
			 p->creds.set_bounding && !own->set_bounding);
	assert_int_equal(again->set_caps, p->creds.set_caps);
	assert_true(again->caps == p->creds.caps && again->ambient == p->creds.ambient);
	assert_int_equal(again->securebits, p->creds.securebits);
	assert_int_equal(again->no_new_privs, p->creds.no_new_privs);
	if (own->set_bounding) {
		assert_true(own->bounding == p->creds.bounding);
	}
	return arena_printf(a, "%s | %s", t, p->own_reason);
}

#define APP "[main]\nuser=app\n"
#define AGAIN "[main]\nuser=app\nrestart=always\n"
#define RESTART "[main]\nrestart=always\n"
#define HOOK(name, phase, more) "[hook:" name "]\nphase=" phase "\ncommand=x\n" more
#define SIGNALS "everything to be signalled has main's user"
#define ROOT "main is root and may have children of any user to be signalled"
#define ANYONE "main may start programs of another user to be signalled"

static const struct row {
	const struct host *host;
	const char *ini, *own;
} rows[] = {
	/* Without hooks and restarts. */
	{&root, "", "CAP_KILL; nnp | " ROOT},
	{&root, APP, "none; nnp | " SIGNALS},
	{&user, APP, "none; nnp | " SIGNALS},

	/* Hooks that are main's user's, or nobody's. */
	{&root, APP HOOK("a", "wait", ""), "none; nnp | " SIGNALS},
	{&root, APP HOOK("a", "stop", ""), "none; nnp | " SIGNALS},
	{&root, APP "[hook:a]\nphase=health\ntcp=a:1\n", "none; nnp | " SIGNALS},
	{&root, APP "[hook:a]\nphase=stop\ndelay=1s\n", "none; nnp | " SIGNALS},
	{&user, HOOK("a", "prepare", "") HOOK("b", "stop", ""),
	 "none | it has no more to keep: it is not root"},

	/* Before main PID 1 has all rights; what is left of it is to be ended. */
	{&root, APP HOOK("a", "prepare", ""),
	 "CAP_KILL; nnp | CAP_KILL: what hook a may leave behind is not main's user's"},
	{&root, APP HOOK("a", "prepare", "") HOOK("b", "wait", "user=70\n"),
	 "CAP_KILL; nnp | CAP_KILL: what hook a and 1 more may leave behind is not main's "
	 "user's"},
	{&root, HOOK("a", "prepare", ""), "CAP_KILL; nnp | " ROOT},
	{&root, HOOK("a", "wait", "user=app\n"), "CAP_KILL; nnp | " ROOT},

	/* Later hooks of others. */
	{&root, APP HOOK("a", "prepare", "") HOOK("b", "ready", "user=70\n"),
	 "CAP_KILL, CAP_SETGID, CAP_SETUID; nnp | CAP_KILL, CAP_SETGID, CAP_SETUID: hook "
	 "b to be run as another user"},
	{&root, HOOK("b", "exit", "user=app\n") HOOK("c", "exit", "user=70\n"),
	 "CAP_KILL, CAP_SETGID, CAP_SETUID; nnp | " ROOT
	 "; CAP_SETGID, CAP_SETUID: hook b and 1 more to be run as another user"},

	/* Started again: what the first start had, no more. */
	{&root, AGAIN, "none; nnp | " SIGNALS},
	{&root, RESTART, "CAP_KILL | " ROOT},
	{&root, "[main]\n[hook:w]\nphase=health\ntcp=a:1\non_failure=restart\n",
	 "CAP_KILL | " ROOT},
	{&user, RESTART, "none | it has no more to keep: it is not root"},
	{&root, AGAIN "[security]\ncap_drop=ALL\ncap_add=NET_BIND_SERVICE\n",
	 "CAP_NET_BIND_SERVICE; nnp; bounding | CAP_NET_BIND_SERVICE: main's own, for a restart"},
	{&root, RESTART "[security]\ncap_drop=ALL\ncap_add=CHOWN\n",
	 "CAP_CHOWN, CAP_KILL; nnp; bounding | " ROOT
	 "; CAP_CHOWN: main's own, for a restart"},
	{&few_root, RESTART "[security]\nno_new_privs=yes\n",
	 "CAP_CHOWN, CAP_KILL; nnp | " ROOT "; CAP_CHOWN: main's own, for a restart"},
	{&root, AGAIN "[security]\nno_new_privs=no\n", "CAP_KILL | " ANYONE},
	{&noroot, RESTART, "CAP_KILL | " ROOT},
	{&root, AGAIN "[security]\nsecurebits=noroot\n",
	 "CAP_SETPCAP; nnp | CAP_SETPCAP: main's securebits, for a restart"},
	{&full_root, RESTART "[security]\nseccomp=default\nno_new_privs=no\n",
	 "CAP_KILL, CAP_SYS_ADMIN | " ROOT
	 "; CAP_SYS_ADMIN: main's restrictions without no_new_privs, for a restart"},
	{&full_root, AGAIN "ulimits=nofile=8192\n",
	 "CAP_SYS_RESOURCE; nnp | CAP_SYS_RESOURCE: main's higher limits, for a restart"},
	{&full_root, AGAIN "ulimits=nofile=1024:4096\n", "none; nnp | " SIGNALS},
	{&full_root, AGAIN "oom_score_adj=-5\n",
	 "CAP_SYS_RESOURCE; nnp | CAP_SYS_RESOURCE: main's higher limits, for a restart"},
	{&full_root, AGAIN "oom_score_adj=5\n", "none; nnp | " SIGNALS},
	{&root, AGAIN "ulimits=nofile=8192\n", "none; nnp | " SIGNALS},

	/* A later hook that is made as main is asks for the same. */
	{&root,
	 APP "[security]\ncap_drop=ALL\ncap_add=NET_BIND_SERVICE\n" HOOK("a", "stop", "")
		 HOOK("b", "exit", ""),
	 "CAP_NET_BIND_SERVICE; nnp; bounding | CAP_NET_BIND_SERVICE: main's own, for hook a and 1 more"},
	{&root,
	 APP "[security]\ncap_drop=ALL\ncap_add=NET_BIND_SERVICE\n" HOOK("a", "wait", ""),
	 "none; nnp | " SIGNALS},
};

static void test_own(void **state)
{
	static char *const args[] = {"/bin/x", NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct plan plan;
		const char *told = planning(&a, rows[i].ini, rows[i].host, args, &plan);

		planning_check(i, "problems", told, "");
		planning_check(i, rows[i].ini, own_text(&a, &plan), rows[i].own);
		arena_release(&a);
	}
}

/* Sets that a program inherits cannot be made anew by who has lost them. */
static void test_untouched(void **state)
{
	static char *const args[] = {"/bin/x", NULL};
	static const struct {
		const struct host *host;
		const char *ini;
		bool set_caps;
		capbits_t caps;
	} inherited[] = {
		{&old_root, "", true, CAPBIT(CAP_KILL)},
		{&old_root, RESTART, false, DOCKER_CAPS},
		{&old_root, HOOK("a", "stop", ""), false, DOCKER_CAPS},
		{&ambient_user, "", true, 0},
		{&ambient_user, RESTART, false, CAPBIT(CAP_NET_BIND_SERVICE)},
		{&locked_root, RESTART, true, DOCKER_CAPS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(inherited); i++) {
		struct arena a = {0};
		struct plan plan;

		assert_string_equal(
			planning(&a, inherited[i].ini, inherited[i].host, args, &plan),
			"");
		assert_int_equal(plan.own.set_caps, inherited[i].set_caps);
		assert_true(plan.own.caps == inherited[i].caps);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_untouched),
	};

	return cmocka_run_group_tests_name("plan_own", tests, NULL, NULL);
}
