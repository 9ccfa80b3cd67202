/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workload the benchmark starts as main. No libc, so that what is measured is the
 *init. Descriptors 0 and 1 are pipes to the driver: it writes what it has to tell to 1,
 *and goes on or ends when 0 gives a byte or its end.
 *
 *	probe stamp		write the time it began at (CLOCK_MONOTONIC, ns, 8 bytes),
 *end probe idle		write 'r', wait, end
 *	probe orphans N		write 'r', wait, make N orphans, write 'd', wait, end
 *	probe signals FILE	write 'r', store the arrival time of each SIGUSR1 in FILE
 *(driver.h), end on SIGUSR2
 */
#define RAW_IMPLEMENTATION
#include "driver.h"
#include "raw.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>

static _Noreturn void leave(int status)
{
	for (;;) {
		raw(SYS_exit_group, status, 0, 0, 0);
	}
}

static uint64_t now_ns(void)
{
	struct timespec t;

	raw(SYS_clock_gettime, CLOCK_MONOTONIC, &t, 0, 0);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void say(char c)
{
	if (raw(SYS_write, 1, &c, 1, 0) != 1) {
		leave(1);
	}
}

static void wait_for_driver(void)
{
	char c;

	raw(SYS_read, 0, &c, 1, 0);
}

static long fork_plain(void)
{
	return raw6(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0);
}

/* One orphan: the child of a child, which ends when its parent has. */
static void make_orphan(void)
{
	long pid = fork_plain();

	if (pid == 0) {
		if (fork_plain() < 0) {
			leave(1);
		}
		leave(0);
	}
	if (pid < 0) {
		leave(1);
	}
	raw(SYS_wait4, pid, NULL, 0, NULL);
}

static void orphans(const char *count)
{
	long n = 0;

	for (; *count >= '0' && *count <= '9'; count++) {
		n = n * 10 + (*count - '0');
	}
	say('r');
	wait_for_driver();
	while (n-- > 0) {
		make_orphan();
	}
	say('d');
	wait_for_driver();
}

static void signals(const char *file)
{
	uint64_t set = 1u << (SIGUSR1 - 1) | 1u << (SIGUSR2 - 1);
	long fd = raw(SYS_openat, AT_FDCWD, file, O_RDWR, 0);
	long map = raw6(SYS_mmap, 0, sizeof(struct shared), PROT_READ | PROT_WRITE,
			MAP_SHARED, fd, 0);
	struct shared *sh = (struct shared *)map;

	if (fd < 0 || (map < 0 && map > -4096)) {
		leave(1);
	}
	raw(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, RAW_SIGSET_SIZE);
	say('r');
	while (raw(SYS_rt_sigtimedwait, &set, NULL, NULL, RAW_SIGSET_SIZE) == SIGUSR1) {
		sh->arrived_ns = now_ns();
		__atomic_add_fetch(&sh->arrivals, 1, __ATOMIC_RELEASE);
	}
}

_Noreturn void raw_main(long *args)
{
	uint64_t began = now_ns();
	char **argv = (char **)args + 1;

	switch (args[0] > 1 ? argv[1][0] : 0) {
	case 'i':
		say('r');
		wait_for_driver();
		break;
	case 'o':
		orphans(args[0] > 2 ? argv[2] : "");
		break;
	case 's':
		if (argv[1][1] == 'i' && args[0] > 2) {
			signals(argv[2]);
			break;
		}
		raw(SYS_write, 1, &began, sizeof(began), 0);
		break;
	default:
		leave(1);
	}
	leave(0);
}
