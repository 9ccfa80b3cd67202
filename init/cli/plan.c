/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plan.h"

#include <string.h>

#include "cli/page.h"
#include "cli/plan_hooks.h"
#include "core/quote.h"
#include "core/signame.h"
#include "sys/load.h"
#include "sys/log.h"

/* How long something has, and what comes then. */
static const char *span(struct arena *a, msec_t msec)
{
	return msec == MSEC_INFINITY
		       ? "as long as it takes"
		       : arena_printf(a, "%s, then SIGKILL", page_span(a, msec));
}

static void print_environment(struct page *out, const struct plan *plan)
{
	struct arena *a = out->arena;
	static const char *const from[] = {
		[ENV_INHERITED] = "from the container",
		[ENV_FILE] = "env_file",
		[ENV_CONFIG] = "[environment]",
		[ENV_USER] = "the user's",
		[ENV_SECRET] = "[secrets]",
		[ENV_FROM_FILE] = "file_variables",
	};

	page_section(out, "environment of main");
	if (plan->environ) {
		page_line(out, "(all)", "the container's, unchanged");
		return;
	}
	for (size_t i = 0; i < plan->env.n; i++) {
		const struct env_item *item = &plan->env.v[i];
		const char *value = "";

		/* What the container was started with may hold anything: only names are shown. */
		if (item->source == ENV_INHERITED || item->source == ENV_FILE) {
			page_line(out, item->name, "%s", from[item->source]);
			continue;
		}
		for (const struct piece *p = item->pieces; p; p = p->next) {
			value = p->secret ? arena_printf(a, "%s${secret:%s}", value,
							 p->secret)
					  : arena_printf(a, "%s%s", value, p->text);
		}
		page_line(out, item->name, "%s  (%s)", quote_word(a, value),
			  from[item->source]);
	}
}

static void print_secrets(struct page *out, const struct plan *plan)
{
	struct arena *a = out->arena;
	page_section(out, "secrets");
	for (size_t i = 0; i < plan->n_secrets; i++) {
		const struct secret_spec *s = &plan->secrets[i];

		page_line(out, s->name, "read %s%s", quote_word(a, s->path),
			  s->optional ? ", optional" : "");
	}
	if (plan->n_secrets == 0) {
		page_line(out, "(none)", "-");
	}
}

static void print_notification(struct page *out, const struct plan *plan)
{
	if (plan->notify == NOTIFY_SYSTEMD) {
		page_line(out, "notify", "main is ready with READY=1 to NOTIFY_SOCKET");
	} else if (plan->notify == NOTIFY_NEWLINE) {
		page_line(out, "notify", "main is ready with a line to descriptor %d",
			  plan->notify_fd);
	}
	if (plan->watchdog > 0) {
		page_line(out, "watchdog", "SIGABRT unless it says WATCHDOG=1 every %s",
			  page_span(out->arena, plan->watchdog));
	}
}

static void print_main(struct page *out, const struct plan *plan)
{
	struct arena *a = out->arena;
	page_section(out, "main");
	page_line(out, "command", "%s", page_words(a, &plan->argv));
	page_line(out, "executes", "%s", page_found(a, &plan->paths));
	page_line(out, "working_dir", "%s",
		  plan->working_dir ? plan->working_dir : "unchanged");
	for (size_t i = 0; i < plan->n_limits; i++) {
		const struct limit *l = &plan->limits[i];

		page_line(out, "ulimit", "%s", limit_format(a, l));
	}
	page_line(out, "umask", plan->umask < 0 ? "unchanged" : "%04o", plan->umask);
	if (plan->set_oom_score_adj) {
		page_line(out, "oom_score_adj", "%d", plan->oom_score_adj);
	}
	for (size_t i = 0; i < plan->n_pass_fds; i++) {
		page_line(out, "descriptor", "%d stays open", plan->pass_fds[i]);
	}
	page_line(out, "descriptors", "others above 2 are closed");
	print_notification(out, plan);
}

static void print_user(struct page *out, const struct plan *plan)
{
	struct arena *a = out->arena;
	const struct identity *u = &plan->user;
	const char *groups = "";

	if (!plan->creds.set_ids) {
		page_line(out, "user", "unchanged: uid %u, gid %u", u->uid, u->gid);
		return;
	}
	for (size_t i = 0; i < u->n_groups; i++) {
		groups = arena_printf(a, "%s%s%u", groups, i ? ", " : "", u->groups[i]);
	}
	page_line(out, "user", "uid %u%s%s%s, gid %u, groups: %s", u->uid,
		  u->name ? " (" : "", u->name ? u->name : "", u->name ? ")" : "", u->gid,
		  u->n_groups ? groups : "none");
}

static void print_rights(struct page *out, const struct plan *plan, const struct host *h)
{
	struct arena *a = out->arena;
	const struct creds *c = &plan->creds;
	capbits_t known = h->caps.bounding;

	page_section(out, "rights of main");
	print_user(out, plan);
	page_line(out, "bounding set", "%s",
		  c->set_bounding ? caps_format(a, c->bounding, known) : "unchanged");
	page_line(out, "capabilities", "%s",
		  !c->set_caps && !c->set_ids
			  ? "unchanged"
			  : caps_format(a, c->set_caps ? c->caps : 0, known));
	page_line(out, "ambient", "%s",
		  !c->set_caps && !c->set_ids
			  ? "unchanged"
			  : caps_format(a, c->set_caps ? c->ambient : 0, 0));
	if (c->securebits >= 0) {
		page_line(out, "securebits", "0x%x", (unsigned)c->securebits);
	}
	page_line(out, "no_new_privs", "%s", c->no_new_privs ? "on" : "unchanged");
	page_line(out, "seccomp", "%s",
		  plan->seccomp ? plan->seccomp : "no filter of ours");
	if (plan->read_only_paths.n > 0) {
		page_line(out, "read_only_paths", "%s",
			  page_words(a, &plan->read_only_paths));
	}
	if (plan->read_write_paths.n > 0) {
		page_line(out, "read_write_paths", "%s",
			  page_words(a, &plan->read_write_paths));
	}
}

static void print_signals(struct page *out, const struct plan *plan)
{
	struct arena *a = out->arena;
	const struct lifecycle_policy *p = &plan->policy;
	char from[SIGNAL_NAME_MAX], to[SIGNAL_NAME_MAX];

	page_section(out, "signals");
	for (int sig = 1; sig <= SIGNAL_MAX; sig++) {
		if (p->stop_on & SIGBIT(sig)) {
			page_line(out, signal_name(sig, from), "stop: main gets %s",
				  signal_name(p->stop_signal, to));
		} else if (p->forward[sig] == 0) {
			page_line(out, signal_name(sig, from), "ignored");
		} else if (p->forward[sig] != sig) {
			page_line(out, signal_name(sig, from), "main gets %s",
				  signal_name(p->forward[sig], to));
		}
	}
	page_line(out, "others", "forwarded to %s",
		  p->kill_group ? "main's process group" : "main");
	page_section(out, "end");
	page_line(out, "main has", "%s", span(a, p->stop_grace));
	page_line(out, "the rest has", "%s", span(a, p->orphan_grace));
	for (int status = 1; status < 256; status++) {
		if (p->success[status / 8] >> (status % 8) & 1) {
			page_line(out, "status", "%d counts as 0", status);
		}
	}
	if (plan->report == REPORT_FILE) {
		page_line(out, "report", "to %s", quote_word(a, plan->termination_log));
	} else if (plan->report == REPORT_NONE) {
		page_line(out, "report", "none");
	}
}

static const char *restart_text(struct arena *a, const struct lifecycle_policy *p)
{
	const char *often = p->restart_max > 0 ? arena_printf(a, ", at most %u in a row",
							      p->restart_max)
					       : "";

	switch (p->restart) {
	case RESTART_ALWAYS:
		return arena_printf(a, "whenever it has ended by itself%s", often);
	case RESTART_ON_FAILURE:
		return arena_printf(a, "when it has failed%s", often);
	case RESTART_NO:
		break;
	}
	return "only when a hook's on_failure or cardea restart wants it";
}

static void print_restart(struct page *out, const struct plan *plan)
{
	const struct lifecycle_policy *p = &plan->policy;
	struct arena *a = out->arena;

	if (!plan->restarts) {
		return;
	}
	page_section(out, "restart of main, in place");
	page_line(out, "when", "%s", restart_text(a, p));
	if (p->restart != RESTART_NO) {
		page_line(out, "delay", "%s, doubled each time up to %s",
			  page_span(a, p->restart_delay),
			  page_span(a, p->restart_delay_max));
	}
	if (plan->n_secrets > 0) {
		page_line(out, "secrets",
			  "read again as uid %u; what it cannot read then "
			  "stays as it was",
			  plan->user.uid);
	}
}

static void print_own(struct page *out, const struct plan *plan, const struct host *h)
{
	struct arena *a = out->arena;
	const struct creds *own = &plan->own;

	page_section(out, "pid 1 once main runs");
	if (own->set_ids) {
		page_line(out, "user", "uid %u, gid %u", own->uid, own->gid);
	} else {
		page_line(out, "user", "unchanged: uid %u, gid %u", h->uid, h->gid);
	}
	page_line(out, "capabilities", "%s", caps_format(a, own->caps, 0));
	page_line(out, "because", "%s", plan->own_reason);
}

int cli_plan(struct arena *a, const struct options *o, char *const *envp)
{
	struct problems problems = {.arena = a};
	struct page out = {.arena = a};
	struct host host;
	struct plan plan;
	struct err e;

	if (load_plan(a, o, envp, true, &host, &plan, &problems, &e) < 0) {
		log_error("%s", e.text);
		return e.status;
	}
	if (problems.n == 0 && plan.seccomp) {
		load_filter_problems(a, &plan, &problems);
	}
	if (problems.n > 0) {
		log_problems(LOG_LEVEL_ERROR, &problems);
		return STATUS_CONFIG;
	}
	print_secrets(&out, &plan);
	print_environment(&out, &plan);
	print_main(&out, &plan);
	print_rights(&out, &plan, &host);
	plan_print_hooks(&out, &plan);
	print_signals(&out, &plan);
	print_restart(&out, &plan);
	print_own(&out, &plan, &host);
	log_problems(LOG_LEVEL_WARNING, &plan.notes);
	log_problems(LOG_LEVEL_WARNING, &plan.harmless);
	if (out.error < 0) {
		log_error("cannot write the plan: %s", strerror(-out.error));
		return STATUS_SYSTEM;
	}
	return 0;
}
