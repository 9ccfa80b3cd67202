/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>

#include "planning.h"

static const gid_t user_groups[] = {1001};
static const gid_t app_groups[] = {29, 1001};

#define USER                                                            \
	.uid = 1000, .gid = 1001, .groups = user_groups, .n_groups = 1, \
	.accounts = PLANNING_ACCOUNTS
static const struct host root = {.accounts = PLANNING_ACCOUNTS,
				 .caps = CAPSETS(DOCKER_CAPS, DOCKER_CAPS)};
/* --cap-drop ALL */
static const struct host bare_root = {.accounts = PLANNING_ACCOUNTS};
/* --cap-drop SETUID, SETPCAP */
static const struct host no_setuid = {
	.accounts = PLANNING_ACCOUNTS,
	.caps = CAPSETS(DOCKER_CAPS & ~CAPBIT(CAP_SETUID), DOCKER_CAPS)};
static const struct host no_setpcap = {
	.accounts = PLANNING_ACCOUNTS,
	.caps = CAPSETS(DOCKER_CAPS & ~CAPBIT(CAP_SETPCAP), DOCKER_CAPS)};
static const struct host user = {USER, .caps = CAPSETS(0, DOCKER_CAPS)};
/* --security-opt no-new-privileges */
static const struct host locked_user = {USER, .caps = CAPSETS(0, DOCKER_CAPS),
					.no_new_privs = true};
static const struct host noroot = {.accounts = PLANNING_ACCOUNTS,
				   .caps = CAPSETS(DOCKER_CAPS, DOCKER_CAPS),
				   .securebits = SECBIT_NOROOT};
static const struct host killer = {USER, .caps = CAPSETS(CAPBIT(CAP_KILL), DOCKER_CAPS)};
/* Already whom app is. */
static const struct host app = {.uid = 1000,
				.gid = 1001,
				.groups = app_groups,
				.n_groups = 2,
				.caps = CAPSETS(0, DOCKER_CAPS),
				.accounts = PLANNING_ACCOUNTS};

/* "become 1000:1001 [29 1001]; caps ...": what is to be done, as text. */
static const char *rights_text(struct arena *a, const struct plan *p)
{
	const struct creds *c = &p->creds;
	const char *t = c->set_ids ? arena_printf(a, "become %u:%u [", c->uid, c->gid)
				   : "stay";

	for (size_t i = 0; c->set_ids && i < c->n_groups; i++) {
		t = arena_printf(a, "%s%s%u", t, i ? " " : "", c->groups[i]);
	}
	t = arena_printf(a, "%s%s", t, c->set_ids ? "]" : "");
	if (c->set_caps) {
		t = arena_printf(a, "%s; caps %s", t,
				 caps_format(a, c->caps, DOCKER_CAPS));
	}
	if (c->ambient) {
		t = arena_printf(a, "%s; ambient %s", t, caps_format(a, c->ambient, 0));
	}
	if (c->set_bounding) {
		t = arena_printf(a, "%s; bounding %s", t,
				 caps_format(a, c->bounding, DOCKER_CAPS));
	}
	if (c->securebits >= 0) {
		t = arena_printf(a, "%s; securebits %#x", t, (unsigned)c->securebits);
	}
	if (p->seccomp) {
		t = arena_printf(a, "%s; seccomp %s", t, p->seccomp);
	}
	return arena_printf(a, "%s%s; own %s", t, c->no_new_privs ? "; nnp" : "",
			    caps_format(a, p->own.caps, 0));
}

struct row {
	const char *ini;
	const struct host *host;
	const char *rights; /* NULL: there are problems */
	const char *told;   /* problems, or notes and harmless ones */
};

static void check_rows(const struct row *rows, size_t n)
{
	static char *const args[] = {"/bin/x", NULL};

	for (size_t i = 0; i < n; i++) {
		struct arena a = {0};
		struct plan plan;
		const char *told = planning(&a, rows[i].ini, rows[i].host, args, &plan);

		if (rows[i].rights) {
			planning_check(i, "problems", told, "");
			planning_check(i, "rights", rights_text(&a, &plan),
				       rows[i].rights);
			assert_int_equal(plan.own.set_ids, plan.creds.set_ids);
			assert_int_equal(plan.own.uid, plan.creds.uid);
			assert_true(plan.own.no_new_privs);
			told = arena_printf(&a, "%s%s", planning_told(&a, &plan.notes),
					    planning_told(&a, &plan.harmless));
		}
		planning_check(i, "told", told, rows[i].told ? rows[i].told : "");
		arena_release(&a);
	}
}

static void test_user(void **state)
{
	static const struct row rows[] = {
		{"", &root, "stay; own CAP_KILL", NULL},
		{"", &user, "stay; own none", NULL},
		{"", &killer, "stay; own CAP_KILL", NULL},
		{"[main]\nuser = app\n", &root,
		 "become 1000:1001 [29 1001]; caps none; nnp; own none", NULL},
		{"[main]\nuser = 1000\n", &root,
		 "become 1000:1001 [29 1001]; caps none; nnp; own none", NULL},
		{"[main]\nuser = 70:71\n", &root,
		 "become 70:71 [71]; caps none; nnp; own none", NULL},
		{"[main]\nuser = app:audio\n", &root,
		 "become 1000:29 [29]; caps none; nnp; own none", NULL},
		{"[main]\nuser = app\ngroup_add = 5\n", &root,
		 "become 1000:1001 [5 29 1001]; caps none; nnp; own none", NULL},
		{"[main]\nuser = app\n", &app, "stay; caps none; nnp; own none", NULL},
		{"[main]\nuser = app\n", &user, "stay; nnp; own none",
		 "f:2: main.user: cannot become 'app': not root but uid 1000 here; main "
		 "stays uid 1000, gid 1001\n"},
		{"[main]\ngroup_add = 5\n", &user, "stay; own none",
		 "f:2: main.group_add: cannot become '1000:1001': not root but uid 1000 "
		 "here; main stays uid 1000, gid 1001\n"},
		{"[main]\nuser = app\n", &no_setuid, NULL,
		 "f:2: main.user: cannot become 'app': root here lacks CAP_SETUID or "
		 "CAP_SETGID; give the container cap_add: [SETUID, SETGID], or user: "
		 "1000:1001\n"},
		{"[main]\nuser = app\n", &bare_root, NULL,
		 "f:2: main.user: cannot become 'app': root here lacks CAP_SETUID or "
		 "CAP_SETGID; give the container cap_add: [SETUID, SETGID], or user: "
		 "1000:1001\n"},
		{"[main]\nuser = nobody\n", &root, NULL,
		 "f:2: main.user: cannot find user 'nobody' in /etc/passwd: add it there or "
		 "use an id\n"},
		{"[main]\nuser = nobody\ngroup_add = video\n", &root, NULL,
		 "f:2: main.user: cannot find user 'nobody' in /etc/passwd: add it there or "
		 "use an id\n"},
		{"[main]\nuser = app\ngroup_add = video\n", &root, NULL,
		 "f:3: main.group_add: cannot find group 'video' in /etc/group: add it there "
		 "or use an id\n"},
		{"[main]\ngroup_add = video\n", &root, NULL,
		 "f:2: main.group_add: cannot find group 'video' in /etc/group: add it there "
		 "or use an id\n"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows));
}

static void test_caps(void **state)
{
	static const struct row rows[] = {
		{"[security]\ncap_drop = ALL\n", &root,
		 "stay; caps none; bounding none; nnp; own CAP_KILL", NULL},
		{"[security]\ncap_drop = ALL\ncap_add = CHOWN\n", &root,
		 "stay; caps CAP_CHOWN; bounding CAP_CHOWN; nnp; own CAP_KILL", NULL},
		{"[main]\nuser = app\n[security]\ncap_drop = ALL\n"
		 "cap_add = NET_BIND_SERVICE\n",
		 &root,
		 "become 1000:1001 [29 1001]; caps CAP_NET_BIND_SERVICE; ambient "
		 "CAP_NET_BIND_SERVICE; bounding CAP_NET_BIND_SERVICE; nnp; own none",
		 NULL},
		/* With SETUID it could start somebody whom its own user may not signal. */
		{"[main]\nuser = app\n[security]\ncap_drop = ALL\ncap_add = setuid\n",
		 &root,
		 "become 1000:1001 [29 1001]; caps CAP_SETUID; ambient CAP_SETUID; bounding "
		 "CAP_SETUID; nnp; own CAP_KILL",
		 NULL},
		{"[security]\ncap_add = SYS_ADMIN\n", &root,
		 "stay; caps all; nnp; own CAP_KILL",
		 "f:2: security.cap_add: cannot keep CAP_SYS_ADMIN: PID 1 (uid 0) does not "
		 "have it; start the container with cap_add:, and as root\n"},
		/* ALL is all there is. */
		{"[security]\ncap_add = ALL\n", &root,
		 "stay; caps all; nnp; own CAP_KILL", NULL},
		{"[security]\ncap_add = KILL\n", &user, "stay; caps none; nnp; own none",
		 "f:2: security.cap_add: cannot keep CAP_KILL: PID 1 (uid 1000) does not "
		 "have it; start the container with cap_add:, and as root\n"},
		{"[security]\ncap_drop = KILLL\ncap_add = KILLL\n", &root, NULL,
		 "f:2: security.cap_drop: cannot parse capability 'KILLL': did you mean "
		 "'KILL'?\n"
		 "f:3: security.cap_add: cannot parse capability 'KILLL': did you mean "
		 "'KILL'?\n"},
		/* Nothing to take from the bounding set: no right is needed. */
		{"[security]\ncap_drop = ALL\n", &bare_root,
		 "stay; caps none; nnp; own CAP_KILL", NULL},
		{"[security]\ncap_drop = CHOWN\n", &no_setpcap, NULL,
		 "f:2: security.cap_drop: cannot drop CAP_CHOWN: root here lacks "
		 "CAP_SETPCAP; drop them where the container is started (cap_drop:) or add "
		 "SETPCAP there\n"},
		{"[security]\ncap_drop = CHOWN\n", &user,
		 "stay; caps none; nnp; own none",
		 "f:2: security.cap_drop: the bounding set keeps CAP_CHOWN (no CAP_SETPCAP); "
		 "main has none of them and no_new_privs keeps it so\n"},
		{"[security]\ncap_drop = CHOWN\nno_new_privs = no\n", &user, NULL,
		 "f:2: security.cap_drop: cannot drop CAP_CHOWN without CAP_SETPCAP, and "
		 "with no_new_privs off a program could gain them; drop them where the "
		 "container is started (cap_drop:)\n"},
		{"[main]\nuser = app\n[security]\ncap_drop = CHOWN\n", &no_setpcap,
		 "become 1000:1001 [29 1001]; caps none; nnp; own none",
		 "f:4: security.cap_drop: the bounding set keeps CAP_CHOWN (no CAP_SETPCAP); "
		 "main has none of them and no_new_privs keeps it so\n"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows));
}

static void test_protections(void **state)
{
	static const struct row rows[] = {
		{"[main]\nuser = app\n[security]\nno_new_privs = auto\n", &root,
		 "become 1000:1001 [29 1001]; caps none; nnp; own none", NULL},
		{"[security]\nno_new_privs = auto\n", &root, "stay; own CAP_KILL", NULL},
		{"[security]\nno_new_privs = true\n", &root, "stay; nnp; own CAP_KILL",
		 NULL},
		{"[main]\nuser = app\n[security]\nno_new_privs = false\n", &root,
		 "become 1000:1001 [29 1001]; caps none; own CAP_KILL", NULL},
		{"[security]\nno_new_privs = false\n", &locked_user,
		 "stay; nnp; own none",
		 "f:2: security.no_new_privs: it is on in this container and cannot be "
		 "switched off\n"},
		{"[security]\nno_new_privs = maybe\n", &root, NULL,
		 "f:2: security.no_new_privs: cannot parse switch 'maybe': expected yes or "
		 "no (or auto)\n"},
		{"[security]\nseccomp = default\n", &user,
		 "stay; seccomp default; nnp; own none", NULL},
		{"[security]\nseccomp = unconfined\n", &user, "stay; own none", NULL},
		{"[security]\nseccomp = default\nno_new_privs = false\n", &user, NULL,
		 "f:2: security.seccomp: a filter needs no_new_privs or CAP_SYS_ADMIN, and "
		 "main has neither; remove security.no_new_privs = false\n"},
		{"[security]\nsecurebits = noroot noroot-locked\n", &root,
		 "stay; securebits 0x3; nnp; own CAP_KILL", NULL},
		{"[security]\nsecurebits = no-setuid-fixup\n", &noroot,
		 "stay; securebits 0x5; nnp; own CAP_KILL", NULL},
		{"[security]\nsecurebits = noroot\n", &noroot, "stay; nnp; own CAP_KILL",
		 NULL},
		{"[security]\nsecurebits = noroot\n", &user, NULL,
		 "f:2: security.securebits: cannot set them without CAP_SETPCAP\n"},
		{"[security]\nsecurebits = root\n", &root, NULL,
		 "f:2: security.securebits: cannot use 'root': the names are those of "
		 "systemd.exec(5), as noroot and noroot-locked\n"},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_protections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
