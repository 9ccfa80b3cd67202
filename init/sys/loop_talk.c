/* SPDX-License-Identifier: Apache-2.0 */
/* What the loop is asked through its control socket, and what main says of itself. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/status.h"
#include "sys/control.h"
#include "sys/descend.h"
#include "sys/log.h"
#include "sys/loop_run.h"
#include "sys/notify.h"

static void impossible(struct wire_answer *answer, const char *why)
{
	answer->result = WIRE_IMPOSSIBLE;
	snprintf(answer->why, sizeof(answer->why), "%s", why);
}

static void fill(const struct run *r, size_t first, struct wire_answer *answer)
{
	struct status_facts facts = {
		.life = &r->state,
		.hooks = r->l->hooks ? &r->l->hooks->set : NULL,
		.now = run_now(),
		.begun = r->begun,
		.main_begun = r->state.started,
		.pid = r->self,
		.main_pid = r->main_pid,
		.last_status = r->state.last_status,
		.restarts = r->state.restarts,
		.reaped = r->reaped,
		.program = r->l->program,
		.text = r->said[0] ? r->said : NULL,
	};

	status_fill(&facts, first, answer);
}

static void restart(struct run *r, struct wire_answer *answer)
{
	enum phase phase = r->state.phase;

	if (!r->l->policy->can_restart) {
		impossible(answer,
			   "PID 1 gave up what a restart takes; set main.restart");
	} else if (r->state.stopping || phase >= PHASE_DRAIN) {
		impossible(answer, "it is stopping");
	} else if (phase < PHASE_READY) {
		impossible(answer, "main has not started yet");
	} else {
		run_dispatch(r, (struct event){.type = EVENT_RESTART});
	}
}

/* A control_handler. */
static void handle(void *ctx, const struct wire_request *q, struct wire_answer *answer)
{
	struct run *r = ctx;

	switch ((enum wire_verb)q->verb) {
	case WIRE_STOP:
		run_dispatch(r, (struct event){.type = EVENT_STOP, .signal = SIGTERM});
		break;
	case WIRE_RESTART:
		restart(r, answer);
		break;
	case WIRE_SIGNAL:
		if (r->main_pid <= 0) {
			impossible(answer, "main is not running");
		} else {
			run_dispatch(r, (struct event){.type = EVENT_SIGNAL,
						       .signal = (int)q->signal});
		}
		break;
	case WIRE_STATUS:
	case WIRE_VERB_COUNT:
		break;
	}
	fill(r, q->first, answer);
}

void run_control(struct run *r)
{
	control_receive(r->control_fd, handle, r);
}

/* ---- main says ---- */

void run_watch(struct run *r, bool on)
{
	r->watchdog_at = on && r->watchdog > 0 ? run_now() + r->watchdog : MSEC_INFINITY;
}

/* What forked to become main says so; it must be one of ours, or its end would never be known. */
static void change_main(struct run *r, pid_t pid)
{
	pid_t group;

	if (pid == r->main_pid || r->main_pid <= 0) {
		return;
	}
	group = getpgid(pid);
	if (pid <= 1 || pid == r->self || group < 0 || !descend_includes(pid)) {
		log_warning("main says that its pid is %d, which is none of its own: "
			    "passed over",
			    pid);
		return;
	}
	log_info("main is %d now, no longer %d", pid, r->main_pid);
	r->main_pid = pid;
	/* In our own group there is nobody but us to be signalled as a group. */
	r->main_group = group == getpgrp() ? pid : group;
}

static void extend(struct run *r, msec_t span)
{
	if (r->state.phase == PHASE_READY) {
		hooks_extend(r->l->hooks, span, run_now());
	} else {
		run_dispatch(r, (struct event){.type = EVENT_EXTEND, .span = span});
	}
}

/* A notify_handler. */
static void hear(void *ctx, const struct notify *said, pid_t from)
{
	struct run *r = ctx;

	log_debug("main (%d) says something of itself", from);
	if (said->has_status) {
		memcpy(r->said, said->text, sizeof(r->said));
	}
	if (said->main_pid > 0) {
		change_main(r, said->main_pid);
	}
	if (said->watchdog_interval >= 0) {
		r->watchdog = said->watchdog_interval;
	}
	if (said->watchdog || said->watchdog_interval >= 0) {
		run_watch(r, r->main_pid > 0);
	}
	if (said->watchdog_failed && r->main_pid > 0) {
		r->watchdog_at = 0;
	}
	if (said->extend >= 0 && r->l->hooks) {
		extend(r, said->extend);
	}
	if (said->ready && r->l->hooks) {
		hooks_notified(r->l->hooks, run_now());
	}
}

void run_notify(struct run *r)
{
	notify_receive(r->l->notify_fd, r->l->main_uid, hear, r);
}

void run_newline(struct run *r)
{
	int *fd = r->l->newline_fd;
	char text[256];
	ssize_t n = read(*fd, text, sizeof(text));

	if (n > 0 && memchr(text, '\n', (size_t)n) && r->l->hooks) {
		hooks_notified(r->l->hooks, run_now());
	} else if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		close(*fd);
		*fd = -1;
	}
}
