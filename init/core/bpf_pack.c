/* SPDX-License-Identifier: Apache-2.0 */
#include "core/bpf_pack.h"

#include <stdlib.h>
#include <string.h>

#define JUMP_MAX 255  /* of a conditional jump */
#define SHARE_MAX 200 /* how far back a return is looked for to be shared */
#define BOUNDS_MAX (2 * BPF_INSNS_MAX + 8)
#define NOT_YET UINT16_MAX

/* What a program does with a call before it looks at arguments. */
struct outcome {
	enum { ANSWERS, LOOKS, UNKNOWN } kind;
	uint32_t answer; /* ANSWERS */
	size_t pc;	 /* LOOKS: at the first instruction that does */
};

/* Numbers from start on, up to the next range's, all with one outcome. */
struct range {
	uint32_t start;
	struct outcome outcome;
};

/*
 * The new program is written from its end to its start: a jump goes forward, to what has been written
 * already. A position is an index into out, where the last instruction is 0.
 */
struct packer {
	const struct sock_filter *src;
	size_t n_src;
	uint32_t *bounds; /* numbers at which the outcome may change, ascending */
	size_t n_bounds;
	struct range *ranges;
	size_t n_ranges;
	uint16_t *copied; /* for each of src: its position, or NOT_YET */
	bool *asks_again; /* for each of src: whether number or architecture is loaded later */
	struct sock_filter *out;
	size_t n_out;
	uint32_t audit; /* of the ABI being written */
	bool full;
};

/* ---- what the program does now ------------------------------------------------------- */

static struct outcome walk(const struct packer *p, uint32_t audit, uint32_t nr)
{
	struct outcome end = {.kind = UNKNOWN};
	uint32_t a = 0;

	for (size_t pc = 0; pc < p->n_src;) {
		const struct sock_filter *f = &p->src[pc];
		bool yes = false;

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (f->k > 4) {
				return (struct outcome){.kind = LOOKS, .pc = pc};
			}
			a = f->k == 0 ? nr : audit;
			pc++;
			continue;
		case BPF_RET | BPF_K:
			return (struct outcome){.kind = ANSWERS, .answer = f->k};
		case BPF_JMP | BPF_JA:
			pc += 1 + f->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == f->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= f->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > f->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			if (f->k != CALLARCH_X32_BIT) {
				return end;
			}
			yes = (a & f->k) != 0;
			break;
		default:
			return end;
		}
		pc += 1u + (yes ? f->jt : f->jf);
	}
	return end;
}

static int compare_bounds(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Every constant that a number may be compared with begins a range, and so does the next number. */
static void find_bounds(struct packer *p)
{
	size_t kept = 0;

	for (unsigned i = 0; i < 4; i++) {
		p->bounds[p->n_bounds++] = i * CALLARCH_X32_BIT;
	}
	for (size_t pc = 0; pc < p->n_src; pc++) {
		const struct sock_filter *f = &p->src[pc];

		if (BPF_CLASS(f->code) == BPF_JMP && BPF_OP(f->code) != BPF_JA) {
			p->bounds[p->n_bounds++] = f->k;
			p->bounds[p->n_bounds++] = f->k + 1;
		}
	}
	qsort(p->bounds, p->n_bounds, sizeof(*p->bounds), compare_bounds);
	for (size_t i = 0; i < p->n_bounds; i++) {
		if (i == 0 || p->bounds[i] != p->bounds[kept - 1]) {
			p->bounds[kept++] = p->bounds[i];
		}
	}
	p->n_bounds = kept;
}

static bool is_same(const struct packer *p, const struct outcome *x,
		    const struct outcome *y)
{
	if (x->kind != y->kind) {
		return false;
	}
	return x->kind == ANSWERS ? x->answer == y->answer
				  : x->pc == y->pc && !p->asks_again[x->pc];
}

/* false when there is something that walk() cannot follow. */
static bool find_ranges(struct packer *p, uint32_t audit)
{
	p->n_ranges = 0;
	for (size_t i = 0; i < p->n_bounds; i++) {
		struct outcome o = walk(p, audit, p->bounds[i]);

		if (o.kind == UNKNOWN) {
			return false;
		}
		/* What depends on the number again is written for one number. */
		if (o.kind == LOOKS && p->asks_again[o.pc] &&
		    (i + 1 == p->n_bounds || p->bounds[i + 1] != p->bounds[i] + 1)) {
			return false;
		}
		if (p->n_ranges == 0 ||
		    !is_same(p, &p->ranges[p->n_ranges - 1].outcome, &o)) {
			p->ranges[p->n_ranges++] = (struct range){p->bounds[i], o};
		}
	}
	return true;
}

static void find_asking(struct packer *p)
{
	for (size_t pc = p->n_src; pc-- > 0;) {
		const struct sock_filter *f = &p->src[pc];
		bool *later = p->asks_again + pc + 1;

		if (f->code == (BPF_JMP | BPF_JA)) {
			p->asks_again[pc] = later[f->k];
		} else if (BPF_CLASS(f->code) == BPF_JMP) {
			p->asks_again[pc] = later[f->jt] || later[f->jf];
		} else if (BPF_CLASS(f->code) != BPF_RET) {
			p->asks_again[pc] =
				(f->code == (BPF_LD | BPF_W | BPF_ABS) && f->k <= 4) ||
				later[0];
		}
	}
}

/* ---- writing it anew ----------------------------------------------------------------- */

static size_t emit(struct packer *p, struct sock_filter insn)
{
	if (p->n_out == p->n_src) {
		p->full = true; /* not smaller: give up */
		return 0;
	}
	p->out[p->n_out] = insn;
	return p->n_out++;
}

static size_t emit_jump(struct packer *p, size_t to)
{
	return emit(p, (struct sock_filter){.code = BPF_JMP | BPF_JA,
					    .k = (uint32_t)(p->n_out - to - 1)});
}

/* A position with the same effect that a conditional jump, written soon, can reach. */
static size_t reach(struct packer *p, size_t to)
{
	/* two more jumps may be put in between */
	return p->n_out - to + 1 > JUMP_MAX ? emit_jump(p, to) : to;
}

static size_t emit_branch(struct packer *p, uint16_t code, uint32_t k, size_t yes,
			  size_t no)
{
	yes = reach(p, yes);
	no = reach(p, no);
	return emit(p, (struct sock_filter){.code = code,
					    .jt = (uint8_t)(p->n_out - yes - 1),
					    .jf = (uint8_t)(p->n_out - no - 1),
					    .k = k});
}

static size_t emit_return(struct packer *p, uint32_t answer)
{
	size_t oldest = p->n_out > SHARE_MAX ? p->n_out - SHARE_MAX : 0;

	for (size_t i = p->n_out; i-- > oldest;) {
		if (p->out[i].code == (BPF_RET | BPF_K) && p->out[i].k == answer) {
			return i;
		}
	}
	return emit(p, (struct sock_filter){.code = BPF_RET | BPF_K, .k = answer});
}

/* insn, and then what is at next. */
static size_t emit_before(struct packer *p, struct sock_filter insn, size_t next)
{
	if (next + 1 != p->n_out) {
		emit_jump(p, next);
	}
	return emit(p, insn);
}

static size_t emit_load(struct packer *p, uint32_t offset, size_t next)
{
	return emit_before(
		p, (struct sock_filter){.code = BPF_LD | BPF_W | BPF_ABS, .k = offset},
		next);
}

/*
 * libseccomp compares both halves of an argument, also the one that a mask leaves nothing of. From the
 * first instruction of such a comparison, to where it goes; from any other, pc itself.
 */
static size_t skip_empty(const struct packer *p, size_t pc)
{
	const struct sock_filter *f = &p->src[pc];

	while (pc + 2 < p->n_src && f[0].code == (BPF_LD | BPF_W | BPF_ABS) &&
	       f[1].code == (BPF_ALU | BPF_AND | BPF_K) && f[1].k == 0 &&
	       f[2].code == (BPF_JMP | BPF_JEQ | BPF_K)) {
		size_t to = pc + 3 + (f[2].k == 0 ? f[2].jt : f[2].jf);

		while (p->src[to].code == (BPF_JMP | BPF_JA)) {
			to += 1 + p->src[to].k;
		}
		/* where it goes nobody may want the 0 in A */
		if (p->src[to].code != (BPF_LD | BPF_W | BPF_ABS) &&
		    p->src[to].code != (BPF_RET | BPF_K)) {
			break;
		}
		pc = to;
		f = &p->src[pc];
	}
	return pc;
}

/* The instructions of src that follow pc, as far as they are not there yet; their position. */
static size_t emit_copy(struct packer *p, size_t from)
{
	size_t pc = skip_empty(p, from), at;
	const struct sock_filter *f = &p->src[pc];

	if (p->copied[pc] != NOT_YET || p->full) {
		return p->copied[pc] != NOT_YET ? p->copied[pc] : 0;
	}
	if (f->code == (BPF_RET | BPF_K)) {
		return emit_return(
			p, f->k); /* shared within reach only, so not remembered */
	}
	if (f->code == (BPF_JMP | BPF_JA)) {
		return emit_copy(p, pc + 1 + f->k);
	}
	if (BPF_CLASS(f->code) == BPF_RET) {
		at = emit(p, *f);
	} else if (BPF_CLASS(f->code) == BPF_JMP) {
		size_t no = emit_copy(p, pc + 1 + f->jf),
		       yes = emit_copy(p, pc + 1 + f->jt);

		at = emit_branch(p, f->code, f->k, yes, no);
	} else {
		at = emit_before(p, *f, emit_copy(p, pc + 1));
	}
	p->copied[pc] = (uint16_t)at;
	return at;
}

/* Where a comparison of the known word a goes. */
static size_t decide(const struct sock_filter *f, size_t pc, uint32_t a)
{
	bool yes = BPF_OP(f->code) == BPF_JEQ	? a == f->k
		   : BPF_OP(f->code) == BPF_JGE ? a >= f->k
		   : BPF_OP(f->code) == BPF_JGT ? a > f->k
						: (a & f->k) != 0;

	return pc + 1 + (yes ? f->jt : f->jf);
}

/* A call whose number and architecture are known, and maybe that A holds one of them. */
struct known {
	uint32_t nr, audit, a;
	bool has_a;
};

/* As emit_copy(), with what is known decided now and left out. */
static size_t emit_known(struct packer *p, size_t pc, struct known k)
{
	for (;;) {
		const struct sock_filter *f = &p->src[pc];

		if (p->full || (!k.has_a && !p->asks_again[pc])) {
			return emit_copy(p, pc);
		}
		if (f->code == (BPF_JMP | BPF_JA)) {
			pc += 1 + f->k;
		} else if (f->code == (BPF_LD | BPF_W | BPF_ABS) && f->k <= 4) {
			k.has_a = true;
			k.a = f->k == 0 ? k.nr : k.audit;
			pc++;
		} else if (f->code == (BPF_RET | BPF_K)) {
			return emit_return(p, f->k);
		} else if (f->code == (BPF_LD | BPF_W | BPF_ABS)) {
			k.has_a = false;
			return emit_load(p, f->k, emit_known(p, pc + 1, k));
		} else if (BPF_CLASS(f->code) == BPF_JMP && BPF_SRC(f->code) == BPF_K &&
			   k.has_a) {
			pc = decide(f, pc, k.a);
		} else if (BPF_CLASS(f->code) == BPF_JMP && !k.has_a) {
			size_t no = emit_known(p, pc + 1 + f->jf, k);
			size_t yes = emit_known(p, pc + 1 + f->jt, k);

			return emit_branch(p, f->code, f->k, yes, no);
		} else if (BPF_CLASS(f->code) == BPF_ALU && !k.has_a) {
			return emit_before(p, *f, emit_known(p, pc + 1, k));
		} else {
			p->full = true; /* nothing that libseccomp makes */
			return 0;
		}
	}
}

static size_t emit_range(struct packer *p, const struct range *r)
{
	struct known k = {.nr = r->start, .audit = p->audit};

	return r->outcome.kind == ANSWERS ? emit_return(p, r->outcome.answer)
					  : emit_known(p, r->outcome.pc, k);
}

/* A search over the ranges from..to-1, with the number in A. */
static size_t emit_search(struct packer *p, size_t from, size_t to)
{
	const struct range *r = &p->ranges[from];
	size_t middle = from + (to - from) / 2, low, high;

	if (to - from == 1) {
		return emit_range(p, r);
	}
	/* One number that differs from those around it. */
	if (to - from == 3 && r[2].start == r[1].start + 1 &&
	    is_same(p, &r[0].outcome, &r[2].outcome)) {
		high = emit_range(p, &r[1]);
		low = emit_range(p, &r[0]);
		return emit_branch(p, BPF_JMP | BPF_JEQ | BPF_K, r[1].start, high, low);
	}
	high = emit_search(p, middle, to);
	low = emit_search(p, from, middle);
	return emit_branch(p, BPF_JMP | BPF_JGE | BPF_K, p->ranges[middle].start, high,
			   low);
}

/* false when the program cannot be followed. */
static bool rewrite(struct packer *p)
{
	struct outcome foreign = walk(p, 0, 0);
	size_t next;

	find_bounds(p);
	find_asking(p);
	if (foreign.kind != ANSWERS) {
		return false;
	}
	next = emit_return(p, foreign.answer);
	for (size_t i = CALLARCH_COUNT; i-- > 0;) {
		uint32_t audit = callarchs[i].audit;
		size_t search;

		/* x32 and x86_64 have one AUDIT_ARCH. */
		if (callarchs[i].token != audit) {
			continue;
		}
		if (!find_ranges(p, audit)) {
			return false;
		}
		if (p->n_ranges == 1 && is_same(p, &p->ranges[0].outcome, &foreign)) {
			continue;
		}
		p->audit = audit;
		search = emit_load(p, 0, emit_search(p, 0, p->n_ranges));
		next = emit_branch(p, BPF_JMP | BPF_JEQ | BPF_K, audit, search, next);
	}
	emit_load(p, 4, next);
	return !p->full;
}

size_t bpf_pack(struct arena *a, struct sock_filter *insns, size_t n)
{
	struct packer p = {
		.src = insns,
		.n_src = n,
		.bounds = arena_array(a, BOUNDS_MAX, sizeof(*p.bounds)),
		.ranges = arena_array(a, BOUNDS_MAX, sizeof(*p.ranges)),
		.copied = arena_array(a, n, sizeof(*p.copied)),
		.asks_again = arena_array(a, n + 1, sizeof(*p.asks_again)),
		.out = arena_array(a, n, sizeof(*p.out)),
	};

	memset(p.copied, 0xff, n * sizeof(*p.copied));
	if (!rewrite(&p)) {
		return n;
	}
	for (size_t i = 0; i < p.n_out; i++) {
		insns[i] = p.out[p.n_out - 1 - i];
	}
	return p.n_out;
}
