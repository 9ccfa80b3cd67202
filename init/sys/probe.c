/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/http.h"
#include "core/quote.h"
#include "sys/address.h"
#include "sys/creds.h"
#include "sys/probe_filter.h"
#include "sys/resolve.h"

#define ANSWER_MAX HTTP_BODY_MAX
#define DESCRIPTORS_MAX 16	    /* a probe has one or two open at a time */
#define DESCRIPTORS_TRIED (1 << 20) /* one by one, where close_range(2) is missing */
#define CONNECT_MSEC 10000	    /* for an address when the probe has no timeout */

struct look {
	const struct probe *probe;
	struct probe_finding *finding;
	msec_t timeout, began;
	char within[64]; /* " within 2s", or "" */
};

static msec_t now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (msec_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- what is found ------------------------------------------------------------------------ */

/* What the network sent may be in a reason: only what can be shown reaches PID 1. */
static void write_reason(struct look *l, const char *text)
{
	size_t room = sizeof(l->finding->reason) - 1;

	l->finding->reason[quote_escape(l->finding->reason, room, text, false)] = '\0';
}

static void alarm_mask(int how)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGALRM);
	(void)sigprocmask(how, &set, NULL);
}

/*
 * What the reason is when time is up from here on. Written in advance: the handler then only ends, and needs to
 * know nothing.
 */
static void expect_timeout(struct look *l, const char *text)
{
	alarm_mask(SIG_BLOCK);
	write_reason(l, text);
	alarm_mask(SIG_UNBLOCK);
}

static void on_alarm(int sig)
{
	(void)sig;
	_exit(1);
}

static _Noreturn void pass(struct look *l)
{
	alarm_mask(SIG_BLOCK);
	l->finding->reason[0] = '\0';
	_exit(0);
}

static _Noreturn void fail(struct look *l, const char *text)
{
	alarm_mask(SIG_BLOCK);
	write_reason(l, text);
	_exit(1);
}

/* "connection refused" as a part of a sentence; what: before it, or "". */
static _Noreturn void fail_errno(struct look *l, const char *what, int errnum)
{
	const char *reason = strerror(errnum);
	char text[HOOK_REASON_MAX];
	bool word = reason[0] >= 'A' && reason[0] <= 'Z' && reason[1] >= 'a';

	(void)snprintf(text, sizeof(text), "%s%c%s", what,
		       word ? reason[0] | 0x20 : reason[0], reason + 1);
	fail(l, text);
}

/* ---- giving up what a probe does not need --------------------------------------------------- */

/* Raw: the libc's would tell all threads, of which there is one, and brings 1.5 KB of code to do so. */
struct limit_pair {
	uint64_t cur, max;
};

static void read_limit(struct look *l, int resource, struct limit_pair *ret)
{
	if (syscall(SYS_prlimit64, 0, resource, NULL, ret) < 0) {
		fail_errno(l, "cannot read its limits: ", errno);
	}
}

static void close_all(struct look *l)
{
	struct limit_pair r;

	if (syscall(SYS_close_range, 0, ~0u, 0) == 0) {
		return;
	}
	read_limit(l, RLIMIT_NOFILE, &r);
	for (uint64_t fd = 0; fd < r.max && fd < DESCRIPTORS_TRIED; fd++) {
		(void)close((int)fd);
	}
}

static void lower_limits(struct look *l)
{
	static const struct {
		int resource;
		unsigned most;
	} limits[] = {{RLIMIT_CORE, 0},
		      {RLIMIT_FSIZE, 0},
		      {RLIMIT_NPROC, 0},
		      {RLIMIT_NOFILE, DESCRIPTORS_MAX}};

	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct limit_pair r;

		read_limit(l, limits[i].resource, &r);
		r.max = r.max < limits[i].most ? r.max : limits[i].most;
		r.cur = r.max;
		if (syscall(SYS_prlimit64, 0, limits[i].resource, &r, NULL) < 0) {
			fail_errno(l, "cannot lower its limits: ", errno);
		}
	}
}

/* Capabilities are what is given up; the bounding set means nothing to a process that can never execute. */
static void become(struct look *l, const struct creds *creds)
{
	struct creds c = *creds;
	struct report report;

	c.set_bounding = false;
	c.set_caps = true;
	c.caps = c.ambient = 0;
	c.securebits = -1;
	c.no_new_privs = true;
	if (creds_apply(&c, &report) < 0) {
		fail_errno(l, "cannot become the probe's user: ", report.errnum);
	}
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
		fail_errno(l, "cannot hide its memory: ", errno);
	}
	if (probe_filter_load() < 0) {
		fail_errno(l, "cannot load the probe's seccomp filter: ", errno);
	}
}

/* ---- time --------------------------------------------------------------------------------- */

/* "1m30s", "250ms"; 0 is "0ms". */
static void show_span(char *buf, size_t size, msec_t span)
{
	static const struct {
		const char *name;
		msec_t msec;
	} units[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		msec_t count = span / units[i].msec;

		span %= units[i].msec;
		if (count > 0 || (units[i].msec == 1 && n == 0)) {
			n += (size_t)snprintf(buf + n, size - n, "%lld%s",
					      (long long)count, units[i].name);
		}
	}
}

/* One timer for everything, with the resolver, whose own patience is longer than most timeouts. */
static void start_timer(struct look *l)
{
	struct sigaction action = {.sa_handler = on_alarm};
	struct itimerval timer = {0};
	char span[40];

	l->began = now();
	if (l->timeout == MSEC_INFINITY) {
		return;
	}
	show_span(span, sizeof(span), l->timeout);
	(void)snprintf(l->within, sizeof(l->within), " within %s", span);
	timer.it_value.tv_sec = (time_t)(l->timeout / 1000);
	timer.it_value.tv_usec = (suseconds_t)(l->timeout % 1000 * 1000 + 1);
	if (sigaction(SIGALRM, &action, NULL) < 0 ||
	    setitimer(ITIMER_REAL, &timer, NULL) < 0) {
		fail_errno(l, "cannot set the probe's timer: ", errno);
	}
}

static void expect_no_answer(struct look *l, const char *what, const char *doing)
{
	char text[HOOK_REASON_MAX];

	(void)snprintf(text, sizeof(text), "%s%s%s", what, l->within, doing);
	expect_timeout(l, text);
}

/* ---- connecting --------------------------------------------------------------------------- */

/*
 * A port that nobody listens on can be the one the kernel gives this very socket, which is then connected to itself
 * (TCP's simultaneous open): nobody is there.
 */
static bool is_self(int fd, const struct sockaddr_storage *to, socklen_t to_len)
{
	struct sockaddr_storage own = {0};
	socklen_t len = sizeof(own);

	return getsockname(fd, (struct sockaddr *)&own, &len) == 0 && len == to_len &&
	       memcmp(&own, to, len) == 0;
}

/* One address. patience: at most so long, 0: until the kernel or the timer gives up. The socket or -errno. */
static int connect_to(const struct address *address, uint16_t port, msec_t patience)
{
	struct timeval t = {.tv_sec = (time_t)(patience / 1000),
			    .tv_usec = (suseconds_t)(patience % 1000 * 1000)};
	struct sockaddr_storage to;
	socklen_t len = address_socket(address, port, &to);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0) {
		return -errno;
	}
	/* It bounds connect(2) too: EINPROGRESS then (socket(7)). */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)) < 0 ||
	    connect(fd, (struct sockaddr *)&to, len) < 0) {
		error = errno == EINPROGRESS ? ETIMEDOUT : errno;
	} else if (is_self(fd, &to, len)) {
		error = ECONNREFUSED;
	}
	if (error) {
		(void)close(fd);
		return -error;
	}
	return fd;
}

/* All addresses, each with its share of the time that is left. */
static int connect_host(struct look *l)
{
	struct addresses list = {.n = 0};
	int fd = -EADDRNOTAVAIL;
	const char *why;

	expect_no_answer(l, "no answer", " (resolving)");
	why = resolve_host(l->probe->host, &list);
	if (why) {
		fail(l, why);
	}
	expect_no_answer(l, "no answer", " (connecting)");
	for (size_t i = 0; i < list.n && fd < 0; i++) {
		msec_t n = (msec_t)(list.n - i);
		msec_t left = l->timeout == MSEC_INFINITY ? CONNECT_MSEC * n
							  : l->began + l->timeout - now();

		fd = connect_to(&list.v[i], l->probe->port,
				n == 1 ? 0 : (left > n ? left / n : 1));
	}
	if (fd < 0) {
		fail_errno(l, "", -fd);
	}
	return fd;
}

static int connect_path(struct look *l)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n = strlen(l->probe->path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(to.sun_path, l->probe->path, n);
	if (to.sun_path[0] == '@') {
		to.sun_path[0] = '\0';
	} else {
		n++; /* a path has its NUL, an abstract name just ends (unix(7)) */
	}
	expect_no_answer(l, "no answer", " (connecting)");
	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&to,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0) {
		fail_errno(l, "", errno);
	}
	return fd;
}

/* ---- asking ------------------------------------------------------------------------------- */

static void send_all(struct look *l, int fd)
{
	const char *at = l->probe->send;
	size_t left = l->probe->send_len;

	while (left > 0) {
		ssize_t n = send(fd, at, left, MSG_NOSIGNAL);

		if (n < 0) {
			fail_errno(l, "", errno);
		}
		at += n;
		left -= (size_t)n;
	}
}

/* 0 at the end. */
static size_t receive(struct look *l, int fd, char *buf, size_t size)
{
	ssize_t n = recv(fd, buf, size, 0);

	if (n < 0) {
		fail_errno(l, "", errno);
	}
	return (size_t)n;
}

static _Noreturn void ask_http(struct look *l, int fd)
{
	enum http_verdict v = HTTP_MORE;
	char buf[4096];
	struct http h;

	http_init(&h, l->probe);
	while (v == HTTP_MORE) {
		size_t n = receive(l, fd, buf, sizeof(buf));

		if (n > 0 && h.head == 0) {
			expect_no_answer(l, "no whole answer", "");
		}
		v = n > 0 ? http_feed(&h, buf, n) : http_end(&h);
	}
	if (v == HTTP_PASSED) {
		pass(l);
	}
	fail(l, h.reason);
}

static _Noreturn void ask_text(struct look *l, int fd)
{
	char buf[4096], reason[HTTP_REASON_MAX];
	struct search search;
	size_t n, all = 0;

	search_init(&search, l->probe->expect, l->probe->expect_len);
	while (all < ANSWER_MAX && (n = receive(l, fd, buf, sizeof(buf))) > 0) {
		if (all == 0) {
			http_missing(l->probe, l->within, reason);
			expect_timeout(l, reason);
		}
		all += n;
		for (size_t i = 0; i < n; i++) {
			if (search_byte(&search, buf[i])) {
				pass(l);
			}
		}
	}
	if (all == 0) {
		fail(l, "the connection was closed without an answer");
	}
	http_missing(l->probe, all < ANSWER_MAX ? "" : " in its first MiB", reason);
	fail(l, reason);
}

static _Noreturn void ask(struct look *l, int fd)
{
	expect_no_answer(l, "no answer", "");
	send_all(l, fd);
	if (l->probe->type == PROBE_HTTP) {
		ask_http(l, fd);
	}
	if (l->probe->expect) {
		ask_text(l, fd);
	}
	pass(l);
}

/* Opened for nothing: links are followed, and only the way there must be open to the user. */
static _Noreturn void look_for_file(struct look *l)
{
	expect_no_answer(l, "no answer", "");
	if (open(l->probe->path, O_PATH | O_CLOEXEC) < 0) {
		fail_errno(l, "", errno);
	}
	pass(l);
}

_Noreturn void probe_run(const struct probe *probe, const struct creds *creds,
			 msec_t timeout, struct probe_finding *finding)
{
	struct look l = {.probe = probe, .finding = finding, .timeout = timeout};

	write_reason(&l, "the probe was killed");
	close_all(&l);
	lower_limits(&l);
	start_timer(&l);
	become(&l, creds);
	if (probe->type == PROBE_FILE) {
		look_for_file(&l);
	}
	ask(&l, probe->host ? connect_host(&l) : connect_path(&l));
}
