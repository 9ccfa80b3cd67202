/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/child.h"
#include "sys/creds.h"
#include "sys/failure.h"
#include "sys/filter.h"
#include "sys/landlock.h"
#include "sys/load.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/oom.h"
#include "sys/pipes.h"
#include "sys/secret.h"
#include "sys/spawn.h"

/* Everything that can fail early has, when this is complete. */
struct prepared {
	struct arena *arena;
	const struct plan *plan;
	struct launch launch;
	struct lifecycle_policy policy;
	struct secrets secrets;
	struct filter filter;
	struct oom oom;
	int signal_fd;
	int tty_fd;
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

/*
 * The terminal we have the foreground of; stdin may be redirected all the same. -1: there is none, or it is not
 * ours to give.
 */
static int open_terminal(int *ret_fd, struct err *reterr)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) {
		return err_system(reterr, errno, "cannot open '/dev/tty'");
	}
	if (fd >= 0 && tcgetpgrp(fd) != getpgrp()) {
		close(fd);
		fd = -1;
	}
	*ret_fd = fd;
	return 0;
}

static int report_error(const struct err *e)
{
	log_error("%s", e->text);
	return e->status;
}

/* Unchanged but for LISTEN_PID, whose digits are main's to write. */
static void pass_environ(struct prepared *r)
{
	struct strv env = {0};

	if (!r->plan->listen_fds) {
		r->launch.envp = r->plan->environ;
		return;
	}
	for (char *const *e = r->plan->environ; *e; e++) {
		char *entry = *e;

		if (strncmp(entry, "LISTEN_PID=", 11) == 0) {
			entry = arena_printf(r->arena, "LISTEN_PID=%10s", "");
			r->launch.listen_pid = entry + 11;
		}
		strv_push(r->arena, &env, entry);
	}
	r->launch.envp = env.v;
}

static int prepare_environment(struct prepared *r, struct err *reterr)
{
	const struct plan *plan = r->plan;
	char **envp;
	int k;

	if (plan->environ) {
		pass_environ(r);
		return 0;
	}
	k = secrets_environment(r->arena, &r->secrets, &plan->env, plan->listen_fds,
				&envp, &r->launch.listen_pid, reterr);
	if (k == 0) {
		r->launch.envp = envp;
	}
	return k;
}

static int prepare_filter(struct prepared *r, struct err *reterr)
{
	const struct plan *plan = r->plan;
	struct problems p = {.arena = r->arena};
	struct problem where = {.at = plan->seccomp_at};
	int k;

	if (!plan->seccomp) {
		return 0;
	}
	k = filter_prepare(plan->seccomp, plan->reachable, &p, &r->filter, reterr);
	if (k < 0) {
		where.text = arena_printf(r->arena, "security.seccomp: %s", reterr->text);
		snprintf(reterr->text, sizeof(reterr->text), "%s",
			 problem_format(r->arena, &where));
		log_problems(LOG_LEVEL_ERROR, &p);
		return k;
	}
	if (r->filter.program.len > 0) {
		r->launch.filter = &r->filter.program;
		r->launch.filter_flags = r->filter.flags;
	}
	return 0;
}

char **run_shell_argv(struct arena *a, const struct plan *plan)
{
	static char shell[] = "/bin/sh";
	struct strv v = {0};

	if (!plan->persona || !plan->persona->shell_fallback || plan->argv.n == 0) {
		return NULL;
	}
	strv_push(a, &v, shell);
	strv_push(a, &v, plan->argv.v[0]);
	strv_extend(a, &v, plan->argv.v + 1);
	return v.v;
}

static void describe_launch(struct prepared *r, const struct inherited_signals *inherited)
{
	const struct plan *plan = r->plan;
	struct launch *l = &r->launch;

	l->paths = plan->paths.v;
	l->argv = plan->argv.v;
	l->shell_argv = run_shell_argv(r->arena, plan);
	l->new_session = plan->new_session;
	l->new_group = !plan->same_group;
	l->pass_fds = plan->pass_fds;
	l->n_pass_fds = plan->n_pass_fds;
	l->keep_fds = plan->keep_fds;
	l->limits = plan->limits;
	l->n_limits = plan->n_limits;
	l->umask = plan->umask;
	l->creds = plan->creds;
	l->working_dir = plan->working_dir;
	l->mask = inherited->mask;
	l->ignore_sigchld = inherited->sigchld_ignored;
}

/*
 * What main is to get must have come in: once we open descriptors of our own, a number that was free is one of
 * those.
 */
static int check_descriptors(const struct plan *plan, struct err *reterr)
{
	for (size_t i = 0; i < plan->n_pass_fds; i++) {
		if (fcntl(plan->pass_fds[i], F_GETFD) < 0) {
			return err_config(reterr, "cannot pass descriptor %d to main: %s",
					  plan->pass_fds[i], strerror(errno));
		}
	}
	return 0;
}

/* From here on PID 1 may hold secrets: no core, no tracer of the same uid. */
static int harden_self(const struct plan *plan, struct err *reterr)
{
	if (plan->parent_death_signal &&
	    prctl(PR_SET_PDEATHSIG, plan->parent_death_signal, 0, 0, 0) < 0) {
		return err_system(reterr, errno, "cannot set the parent death signal");
	}
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
		return err_system(reterr, errno, "cannot make PID 1 undumpable");
	}
	if (plan->subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) {
		return err_system(reterr, errno, "cannot become a subreaper");
	}
	return 0;
}

static int prepare(struct prepared *r, const struct inherited_signals *inherited,
		   struct err *reterr)
{
	const struct plan *plan = r->plan;
	struct launch *l = &r->launch;
	int k;

	describe_launch(r, inherited);
	/* While /proc/self is still ours: an undumpable process's files belong to root. */
	if ((k = check_descriptors(plan, reterr)) < 0 ||
	    (k = oom_prepare(plan, &r->oom, reterr)) < 0 ||
	    (k = harden_self(plan, reterr)) < 0) {
		return k;
	}
	if ((k = secrets_read(r->arena, plan->secrets, plan->n_secrets, &r->secrets,
			      reterr)) < 0 ||
	    (k = prepare_environment(r, reterr)) < 0 ||
	    (k = prepare_filter(r, reterr)) < 0 ||
	    (k = landlock_prepare(plan, &l->landlock_fd, reterr)) < 0) {
		return k;
	}
	if (plan->creds.set_ids && plan->who == PERSONALITY_CARDEA) {
		pipes_give(plan->creds.uid);
	}
	r->signal_fd = sigmask_open_fd();
	if (r->signal_fd < 0) {
		return err_system(reterr, -r->signal_fd,
				  "cannot open a descriptor for signals");
	}
	r->tty_fd = plan->new_session ? STDIN_FILENO : -1;
	if (!plan->same_group && !plan->new_session &&
	    (k = open_terminal(&r->tty_fd, reterr)) < 0) {
		return k;
	}
	l->tty_fd = r->tty_fd;
	return 0;
}

static void release(struct prepared *r)
{
	secrets_release(&r->secrets);
	filter_release(&r->filter);
	if (r->launch.landlock_fd >= 0) {
		close(r->launch.landlock_fd);
		r->launch.landlock_fd = -1;
	}
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
static void settle(const struct prepared *r)
{
	if (r->plan->chdir_root) {
		(void)!chdir("/");
	}
	if (r->plan->close_fds) {
		(void)syscall(SYS_close_range, 3, r->signal_fd - 1, 0);
		(void)syscall(SYS_close_range, r->signal_fd + 1, ~0u, 0);
	}
}

/* loop.reaped */
static void warn_reaped(void *ctx, pid_t pid)
{
	struct prepared *r = ctx;
	enum personality who = r->plan->who;
	const char *text = personality_reaped_text(r->arena, pid);

	text = personality_message(r->arena, who, getpid(), SEVERITY_WARN, text);
	(void)log_print(personality_message_fd(who, SEVERITY_WARN), text);
	arena_release(r->arena);
}

/* loop.start_main */
static int start_main(void *ctx, pid_t *ret_pid)
{
	struct prepared *r = ctx;
	struct report failure;
	struct err e;
	int k, status = 0;

	k = oom_apply(&r->oom, &e);
	if (k < 0) {
		return report_error(&e);
	}
	k = spawn(&r->launch, ret_pid, &failure);
	oom_restore(&r->oom);
	if (k < 0) {
		err_system(&e, -k, "cannot start main: fork");
		status = report_error(&e);
	} else if (k > 0) {
		status = failure_status(r->plan, &failure);
		failure_log(r->arena, r->plan, &r->launch, &failure);
	} else if (give_up(r->plan, &e) < 0) {
		status = report_error(&e);
	} else {
		log_info("main is %s (%d)", r->plan->argv.v[0], *ret_pid);
	}
	release(r);
	settle(r);
	arena_release(r->arena);
	return status;
}

int run_plan(struct arena *a, struct plan *plan,
	     const struct inherited_signals *inherited)
{
	struct prepared r = {
		.arena = a,
		.plan = plan,
		.policy = plan->policy,
		.launch = {.landlock_fd = -1, .tty_fd = -1},
		.oom = {.fd = -1},
	};
	struct loop loop = {
		.policy = &r.policy,
		.is_init = getpid() == 1,
		.stop_self = plan->stop_self,
		.swallow_once = plan->swallow_once,
		.start_main = start_main,
		.reaped = plan->warn_on_reap ? warn_reaped : NULL,
		.ctx = &r,
	};
	struct err e;

	if (prepare(&r, inherited, &e) < 0) {
		release(&r);
		return report_error(&e);
	}
	loop.signal_fd = r.signal_fd;
	loop.tty_fd = plan->new_session ? -1 : r.tty_fd;
	return loop_run(&loop);
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
