/* SPDX-License-Identifier: Apache-2.0 */
#include "core/status.h"

#include <string.h>

/* At most size - 1 bytes of text, and a NUL; the rest is zeroed, so that no old byte is sent. */
static void copy_text(char *to, size_t size, const char *text)
{
	size_t len = text ? strnlen(text, size - 1) : 0;

	memcpy(to, text ? text : "", len);
	memset(to + len, 0, size - len);
}

static int64_t ago(msec_t now, msec_t then)
{
	return then > 0 ? now - then : -1;
}

/* Twice interval plus timeout; for ever when one of them is. */
static int64_t freshness(const struct hook *h)
{
	int64_t span;

	if (__builtin_mul_overflow(h->interval, 2, &span) ||
	    __builtin_add_overflow(span, h->timeout, &span)) {
		return MSEC_INFINITY;
	}
	return span;
}

static void fill_hook(const struct hook *h, const struct hook_state *s, msec_t now,
		      struct wire_hook *w)
{
	/* While a try is under way `started` is about that one, which has not taken its time yet. */
	bool under_way = s->status == HOOK_RUNNING || s->status == HOOK_KILLED;

	*w = (struct wire_hook){
		.phase = h->phase,
		.status = s->status,
		.verdict = s->verdict,
		.tries = s->tries,
		.failures = s->failures,
		.required = h->required,
		.last_passed = s->last_passed,
		.since = ago(now, s->finished),
		.passed_ago = ago(now, s->passed_at),
		.took = s->finished > 0 && !under_way ? s->finished - s->started : -1,
		.fresh = freshness(h),
	};
	copy_text(w->name, sizeof(w->name), h->name);
	copy_text(w->reason, sizeof(w->reason), s->reason);
}

static void fill_hooks(const struct status_facts *f, size_t first,
		       struct wire_answer *answer)
{
	struct wire_status *w = &answer->status;
	size_t n = f->hooks->n, count = first < n ? n - first : 0;

	w->n_hooks = (uint32_t)n;
	w->first = (uint32_t)first;
	w->count = (uint32_t)(count < WIRE_HOOKS_MAX ? count : WIRE_HOOKS_MAX);
	w->verdict = hookset_verdict(f->hooks);
	for (size_t i = 0; i < w->count; i++) {
		fill_hook(&f->hooks->hooks[first + i], &f->hooks->states[first + i],
			  f->now, &answer->hooks[i]);
	}
}

void status_fill(const struct status_facts *f, size_t first, struct wire_answer *answer)
{
	const struct lifecycle *life = f->life;
	bool stopping = life->stopping || life->phase >= PHASE_STOP;

	answer->status = (struct wire_status){
		.phase = life->phase,
		.verdict = VERDICT_HEALTHY,
		.ready = life->phase == PHASE_RUNNING && !stopping,
		.stopping = stopping,
		.pid = f->pid,
		.main_pid = f->main_pid,
		.last_status = f->last_status,
		.restarts = f->restarts,
		.reaped = f->reaped,
		.uptime = f->now - f->begun,
		.main_uptime = f->main_pid > 0 ? f->now - f->main_begun : -1,
	};
	copy_text(answer->status.program, WIRE_TEXT_MAX, f->program);
	copy_text(answer->status.text, WIRE_TEXT_MAX, f->text);
	if (f->hooks) {
		fill_hooks(f, first, answer);
	}
}

size_t wire_answer_size(const struct wire_answer *answer)
{
	if (answer->status.count > WIRE_HOOKS_MAX) {
		return SIZE_MAX;
	}
	return offsetof(struct wire_answer, hooks) +
	       answer->status.count * sizeof(answer->hooks[0]);
}
