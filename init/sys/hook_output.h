/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What command hooks print, line by line on PID 1's own stderr, each line whole and with the hook's name. Bounded: of one line
 * so much as fits, of one try HOOK_OUTPUT_MAX bytes. Nothing here blocks or allocates once it is prepared.
 */
#ifndef CARDEA_SYS_HOOK_OUTPUT_H
#define CARDEA_SYS_HOOK_OUTPUT_H

#include "core/arena.h"
#include "core/hook.h"

#define HOOK_LINE_MAX 1024
#define HOOK_OUTPUT_MAX (64u * 1024)

struct hook_pipe {
	int fd;	       /* the end that is read; -1: none */
	unsigned len;  /* bytes of the line that has begun */
	unsigned last; /* bytes of the line before, when none has begun */
	unsigned told; /* bytes of this try */
};

struct hook_output {
	const struct hook *hooks;
	struct hook_pipe *pipes; /* as hooks */
	char *lines;		 /* HOOK_LINE_MAX bytes for each */
	int epoll_fd; /* readable when there is something to read; -1: no hook is a command */
	int null_fd; /* what commands read */
};

/* 0 or -errno: then hooks cannot be run. Without commands among the n hooks there is nothing to open. */
int hook_output_prepare(struct arena *a, const struct hook *hooks, size_t n,
			struct hook_output *ret_output);

/*
 * Before a try: the descriptor that it writes to, or -errno. The caller closes it when the child has it. What the try before
 * left open is not read any more.
 */
int hook_output_open(struct hook_output *o, size_t hook);

/* Tell what has come in; in the loop, when epoll_fd is readable. */
void hook_output_read(struct hook_output *o);

/*
 * The try has ended: tell what it printed. What it left running may go on printing, until the next try. Returns its last
 * line, without control characters at its end, "" when it printed none; valid until the next call.
 */
const char *hook_output_end(struct hook_output *o, size_t hook);

#endif
