/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plan.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "core/quote.h"
#include "core/signame.h"
#include "sys/load.h"
#include "sys/log.h"

/* As much of one value as is shown. */
#define LINE_SAFE_MAX 4096

/* One line is one decision, in the order they are carried out, so that a diff of two plans reads well. */

struct page {
	struct arena *arena;
	int error; /* of a line that could not be written, or 0 */
};

static void put(struct page *out, const char *text)
{
	int r = log_print(STDOUT_FILENO, text);

	if (r < 0) {
		out->error = r;
	}
}

static void section(struct page *out, const char *name)
{
	put(out, arena_printf(out->arena, "%s\n", name));
}

__attribute__((format(printf, 3, 4))) static void line(struct page *out, const char *key,
						       const char *fmt, ...)
{
	char safe[LINE_SAFE_MAX];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = quote_escape(safe, sizeof(safe) - 1, arena_vprintf(out->arena, fmt, ap),
			 false);
	va_end(ap);
	safe[n] = '\0';
	put(out, arena_printf(out->arena, "  %-20s %s\n", key, safe));
}

static const char *words(struct arena *a, const struct strv *v)
{
	const char *text = "";

	for (size_t i = 0; i < v->n; i++) {
		text = arena_printf(a, "%s%s%s", text, i ? " " : "",
				    quote_word(a, v->v[i]));
	}
	return text;
}

/* How long something has, and what comes then. */
static const char *span(struct arena *a, msec_t msec)
{
	if (msec == MSEC_INFINITY) {
		return "as long as it takes";
	}
	return msec % 1000
		       ? arena_printf(a, "%lldms, then SIGKILL", (long long)msec)
		       : arena_printf(a, "%llds, then SIGKILL", (long long)(msec / 1000));
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

	section(out, "environment of main");
	if (plan->environ) {
		line(out, "(all)", "the container's, unchanged");
		return;
	}
	for (size_t i = 0; i < plan->env.n; i++) {
		const struct env_item *item = &plan->env.v[i];
		const char *value = "";

		/* What the container was started with may hold anything: only names are shown. */
		if (item->source == ENV_INHERITED || item->source == ENV_FILE) {
			line(out, item->name, "%s", from[item->source]);
			continue;
		}
		for (const struct piece *p = item->pieces; p; p = p->next) {
			value = p->secret ? arena_printf(a, "%s${secret:%s}", value,
							 p->secret)
					  : arena_printf(a, "%s%s", value, p->text);
		}
		line(out, item->name, "%s  (%s)", quote_word(a, value),
		     from[item->source]);
	}
}

static void print_secrets(struct page *out, const struct plan *plan)
{
	struct arena *a = out->arena;
	section(out, "secrets");
	for (size_t i = 0; i < plan->n_secrets; i++) {
		const struct secret_spec *s = &plan->secrets[i];

		line(out, s->name, "read %s%s", quote_word(a, s->path),
		     s->optional ? ", optional" : "");
	}
	if (plan->n_secrets == 0) {
		line(out, "(none)", "-");
	}
}

static const char *where(struct arena *a, const struct plan *plan)
{
	for (size_t i = 0; i < plan->paths.n; i++) {
		if (access(plan->paths.v[i], X_OK) == 0) {
			return quote_word(a, plan->paths.v[i]);
		}
	}
	return "not found here";
}

static void print_main(struct page *out, const struct plan *plan)
{
	struct arena *a = out->arena;
	section(out, "main");
	line(out, "command", "%s", words(a, &plan->argv));
	line(out, "executes", "%s", where(a, plan));
	line(out, "working_dir", "%s",
	     plan->working_dir ? plan->working_dir : "unchanged");
	for (size_t i = 0; i < plan->n_limits; i++) {
		const struct limit *l = &plan->limits[i];

		line(out, "ulimit", "%s", limit_format(a, l));
	}
	line(out, "umask", plan->umask < 0 ? "unchanged" : "%04o", plan->umask);
	if (plan->set_oom_score_adj) {
		line(out, "oom_score_adj", "%d", plan->oom_score_adj);
	}
	for (size_t i = 0; i < plan->n_pass_fds; i++) {
		line(out, "descriptor", "%d stays open", plan->pass_fds[i]);
	}
	line(out, "descriptors", "others above 2 are closed");
}

static void print_user(struct page *out, const struct plan *plan)
{
	struct arena *a = out->arena;
	const struct identity *u = &plan->user;
	const char *groups = "";

	if (!plan->creds.set_ids) {
		line(out, "user", "unchanged: uid %u, gid %u", u->uid, u->gid);
		return;
	}
	for (size_t i = 0; i < u->n_groups; i++) {
		groups = arena_printf(a, "%s%s%u", groups, i ? ", " : "", u->groups[i]);
	}
	line(out, "user", "uid %u%s%s%s, gid %u, groups: %s", u->uid, u->name ? " (" : "",
	     u->name ? u->name : "", u->name ? ")" : "", u->gid,
	     u->n_groups ? groups : "none");
}

static void print_rights(struct page *out, const struct plan *plan, const struct host *h)
{
	struct arena *a = out->arena;
	const struct creds *c = &plan->creds;
	capbits_t known = h->caps.bounding;

	section(out, "rights of main");
	print_user(out, plan);
	line(out, "bounding set", "%s",
	     c->set_bounding ? caps_format(a, c->bounding, known) : "unchanged");
	line(out, "capabilities", "%s",
	     !c->set_caps && !c->set_ids
		     ? "unchanged"
		     : caps_format(a, c->set_caps ? c->caps : 0, known));
	line(out, "ambient", "%s",
	     !c->set_caps && !c->set_ids
		     ? "unchanged"
		     : caps_format(a, c->set_caps ? c->ambient : 0, 0));
	if (c->securebits >= 0) {
		line(out, "securebits", "0x%x", (unsigned)c->securebits);
	}
	line(out, "no_new_privs", "%s", c->no_new_privs ? "on" : "unchanged");
	line(out, "seccomp", "%s", plan->seccomp ? plan->seccomp : "no filter of ours");
	if (plan->read_only_paths.n > 0) {
		line(out, "read_only_paths", "%s", words(a, &plan->read_only_paths));
	}
	if (plan->read_write_paths.n > 0) {
		line(out, "read_write_paths", "%s", words(a, &plan->read_write_paths));
	}
}

static void print_signals(struct page *out, const struct plan *plan)
{
	struct arena *a = out->arena;
	const struct lifecycle_policy *p = &plan->policy;
	char from[SIGNAL_NAME_MAX], to[SIGNAL_NAME_MAX];

	section(out, "signals");
	for (int sig = 1; sig <= SIGNAL_MAX; sig++) {
		if (p->stop_on & SIGBIT(sig)) {
			line(out, signal_name(sig, from), "stop: main gets %s",
			     signal_name(p->stop_signal, to));
		} else if (p->forward[sig] == 0) {
			line(out, signal_name(sig, from), "ignored");
		} else if (p->forward[sig] != sig) {
			line(out, signal_name(sig, from), "main gets %s",
			     signal_name(p->forward[sig], to));
		}
	}
	line(out, "others", "forwarded to %s",
	     p->kill_group ? "main's process group" : "main");
	section(out, "end");
	line(out, "main has", "%s", span(a, p->stop_grace));
	line(out, "the rest has", "%s", span(a, p->orphan_grace));
	for (int status = 1; status < 256; status++) {
		if (p->success[status / 8] >> (status % 8) & 1) {
			line(out, "status", "%d counts as 0", status);
		}
	}
}

static void print_own(struct page *out, const struct plan *plan, const struct host *h)
{
	struct arena *a = out->arena;
	const struct creds *own = &plan->own;

	section(out, "pid 1 once main runs");
	if (own->set_ids) {
		line(out, "user", "uid %u, gid %u", own->uid, own->gid);
	} else {
		line(out, "user", "unchanged: uid %u, gid %u", h->uid, h->gid);
	}
	line(out, "capabilities", "%s", caps_format(a, own->caps, 0));
	line(out, "because", "%s", plan->own_reason);
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
	print_signals(&out, &plan);
	print_own(&out, &plan, &host);
	log_problems(LOG_LEVEL_WARNING, &plan.notes);
	log_problems(LOG_LEVEL_WARNING, &plan.harmless);
	if (out.error < 0) {
		log_error("cannot write the plan: %s", strerror(-out.error));
		return STATUS_SYSTEM;
	}
	return 0;
}
