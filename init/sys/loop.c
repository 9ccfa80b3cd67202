/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <string.h>

#include "core/signame.h"
#include "sys/descend.h"
#include "sys/log.h"

/* While processes that are not our children (an engine's exec) are waited for, how often to look. */
#define STRANGERS_TICK 20

/* Orphans made faster than they can be reaped must not hold up a signal or a deadline: look up after so many. */
#define REAP_MAX 64

struct run {
	const struct loop *l;
	struct lifecycle state;
	pid_t self, main_pid, main_group;
	sigbits_t swallow;
	bool childless; /* wait found nothing to wait for */
	bool unreaped;	/* wait may find more, whose SIGCHLD was taken */
};

static msec_t now_msec(void)
{
	struct timespec t;

	/* Raw: for two or three calls the vDSO's look-up and pages are dearer than the kernel. */
	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	return (msec_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void dispatch(struct run *r, struct event e);

static void signal_main(struct run *r, int sig, bool group)
{
	char name[SIGNAL_NAME_MAX];
	pid_t target = group ? -r->main_group : r->main_pid;

	/* The group may outlive main. */
	if ((group ? r->main_group : r->main_pid) <= 0) {
		return;
	}
	if (kill(target, sig) < 0 && errno != ESRCH) {
		log_warning("cannot send %s to main (%d): %s", signal_name(sig, name),
			    target, strerror(errno));
		return;
	}
	log_debug("sent %s to main (%d)", signal_name(sig, name), target);
}

/* A stopped process gets its signal only when it goes on. */
static bool needs_continue(const struct run *r, int sig)
{
	return r->state.phase >= PHASE_TERM && sig != SIGKILL && sig != SIGCONT &&
	       sig != SIGSTOP;
}

static void signal_rest(struct run *r, int sig)
{
	siginfo_t info;

	if (r->l->is_init) {
		(void)kill(-1, sig);
		if (sig != SIGKILL) {
			(void)kill(-1, SIGCONT);
		}
		return;
	}
	/* Looking through /proc is dear, and mostly there is nobody. */
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
		return;
	}
	(void)descend_signal(sig);
	if (sig != SIGKILL) {
		(void)descend_signal(SIGCONT);
	}
}

static void start_main(struct run *r)
{
	pid_t pid = 0;
	int status = r->l->start_main(r->l->ctx, &pid);

	if (status == 0 || pid > 0) {
		r->main_group = pid;
	}
	if (status == 0) {
		r->main_pid = pid;
		dispatch(r, (struct event){.type = EVENT_EXECUTED});
	} else {
		dispatch(r, (struct event){.type = EVENT_FAILED, .status = status});
	}
}

static void perform(struct run *r, const struct action *a)
{
	bool group = r->l->policy->kill_group || a->type == ACTION_SIGNAL_GROUP;

	switch (a->type) {
	case ACTION_START_MAIN:
		start_main(r);
		break;
	case ACTION_SIGNAL_GROUP:
	case ACTION_SIGNAL_MAIN:
		signal_main(r, a->signal, group);
		if (needs_continue(r, a->signal)) {
			/* A terminal stops the whole group; main may have left it. */
			signal_main(r, SIGCONT,
				    group || getpgid(r->main_pid) == r->main_group);
		}
		break;
	case ACTION_SIGNAL_REST:
	case ACTION_SIGNAL_DESCENDANTS:
		signal_rest(r, a->signal);
		break;
	case ACTION_RUN_HOOKS:
	case ACTION_ABORT_HOOKS:
	case ACTION_EXIT:
		break;
	}
}

static void dispatch(struct run *r, struct event e)
{
	enum phase before = r->state.phase;
	struct actions actions;

	e.now = now_msec();
	lifecycle_step(r->l->policy, &r->state, &e, &actions);
	if (r->state.phase != before) {
		log_debug("phase %s", phase_name(r->state.phase));
	}
	for (size_t i = 0; i < actions.n; i++) {
		perform(r, &actions.v[i]);
	}
}

/* Stop as the job we are in; when the shell continues us, main goes on too, with the terminal. */
static void stop_job(struct run *r)
{
	pid_t own = getpgrp();

	if (r->l->tty_fd >= 0) {
		(void)tcsetpgrp(r->l->tty_fd, own);
	}
	(void)kill(r->self, SIGSTOP);
	if (r->l->tty_fd >= 0 && tcgetpgrp(r->l->tty_fd) == own) {
		(void)tcsetpgrp(r->l->tty_fd, r->main_group);
	}
	(void)kill(-r->main_group, SIGCONT);
}

static void main_ended(struct run *r, int wstatus)
{
	int status = WIFSIGNALED(wstatus) ? STATUS_SIGNAL_BASE + WTERMSIG(wstatus)
					  : WEXITSTATUS(wstatus);

	log_info("main (%d) ended with status %d%s", r->main_pid, status,
		 WIFSIGNALED(wstatus) && WCOREDUMP(wstatus) ? ", core dumped" : "");
	r->main_pid = 0;
	dispatch(r, (struct event){.type = EVENT_MAIN_ENDED, .status = status});
}

/*
 * The terminal has stopped main. Not being PID 1 there may be a shell, which goes on when we stop as well. As PID
 * 1 there is none: nobody could continue main, so Ctrl-Z does nothing, as for a program that is PID 1 itself.
 */
static void main_stopped(struct run *r, int sig)
{
	if (sig == SIGSTOP) {
		return;
	}
	if (!r->l->is_init) {
		stop_job(r);
	} else if (sig == SIGTSTP) {
		(void)kill(-r->main_group, SIGCONT);
	}
}

/* Signals coalesce: until nothing is left, REAP_MAX at a time. */
static void reap(struct run *r)
{
	int options = WNOHANG | (r->l->tty_fd >= 0 ? WUNTRACED : 0);
	int wstatus;
	pid_t pid = 0;

	r->unreaped = true;
	for (int n = 0; n < REAP_MAX; n++) {
		pid = wait4(-1, &wstatus, options, NULL);
		if (pid < 0 && errno == EINTR) {
			continue;
		}
		if (pid <= 0) {
			r->unreaped = false;
			break;
		}
		if (pid != r->main_pid) {
			if (r->l->reaped && !WIFSTOPPED(wstatus)) {
				r->l->reaped(r->l->ctx, pid);
			}
			continue;
		}
		if (!WIFSTOPPED(wstatus)) {
			main_ended(r, wstatus);
		} else {
			main_stopped(r, WSTOPSIG(wstatus));
		}
	}
	r->childless = pid < 0 && !r->unreaped;
}

/* Nothing but us left? Children are known; processes an engine put into our namespace are not ours to wait for. */
static void check_empty(struct run *r)
{
	bool draining = r->state.phase == PHASE_DRAIN ||
			r->state.phase == PHASE_DRAIN_KILL;

	if (draining && r->childless &&
	    (!r->l->is_init || (kill(-1, 0) < 0 && errno == ESRCH))) {
		dispatch(r, (struct event){.type = EVENT_EMPTY});
	} else if (r->state.phase == PHASE_DRAIN_KILL && !r->l->is_init) {
		/* What was forked while the last sweep was under way. */
		signal_rest(r, SIGKILL);
	}
}

static void take_signal(struct run *r, const struct signalfd_siginfo *info)
{
	int sig = (int)info->ssi_signo;

	/*
	 * SIGPIPE and SIGXFSZ for a message nobody could read are our own. So look the SIGHUP
	 * and SIGCONT that the kernel sends in our name when we give up a terminal.
	 */
	if ((sig == SIGPIPE || sig == SIGXFSZ) && info->ssi_pid == (uint32_t)r->self &&
	    info->ssi_code == SI_USER) {
		return;
	}
	if (r->swallow & SIGBIT(sig)) {
		r->swallow &= ~SIGBIT(sig);
		return;
	}
	dispatch(r, (struct event){.type = EVENT_SIGNAL, .signal = sig});
	/* The kernel stops no PID 1, but a SIGCONT that is pending already would be lost. */
	if ((r->l->stop_self & SIGBIT(sig)) && !r->l->is_init) {
		(void)kill(r->self, SIGSTOP);
	}
}

/*
 * As many as one read gives: a flood must hold up neither reaping nor a deadline. The kernel hands out the
 * lowest number first (signal(7)), so that a flood of real-time signals does not hide the others either.
 */
static void take_signals(struct run *r)
{
	struct signalfd_siginfo info[16];
	ssize_t n = read(r->l->signal_fd, info, sizeof(info));

	for (ssize_t i = 0; i < n / (ssize_t)sizeof(info[0]); i++) {
		if (info[i].ssi_signo == SIGCHLD) {
			r->unreaped = true;
		} else {
			take_signal(r, &info[i]);
		}
	}
}

/* A request to stop that came before there was a main: there will be none. */
static void take_early_stop(struct run *r)
{
	uint64_t pending = 0;

	syscall(SYS_rt_sigpending, &pending, sizeof(pending));
	if (!r->l->policy->no_main && (pending & r->l->policy->stop_on)) {
		take_signals(r);
	}
}

/* How long to sleep: until the deadline; shorter only while waiting for strangers. */
static int timeout_msec(const struct run *r)
{
	msec_t left;

	if (r->unreaped) {
		return 0;
	}
	if (r->state.deadline == MSEC_INFINITY) {
		return -1;
	}
	left = r->state.deadline - now_msec();
	if (left < 0) {
		return 0;
	}
	if (r->childless && left > STRANGERS_TICK && r->state.phase >= PHASE_DRAIN) {
		return STRANGERS_TICK;
	}
	return left > INT32_MAX ? INT32_MAX : (int)left;
}

int loop_run(const struct loop *l)
{
	struct run r = {.l = l, .self = getpid(), .swallow = l->swallow_once};
	struct pollfd fd = {.fd = l->signal_fd, .events = POLLIN};

	lifecycle_init(&r.state);
	take_early_stop(&r);
	dispatch(&r, (struct event){.type = EVENT_BEGIN});
	/* Children of whoever we were before exec, whose SIGCHLD went there. */
	r.unreaped = true;
	for (;;) {
		int timeout;

		if (r.unreaped || r.state.phase >= PHASE_DRAIN) {
			reap(&r);
			check_empty(&r);
		}
		if (r.state.deadline != MSEC_INFINITY && now_msec() >= r.state.deadline) {
			dispatch(&r, (struct event){.type = EVENT_TIMER});
		}
		if (r.state.phase == PHASE_DONE) {
			break;
		}
		/* At rest the read itself waits: one call a signal less. */
		timeout = timeout_msec(&r);
		if (timeout < 0 || poll(&fd, 1, timeout) > 0) {
			take_signals(&r);
		}
	}
	if (l->tty_fd >= 0 && !l->is_init) {
		(void)tcsetpgrp(l->tty_fd, getpgrp());
	}
	return r.state.status;
}
