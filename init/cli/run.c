/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/wire.h"
#include "sys/child.h"
#include "sys/creds.h"
#include "sys/failure.h"
#include "sys/load.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/prepare.h"
#include "sys/spawn.h"

/* What the loop calls back with. */
struct running {
	struct prepared p;
	bool started;
};

void run_fill_standard_fds(void)
{
	struct pollfd fds[3] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};

	if (poll(fds, 3, 0) < 0) {
		return;
	}
	for (int i = 0; i < 3; i++) {
		/* The lowest free number is i: all below it are open by now. */
		if ((fds[i].revents & POLLNVAL) && open("/dev/null", O_RDWR) < 0) {
			(void)open("/", O_PATH);
		}
	}
}

static int report_error(const struct err *e)
{
	log_error("%s", e->text);
	return e->status;
}

/* PID 1 gives up what the plan does not need any more. */
static int give_up(const struct plan *plan, struct err *reterr)
{
	struct creds own = plan->own;
	struct report failure;

	own.caps &= creds_permitted();
	if (creds_apply(&own, &failure) < 0) {
		return err_system(reterr, failure.errnum,
				  "PID 1 cannot give up its rights: %s",
				  child_stage_text(failure.stage));
	}
	return 0;
}

/* What some of those we stand in for do once main is there. A failure changes nothing for main. */
static void settle(const struct prepared *p)
{
	if (p->plan->chdir_root) {
		(void)!chdir("/");
	}
	if (p->plan->close_fds) {
		(void)syscall(SYS_close_range, 3, p->signal_fd - 1, 0);
		(void)syscall(SYS_close_range, p->signal_fd + 1, ~0u, 0);
	}
}

/* loop.reaped */
static void warn_reaped(void *ctx, pid_t pid)
{
	struct running *r = ctx;
	enum personality who = r->p.plan->who;
	const char *text = personality_reaped_text(r->p.arena, pid);

	text = personality_message(r->p.arena, who, getpid(), SEVERITY_WARN, text);
	(void)log_print(personality_message_fd(who, SEVERITY_WARN), text);
	arena_release(r->p.arena);
}

/* Main has its copy: of ours only what a hook or a start again takes is kept. */
static void let_go(struct running *r)
{
	const struct plan *plan = r->p.plan;

	if (!plan->restarts && plan->n_hooks == 0) {
		prepare_release(&r->p);
		arena_release(r->p.arena);
	} else if (!plan->restarts && !plan->hooks_see_secrets) {
		secrets_release(&r->p.secrets);
	}
}

/* Fork and execute; the status to exit with, 0 when main runs. */
static int launch_main(struct running *r, pid_t *ret_pid)
{
	struct prepared *p = &r->p;
	struct report failure;
	struct err e;
	int k;

	if (oom_apply(&p->oom, &e) < 0 || prepare_newline(p, &e) < 0) {
		return report_error(&e);
	}
	k = spawn(&p->launch, ret_pid, &failure);
	prepare_newline_given(p);
	oom_restore(&p->oom);
	if (k < 0) {
		err_system(&e, -k, "cannot start main: fork");
		return report_error(&e);
	}
	if (k > 0) {
		failure_log(p->arena, p->plan, &p->launch, &failure);
		return failure_status(p->plan, &failure);
	}
	return 0;
}

/* loop.start_main */
static int start_main(void *ctx, pid_t *ret_pid)
{
	struct running *r = ctx;
	struct err e;
	int status;

	if (r->started) {
		prepare_again(&r->p);
	}
	status = launch_main(r, ret_pid);
	if (status == 0 && !r->started && give_up(r->p.plan, &e) < 0) {
		status = report_error(&e);
	}
	if (status == 0) {
		log_info("main is %s (%d)", r->p.plan->argv.v[0], *ret_pid);
		r->started = r->p.hooks.own = true;
	}
	let_go(r);
	settle(&r->p);
	return status;
}

int run_plan(struct arena *a, struct plan *plan,
	     const struct inherited_signals *inherited)
{
	struct running r = {.p = {.arena = a, .plan = plan, PREPARED_NONE}};
	struct loop loop = {
		.policy = &plan->policy,
		.is_init = getpid() == 1,
		.stop_self = plan->stop_self,
		.swallow_once = plan->swallow_once,
		.start_main = start_main,
		.reaped = plan->warn_on_reap ? warn_reaped : NULL,
		.ctx = &r,
		.hooks = plan->n_hooks > 0 ? &r.p.hooks : NULL,
		.answers = plan->who == PERSONALITY_CARDEA,
		.newline_fd = plan->notify == NOTIFY_NEWLINE ? &r.p.newline_fd : NULL,
		.main_uid = plan->user.uid,
		.watchdog = plan->watchdog,
	};
	char program[WIRE_TEXT_MAX];
	struct err e;

	if (prepare(&r.p, inherited, &e) < 0) {
		prepare_release(&r.p);
		return report_error(&e);
	}
	/* argv goes with the arena. */
	snprintf(program, sizeof(program), "%s", plan->argv.n > 0 ? plan->argv.v[0] : "");
	loop.program = program;
	loop.signal_fd = r.p.signal_fd;
	loop.notify_fd = r.p.notify_fd;
	loop.tty_fd = plan->new_session ? -1 : r.p.tty_fd;
	return loop_run(&loop, NULL);
}

int cli_run(struct arena *a, const struct options *o, char *const *envp,
	    const struct inherited_signals *inherited)
{
	struct problems problems = {.arena = a};
	struct host host;
	struct plan plan;
	struct err e;

	run_fill_standard_fds();
	if (load_plan(a, o, envp, true, &host, &plan, &problems, &e) < 0) {
		return report_error(&e);
	}
	log_setup(plan.log_level, plan.log_format);
	if (problems.n > 0) {
		log_problems(LOG_LEVEL_ERROR, &problems);
		return STATUS_CONFIG;
	}
	log_problems(LOG_LEVEL_WARNING, &plan.notes);
	log_problems(LOG_LEVEL_INFO, &plan.harmless);
	plan.subreaper = host.pid != 1;
	return run_plan(a, &plan, inherited);
}
