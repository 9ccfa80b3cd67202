/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe [STEP [, STEP]...] - does the steps in order and exits 0, unless one says otherwise.
 * A "," of its own stands between steps.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

struct world {
	int argc;
	char **argv, **envp;
};

static void say(const char *key, long long value)
{
	json_begin();
	json_key(key);
	json_number(value);
	json_end();
}

static int number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || end == text) {
		fprintf(stderr, "probe: '%s' is no number\n", text);
		exit(98);
	}
	return (int)n;
}

static void do_report(struct world *w, char **args)
{
	(void)args;
	report(w->argc, w->argv, w->envp);
}

static void do_exit(struct world *w, char **args)
{
	(void)w;
	_exit(number(args[0]));
}

static void do_become(struct world *w, char **args)
{
	uid_t uid = (uid_t)number(args[0]);

	(void)w;
	if (setresuid(uid, uid, uid) < 0) {
		_exit(96);
	}
}

/* The libc's kill does not know 32 and 33; a core file is nobody's wish here. */
static void do_kill(struct world *w, char **args)
{
	struct rlimit none = {0, 0};
	uint64_t mask = 0;

	(void)w;
	setrlimit(RLIMIT_CORE, &none);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
	syscall(SYS_kill, getpid(), number(args[0]));
	for (;;) {
		pause();
	}
}

static void do_stop(struct world *w, char **args)
{
	(void)w;
	(void)args;
	say("stopping", getpid());
	raise(SIGSTOP);
	say("continued", getpid());
}

static void do_hold(struct world *w, char **args)
{
	(void)w;
	(void)args;
	say("ready", getpid());
	for (;;) {
		pause();
	}
}

static void do_sleep(struct world *w, char **args)
{
	int ms = number(args[0]);
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	(void)w;
	while (nanosleep(&t, &t) < 0 && errno == EINTR) {
	}
}

static void do_orphans(struct world *w, char **args)
{
	(void)w;
	if (orphans((unsigned long)number(args[0]), args[1] ? args[1] : "") < 0) {
		fprintf(stderr, "probe: cannot make orphans: %s\n", strerror(errno));
		_exit(97);
	}
}

static void do_forbidden(struct world *w, char **args)
{
	(void)w;
	(void)args;
	try_forbidden();
}

static void do_try(struct world *w, char **args)
{
	(void)w;
	try_path(args[0], args[1] ? args[1] : "");
}

/* A child in main's process group that says what it gets: signals may go to the group. */
static void do_child(struct world *w, char **args)
{
	pid_t pid = fork();

	(void)w;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (args[0] && strcmp(args[0], "exit") == 0) {
			_exit(number(args[1]));
		}
		signal(SIGTERM, SIG_DFL);
		for (;;) {
			pause();
		}
	}
	say("child", pid);
}

/* execute PROGRAM [ARG]...: in this process's place, with whatever children it has by now. */
static void do_execute(struct world *w, char **args)
{
	execve(args[0], args, w->envp);
	fprintf(stderr, "probe: cannot execute '%s': %s\n", args[0], strerror(errno));
	_exit(97);
}

/*
 * neighbour PROGRAM [ARG]...: runs it next to a process that is not its business, and says how it
 * ended and whether the neighbour is still there.
 */
static void do_neighbour(struct world *w, char **args)
{
	pid_t neighbour = fork(), pid = 0;
	int status = 0;

	if (neighbour == 0) {
		for (;;) {
			pause();
		}
	}
	pid = fork();
	if (pid == 0) {
		do_execute(w, args);
	}
	while (waitpid(pid, &status, 0) < 0) {
	}
	say("ended", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	json_begin();
	json_key("neighbour");
	json_string(waitpid(neighbour, NULL, WNOHANG) == 0 ? "alive" : "gone");
	json_end();
}

/* The status that the kernel gives for our own child: SIGCHLD's disposition decides. */
static void do_wait(struct world *w, char **args)
{
	int status = 0;
	pid_t pid = fork();

	(void)w;
	(void)args;
	if (pid == 0) {
		_exit(5);
	}
	json_begin();
	json_key("waited");
	if (waitpid(pid, &status, 0) < 0) {
		json_string(errno_name(errno));
	} else {
		json_number(WEXITSTATUS(status));
	}
	json_end();
}

static void say_signal(const siginfo_t *info)
{
	json_begin();
	json_key("signal");
	json_number(info->si_signo);
	json_key("from");
	json_number(info->si_pid);
	json_key("code");
	json_number(info->si_code);
	json_end();
}

/*
 * signals [N=STATUS]...: block all, say ready, then each signal as it comes; N ends it with
 * STATUS. Blocked signals wait in the kernel, also those that are ignored.
 */
static void do_signals(struct world *w, char **args)
{
	const uint64_t all = ~UINT64_C(0);

	(void)w;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	say("ready", getpid());
	for (;;) {
		siginfo_t info;

		if (syscall(SYS_rt_sigtimedwait, &all, &info, NULL, sizeof(all)) < 0) {
			continue;
		}
		if (info.si_signo == SIGCHLD && info.si_code != SI_USER) {
			continue;
		}
		say_signal(&info);
		for (char **a = args; *a; a++) {
			char *equals = strchr(*a, '=');

			if (equals && atoi(*a) == info.si_signo) {
				_exit(number(equals + 1));
			}
		}
	}
}

/* read: one line from standard input, as JSON: what a terminal's user typed. */
static void do_read(struct world *w, char **args)
{
	char line[256];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);

	(void)w;
	(void)args;
	json_begin();
	json_key("read");
	if (n < 0) {
		json_string(errno_name(errno));
	} else {
		line[n] = '\0';
		json_string(line);
	}
	json_end();
}

/* flood: children that send the parent every real-time signal for as long as they live. */
static void do_flood(struct world *w, char **args)
{
	pid_t target = getppid();

	(void)w;
	(void)args;
	signal(SIGTERM, SIG_IGN);
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++) {
		signal(sig, SIG_IGN);
	}
	for (int i = 0; i < 4; i++) {
		if (fork() == 0) {
			for (int sig = SIGRTMIN;;
			     sig = sig < SIGRTMAX ? sig + 1 : SIGRTMIN) {
				kill(target, sig);
			}
		}
	}
}

/* to FD: what follows is written there, should standard output be closed or not what it seems. */
static void do_to(struct world *w, char **args)
{
	(void)w;
	json_to(number(args[0]));
}

/* env NAME: a variable's value, as long as it may be. */
static void do_env(struct world *w, char **args)
{
	const char *value = getenv(args[0]);

	(void)w;
	json_begin();
	json_key(args[0]);
	if (value) {
		json_string(value);
	} else {
		json_null();
	}
	json_end();
}

static const struct step {
	char name[10];
	void (*fn)(struct world *w, char **args);
	int min_args;
	bool rest; /* takes all words to the end, "," too */
} steps[] = {
	{"report", do_report, 0, false},
	{"exit", do_exit, 1, false},
	{"kill", do_kill, 1, false},
	{"stop", do_stop, 0, false},
	{"hold", do_hold, 0, false},
	{"sleep", do_sleep, 1, false},
	{"orphans", do_orphans, 1, false},
	{"forbidden", do_forbidden, 0, false},
	{"try", do_try, 2, false},
	{"child", do_child, 0, false},
	{"wait", do_wait, 0, false},
	{"signals", do_signals, 0, false},
	{"read", do_read, 0, false},
	{"env", do_env, 1, false},
	{"become", do_become, 1, false},
	{"to", do_to, 1, false},
	{"flood", do_flood, 0, false},
	{"execute", do_execute, 1, true},
	{"neighbour", do_neighbour, 1, true},
};

static const struct step *find_step(const char *name)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(name, steps[i].name) == 0) {
			return &steps[i];
		}
	}
	fprintf(stderr, "probe: unknown step '%s'\n", name);
	exit(98);
}

/* The step at argv[i]; returns where the next one begins. Its words are copied: argv is reported. */
static int run(struct world *w, int i)
{
	const struct step *step = find_step(w->argv[i]);
	int end = i;
	char **words;

	while (end < w->argc && (step->rest || strcmp(w->argv[end], ",") != 0)) {
		end++;
	}
	words = calloc((size_t)(end - i) + 1, sizeof(*words));
	if (!words || end - i <= step->min_args) {
		fprintf(stderr, "probe: too few words for '%s'\n", step->name);
		exit(98);
	}
	memcpy(words, w->argv + i, (size_t)(end - i) * sizeof(*words));
	step->fn(w, words + 1);
	free(words);
	return end + 1;
}

int main(int argc, char **argv, char **envp)
{
	struct world w = {.argc = argc, .argv = argv, .envp = envp};

	for (int i = 1; i < argc;) {
		i = run(&w, i);
	}
	return 0;
}
