/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/loop_run.h"

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
#include "sys/control.h"
#include "sys/descend.h"
#include "sys/log.h"

/* While processes that are not our children (an engine's exec) are waited for, how often to look. */
#define STRANGERS_TICK 20

/* Orphans made faster than they can be reaped must not hold up a signal or a deadline: look up after so many. */
#define REAP_MAX 64

msec_t run_now(void)
{
	struct timespec t;

	/* Raw: for two or three calls the vDSO's look-up and pages are dearer than the kernel. */
	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	return (msec_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void run_signal_main(struct run *r, int sig, bool group)
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

static void signal_rest(struct run *r, int sig, bool strangers)
{
	siginfo_t info;

	if (r->l->is_init && strangers) {
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
		r->said[0] = '\0';
		r->watchdog = r->l->watchdog;
		run_watch(r, true);
		run_dispatch(r, (struct event){.type = EVENT_EXECUTED});
	} else {
		run_dispatch(r, (struct event){.type = EVENT_FAILED, .status = status});
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
		run_signal_main(r, a->signal, group);
		if (needs_continue(r, a->signal)) {
			/* A terminal stops the whole group; main may have left it. */
			run_signal_main(r, SIGCONT,
					group || getpgid(r->main_pid) == r->main_group);
		}
		break;
	case ACTION_SIGNAL_REST:
	case ACTION_SIGNAL_DESCENDANTS:
		signal_rest(r, a->signal, a->type == ACTION_SIGNAL_REST);
		break;
	case ACTION_RUN_HOOKS:
		hooks_begin(r->l->hooks, a->phase, run_now());
		break;
	case ACTION_ABORT_HOOKS:
		hooks_abort(r->l->hooks, a->phase);
		break;
	case ACTION_EXIT:
		break;
	}
}

void run_dispatch(struct run *r, struct event e)
{
	enum phase before = r->state.phase;
	struct actions actions;

	e.now = run_now();
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
	run_watch(r, false);
	run_dispatch(r, (struct event){.type = EVENT_MAIN_ENDED, .status = status});
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

static void take_child(struct run *r, pid_t pid, int wstatus)
{
	bool stopped = WIFSTOPPED(wstatus);

	/* What it said before its end may be that another process is main now. */
	if (pid == r->main_pid && !stopped && r->l->notify_fd >= 0) {
		run_notify(r);
	}
	if (pid == r->main_pid) {
		if (stopped) {
			main_stopped(r, WSTOPSIG(wstatus));
		} else {
			main_ended(r, wstatus);
		}
		return;
	}
	if (stopped ||
	    (r->l->hooks && hooks_reaped(r->l->hooks, pid, wstatus, run_now()))) {
		return;
	}
	r->reaped++;
	if (r->l->reaped) {
		r->l->reaped(r->l->ctx, pid);
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
		take_child(r, pid, wstatus);
	}
	r->childless = pid < 0 && !r->unreaped;
}

static bool is_alone(const struct run *r)
{
	return !r->l->is_init || (kill(-1, 0) < 0 && errno == ESRCH);
}

/* Nothing but us left? Children are known; processes an engine put into our namespace are not ours to wait for. */
static void check_empty(struct run *r)
{
	enum phase phase = r->state.phase;
	bool sweeping = phase == PHASE_SWEEP || phase == PHASE_SWEEP_KILL;
	bool draining = phase == PHASE_DRAIN || phase == PHASE_DRAIN_KILL;

	if (r->childless && (sweeping || (draining && is_alone(r)))) {
		run_dispatch(r, (struct event){.type = EVENT_EMPTY});
	} else if (phase == PHASE_SWEEP_KILL ||
		   (phase == PHASE_DRAIN_KILL && !r->l->is_init)) {
		/* What was forked while the last sweep was under way. */
		signal_rest(r, SIGKILL, false);
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
	run_dispatch(r, (struct event){.type = EVENT_SIGNAL, .signal = sig});
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

/* ---- the loop ---- */

static msec_t sooner(msec_t a, msec_t b)
{
	return a < b ? a : b;
}

/* How long to sleep: until the next deadline; shorter only while waiting for strangers. */
static int timeout_msec(const struct run *r)
{
	msec_t at = sooner(r->state.deadline, r->watchdog_at), left;

	if (r->unreaped) {
		return 0;
	}
	if (r->l->hooks) {
		at = sooner(at, hooks_deadline(r->l->hooks));
	}
	if (at == MSEC_INFINITY) {
		return -1;
	}
	left = at - run_now();
	if (left < 0) {
		return 0;
	}
	if (r->childless && left > STRANGERS_TICK && r->state.phase >= PHASE_DRAIN) {
		return STRANGERS_TICK;
	}
	return left > INT32_MAX ? INT32_MAX : (int)left;
}

/* What is listened to beside signals. */
enum source { SIGNALS, CONTROL, NOTIFY, NEWLINE, OUTPUT, SOURCES };

static void wait_for_something(struct run *r)
{
	struct pollfd fds[SOURCES] = {
		[SIGNALS] = {.fd = r->l->signal_fd, .events = POLLIN},
		[CONTROL] = {.fd = r->control_fd, .events = POLLIN},
		[NOTIFY] = {.fd = r->l->notify_fd, .events = POLLIN},
		[NEWLINE] = {.fd = r->l->newline_fd ? *r->l->newline_fd : -1,
			     .events = POLLIN},
		[OUTPUT] = {.fd = r->l->hooks ? r->l->hooks->output.epoll_fd : -1,
			    .events = POLLIN},
	};
	int timeout = timeout_msec(r);
	nfds_t n = SOURCES;

	while (n > 1 && fds[n - 1].fd < 0) {
		n--;
	}
	/* With nothing but signals the read itself waits: one call a signal less. */
	if (n == 1 && timeout < 0) {
		take_signals(r);
		return;
	}
	if (poll(fds, n, timeout) <= 0) {
		return;
	}
	if (fds[SIGNALS].revents) {
		take_signals(r);
	}
	/* What main and hooks said before who asks is told how they are. */
	if (fds[NOTIFY].revents) {
		run_notify(r);
	}
	if (fds[NEWLINE].revents) {
		run_newline(r);
	}
	if (fds[OUTPUT].revents) {
		hook_output_read(&r->l->hooks->output);
	}
	if (fds[CONTROL].revents) {
		run_control(r);
	}
}

static void take_timers(struct run *r)
{
	if (r->state.deadline != MSEC_INFINITY && run_now() >= r->state.deadline) {
		run_dispatch(r, (struct event){.type = EVENT_TIMER});
	}
	if (r->watchdog_at != MSEC_INFINITY && run_now() >= r->watchdog_at) {
		log_error("main (%d) has not said for too long that it is alive",
			  r->main_pid);
		run_watch(r, false);
		run_dispatch(r, (struct event){.type = EVENT_WATCHDOG});
	}
}

static void take_hooks(struct run *r)
{
	struct event e;
	enum hooks_wish wish;

	while ((wish = hooks_next(r->l->hooks, run_now(), &e)) != HOOKS_NOTHING) {
		if (wish == HOOKS_SIGNAL) {
			run_signal_main(r, e.signal, r->l->policy->kill_group);
			continue;
		}
		run_dispatch(r, e);
		/* The phase it led to may already be over. */
		r->unreaped = true;
	}
}

static bool has_early_hooks(const struct run *r)
{
	return (r->l->policy->hook_phases & ((1u << PHASE_START) - 1)) != 0;
}

/* Before main where somebody may ask meanwhile; else main does not wait for it. */
static void open_control(struct run *r)
{
	if (r->l->answers) {
		r->control_fd = control_open();
	}
}

int loop_run(const struct loop *l, struct loop_end *ret_end)
{
	struct run r = {
		.l = l,
		.self = getpid(),
		.swallow = l->swallow_once,
		.control_fd = -1,
		.begun = run_now(),
		.watchdog_at = MSEC_INFINITY,
	};
	bool early = has_early_hooks(&r);

	lifecycle_init(&r.state);
	if (early) {
		open_control(&r);
	}
	take_early_stop(&r);
	run_dispatch(&r, (struct event){.type = EVENT_BEGIN});
	if (!early && r.main_pid > 0) {
		open_control(&r);
	}
	/* Children of whoever we were before exec, whose SIGCHLD went there. */
	r.unreaped = true;
	for (;;) {
		if (r.unreaped || r.state.phase >= PHASE_SWEEP) {
			reap(&r);
			check_empty(&r);
		}
		take_timers(&r);
		if (l->hooks) {
			take_hooks(&r);
		}
		if (r.state.phase == PHASE_DONE) {
			break;
		}
		wait_for_something(&r);
	}
	if (l->tty_fd >= 0 && !l->is_init) {
		(void)tcsetpgrp(l->tty_fd, getpgrp());
	}
	if (ret_end) {
		*ret_end = (struct loop_end){.state = r.state,
					     .reaped = r.reaped,
					     .uptime = run_now() - r.begun};
	}
	return r.state.status;
}
