/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/filter_compile.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>

#include "core/bpf_pack.h"
#include "core/callargs.h"
#include "sys/filter_stub.h"

/* Everything of libseccomp 2.6, whatever the kernel under us has: the program must not depend on it. */
#define API_LEVEL 7
/* More calls than this and a binary tree pays (runc's threshold). */
#define TREE_FROM 32
/* Masked equalities that one rule may become on one call (see profile_narrow()). */
#define NARROW_PRODUCT_MAX 4096

/* Distinct calls that rules may name: libseccomp knows some 500. */
#define CALLS_MAX 1024

/* The first rule with, and the first without conditions on arguments for one call. */
struct named_call {
	int nr;
	const struct profile_rule *conditional, *always;
};

struct compiler {
	const struct profile *profile;
	const struct profile_target *target;
	archbits_t arches;
	scmp_filter_ctx ctx;
	struct filter_stub_arch stub[CALLARCH_COUNT];
	/* calls of a multiplexer that pass on a condition only, and that pass always */
	uint32_t conditional[CALLARCH_COUNT][2], always[CALLARCH_COUNT][2];
	struct named_call calls[CALLS_MAX];
	size_t n_calls;
	struct problems *p;
	size_t n_bad;
};

static const char mux_names[2][12] = {"socketcall", "ipc"};

static void bad(struct compiler *c, unsigned line, const char *text, const char *name,
		int rc)
{
	struct origin at = {.source = c->profile->source, .line = line};

	c->n_bad++;
	problems_add(c->p, at, "%s%s%s%s%s", text, name ? " '" : "", name ? name : "",
		     name ? "'" : "",
		     rc == -EEXIST ? ": another rule has another action" : "");
}

static void contradiction(struct compiler *c, const struct profile_rule *rule,
			  const struct profile_rule *other, const char *name)
{
	struct origin at = {.source = c->profile->source, .line = rule->line};

	c->n_bad++;
	problems_add(c->p, at, "contradicts line %u, which gives '%s' another action",
		     other->line, name);
}

/* Whether the default action refuses a call, other than by saying that there is none. */
static bool wants_enosys(uint32_t action)
{
	return !bpf_lets_pass(action) &&
	       (action & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_TRACE &&
	       action != (SECCOMP_RET_ERRNO | ENOSYS);
}

/* ---- the stub's facts ---------------------------------------------------------------- */

/* libseccomp numbers the calls of socketcall -101 and up, those of ipc -201 and up. */
static bool is_mux_call(int nr, unsigned *ret_mux, unsigned *ret_call)
{
	if (nr <= -100 && nr > -300) {
		*ret_mux = (unsigned)-nr / 100 - 1;
		*ret_call = (unsigned)-nr % 100;
		return *ret_call < 32;
	}
	return false;
}

static void note_call(struct compiler *c, size_t arch, const struct profile_rule *rule,
		      const char *name)
{
	int nr = seccomp_syscall_resolve_name_arch(callarchs[arch].token, name);
	unsigned mux, call;

	if (nr > 0 && (uint32_t)nr > c->stub[arch].last_call) {
		c->stub[arch].last_call = (uint32_t)nr;
	}
	if (is_mux_call(nr, &mux, &call) && bpf_lets_pass(rule->action)) {
		uint32_t *set = rule->n_args ? c->conditional[arch] : c->always[arch];

		set[mux] |= UINT32_C(1) << call;
	}
	for (mux = 0; mux < ARRAY_LEN(mux_names); mux++) {
		if (strcmp(name, mux_names[mux]) == 0) {
			c->always[arch][mux] = UINT32_MAX;
		}
	}
}

static void finish_stub(struct compiler *c)
{
	for (size_t i = 0; i < CALLARCH_COUNT; i++) {
		for (size_t mux = 0; mux < ARRAY_LEN(mux_names); mux++) {
			int nr = seccomp_syscall_resolve_name_arch(callarchs[i].token,
								   mux_names[mux]);

			if (nr > 0) {
				c->stub[i].nr_mux[mux] = (uint32_t)nr;
				c->stub[i].closed_calls[mux] = c->conditional[i][mux] &
							       ~c->always[i][mux];
			}
		}
		if (!wants_enosys(c->profile->default_action)) {
			c->stub[i].last_call = 0;
		}
	}
}

/* ---- libseccomp's part --------------------------------------------------------------- */

static int start(struct compiler *c, struct err *reterr)
{
	uint32_t native;
	int rc;

	seccomp_api_set(API_LEVEL);
	c->ctx = seccomp_init(c->profile->default_action);
	if (!c->ctx) {
		return err_system(reterr, ENOMEM, "cannot begin a seccomp program");
	}
	native = seccomp_arch_native();
	for (size_t i = 0; i < CALLARCH_COUNT; i++) {
		if (!(c->arches & (UINT32_C(1) << i))) {
			continue;
		}
		rc = seccomp_arch_add(c->ctx, callarchs[i].token);
		if (rc < 0 && rc != -EEXIST) {
			bad(c, 0, "cannot cover architecture", callarchs[i].scmp, rc);
		}
	}
	if (native != c->target->arch->token &&
	    !(c->arches & ARCHBIT(callarch_native()))) {
		seccomp_arch_remove(c->ctx, native);
	}
	rc = seccomp_attr_set(c->ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	return rc < 0 ? err_system(reterr, -rc, "cannot set the action for foreign calls")
		      : 0;
}

static struct scmp_arg_cmp to_scmp(const struct profile_arg *arg)
{
	static const enum scmp_compare ops[PROFILE_OP_COUNT] = {
		[PROFILE_NE] = SCMP_CMP_NE,
		[PROFILE_LT] = SCMP_CMP_LT,
		[PROFILE_LE] = SCMP_CMP_LE,
		[PROFILE_EQ] = SCMP_CMP_EQ,
		[PROFILE_GE] = SCMP_CMP_GE,
		[PROFILE_GT] = SCMP_CMP_GT,
		[PROFILE_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
	};

	return (struct scmp_arg_cmp){
		.arg = arg->index,
		.op = ops[arg->op],
		.datum_a = arg->value,
		.datum_b = arg->value_two,
	};
}

/* One rule for one call, all of args having to hold: one of libseccomp's for each way they can. */
static void add_narrowed(struct compiler *c, const struct profile_rule *rule,
			 const char *name, const struct profile_arg *args, size_t n)
{
	struct profile_arg choices[PROFILE_ARGS_MAX][PROFILE_NARROW_MAX];
	size_t n_choices[PROFILE_ARGS_MAX], product = 1;
	int nr = seccomp_syscall_resolve_name(name);

	for (size_t i = 0; i < n; i++) {
		n_choices[i] = profile_narrow(
			&args[i], callargs_mask(name, args[i].index), choices[i]);
		product *= n_choices[i];
	}
	if (product > NARROW_PRODUCT_MAX) {
		bad(c, rule->line,
		    "too many orders (LT, LE, GE, GT, NE) on 32-bit arguments of", name,
		    0);
		return;
	}
	for (size_t way = 0; way < product; way++) {
		struct scmp_arg_cmp cmp[PROFILE_ARGS_MAX];
		size_t rest = way;
		int rc;

		for (size_t i = 0; i < n; i++) {
			cmp[i] = to_scmp(&choices[i][rest % n_choices[i]]);
			rest /= n_choices[i];
		}
		rc = seccomp_rule_add_array(c->ctx, rule->action, nr, (unsigned)n, cmp);
		if (rc < 0) {
			bad(c, rule->line, "cannot add the rule for", name, rc);
			return;
		}
	}
}

/* Conditions on the same argument twice are rules of their own, any one of which suffices (runc). */
static bool is_split(const struct profile_rule *rule)
{
	unsigned seen = 0;

	for (size_t i = 0; i < rule->n_args; i++) {
		unsigned bit = 1u << rule->args[i].index;

		if (seen & bit) {
			return true;
		}
		seen |= bit;
	}
	return false;
}

/*
 * A rule without conditions on arguments makes libseccomp drop every other for that call, in silence,
 * and runc skips a rule that says what the default says. Where that loses an action that the profile
 * asks for we refuse the profile. The rule that it contradicts, or NULL.
 */
static const struct profile_rule *contradicted(struct compiler *c,
					       const struct profile_rule *rule, int nr)
{
	uint32_t deflt = c->profile->default_action;
	struct named_call *call = c->calls;

	while (call < c->calls + c->n_calls && call->nr != nr) {
		call++;
	}
	if (call == c->calls + c->n_calls) {
		if (c->n_calls == CALLS_MAX) {
			return NULL;
		}
		*call = (struct named_call){.nr = nr};
		c->n_calls++;
	}
	if (call->always && call->always->action != rule->action &&
	    (!rule->n_args || call->always->action != deflt)) {
		return call->always;
	}
	if (!rule->n_args && call->conditional &&
	    call->conditional->action != rule->action && rule->action != deflt) {
		return call->conditional;
	}
	if (rule->n_args && !call->conditional) {
		call->conditional = rule;
	} else if (!rule->n_args && !call->always) {
		call->always = rule;
	}
	return NULL;
}

static void add_rule(struct compiler *c, const struct profile_rule *rule,
		     const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);
	const struct profile_rule *other = NULL;

	if (nr == __NR_SCMP_ERROR) {
		return;
	}
	other = contradicted(c, rule, nr);
	if (other) {
		contradiction(c, rule, other, name);
		return;
	}
	if (rule->action == c->profile->default_action) {
		return;
	}
	if (!is_split(rule)) {
		add_narrowed(c, rule, name, rule->args, rule->n_args);
		return;
	}
	for (size_t i = 0; i < rule->n_args; i++) {
		add_narrowed(c, rule, name, &rule->args[i], 1);
	}
}

/* Every rule that holds, every name of it; the number of calls named. */
static size_t add_rules(struct compiler *c)
{
	size_t n = 0;

	for (const struct profile_rule *r = c->profile->rules; r; r = r->next) {
		if (!profile_applies(r, c->target)) {
			continue;
		}
		for (size_t i = 0; i < r->names.n; i++, n++) {
			for (size_t arch = 0; arch < CALLARCH_COUNT; arch++) {
				if (c->arches & (UINT32_C(1) << arch)) {
					note_call(c, arch, r, r->names.v[i]);
				}
			}
			add_rule(c, r, r->names.v[i]);
		}
	}
	return n;
}

/* ---- the whole ----------------------------------------------------------------------- */

static int export(struct compiler *c, struct sock_filter *insns, size_t *ret_n,
		  struct err *reterr)
{
	struct sock_filter stub[FILTER_STUB_MAX];
	size_t n_stub = filter_stub(c->stub, stub);
	size_t size = (BPF_INSNS_MAX - n_stub) * sizeof(*insns);
	int rc = seccomp_export_bpf_mem(c->ctx, insns + n_stub, &size);

	if (rc == -ERANGE) {
		bad(c, 0,
		    "the program would have more instructions than the kernel takes",
		    NULL, rc);
		return -EINVAL;
	}
	if (rc < 0) {
		return err_system(reterr, -rc, "cannot make the seccomp program");
	}
	memcpy(insns, stub, n_stub * sizeof(*insns));
	*ret_n = n_stub + size / sizeof(*insns);
	return 0;
}

static int compile(struct arena *a, struct compiler *c, struct sock_filter *insns,
		   size_t *ret_n, struct err *reterr)
{
	struct err e;
	int rc = start(c, reterr);

	if (rc < 0) {
		return rc;
	}
	if (add_rules(c) > TREE_FROM) {
		seccomp_attr_set(c->ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	}
	finish_stub(c);
	if (c->n_bad > 0) {
		return -EINVAL;
	}
	rc = export(c, insns, ret_n, reterr);
	if (rc < 0) {
		return rc;
	}
	if (bpf_validate(insns, *ret_n, &e) == 0) {
		*ret_n = bpf_pack(a, insns, *ret_n);
	}
	if (bpf_validate(insns, *ret_n, &e) < 0 ||
	    bpf_check_exec(insns, *ret_n, c->target->arch, &e) < 0) {
		bad(c, 0, e.text, NULL, 0);
		return -EINVAL;
	}
	return 0;
}

int filter_compile(struct arena *a, const struct profile *profile,
		   const struct profile_target *target,
		   struct sock_filter ret_insns[BPF_INSNS_MAX], size_t *ret_n,
		   struct problems *p, struct err *reterr)
{
	struct compiler *c = arena_alloc(a, sizeof(*c));
	int rc;

	*c = (struct compiler){
		.profile = profile,
		.target = target,
		.arches = profile_arches(profile, target->arch),
		.p = p,
	};
	rc = compile(a, c, ret_insns, ret_n, reterr);
	if (rc == -EINVAL && c->n_bad > 0) {
		err_config(reterr, "cannot use seccomp profile '%s': it has mistakes",
			   profile->source);
	}
	seccomp_release(c->ctx);
	return rc;
}
