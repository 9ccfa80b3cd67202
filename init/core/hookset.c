/* SPDX-License-Identifier: Apache-2.0 */
#include "core/hookset.h"

#include <stdio.h>
#include <string.h>

/* A probe ends by itself in time and says what it waited for; only what does not is killed. */
#define PROBE_LEEWAY 200

static msec_t after(msec_t now, msec_t span)
{
	return span >= MSEC_INFINITY - now ? MSEC_INFINITY : now + span;
}

static bool is_health(const struct hookset *s, size_t i)
{
	return s->hooks[i].phase == PHASE_RUNNING || s->hooks[i].phase == PHASE_COUNT;
}

/* A try is under way, or a process of one is still to be reaped. */
static bool is_busy(const struct hook_state *st)
{
	return st->status == HOOK_RUNNING || st->status == HOOK_KILLED;
}

static bool is_over(const struct hook_state *st)
{
	return st->status == HOOK_PASSED || st->status == HOOK_FAILED;
}

static void set_reason(struct hook_state *st, const char *reason)
{
	snprintf(st->reason, sizeof(st->reason), "%s", reason ? reason : "failed");
}

static void make_due(struct hookset *s, size_t i, msec_t now)
{
	struct hook_state *st = &s->states[i];

	st->status = HOOK_DUE;
	st->at = st->begun = after(now, s->hooks[i].delay);
}

/* From its beginning, unless the last process of it is still there: then as soon as that is reaped. */
static void begin(struct hookset *s, size_t i, msec_t now)
{
	struct hook_state *st = &s->states[i];

	st->tries = st->failures = st->passes = 0;
	st->again = is_busy(st);
	if (st->again) {
		return;
	}
	if (s->hooks[i].n_after > 0) {
		st->status = HOOK_BLOCKED;
	} else {
		make_due(s, i, now);
	}
}

void hookset_begin(struct hookset *s, enum phase phase, msec_t now)
{
	s->phase = phase;
	s->reported = false;
	for (size_t i = 0; i < s->n; i++) {
		if (s->hooks[i].phase == phase) {
			begin(s, i, now);
		}
	}
}

void hookset_health(struct hookset *s, msec_t now)
{
	s->health = true;
	s->ready_at = now;
	for (size_t i = 0; i < s->n; i++) {
		struct hook_state *st = &s->states[i];

		if (s->hooks[i].phase != PHASE_RUNNING) {
			continue;
		}
		/* The first try is at once, not as Docker's after an interval: who waits for health need not wait for that.
		 * Its rung stays: a restart is a step of the ladder, not the end of it. */
		begin(s, i, now);
		st->verdict = VERDICT_STARTING;
		st->passed_at = 0;
	}
}

void hookset_abort(struct hookset *s, enum phase phase)
{
	if (phase == PHASE_RUNNING) {
		s->health = false;
	} else if (s->phase == phase) {
		s->phase = PHASE_COUNT;
	}
	for (size_t i = 0; i < s->n; i++) {
		struct hook_state *st = &s->states[i];
		bool its = phase == PHASE_RUNNING ? is_health(s, i)
						  : s->hooks[i].phase == phase;

		if (!its) {
			continue;
		}
		st->verdict = VERDICT_NONE;
		st->remedy_due = st->again = false;
		if (is_busy(st) && s->hooks[i].action != HOOK_NOTIFY) {
			st->aborted = true;
			st->at = st->status == HOOK_RUNNING ? 0 : st->at;
		} else if (!is_over(st)) {
			st->status = HOOK_IDLE;
		}
	}
}

void hookset_started(struct hookset *s, size_t hook, msec_t now)
{
	struct hook_state *st = &s->states[hook];

	st->started = now;
	st->tries++;
}

/* A failure of what is not health: once more, or for good. */
static void try_again(struct hookset *s, size_t i, msec_t now)
{
	const struct hook *h = &s->hooks[i];
	struct hook_state *st = &s->states[i];
	msec_t next = after(now, h->interval);

	if ((h->retries != HOOK_RETRIES_ENDLESS && st->tries > h->retries) ||
	    next > after(st->begun, h->deadline)) {
		st->status = HOOK_FAILED;
		return;
	}
	st->status = HOOK_DUE;
	st->at = next;
}

/* Docker's rules: `retries` failures in a row, those of the start period do not count until one passed. */
static void judge(struct hookset *s, size_t i, bool passed, msec_t now)
{
	const struct hook *h = &s->hooks[i];
	struct hook_state *st = &s->states[i];
	bool starting = st->passed_at == 0 && now - s->ready_at < h->start_period;

	st->status = HOOK_DUE;
	st->at = after(now, starting && !passed ? h->start_interval : h->interval);
	if (passed) {
		st->failures = 0;
		st->passes++;
		st->verdict = VERDICT_HEALTHY;
		/* As many good ones as bad ones were needed: the ladder begins anew. */
		if (st->passes >= h->retries) {
			st->rung = 0;
			st->climbed = false;
		}
		return;
	}
	st->passes = 0;
	if (starting) {
		return;
	}
	st->failures++;
	if (st->failures % (h->retries ? h->retries : 1) == 0) {
		st->verdict = VERDICT_UNHEALTHY;
		st->remedy_due = h->n_remedies > 0;
	}
}

void hookset_result(struct hookset *s, size_t hook, bool passed, const char *reason,
		    msec_t now)
{
	struct hook_state *st = &s->states[hook];

	if (!is_busy(st)) {
		return;
	}
	/* What had to be killed has not passed, whatever it made of that. */
	passed = passed && st->status != HOOK_KILLED;
	if (st->aborted) {
		bool again = st->again;

		st->aborted = st->again = st->once = false;
		st->status = HOOK_IDLE;
		if (again) {
			begin(s, hook, now);
		}
		return;
	}
	st->finished = now;
	st->last_passed = passed;
	if (passed) {
		st->reason[0] = '\0';
	} else if (st->status != HOOK_KILLED) {
		set_reason(st, reason);
	}
	if (st->once) {
		st->once = false;
		st->status = HOOK_IDLE;
	} else if (s->hooks[hook].phase == PHASE_RUNNING) {
		judge(s, hook, passed, now);
	} else if (passed) {
		st->status = HOOK_PASSED;
	} else {
		st->failures++;
		try_again(s, hook, now);
	}
	if (passed) {
		st->passed_at = now;
	}
}

void hookset_extend(struct hookset *s, size_t hook, msec_t span, msec_t now)
{
	struct hook_state *st = &s->states[hook];

	if (st->status == HOOK_RUNNING && after(now, span) > st->at) {
		st->at = after(now, span);
	}
}

/* Those before it have passed, or failed and nobody minds. */
static bool is_unblocked(const struct hookset *s, const struct hook *h)
{
	for (size_t k = 0; k < h->n_after; k++) {
		size_t i = h->after[k];
		enum hook_status status = s->states[i].status;

		if (status != HOOK_PASSED &&
		    (status != HOOK_FAILED || s->hooks[i].required)) {
			return false;
		}
	}
	return true;
}

/* Its time has come: true with an order, or false when that changed only its state. */
static bool run(struct hookset *s, size_t i, msec_t now, struct order *ret)
{
	const struct hook *h = &s->hooks[i];
	struct hook_state *st = &s->states[i];
	msec_t deadline = after(st->begun, h->deadline), timeout;

	st->status = HOOK_RUNNING;
	if (h->action == HOOK_DELAY) {
		hookset_started(s, i, now);
		hookset_result(s, i, true, NULL, now);
		return false;
	}
	if (h->action == HOOK_NOTIFY) {
		hookset_started(s, i, now);
		st->at = deadline;
		return false;
	}
	timeout = h->timeout;
	if (!is_health(s, i) && deadline != MSEC_INFINITY && deadline - now < timeout) {
		timeout = deadline > now ? deadline - now : 1;
	}
	st->at = after(now, timeout);
	if (h->action == HOOK_PROBE) {
		st->at = after(st->at, PROBE_LEEWAY);
	}
	*ret = (struct order){.type = ORDER_START, .hook = i, .timeout = timeout};
	return true;
}

/* It takes too long, or is no longer wanted. */
static bool end(struct hookset *s, size_t i, msec_t now, struct order *ret)
{
	struct hook_state *st = &s->states[i];
	msec_t took = now - st->started;

	st->status = HOOK_KILLED;
	st->at = MSEC_INFINITY;
	if (s->hooks[i].action == HOOK_NOTIFY) {
		set_reason(st, "main has not said that it is ready");
	} else if (!st->aborted) {
		snprintf(st->reason, sizeof(st->reason), "no end within %lld.%03llds",
			 (long long)took / 1000, (long long)took % 1000);
	}
	*ret = (struct order){.type = ORDER_KILL, .hook = i};
	return true;
}

static bool remedy(struct hookset *s, size_t i, msec_t now, struct order *ret)
{
	const struct hook *h = &s->hooks[i];
	struct hook_state *st = &s->states[i];
	const struct remedy *r = &h->remedies[st->rung];

	st->remedy_due = false;
	if (st->rung + 1 < h->n_remedies) {
		st->rung++;
	}
	if (r->type == REMEDY_NONE) {
		return false;
	}
	if (r->type == REMEDY_HOOK) {
		struct hook_state *other = &s->states[r->hook];

		if (!is_busy(other)) {
			other->once = true;
			make_due(s, r->hook, now);
		}
	}
	*ret = (struct order){
		.type = ORDER_REMEDY, .hook = i, .remedy = r, .again = st->climbed};
	st->climbed = true;
	return true;
}

static bool step(struct hookset *s, size_t i, msec_t now, struct order *ret)
{
	struct hook_state *st = &s->states[i];

	if (st->remedy_due && remedy(s, i, now, ret)) {
		return true;
	}
	if (st->status == HOOK_BLOCKED && is_unblocked(s, &s->hooks[i])) {
		make_due(s, i, now);
		s->moved = true;
	}
	if (st->status == HOOK_DUE && st->at <= now) {
		s->moved = true;
		return run(s, i, now, ret);
	}
	if (st->status == HOOK_RUNNING && st->at <= now) {
		s->moved = true;
		return end(s, i, now, ret);
	}
	return false;
}

/* What has become of the active phase as a whole; each end is told once. */
static bool phase_end(struct hookset *s, struct order *ret)
{
	bool all = true;

	if (s->phase == PHASE_COUNT || s->reported) {
		return false;
	}
	for (size_t i = 0; i < s->n; i++) {
		if (s->hooks[i].phase != s->phase) {
			continue;
		}
		if (s->states[i].status == HOOK_FAILED && s->hooks[i].required) {
			*ret = (struct order){.type = ORDER_PHASE_FAILED, .hook = i};
			s->reported = true;
			return true;
		}
		all = all && is_over(&s->states[i]);
	}
	if (all) {
		*ret = (struct order){.type = ORDER_PHASE_DONE};
		s->reported = true;
	}
	return all;
}

struct order hookset_next(struct hookset *s, msec_t now)
{
	struct order order = {.type = ORDER_NONE};

	if (phase_end(s, &order)) {
		return order;
	}
	/* Until a whole round moves nothing: a hook may have waited for one behind it. */
	for (;;) {
		while (s->next < s->n) {
			if (step(s, s->next++, now, &order)) {
				return order;
			}
		}
		s->next = 0;
		if (!s->moved) {
			break;
		}
		s->moved = false;
	}
	(void)phase_end(s, &order);
	return order;
}

msec_t hookset_deadline(const struct hookset *s)
{
	msec_t soonest = MSEC_INFINITY;

	for (size_t i = 0; i < s->n; i++) {
		const struct hook_state *st = &s->states[i];

		if ((st->status == HOOK_DUE || st->status == HOOK_RUNNING) &&
		    st->at < soonest) {
			soonest = st->at;
		}
	}
	return soonest;
}

enum verdict hookset_verdict(const struct hookset *s)
{
	enum verdict worst = VERDICT_HEALTHY;

	for (size_t i = 0; i < s->n; i++) {
		enum verdict v = s->states[i].verdict;

		if (s->hooks[i].phase != PHASE_RUNNING || v == VERDICT_HEALTHY) {
			continue;
		}
		if (v == VERDICT_UNHEALTHY) {
			return v;
		}
		worst = VERDICT_STARTING;
	}
	return worst;
}
