/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The evaluator of seccomp programs: which it takes, what they answer, and that the kernel agrees.
 */
#include "unit.h"

#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/bpf.h"

#define INSNS_MAX 24
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define LOAD(k) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, k)

static size_t length(const struct sock_filter *insns)
{
	size_t n = 0;

	for (size_t i = 0; i < INSNS_MAX; i++) {
		if (insns[i].code || insns[i].k || insns[i].jt || insns[i].jf) {
			n = i + 1;
		}
	}
	return n;
}

/* ---- what is taken ------------------------------------------------------------------- */

static const struct {
	struct sock_filter insns[INSNS_MAX];
	const char *why; /* NULL: valid */
} programs[] = {
	{{ALLOW}, NULL},
	{{BPF_STMT(BPF_RET | BPF_A, 0)}, NULL},
	{{BPF_STMT(BPF_RET | BPF_X, 0)}, "instruction 0"},
	{{LOAD(0)}, "the last instruction does not return"},
	{{LOAD(60), ALLOW}, NULL},
	{{LOAD(64), ALLOW}, "loads outside"},
	{{LOAD(2), ALLOW}, "loads outside"},
	{{LOAD(0xfffffffc), ALLOW}, "loads outside"},
	{{BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), ALLOW}, "may hold"},
	{{BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), ALLOW}, "may hold"},
	{{BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), ALLOW}, "may hold"},
	{{BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), ALLOW}, NULL},
	{{BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), ALLOW}, NULL},
	{{BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), ALLOW}, "may hold"},
	{{BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), ALLOW}, "divides by zero"},
	{{BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), ALLOW}, NULL},
	{{BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 31), ALLOW}, NULL},
	{{BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), ALLOW}, "shifts by more"},
	{{BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 32), ALLOW}, "shifts by more"},
	{{BPF_STMT(BPF_JMP | BPF_JA, 0), ALLOW}, NULL},
	{{BPF_STMT(BPF_JMP | BPF_JA, 1), ALLOW}, "jumps outside"},
	{{BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), ALLOW}, "jumps outside"},
	{{BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0), ALLOW}, NULL},
	{{BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0), ALLOW}, "jumps outside"},
	{{BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), ALLOW}, "jumps outside"},
	{{BPF_JUMP(BPF_JMP | BPF_JSET | BPF_X, 0, 0, 0), ALLOW}, NULL},
	{{BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LD | BPF_MEM, 15), ALLOW}, NULL},
	{{BPF_STMT(BPF_ST, 16), ALLOW}, "not there"},
	{{BPF_STMT(BPF_STX, 16), ALLOW}, "not there"},
	{{BPF_STMT(BPF_LDX | BPF_MEM, 16), ALLOW}, "not there"},
	{{BPF_STMT(BPF_LD | BPF_MEM, 1), ALLOW}, "instruction 0 reads scratch memory"},
	{{BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0), BPF_STMT(BPF_ST, 3),
	  BPF_STMT(BPF_LD | BPF_MEM, 3), ALLOW},
	 "instruction 2 reads scratch memory"},
	{{BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 2, 0), BPF_STMT(BPF_ST, 3),
	  BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_STX, 3),
	  BPF_STMT(BPF_LDX | BPF_MEM, 3), ALLOW},
	 NULL},
	{{BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0), ALLOW}, NULL},
	{{BPF_STMT(BPF_MISC | 0x40, 0), ALLOW}, "may hold"},
	{{BPF_STMT(BPF_ALU | BPF_NEG, 0), ALLOW}, NULL},
	{{BPF_STMT(BPF_ALU | BPF_NEG | BPF_X, 0), ALLOW}, "may hold"},
	{{BPF_STMT(0xffff, 0), ALLOW}, "may hold"},
};

static void programs_are_taken_or_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		struct err e = {.text = "(taken)"};
		int rc = bpf_validate(programs[i].insns, length(programs[i].insns), &e);
		bool as_expected = programs[i].why
					   ? rc < 0 && strstr(e.text, programs[i].why)
					   : rc == 0;

		if (!as_expected) {
			fail_msg("program %zu: %s", i, e.text);
		}
	}
}

static void a_program_has_a_length(void **state)
{
	static struct sock_filter insns[BPF_INSNS_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(insns); i++) {
		insns[i] = (struct sock_filter)ALLOW;
	}
	assert_int_equal(bpf_validate(insns, 0, NULL), -EINVAL);
	assert_int_equal(bpf_validate(insns, BPF_INSNS_MAX, NULL), 0);
	assert_int_equal(bpf_validate(insns, BPF_INSNS_MAX + 1, NULL), -EINVAL);
}

/* ---- what they answer ---------------------------------------------------------------- */

/* Each puts something into A, which is the answer. Argument 0 is 0x1122334455667788. */
static const struct {
	struct sock_filter insns[INSNS_MAX];
	uint32_t answer;
} sums[] = {
	{{LOAD(0)}, 59},
	{{LOAD(4)}, AUDIT_ARCH_X86_64},
	{{LOAD(16)}, 0x55667788},
	{{LOAD(20)}, 0x11223344},
	{{BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0)}, 64},
	{{BPF_STMT(BPF_LD | BPF_IMM, 7)}, 7},
	{{LOAD(0), BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1)}, 60},
	{{LOAD(0), BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 60)}, 0xffffffff},
	{{LOAD(0), BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 2)}, 118},
	{{LOAD(0), BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 2)}, 29},
	{{LOAD(0), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf)}, 11},
	{{LOAD(0), BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 0x100)}, 0x13b},
	{{LOAD(0), BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 59)}, 0},
	{{LOAD(0), BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 4)}, 59 << 4},
	{{LOAD(0), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4)}, 3},
	{{LOAD(0), BPF_STMT(BPF_ALU | BPF_NEG, 0)}, (uint32_t)-59},
	{{LOAD(0), BPF_STMT(BPF_LDX | BPF_IMM, 33),
	  BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 0)},
	 118},
	{{LOAD(0), BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
	  BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0)},
	 123},
	{{LOAD(0), BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_LD | BPF_IMM, 1),
	  BPF_STMT(BPF_MISC | BPF_TXA, 0)},
	 59},
	{{LOAD(0), BPF_STMT(BPF_ST, 2), BPF_STMT(BPF_LDX | BPF_MEM, 2),
	  BPF_STMT(BPF_STX, 3), BPF_STMT(BPF_LD | BPF_IMM, 0),
	  BPF_STMT(BPF_LD | BPF_MEM, 3)},
	 59},
	/* dividing by X = 0 ends the program */
	{{LOAD(0), BPF_STMT(BPF_LDX | BPF_IMM, 0),
	  BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0)},
	 SECCOMP_RET_KILL_THREAD},
	{{LOAD(0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 59, 1, 0),
	  BPF_STMT(BPF_LD | BPF_IMM, 1)},
	 59},
	{{LOAD(0), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 59, 1, 0),
	  BPF_STMT(BPF_LD | BPF_IMM, 1)},
	 1},
	{{LOAD(0), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 59, 1, 0),
	  BPF_STMT(BPF_LD | BPF_IMM, 1)},
	 59},
	{{LOAD(0), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 4, 1, 0),
	  BPF_STMT(BPF_LD | BPF_IMM, 1)},
	 1},
	{{LOAD(0), BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_LD | BPF_IMM, 1)}, 59},
};

static void programs_answer(void **state)
{
	struct seccomp_data data = {
		.nr = 59,
		.arch = AUDIT_ARCH_X86_64,
		.args = {0x1122334455667788},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sums); i++) {
		struct sock_filter insns[INSNS_MAX];
		size_t n = length(sums[i].insns);
		unsigned steps = 0;
		uint32_t answer;

		memcpy(insns, sums[i].insns, sizeof(insns));
		insns[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
		assert_int_equal(bpf_validate(insns, n, NULL), 0);
		answer = bpf_run(insns, n, &data, &steps);
		if (answer != sums[i].answer || steps > n || steps == 0) {
			fail_msg("program %zu: 0x%x after %u steps", i, answer, steps);
		}
		assert_true(steps <= bpf_depth(insns, n));
	}
}

static void depth_is_that_of_the_longest_way(void **state)
{
	const struct sock_filter insns[] = {
		LOAD(0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 3, 0),
		LOAD(4), BPF_STMT(BPF_JMP | BPF_JA, 1),
		LOAD(8), ALLOW,
	};

	(void)state;
	assert_int_equal(bpf_depth(insns, ARRAY_LEN(insns)), 5);
	assert_int_equal(bpf_depth(insns + 5, 1), 1);
}

static void answers_have_words(void **state)
{
	static const struct {
		uint32_t answer;
		const char *text;
		bool passes;
	} rows[] = {
		{SECCOMP_RET_ALLOW, "allow", true},
		{SECCOMP_RET_LOG, "allow and log", true},
		{SECCOMP_RET_ERRNO | 38, "errno 38", false},
		{SECCOMP_RET_TRACE | 1, "trace 1", false},
		{SECCOMP_RET_TRAP, "trap (SIGSYS)", false},
		{SECCOMP_RET_USER_NOTIF, "notify", false},
		{SECCOMP_RET_KILL_PROCESS, "kill the process", false},
		{SECCOMP_RET_KILL_THREAD, "kill the thread", false},
		{0x12340000, "kill the thread", false},
	};
	char buf[BPF_ANSWER_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(bpf_answer(rows[i].answer, buf), rows[i].text);
		assert_int_equal(bpf_lets_pass(rows[i].answer), rows[i].passes);
	}
}

/* ---- the execve that main needs ------------------------------------------------------ */

static void a_program_that_forbids_execve_is_refused(void **state)
{
	const struct callarch *x86_64 = callarch_by_docker("amd64");
	struct sock_filter insns[] = {
		LOAD(4), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 3),
		LOAD(0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 59, 0, 1),
		ALLOW,	 BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
	};
	struct err e;

	(void)state;
	assert_int_equal(bpf_check_exec(insns, ARRAY_LEN(insns), x86_64, &e), 0);
	insns[3].k = 60;
	assert_int_equal(bpf_check_exec(insns, ARRAY_LEN(insns), x86_64, &e), -EINVAL);
	assert_string_equal(
		e.text, "forbids execve (errno 1), so that no program could be started");
	insns[1].k = AUDIT_ARCH_AARCH64;
	insns[3].k = 221;
	assert_int_equal(bpf_check_exec(insns, ARRAY_LEN(insns), x86_64, &e), -EINVAL);
	assert_string_equal(e.text, "made for AARCH64, not for this machine's X86_64");
}

static void abis_have_names(void **state)
{
	(void)state;
	assert_ptr_equal(callarch_by_scmp("SCMP_ARCH_AARCH64"),
			 callarch_by_docker("arm64"));
	assert_null(callarch_by_scmp("AARCH64"));
	assert_null(callarch_by_scmp("SCMP_ARCH_"));
	assert_null(callarch_by_docker(""));
	assert_ptr_equal(callarch_by_any("aarch64"),
			 callarch_by_any("SCMP_ARCH_AARCH64"));
	assert_ptr_equal(callarch_by_any("i386"), callarch_by_any("x86"));
	assert_null(callarch_by_any("pdp11"));
	assert_string_equal(callarch_by_call(AUDIT_ARCH_X86_64, 59)->scmp, "X86_64");
	assert_string_equal(callarch_by_call(AUDIT_ARCH_X86_64, 0x40000000 + 520)->scmp,
			    "X32");
	assert_string_equal(callarch_by_call(AUDIT_ARCH_I386, 0x40000000)->scmp, "X86");
	assert_null(callarch_by_call(1, 1));
	for (size_t i = 0; i < CALLARCH_COUNT; i++) {
		assert_true(callarchs[i].scmp[0] && callarchs[i].token &&
			    callarchs[i].audit);
		assert_true(callarch_machine(&callarchs[i]) & (1u << i));
	}
	assert_int_equal(__builtin_popcount(callarch_machine(callarch_by_any("x86_64"))),
			 3);
	assert_int_equal(__builtin_popcount(callarch_machine(callarch_by_any("aarch64"))),
			 2);
	assert_int_equal(__builtin_popcount(callarch_machine(callarch_by_any("s390x"))),
			 1);
}

/* ---- the kernel as witness ----------------------------------------------------------- */

static uint32_t seed = 1;

static uint32_t random_below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* Mostly valid instructions at mostly valid places. */
static struct sock_filter random_insn(void)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS,
		BPF_LD | BPF_W | BPF_ABS,
		BPF_LD | BPF_W | BPF_LEN,
		BPF_LDX | BPF_W | BPF_LEN,
		BPF_LD | BPF_IMM,
		BPF_LDX | BPF_IMM,
		BPF_LD | BPF_MEM,
		BPF_LDX | BPF_MEM,
		BPF_ST,
		BPF_ST,
		BPF_STX,
		BPF_MISC | BPF_TAX,
		BPF_MISC | BPF_TXA,
		BPF_ALU | BPF_NEG,
		BPF_JMP | BPF_JA,
		BPF_ALU | BPF_ADD,
		BPF_ALU | BPF_SUB,
		BPF_ALU | BPF_MUL,
		BPF_ALU | BPF_DIV,
		BPF_ALU | BPF_AND,
		BPF_ALU | BPF_OR,
		BPF_ALU | BPF_XOR,
		BPF_ALU | BPF_LSH,
		BPF_ALU | BPF_RSH,
		BPF_JMP | BPF_JEQ,
		BPF_JMP | BPF_JGE,
		BPF_JMP | BPF_JGT,
		BPF_JMP | BPF_JSET,
	};
	struct sock_filter insn = {.code = codes[random_below(ARRAY_LEN(codes))]};

	if (BPF_CLASS(insn.code) == BPF_ALU || BPF_CLASS(insn.code) == BPF_JMP) {
		insn.code |= random_below(3) ? BPF_K : BPF_X;
	}
	insn.jt = (uint8_t)random_below(4);
	insn.jf = (uint8_t)random_below(4);
	insn.k = random_below(8) ? random_below(16) : random_below(0xffffff) * 251;
	if (insn.code == (BPF_LD | BPF_W | BPF_ABS)) {
		/* nr, arch and arguments; not the instruction pointer, which we do not know */
		static const uint8_t offsets[] = {0,  4,  16, 20, 24, 28,
						  32, 36, 56, 60, 64, 18};

		insn.k = offsets[random_below(ARRAY_LEN(offsets) -
					      (random_below(20) ? 2 : 0))];
	}
	return insn;
}

/*
 * A program about one call only, every other is allowed: random instructions, and what is then in A
 * becomes the error number.
 */
static size_t random_program(struct sock_filter *insns)
{
	size_t n = 3, body = 1 + random_below(14);

	insns[0] = (struct sock_filter)LOAD(0);
	insns[1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1,
						0);
	insns[2] = (struct sock_filter)ALLOW;
	for (size_t i = 0; i < body; i++) {
		insns[n++] = random_insn();
	}
	insns[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff);
	insns[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_OR | BPF_K,
						  SECCOMP_RET_ERRNO | 0x100);
	insns[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	return n;
}

static const uint64_t asked[6] = {0x1122334455667788, 59, 1, ~0ull, 0x80000000, 15};

/* What the kernel says: exit status 0 refused, 1 the errno came (in *ret), or killed by SIGSYS. */
static void ask_kernel(const struct sock_filter *insns, size_t n, int fd)
{
	struct sock_fprog program = {
		.len = (unsigned short)n,
		.filter = (struct sock_filter *)(uintptr_t)insns,
	};
	long rc;
	int seen;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0) {
		syscall(SYS_exit_group, errno == EINVAL ? 0 : 2);
	}
	rc = syscall(SYS_getppid, asked[0], asked[1], asked[2], asked[3], asked[4],
		     asked[5]);
	seen = rc < 0 ? errno : 0;
	if (write(fd, &seen, sizeof(seen)) != sizeof(seen)) {
		syscall(SYS_exit_group, 2);
	}
	syscall(SYS_exit_group, 1);
}

static void compare_with_kernel(const struct sock_filter *insns, size_t n,
				unsigned *ret_taken)
{
	struct seccomp_data data = {.nr = SYS_getppid, .arch = callarch_native()->audit};
	int fds[2], status = 0, seen = -1;
	bool taken = bpf_validate(insns, n, NULL) == 0;
	uint32_t answer;
	pid_t pid;

	memcpy(data.args, asked, sizeof(asked));
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		ask_kernel(insns, n, fds[1]);
	}
	close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (read(fds[0], &seen, sizeof(seen)) < 0) {
		seen = -1;
	}
	close(fds[0]);
	if (!taken) {
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		return;
	}
	++*ret_taken;
	answer = bpf_run(insns, n, &data, NULL);
	if ((answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO) {
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
		assert_int_equal(seen, answer & SECCOMP_RET_DATA);
	} else {
		/* Jumped over the end that makes an error number: no action that there is. */
		assert_false(bpf_lets_pass(answer));
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	}
}

static void the_kernel_agrees(void **state)
{
	unsigned taken = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		size_t n = length(programs[i].insns);
		struct sock_filter insns[INSNS_MAX + 3] = {
			LOAD(0),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0),
			ALLOW,
		};

		/* Only the verdict of those that are refused: the others answer what they like. */
		if (programs[i].why) {
			memcpy(insns + 3, programs[i].insns, n * sizeof(*insns));
			compare_with_kernel(insns, n + 3, &taken);
		}
	}
	for (int i = 0; i < 600; i++) {
		struct sock_filter insns[INSNS_MAX];
		size_t n = random_program(insns);

		compare_with_kernel(insns, n, &taken);
	}
	assert_true(taken > 100 && taken < 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_are_taken_or_refused_with_a_reason),
		cmocka_unit_test(a_program_has_a_length),
		cmocka_unit_test(programs_answer),
		cmocka_unit_test(depth_is_that_of_the_longest_way),
		cmocka_unit_test(answers_have_words),
		cmocka_unit_test(a_program_that_forbids_execve_is_refused),
		cmocka_unit_test(abis_have_names),
		cmocka_unit_test(the_kernel_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
