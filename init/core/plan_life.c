/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/parse.h"
#include "core/planner.h"
#include "core/signame.h"

/* Descriptors that may be named; more than any limit allows to be open. */
#define FD_MAX (1 << 20)

static int plan_signal(struct planner *p, enum config_key key, const char *text)
{
	struct err e;
	int sig = 0;

	if (signal_parse(text, &sig, &e) < 0) {
		planner_problem(p, key, "%s", e.text);
		return 0;
	}
	return sig;
}

static void plan_stop_on(struct planner *p)
{
	struct strv names = planner_list(p, KEY_MAIN_STOP_ON);

	if (planner_is_set(p, KEY_MAIN_STOP_ON)) {
		p->plan->policy.stop_on = 0;
	}
	for (size_t i = 0; i < names.n; i++) {
		int sig = plan_signal(p, KEY_MAIN_STOP_ON, names.v[i]);

		if (sig == SIGKILL || sig == SIGSTOP || sig == SIGCHLD) {
			planner_problem(p, KEY_MAIN_STOP_ON,
					"cannot use '%s': no program gets it",
					names.v[i]);
		} else if (sig > 0) {
			p->plan->policy.stop_on |= SIGBIT(sig);
		}
	}
}

/* [signals] FROM = TO | ignore */
static void plan_rewrite(struct planner *p, const struct setting *s)
{
	struct lifecycle_policy *policy = &p->plan->policy;
	int from, to = 0;
	struct err e;

	if (signal_parse(s->name, &from, &e) < 0) {
		problems_add(p->problems, s->at, "signals: %s", e.text);
		return;
	}
	if (strcasecmp(s->value, "ignore") != 0 && signal_parse(s->value, &to, &e) < 0) {
		problems_add(p->problems, s->at, "signals.%s: %s (or ignore)", s->name,
			     e.text);
		return;
	}
	if (from == SIGKILL || from == SIGSTOP || from == SIGCHLD) {
		problems_add(p->problems, s->at,
			     "signals.%s: cannot rewrite it: no program gets it",
			     s->name);
		return;
	}
	if (policy->stop_on & SIGBIT(from)) {
		problems_add(
			p->problems, s->at,
			"signals.%s: it is in main.stop_on; what main gets then is main.stop_signal",
			s->name);
		return;
	}
	policy->forward[from] = (unsigned char)to;
}

static void plan_span(struct planner *p, enum config_key key, msec_t *span)
{
	const char *text = planner_value(p, key);
	struct err e;

	if (text && parse_duration(text, span, &e) < 0) {
		planner_problem(p, key, "%s", e.text);
	}
}

static void plan_success(struct planner *p)
{
	struct strv items = planner_list(p, KEY_MAIN_SUCCESS_EXIT_STATUS);
	uint64_t status;
	struct err e;

	for (size_t i = 0; i < items.n; i++) {
		const char *item = items.v[i];

		if (item[0] >= '0' && item[0] <= '9') {
			if (parse_uint(item, 255, &status, &e) < 0) {
				planner_problem(p, KEY_MAIN_SUCCESS_EXIT_STATUS, "%s",
						e.text);
				continue;
			}
		} else {
			status = STATUS_SIGNAL_BASE +
				 (uint64_t)plan_signal(p, KEY_MAIN_SUCCESS_EXIT_STATUS,
						       item);
		}
		p->plan->policy.success[status / 8] |=
			(unsigned char)(1u << (status % 8));
	}
}

void plan_life(struct planner *p)
{
	struct lifecycle_policy *policy = &p->plan->policy;
	const char *text;

	lifecycle_policy_init(policy);
	plan_stop_on(p);
	text = planner_value(p, KEY_MAIN_STOP_SIGNAL);
	if (text) {
		int sig = plan_signal(p, KEY_MAIN_STOP_SIGNAL, text);

		policy->stop_signal = (unsigned char)(sig > 0 ? sig : SIGTERM);
	}
	for (size_t i = 0; i < p->config->signals.n; i++) {
		plan_rewrite(p, &p->config->signals.v[i]);
	}
	plan_span(p, KEY_MAIN_STOP_GRACE_PERIOD, &policy->stop_grace);
	plan_span(p, KEY_MAIN_ORPHAN_GRACE_PERIOD, &policy->orphan_grace);
	plan_success(p);
	text = planner_value(p, KEY_MAIN_KILL_MODE);
	if (text && strcmp(text, "group") == 0) {
		policy->kill_group = true;
	} else if (text && strcmp(text, "process") != 0) {
		planner_problem(p, KEY_MAIN_KILL_MODE,
				"cannot use '%s': it is process or group", text);
	}
}

static void plan_limits(struct planner *p)
{
	struct strv items = planner_list(p, KEY_MAIN_ULIMITS);
	struct limit *limits = arena_array(p->arena, items.n, sizeof(*limits));
	size_t n = 0;
	struct err e;

	for (size_t i = 0; i < items.n; i++) {
		if (limit_parse(items.v[i], &limits[n], &e) < 0) {
			planner_problem(p, KEY_MAIN_ULIMITS, "%s", e.text);
			continue;
		}
		for (size_t k = 0; k < n; k++) {
			if (limits[k].resource == limits[n].resource) {
				planner_problem(p, KEY_MAIN_ULIMITS,
						"'%s' is there twice",
						limit_name(limits[n].resource));
			}
		}
		n++;
	}
	p->plan->limits = limits;
	p->plan->n_limits = n;
}

static int compare_ints(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* systemd's socket activation (sd_listen_fds(3)): LISTEN_FDS descriptors from 3 on, if LISTEN_PID is us. */
static uint64_t listen_fds(struct planner *p)
{
	const char *n = planner_lookup(&p->base, "LISTEN_FDS", 10);
	const char *pid = planner_lookup(&p->base, "LISTEN_PID", 10);
	uint64_t n_value, pid_value;

	if (!n || !pid || parse_uint(n, FD_MAX, &n_value, NULL) < 0 ||
	    parse_uint(pid, INT32_MAX, &pid_value, NULL) < 0 ||
	    (int)pid_value != p->host->pid) {
		return 0;
	}
	p->plan->listen_fds = true;
	return n_value;
}

static void plan_descriptors(struct planner *p)
{
	struct strv items = planner_list(p, KEY_MAIN_PASS_FDS);
	uint64_t n_listen = listen_fds(p), fd;
	int *fds = arena_array(p->arena, items.n + n_listen, sizeof(*fds));
	size_t n = 0, unique = 0;
	struct err e;

	for (uint64_t i = 0; i < n_listen; i++) {
		fds[n++] = 3 + (int)i;
	}
	for (size_t i = 0; i < items.n; i++) {
		if (parse_uint(items.v[i], FD_MAX, &fd, &e) < 0) {
			planner_problem(p, KEY_MAIN_PASS_FDS, "%s", e.text);
		} else if (fd >= 3) {
			fds[n++] = (int)fd;
		}
	}
	if (n > 0) {
		qsort(fds, n, sizeof(*fds), compare_ints);
	}
	for (size_t i = 0; i < n; i++) {
		if (unique == 0 || fds[i] != fds[unique - 1]) {
			fds[unique++] = fds[i];
		}
	}
	p->plan->pass_fds = fds;
	p->plan->n_pass_fds = unique;
}

static void plan_path_list(struct planner *p, enum config_key key, struct strv *ret_paths)
{
	*ret_paths = planner_list(p, key);
	for (size_t i = 0; i < ret_paths->n; i++) {
		if (ret_paths->v[i][0] != '/') {
			planner_problem(p, key, "cannot use '%s': it must begin with '/'",
					ret_paths->v[i]);
		}
	}
	if (ret_paths->n > 0 && p->host->landlock_abi < 1) {
		planner_problem(p, key,
				"this kernel has no Landlock, or the engine forbids it");
	}
}

void plan_attributes(struct planner *p)
{
	const char *text;
	int64_t score;
	unsigned mode;
	struct err e;

	plan_limits(p);
	plan_descriptors(p);
	p->plan->landlock_abi = p->host->landlock_abi;
	plan_path_list(p, KEY_SECURITY_READ_ONLY_PATHS, &p->plan->read_only_paths);
	plan_path_list(p, KEY_SECURITY_READ_WRITE_PATHS, &p->plan->read_write_paths);
	text = planner_value(p, KEY_MAIN_UMASK);
	if (text && parse_mode(text, &mode, &e) < 0) {
		planner_problem(p, KEY_MAIN_UMASK, "%s", e.text);
	} else if (text && mode > 0777) {
		planner_problem(p, KEY_MAIN_UMASK, "cannot use '%s': at most 0777", text);
	} else if (text) {
		p->plan->umask = (int)mode;
	}
	text = planner_value(p, KEY_MAIN_OOM_SCORE_ADJ);
	if (text && parse_int(text, -1000, 1000, &score, &e) < 0) {
		planner_problem(p, KEY_MAIN_OOM_SCORE_ADJ, "%s", e.text);
	} else if (text) {
		p->plan->set_oom_score_adj = true;
		p->plan->oom_score_adj = (int)score;
	}
}
