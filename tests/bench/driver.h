/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the benchmark's driver and workload share, and the driver's own parts.
 */
#ifndef CARDEA_BENCH_DRIVER_H
#define CARDEA_BENCH_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_S 1000000000u

/* The page between `driver signals` and `probe signals`; and between the driver and the
 * child it clones. */
struct shared {
	uint32_t arrivals;   /* how many signals main has had */
	uint64_t arrived_ns; /* when the last one came, CLOCK_MONOTONIC */
	uint64_t exec_ns;    /* when the child was about to exec the init */
};

#define CONTESTANTS_MAX 32
#define WORDS_MAX 32

/* One line of standard input: NAME TAB WORD TAB WORD... */
struct contestant {
	char *name;
	char *argv[WORDS_MAX + 1];
};

/* One process started as PID 1 of a new pid namespace. */
struct container {
	int pid; /* as seen from here */
	int in;	 /* write end of its standard input */
	int out; /* read end of its standard output */
};

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t clock_ns(void);

/* Ends the program with a message on standard error and the reason in errno. */
_Noreturn void die(const char *what, const char *which);

/* A page shared with children: the file at path, made new, or an anonymous one when path
 * is NULL. */
struct shared *shared_page(const char *path);

/* Reads contestants from standard input; returns how many. Never more than
 * CONTESTANTS_MAX. */
size_t contestants_read(struct contestant *list);

/*
 * Starts argv as PID 1 of a new pid namespace with pipes as standard input and output;
 * page->exec_ns is set when its first exec begins. With trace set it stops
 * (PTRACE_TRACEME) at that exec.
 */
struct container container_start(char *const *argv, struct shared *page, int trace);

/* Closes the pipes and waits for the end; returns main's exit status as the init gave it.
 */
int container_end(struct container *c);

/* Ends it, with every process in it, and waits for that. Any other child of the driver
 * must have ended. */
void container_kill(struct container *c);

/* The subcommands; each takes the words after its name. */
int bench_start(int argc, char **argv);
int bench_hold(int argc, char **argv);
int bench_signals(int argc, char **argv);
int bench_count(int argc, char **argv);

#endif
