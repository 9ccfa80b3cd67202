/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packed programs answer as they did, and are smaller: random ones of the form that libseccomp makes.
 */
#include "unit.h"

#include <linux/audit.h>
#include <string.h>

#include "core/bpf_pack.h"

#define ARCHES 2
#define CALLS 200
#define INSNS_MAX 4000

static uint32_t seed = 7;

static uint32_t random_below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static size_t push(struct sock_filter *insns, size_t n, uint16_t code, uint32_t k,
		   uint8_t jt, uint8_t jf)
{
	insns[n] = (struct sock_filter){.code = code, .k = k, .jt = jt, .jf = jf};
	return n + 1;
}

#define LOAD(k) BPF_LD | BPF_W | BPF_ABS, k, 0, 0
#define RETURN(k) BPF_RET | BPF_K, k, 0, 0
#define IS(k, t, f) BPF_JMP | BPF_JEQ | BPF_K, k, t, f

/* A condition on arguments; when again, it then asks for the number once more. */
static size_t push_condition(struct sock_filter *insns, size_t n, uint32_t nr, bool again)
{
	n = push(insns, n, LOAD(16 + 8 * random_below(6)));
	if (random_below(2)) {
		n = push(insns, n, BPF_ALU | BPF_AND | BPF_K, random_below(64), 0, 0);
	}
	n = push(insns, n, BPF_JMP | BPF_JGE | BPF_K, random_below(32), 0, 1);
	n = push(insns, n, RETURN(SECCOMP_RET_ALLOW));
	if (again) {
		n = push(insns, n, LOAD(0));
		n = push(insns, n, BPF_JMP | BPF_JGT | BPF_K, nr - random_below(2), 0, 1);
		n = push(insns, n, RETURN(SECCOMP_RET_ERRNO | 7));
	}
	return push(insns, n, RETURN(SECCOMP_RET_ERRNO | random_below(3)));
}

/* One comparison for each call, as libseccomp does without a tree. */
static size_t make_program(struct sock_filter *insns)
{
	static const uint32_t audits[ARCHES] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386};
	size_t n = push(insns, 0, LOAD(4));

	for (size_t i = 0; i < ARCHES; i++) {
		size_t skip;

		n = push(insns, n, IS(audits[i], 1, 0));
		skip = n;
		n = push(insns, n, BPF_JMP | BPF_JA, 0, 0, 0);
		n = push(insns, n, LOAD(0));
		for (uint32_t nr = 0; nr < CALLS; nr++) {
			uint32_t what = random_below(20);
			size_t branch = n;

			n = push(insns, n, IS(nr, 0, 0));
			if (what == 0) {
				n = push_condition(insns, n, nr, random_below(2));
			} else {
				n = push(insns, n,
					 RETURN(what < 12
							? SECCOMP_RET_ALLOW
							: SECCOMP_RET_ERRNO | what / 19));
			}
			insns[branch].jf = (uint8_t)(n - branch - 1);
		}
		n = push(insns, n, RETURN(SECCOMP_RET_ERRNO | 38));
		insns[skip].k = (uint32_t)(n - skip - 1);
	}
	return push(insns, n, RETURN(SECCOMP_RET_KILL_PROCESS));
}

static void compare(const struct sock_filter *x, size_t n_x, const struct sock_filter *y,
		    size_t n_y)
{
	static const uint32_t audits[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386,
					  AUDIT_ARCH_ARM, 0, ~0u};

	for (size_t i = 0; i < ARRAY_LEN(audits); i++) {
		for (uint32_t nr = 0; nr < CALLS + 2; nr++) {
			struct seccomp_data data = {.arch = audits[i], .nr = (int)nr};

			if (nr == CALLS + 1) {
				data.nr = (int)(CALLARCH_X32_BIT + random_below(CALLS));
			}
			for (int round = 0; round < 8; round++) {
				for (size_t arg = 0; arg < 6; arg++) {
					data.args[arg] = random_below(round ? 64 : 1);
				}
				assert_int_equal(bpf_run(x, n_x, &data, NULL),
						 bpf_run(y, n_y, &data, NULL));
			}
		}
	}
}

static void packed_programs_answer_the_same(void **state)
{
	static struct sock_filter plain[INSNS_MAX], packed[INSNS_MAX];
	struct arena arena = {0};

	(void)state;
	for (int i = 0; i < 30; i++) {
		size_t n = make_program(plain), smaller;

		assert_true(n < INSNS_MAX);
		assert_int_equal(bpf_validate(plain, n, NULL), 0);
		memcpy(packed, plain, n * sizeof(*plain));
		smaller = bpf_pack(&arena, packed, n);
		assert_true(smaller < n * 3 / 4);
		assert_int_equal(bpf_validate(packed, smaller, NULL), 0);
		compare(plain, n, packed, smaller);
		/* nothing is left to gain */
		memcpy(plain, packed, smaller * sizeof(*plain));
		assert_true(bpf_pack(&arena, plain, smaller) <= smaller);
		compare(plain, smaller, packed, smaller);
		arena_release(&arena);
	}
}

static void other_programs_stay_as_they_are(void **state)
{
	static const struct sock_filter programs[][8] = {
		/* arithmetic on the number */
		{{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
		 {BPF_ALU | BPF_ADD | BPF_K, 0, 0, 1},
		 {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 5},
		 {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
		 {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRAP}},
		/* a bit of the number */
		{{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
		 {BPF_JMP | BPF_JSET | BPF_K, 0, 1, 1},
		 {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
		 {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRAP}},
		/* arguments of every call, whatever it is */
		{{BPF_LD | BPF_W | BPF_ABS, 0, 0, 16},
		 {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 5},
		 {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
		 {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRAP}},
		/* nothing to gain */
		{{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}},
	};
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		struct sock_filter insns[8];
		size_t n = 0;

		while (n < 8 && programs[i][n].code) {
			n++;
		}
		memcpy(insns, programs[i], sizeof(insns));
		assert_int_equal(bpf_validate(insns, n, NULL), 0);
		assert_int_equal(bpf_pack(&arena, insns, n), n);
		assert_memory_equal(insns, programs[i], sizeof(insns));
	}
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packed_programs_answer_the_same),
		cmocka_unit_test(other_programs_stay_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
