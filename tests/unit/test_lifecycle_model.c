/* SPDX-License-Identifier: Apache-2.0 */
/* Every sequence of possible events to a useful depth, and from each state the way to the end. */
#include "unit.h"

#include <signal.h>
#include <string.h>

#include "core/lifecycle.h"
#include "living.h"

#define DEPTH 7

/* What happened so far, beside the state itself. */
struct path {
	struct lifecycle s;
	msec_t now;
	unsigned exits;
	bool ended;	  /* main was reaped, or could not be started */
	bool hook_failed; /* one that is required */
	char text[64];
};

static unsigned long paths_seen;

static void fail_path(const struct path *path, const char *what)
{
	fail_msg("%s: '%s': %s, status %d", what, path->text, phase_name(path->s.phase),
		 path->s.status);
}

/* Can it happen there? A world that only does the possible; the table has the rest. */
static bool possible(const struct path *path, const struct lifecycle_policy *p,
		     enum column c)
{
	const struct lifecycle *s = &path->s;
	bool drains = s->phase == PHASE_DRAIN || s->phase == PHASE_DRAIN_KILL ||
		      s->phase == PHASE_SWEEP || s->phase == PHASE_SWEEP_KILL;
	bool runs = s->phase == PHASE_READY || s->phase == PHASE_RUNNING;
	bool hooks = (p->hook_phases >> s->phase & 1u) != 0 && s->phase != PHASE_RUNNING;

	switch (c) {
	case BEGIN:
		return false;
	case EXECUTED:
	case FAILED:
		return s->phase == PHASE_START;
	case ENDED:
		return s->main_alive;
	case EMPTY:
		return drains;
	case TIMER:
		return s->deadline != MSEC_INFINITY;
	case HOOKS_DONE:
	case HOOKS_FAILED:
		return hooks;
	case ASKED_TO_RESTART:
		return p->can_restart && (runs || s->phase == PHASE_BACKOFF);
	case UNHEALTHY:
	case SILENT:
		return p->can_restart && runs;
	case EXTENDED:
		return p->can_restart && s->phase == PHASE_TERM &&
		       strchr(path->text, column_letters[c]) == NULL;
	default:
		return true;
	}
}

static void check_invariants(const struct path *path, const struct actions *out,
			     enum phase before)
{
	const struct lifecycle *s = &path->s;

	if (out->n >= ACTIONS_MAX) {
		fail_path(path, "actions may have been lost");
	}
	if ((s->phase == PHASE_DONE) != (path->exits == 1) || path->exits > 1) {
		fail_path(path, "not exactly one exit");
	}
	if (path->ended && s->main_alive) {
		fail_path(path, "main is taken for alive");
	}
	if (s->phase < before && !(before == PHASE_BACKOFF && s->phase == PHASE_START)) {
		fail_path(path, "it went back");
	}
	if (s->phase <= PHASE_BACKOFF && s->phase >= PHASE_SWEEP && s->stopping) {
		fail_path(path, "it will start main though it stops");
	}
	for (size_t i = 0; i < out->n; i++) {
		if (out->v[i].type == ACTION_SIGNAL_MAIN && !s->main_alive) {
			fail_path(path, "a signal to main, which is gone");
		}
	}
	if (s->phase == PHASE_DONE && path->hook_failed && s->status != STATUS_HOOK &&
	    s->status != STATUS_HEALTH) {
		fail_path(path, "the failed hook is forgotten");
	}
}

static struct path follow(const struct lifecycle_policy *p, struct path path,
			  enum column c)
{
	enum phase before = path.s.phase;
	struct event e = events[c];
	struct actions out;

	/* Time goes on; a timer is not early. */
	path.now += 10;
	if (c == TIMER && path.s.deadline > path.now) {
		path.now = path.s.deadline;
	}
	e.now = path.now;
	lifecycle_step(p, &path.s, &e, &out);
	path.ended |= c == ENDED || c == FAILED;
	for (size_t i = 0; i < out.n; i++) {
		path.ended &= out.v[i].type != ACTION_START_MAIN;
	}
	path.hook_failed |= c == HOOKS_FAILED && before <= PHASE_READY;
	for (size_t i = 0; i < out.n; i++) {
		path.exits += out.v[i].type == ACTION_EXIT;
	}
	path.text[strlen(path.text)] = column_letters[c];
	check_invariants(&path, &out, before);
	paths_seen++;
	return path;
}

/* From here, does it come to an end when a stop is asked for and all that is due comes? */
static void check_ends(const struct lifecycle_policy *p, struct path path)
{
	static const enum column due[] = {TIMER, EXECUTED, ENDED, EMPTY, HOOKS_DONE};

	if (!path.s.stopping && path.s.phase < PHASE_DRAIN) {
		path = follow(p, path, STOP);
	}
	for (int i = 0; i < 16 && path.s.phase != PHASE_DONE; i++) {
		size_t k = 0;

		while (k < ARRAY_LEN(due) && !possible(&path, p, due[k])) {
			k++;
		}
		if (k == ARRAY_LEN(due)) {
			break;
		}
		path = follow(p, path, due[k]);
	}
	if (path.s.phase != PHASE_DONE) {
		fail_path(&path, "it never ends");
	}
}

static void explore(const struct lifecycle_policy *p, const struct path *path, int depth)
{
	check_ends(p, *path);
	for (enum column c = 0; c < COLUMNS && depth > 0; c++) {
		if (path->s.phase != PHASE_DONE && possible(path, p, c)) {
			struct path next = follow(p, *path, c);

			explore(p, &next, depth - 1);
		}
	}
}

static void test_every_sequence(void **state)
{
	static const unsigned hooks[] = {0, ALL_HOOKS, 1u << PHASE_READY,
					 1u << PHASE_STOP | 1u << PHASE_EXIT};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(hooks) * 32; i++) {
		struct lifecycle_policy p = finite_policy();
		struct path path = {.now = NOW};

		p.hook_phases = hooks[i / 32];
		p.linger = i & 1;
		p.no_main = i & 2;
		p.stop_grace = i & 4 ? MSEC_INFINITY : STOP_GRACE;
		p.orphan_grace = i & 8 ? MSEC_INFINITY : ORPHAN_GRACE;
		p.end_signal = SIGHUP;
		p.can_restart = (i & 16) && !p.no_main;
		p.restart = p.can_restart ? RESTART_ON_FAILURE : RESTART_NO;
		p.restart_max = 1;
		lifecycle_init(&path.s);
		path = follow(&p, path, BEGIN);
		explore(&p, &path, p.can_restart ? DEPTH - 1 : DEPTH);
	}
	assert_true(paths_seen > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_sequence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
