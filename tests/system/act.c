/* SPDX-License-Identifier: Apache-2.0 */
/*
 * act STEP [, STEP]... - what a hook's command or a small server does, in order; exits 0 unless one says otherwise. A ","
 * of its own stands between steps.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void pause_msec(long msec)
{
	struct timespec t = {.tv_sec = msec / 1000, .tv_nsec = msec % 1000 * 1000000};

	while (nanosleep(&t, &t) < 0 && errno == EINTR) {
	}
}

_Noreturn static void fail(const char *what)
{
	fprintf(stderr, "act: %s: %s\n", what, strerror(errno));
	exit(97);
}

/* print TEXT: a line on standard output. */
static void do_print(const char *text)
{
	printf("%s\n", text);
	fflush(stdout);
}

/* part TEXT: without an end of line. */
static void do_part(const char *text)
{
	printf("%s", text);
	fflush(stdout);
}

static void do_complain(const char *text)
{
	fprintf(stderr, "%s\n", text);
}

/* flood N: so many lines. */
static void do_flood(const char *n)
{
	for (long i = atol(n); i > 0; i--) {
		printf("line %ld of a flood\n", i);
	}
	fflush(stdout);
}

/* long N: one line of so many bytes. */
static void do_long(const char *n)
{
	for (long i = atol(n); i > 0; i--) {
		putchar('x');
	}
	putchar('\n');
	fflush(stdout);
}

/* append FILE=TEXT: a line, in one write. */
static void do_append(const char *arg)
{
	const char *equals = strchr(arg, '=');
	char path[200], line[300];
	int fd, n;

	snprintf(path, sizeof(path), "%.*s", (int)(equals - arg), arg);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	n = snprintf(line, sizeof(line), "%s\n", equals + 1);
	if (fd < 0 || write(fd, line, (size_t)n) != n) {
		fail(path);
	}
	close(fd);
}

/* count FILE: one line more, and which one it is as N for `below`. */
static long counted;

static void do_count(const char *path)
{
	struct stat st;

	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0 || write(fd, "x", 1) != 1 || fstat(fd, &st) < 0) {
		fail(path);
	}
	counted = (long)st.st_size;
	close(fd);
}

/* from N: fails while the file counted fewer. */
static void do_from(const char *n)
{
	if (counted < atol(n)) {
		printf("only %ld\n", counted);
		exit(1);
	}
}

static void do_has(const char *path)
{
	if (access(path, F_OK) < 0) {
		printf("%s is missing\n", path);
		exit(1);
	}
}

static void do_lacks(const char *path)
{
	if (access(path, F_OK) == 0) {
		printf("%s is there\n", path);
		exit(1);
	}
}

/* await FILE: as long as it takes. */
static void do_await(const char *path)
{
	while (access(path, F_OK) < 0) {
		pause_msec(2);
	}
}

static void do_remove(const char *path)
{
	(void)unlink(path);
}

static void do_sleep(const char *msec)
{
	pause_msec(atol(msec));
}

static void do_exit(const char *status)
{
	exit(atoi(status));
}

static void do_raise(const char *sig)
{
	signal(atoi(sig), SIG_DFL);
	raise(atoi(sig));
}

static void do_ignore(const char *sig)
{
	signal(atoi(sig), SIG_IGN);
}

/* behind MSEC: leave a process that holds standard output so long and then prints. */
static void do_behind(const char *msec)
{
	if (fork() == 0) {
		pause_msec(atol(msec));
		printf("from behind\n");
		fflush(stdout);
		_exit(0);
	}
}

/* notify TEXT: to $NOTIFY_SOCKET, "|" for the end of a line. */
static void do_notify(const char *text)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char copy[5000];
	socklen_t len;

	if (!name) {
		errno = ENOENT;
		fail("NOTIFY_SOCKET");
	}
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", name);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	if (to.sun_path[0] == '@') {
		to.sun_path[0] = '\0';
	}
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *p = copy; *p; p++) {
		*p = *p == '|' ? '\n' : *p;
	}
	if (sendto(fd, copy, strlen(copy), 0, (struct sockaddr *)&to, len) < 0) {
		fail("notify");
	}
	close(fd);
}

/* newline FD: and close it. */
static void do_newline(const char *fd)
{
	if (write(atoi(fd), "\n", 1) != 1) {
		fail("newline");
	}
	close(atoi(fd));
}

static void do_variable(const char *name)
{
	const char *value = getenv(name);

	printf("%s=%s\n", name, value ? value : "(unset)");
	fflush(stdout);
}

/* who TAG: ids, effective capabilities, no_new_privs, seccomp mode. */
static void do_who(const char *tag)
{
	static const char *const wanted[] = {
		"Uid:", "CapEff:", "NoNewPrivs:", "Seccomp:"};
	char line[300], text[1000] = "";
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f)) {
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0) {
				strtok(line, " \t\n");
				strcat(text, " ");
				strcat(text, strtok(NULL, " \t\n"));
			}
		}
	}
	printf("%s%s\n", tag, text);
	fflush(stdout);
}

/* daemon TEXT: go on in a child, whose pid is told by MAINPID; the parent ends with 0. TEXT: further lines, or "". */
static void do_daemon(const char *text)
{
	char said[100];
	int fds[2];

	/* As a service manager wants it, the parent stays until it is said. */
	if (pipe(fds) < 0) {
		fail("pipe");
	}
	if (fork() != 0) {
		close(fds[1]);
		(void)!read(fds[0], said, 1);
		_exit(0);
	}
	snprintf(said, sizeof(said), "MAINPID=%d|%s", getpid(), text);
	do_notify(said);
	close(fds[0]);
	close(fds[1]);
}

static volatile sig_atomic_t asked;

static void on_signal(int sig)
{
	asked = sig;
}

/* until SIG: wait for it; others that ask to end still end it. */
static void do_until(const char *sig)
{
	struct sigaction sa = {.sa_handler = on_signal};

	sigaction(atoi(sig), &sa, NULL);
	printf("waiting\n");
	fflush(stdout);
	while (asked != atoi(sig)) {
		pause_msec(2);
	}
	asked = 0;
}

static const struct {
	const char *name;
	void (*act)(const char *arg);
} steps[] = {
	{"print", do_print},	 {"part", do_part},	    {"complain", do_complain},
	{"flood", do_flood},	 {"long", do_long},	    {"append", do_append},
	{"count", do_count},	 {"from", do_from},	    {"has", do_has},
	{"lacks", do_lacks},	 {"await", do_await},	    {"remove", do_remove},
	{"sleep", do_sleep},	 {"exit", do_exit},	    {"raise", do_raise},
	{"ignore", do_ignore},	 {"behind", do_behind},	    {"notify", do_notify},
	{"newline", do_newline}, {"variable", do_variable}, {"daemon", do_daemon},
	{"until", do_until},	 {"who", do_who},
};

int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 3) {
		size_t k = 0;

		while (k < sizeof(steps) / sizeof(steps[0]) &&
		       strcmp(steps[k].name, argv[i]) != 0) {
			k++;
		}
		if (k == sizeof(steps) / sizeof(steps[0])) {
			fprintf(stderr, "act: there is no step '%s'\n", argv[i]);
			return 98;
		}
		steps[k].act(argv[i + 1]);
	}
	return 0;
}
