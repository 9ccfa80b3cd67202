/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/persona.h"

#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "sys/child.h"
#include "sys/failure.h"
#include "sys/host.h"
#include "sys/log.h"
#include "sys/prepare.h"
#include "sys/raised.h"

#define JOB_SIGNALS (SIGBIT(SIGTSTP) | SIGBIT(SIGTTIN) | SIGBIT(SIGTTOU))

struct call {
	struct arena *arena;
	enum personality who;
	const struct persona *persona;
	const struct inherited_signals *inherited;
	char *const *envp;
};

static void say(const struct call *c, enum severity severity, const char *text)
{
	if (severity <= c->persona->verbosity) {
		(void)log_print(
			personality_message_fd(c->who, severity),
			personality_message(c->arena, c->who, getpid(), severity, text));
	}
}

static int print(const struct call *c)
{
	const struct persona *p = c->persona;
	const char *text = p->text;

	if (p->marked) {
		text = personality_message(c->arena, c->who, getpid(), SEVERITY_FATAL,
					   text);
	}
	return log_print(p->fd, text) < 0 && p->status == 0 ? 1 : p->status;
}

/* gosu refuses to be installed setuid: everybody would be root. */
static const char *refusal(const struct persona *p)
{
	struct stat st;

	if (!p->if_setuid && !p->if_setgid) {
		return NULL;
	}
	switch (raised_by()) {
	case RAISED_UID:
		return p->if_setuid;
	case RAISED_GID:
		return p->if_setgid;
	case RAISED_CAPS: /* main() did */
	case RAISED_NOT:
		break;
	}
	if (stat("/proc/self/exe", &st) < 0) {
		return NULL;
	}
	if (p->if_setuid && (st.st_mode & S_ISUID)) {
		return p->if_setuid;
	}
	return p->if_setgid && (st.st_mode & S_ISGID) ? p->if_setgid : NULL;
}

static struct plan plan_of(const struct call *c)
{
	struct plan plan = {
		.umask = -1,
		.creds = {.securebits = -1},
		.own = {.securebits = -1,
			.set_caps = true,
			.caps = CAPBIT(CAP_KILL),
			.no_new_privs = true},
		.keep_fds = true,
		.environ = c->envp,
		.persona = c->persona,
		.who = c->who,
		.notes = {.arena = c->arena},
		.harmless = {.arena = c->arena},
	};

	strv_extend(c->arena, &plan.argv, c->persona->args);
	if (plan.argv.n > 0) {
		plan_paths(c->arena, &plan, plan.argv.v[0]);
	}
	return plan;
}

/* The user of a step-down, into l->creds. Being that user already needs no right at all. */
static int become(const struct call *c, struct launch *l, struct plan *plan,
		  struct err *reterr)
{
	const struct needs needs = {.accounts = true, .rights = true};
	struct identity current, id;
	struct host h;
	int r;

	r = host_read(c->arena, &needs, c->envp, &h, reterr);
	if (r < 0) {
		return r;
	}
	current = (struct identity){.uid = h.uid,
				    .gid = h.gid,
				    .groups = h.groups,
				    .n_groups = h.n_groups,
				    .home = "/"};
	r = identity_resolve(c->arena, c->persona->user, c->persona->dialect, &h.accounts,
			     &current, NULL, &id, reterr);
	if (r < 0) {
		return r;
	}
	plan->user = id;
	if (!identity_same(&current, &id)) {
		l->creds.set_ids = true;
		l->creds.uid = id.uid;
		l->creds.gid = id.gid;
		l->creds.groups = id.groups;
		l->creds.n_groups = id.n_groups;
		l->creds.scratch = arena_array(c->arena, id.n_groups + 1, sizeof(gid_t));
	}
	return 0;
}

/* envp with HOME replaced, in place where there was one. */
static char **with_home(const struct call *c, const char *home)
{
	char *entry = arena_printf(c->arena, "HOME=%s", home);
	struct strv env = {0};
	bool there = false;

	for (char *const *e = c->envp; *e; e++) {
		bool is_home = strncmp(*e, "HOME=", 5) == 0;

		strv_push(c->arena, &env, is_home ? entry : *e);
		there |= is_home;
	}
	if (!there) {
		strv_push(c->arena, &env, entry);
	}
	return env.v;
}

static int step_down(const struct call *c)
{
	struct plan plan = plan_of(c);
	struct launch l = {
		.umask = -1,
		.tty_fd = -1,
		.landlock_fd = -1,
		.keep_fds = true,
		.paths = plan.paths.v,
		.argv = plan.argv.v,
		.creds = {.securebits = -1},
		.shell_argv = prepare_shell_argv(c->arena, &plan),
		.mask = c->inherited->mask,
		.ignore_sigchld = c->inherited->sigchld_ignored,
	};
	struct report failure;
	struct err e;

	if (become(c, &l, &plan, &e) < 0) {
		say(c, SEVERITY_FATAL, e.text);
		return c->persona->exec_failed;
	}
	l.envp = with_home(c, plan.user.home);
	child_run(&l, &failure);
	failure_log(c->arena, &plan, &l, &failure);
	return failure_status(&plan, &failure);
}

static bool listen_pid_is_ours(char *const *envp)
{
	for (; *envp; envp++) {
		if (strncmp(*envp, "LISTEN_PID=", 11) == 0) {
			return strtol(*envp + 11, NULL, 10) == getpid();
		}
	}
	return false;
}

/* dumb-init lets go of its terminal, for main's session to take it. */
static void leave_terminal(struct plan *plan)
{
	if (ioctl(STDIN_FILENO, TIOCNOTTY) == 0 && getsid(0) == getpid()) {
		plan->swallow_once = SIGBIT(SIGHUP) | SIGBIT(SIGCONT);
	}
}

static int supervise(const struct call *c)
{
	const struct persona *p = c->persona;
	struct plan plan = plan_of(c);

	plan.policy = p->policy;
	plan.policy.no_main = p->kind == PERSONA_PAUSE;
	plan.subreaper = p->subreaper && getpid() != 1;
	plan.new_session = p->new_session;
	plan.same_group = p->same_group;
	plan.parent_death_signal = p->parent_death_signal;
	plan.stop_self = p->job_control ? JOB_SIGNALS : 0;
	plan.warn_on_reap = p->warn_on_reap;
	plan.chdir_root = p->chdir_root;
	plan.close_fds = p->close_fds;
	plan.listen_fds = p->rewrite_listen_pid && listen_pid_is_ours(c->envp);
	if (p->skip_hup_cont) {
		leave_terminal(&plan);
	}
	if (p->cannot_reap && getpid() != 1 && !plan.subreaper) {
		say(c, SEVERITY_WARN, p->cannot_reap);
	}
	return run_plan(c->arena, &plan, c->inherited);
}

/* Not inlined: what it needs of the stack is no other start's. */
__attribute__((noinline)) int cli_persona(struct arena *a, enum personality who,
					  char **argv, char **envp,
					  const struct inherited_signals *inherited)
{
	struct persona persona;
	const struct call call = {.arena = a,
				  .who = who,
				  .persona = &persona,
				  .inherited = inherited,
				  .envp = envp};
	const char *refused;

	personality_parse(a, who, argv, envp, CARDEA_VERSION, &persona);
	log_setup_as(who, persona.verbosity);
	refused = refusal(&persona);
	if (refused) {
		say(&call, SEVERITY_FATAL, refused);
		return 1;
	}
	switch (persona.kind) {
	case PERSONA_PRINT:
		return print(&call);
	case PERSONA_EXEC:
		return step_down(&call);
	case PERSONA_RUN:
	case PERSONA_PAUSE:
		break;
	}
	run_fill_standard_fds();
	return supervise(&call);
}
