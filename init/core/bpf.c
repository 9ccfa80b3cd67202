/* SPDX-License-Identifier: Apache-2.0 */
#include "core/bpf.h"

#include <linux/audit.h>
#include <stdio.h>
#include <string.h>

#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000U
#endif

/* The bit of a scratch word in a set of initialised ones. */
#define MEMBIT(k) ((uint16_t)(1u << (k)))

static bool is_conditional(uint16_t code)
{
	return BPF_CLASS(code) == BPF_JMP && BPF_OP(code) != BPF_JA;
}

/* Every opcode of the kernel's seccomp_check_filter(), and nothing else. */
static bool is_allowed(uint16_t code)
{
	switch (code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_ALU | BPF_NEG:
	case BPF_JMP | BPF_JA:
		return true;
	default:
		break;
	}
	switch (code & ~BPF_X) {
	case BPF_ALU | BPF_ADD:
	case BPF_ALU | BPF_SUB:
	case BPF_ALU | BPF_MUL:
	case BPF_ALU | BPF_DIV:
	case BPF_ALU | BPF_AND:
	case BPF_ALU | BPF_OR:
	case BPF_ALU | BPF_XOR:
	case BPF_ALU | BPF_LSH:
	case BPF_ALU | BPF_RSH:
	case BPF_JMP | BPF_JEQ:
	case BPF_JMP | BPF_JGE:
	case BPF_JMP | BPF_JGT:
	case BPF_JMP | BPF_JSET:
		return true;
	default:
		return false;
	}
}

/* What is wrong with the operand of the instruction at pc, or NULL. */
static const char *bad_operand(const struct sock_filter *f, size_t pc, size_t n)
{
	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return f->k % 4 || f->k >= sizeof(struct seccomp_data)
			       ? "loads outside the call's data"
			       : NULL;
	case BPF_ALU | BPF_DIV | BPF_K:
		return f->k == 0 ? "divides by zero" : NULL;
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
		return f->k >= 32 ? "shifts by more than 31" : NULL;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return f->k >= BPF_MEMWORDS ? "uses scratch memory that is not there"
					    : NULL;
	case BPF_JMP | BPF_JA:
		return f->k >= n - pc - 1 ? "jumps outside the program" : NULL;
	default:
		break;
	}
	if (is_conditional(f->code) && (pc + f->jt + 1 >= n || pc + f->jf + 1 >= n)) {
		return "jumps outside the program";
	}
	return NULL;
}

/*
 * Follow which scratch words have been written on every way to each instruction, forward, as jumps
 * only go forward. Returns the first instruction that reads one that may not be, or n.
 */
__attribute__((noinline)) static size_t find_unset_memory(const struct sock_filter *insns,
							  size_t n)
{
	uint16_t set[BPF_INSNS_MAX]; /* at the entry of each, met over all ways there */
	uint16_t now = 0;

	memset(set, 0xff, sizeof(set));
	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *f = &insns[pc];

		now &= set[pc];
		switch (BPF_CLASS(f->code)) {
		case BPF_ST:
		case BPF_STX:
			now |= MEMBIT(f->k);
			break;
		case BPF_LD:
		case BPF_LDX:
			if (BPF_MODE(f->code) == BPF_MEM && !(now & MEMBIT(f->k))) {
				return pc;
			}
			break;
		case BPF_JMP:
			if (BPF_OP(f->code) == BPF_JA) {
				set[pc + 1 + f->k] &= now;
			} else {
				set[pc + 1 + f->jt] &= now;
				set[pc + 1 + f->jf] &= now;
			}
			now = 0xffff;
			break;
		default:
			break;
		}
	}
	return n;
}

/* libseccomp's programs do not, and need no large array on PID 1's stack. */
static bool uses_memory(const struct sock_filter *insns, size_t n)
{
	for (size_t pc = 0; pc < n; pc++) {
		uint16_t class = BPF_CLASS(insns[pc].code);

		if ((class == BPF_LD || class == BPF_LDX) &&
		    BPF_MODE(insns[pc].code) == BPF_MEM) {
			return true;
		}
	}
	return false;
}

int bpf_validate(const struct sock_filter *insns, size_t n, struct err *reterr)
{
	size_t unset;

	if (n == 0 || n > BPF_INSNS_MAX) {
		return err_config(reterr, "a program has 1 to %d instructions, not %zu",
				  BPF_INSNS_MAX, n);
	}
	for (size_t pc = 0; pc < n; pc++) {
		const char *why = is_allowed(insns[pc].code)
					  ? bad_operand(&insns[pc], pc, n)
					  : "is not one that a seccomp program may hold";

		if (why) {
			return err_config(reterr,
					  "instruction %zu (code 0x%x, operand 0x%x) %s",
					  pc, insns[pc].code, insns[pc].k, why);
		}
	}
	if (BPF_CLASS(insns[n - 1].code) != BPF_RET) {
		return err_config(reterr, "the last instruction does not return");
	}
	unset = uses_memory(insns, n) ? find_unset_memory(insns, n) : n;
	if (unset < n) {
		return err_config(
			reterr,
			"instruction %zu reads scratch memory that was not written",
			unset);
	}
	return 0;
}

static uint32_t load(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t word;

	memcpy(&word, (const char *)data + offset, sizeof(word));
	return word;
}

/* false when the kernel would end the program here (division by zero). */
static bool alu(uint16_t code, uint32_t *a, uint32_t b)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
		*a += b;
		break;
	case BPF_SUB:
		*a -= b;
		break;
	case BPF_MUL:
		*a *= b;
		break;
	case BPF_DIV:
		if (b == 0) {
			return false;
		}
		*a /= b;
		break;
	case BPF_AND:
		*a &= b;
		break;
	case BPF_OR:
		*a |= b;
		break;
	case BPF_XOR:
		*a ^= b;
		break;
	case BPF_LSH:
		*a <<= b & 31;
		break;
	case BPF_RSH:
		*a >>= b & 31;
		break;
	default: /* BPF_NEG */
		*a = 0 - *a;
		break;
	}
	return true;
}

static size_t jump(const struct sock_filter *f, size_t pc, uint32_t a, uint32_t b)
{
	bool yes;

	switch (BPF_OP(f->code)) {
	case BPF_JA:
		return pc + 1 + f->k;
	case BPF_JEQ:
		yes = a == b;
		break;
	case BPF_JGE:
		yes = a >= b;
		break;
	case BPF_JGT:
		yes = a > b;
		break;
	default: /* BPF_JSET */
		yes = (a & b) != 0;
		break;
	}
	return pc + 1 + (yes ? f->jt : f->jf);
}

/* The word that a load brings. */
static uint32_t fetch(const struct sock_filter *f, const struct seccomp_data *data,
		      const uint32_t *mem)
{
	switch (BPF_MODE(f->code)) {
	case BPF_ABS:
		return load(data, f->k);
	case BPF_LEN:
		return sizeof(*data);
	case BPF_MEM:
		return mem[f->k];
	default: /* BPF_IMM */
		return f->k;
	}
}

/* ret_looks: whether anything but the call's number and architecture was loaded. */
static uint32_t run(const struct sock_filter *insns, size_t n,
		    const struct seccomp_data *data, unsigned *ret_steps, bool *ret_looks)
{
	uint32_t a = 0, x = 0, mem[BPF_MEMWORDS] = {0}, answer = SECCOMP_RET_KILL_THREAD;
	unsigned steps = 0;
	size_t pc = 0;

	while (pc < n) {
		const struct sock_filter *f = &insns[pc];
		uint32_t operand = BPF_SRC(f->code) == BPF_X ? x : f->k;

		steps++;
		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
			a = fetch(f, data, mem);
			*ret_looks |= BPF_MODE(f->code) == BPF_ABS && f->k > 4;
			pc++;
			continue;
		case BPF_LDX:
			x = fetch(f, data, mem);
			pc++;
			continue;
		case BPF_ST:
		case BPF_STX:
			mem[f->k] = BPF_CLASS(f->code) == BPF_ST ? a : x;
			pc++;
			continue;
		case BPF_ALU:
			pc = alu(f->code, &a, operand) ? pc + 1 : n;
			continue;
		case BPF_JMP:
			pc = jump(f, pc, a, operand);
			continue;
		case BPF_MISC:
			if (BPF_MISCOP(f->code) == BPF_TAX) {
				x = a;
			} else {
				a = x;
			}
			pc++;
			continue;
		default:
			answer = BPF_RVAL(f->code) == BPF_A ? a : f->k;
			pc = n;
		}
	}
	*ret_steps = steps;
	return answer;
}

uint32_t bpf_run(const struct sock_filter *insns, size_t n,
		 const struct seccomp_data *data, unsigned *ret_steps)
{
	unsigned steps = 0;
	bool looks = false;

	return run(insns, n, data, ret_steps ? ret_steps : &steps, &looks);
}

bool bpf_is_constant(const struct sock_filter *insns, size_t n, uint32_t audit,
		     uint32_t nr, uint32_t *ret_answer)
{
	struct seccomp_data data = {.arch = audit, .nr = (int)nr};
	unsigned steps = 0;
	bool looks = false;
	uint32_t answer = run(insns, n, &data, &steps, &looks);

	if (!looks) {
		*ret_answer = answer;
	}
	return !looks;
}

unsigned bpf_depth(const struct sock_filter *insns, size_t n)
{
	unsigned longest[BPF_INSNS_MAX + 1] = {0};

	for (size_t pc = n; pc-- > 0;) {
		const struct sock_filter *f = &insns[pc];
		unsigned rest = longest[pc + 1];

		if (BPF_CLASS(f->code) == BPF_RET) {
			rest = 0;
		} else if (f->code == (BPF_JMP | BPF_JA)) {
			rest = longest[pc + 1 + f->k];
		} else if (is_conditional(f->code)) {
			unsigned yes = longest[pc + 1 + f->jt],
				 no = longest[pc + 1 + f->jf];

			rest = yes > no ? yes : no;
		}
		longest[pc] = rest + 1;
	}
	return longest[0];
}

bool bpf_lets_pass(uint32_t answer)
{
	uint32_t action = answer & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* The kernel takes an action that it does not know as killing the thread, the last. */
static const struct {
	uint32_t action;
	char text[18];
} answers[] = {
	{SECCOMP_RET_ALLOW, "allow"},
	{SECCOMP_RET_LOG, "allow and log"},
	{SECCOMP_RET_ERRNO, "errno"},
	{SECCOMP_RET_TRACE, "trace"},
	{SECCOMP_RET_TRAP, "trap (SIGSYS)"},
	{SECCOMP_RET_USER_NOTIF, "notify"},
	{SECCOMP_RET_KILL_PROCESS, "kill the process"},
	{SECCOMP_RET_KILL_THREAD, "kill the thread"},
};

const char *bpf_answer(uint32_t answer, char buf[BPF_ANSWER_MAX])
{
	size_t i = 0;
	bool number;

	while (i < ARRAY_LEN(answers) - 1 &&
	       answers[i].action != (answer & SECCOMP_RET_ACTION_FULL)) {
		i++;
	}
	number = answers[i].action == SECCOMP_RET_ERRNO ||
		 answers[i].action == SECCOMP_RET_TRACE;
	if (number) {
		snprintf(buf, BPF_ANSWER_MAX, "%s %u", answers[i].text,
			 answer & SECCOMP_RET_DATA);
	} else {
		snprintf(buf, BPF_ANSWER_MAX, "%s", answers[i].text);
	}
	return buf;
}

/* The answer to arch's execve with arguments as a libc would give them: three pointers. */
static uint32_t ask_execve(const struct sock_filter *insns, size_t n,
			   const struct callarch *arch)
{
	struct seccomp_data data = {
		.arch = arch->audit,
		.nr = (int)arch->nr_execve,
		.args = {0x7f001000, 0x7f002000, 0x7f003000},
	};

	return bpf_run(insns, n, &data, NULL);
}

/*
 * The ABI that a program is made for when it is not for arch: one that it lets execute, and of those
 * rather a 64-bit one, as programs for them often cover their 32-bit ones too. NULL: none.
 */
static const struct callarch *made_for(const struct sock_filter *insns, size_t n)
{
	const struct callarch *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(callarchs); i++) {
		const struct callarch *arch = &callarchs[i];

		if (arch->nr_execve && (!found || arch->audit & __AUDIT_ARCH_64BIT) &&
		    bpf_lets_pass(ask_execve(insns, n, arch))) {
			found = arch;
		}
	}
	return found;
}

int bpf_check_exec(const struct sock_filter *insns, size_t n, const struct callarch *arch,
		   struct err *reterr)
{
	uint32_t answer = ask_execve(insns, n, arch);
	const struct callarch *other = NULL;
	char buf[BPF_ANSWER_MAX];

	if (bpf_lets_pass(answer)) {
		return 0;
	}
	other = made_for(insns, n);
	if (other) {
		return err_config(reterr, "made for %s, not for this machine's %s",
				  other->scmp, arch->scmp);
	}
	return err_config(reterr,
			  "forbids execve (%s), so that no program could be started",
			  bpf_answer(answer, buf));
}
