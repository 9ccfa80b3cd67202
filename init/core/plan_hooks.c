/* SPDX-License-Identifier: Apache-2.0 */
/* One [hook:NAME] -> struct hook, all but its order (plan_hooks_order.c) and who runs it (plan_hooks_run.c). */
#include <string.h>

#include "core/parse.h"
#include "core/plan_hooks.h"
#include "core/signame.h"

#define SPAN_MAX ((msec_t)8760 * 3600 * 1000) /* a year */
#define RETRIES_MAX 1000000

#define IN(phase) (1u << (phase))
#define BEFORE_MAIN (IN(PHASE_PREPARE) | IN(PHASE_WAIT))
#define STARTING (BEFORE_MAIN | IN(PHASE_READY))
#define HEALTH IN(PHASE_RUNNING)
#define ENDING (IN(PHASE_STOP) | IN(PHASE_EXIT))
#define REMEDY IN(PHASE_COUNT)
#define ANY (STARTING | HEALTH | ENDING | REMEDY)

/* Which phases and actions a key means something in. */
static const struct {
	unsigned phases;
	bool commands, probes, delays;
} uses[HOOK_KEY_COUNT] = {
	[HOOK_KEY_PHASE] = {ANY, true, true, true},
	[HOOK_KEY_AFTER] = {STARTING | ENDING | HEALTH, true, true, true},
	[HOOK_KEY_WHEN] = {ANY, true, true, true},
	[HOOK_KEY_COMMAND] = {ANY, true, true, true},
	[HOOK_KEY_TCP] = {ANY, true, true, true},
	[HOOK_KEY_HTTP] = {ANY, true, true, true},
	[HOOK_KEY_UNIX] = {ANY, true, true, true},
	[HOOK_KEY_FILE] = {ANY, true, true, true},
	[HOOK_KEY_DELAY] = {ANY, true, true, true},
	[HOOK_KEY_SEND] = {ANY, .probes = true},
	[HOOK_KEY_EXPECT] = {ANY, .probes = true},
	[HOOK_KEY_EXPECT_STATUS] = {ANY, .probes = true},
	[HOOK_KEY_HEADERS] = {ANY, .probes = true},
	[HOOK_KEY_METHOD] = {ANY, .probes = true},
	[HOOK_KEY_TIMEOUT] = {ANY, true, true, false},
	[HOOK_KEY_INTERVAL] = {STARTING | HEALTH, true, true, false},
	[HOOK_KEY_DEADLINE] = {STARTING, true, true, false},
	[HOOK_KEY_RETRIES] = {STARTING | HEALTH, true, true, false},
	[HOOK_KEY_START_PERIOD] = {HEALTH, true, true, false},
	[HOOK_KEY_START_INTERVAL] = {HEALTH, true, true, false},
	[HOOK_KEY_REQUIRED] = {STARTING | ENDING, true, true, true},
	[HOOK_KEY_USER] = {ANY, .commands = true},
	[HOOK_KEY_WORKING_DIR] = {ANY, .commands = true},
	[HOOK_KEY_SECRETS] = {ANY, .commands = true},
	[HOOK_KEY_ON_FAILURE] = {HEALTH, true, true, false},
};

static const struct {
	const char name[8];
	enum phase phase;
} phases[] = {
	{"prepare", PHASE_PREPARE}, {"wait", PHASE_WAIT}, {"ready", PHASE_READY},
	{"health", PHASE_RUNNING},  {"stop", PHASE_STOP}, {"exit", PHASE_EXIT},
};

const char *plan_hook_phase(enum phase phase)
{
	for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
		if (phases[i].phase == phase) {
			return phases[i].name;
		}
	}
	return "none";
}

void hook_problem(struct hook_planner *h, enum hook_key key, const char *fmt, ...)
{
	const struct setting *s = config_hook_setting(h->section, key);
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(h->p->arena, fmt, ap);
	va_end(ap);
	problems_add(h->p->problems, s ? s->at : h->section->at, "hook:%s.%s: %s",
		     h->section->name, config_hook_key_name(key), text);
}

static void section_problem(struct hook_planner *h, const char *text)
{
	problems_add(h->p->problems, h->section->at, "hook:%s: %s", h->section->name,
		     text);
}

const char *hook_value(struct hook_planner *h, enum hook_key key)
{
	const struct setting *s = config_hook_setting(h->section, key);
	const char *unset = NULL;
	struct piece *pieces;
	struct err e;

	if (!s || !s->value || !strchr(s->value, '$')) {
		return s ? s->value : NULL;
	}
	if (interpolate(h->p->arena, s->value, planner_lookup, &h->p->base, false,
			&pieces, &unset, &e) < 0) {
		hook_problem(h, key, "%s", e.text);
		return NULL;
	}
	if (unset) {
		problems_add(
			&h->p->plan->notes, s->at,
			"hook:%s.%s: variable %s is not set; an empty text takes its place",
			h->section->name, config_hook_key_name(key), unset);
	}
	return pieces_text(h->p->arena, pieces);
}

bool hook_is_set(const struct hook_planner *h, enum hook_key key)
{
	const struct setting *s = config_hook_setting(h->section, key);

	return s && s->value;
}

struct strv hook_list(struct hook_planner *h, enum hook_key key)
{
	const char *text = hook_value(h, key);
	struct strv items = {0};
	struct err e;

	if (text && parse_list(h->p->arena, text, &items, &e) < 0) {
		hook_problem(h, key, "%s", e.text);
		return (struct strv){0};
	}
	return items;
}

static void plan_phase(struct hook_planner *h)
{
	const char *text = hook_value(h, HOOK_KEY_PHASE);

	h->hook->phase = PHASE_COUNT;
	if (!text) {
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
		if (strcmp(phases[i].name, text) == 0) {
			h->hook->phase = phases[i].phase;
			return;
		}
	}
	hook_problem(h, HOOK_KEY_PHASE,
		     "cannot use " SHOWN
		     ": it is prepare, wait, ready, health, stop or exit",
		     SHOW(text));
}

/* ---- the action ---- */

static void plan_command(struct hook_planner *h, const char *text)
{
	struct hook *hook = h->hook;
	struct err e;

	hook->action = HOOK_COMMAND;
	hook->command_at = config_hook_setting(h->section, HOOK_KEY_COMMAND)->at;
	hook->text = arena_printf(h->p->arena, "command %s", text);
	if (parse_words(h->p->arena, text, &hook->argv, &e) < 0) {
		hook_problem(h, HOOK_KEY_COMMAND, "%s", e.text);
	} else if (hook->argv.n == 0 || !hook->argv.v[0][0]) {
		hook_problem(h, HOOK_KEY_COMMAND, "the program's name is empty");
	}
}

static void plan_probe(struct hook_planner *h, const char *const *action)
{
	const struct probe_text text = {
		.tcp = action[0],
		.http = action[1],
		.unix_path = action[2],
		.file = action[3],
		.send = hook_value(h, HOOK_KEY_SEND),
		.expect = hook_value(h, HOOK_KEY_EXPECT),
		.expect_status = hook_value(h, HOOK_KEY_EXPECT_STATUS),
		.headers = hook_value(h, HOOK_KEY_HEADERS),
		.method = hook_value(h, HOOK_KEY_METHOD),
	};
	struct err e;

	h->hook->action = HOOK_PROBE;
	for (enum hook_key key = HOOK_KEY_TCP; key <= HOOK_KEY_FILE; key++) {
		if (action[key - HOOK_KEY_TCP]) {
			h->hook->text = arena_printf(h->p->arena, "%s %s",
						     config_hook_key_name(key),
						     action[key - HOOK_KEY_TCP]);
		}
	}
	if (probe_parse(h->p->arena, &text, &h->hook->probe, &e) < 0) {
		section_problem(h, arena_strdup(h->p->arena, e.text));
	}
}

/* False: there is none to plan further. */
static bool plan_action(struct hook_planner *h)
{
	const char *probe[HOOK_KEY_FILE - HOOK_KEY_TCP + 1] = {NULL};
	const char *command = NULL;
	size_t n = 0;

	for (enum hook_key key = HOOK_KEY_COMMAND; key <= HOOK_KEY_FILE; key++) {
		n += hook_is_set(h, key);
	}
	if (n > 1) {
		section_problem(h, "it has more than one action: make a hook of each");
		return false;
	}
	if (n == 0 && hook_is_set(h, HOOK_KEY_DELAY)) {
		h->hook->action = HOOK_DELAY;
		h->hook->text = arena_printf(h->p->arena, "delay %s",
					     hook_value(h, HOOK_KEY_DELAY));
		return true;
	}
	if (n == 0) {
		section_problem(
			h,
			"it has no action: set one of command, tcp, http, unix, file and delay");
		return false;
	}
	if (hook_is_set(h, HOOK_KEY_COMMAND)) {
		command = hook_value(h, HOOK_KEY_COMMAND);
		if (command) {
			plan_command(h, command);
		}
		return command != NULL;
	}
	n = 0;
	for (enum hook_key key = HOOK_KEY_TCP; key <= HOOK_KEY_FILE; key++) {
		probe[key - HOOK_KEY_TCP] = hook_value(h, key);
		n += probe[key - HOOK_KEY_TCP] != NULL;
	}
	if (n == 1) {
		plan_probe(h, probe);
	}
	return n == 1;
}

/* Keys that mean nothing for a hook of this phase and action. */
static void check_uses(struct hook_planner *h)
{
	const struct hook *hook = h->hook;

	for (enum hook_key key = 0; key < HOOK_KEY_COUNT; key++) {
		bool fits = hook->action == HOOK_COMMAND ? uses[key].commands
			    : hook->action == HOOK_PROBE ? uses[key].probes
							 : uses[key].delays;

		if (!hook_is_set(h, key)) {
			continue;
		}
		if (!fits) {
			hook_problem(h, key, "it means nothing for '%s'", hook->text);
		} else if (!(uses[key].phases & IN(hook->phase))) {
			hook_problem(h, key, "it means nothing in phase %s",
				     plan_hook_phase(hook->phase));
		}
	}
	if (hook->phase == PHASE_RUNNING && hook->action == HOOK_DELAY) {
		section_problem(h, "a delay alone says nothing about main's health");
	}
}

/* ---- numbers ---- */

static void plan_span(struct hook_planner *h, enum hook_key key, msec_t min, msec_t *span)
{
	const char *text = hook_value(h, key);
	msec_t value;
	struct err e;

	if (!text) {
		return;
	}
	if (parse_duration(text, &value, &e) < 0) {
		hook_problem(h, key, "%s", e.text);
	} else if (value < min) {
		hook_problem(h, key, "cannot use '%s': it must be more than 0", text);
	} else if (value > SPAN_MAX) {
		hook_problem(h, key, "cannot use '%s': at most 8760h", text);
	} else {
		*span = value;
	}
}

static void plan_retries(struct hook_planner *h)
{
	const char *text = hook_value(h, HOOK_KEY_RETRIES);
	uint64_t n;
	struct err e;

	if (!text) {
		return;
	}
	if (parse_uint(text, RETRIES_MAX, &n, &e) < 0) {
		hook_problem(h, HOOK_KEY_RETRIES, "%s", e.text);
	} else if (n == 0 && h->hook->phase == PHASE_RUNNING) {
		hook_problem(
			h, HOOK_KEY_RETRIES,
			"cannot use '0': a hook is unhealthy after 1 failure or more");
	} else {
		h->hook->retries = (unsigned)n;
	}
}

static void plan_defaults(struct hook *hook)
{
	bool command = hook->action == HOOK_COMMAND;
	bool patient = hook->action == HOOK_PROBE &&
		       (hook->phase == PHASE_WAIT || hook->phase == PHASE_READY);
	bool early = hook->phase == PHASE_PREPARE || hook->phase == PHASE_WAIT;

	hook->timeout = (command && early) || hook->action == HOOK_DELAY ? MSEC_INFINITY
									 : 30000;
	hook->interval = hook->phase == PHASE_RUNNING ? 30000 : 1000;
	hook->deadline = patient ? 60000 : MSEC_INFINITY;
	hook->retries = hook->phase == PHASE_RUNNING ? 3 : 0;
	hook->start_interval = 5000;
	/* Where the container ends anyway one hook's failure must not take the others' time. */
	hook->required = hook->phase != PHASE_STOP && hook->phase != PHASE_EXIT;
}

static void plan_numbers(struct hook_planner *h)
{
	struct hook *hook = h->hook;
	const char *required = hook_value(h, HOOK_KEY_REQUIRED);
	size_t before = h->p->problems->n;
	struct err e;

	plan_defaults(hook);
	plan_span(h, HOOK_KEY_DELAY, 1, &hook->delay);
	plan_span(h, HOOK_KEY_TIMEOUT, 1, &hook->timeout);
	plan_span(h, HOOK_KEY_INTERVAL, 1, &hook->interval);
	plan_span(h, HOOK_KEY_DEADLINE, 1, &hook->deadline);
	plan_span(h, HOOK_KEY_START_PERIOD, 0, &hook->start_period);
	plan_span(h, HOOK_KEY_START_INTERVAL, 1, &hook->start_interval);
	plan_retries(h);
	/* A probe is tried until its deadline, unless it is said how often. */
	if (hook->action == HOOK_PROBE && hook->phase != PHASE_RUNNING &&
	    hook->deadline != MSEC_INFINITY && !hook_is_set(h, HOOK_KEY_RETRIES)) {
		hook->retries = HOOK_RETRIES_ENDLESS;
	}
	if (hook_is_set(h, HOOK_KEY_INTERVAL) && hook->retries == 0 &&
	    h->p->problems->n == before) {
		hook_problem(h, HOOK_KEY_INTERVAL,
			     "there is one try only; set retries, too");
	}
	if (required && parse_bool(required, &hook->required, &e) < 0) {
		hook_problem(h, HOOK_KEY_REQUIRED, "%s", e.text);
	}
}

bool plan_one_hook(struct hook_planner *h)
{
	size_t before = h->p->problems->n;

	h->hook->name = h->section->name;
	h->hook->at = h->section->at;
	plan_phase(h);
	if (h->p->problems->n > before || !plan_action(h)) {
		return false;
	}
	check_uses(h);
	plan_numbers(h);
	return h->p->problems->n == before;
}
