/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading profiles: the whole format, every mistake with its line, hostile text; and the conditions.
 */
#include "unit.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/profile.h"

static struct arena arena;
static struct problems problems;

static int setup(void **state)
{
	*state = NULL;
	problems = (struct problems){.arena = &arena};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct profile *parse(const char *text)
{
	problems = (struct problems){.arena = &arena};
	return profile_parse(&arena, "p", text, strlen(text), &problems);
}

/* ---- mistakes ------------------------------------------------------------------------ */

#define HEAD "{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n"
#define RULE(r)                                                                            \
	HEAD "\"syscalls\": [\n{\"names\": [\"read\"], \"action\": \"SCMP_ACT_LOG\"},\n" r \
	     "\n]}"
#define RULE2(m) RULE("{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_LOG\",\n" m "}")
#define ARG(m) RULE2("\"args\": [\n{" m "}]")

/* A text that is one mistake, and what is said of it. */
static const struct {
	const char *text, *problem;
} mistakes[] = {
	/* JSON */
	{"", "p:1: not valid JSON: '[' or '{' expected near end of file"},
	{"\n\n{\"a\": 1,\n}", "p:4: not valid JSON: string or '}' expected near '}'"},
	{"{} x", "p:1: not valid JSON: end of file expected near 'x'"},
	{HEAD "\"defaultAction\": \"SCMP_ACT_LOG\"}",
	 "p:2: not valid JSON: duplicate object key near '\"defaultAction\"'"},
	{"{\"a\": \"\\u0000\"}",
	 "p:1: not valid JSON: \\u0000 is not allowed without JSON_ALLOW_NUL near '\"\\u0000\"'"},
	{"{\"a\": \"\xff\"}",
	 "p:1: not valid JSON: unable to decode byte 0xff near '\"'"},
	{"{\"a\": \"\x1b\"}", "p:1: not valid JSON: control character 0x1b near '\"'"},
	{"\xef\xbb\xbf{}",
	 "p:1: not valid JSON: '[' or '{' expected near '\xef\xbb\xbf'"},
	{"[]", "p:1: a profile must be an object, not an array"},
	/* the outermost object */
	{"{}", "p:1: defaultAction is missing"},
	{"{\"defaultAction\": null}", "p:1: defaultAction is missing"},
	{"{\n\"defaultAction\": 7}", "p:2: defaultAction must be a text, not a number"},
	{"{\n\"defaultAction\": \"ALLOW\"}",
	 "p:2: unknown action 'ALLOW': SCMP_ACT_ALLOW, ERRNO, LOG, TRACE, TRAP, KILL, "
	 "KILL_THREAD or KILL_PROCESS"},
	{"{\n\"defaultAction\": \"SCMP_ACT_NOTIFY\"}",
	 "p:2: SCMP_ACT_NOTIFY needs a listener outside the container, which an entrypoint has "
	 "not"},
	{HEAD "\"defaultErrnoRet\": 1}",
	 "p:2: defaultErrnoRet is for SCMP_ACT_ERRNO and SCMP_ACT_TRACE only"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"defaultErrnoRet\": 4096}",
	 "p:2: defaultErrnoRet is 4096, more than 4095"},
	{"{\"defaultAction\": \"SCMP_ACT_TRACE\",\n\"defaultErrnoRet\": 65536}",
	 "p:2: defaultErrnoRet is 65536, more than 65535"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"defaultErrnoRet\": -1}",
	 "p:2: defaultErrnoRet must be a whole number from 0 to 2^64-1"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\"defaultErrnoRet\": 1.5}",
	 "p:2: defaultErrnoRet must be a whole number from 0 to 2^64-1"},
	{HEAD "\n\"architecture\": []}",
	 "p:3: unknown member 'architecture' of a profile: did you mean 'architectures'?"},
	{HEAD "\"\\u0061\": 1}", "p:1: unknown member 'a' of a profile"},
	{HEAD "\"architectures\": {}}",
	 "p:2: architectures must be an array, not an object"},
	{HEAD "\"architectures\": [\n\"SCMP_ARCH_X86\",\n\"amd64\"]}",
	 "p:4: unknown architecture 'amd64': expected one like SCMP_ARCH_X86_64"},
	{HEAD "\"architectures\": [\"SCMP_ARCH_X86\"],\n\"archMap\": [{\"architecture\": "
	      "\"SCMP_ARCH_X86_64\"}]}",
	 "p:1: architectures and archMap are both given: use one of them"},
	{HEAD "\"archMap\": [\n{}]}", "p:3: architecture is missing"},
	{HEAD
	 "\"archMap\": [\n{\"architecture\": \"SCMP_ARCH_X86\",\n\"subArches\": []}]}",
	 "p:4: unknown member 'subArches' of an entry of archMap"},
	{HEAD "\"flags\": [\"SECCOMP_FILTER_FLAG_NEW_LISTENER\"]}",
	 "p:2: unknown or unusable flag 'SECCOMP_FILTER_FLAG_NEW_LISTENER': "
	 "SECCOMP_FILTER_FLAG_LOG, SPEC_ALLOW or TSYNC"},
	{HEAD "\"listenerPath\": \"/run/x\"}",
	 "p:2: listenerPath is for SCMP_ACT_NOTIFY, which needs a listener outside the "
	 "container, which an entrypoint has not"},
	{HEAD "\"syscalls\": true}", "p:2: syscalls must be an array, not true or false"},
	/* rules */
	{RULE("7"), "p:4: a rule must be an object, not a number"},
	{RULE("{\"action\": \"SCMP_ACT_LOG\"}"),
	 "p:4: names is missing: the rule is for no call"},
	{RULE("{\"names\": [], \"action\": \"SCMP_ACT_LOG\"}"),
	 "p:4: names is missing: the rule is for no call"},
	{RULE("{\"names\": [\"a\"]}"), "p:4: action is missing"},
	{RULE("{\"name\": \"b\", \"names\": [\"a\"], \"action\": \"SCMP_ACT_LOG\"}"),
	 "p:4: name and names are both given: use names"},
	{RULE("{\"action\": \"SCMP_ACT_LOG\", \"names\": [\"a\",\n\"\"]}"),
	 "p:5: a system call's name is empty"},
	{RULE("{\"action\": \"SCMP_ACT_LOG\", \"names\": \"a\"}"),
	 "p:4: names must be an array, not a text"},
	{RULE("{\"action\": \"SCMP_ACT_LOG\", \"names\": [\"a\",\nnull]}"),
	 "p:5: names must be a text, not null"},
	{RULE2("\"errnoRet\": 2"),
	 "p:5: errnoRet is for SCMP_ACT_ERRNO and SCMP_ACT_TRACE only"},
	{RULE2("\"priority\": 2"), "p:5: unknown member 'priority' of a rule"},
	{RULE2("\"include\": {}"),
	 "p:5: unknown member 'include' of a rule: did you mean 'includes'?"},
	/* their conditions */
	{RULE2("\"includes\": []"),
	 "p:5: includes and excludes must be an object, not an array"},
	{RULE2("\"includes\": {\n\"cap\": []}"),
	 "p:6: unknown member 'cap' of includes and excludes: did you mean 'caps'?"},
	{RULE2("\"includes\": {\"caps\": [\"SYS_ADMIN\"]}"),
	 "p:5: unknown capability 'SYS_ADMIN': expected a name like CAP_SYS_ADMIN"},
	{RULE2("\"excludes\": {\"arches\": [\n\"arm65\"]}"),
	 "p:6: unknown architecture 'arm65': did you mean 'arm64'?"},
	{RULE2("\"excludes\": {\"arches\": [\n\"\"]}"),
	 "p:6: unknown architecture '': expected one like amd64 or arm64"},
	{RULE2("\"includes\": {\"minKernel\": \"4\"}"),
	 "p:5: cannot parse kernel version '4': expected one like 4.8"},
	{RULE2("\"includes\": {\"minKernel\": 4.8}"),
	 "p:5: minKernel must be a text, not a number"},
	/* arguments */
	{RULE2("\"args\": {}"), "p:5: args must be an array, not an object"},
	{RULE2("\"args\": [\n8]"),
	 "p:6: an argument's condition must be an object, not a number"},
	{ARG("\"index\": 1"), "p:6: op is missing"},
	{ARG("\"op\": \"SCMP_CMP_EQ\""), "p:6: index is missing"},
	{ARG("\"index\": 6, \"op\": \"SCMP_CMP_EQ\""), "p:6: index is 6, more than 5"},
	{ARG("\"index\": 1, \"op\": \"EQ\""),
	 "p:6: unknown operator 'EQ': SCMP_CMP_NE, LT, LE, EQ, GE, GT or MASKED_EQ"},
	{ARG("\"index\": 1, \"op\": \"SCMP_CMP_EQ\", \"value\": \"1\""),
	 "p:6: value must be a whole number from 0 to 2^64-1"},
	{ARG("\"index\": 1, \"op\": \"SCMP_CMP_EQ\",\n\"value\": 18446744073709551616"),
	 "p:7: value must be a whole number from 0 to 2^64-1"},
	{ARG("\"index\": 1, \"op\": \"SCMP_CMP_EQ\",\n\"value\": -99999999999999999999"),
	 "p:7: not valid JSON: too big negative integer"},
	{ARG("\"index\": 1, \"op\": \"SCMP_CMP_MASKED_EQ\", \"value\": 1, \"valueTwo\": 2"),
	 "p:6: never matches: valueTwo has bits that the mask in value has not"},
	{ARG("\"index\": 1, \"op\": \"SCMP_CMP_EQ\", \"value\": 4294967296"),
	 "p:6: never matches: the kernel reads 32 bits of ioctl's argument 1"},
	{ARG("\"index\": 1, \"op\": \"SCMP_CMP_EQ\", \"value\": 18446744069414584320"),
	 "p:6: never matches: the kernel reads 32 bits of ioctl's argument 1"},
	{ARG("\"index\": 1, \"op\": \"SCMP_CMP_EQ\", \"values\": 1"),
	 "p:6: unknown member 'values' of an argument's condition: did you mean 'value'?"},
	{RULE("{\"names\": [\"mkdir\"], \"action\": \"SCMP_ACT_LOG\", \"args\": [\n{\"index\": 1, "
	      "\"value\": 65536, \"op\": \"SCMP_CMP_GE\"}]}"),
	 "p:5: never matches: the kernel reads 16 bits of mkdir's argument 1"},
};

static void a_mistake_is_told_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
		const char *said;

		if (parse(mistakes[i].text)) {
			fail_msg("row %zu is taken: %s", i, mistakes[i].text);
		}
		said = problem_format(&arena, problems.first);
		if (problems.n != 1 || strcmp(said, mistakes[i].problem) != 0) {
			fail_msg("row %zu, %zu problems: %s", i, problems.n, said);
		}
	}
}

static void all_mistakes_are_told_at_once(void **state)
{
	const char *text =
		"{\n\"defaultAction\": 1,\n\"syscalls\": [\n{\"names\": [\"a\"],\n"
		"\"action\": \"X\",\n\"args\": [{\"index\": 9,\n\"op\": 1}]},\n[]],\n\"x\": 1}";
	static const unsigned lines[] = {2, 5, 6, 7, 8, 9};
	const struct problem *p;
	size_t n = 0;

	(void)state;
	assert_null(parse(text));
	for (p = problems.first; p; p = p->next) {
		assert_true(n < ARRAY_LEN(lines));
		assert_int_equal(p->at.line, lines[n++]);
	}
	assert_int_equal(n, ARRAY_LEN(lines));
}

/* ---- hostile text -------------------------------------------------------------------- */

static void hostile_text_is_refused_in_time(void **state)
{
	size_t n = PROFILE_SIZE_MAX;
	char *text = arena_alloc(&arena, n + 2), *p = text;

	(void)state;
	/* deep nesting */
	memset(text, '[', n);
	assert_null(parse(text));
	assert_string_equal(problems.first->text,
			    "not valid JSON: maximum parsing depth reached near '['");
	/* too long */
	memset(text, ' ', n + 1);
	assert_null(parse(text));
	assert_string_equal(problems.first->text,
			    "more than 262144 bytes: not a seccomp profile");
	/* NUL in the text */
	memcpy(text, "{\"a\": 1\0}", 9);
	assert_null(profile_parse(&arena, "p", text, 9, &problems));
	/* nothing but mistakes: told up to a number */
	memset(text, 0, n + 2);
	p += sprintf(p, "{\"defaultAction\": \"SCMP_ACT_LOG\", \"syscalls\": [1");
	for (int i = 0; i < 2000; i++) {
		p += sprintf(p, ",\n%d", i);
	}
	strcpy(p, "]}");
	assert_null(parse(text));
	assert_int_equal(problems.n, 51);
	assert_string_equal(problems.last->text, "1951 more mistakes");
	/* more rules than we take */
	p = text +
	    sprintf(text, "{\"defaultAction\": \"SCMP_ACT_LOG\", \"syscalls\": [1");
	for (int i = 0; i < PROFILE_RULES_MAX; i++) {
		p += sprintf(p, ",1");
	}
	strcpy(p, "]}");
	assert_null(parse(text));
	assert_string_equal(problems.first->text,
			    "syscalls has 2049 entries, more than 2048");
}

/* ---- values -------------------------------------------------------------------------- */

static void big_numbers_are_exact(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} rows[] = {
		{"0", 0},
		{"9223372036854775807", INT64_MAX},
		{"9223372036854775808", 1ull << 63},
		{"18446744073709551615", UINT64_MAX},
		{"1000000000000000000", 1000000000000000000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct profile *p = parse(arena_printf(
			&arena,
			"{\"defaultAction\": \"SCMP_ACT_LOG\", \"comment\": \"99999999999999999999\","
			"\"syscalls\": [{\"names\": [\"lseek\"], \"action\": \"SCMP_ACT_ALLOW\", "
			"\"args\": [{\"index\": 1, \"value\": %s, \"op\": \"SCMP_CMP_EQ\"}]}]}",
			rows[i].text));

		assert_non_null(p);
		assert_true(p->rules->args[0].value == rows[i].value);
		assert_string_equal(p->comment, "99999999999999999999");
	}
}

static void lines_are_found_through_any_text(void **state)
{
	const char *text =
		"{ \"a\\\"b\" : [1, {\"x\": \"}]\\\\\"},\n [[]], \"c\"\n],\n\"d\":{\n\"e\"\n:\n2}}";
	const struct json_path root = {0}, d = {&root, "d", 0}, e = {&d, "e", 0};
	const struct json_path a = {&root, "a\\\"b", 0}, two = {&a, NULL, 2},
			       none = {&a, NULL, 4};
	const struct json_path wrong = {&d, NULL, 0}, gone = {&root, "zz", 0};
	size_t n = strlen(text);

	(void)state;
	assert_int_equal(json_line(text, n, &root), 1);
	assert_int_equal(json_line(text, n, &a), 1);
	assert_int_equal(json_line(text, n, &two), 2);
	assert_int_equal(json_line(text, n, &none), 1);
	assert_int_equal(json_line(text, n, &d), 4);
	assert_int_equal(json_line(text, n, &e), 5);
	assert_int_equal(json_line(text, n, &wrong), 4);
	assert_int_equal(json_line(text, n, &gone), 1);
	assert_int_equal(json_line(text, n, NULL), 1);
}

static void actions_have_their_numbers(void **state)
{
	static const struct {
		const char *text;
		uint32_t action;
	} rows[] = {
		{"\"SCMP_ACT_KILL\"", SECCOMP_RET_KILL_THREAD},
		{"\"SCMP_ACT_KILL_THREAD\"", SECCOMP_RET_KILL_THREAD},
		{"\"SCMP_ACT_KILL_PROCESS\"", SECCOMP_RET_KILL_PROCESS},
		{"\"SCMP_ACT_TRAP\"", SECCOMP_RET_TRAP},
		{"\"SCMP_ACT_ERRNO\"", SECCOMP_RET_ERRNO | EPERM},
		{"\"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38", SECCOMP_RET_ERRNO | 38},
		{"\"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 0", SECCOMP_RET_ERRNO},
		{"\"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": null",
		 SECCOMP_RET_ERRNO | EPERM},
		{"\"SCMP_ACT_TRACE\"", SECCOMP_RET_TRACE | EPERM},
		{"\"SCMP_ACT_TRACE\", \"defaultErrnoRet\": 65535",
		 SECCOMP_RET_TRACE | 65535},
		{"\"SCMP_ACT_ALLOW\"", SECCOMP_RET_ALLOW},
		{"\"SCMP_ACT_LOG\"", SECCOMP_RET_LOG},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct profile *p = parse(
			arena_printf(&arena, "{\"defaultAction\": %s}", rows[i].text));

		assert_non_null(p);
		assert_int_equal(p->default_action, rows[i].action);
	}
}

/* ---- conditions ---------------------------------------------------------------------- */

static void conditions_hold_as_in_moby(void **state)
{
	const struct callarch *amd64 = callarch_by_docker("amd64");
	const archbits_t amd = ARCHBIT(amd64), arm = ARCHBIT(callarch_by_docker("arm64"));
	const kernver_t k48 = PROFILE_KERNEL(4, 8, 0);
	const struct {
		struct profile_when in, ex;
		capbits_t caps;
		kernver_t kernel;
		bool applies;
	} rows[] = {
		{{0}, {0}, 0, 0, true},
		{{.caps = 1}, {0}, 0, 0, false},
		{{.caps = 1}, {0}, 1, 0, true},
		{{.caps = 3}, {0}, 1, 0, false}, /* all of includes */
		{{.caps = 3}, {0}, 7, 0, true},
		{{0}, {.caps = 3}, 0, 0, true},
		{{0}, {.caps = 3}, 1, 0, false}, /* any of excludes */
		{{.arches = amd}, {0}, 0, 0, true},
		{{.arches = arm}, {0}, 0, 0, false},
		{{.arches = arm | amd}, {0}, 0, 0, true},
		{{0}, {.arches = arm}, 0, 0, true},
		{{0}, {.arches = arm | amd}, 0, 0, false},
		{{.min_kernel = k48}, {0}, 0, PROFILE_KERNEL(4, 7, 10), false},
		{{.min_kernel = k48}, {0}, 0, k48, true},
		{{.min_kernel = k48}, {0}, 0, PROFILE_KERNEL(6, 1, 0), true},
		{{0}, {.min_kernel = k48}, 0, PROFILE_KERNEL(4, 7, 10), true},
		{{0}, {.min_kernel = k48}, 0, k48, false},
		{{.caps = 1, .arches = amd, .min_kernel = k48},
		 {.caps = 2},
		 1,
		 k48,
		 true},
		{{.caps = 1, .arches = amd, .min_kernel = k48},
		 {.caps = 2},
		 3,
		 k48,
		 false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct profile_rule rule = {.includes = rows[i].in,
					    .excludes = rows[i].ex};
		struct profile_target target = {amd64, rows[i].caps, rows[i].kernel};

		if (profile_applies(&rule, &target) != rows[i].applies) {
			fail_msg("row %zu", i);
		}
	}
}

static void a_profile_tells_what_it_depends_on(void **state)
{
	struct profile *p = parse(RULE(
		"{\"names\": [\"a\"], \"action\": \"SCMP_ACT_LOG\", \"includes\": {\"caps\": "
		"[\"CAP_KILL\"], \"minKernel\": \"5.10\"}},\n"
		"{\"names\": [\"a\"], \"action\": \"SCMP_ACT_LOG\", \"excludes\": {\"caps\": "
		"[\"CAP_CHOWN\"], \"minKernel\": \"4.8.1\", \"arches\": [\"arm\"]}}"));
	struct profile_when when;

	(void)state;
	assert_non_null(p);
	when = profile_conditions(p);
	assert_true(when.caps == (CAPBIT(5) | CAPBIT(0)));
	assert_int_equal(when.min_kernel, PROFILE_KERNEL(5, 10, 0));
	assert_int_equal(when.arches, ARCHBIT(callarch_by_docker("arm")));
}

static void kernels_have_versions(void **state)
{
	static const struct {
		const char *text;
		kernver_t version; /* 0: refused */
	} rows[] = {
		{"4.8", PROFILE_KERNEL(4, 8, 0)},
		{"6.1.0-12-amd64", PROFILE_KERNEL(6, 1, 0)},
		{"5.15.167.4-microsoft-standard-WSL2", PROFILE_KERNEL(5, 15, 167)},
		{"6.18.44-fc", PROFILE_KERNEL(6, 18, 44)},
		{"4.9.9999", PROFILE_KERNEL(4, 9, 1023)},
		{"6.1-rc1", PROFILE_KERNEL(6, 1, 0)},
		{"6.", 0},
		{"6", 0},
		{".1", 0},
		{"", 0},
		{"v6.1", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		kernver_t version = 0;
		int rc = profile_parse_kernel(rows[i].text, &version, NULL);

		assert_int_equal(rc, rows[i].version ? 0 : -EINVAL);
		assert_int_equal(version, rows[i].version);
	}
	assert_true(PROFILE_KERNEL(4, 9, 0) > PROFILE_KERNEL(4, 8, 1023));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_mistake_is_told_with_its_line),
		TEST(all_mistakes_are_told_at_once),
		TEST(hostile_text_is_refused_in_time),
		TEST(big_numbers_are_exact),
		TEST(lines_are_found_through_any_text),
		TEST(actions_have_their_numbers),
		TEST(conditions_hold_as_in_moby),
		TEST(a_profile_tells_what_it_depends_on),
		TEST(kernels_have_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
