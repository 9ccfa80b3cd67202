/* SPDX-License-Identifier: Apache-2.0 */
#include "core/signame.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/parse.h"

/*
 * The kernel's, and glibc's for programs; musl keeps one more for itself, which is no
 * concern here.
 */
#define RT_MIN 34
#define RT_MAX SIGNAL_MAX

/* Names without SIG. The first row for a number is the one signal_name uses. */
static const struct {
	const char *name;
	int number;
} names[] = {
	{"HUP", SIGHUP},       {"INT", SIGINT},	      {"QUIT", SIGQUIT},
	{"ILL", SIGILL},       {"TRAP", SIGTRAP},     {"ABRT", SIGABRT},
	{"BUS", SIGBUS},       {"FPE", SIGFPE},	      {"KILL", SIGKILL},
	{"USR1", SIGUSR1},     {"SEGV", SIGSEGV},     {"USR2", SIGUSR2},
	{"PIPE", SIGPIPE},     {"ALRM", SIGALRM},     {"TERM", SIGTERM},
	{"STKFLT", SIGSTKFLT}, {"CHLD", SIGCHLD},     {"CONT", SIGCONT},
	{"STOP", SIGSTOP},     {"TSTP", SIGTSTP},     {"TTIN", SIGTTIN},
	{"TTOU", SIGTTOU},     {"URG", SIGURG},	      {"XCPU", SIGXCPU},
	{"XFSZ", SIGXFSZ},     {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF},
	{"WINCH", SIGWINCH},   {"IO", SIGIO},	      {"PWR", SIGPWR},
	{"SYS", SIGSYS},       {"RTMIN", RT_MIN},     {"RTMAX", RT_MAX},
	{"IOT", SIGABRT},      {"POLL", SIGIO},	      {"CLD", SIGCHLD},
};

static const char *name_at(const void *ctx, size_t i)
{
	(void)ctx;
	return i < ARRAY_LEN(names) ? names[i].name : NULL;
}

/* A number as text; -1 unless it is all of the text and at most max. */
static int number_of(const char *text, unsigned max)
{
	uint64_t n;

	return parse_uint(text, max, &n, NULL) < 0 ? -1 : (int)n;
}

/* "RTMIN+3", "RTMAX-1"; -1 when it is neither. */
static int real_time(const char *name)
{
	int n;

	if (strncasecmp(name, "RTMIN+", 6) == 0) {
		n = number_of(name + 6, RT_MAX - RT_MIN);
		return n < 0 ? -1 : RT_MIN + n;
	}
	if (strncasecmp(name, "RTMAX-", 6) == 0) {
		n = number_of(name + 6, RT_MAX - RT_MIN);
		return n < 0 ? -1 : RT_MAX - n;
	}
	return -1;
}

static int find(const char *text)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcasecmp(name, names[i].name) == 0) {
			return names[i].number;
		}
	}
	if (name == text && number_of(text, SIGNAL_MAX) > 0) {
		return number_of(text, SIGNAL_MAX);
	}
	return real_time(name);
}

int signal_parse(const char *text, int *ret_signal, struct err *reterr)
{
	const char *near = NULL;
	int sig = find(text);

	if (sig > 0) {
		*ret_signal = sig;
		return 0;
	}
	near = parse_nearest(strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text, name_at,
			     NULL);
	if (near) {
		return err_config(reterr,
				  "cannot parse signal " SHOWN ": did you mean 'SIG%s'?",
				  SHOW(text), near);
	}
	return err_config(
		reterr,
		"cannot parse signal " SHOWN
		": expected a name like SIGTERM or SIGRTMIN+3, or a number 1 to 64",
		SHOW(text));
}

const char *signal_name(int sig, char buf[SIGNAL_NAME_MAX])
{
	if (sig > RT_MIN && sig < RT_MAX) {
		snprintf(buf, SIGNAL_NAME_MAX, "SIGRTMIN+%d", sig - RT_MIN);
		return buf;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (names[i].number == sig) {
			snprintf(buf, SIGNAL_NAME_MAX, "SIG%s", names[i].name);
			return buf;
		}
	}
	snprintf(buf, SIGNAL_NAME_MAX, "%d", sig);
	return buf;
}
