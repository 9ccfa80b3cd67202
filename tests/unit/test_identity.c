/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/identity.h"
#include "core/types.h"

/* Passwd as images have it, and all that must be skipped. */
static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "app:x:1000:1001:App,,,:/home/app:/bin/sh\n"
			     "app:x:6:6:the second app:/wrong:/bin/sh\n"
			     "other:x:1000:7:same uid:/wrong:/bin/sh\n"
			     "# comment:x:1:1::/:/bin/sh\n"
			     "\n"
			     "+nis:x:30:30::/:/bin/sh\n"
			     "-nis:x:31:31::/:/bin/sh\n"
			     ":x:32:32:no name:/:/bin/sh\n"
			     "minus:x:-33:33::/:/bin/sh\n"
			     "plus:x:+33:33::/:/bin/sh\n"
			     "minusgid:x:34:-34::/:/bin/sh\n"
			     "nouid:x::35::/:/bin/sh\n"
			     "nogid:x:36:::/:/bin/sh\n"
			     "word:x:abc:37::/:/bin/sh\n"
			     "huge:x:4294967295:38::/:/bin/sh\n"
			     "huger:x:4294967334:38::/:/bin/sh\n"
			     "hugest:x:99999999999999999999999999:38::/:/bin/sh\n"
			     "hex:x:0x27:39::/:/bin/sh\n"
			     "short:x:40\n"
			     "shorter:x\n"
			     "shortest\n"
			     "last:x:4294967294:4294967294::/last:/bin/sh\n"
			     "bare:x:41:42\n"
			     "nohome:x:43:44:gecos::/bin/sh\n"
			     "crlf:x:45:46::/crlf:/bin/sh\r\n"
			     "  indented:x:47:48::/indented:/bin/sh\n"
			     "123:x:49:50:digits:/digits:/bin/sh\n"
			     "nul:x:51:52::/nul\0:/bin/sh\n"
			     "end:x:53:54::/end:/bin/sh"; /* no newline */

static const char group[] = "root:x:0:\n"
			    "app:x:1001:\n"
			    "audio:x:29:app,games\n"
			    "video:x:44:games,app\n"
			    "+:::\n"
			    "twice:x:44:app\n"
			    "render:x:20:apple,pp,ap,app,app\n"
			    "primary:x:1001:app\n"
			    "bad:x:-9:app\n"
			    "worse:x:many:app\n"
			    "roots:x:3:root\n"
			    "nolist:x:60\n"
			    "crlf:x:61:crlf,app2\r\n"
			    "123:x:62:123\n"
			    "end:x:63:end";

#define FILES                                                        \
	{                                                            \
		passwd, group, sizeof(passwd) - 1, sizeof(group) - 1 \
	}

static const struct accounts files = FILES;
static const gid_t current_groups[] = {90, 91};
static const struct identity current = {.uid = 0,
					.gid = 5,
					.groups = current_groups,
					.n_groups = 2,
					.home = "/"};

struct row {
	const char *spec;
	uid_t uid;
	gid_t gid;
	const char *name, *home;
	const char *groups; /* as "1 2 3" */
};

static const char *groups_text(struct arena *a, const struct identity *id)
{
	const char *text = "";

	for (size_t i = 0; i < id->n_groups; i++) {
		text = arena_printf(a, "%s%s%u", text, i ? " " : "", id->groups[i]);
	}
	return text;
}

static void check_row(const struct row *row, enum identity_dialect dialect)
{
	struct arena a = {0};
	struct identity id;
	struct err err = {0};
	int r = identity_resolve(&a, row->spec, dialect, &files, &current, NULL, &id,
				 &err);

	if (r != 0) {
		fail_msg("'%s': %s", row->spec, err.text);
	}
	if (id.uid != row->uid || id.gid != row->gid || strcmp(id.home, row->home) != 0 ||
	    (row->name ? !id.name || strcmp(id.name, row->name) != 0 : id.name != NULL) ||
	    strcmp(groups_text(&a, &id), row->groups) != 0) {
		fail_msg("'%s': uid %u gid %u name %s home '%s' groups '%s'", row->spec,
			 id.uid, id.gid, id.name ? id.name : "-", id.home,
			 groups_text(&a, &id));
	}
	arena_release(&a);
}

#define CHECK_ROWS(rows, dialect)                         \
	for (size_t i_ = 0; i_ < ARRAY_LEN(rows); i_++) { \
		check_row(&(rows)[i_], dialect);          \
	}

static void test_native(void **state)
{
	static const struct row rows[] = {
		{"root", 0, 0, "root", "/root", "0 3"},
		{"app", 1000, 1001, "app", "/home/app", "20 29 44 1001"},
		{"1000", 1000, 1001, "app", "/home/app", "20 29 44 1001"},
		{"001000", 1000, 1001, "app", "/home/app", "20 29 44 1001"},
		{"other", 1000, 7, "other", "/wrong", "7"},
		{"app:audio", 1000, 29, "app", "/home/app", "29"},
		{"app:29", 1000, 29, "app", "/home/app", "29"},
		{"app:4242", 1000, 4242, "app", "/home/app", "4242"},
		{"4711", 4711, 0, NULL, "/", "0"},
		{"4711:4712", 4711, 4712, NULL, "/", "4712"},
		{"4711:app", 4711, 1001, NULL, "/", "1001"},
		{"4294967294:4294967294", 4294967294, 4294967294, "last", "/last",
		 "4294967294"},
		{"last", 4294967294, 4294967294, "last", "/last", "4294967294"},
		{"bare", 41, 42, "bare", "/", "42"},
		{"nohome", 43, 44, "nohome", "/", "44"},
		{"crlf", 45, 46, "crlf", "/crlf", "46 61"},
		{"indented", 47, 48, "indented", "/indented", "48"},
		/* Digits are an id even where a name has the same. */
		{"123", 123, 0, NULL, "/", "0"},
		{"49", 49, 50, "123", "/digits", "50 62"},
		{"app:123", 1000, 123, "app", "/home/app", "123"},
		{"end", 53, 54, "end", "/end", "54 63"},
		{"app:nolist", 1000, 60, "app", "/home/app", "60"},
		{"app:crlf", 1000, 61, "app", "/home/app", "61"},
		{"app:end", 1000, 63, "app", "/home/app", "63"},
		/* Their lines are skipped: only the ids are left, unknown. */
		{"30", 30, 0, NULL, "/", "0"},
		{"32", 32, 0, NULL, "/", "0"},
		{"33", 33, 0, NULL, "/", "0"},
		{"34", 34, 0, NULL, "/", "0"},
		{"36", 36, 0, NULL, "/", "0"},
		{"38", 38, 0, NULL, "/", "0"},
		{"39", 39, 0, NULL, "/", "0"},
		{"40", 40, 0, NULL, "/", "0"},
		{"51", 51, 0, NULL, "/", "0"},
	};

	(void)state;
	CHECK_ROWS(rows, IDENTITY_NATIVE);
}

static void test_gosu(void **state)
{
	static const struct row rows[] = {
		{"", 0, 0, "root", "/root", "3"},
		{":", 0, 0, "root", "/root", "3"},
		{":29", 0, 29, "root", "/root", ""},
		{":audio", 0, 29, "root", "/root", ""},
		{"app", 1000, 1001, "app", "/home/app", "20 29 44 1001"},
		{"app:", 1000, 1001, "app", "/home/app", "20 29 44 1001"},
		{"1000", 1000, 1001, "app", "/home/app", "20 29 44 1001"},
		{"app:audio", 1000, 29, "app", "/home/app", ""},
		{"4711", 4711, 5, NULL, "/", ""},
		{"4711:", 4711, 5, NULL, "/", ""},
		{"4711:4712", 4711, 4712, NULL, "/", ""},
		{"other", 1000, 7, "other", "/wrong", ""},
		{"nohome", 43, 44, "nohome", "", ""},
		{"123", 123, 5, NULL, "/", ""},
	};

	(void)state;
	CHECK_ROWS(rows, IDENTITY_GOSU);
}

static void test_su_exec(void **state)
{
	static const struct row rows[] = {
		{"", 0, 0, "root", "/root", "0 3"},
		{":29", 0, 29, "root", "/root", "29"},
		{"app", 1000, 1001, "app", "/home/app", "20 29 44 1001"},
		{"app:", 1000, 1001, "app", "/home/app", "20 29 44 1001"},
		{"app:audio", 1000, 29, "app", "/home/app", "29"},
		{"4711", 4711, 5, NULL, "/", "5"},
		{"4711:4712", 4711, 4712, NULL, "/", "4712"},
		{"other", 1000, 7, "other", "/wrong", "7"},
		{"nohome", 43, 44, "nohome", "", "44"},
	};

	(void)state;
	CHECK_ROWS(rows, IDENTITY_SU_EXEC);
}

struct refusal {
	const char *spec, *text;
};

static void check_refusal(const struct refusal *row, enum identity_dialect dialect,
			  const struct accounts *acc, const struct strv *group_add)
{
	struct arena a = {0};
	struct identity id = {.uid = 77};
	struct err err = {0};
	int r = identity_resolve(&a, row->spec, dialect, acc, &current, group_add, &id,
				 &err);

	if (r >= 0 || strcmp(err.text, row->text) != 0) {
		fail_msg("'%s': %d '%s'", row->spec, r, err.text);
	}
	assert_int_equal(err.status, STATUS_CONFIG);
	assert_int_equal(id.uid, 77);
	arena_release(&a);
}

static void test_refused(void **state)
{
	static const struct refusal rows[] = {
		{"nobody",
		 "cannot find user 'nobody' in /etc/passwd: add it there or use an "
		 "id"},
		{"ap", "cannot find user 'ap' in /etc/passwd: did you mean 'app'?"},
		{"app:vide",
		 "cannot find group 'vide' in /etc/group: did you mean 'video'?"},
		{"app:a:b",
		 "cannot find group 'a:b' in /etc/group: add it there or use an id"},
		{"nosuchuser:nosuchgroup",
		 "cannot find user 'nosuchuser' in /etc/passwd: add it there or use an id"},
		{"+nis",
		 "cannot find user '+nis' in /etc/passwd: add it there or use an id"},
		{"nul",
		 "cannot find user 'nul' in /etc/passwd: add it there or use an id"},
		{"App", "cannot find user 'App' in /etc/passwd: did you mean 'app'?"},
		{"-1", "cannot use user '-1': an id has no sign"},
		{"+1000", "cannot use user '+1000': an id has no sign"},
		{"app:-1", "cannot use group '-1': an id has no sign"},
		{" 1000", "cannot use user ' 1000': a name or an id has no blanks"},
		{"1000 ", "cannot use user '1000 ': a name or an id has no blanks"},
		{"app\n", "cannot use user 'app\n': a name or an id has no blanks"},
		{"app:a b", "cannot use group 'a b': a name or an id has no blanks"},
		{"4294967295",
		 "cannot use user '4294967295': an id is at most 4294967294"},
		{"4294967296",
		 "cannot use user '4294967296': an id is at most 4294967294"},
		{"app:4294967295",
		 "cannot use group '4294967295': an id is at most 4294967294"},
		{"99999999999",
		 "cannot use user '99999999999': an id is at most 4294967294"},
		{"18446744073709551616",
		 "cannot use user '18446744073709551616': an id is at most 4294967294"},
	};
	static const struct refusal strict[] = {
		{"", "cannot use user '': it names no user"},
		{":", "cannot use user ':': it names no user"},
		{":29", "cannot use user ':29': it names no user"},
		{"app:", "cannot use user 'app:': no group follows the ':'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		check_refusal(&rows[i], IDENTITY_NATIVE, &files, NULL);
		check_refusal(&rows[i], IDENTITY_GOSU, &files, NULL);
		check_refusal(&rows[i], IDENTITY_SU_EXEC, &files, NULL);
	}
	for (size_t i = 0; i < ARRAY_LEN(strict); i++) {
		check_refusal(&strict[i], IDENTITY_NATIVE, &files, NULL);
	}
}

static void test_no_files(void **state)
{
	static const struct accounts none = {0};
	static const struct accounts empty = {"", "", 0, 0};
	static const struct refusal user = {
		"app",
		"cannot find user 'app': there is no /etc/passwd here, only an id works "
		"without"};
	static const struct refusal grp = {
		"7:app",
		"cannot find group 'app': there is no /etc/group here, only an id works "
		"without"};
	static const struct refusal in_empty = {
		"app",
		"cannot find user 'app' in /etc/passwd: add it there or use an id"};
	struct arena a = {0};
	struct identity id;

	(void)state;
	check_refusal(&user, IDENTITY_NATIVE, &none, NULL);
	check_refusal(&grp, IDENTITY_GOSU, &none, NULL);
	check_refusal(&in_empty, IDENTITY_SU_EXEC, &empty, NULL);
	assert_int_equal(identity_resolve(&a, "7:8", IDENTITY_GOSU, &none, &current, NULL,
					  &id, NULL),
			 0);
	assert_int_equal(id.uid, 7);
	assert_int_equal(id.gid, 8);
	assert_int_equal(id.n_groups, 0);
	assert_int_equal(identity_resolve(&a, "", IDENTITY_SU_EXEC, &empty, &current,
					  NULL, &id, NULL),
			 0);
	assert_int_equal(id.uid, 0);
	assert_int_equal(id.gid, 5);
	assert_string_equal(groups_text(&a, &id), "5");
	arena_release(&a);
}

static void test_group_add(void **state)
{
	struct arena a = {0};
	struct strv add = {0};
	struct identity id;
	static const struct refusal unknown = {
		"app", "cannot find group 'vidio' in /etc/group: did you mean 'video'?"};
	static const struct refusal empty = {"app", "cannot use group '': it is empty"};

	(void)state;
	strv_push(&a, &add, arena_strdup(&a, "video"));
	strv_push(&a, &add, arena_strdup(&a, "4711"));
	strv_push(&a, &add, arena_strdup(&a, "end"));
	strv_push(&a, &add, arena_strdup(&a, "4711"));
	assert_int_equal(identity_resolve(&a, "app", IDENTITY_NATIVE, &files, &current,
					  &add, &id, NULL),
			 0);
	assert_string_equal(groups_text(&a, &id), "20 29 44 63 1001 4711");
	assert_int_equal(identity_resolve(&a, "app:9", IDENTITY_NATIVE, &files, &current,
					  &add, &id, NULL),
			 0);
	assert_string_equal(groups_text(&a, &id), "9 44 63 4711");
	strv_push(&a, &add, arena_strdup(&a, "vidio"));
	check_refusal(&unknown, IDENTITY_NATIVE, &files, &add);
	add.v[4] = arena_strdup(&a, "");
	check_refusal(&empty, IDENTITY_NATIVE, &files, &add);
	arena_release(&a);
}

/* n groups that all have app as a member, and each twice. */
static char *many_groups(struct arena *a, unsigned n, size_t *ret_len)
{
	char *text = arena_alloc(a, (size_t)n * 2 * 32);
	size_t len = 0;

	for (unsigned i = 0; i < 2 * n; i++) {
		len += (size_t)sprintf(text + len, "g%u:x:%u:app\n", i, 100000 + i % n);
	}
	*ret_len = len;
	return text;
}

static void test_many_groups(void **state)
{
	static const struct refusal too_many = {
		"1000",
		"cannot use user '1000': it is in 65537 groups, the kernel takes 65536"};
	struct arena a = {0};
	struct accounts acc = FILES;
	struct identity id;

	(void)state;
	acc.group = many_groups(&a, GROUPS_MAX - 1, &acc.group_len);
	assert_int_equal(identity_resolve(&a, "app", IDENTITY_NATIVE, &acc, &current,
					  NULL, &id, NULL),
			 0);
	assert_int_equal(id.n_groups, GROUPS_MAX);
	assert_int_equal(id.groups[0], 1001);
	assert_int_equal(id.groups[1], 100000);
	assert_int_equal(id.groups[GROUPS_MAX - 1], 100000 + GROUPS_MAX - 2);
	acc.group = many_groups(&a, GROUPS_MAX, &acc.group_len);
	check_refusal(&too_many, IDENTITY_NATIVE, &acc, NULL);
	arena_release(&a);
}

/* One line of a megabyte, and one group with as many members. */
static void test_long_lines(void **state)
{
	static const char tail[] = ":x:8:9::/long:/bin/sh\napp:x:1:2::/app:";
	const size_t big = 1 << 20;
	struct arena a = {0};
	char *text = arena_alloc(&a, big + 64);
	struct accounts acc = FILES;
	struct identity id;

	(void)state;
	memset(text, 'n', big);
	memcpy(text + big, tail, sizeof(tail) - 1);
	acc.passwd = text;
	acc.passwd_len = big + sizeof(tail) - 1;
	assert_int_equal(identity_resolve(&a, "app:3", IDENTITY_NATIVE, &acc, &current,
					  NULL, &id, NULL),
			 0);
	assert_int_equal(id.uid, 1);
	assert_int_equal(identity_resolve(&a, "8", IDENTITY_NATIVE, &acc, &current, NULL,
					  &id, NULL),
			 0);
	assert_int_equal(strlen(id.name), big);
	assert_string_equal(id.home, "/long");
	memcpy(text, "crowd:x:70:", 11);
	for (size_t i = 11; i < big; i += 2) {
		memcpy(text + i, "a,", 2);
	}
	memcpy(text + big, ",app", 4);
	acc = (struct accounts)FILES;
	acc.group = text;
	acc.group_len = big + 4;
	assert_int_equal(identity_resolve(&a, "app", IDENTITY_GOSU, &acc, &current, NULL,
					  &id, NULL),
			 0);
	assert_string_equal(groups_text(&a, &id), "70");
	arena_release(&a);
}

static void test_same(void **state)
{
	static const gid_t five_six[] = {5, 6}, six_five[] = {6, 5},
			   five_seven[] = {5, 7};
	static const gid_t five_five[] = {5, 5};
	static const struct {
		struct identity a, b;
		bool same;
	} rows[] = {
		{{.uid = 1, .gid = 2}, {.uid = 1, .gid = 2}, true},
		{{.uid = 1, .gid = 2}, {.uid = 2, .gid = 2}, false},
		{{.uid = 1, .gid = 2}, {.uid = 1, .gid = 1}, false},
		{{.groups = five_six, .n_groups = 2},
		 {.groups = five_six, .n_groups = 2},
		 true},
		{{.groups = six_five, .n_groups = 2},
		 {.groups = five_six, .n_groups = 2},
		 true},
		{{.groups = five_six, .n_groups = 2},
		 {.groups = five_seven, .n_groups = 2},
		 false},
		{{.groups = five_six, .n_groups = 2},
		 {.groups = five_six, .n_groups = 1},
		 false},
		{{.groups = five_six, .n_groups = 2}, {.n_groups = 0}, false},
		/* getgroups may give what a careless setgroups was given. */
		{{.groups = five_five, .n_groups = 2},
		 {.groups = five_six, .n_groups = 2},
		 false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (identity_same(&rows[i].a, &rows[i].b) != rows[i].same) {
			fail_msg("row %zu", i);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_native),	    cmocka_unit_test(test_gosu),
		cmocka_unit_test(test_su_exec),	    cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_files),    cmocka_unit_test(test_group_add),
		cmocka_unit_test(test_many_groups), cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
