/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sys/landlock.h"
#include "sys/log.h"
#include "sys/notify.h"
#include "sys/pipes.h"

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

/* A variable that only this run can know. */
static void announce(struct prepared *r, const char *name, const char *value)
{
	struct piece *piece = arena_alloc(r->arena, sizeof(*piece));

	piece->text = value;
	env_set(r->arena, &r->env,
		(struct env_item){.name = name, .pieces = piece, .source = ENV_CONFIG});
}

/* Hooks of one environment share it here, too. */
static int prepare_hooks(struct prepared *r, struct err *reterr)
{
	const struct plan *plan = r->plan;
	char ***envps = arena_array(r->arena, plan->n_hooks, sizeof(*envps));
	char *ignored;

	for (size_t i = 0; i < plan->n_hooks; i++) {
		const struct env *env = &plan->hooks[i].env;
		size_t k = 0;
		int r2;

		while (k < i && plan->hooks[k].env.v != env->v) {
			k++;
		}
		if (k < i) {
			envps[i] = envps[k];
			continue;
		}
		r2 = secrets_environment(r->arena, &r->secrets, env, false, &envps[i],
					 &ignored, reterr);
		if (r2 < 0) {
			return r2;
		}
	}
	return hooks_prepare(r->arena, plan, &r->launch, envps, &r->hooks, reterr);
}

/*
 * Main's number for the pipe it writes its newline to must stay ours for as long as main may start: what we open later
 * must not get it.
 */
static int reserve_number(struct prepared *r, struct err *reterr)
{
	int number = r->plan->notify_fd, fd;

	if (fcntl(number, F_GETFD) >= 0) {
		return err_config(
			reterr, "main.notify: descriptor %d is open already; use another",
			number);
	}
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && fd != number) {
		int k = dup3(fd, number, O_CLOEXEC);

		close(fd);
		fd = k;
	}
	if (fd < 0) {
		return err_system(reterr, errno, "main.notify: cannot open descriptor %d",
				  number);
	}
	return 0;
}

/* Into its place among what main is passed. */
static void pass_number(struct prepared *r)
{
	size_t n = r->plan->n_pass_fds, k = 0;
	int *fds = arena_array(r->arena, n + 1, sizeof(*fds));

	for (; k < n && r->plan->pass_fds[k] < r->plan->notify_fd; k++) {
		fds[k] = r->plan->pass_fds[k];
	}
	fds[k] = r->plan->notify_fd;
	for (; k < n; k++) {
		fds[k + 1] = r->plan->pass_fds[k];
	}
	r->launch.pass_fds = fds;
	r->launch.n_pass_fds = n + 1;
}

static int prepare_notice(struct prepared *r, struct err *reterr)
{
	if (r->plan->notify == NOTIFY_NEWLINE) {
		pass_number(r);
		return reserve_number(r, reterr);
	}
	if (r->plan->notify == NOTIFY_SYSTEMD) {
		r->notify_fd = notify_open(r->notify_name);
		if (r->notify_fd < 0) {
			return err_system(reterr, -r->notify_fd,
					  "main.notify: cannot open the socket");
		}
	}
	return 0;
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
	r->env = plan->env;
	if (plan->notify == NOTIFY_SYSTEMD) {
		announce(r, "NOTIFY_SOCKET", r->notify_name);
	}
	if (plan->notify == NOTIFY_SYSTEMD && plan->watchdog > 0) {
		announce(r, "WATCHDOG_USEC",
			 arena_printf(r->arena, "%lld000", (long long)plan->watchdog));
	}
	k = secrets_environment(r->arena, &r->secrets, &r->env, plan->listen_fds, &envp,
				&r->launch.listen_pid, reterr);
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

char **prepare_shell_argv(struct arena *a, const struct plan *plan)
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
	l->shell_argv = prepare_shell_argv(r->arena, plan);
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

int prepare(struct prepared *r, const struct inherited_signals *inherited,
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
	    (k = prepare_notice(r, reterr)) < 0 ||
	    (k = prepare_environment(r, reterr)) < 0 ||
	    (k = prepare_filter(r, reterr)) < 0 ||
	    (k = landlock_prepare(plan, &l->landlock_fd, reterr)) < 0 ||
	    (k = prepare_hooks(r, reterr)) < 0) {
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

/*
 * Secrets are read once more, so that a rotated one is taken. What PID 1 may not read any more stays as it was: it is said,
 * and main starts.
 */
static void renew_environment(struct prepared *r)
{
	struct arena fresh = {0};
	struct secrets secrets = {0};
	char **envp, *listen_pid;
	struct err e;

	if (r->plan->n_secrets == 0) {
		return;
	}
	if (secrets_read(&fresh, r->plan->secrets, r->plan->n_secrets, &secrets, &e) <
		    0 ||
	    secrets_environment(&fresh, &secrets, &r->env, r->plan->listen_fds, &envp,
				&listen_pid, &e) < 0) {
		log_warning("%s; main starts with what was read before", e.text);
		secrets_release(&secrets);
		arena_release(&fresh);
		return;
	}
	secrets_release(&r->renewed);
	arena_release(&r->renewed_arena);
	r->renewed = secrets;
	r->renewed_arena = fresh;
	r->launch.envp = envp;
	r->launch.listen_pid = listen_pid;
	if (!r->plan->hooks_see_secrets) {
		secrets_release(&r->secrets);
	}
}

void prepare_again(struct prepared *r)
{
	r->launch.creds = r->plan->main_again;
	renew_environment(r);
}

/* A pipe of its own for each start, so that what the main before it left cannot speak for it. */
int prepare_newline(struct prepared *r, struct err *reterr)
{
	int fds[2];

	if (r->plan->notify != NOTIFY_NEWLINE) {
		return 0;
	}
	if (r->newline_fd >= 0) {
		close(r->newline_fd);
		r->newline_fd = -1;
	}
	if (pipe2(fds, O_CLOEXEC) < 0) {
		return err_system(reterr, errno, "main.notify: cannot make a pipe");
	}
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ||
	    dup3(fds[1], r->plan->notify_fd, O_CLOEXEC) < 0) {
		int error = errno;

		close(fds[0]);
		close(fds[1]);
		return err_system(reterr, error, "main.notify: cannot make a pipe");
	}
	close(fds[1]);
	r->newline_fd = fds[0];
	return 0;
}

void prepare_newline_given(struct prepared *r)
{
	int fd;

	if (r->newline_fd < 0) {
		return;
	}
	/* Only main holds the other end, so that its end is seen. */
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || dup3(fd, r->plan->notify_fd, O_CLOEXEC) < 0) {
		close(r->plan->notify_fd);
	}
	if (fd >= 0) {
		close(fd);
	}
}

void prepare_release(struct prepared *r)
{
	secrets_release(&r->secrets);
	secrets_release(&r->renewed);
	arena_release(&r->renewed_arena);
	filter_release(&r->filter);
	oom_release(&r->oom);
	if (r->launch.landlock_fd >= 0) {
		close(r->launch.landlock_fd);
		r->launch.landlock_fd = -1;
	}
}
