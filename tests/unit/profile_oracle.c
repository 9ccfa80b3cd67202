/* SPDX-License-Identifier: Apache-2.0 */
#include "profile_oracle.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/callargs.h"

#define POOL_MAX 256

static bool is_32bit(const struct callarch *arch)
{
	return strcmp(arch->scmp, "X86") == 0 || strcmp(arch->scmp, "X32") == 0 ||
	       strcmp(arch->scmp, "ARM") == 0;
}

static bool compare(const struct profile_arg *arg, uint64_t have, uint64_t mask)
{
	uint64_t want = arg->value & mask;

	have &= mask;
	switch (arg->op) {
	case PROFILE_NE:
		return have != want;
	case PROFILE_LT:
		return have < want;
	case PROFILE_LE:
		return have <= want;
	case PROFILE_EQ:
		return have == want;
	case PROFILE_GE:
		return have >= want;
	case PROFILE_GT:
		return have > want;
	default:
		return (have & arg->value) == (arg->value_two & mask);
	}
}

/* All conditions must hold, or with two on one argument any. */
static bool matches(const struct profile_rule *rule, const struct callarch *arch,
		    const char *name, const uint64_t *args)
{
	bool all = true, any = rule->n_args == 0, twice = false;

	for (size_t i = 0; i < rule->n_args; i++) {
		const struct profile_arg *arg = &rule->args[i];
		uint64_t mask = callargs_mask(name, arg->index);
		bool holds;

		if (is_32bit(arch)) {
			mask &= UINT32_MAX;
		}
		holds = compare(arg, args[arg->index], mask);
		all = all && holds;
		any = any || holds;
		for (size_t j = 0; j < i; j++) {
			twice = twice || rule->args[j].index == arg->index;
		}
	}
	return twice ? any : all;
}

static bool names(const struct profile_rule *rule, const char *name)
{
	return strv_contains(&rule->names, name);
}

/* The highest number that the profile names for this ABI. */
static int last_named(struct oracle *o, const struct callarch *arch)
{
	int last = o->last[arch - callarchs];

	if (last > 0) {
		return last;
	}
	for (const struct profile_rule *r = o->profile->rules; r; r = r->next) {
		for (size_t i = 0; profile_applies(r, o->target) && i < r->names.n; i++) {
			int nr = seccomp_syscall_resolve_name_arch(arch->token,
								   r->names.v[i]);

			last = nr > last ? nr : last;
		}
	}
	o->last[arch - callarchs] = last;
	return last;
}

uint32_t oracle_ask(struct oracle *o, const struct callarch *arch, const char *name,
		    const uint64_t args[6])
{
	uint32_t deflt = o->profile->default_action;
	bool says_enosys = bpf_lets_pass(deflt) ||
			   deflt == (SECCOMP_RET_ERRNO | ENOSYS) ||
			   (deflt & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE;

	if (!(profile_arches(o->profile, o->target->arch) & ARCHBIT(arch))) {
		return SECCOMP_RET_KILL_PROCESS;
	}
	if (!says_enosys &&
	    seccomp_syscall_resolve_name_arch(arch->token, name) > last_named(o, arch)) {
		return SECCOMP_RET_ERRNO | ENOSYS;
	}
	for (const struct profile_rule *r = o->profile->rules; r; r = r->next) {
		if (profile_applies(r, o->target) && names(r, name) &&
		    matches(r, arch, name, args)) {
			return r->action;
		}
	}
	return deflt;
}

/* ---- asking everything --------------------------------------------------------------- */

static uint64_t next_random(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Values at which something may change. */
static size_t fill_pool(const struct profile *profile, const char *name, uint64_t *pool)
{
	size_t n = 0;

	for (const struct profile_rule *r = profile->rules; r; r = r->next) {
		for (size_t i = 0; names(r, name) && i < r->n_args && n + 8 < POOL_MAX;
		     i++) {
			uint64_t v = r->args[i].value, w = r->args[i].value_two;

			pool[n++] = v;
			pool[n++] = v - 1;
			pool[n++] = v + 1;
			pool[n++] = v | 1ull << 32;
			pool[n++] = v ^ 1ull << (next_random() % 64);
			pool[n++] = w;
			pool[n++] = (next_random() & ~v) | (w & v);
		}
	}
	return n;
}

static void choose(uint64_t *args, const uint64_t *pool, size_t n)
{
	for (size_t i = 0; i < 6; i++) {
		uint64_t r = next_random();

		args[i] = r % 8 == 0 ? 0 : r % 8 == 1 ? UINT64_MAX : next_random();
		if (n > 0 && r % 8 > 2) {
			args[i] = pool[(r >> 8) % n];
		}
	}
}

static int compare_call(struct oracle *o, const struct callarch *arch, const char *name,
			int nr, const struct sock_filter *insns, size_t n,
			unsigned *ret_asked)
{
	uint64_t pool[POOL_MAX];
	size_t n_pool = fill_pool(o->profile, name, pool);
	char got[BPF_ANSWER_MAX], want[BPF_ANSWER_MAX];

	for (int i = 0; i < (n_pool ? 500 : 2); i++) {
		struct seccomp_data data = {.arch = arch->audit, .nr = nr};
		uint64_t args[6];
		uint32_t answer, expected;

		choose(args, pool, n_pool);
		memcpy(data.args, args, sizeof(args));
		answer = bpf_run(insns, n, &data, NULL);
		expected = oracle_ask(o, arch, name, args);
		++*ret_asked;
		if (answer != expected) {
			printf("%s %s(0x%llx, 0x%llx, 0x%llx, 0x%llx): %s, expected %s\n",
			       arch->scmp, name, (unsigned long long)args[0],
			       (unsigned long long)args[1], (unsigned long long)args[2],
			       (unsigned long long)args[3], bpf_answer(answer, got),
			       bpf_answer(expected, want));
			return 1;
		}
	}
	return 0;
}

int oracle_compare(struct oracle *o, archbits_t arches, const struct sock_filter *insns,
		   size_t n, unsigned *ret_asked)
{
	FILE *table = fopen(DEPS_SHARE "/syscalls.csv", "r");
	char line[1024];
	int bad = table ? 0 : 1;

	while (table && !bad && fgets(line, sizeof(line), table)) {
		line[strcspn(line, ",")] = '\0';
		for (size_t i = 0; i < CALLARCH_COUNT && !bad; i++) {
			const struct callarch *arch = &callarchs[i];
			int nr = seccomp_syscall_resolve_name_arch(arch->token, line);

			if ((arches & ARCHBIT(arch)) && nr >= 0 && line[0] != '#') {
				bad = compare_call(o, arch, line, nr, insns, n,
						   ret_asked);
			}
		}
	}
	if (table) {
		fclose(table);
	}
	return bad;
}

char *oracle_read_file(struct arena *a, const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "r");
	char *text = arena_alloc(a, PROFILE_SIZE_MAX + 2);

	if (!f) {
		fprintf(stderr, "cannot open %s\n", path);
		abort();
	}
	*ret_len = fread(text, 1, PROFILE_SIZE_MAX + 1, f);
	fclose(f);
	return text;
}
