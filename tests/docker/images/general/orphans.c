// SPDX-License-Identifier: Apache-2.0
/*
 * orphans COUNT BATCH STATUS - leave COUNT children of dead parents to the init, BATCH at a
 * time, which end in every way there is; then wait until none of them is left, not even as
 * a zombie, and exit with STATUS. Status 99 when some are left after the deadline.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_S 60

static pid_t fork_patiently(void)
{
	pid_t pid = fork();

	while (pid < 0 && errno == EAGAIN) {
		sched_yield();
		pid = fork();
	}
	if (pid < 0) {
		perror("fork");
		_exit(98);
	}
	return pid;
}

/* Every 16th is killed by a signal, the others exit with every status in turn. */
static void end_as(long number)
{
	if (number % 16 == 0)
		raise(number % 32 ? SIGKILL : SIGTERM);
	_exit((int)(number & 0xff));
}

static void make_batch(long first, long count)
{
	pid_t parent = fork_patiently();
	int status;

	if (parent == 0) {
		for (long i = first; i < first + count; i++)
			if (fork_patiently() == 0)
				end_as(i);
		_exit(0);
	}
	if (waitpid(parent, &status, 0) != parent || status != 0) {
		fprintf(stderr, "orphans: a parent ended with status %#x\n",
			(unsigned)status);
		exit(98);
	}
}

/* Processes of this container that are neither this one nor above it. */
static int others(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	if (!proc) {
		perror("/proc");
		exit(98);
	}
	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			count += atoi(entry->d_name) > getpid();
	closedir(proc);
	return count;
}

int main(int argc, char **argv)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	long count, batch;
	time_t end;

	if (argc != 4) {
		fprintf(stderr, "usage: orphans COUNT BATCH STATUS\n");
		return 98;
	}
	count = atol(argv[1]);
	batch = atol(argv[2]);
	for (long made = 0; made < count; made += batch)
		make_batch(made, count - made < batch ? count - made : batch);
	end = time(NULL) + DEADLINE_S;
	while (others() > 0 && time(NULL) < end)
		nanosleep(&pause, NULL);
	printf("made %ld, left %d\n", count, others());
	return others() ? 99 : atoi(argv[3]);
}
