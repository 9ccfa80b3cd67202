/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs a hook, where, with which environment; and where its program may be. */
#include "unit.h"

#include <linux/capability.h>
#include <string.h>

#include "planning.h"

static char home_text[] = "HOME=/root";
static char path_text[] = "PATH=/bin:/sbin";
static char listen_text[] = "LISTEN_FDS=1";
static char *environ_text[] = {home_text, path_text, listen_text, NULL};
static const gid_t user_groups[] = {1001};

#define HERE .environ = environ_text, .accounts = PLANNING_ACCOUNTS
static const struct host root = {HERE, .caps = CAPSETS(DOCKER_CAPS, DOCKER_CAPS)};
/* --cap-drop ALL */
static const struct host bare_root = {HERE};
/* --cap-drop KILL */
static const struct host no_kill = {
	HERE, .caps = CAPSETS(DOCKER_CAPS & ~CAPBIT(CAP_KILL), DOCKER_CAPS)};
/* --cap-drop ALL --security-opt no-new-privileges --user 1000:1001 */
static const struct host user = {HERE,		.uid = 1000,
				 .gid = 1001,	.groups = user_groups,
				 .n_groups = 1, .no_new_privs = true};
static char *const args[] = {"/usr/bin/x", NULL};

/* "become 1000:1001 [29 1001]; caps none; nnp" */
static const char *creds_text(struct arena *a, const struct creds *c)
{
	const char *t = c->set_ids ? arena_printf(a, "become %u:%u [", c->uid, c->gid)
				   : "stay";

	for (size_t i = 0; c->set_ids && i < c->n_groups; i++) {
		t = arena_printf(a, "%s%s%u", t, i ? " " : "", c->groups[i]);
	}
	t = arena_printf(a, "%s%s", t, c->set_ids ? "]" : "");
	if (c->set_caps) {
		t = arena_printf(a, "%s; caps %s", t, caps_format(a, c->caps, 0));
		assert_true((c->ambient & ~c->caps) == 0);
	}
	if (c->set_bounding) {
		t = arena_printf(a, "%s; bounding", t);
	}
	assert_int_equal(c->securebits, -1);
	return arena_printf(a, "%s%s", t, c->no_new_privs ? "; nnp" : "");
}

/* The hook that is last in ini, "" when the plan has problems: those go to ret_told. */
static struct hook last(struct arena *a, const struct host *h, const char *ini,
			const char **ret_told)
{
	struct plan plan;

	*ret_told = planning(a, ini, h, args, &plan);
	assert_true(plan.n_hooks > 0);
	if (!**ret_told) {
		*ret_told = planning_told(a, &plan.notes);
	}
	return plan.hooks[plan.n_hooks - 1];
}

#define HOOK(phase, more) "[hook:h]\nphase=" phase "\ncommand=x\n" more
#define DUMP(more) \
	"[hook:web]\nphase=health\ntcp=a:1\non_failure=hook:h\n[hook:h]\ncommand=x\n" more
#define PROBE(phase) "[hook:h]\nphase=" phase "\ntcp=a:1\n"
#define APP "[main]\nuser=app\n"
#define BECOME_APP "become 1000:1001 [29 1001]; caps none; nnp"

static void test_who(void **state)
{
	static const struct {
		const struct host *host;
		const char *ini;
		bool as_main;
		const char *first, *own; /* NULL: never from a PID 1 that has become it */
	} rows[] = {
		/* By default: PID 1's rights in prepare, main's later. */
		{&root, HOOK("prepare", ""), false, "stay", NULL},
		{&root, HOOK("wait", ""), true, "stay", NULL},
		{&root, HOOK("stop", ""), true, "stay", "stay"},
		{&root, APP HOOK("prepare", ""), false, "stay", NULL},
		{&root, APP HOOK("wait", ""), true, BECOME_APP, NULL},
		{&root, APP HOOK("ready", ""), true, BECOME_APP, "stay; caps none; nnp"},
		{&root, APP HOOK("exit", ""), true, BECOME_APP, "stay; caps none; nnp"},
		{&root, APP DUMP(""), true, BECOME_APP, "stay; caps none; nnp"},
		{&root, APP "[security]\ncap_drop=ALL\ncap_add=KILL\n" HOOK("stop", ""),
		 true, "become 1000:1001 [29 1001]; caps CAP_KILL; bounding; nnp",
		 "stay; caps CAP_KILL; nnp"},

		/* Main's user by name, by id, and when main cannot be that. */
		{&root, APP HOOK("prepare", "user=app\n"), true, BECOME_APP, NULL},
		{&root, APP HOOK("stop", "user=1000\n"), true, BECOME_APP,
		 "stay; caps none; nnp"},
		{&root, "[main]\nuser=app:audio\n" HOOK("wait", "user=app\n"), true,
		 "become 1000:29 [29]; caps none; nnp", NULL},
		{&root, HOOK("stop", "user=root\n"), true, "stay", "stay"},
		{&user, "[main]\nuser=5:5\n" HOOK("wait", "user=5\n"), true, "stay; nnp",
		 NULL},

		/* PID 1's own, before main. */
		{&root, APP HOOK("prepare", "user=root\n"), false, "stay", NULL},
		{&root, APP HOOK("wait", "user=0\n"), false, "stay", NULL},
		{&root, APP HOOK("stop", "user=root\n"), false,
		 "become 0:0 [0]; caps none; nnp", "become 0:0 [0]; caps none; nnp"},

		/* Another: no capabilities. */
		{&root, HOOK("prepare", "user=app\n"), false, BECOME_APP, NULL},
		{&root, APP HOOK("wait", "user=70\n"), false,
		 "become 70:0 [0]; caps none; nnp", NULL},
		{&root, APP HOOK("wait", "user=app:audio\n"), false,
		 "become 1000:29 [29]; caps none; nnp", NULL},
		{&root, APP HOOK("exit", "user=70:71\n"), false,
		 "become 70:71 [71]; caps none; nnp",
		 "become 70:71 [71]; caps none; nnp"},

		/* Not root: everything as it is. */
		{&user, HOOK("prepare", ""), false, "stay", NULL},
		{&user, HOOK("wait", ""), true, "stay", NULL},
		{&user, HOOK("stop", "user=app\n"), true, "stay", "stay"},
		{&user, APP HOOK("stop", ""), true, "stay; nnp", "stay; nnp"},

		/* Probes have no rights in any phase. */
		{&root, PROBE("wait"), false, "stay; caps none; nnp", NULL},
		{&root, APP PROBE("prepare"), false, BECOME_APP, NULL},
		{&root, APP "[security]\ncap_add=KILL\n" PROBE("health"), false,
		 BECOME_APP, "stay; caps none; nnp"},
		{&bare_root, PROBE("wait"), false, "stay; caps none; nnp", NULL},
		{&user, PROBE("health"), false, "stay; caps none; nnp",
		 "stay; caps none; nnp"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		const char *told;
		struct hook h = last(&a, rows[i].host, rows[i].ini, &told);

		if (strstr(told, "main stays uid")) {
			told = "";
		}
		planning_check(i, "problems", told, "");
		planning_check(i, rows[i].ini, creds_text(&a, &h.creds), rows[i].first);
		assert_int_equal(h.as_main, rows[i].as_main);
		if (rows[i].own) {
			planning_check(i, rows[i].ini, creds_text(&a, &h.creds_own),
				       rows[i].own);
		}
		arena_release(&a);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const struct host *host;
		const char *ini, *told;
	} rows[] = {
		{&root, HOOK("wait", "user=ap\n"),
		 "f:4: hook:h.user: cannot find user 'ap' in /etc/passwd"},
		{&root, HOOK("wait", "user=app:nobody\n"),
		 "f:4: hook:h.user: cannot find group 'nobody' in /etc/group"},
		{&user, HOOK("wait", "user=70\nrequired=no\n"),
		 "f:4: hook:h.user: cannot become '70': not root but uid 1000 here; leave "
		 "user out, or start the container as root\n"},
		{&user, DUMP("user=root\n"),
		 "f:7: hook:h.user: cannot become 'root': not root but uid 1000 here; "
		 "leave user out, or start the container as root\n"},
		{&bare_root, HOOK("stop", "user=app\n"),
		 "f:4: hook:h.user: cannot become 'app': root here lacks CAP_SETUID or "
		 "CAP_SETGID; give the container cap_add: [SETUID, SETGID], or leave user "
		 "out\n"},
		{&no_kill, HOOK("stop", "user=app\n"),
		 "f:4: hook:h.user: root here lacks CAP_KILL: PID 1 could not end it; "
		 "give the container cap_add: [KILL], or leave user out\n"},
		{&root, HOOK("wait", "working_dir=srv\n"),
		 "f:4: hook:h.working_dir: cannot use 'srv': it must begin with '/'\n"},
		{&root, "[secrets]\nTOKEN=t\n" HOOK("wait", "secrets=TOKN, X\n"),
		 "f:6: hook:h.secrets: there is no secret 'TOKN': did you mean 'TOKEN'?\n"
		 "f:6: hook:h.secrets: there is no secret 'X'\n"},

		/* Warnings. */
		{&no_kill, APP HOOK("wait", ""),
		 "f:3: hook:h: root here lacks CAP_KILL: as long as main does not run PID "
		 "1 cannot end it when it takes too long; give the container cap_add: "
		 "[KILL]\n"},
		{&no_kill, APP HOOK("stop", ""), ""},
		{&no_kill, HOOK("wait", ""), ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		size_t len = strlen(rows[i].told);
		const char *told;

		(void)last(&a, rows[i].host, rows[i].ini, &told);
		/* What other modules word is only begun here. */
		if (len && rows[i].told[len - 1] != '\n' &&
		    strncmp(told, rows[i].told, len) == 0) {
			told = rows[i].told;
		}
		planning_check(i, rows[i].ini, told, rows[i].told);
		arena_release(&a);
	}
}

/* "A=1 B=${S} " */
static const char *env_text(struct arena *a, const struct env *env)
{
	const char *text = "";

	for (size_t i = 0; i < env->n; i++) {
		text = arena_printf(a, "%s%s=", text, env->v[i].name);
		for (const struct piece *p = env->v[i].pieces; p; p = p->next) {
			text = p->text ? arena_printf(a, "%s%s", text, p->text)
				       : arena_printf(a, "%s${%s}", text, p->secret);
		}
		text = arena_printf(a, "%s ", text);
	}
	return text;
}

#define SECRETS                                                                  \
	"[secrets]\nS=s\nT=t\n[environment]\nBOTH=${secret:S}-${secret:T}\nONE=" \
	"${secret:S}\nX=y\n"

static void test_environment(void **state)
{
	static const struct {
		const char *ini, *env;
		bool secrets, later;
	} rows[] = {
		{SECRETS HOOK("wait", ""), "HOME=/root PATH=/bin:/sbin X=y ", false,
		 false},
		{SECRETS HOOK("wait", "secrets=S\n"),
		 "HOME=/root PATH=/bin:/sbin ONE=${S} X=y S=${S} ", true, false},
		{SECRETS HOOK("stop", "secrets=T, S\n"),
		 "HOME=/root PATH=/bin:/sbin BOTH=${S}-${T} ONE=${S} X=y S=${S} T=${T} ",
		 true, true},

		/* HOME is that of who runs it, unless the configuration sets it. */
		{APP HOOK("wait", ""), "HOME=/home/app PATH=/bin:/sbin ", false, false},
		{APP HOOK("prepare", ""), "HOME=/root PATH=/bin:/sbin ", false, false},
		{APP HOOK("wait", "user=root\n"), "HOME=/root PATH=/bin:/sbin ", false,
		 false},
		{APP HOOK("stop", "user=root\n"), "HOME=/root PATH=/bin:/sbin ", false,
		 false},
		{APP HOOK("stop", "user=70\n"), "HOME=/ PATH=/bin:/sbin ", false, false},
		{HOOK("stop", "user=app\n"), "HOME=/home/app PATH=/bin:/sbin ", false,
		 false},
		{APP "[environment]\nHOME=/data\n" HOOK("stop", "user=70\n"),
		 "HOME=/data PATH=/bin:/sbin ", false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct plan plan;
		const char *told = planning(&a, rows[i].ini, &root, args, &plan);

		planning_check(i, "problems", told, "");
		planning_check(i, rows[i].ini, env_text(&a, &plan.hooks[0].env),
			       rows[i].env);
		assert_int_equal(plan.hooks[0].has_secrets, rows[i].secrets);
		assert_int_equal(plan.hooks_see_secrets, rows[i].later);
		arena_release(&a);
	}
}

/* What is the same is there once. */
static void test_environments_are_shared(void **state)
{
	struct arena a = {0};
	struct plan plan;

	(void)state;
	assert_string_equal(planning(&a,
				     SECRETS
				     "[hook:a]\nphase=wait\ncommand=x\n"
				     "[hook:b]\nphase=stop\ncommand=x\n"
				     "[hook:c]\nphase=wait\ncommand=x\nsecrets=S\n"
				     "[hook:d]\nphase=exit\ncommand=x\nsecrets=S\n",
				     &root, args, &plan),
			    "");
	assert_ptr_equal(plan.hooks[0].env.v, plan.hooks[1].env.v);
	assert_ptr_equal(plan.hooks[2].env.v, plan.hooks[3].env.v);
	assert_ptr_not_equal(plan.hooks[0].env.v, plan.hooks[2].env.v);
	arena_release(&a);
}

static void test_where(void **state)
{
	static const struct {
		const char *ini, *paths, *dir;
	} rows[] = {
		{HOOK("wait", ""), "/bin/x /sbin/x", ""},
		{"[environment]\nPATH=/a:b:/c\n" HOOK("wait", ""), "/a/x /c/x", ""},
		{"[hook:h]\nphase=wait\ncommand=bin/x y\nworking_dir=/srv\n", "bin/x",
		 "/srv"},
		{"[main]\nworking_dir=/data\n" HOOK("stop", ""), "/bin/x /sbin/x",
		 "/data"},
		{"[main]\nworking_dir=/data\n" HOOK("prepare", ""), "/bin/x /sbin/x", ""},
		{"[main]\nworking_dir=/data\n" HOOK("stop", "working_dir=/\n"),
		 "/bin/x /sbin/x", "/"},
		/* What a secret says is not looked at. */
		{"[secrets]\nPATH=p\n" HOOK("wait", "secrets=PATH\n"),
		 "/usr/local/sbin/x /usr/local/bin/x /usr/sbin/x /usr/bin/x /sbin/x "
		 "/bin/x",
		 ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		const char *told, *paths = "";
		struct hook h = last(&a, &root, rows[i].ini, &told);

		for (size_t k = 0; k < h.paths.n; k++) {
			paths = arena_printf(&a, "%s%s%s", paths, k ? " " : "",
					     h.paths.v[k]);
		}
		planning_check(i, "problems", told, "");
		planning_check(i, rows[i].ini, paths, rows[i].paths);
		planning_check(i, rows[i].ini, h.working_dir ? h.working_dir : "",
			       rows[i].dir);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_environments_are_shared),
		cmocka_unit_test(test_where),
	};

	return cmocka_run_group_tests_name("plan_hooks_run", tests, NULL, NULL);
}
