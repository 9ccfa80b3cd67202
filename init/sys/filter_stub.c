/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/filter_stub.h"

#include <errno.h>
#include <stddef.h>

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RET_ENOSYS BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS)
/* A jump to the end of the stub, whose length is not known yet: k is filled in last. */
#define TO_END BPF_STMT(BPF_JMP | BPF_JA, 0)

struct program {
	struct sock_filter *insns;
	size_t n;
};

static void emit(struct program *p, struct sock_filter insn)
{
	p->insns[p->n++] = insn;
}

/* if (A OP k) return ENOSYS */
static void refuse_if(struct program *p, uint16_t op, uint32_t k)
{
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | op | BPF_K, k, 0, 1));
	emit(p, (struct sock_filter)RET_ENOSYS);
}

/* With the call's number in A; goes on behind itself, A changed. */
static void emit_mux(struct program *p, uint32_t nr, uint32_t calls)
{
	size_t jump = p->n;

	if (!calls) {
		return;
	}
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 0));
	/* The lower half of the first argument; every ABI with a multiplexer here is little-endian
	 * or has 32-bit arguments, and we are built for little-endian machines. */
	emit(p, (struct sock_filter)LOAD(args[0]));
	for (unsigned call = 0; call < 32; call++) {
		if (calls & (UINT32_C(1) << call)) {
			refuse_if(p, BPF_JEQ, call);
		}
	}
	emit(p, (struct sock_filter)TO_END);
	p->insns[jump].jf = (uint8_t)(p->n - jump - 1);
}

static void emit_arch(struct program *p, const struct filter_stub_arch *row)
{
	if (row->last_call) {
		refuse_if(p, BPF_JGT, row->last_call);
	}
	for (size_t i = 0; i < ARRAY_LEN(row->nr_mux); i++) {
		emit_mux(p, row->nr_mux[i], row->closed_calls[i]);
	}
	emit(p, (struct sock_filter)TO_END);
}

static bool is_empty(const struct filter_stub_arch *row)
{
	return !row->last_call && !row->closed_calls[0] && !row->closed_calls[1];
}

/* x32's row when first is x86_64: both have one AUDIT_ARCH, and a bit in the number tells them apart. */
static const struct callarch *shares_with(const struct callarch *first)
{
	const struct callarch *other = callarch_by_call(first->audit, CALLARCH_X32_BIT);

	return other && other != first ? other : NULL;
}

static void emit_audit_arch(struct program *p, const struct filter_stub_arch *rows,
			    const struct callarch *first, const struct callarch *x32)
{
	size_t jump = p->n, inner;

	emit(p,
	     (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first->audit, 0, 0));
	emit(p, (struct sock_filter)LOAD(nr));
	if (x32) {
		inner = p->n;
		emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K,
						     CALLARCH_X32_BIT, 0, 0));
		emit_arch(p, &rows[x32 - callarchs]);
		p->insns[inner].jf = (uint8_t)(p->n - inner - 1);
	}
	emit_arch(p, &rows[first - callarchs]);
	p->insns[jump].jf = (uint8_t)(p->n - jump - 1);
}

size_t filter_stub(const struct filter_stub_arch rows[CALLARCH_COUNT],
		   struct sock_filter ret_insns[FILTER_STUB_MAX])
{
	struct program p = {.insns = ret_insns};

	emit(&p, (struct sock_filter)LOAD(arch));
	for (size_t i = 0; i < CALLARCH_COUNT; i++) {
		const struct callarch *arch = &callarchs[i], *x32 = shares_with(arch);
		bool empty = is_empty(&rows[i]) &&
			     (!x32 || is_empty(&rows[x32 - callarchs]));

		/* x32's own row is done with x86_64's: its calls are found by that one. */
		if (!empty && arch->token == arch->audit) {
			emit_audit_arch(&p, rows, arch, x32);
		}
	}
	if (p.n == 1) {
		return 0;
	}
	for (size_t i = 0; i < p.n; i++) {
		if (p.insns[i].code == (BPF_JMP | BPF_JA)) {
			p.insns[i].k = (uint32_t)(p.n - i - 1);
		}
	}
	return p.n;
}
