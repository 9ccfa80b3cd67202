/* SPDX-License-Identifier: Apache-2.0 */
/* How main lives on: starting it again in place, how it speaks with PID 1, and what is written down at its end. */
#include <string.h>

#include "core/parse.h"
#include "core/planner.h"

#define RESTARTS_MAX 1000000
#define SPAN_MAX ((msec_t)8760 * 3600 * 1000) /* a year */
#define NOTIFY_DEADLINE 60000
#define NOTIFY_FD_MAX 1023 /* the usual limit of open descriptors, less one */

/* Where Kubernetes, for one, makes a file for what a container has to say at its end. */
#define TERMINATION_LOG "/dev/termination-log"

static void plan_span(struct planner *p, enum config_key key, msec_t min, msec_t *span)
{
	const char *text = planner_value(p, key);
	msec_t value;
	struct err e;

	if (!text) {
		return;
	}
	if (parse_duration(text, &value, &e) < 0) {
		planner_problem(p, key, "%s", e.text);
	} else if (value < min) {
		planner_problem(p, key, "cannot use '%s': it must be more than 0", text);
	} else if (value > SPAN_MAX) {
		planner_problem(p, key, "cannot use '%s': at most 8760h", text);
	} else {
		*span = value;
	}
}

/* "on-failure:5": the number behind the colon. */
static void plan_restart_max(struct planner *p, const char *text)
{
	uint64_t n;
	struct err e;

	if (parse_uint(text, RESTARTS_MAX, &n, &e) < 0) {
		planner_problem(p, KEY_MAIN_RESTART, "%s", e.text);
	} else if (n == 0) {
		planner_problem(p, KEY_MAIN_RESTART,
				"cannot use 'on-failure:0': without a number it is "
				"without a limit; no is never");
	} else {
		p->plan->policy.restart_max = (unsigned)n;
	}
}

static void plan_restart(struct planner *p)
{
	static const char on_failure[] = "on-failure";
	const size_t len = sizeof(on_failure) - 1;
	struct lifecycle_policy *policy = &p->plan->policy;
	const char *text = planner_value(p, KEY_MAIN_RESTART);

	/* In place Docker's unless-stopped is always: who stops the container ends PID 1, too. */
	if (!text || strcmp(text, "no") == 0) {
		policy->restart = RESTART_NO;
	} else if (strcmp(text, "always") == 0 || strcmp(text, "unless-stopped") == 0) {
		policy->restart = RESTART_ALWAYS;
	} else if (strncmp(text, on_failure, len) == 0 &&
		   (text[len] == '\0' || text[len] == ':')) {
		policy->restart = RESTART_ON_FAILURE;
		if (text[len] == ':') {
			plan_restart_max(p, text + len + 1);
		}
	} else {
		planner_problem(p, KEY_MAIN_RESTART,
				"cannot use " SHOWN
				": it is no, on-failure, on-failure:N or always",
				SHOW(text));
	}
	p->plan->restarts = policy->restart != RESTART_NO;
	plan_span(p, KEY_MAIN_RESTART_DELAY, 0, &policy->restart_delay);
	plan_span(p, KEY_MAIN_RESTART_DELAY_MAX, 0, &policy->restart_delay_max);
	if (policy->restart_delay <= policy->restart_delay_max) {
		return;
	}
	if (planner_is_set(p, KEY_MAIN_RESTART_DELAY_MAX)) {
		planner_problem(p, KEY_MAIN_RESTART_DELAY_MAX,
				"it is shorter than main.restart_delay, %lldms",
				(long long)policy->restart_delay);
	}
	policy->restart_delay_max = policy->restart_delay;
}

/* "fd:3": main's number for the descriptor it writes its line to. */
static void plan_notify_fd(struct planner *p, const char *text)
{
	const struct plan *plan = p->plan;
	uint64_t fd;
	struct err e;

	if (parse_uint(text, NOTIFY_FD_MAX, &fd, &e) < 0) {
		planner_problem(p, KEY_MAIN_NOTIFY, "%s", e.text);
		return;
	}
	if (fd < 3) {
		planner_problem(
			p, KEY_MAIN_NOTIFY,
			"cannot use 'fd:%s': 0 to 2 are main's input and output; 3 or above",
			text);
		return;
	}
	for (size_t i = 0; i < plan->n_pass_fds; i++) {
		if (plan->pass_fds[i] == (int)fd) {
			planner_problem(p, KEY_MAIN_NOTIFY,
					"cannot use 'fd:%s': main gets another "
					"descriptor as %s by main.pass_fds or "
					"socket activation; take a free number",
					text, text);
			return;
		}
	}
	p->plan->notify = NOTIFY_NEWLINE;
	p->plan->notify_fd = (int)fd;
}

static void plan_notify(struct planner *p)
{
	const char *text = planner_value(p, KEY_MAIN_NOTIFY);

	p->notify_deadline = NOTIFY_DEADLINE;
	plan_span(p, KEY_MAIN_NOTIFY_DEADLINE, 1, &p->notify_deadline);
	if (text && strcmp(text, "systemd") == 0) {
		p->plan->notify = NOTIFY_SYSTEMD;
	} else if (text && strncmp(text, "fd:", 3) == 0) {
		plan_notify_fd(p, text + 3);
	} else if (text && strcmp(text, "no") != 0) {
		planner_problem(p, KEY_MAIN_NOTIFY,
				"cannot use " SHOWN ": it is no, systemd or fd:N",
				SHOW(text));
	} else if (planner_is_set(p, KEY_MAIN_NOTIFY_DEADLINE)) {
		planner_problem(p, KEY_MAIN_NOTIFY_DEADLINE,
				"it means nothing without main.notify = systemd or fd:N");
	}
}

static void plan_watchdog(struct planner *p)
{
	plan_span(p, KEY_MAIN_WATCHDOG, 1, &p->plan->watchdog);
	if (p->plan->watchdog > 0 && p->plan->notify != NOTIFY_SYSTEMD) {
		planner_problem(p, KEY_MAIN_WATCHDOG,
				"main says by notification that it is alive: set "
				"main.notify = systemd, too");
	}
}

static void plan_report(struct planner *p)
{
	const char *text = planner_value(p, KEY_MAIN_TERMINATION_LOG);

	p->plan->termination_log = TERMINATION_LOG;
	if (!text) {
		p->plan->report = REPORT_IF_THERE;
	} else if (strcmp(text, "none") == 0) {
		p->plan->report = REPORT_NONE;
		p->plan->termination_log = NULL;
	} else if (text[0] != '/') {
		planner_problem(p, KEY_MAIN_TERMINATION_LOG,
				"cannot use " SHOWN
				": it is a path that begins with '/', "
				"or none",
				SHOW(text));
	} else {
		p->plan->report = REPORT_FILE;
		p->plan->termination_log = text;
	}
}

void plan_again(struct planner *p)
{
	plan_restart(p);
	plan_notify(p);
	plan_watchdog(p);
	plan_report(p);
}
