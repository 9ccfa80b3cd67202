/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/hooks.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/signame.h"
#include "sys/child.h"
#include "sys/log.h"
#include "sys/spawn.h"

int hooks_prepare(struct arena *a, const struct plan *plan, const struct launch *main,
		  char ***envps, struct hooks *ret_hooks, struct err *reterr)
{
	size_t n = plan->n_hooks;
	struct hooks h = {
		.set = {.hooks = plan->hooks, .n = n, .phase = PHASE_COUNT},
		.main = main,
		.envps = envps,
		.last_failed = n,
	};
	int r;

	h.output.epoll_fd = -1;
	*ret_hooks = h;
	if (n == 0) {
		return 0;
	}
	h.set.states = arena_array(a, n, sizeof(*h.set.states));
	h.pids = arena_array(a, n, sizeof(*h.pids));
	h.running = arena_array(a, n, sizeof(*h.running));
	h.findings = mmap(NULL, n * sizeof(*h.findings), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (h.findings == MAP_FAILED) {
		return err_system(reterr, errno, "cannot make room for hooks");
	}
	r = hook_output_prepare(a, plan->hooks, n, &h.output);
	if (r < 0) {
		return err_system(reterr, -r, "cannot prepare for the output of hooks");
	}
	*ret_hooks = h;
	return 0;
}

void hooks_begin(struct hooks *h, enum phase phase, msec_t now)
{
	if (phase == PHASE_RUNNING) {
		hookset_health(&h->set, now);
	} else {
		hookset_begin(&h->set, phase, now);
	}
}

void hooks_abort(struct hooks *h, enum phase phase)
{
	hookset_abort(&h->set, phase);
}

/* ---- a try begins ---- */

static const struct creds *creds_of(const struct hooks *h, const struct hook *hook)
{
	return h->own ? &hook->creds_own : &hook->creds;
}

/* A forked process, not a vforked one: a probe does more than system calls. */
static pid_t start_probe(struct hooks *h, size_t i, msec_t timeout)
{
	const struct hook *hook = &h->set.hooks[i];
	struct probe_finding *finding = &h->findings[i];
	pid_t pid;

	finding->reason[0] = '\0';
	pid = fork();
	if (pid == 0) {
		probe_run(&hook->probe, creds_of(h, hook), timeout, finding);
	}
	return pid < 0 ? -errno : pid;
}

static void describe(const struct hooks *h, size_t i, int output, struct launch *l)
{
	const struct hook *hook = &h->set.hooks[i];

	*l = (struct launch){
		.paths = hook->paths.v,
		.argv = hook->argv.v,
		.envp = h->envps[i],
		.new_group = true,
		.tty_fd = -1,
		.input_fd = h->output.null_fd,
		.output_fd = output,
		.umask = -1,
		.creds = *creds_of(h, hook),
		.working_dir = hook->working_dir,
		.mask = h->main->mask,
		.landlock_fd = -1,
	};
	if (hook->as_main) {
		l->limits = h->main->limits;
		l->n_limits = h->main->n_limits;
		l->umask = h->main->umask;
		l->landlock_fd = h->main->landlock_fd;
		l->filter = h->main->filter;
		l->filter_flags = h->main->filter_flags;
	}
}

/* The pid, or -errno with why. */
static pid_t start_command(struct hooks *h, size_t i, char why[HOOK_REASON_MAX])
{
	struct report failure;
	struct launch l;
	pid_t pid;
	int output = hook_output_open(&h->output, i);
	int r;

	if (output < 0) {
		snprintf(why, HOOK_REASON_MAX, "cannot make a pipe: %s",
			 strerror(-output));
		return output;
	}
	describe(h, i, output, &l);
	r = spawn(&l, &pid, &failure);
	close(output);
	if (r < 0) {
		snprintf(why, HOOK_REASON_MAX, "cannot fork: %s", strerror(-r));
		return r;
	}
	if (r > 0) {
		(void)waitpid(pid, NULL, 0);
		if (failure.stage == STAGE_EXEC) {
			snprintf(why, HOOK_REASON_MAX, "cannot execute '%s': %s",
				 l.argv[0], strerror(failure.errnum));
		} else {
			snprintf(why, HOOK_REASON_MAX, "%s: %s",
				 child_stage_text(failure.stage),
				 strerror(failure.errnum));
		}
		return -failure.errnum;
	}
	return pid;
}

/* ---- a try ends ---- */

static void log_failure(struct hooks *h, size_t i, msec_t now)
{
	const struct hook *hook = &h->set.hooks[i];
	const struct hook_state *st = &h->set.states[i];
	msec_t took = now - st->begun;

	h->last_failed = i;
	log_line(hook->required ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
		 "hook %s: %s: %s (%u %s in %lld.%llds)", hook->name, hook->text,
		 st->reason, st->tries, st->tries == 1 ? "try" : "tries",
		 (long long)took / 1000, (long long)took % 1000 / 100);
}

static void log_verdict(struct hooks *h, size_t i, enum verdict before)
{
	const struct hook *hook = &h->set.hooks[i];
	const struct hook_state *st = &h->set.states[i];

	if (st->verdict == before) {
		return;
	}
	if (st->verdict == VERDICT_UNHEALTHY) {
		h->last_failed = i;
		log_warning("hook %s: unhealthy: %s: %s (%u failures in a row)",
			    hook->name, hook->text, st->reason, st->failures);
	} else if (before == VERDICT_UNHEALTHY) {
		log_warning("hook %s: healthy again", hook->name);
	} else {
		log_info("hook %s: healthy", hook->name);
	}
}

/* Each end of a try passes here. reason: NULL when it passed. */
static void result(struct hooks *h, size_t i, const char *reason, msec_t now)
{
	const struct hook *hook = &h->set.hooks[i];
	const struct hook_state *st = &h->set.states[i];
	enum verdict before = st->verdict;
	bool aborted = st->aborted, once = st->once;

	hookset_result(&h->set, i, !reason, reason, now);
	if (aborted) {
		log_debug("hook %s: given up", hook->name);
	} else if (hook->phase == PHASE_RUNNING && !once) {
		log_verdict(h, i, before);
	} else if (st->status == HOOK_FAILED || (once && reason)) {
		log_failure(h, i, now);
	} else if (reason && st->tries == 1) {
		log_notice("hook %s: %s: %s; trying again", hook->name, hook->text,
			   st->reason);
	} else if (!reason) {
		log_info("hook %s: passed", hook->name);
	}
}

static bool take_running(struct hooks *h, pid_t pid, size_t *ret_hook)
{
	for (size_t k = 0; k < h->n_running; k++) {
		size_t i = h->running[k];

		if (h->pids[i] == pid) {
			h->running[k] = h->running[--h->n_running];
			h->pids[i] = 0;
			*ret_hook = i;
			return true;
		}
	}
	return false;
}

/* Why a process that ended so has not passed; NULL: it has. */
static const char *reason_of(struct hooks *h, size_t i, int wstatus,
			     char text[HOOK_REASON_MAX])
{
	char name[SIGNAL_NAME_MAX];
	const char *said = "";

	if (h->set.hooks[i].action == HOOK_PROBE) {
		/* Shared with a process that read what a network sent. */
		h->findings[i].reason[HOOK_REASON_MAX - 1] = '\0';
		if (WIFEXITED(wstatus) && h->findings[i].reason[0]) {
			return WEXITSTATUS(wstatus) ? h->findings[i].reason : NULL;
		}
	} else {
		said = hook_output_end(&h->output, i);
	}
	if (WIFSIGNALED(wstatus)) {
		snprintf(text, HOOK_REASON_MAX, "killed by %s%s%s",
			 signal_name(WTERMSIG(wstatus), name), *said ? ": " : "", said);
		return text;
	}
	if (WEXITSTATUS(wstatus) == 0) {
		return NULL;
	}
	snprintf(text, HOOK_REASON_MAX, "exit status %d%s%s", WEXITSTATUS(wstatus),
		 *said ? ": " : "", said);
	return text;
}

bool hooks_reaped(struct hooks *h, pid_t pid, int wstatus, msec_t now)
{
	char text[HOOK_REASON_MAX];
	size_t i;

	if (!take_running(h, pid, &i)) {
		return false;
	}
	result(h, i, reason_of(h, i, wstatus, text), now);
	return true;
}

/* ---- what is due ---- */

static void start(struct hooks *h, const struct order *o, msec_t now)
{
	size_t i = o->hook;
	const struct hook *hook = &h->set.hooks[i];
	char why[HOOK_REASON_MAX];
	pid_t pid;

	hookset_started(&h->set, i, now);
	if (hook->action == HOOK_PROBE) {
		pid = start_probe(h, i, o->timeout);
		if (pid < 0) {
			snprintf(why, sizeof(why), "cannot fork: %s", strerror(-pid));
		}
	} else {
		pid = start_command(h, i, why);
	}
	if (pid < 0) {
		result(h, i, why, now);
		return;
	}
	log_debug("hook %s: %s (%d)", hook->name, hook->text, pid);
	h->pids[i] = pid;
	h->running[h->n_running++] = i;
}

static void end(struct hooks *h, size_t i, msec_t now)
{
	pid_t pid = h->pids[i];
	bool command = h->set.hooks[i].action == HOOK_COMMAND;

	if (h->set.hooks[i].action == HOOK_NOTIFY) {
		result(h, i, "main has not said that it is ready", now);
	} else if (pid > 0 && kill(command ? -pid : pid, SIGKILL) < 0) {
		log_warning("hook %s: cannot kill it (%d): %s", h->set.hooks[i].name, pid,
			    strerror(errno));
	}
}

/* What a remedy asks of others than the hooks themselves. */
static enum hooks_wish wish(const struct hooks *h, const struct order *o,
			    struct event *ret_event)
{
	const char *name = h->set.hooks[o->hook].name;
	char text[SIGNAL_NAME_MAX];

	switch (o->remedy->type) {
	case REMEDY_RESTART:
		log_warning("hook %s: restarting main", name);
		*ret_event = (struct event){.type = EVENT_RESTART,
					    .status = STATUS_HEALTH,
					    .again = o->again};
		return HOOKS_EVENT;
	case REMEDY_SHUTDOWN:
		log_error("hook %s: shutting down", name);
		*ret_event =
			(struct event){.type = EVENT_SHUTDOWN, .status = STATUS_HEALTH};
		return HOOKS_EVENT;
	case REMEDY_SIGNAL:
		log_warning("hook %s: sending main %s", name,
			    signal_name(o->remedy->signal, text));
		*ret_event = (struct event){.signal = o->remedy->signal};
		return HOOKS_SIGNAL;
	case REMEDY_HOOK:
		log_warning("hook %s: running hook %s", name,
			    h->set.hooks[o->remedy->hook].name);
		break;
	case REMEDY_NONE:
		break;
	}
	return HOOKS_NOTHING;
}

enum hooks_wish hooks_next(struct hooks *h, msec_t now, struct event *ret_event)
{
	enum hooks_wish w;

	for (;;) {
		struct order o = hookset_next(&h->set, now);

		switch (o.type) {
		case ORDER_NONE:
			return HOOKS_NOTHING;
		case ORDER_START:
			start(h, &o, now);
			break;
		case ORDER_KILL:
			end(h, o.hook, now);
			break;
		case ORDER_PHASE_DONE:
			*ret_event = (struct event){.type = EVENT_HOOKS_DONE};
			return HOOKS_EVENT;
		case ORDER_PHASE_FAILED:
			*ret_event = (struct event){.type = EVENT_HOOKS_FAILED,
						    .status = STATUS_HOOK};
			return HOOKS_EVENT;
		case ORDER_REMEDY:
			w = wish(h, &o, ret_event);
			if (w != HOOKS_NOTHING) {
				return w;
			}
			break;
		}
	}
}

msec_t hooks_deadline(const struct hooks *h)
{
	return hookset_deadline(&h->set);
}

/* The hook that main.notify made is the last. */
static bool awaits_notice(const struct hooks *h)
{
	size_t n = h->set.n;

	return n > 0 && h->set.hooks[n - 1].action == HOOK_NOTIFY;
}

void hooks_notified(struct hooks *h, msec_t now)
{
	if (awaits_notice(h)) {
		hookset_result(&h->set, h->set.n - 1, true, NULL, now);
	}
}

void hooks_extend(struct hooks *h, msec_t span, msec_t now)
{
	if (awaits_notice(h)) {
		hookset_extend(&h->set, h->set.n - 1, span, now);
	}
}
