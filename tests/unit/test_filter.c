/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles compiled to programs, and what those answer: tables of calls, and every call of every ABI
 * against an oracle.
 */
#include "unit.h"

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/callargs.h"
#include "profile_oracle.h"
#include "sys/filter_compile.h"

#define EPERM_RET (SECCOMP_RET_ERRNO | EPERM)
#define ENOSYS_RET (SECCOMP_RET_ERRNO | ENOSYS)
#define ALLOW SECCOMP_RET_ALLOW
#define KILL SECCOMP_RET_KILL_PROCESS
#define ADMIN CAPBIT(21)
#define HIGH 0x100000000ull

static struct arena arena;
static struct problems problems;

/* One compiled profile. */
struct compiled {
	struct profile *profile;
	struct profile_target target;
	struct sock_filter insns[BPF_INSNS_MAX];
	size_t n;
};

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

static int compile_text(struct compiled *c, const char *text, const char *arch,
			capbits_t caps, kernver_t kernel)
{
	struct err e;

	c->target = (struct profile_target){callarch_by_any(arch), caps, kernel};
	c->profile = profile_parse(&arena, "test.json", text, strlen(text), &problems);
	if (!c->profile) {
		return -EINVAL;
	}
	return filter_compile(&arena, c->profile, &c->target, c->insns, &c->n, &problems,
			      &e);
}

static void compile_file(struct compiled *c, const char *path, const char *arch,
			 capbits_t caps, kernver_t kernel)
{
	size_t len;
	char *text = oracle_read_file(&arena, path, &len);

	if (compile_text(c, text, arch, caps, kernel) < 0) {
		fail_msg("%s: %s", path, problem_format(&arena, problems.first));
	}
}

static uint32_t ask(const struct compiled *c, const char *arch, const char *name,
		    uint64_t a0, uint64_t a1, uint64_t a2)
{
	const struct callarch *abi = callarch_by_any(arch);
	struct seccomp_data data = {
		.arch = abi->audit,
		.nr = seccomp_syscall_resolve_name_arch(abi->token, name),
		.args = {a0, a1, a2},
	};

	if (data.nr == -101) {
		data.nr = 359; /* i386's socket() beside socketcall(), since Linux 4.3 */
	}
	assert_true(data.nr >= 0);
	return bpf_run(c->insns, c->n, &data, NULL);
}

struct row {
	const char *arch, *name;
	uint64_t args[3];
	uint32_t answer;
};

static void check_rows(const struct compiled *c, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		uint32_t got =
			ask(c, r->arch, r->name, r->args[0], r->args[1], r->args[2]);
		char buf[BPF_ANSWER_MAX];

		if (got != r->answer) {
			fail_msg("row %zu, %s %s(0x%llx, 0x%llx): %s", i, r->arch,
				 r->name, (unsigned long long)r->args[0],
				 (unsigned long long)r->args[1], bpf_answer(got, buf));
		}
	}
}

/* ---- the built-in profile ------------------------------------------------------------ */

#define DEFAULT "seccomp-profiles/default.json"

static const struct row default_rows[] = {
	{"x86_64", "read", {0}, ALLOW},
	{"x86_64", "execve", {0}, ALLOW},
	{"x86_64", "seccomp", {0}, ALLOW},
	{"x86_64", "landlock_restrict_self", {0}, ALLOW},
	{"x86_64", "pidfd_open", {0}, ALLOW},
	{"x86_64", "pidfd_send_signal", {0}, ALLOW},
	{"x86_64", "close_range", {0}, ALLOW},
	{"x86_64", "memfd_create", {0}, ALLOW},
	{"x86_64", "openat2", {0}, ALLOW},
	{"x86_64", "ptrace", {0}, ALLOW},
	{"x86_64", "chroot", {0}, ALLOW},
	{"x86_64", "mseal", {0}, ALLOW},
	{"x86_64", "mount", {0}, EPERM_RET},
	{"x86_64", "umount2", {0}, EPERM_RET},
	{"x86_64", "unshare", {0x10000000}, EPERM_RET},
	{"x86_64", "setns", {0}, EPERM_RET},
	{"x86_64", "pidfd_getfd", {0}, EPERM_RET},
	{"x86_64", "bpf", {0}, EPERM_RET},
	{"x86_64", "keyctl", {0}, EPERM_RET},
	{"x86_64", "add_key", {0}, EPERM_RET},
	{"x86_64", "io_uring_setup", {0}, EPERM_RET},
	{"x86_64", "userfaultfd", {0}, EPERM_RET},
	{"x86_64", "kexec_load", {0}, EPERM_RET},
	{"x86_64", "pivot_root", {0}, EPERM_RET},
	{"x86_64", "open_by_handle_at", {0}, EPERM_RET},
	{"x86_64", "perf_event_open", {0}, EPERM_RET},
	{"x86_64", "clone3", {0}, ENOSYS_RET},
	{"x86_64", "clone", {0x11}, ALLOW},
	{"x86_64", "clone", {0x3d0f00}, ALLOW},
	{"x86_64", "clone", {0x10000011}, EPERM_RET},
	{"x86_64", "clone", {0x10000011 | HIGH}, EPERM_RET},
	{"x86_64", "clone", {0x11 | HIGH}, ALLOW},
	{"x86_64", "socket", {1}, ALLOW},
	{"x86_64", "socket", {2}, ALLOW},
	{"x86_64", "socket", {10}, ALLOW},
	{"x86_64", "socket", {16}, ALLOW},
	{"x86_64", "socket", {38}, EPERM_RET},
	{"x86_64", "socket", {38 | HIGH}, EPERM_RET},
	{"x86_64", "socket", {40}, EPERM_RET},
	{"x86_64", "socket", {40 | HIGH}, EPERM_RET},
	/* the upper half of an int's register is the compiler's: it may hold anything */
	{"x86_64", "socket", {2 | HIGH}, ALLOW},
	{"x86_64", "ioctl", {0, 0x5401}, ALLOW},
	{"x86_64", "ioctl", {0, 0x5411}, ALLOW},
	{"x86_64", "ioctl", {0, 0x5412}, EPERM_RET},
	{"x86_64", "ioctl", {0, 0x5412 | HIGH}, EPERM_RET},
	{"x86_64", "ioctl", {0, 0x5412 | 0xffffffff00000000}, EPERM_RET},
	{"x86_64", "ioctl", {0, 0x5413}, ALLOW},
	{"x86_64", "ioctl", {0, 0x541b}, ALLOW},
	{"x86_64", "ioctl", {0, 0x541c}, EPERM_RET},
	{"x86_64", "ioctl", {0, 0x541c | HIGH}, EPERM_RET},
	{"x86_64", "ioctl", {0, 0x541d}, ALLOW},
	{"x86_64", "ioctl", {0, 0xffffffff80045430}, ALLOW},
	{"x86_64", "personality", {0}, ALLOW},
	{"x86_64", "personality", {0xffffffff}, ALLOW},
	{"x86_64", "personality", {0xffffffffffffffff}, ALLOW},
	{"x86_64", "personality", {0x40000}, EPERM_RET},
	{"x86_64", "personality", {0x40000 | HIGH}, EPERM_RET},
	{"x86", "execve", {0}, ALLOW},
	{"x86", "socket", {2}, ALLOW},
	{"x86", "socket", {38}, EPERM_RET},
	{"x86", "socketcall", {1}, ENOSYS_RET},
	{"x86", "socketcall", {3}, ALLOW},
	{"x86", "ipc", {21}, ALLOW},
	{"x86", "mount", {0}, EPERM_RET},
	{"x86", "ioctl", {0, 0x5412}, EPERM_RET},
	{"x86", "clone", {0x20000011}, EPERM_RET},
	{"x32", "read", {0}, KILL},
	{"x32", "execve", {0}, KILL},
	{"aarch64", "read", {0}, KILL},
	{"arm", "read", {0}, KILL},
};

static const struct row default_rows_aarch64[] = {
	{"aarch64", "read", {0}, ALLOW},
	{"aarch64", "execve", {0}, ALLOW},
	{"aarch64", "mount", {0}, EPERM_RET},
	{"aarch64", "clone3", {0}, ENOSYS_RET},
	{"aarch64", "clone", {0x10000011 | HIGH}, EPERM_RET},
	{"aarch64", "socket", {40 | HIGH}, EPERM_RET},
	{"aarch64", "ioctl", {0, 0x5412 | HIGH}, EPERM_RET},
	{"arm", "read", {0}, ALLOW},
	{"arm", "cacheflush", {0}, ALLOW},
	{"arm", "socket", {38}, EPERM_RET},
	{"arm", "mount", {0}, EPERM_RET},
	{"x86_64", "read", {0}, KILL},
	{"x86", "read", {0}, KILL},
	{"x32", "read", {0}, KILL},
};

static void the_default_profile_answers(void **state)
{
	struct compiled *c = arena_alloc(&arena, sizeof(*c));

	(void)state;
	compile_file(c, DEFAULT, "x86_64", 0, PROFILE_KERNEL(6, 1, 0));
	check_rows(c, default_rows, ARRAY_LEN(default_rows));
	assert_true(bpf_depth(c->insns, c->n) < 150);
	assert_true(c->n < 500);
	compile_file(c, DEFAULT, "aarch64", 0, PROFILE_KERNEL(6, 1, 0));
	check_rows(c, default_rows_aarch64, ARRAY_LEN(default_rows_aarch64));
}

/* A call above the last that the profile knows. */
static void calls_of_the_future_get_enosys(void **state)
{
	struct compiled *c = arena_alloc(&arena, sizeof(*c));
	struct seccomp_data data = {.arch = AUDIT_ARCH_X86_64, .nr = 600};

	(void)state;
	compile_file(c, DEFAULT, "x86_64", 0, PROFILE_KERNEL(6, 1, 0));
	assert_int_equal(bpf_run(c->insns, c->n, &data, NULL), ENOSYS_RET);
	data.nr = 0x3fffffff;
	assert_int_equal(bpf_run(c->insns, c->n, &data, NULL), ENOSYS_RET);
	data.nr = (int)CALLARCH_X32_BIT;
	assert_int_equal(bpf_run(c->insns, c->n, &data, NULL), KILL);
	data.nr = -1; /* a call that a tracer has cancelled */
	assert_int_equal(bpf_run(c->insns, c->n, &data, NULL), EPERM_RET);
	data.arch = AUDIT_ARCH_I386;
	data.nr = 600;
	assert_int_equal(bpf_run(c->insns, c->n, &data, NULL), ENOSYS_RET);
}

static void capabilities_open_what_they_are_for(void **state)
{
	static const struct {
		unsigned cap;
		const char *name;
	} rows[] = {
		{2, "open_by_handle_at"}, {21, "mount"},       {21, "unshare"},
		{21, "clone3"},		  {19, "pidfd_getfd"}, {23, "mbind"},
		{25, "clock_settime"},	  {20, "acct"},	       {16, "finit_module"},
		{22, "reboot"},		  {17, "iopl"},	       {26, "vhangup"},
		{34, "syslog"},		  {39, "bpf"},	       {38, "perf_event_open"},
	};
	struct compiled *c = arena_alloc(&arena, sizeof(*c));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		compile_file(c, DEFAULT, "x86_64", 0, PROFILE_KERNEL(6, 1, 0));
		assert_int_not_equal(ask(c, "x86_64", rows[i].name, 0, 0, 0), ALLOW);
		compile_file(c, DEFAULT, "x86_64", CAPBIT(rows[i].cap),
			     PROFILE_KERNEL(6, 1, 0));
		assert_int_equal(ask(c, "x86_64", rows[i].name, 0, 0, 0), ALLOW);
	}
	compile_file(c, DEFAULT, "x86_64", CAPBIT(12), PROFILE_KERNEL(6, 1, 0));
	assert_int_equal(ask(c, "x86_64", "socket", 38, 0, 0), ALLOW);
	assert_int_equal(ask(c, "x86", "socketcall", 1, 0, 0), ALLOW);
	compile_file(c, DEFAULT, "x86_64", 0, PROFILE_KERNEL(4, 7, 0));
	assert_int_equal(ask(c, "x86_64", "ptrace", 0, 0, 0), EPERM_RET);
}

/* ---- the format, whole --------------------------------------------------------------- */

#define EVERYTHING "tests/unit/profiles/everything.json"

static const struct row everything_rows[] = {
	{"x86_64", "getpid", {0}, SECCOMP_RET_LOG},
	{"x86_64", "getppid", {0}, SECCOMP_RET_TRAP},
	{"x86_64", "gettid", {0}, SECCOMP_RET_KILL_THREAD},
	{"x86_64", "getuid", {0}, SECCOMP_RET_KILL_THREAD},
	{"x86_64", "getgid", {0}, KILL},
	{"x86_64", "geteuid", {0}, SECCOMP_RET_TRACE | EPERM},
	{"x86_64", "getegid", {0}, SECCOMP_RET_TRACE | 4096},
	{"x86_64", "clone3", {0}, ENOSYS_RET},
	{"x86_64", "fork", {0}, EPERM_RET},
	{"x86_64", "lseek", {0, ~0ull}, ALLOW},
	{"x86_64", "lseek", {0, 0xffffffff}, EPERM_RET},
	{"x86_64", "pread64", {0, 0, 4096}, EPERM_RET},
	{"x86_64", "pread64", {0, 0, 4096 | HIGH}, ALLOW}, /* size_t: all of it counts */
	{"x86_64", "pwrite64", {0, 0, 4095}, ALLOW},
	{"x86_64", "pwrite64", {0, 0, HIGH}, EPERM_RET},
	{"x86_64", "brk", {1ull << 40}, ALLOW},
	{"x86_64", "brk", {(1ull << 40) + 1}, EPERM_RET},
	{"x86_64", "munmap", {(1ull << 40) + 1, 4096}, ALLOW},
	{"x86_64", "munmap", {1ull << 40, 4096}, EPERM_RET},
	{"x86_64", "munmap", {(1ull << 40) + 1, 4095}, EPERM_RET},
	/* two conditions on one argument: either */
	{"x86_64", "prctl", {15}, ALLOW},
	{"x86_64", "prctl", {16}, ALLOW},
	{"x86_64", "prctl", {15 | HIGH}, ALLOW},
	{"x86_64", "prctl", {17}, EPERM_RET},
	{"x86_64", "ioctl", {0, 0x5412}, EPERM_RET},
	{"x86_64", "ioctl", {0, 0x5412 | HIGH}, EPERM_RET},
	{"x86_64", "ioctl", {0, 0x5413}, ALLOW},
	{"x86_64", "setpriority", {0, 0, 5}, ALLOW},
	{"x86_64", "setpriority", {HIGH, 0, 5 | HIGH}, ALLOW},
	{"x86_64", "setpriority", {0, 0, 6}, EPERM_RET},
	{"x86_64", "setpriority", {1, 0, 5}, EPERM_RET},
	/* umode_t: the kernel reads 16 bits */
	{"x86_64", "mkdir", {0, 0777}, ALLOW},
	{"x86_64", "mkdir", {0, 0x10000 | 0777}, ALLOW},
	{"x86_64", "mkdir", {0, 01777}, EPERM_RET},
	{"x86_64", "socket", {37}, ALLOW},
	{"x86_64", "socket", {38}, EPERM_RET},
	{"x86_64", "socket", {40}, EPERM_RET},
	{"x86_64", "socket", {40 | HIGH}, EPERM_RET},
	{"x86_64", "socket", {41}, ALLOW},
	{"x86", "socketcall", {1}, ENOSYS_RET},
	{"x86", "socketcall", {2}, ALLOW},
	{"x86", "socketcall", {4}, EPERM_RET},
	{"x32", "getpid", {0}, SECCOMP_RET_LOG},
	{"x32", "prctl", {17}, EPERM_RET},
	{"x86_64", "mount", {0}, EPERM_RET},
	{"x86_64", "chroot", {0}, EPERM_RET},
	{"x86_64", "kcmp", {0}, EPERM_RET},
	{"x86_64", "arch_prctl", {0}, ALLOW},
};

static void every_part_of_the_format_counts(void **state)
{
	struct compiled *c = arena_alloc(&arena, sizeof(*c));

	(void)state;
	compile_file(c, EVERYTHING, "x86_64", 0, PROFILE_KERNEL(6, 1, 0));
	check_rows(c, everything_rows, ARRAY_LEN(everything_rows));
	assert_int_equal(c->profile->flags,
			 SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	assert_string_equal(c->profile->comment,
			    "One of everything that the format has.");
}

/* Every call of every ABI, for a number of targets, against the oracle. */
static void programs_mean_what_profiles_say(void **state)
{
	static const char *const files[] = {
		DEFAULT,
		EVERYTHING,
		"seccomp-profiles/web.json",
		"seccomp-profiles/database.json",
		"seccomp-profiles/worker.json",
		"seccomp-profiles/strict.json",
	};
	static const struct {
		const char *arch;
		capbits_t caps;
		kernver_t kernel;
	} targets[] = {
		{"x86_64", 0, PROFILE_KERNEL(6, 1, 0)},
		{"x86_64", ADMIN | CAPBIT(18), PROFILE_KERNEL(5, 10, 0)},
		{"x86_64", 0, PROFILE_KERNEL(4, 4, 0)},
		{"aarch64", 0, PROFILE_KERNEL(6, 1, 0)},
		{"aarch64", ~0ull, PROFILE_KERNEL(6, 18, 0)},
	};
	struct compiled *c = arena_alloc(&arena, sizeof(*c));
	unsigned asked = 0;

	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(files); f++) {
		for (size_t t = 0; t < ARRAY_LEN(targets); t++) {
			struct oracle o = {.target = &c->target};

			compile_file(c, files[f], targets[t].arch, targets[t].caps,
				     targets[t].kernel);
			o.profile = c->profile;
			if (oracle_compare(&o, ~0u, c->insns, c->n, &asked)) {
				fail_msg("%s for %s", files[f], targets[t].arch);
			}
		}
	}
	print_message("%u calls compared\n", asked);
	assert_true(asked > 100000);
}

/* ---- small profiles ------------------------------------------------------------------ */

#define NEEDED "\"execve\", \"exit_group\""

static void a_default_that_allows_has_no_enosys(void **state)
{
	struct compiled *c = arena_alloc(&arena, sizeof(*c));
	struct seccomp_data data = {.arch = AUDIT_ARCH_X86_64, .nr = 600};

	(void)state;
	assert_int_equal(
		compile_text(c,
			     "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": ["
			     "{\"names\": [\"mount\"], \"action\": \"SCMP_ACT_ERRNO\"}]}",
			     "x86_64", 0, 0),
		0);
	assert_int_equal(ask(c, "x86_64", "mount", 0, 0, 0), EPERM_RET);
	assert_int_equal(ask(c, "x86_64", "read", 0, 0, 0), ALLOW);
	assert_int_equal(ask(c, "x86", "read", 0, 0, 0), KILL);
	assert_int_equal(bpf_run(c->insns, c->n, &data, NULL), ALLOW);
}

/* Old profiles name architectures, and calls one by one. */
static void the_older_format_is_read(void **state)
{
	struct compiled *c = arena_alloc(&arena, sizeof(*c));

	(void)state;
	assert_int_equal(
		compile_text(
			c,
			"{\"defaultAction\": \"SCMP_ACT_ERRNO\","
			"\"architectures\": [\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X32\","
			" \"SCMP_ARCH_S390X\"], \"syscalls\": ["
			"{\"name\": \"execve\", \"action\": \"SCMP_ACT_ALLOW\", \"args\": []},"
			"{\"name\": \"read\", \"action\": \"SCMP_ACT_ALLOW\"}]}",
			"x86_64", 0, 0),
		0);
	assert_int_equal(ask(c, "x86_64", "read", 0, 0, 0), ALLOW);
	assert_int_equal(ask(c, "x32", "read", 0, 0, 0), ALLOW);
	assert_int_equal(ask(c, "x86", "read", 0, 0, 0), KILL);
}

/* A profile that names socketcall itself has said what it wants of it. */
static void socketcall_by_name_stays_open(void **state)
{
	struct compiled *c = arena_alloc(&arena, sizeof(*c));

	(void)state;
	assert_int_equal(
		compile_text(
			c,
			"{\"defaultAction\": \"SCMP_ACT_ERRNO\","
			"\"architectures\": [\"SCMP_ARCH_X86\"], \"syscalls\": ["
			"{\"names\": [" NEEDED ", \"socketcall\"], \"action\": "
			"\"SCMP_ACT_ALLOW\"},"
			"{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
			"[{\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}]}]}",
			"x86_64", 0, 0),
		0);
	assert_int_equal(ask(c, "x86", "socketcall", 1, 0, 0), ALLOW);
	/* its number is above 102, the last that this profile names */
	assert_int_equal(ask(c, "x86", "socket", 2, 0, 0), ENOSYS_RET);
}

static const struct {
	const char *text, *problem;
} impossible[] = {
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\"}",
	 "test.json: forbids execve (errno 1), so that no program could be started"},
	{"{\"defaultAction\": \"SCMP_ACT_KILL\", \"syscalls\": [{\"names\": [\"write\"], "
	 "\"action\": \"SCMP_ACT_ALLOW\"}]}",
	 "test.json: forbids execve (errno 38), so that no program could be started"},
	{"{\"defaultAction\": \"SCMP_ACT_TRACE\"}",
	 "test.json: forbids execve (trace 1), so that no program could be started"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"execve\"], \"action\": \"SCMP_ACT_LOG\"},\n{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_ALLOW\"},\n{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_TRAP\"}]}",
	 "test.json:3: contradicts line 2, which gives 'ioctl' another action"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"execve\"], \"action\": \"SCMP_ACT_LOG\"},\n{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_ALLOW\"},\n{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_ERRNO\"}]}",
	 "test.json:3: contradicts line 2, which gives 'ioctl' another action"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"execve\"], \"action\": \"SCMP_ACT_LOG\"},\n{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_ALLOW\"},\n{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_ERRNO\", \"args\": [{\"index\": 1, \"value\": 9, \"op\": \"SCMP_CMP_EQ\"}]}]}",
	 "test.json:3: contradicts line 2, which gives 'ioctl' another action"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"execve\"], \"action\": \"SCMP_ACT_LOG\"},\n{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 1, \"value\": 9, \"op\": \"SCMP_CMP_EQ\"}]},\n{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_TRAP\"}]}",
	 "test.json:3: contradicts line 2, which gives 'ioctl' another action"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"execve\"], \"action\": \"SCMP_ACT_LOG\"},\n{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 1, \"value\": 9, \"op\": \"SCMP_CMP_EQ\"}]},\n{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_TRAP\", \"args\": [{\"index\": 1, \"value\": 9, \"op\": \"SCMP_CMP_EQ\"}]}]}",
	 "test.json:3: cannot add the rule for 'ioctl': another rule has another action"},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [\n{\"names\": [\"socket\"], "
	 "\"action\": \"SCMP_ACT_ERRNO\", \"args\": [{\"index\": 0, \"value\": 9, \"op\": "
	 "\"SCMP_CMP_NE\"}, {\"index\": 1, \"value\": 9, \"op\": \"SCMP_CMP_NE\"}, {\"index\": "
	 "2, \"value\": 9, \"op\": \"SCMP_CMP_NE\"}]}]}",
	 "test.json:2: too many orders (LT, LE, GE, GT, NE) on 32-bit arguments of 'socket'"},
};

static void a_profile_that_cannot_work_is_refused(void **state)
{
	struct compiled *c = arena_alloc(&arena, sizeof(*c));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(impossible); i++) {
		problems = (struct problems){.arena = &arena};
		assert_int_equal(compile_text(c, impossible[i].text, "x86_64", 0, 0),
				 -EINVAL);
		assert_int_equal(problems.n, 1);
		assert_string_equal(problem_format(&arena, problems.first),
				    impossible[i].problem);
	}
}

/* To say again what the default says is no contradiction, nor to say a thing twice. */
static void a_profile_may_repeat_itself(void **state)
{
	struct compiled *c = arena_alloc(&arena, sizeof(*c));

	(void)state;
	assert_int_equal(
		compile_text(
			c,
			"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": ["
			"{\"names\": [" NEEDED
			", \"read\"], \"action\": \"SCMP_ACT_ALLOW\"},"
			"{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\"},"
			"{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
			"[{\"index\": 1, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}]},"
			"{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_ERRNO\"}]}",
			"x86_64", 0, 0),
		0);
	assert_int_equal(ask(c, "x86_64", "read", 0, 0, 0), ALLOW);
	assert_int_equal(ask(c, "x86_64", "ioctl", 0, 1, 0), ALLOW);
	assert_int_equal(ask(c, "x86_64", "ioctl", 0, 2, 0), EPERM_RET);
}

/* The same text gives the same bytes, whatever was compiled before. */
static void compiling_twice_gives_the_same(void **state)
{
	struct compiled *a = arena_alloc(&arena, sizeof(*a)),
			*b = arena_alloc(&arena, sizeof(*b));

	(void)state;
	compile_file(a, DEFAULT, "aarch64", 0, PROFILE_KERNEL(6, 1, 0));
	compile_file(b, EVERYTHING, "x86_64", 0, PROFILE_KERNEL(6, 1, 0));
	compile_file(b, DEFAULT, "aarch64", 0, PROFILE_KERNEL(6, 1, 0));
	assert_int_equal(a->n, b->n);
	assert_memory_equal(a->insns, b->insns, a->n * sizeof(*a->insns));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_default_profile_answers),
		TEST(calls_of_the_future_get_enosys),
		TEST(capabilities_open_what_they_are_for),
		TEST(every_part_of_the_format_counts),
		TEST(programs_mean_what_profiles_say),
		TEST(a_default_that_allows_has_no_enosys),
		TEST(the_older_format_is_read),
		TEST(socketcall_by_name_stays_open),
		TEST(a_profile_that_cannot_work_is_refused),
		TEST(a_profile_may_repeat_itself),
		TEST(compiling_twice_gives_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
