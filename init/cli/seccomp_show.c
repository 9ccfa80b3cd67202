/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A description of a program. What it does is found by asking it, call by call; only what it does on
 * a condition is told from the profile, if there is one.
 */
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "cli/seccomp.h"
#include "core/caps.h"
#include "core/strv.h"

#define LINE_WIDTH 78
#define CALLS_MAX 1024 /* numbers asked for; the highest that a kernel has is below 600 */
#define ANSWERS_MAX 16

/* Text in the making. */
struct text {
	struct arena *a;
	char *v;
	size_t n, room;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *fmt,
						      ...)
{
	va_list ap;
	char *more;
	size_t len;

	va_start(ap, fmt);
	more = arena_vprintf(t->a, fmt, ap);
	va_end(ap);
	len = strlen(more);
	if (t->n + len >= t->room) {
		char *old = t->v;

		t->room = (t->n + len) * 2 + 4096;
		t->v = arena_alloc(t->a, t->room);
		memcpy(t->v, old ? old : "", t->n);
	}
	memcpy(t->v + t->n, more, len + 1);
	t->n += len;
}

static void add_words(struct text *t, const struct strv *words)
{
	size_t column = LINE_WIDTH;

	for (size_t i = 0; i < words->n; i++) {
		size_t len = strlen(words->v[i]);

		if (column + 1 + len > LINE_WIDTH) {
			add(t, "%s   ", i ? "\n" : "");
			column = 3;
		}
		add(t, " %s", words->v[i]);
		column += 1 + len;
	}
	add(t, "\n");
}

/* ---- asking -------------------------------------------------------------------------- */

struct group {
	uint32_t answer;
	struct strv names;
};

struct answers {
	struct group groups[ANSWERS_MAX];
	size_t n;
	struct strv depends; /* calls that are answered by their arguments */
};

static void note(struct arena *a, struct answers *all, uint32_t answer, char *name)
{
	size_t i = 0;

	while (i < all->n && all->groups[i].answer != answer) {
		i++;
	}
	if (i == all->n && all->n < ANSWERS_MAX) {
		all->groups[all->n++].answer = answer;
	}
	if (i < all->n) {
		strv_push(a, &all->groups[i].names, name);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct strv *names)
{
	if (names->n > 0) {
		qsort(names->v, names->n, sizeof(*names->v), compare_names);
	}
}

static void ask(struct arena *a, const struct seccomp_subject *s,
		const struct callarch *arch, struct answers *all)
{
	for (uint32_t nr = 0; nr < CALLS_MAX; nr++) {
		char *found = seccomp_syscall_resolve_num_arch(arch->token, (int)nr),
		     *name;
		uint32_t answer;

		if (!found) {
			continue;
		}
		name = arena_strdup(a, found);
		free(found);
		if (bpf_is_constant(s->insns, s->n, arch->audit, nr, &answer)) {
			note(a, all, answer, name);
		} else {
			strv_push(a, &all->depends, name);
		}
	}
	for (size_t i = 0; i < all->n; i++) {
		sort(&all->groups[i].names);
	}
	sort(&all->depends);
}

/* ---- telling ------------------------------------------------------------------------- */

static void add_condition(struct text *t, const struct profile_arg *arg)
{
	static const char signs[PROFILE_OP_COUNT][3] = {
		[PROFILE_NE] = "!=", [PROFILE_LT] = "<",  [PROFILE_LE] = "<=",
		[PROFILE_EQ] = "==", [PROFILE_GE] = ">=", [PROFILE_GT] = ">",
	};

	if (arg->op == PROFILE_MASKED_EQ) {
		add(t, "argument %u & 0x%llx == 0x%llx", arg->index,
		    (unsigned long long)arg->value, (unsigned long long)arg->value_two);
	} else {
		add(t, "argument %u %s 0x%llx", arg->index, signs[arg->op],
		    (unsigned long long)arg->value);
	}
}

static bool repeats_an_argument(const struct profile_rule *rule)
{
	unsigned seen = 0;

	for (size_t i = 0; i < rule->n_args; i++) {
		if (seen & (1u << rule->args[i].index)) {
			return true;
		}
		seen |= 1u << rule->args[i].index;
	}
	return false;
}

static void add_conditions(struct text *t, const struct seccomp_subject *s,
			   const char *name)
{
	char buf[BPF_ANSWER_MAX];

	for (const struct profile_rule *r = s->profile->rules; r; r = r->next) {
		const char *joint = repeats_an_argument(r) ? "or" : "and";

		if (!r->n_args || !profile_applies(r, &s->target) ||
		    !strv_contains(&r->names, name)) {
			continue;
		}
		add(t, "    %s: %s if ", name, bpf_answer(r->action, buf));
		for (size_t i = 0; i < r->n_args; i++) {
			add(t, "%s%s%s", i ? " " : "", i ? joint : "", i ? " " : "");
			add_condition(t, &r->args[i]);
		}
		add(t, "\n");
	}
}

static void add_depending(struct text *t, const struct seccomp_subject *s,
			  const struct strv *names)
{
	if (names->n == 0) {
		return;
	}
	add(t, "\nby argument (%zu)\n", names->n);
	if (!s->profile) {
		add_words(t, names);
		return;
	}
	for (size_t i = 0; i < names->n; i++) {
		add_conditions(t, s, names->v[i]);
	}
}

static void add_arches(struct text *t, archbits_t arches)
{
	for (size_t i = 0; i < CALLARCH_COUNT; i++) {
		if (arches & (UINT32_C(1) << i)) {
			add(t, " %s", callarchs[i].docker);
		}
	}
}

static void add_when(struct text *t, const char *word, const struct profile_when *when)
{
	if (when->caps) {
		add(t, " %s %s", word, caps_format(t->a, when->caps, 0));
	}
	if (when->arches) {
		add(t, " %s", word);
		add_arches(t, when->arches);
	}
	if (when->min_kernel) {
		add(t, " %s kernel %u.%u", word, when->min_kernel >> 20,
		    when->min_kernel >> 10 & 0x3ff);
	}
}

/* The rules that do not hold for the target, and what for they would. */
static void add_inactive(struct text *t, const struct seccomp_subject *s)
{
	bool first = true;
	char buf[BPF_ANSWER_MAX];

	for (const struct profile_rule *r = s->profile->rules; r; r = r->next) {
		if (profile_applies(r, &s->target)) {
			continue;
		}
		add(t, "%s  %s:", first ? "\nelsewhere\n" : "",
		    bpf_answer(r->action, buf));
		add_when(t, "with", &r->includes);
		add_when(t, "without", &r->excludes);
		add(t, "\n");
		add_words(t, &r->names);
		first = false;
	}
}

static void add_head(struct text *t, const struct seccomp_subject *s)
{
	const struct profile_target *target = &s->target;
	char buf[BPF_ANSWER_MAX];

	add(t, "%s", s->name);
	if (s->profile) {
		archbits_t more = profile_arches(s->profile, target->arch) &
				  ~ARCHBIT(target->arch);

		add(t, ": profile for %s", target->arch->uname);
		if (more) {
			add(t, " and");
			add_arches(t, more);
		}
		add(t, ", kernel %u.%u, capabilities: %s\n", target->kernel >> 20,
		    target->kernel >> 10 & 0x3ff, caps_format(t->a, target->caps, 0));
	} else {
		add(t, ": program for %s\n", target->arch->uname);
	}
	add(t, "%zu instructions, at most %u for one call\n", s->n,
	    bpf_depth(s->insns, s->n));
	if (s->profile) {
		add(t, "a call without a rule: %s\n",
		    bpf_answer(s->profile->default_action, buf));
	}
}

const char *seccomp_describe(struct arena *a, const struct seccomp_subject *s)
{
	struct text t = {.a = a};
	struct answers *all = arena_alloc(a, sizeof(*all));
	char buf[BPF_ANSWER_MAX];

	add_head(&t, s);
	ask(a, s, s->target.arch, all);
	for (size_t i = 0; i < all->n; i++) {
		const struct group *g = &all->groups[i];

		add(&t, "\n%s (%zu)\n", bpf_answer(g->answer, buf), g->names.n);
		add_words(&t, &g->names);
	}
	add_depending(&t, s, &all->depends);
	if (s->profile) {
		add_inactive(&t, s);
	}
	return t.v;
}
