/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a program: what is taken runs to its end, and packed it answers the same. */
#include <stdlib.h>
#include <string.h>

#include "core/bpf_pack.h"

#define INSNS_MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static uint32_t run(const struct sock_filter *insns, size_t n,
		    const struct seccomp_data *data)
{
	unsigned steps = 0;
	uint32_t answer = bpf_run(insns, n, data, &steps), constant = answer;
	char text[BPF_ANSWER_MAX];

	check(steps > 0 && steps <= bpf_depth(insns, n) && bpf_depth(insns, n) <= n);
	if (bpf_is_constant(insns, n, data->arch, (uint32_t)data->nr, &constant)) {
		check(constant == answer);
	}
	check(strlen(bpf_answer(answer, text)) < sizeof(text));
	return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sock_filter insns[INSNS_MAX], packed[INSNS_MAX];
	size_t n = size / sizeof(*insns), smaller;
	struct arena a = {0};

	if (n == 0 || n > INSNS_MAX) {
		return 0;
	}
	memcpy(insns, data, n * sizeof(*insns));
	memcpy(packed, insns, n * sizeof(*insns));
	if (bpf_validate(insns, n, NULL) < 0) {
		return 0;
	}
	bpf_check_exec(insns, n, callarch_native(), NULL);
	smaller = bpf_pack(&a, packed, n);
	check(smaller <= n && bpf_validate(packed, smaller, NULL) == 0);
	for (size_t i = 0; i < n; i++) {
		/* numbers and arguments near the constants of the program itself */
		struct seccomp_data call = {
			.nr = (int)(insns[i].k + (uint32_t)(i % 3) - 1),
			.arch = callarchs[i % CALLARCH_COUNT].audit,
			.args = {insns[n - 1 - i].k, insns[i / 2].k, i, ~0ull},
		};

		check(run(insns, n, &call) == run(packed, smaller, &call));
	}
	arena_release(&a);
	return 0;
}
