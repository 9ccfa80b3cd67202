/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The benchmark's driver: starts each contestant as PID 1 of a new pid namespace,
 * round-robin, and prints one line a sample for run.py to make medians of.
 */
#define _GNU_SOURCE
#include "driver.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SETTLE_NS \
	300000 /* after a start, for what its end leaves to the kernel's workers */
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

_Noreturn void die(const char *what, const char *which)
{
	fprintf(stderr, "bench driver: cannot %s '%s': %s\n", what, which,
		strerror(errno));
	exit(1);
}

struct shared *shared_page(const char *path)
{
	int fd = path ? open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
	int flags = path ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS;
	struct shared *page;

	if (path && (fd < 0 || ftruncate(fd, sizeof(*page)) != 0)) {
		die("make", path);
	}
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, flags, fd, 0);
	if (page == MAP_FAILED) {
		die("map", path ? path : "a page");
	}
	return page;
}

size_t contestants_read(struct contestant *list)
{
	char *line = NULL, *save = NULL, *word;
	size_t n = 0, size = 0, words;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0) {
		if (n == CONTESTANTS_MAX) {
			errno = E2BIG;
			die("take", line);
		}
		line[strcspn(line, "\n")] = '\0';
		list[n].name = strtok_r(line, "\t", &save);
		for (words = 0; words < WORDS_MAX && (word = strtok_r(NULL, "\t", &save));
		     words++) {
			list[n].argv[words] = word;
		}
		list[n].argv[words] = NULL;
		if (words == 0) {
			errno = EINVAL;
			die("read the words of", line);
		}
		n++;
		line = NULL;
		size = 0;
	}
	free(line);
	return n;
}

static void pipe_or_die(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) != 0) {
		die("make", "a pipe");
	}
}

struct container container_start(char *const *argv, struct shared *page, int trace)
{
	int in[2], out[2];
	long pid;

	pipe_or_die(in);
	pipe_or_die(out);
	pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (pid < 0) {
		die("clone", argv[0]);
	}
	if (pid == 0) {
		if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0 ||
		    (trace && ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)) {
			die("prepare", argv[0]);
		}
		page->exec_ns = clock_ns();
		execv(argv[0], argv);
		die("execute", argv[0]);
	}
	close(in[0]);
	close(out[1]);
	return (struct container){.pid = (int)pid, .in = in[1], .out = out[0]};
}

void container_kill(struct container *c)
{
	close(c->in);
	close(c->out);
	kill(c->pid, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0) {
	}
}

int container_end(struct container *c)
{
	int status;

	close(c->in);
	close(c->out);
	if (waitpid(c->pid, &status, 0) != c->pid) {
		die("wait for", "a container");
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/*
 * Another order for each round, so that nobody always starts in the wake of the same
 * other one. Reproducible: the same sequence in every run.
 */
static void shuffle(size_t *order, size_t n)
{
	static uint32_t state = 1;
	size_t i, j, swap;

	for (i = n; i > 1; i--) {
		state = state * 1664525u + 1013904223u;
		j = (state >> 16) % i;
		swap = order[i - 1];
		order[i - 1] = order[j];
		order[j] = swap;
	}
}

/* One start: the namespace's clone to main's first instruction, ended again and left to
 * settle. */
static void one_start(struct contestant *who, struct shared *page)
{
	const struct timespec settle = {.tv_nsec = SETTLE_NS};
	uint64_t began = clock_ns(), stamp;
	struct container c = container_start(who->argv, page, 0);

	if (read(c.out, &stamp, sizeof(stamp)) != sizeof(stamp)) {
		errno = EPROTO;
		die("start main under", who->name);
	}
	container_kill(&c);
	printf("%s\t%llu\t%llu\n", who->name, (unsigned long long)(stamp - began),
	       (unsigned long long)(stamp - page->exec_ns));
	nanosleep(&settle, NULL);
}

/* start ROUNDS: prints NAME, ns from clone, ns from the init's exec, both to main's first
 * instruction. */
int bench_start(int argc, char **argv)
{
	struct contestant list[CONTESTANTS_MAX];
	size_t order[CONTESTANTS_MAX], n = contestants_read(list), i;
	struct shared *page = shared_page(NULL);
	long rounds = argc > 0 ? strtol(argv[0], NULL, 10) : 1;

	for (i = 0; i < n; i++) {
		order[i] = i;
	}
	for (; rounds > 0; rounds--) {
		shuffle(order, n);
		for (i = 0; i < n; i++) {
			one_start(&list[order[i]], page);
		}
	}
	return 0;
}

/*
 * hold PROGRAM [ARG]...: starts it, prints its pid, and connects standard input and
 * output: a byte read goes to main, a byte of main is printed. Ends when main does, with
 * its status.
 */
int bench_hold(int argc, char **argv)
{
	struct container c;
	char buf;
	int status;

	if (argc < 1) {
		errno = EINVAL;
		die("hold", "nothing");
	}
	c = container_start(argv, shared_page(NULL), 0);
	dprintf(1, "%d\n", c.pid);
	while (read(c.out, &buf, 1) == 1 && write(1, &buf, 1) == 1) {
		if (read(0, &buf, 1) != 1 || write(c.in, &buf, 1) != 1) {
			break;
		}
	}
	status = container_end(&c);
	return status;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} subcommands[] = {
	{"start", bench_start},
	{"hold", bench_hold},
	{"signals", bench_signals},
	{"count", bench_count},
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < ARRAY_LEN(subcommands); i++) {
		if (strcmp(argv[1], subcommands[i].name) == 0) {
			return subcommands[i].run(argc - 2, argv + 2);
		}
	}
	fprintf(stderr, "usage: driver start|hold|signals|count ...\n");
	return 2;
}
