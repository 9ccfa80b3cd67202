/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signal latency: from kill(2) on PID 1 to main's return from sigtimedwait(2).
 */
#define _GNU_SOURCE
#include "driver.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS \
	200000 /* between signals, so that everything sleeps when the next comes */
#define DEADLINE_TURNS 50000 /* of PAUSE_NS: 10 s */

static void nap(void)
{
	struct timespec t = {.tv_nsec = PAUSE_NS};

	nanosleep(&t, NULL);
}

/* Sends one signal and waits until main has had it; returns the nanoseconds it took. */
static uint64_t one_signal(struct shared *page, int pid, const char *name)
{
	uint32_t before = __atomic_load_n(&page->arrivals, __ATOMIC_ACQUIRE);
	uint64_t sent = clock_ns();
	int turns;

	if (kill(pid, SIGUSR1) != 0) {
		die("signal", name);
	}
	for (turns = 0; __atomic_load_n(&page->arrivals, __ATOMIC_ACQUIRE) == before;
	     turns++) {
		if (turns == DEADLINE_TURNS) {
			errno = ETIMEDOUT;
			die("see a signal arrive under", name);
		}
		nap();
	}
	nap();
	return page->arrived_ns - sent;
}

/* signals FILE ROUNDS PER_ROUND: prints NAME, ns. The contestants' last word must be FILE
 * too. */
int bench_signals(int argc, char **argv)
{
	struct contestant list[CONTESTANTS_MAX];
	struct container held[CONTESTANTS_MAX];
	struct shared *page = shared_page(argc > 0 ? argv[0] : NULL);
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 1;
	long each = argc > 2 ? strtol(argv[2], NULL, 10) : 1, k;
	size_t n = contestants_read(list), i;
	char ready;

	for (i = 0; i < n; i++) {
		held[i] = container_start(list[i].argv, page, 0);
		if (read(held[i].out, &ready, 1) != 1) {
			errno = EPROTO;
			die("start main under", list[i].name);
		}
	}
	for (; rounds > 0; rounds--) {
		for (i = 0; i < n; i++) {
			for (k = 0; k < each; k++) {
				printf("%s\t%llu\n", list[i].name,
				       (unsigned long long)one_signal(page, held[i].pid,
								      list[i].name));
			}
		}
	}
	for (i = 0; i < n; i++) {
		kill(held[i].pid, SIGUSR2);
		container_end(&held[i]);
	}
	return 0;
}
