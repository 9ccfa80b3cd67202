/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/hook_output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys/log.h"

/* So many hooks are listened to before signals are looked at again. */
#define READY_MAX 16

/* What one read takes at most; a hook that floods must not keep the others waiting. */
#define READ_MAX 4096

/* At the end of a try what is in the pipe is read, as much as a pipe holds by default. */
#define DRAIN_MAX (64u * 1024)

int hook_output_prepare(struct arena *a, const struct hook *hooks, size_t n,
			struct hook_output *ret_output)
{
	struct hook_output o = {.hooks = hooks, .epoll_fd = -1, .null_fd = -1};
	bool commands = false;

	o.pipes = arena_array(a, n, sizeof(*o.pipes));
	for (size_t i = 0; i < n; i++) {
		o.pipes[i].fd = -1;
		commands |= hooks[i].action == HOOK_COMMAND;
	}
	*ret_output = o;
	if (!commands) {
		return 0;
	}
	/* Mapped, not allocated: what no line has touched takes no memory. */
	o.lines = mmap(NULL, n * HOOK_LINE_MAX, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (o.lines == MAP_FAILED) {
		return -errno;
	}
	o.null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	o.epoll_fd = o.null_fd < 0 ? -1 : epoll_create1(EPOLL_CLOEXEC);
	if (o.epoll_fd < 0) {
		return -errno;
	}
	*ret_output = o;
	return 0;
}

static void close_pipe(struct hook_pipe *p)
{
	if (p->fd >= 0) {
		/* Closing takes it out of the epoll set: nobody else has this end. */
		close(p->fd);
		p->fd = -1;
	}
}

int hook_output_open(struct hook_output *o, size_t hook)
{
	struct epoll_event e = {.events = EPOLLIN, .data.u64 = hook};
	struct hook_pipe *p = &o->pipes[hook];
	int fds[2];

	close_pipe(p);
	*p = (struct hook_pipe){.fd = -1};
	if (pipe2(fds, O_CLOEXEC) < 0) {
		return -errno;
	}
	/* Only our end: what others write to must wait for room as any pipe does. */
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ||
	    epoll_ctl(o->epoll_fd, EPOLL_CTL_ADD, fds[0], &e) < 0) {
		int r = -errno;

		close(fds[0]);
		close(fds[1]);
		return r;
	}
	p->fd = fds[0];
	return fds[1];
}

/* The line in the buffer is whole, or as long as one may be. */
static void tell(struct hook_output *o, size_t hook)
{
	const struct hook *h = &o->hooks[hook];
	struct hook_pipe *p = &o->pipes[hook];
	char *line = o->lines + hook * HOOK_LINE_MAX;

	if (p->len > 0 && line[p->len - 1] == '\r') {
		p->len--;
	}
	line[p->len] = '\0';
	p->last = p->len;
	p->len = 0;
	if (p->told > HOOK_OUTPUT_MAX) {
		return;
	}
	p->told += p->last + 1;
	/* A health hook says the same every few seconds: its last line is in what `health` shows. */
	if (h->phase != PHASE_RUNNING || log_wants(LOG_LEVEL_INFO)) {
		log_output(h->name, line);
		if (p->told > HOOK_OUTPUT_MAX) {
			log_output(h->name, "(what else it prints is not shown)");
		}
	}
}

static void take(struct hook_output *o, size_t hook, const char *data, size_t n)
{
	struct hook_pipe *p = &o->pipes[hook];
	char *line = o->lines + hook * HOOK_LINE_MAX;

	for (size_t i = 0; i < n; i++) {
		if (data[i] == '\n') {
			tell(o, hook);
			continue;
		}
		line[p->len++] = data[i] ? data[i] : ' ';
		if (p->len == HOOK_LINE_MAX - 1) {
			tell(o, hook);
		}
	}
}

/* One read. False: there is no more for now, or for ever. */
static bool read_some(struct hook_output *o, size_t hook)
{
	struct hook_pipe *p = &o->pipes[hook];
	char data[READ_MAX];
	ssize_t n = read(p->fd, data, sizeof(data));

	if (n > 0) {
		take(o, hook, data, (size_t)n);
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close_pipe(p);
	}
	return false;
}

void hook_output_read(struct hook_output *o)
{
	struct epoll_event ready[READY_MAX];
	int n = epoll_wait(o->epoll_fd, ready, READY_MAX, 0);

	for (int i = 0; i < n; i++) {
		size_t hook = (size_t)ready[i].data.u64;

		if (o->pipes[hook].fd >= 0) {
			(void)read_some(o, hook);
		}
	}
}

const char *hook_output_end(struct hook_output *o, size_t hook)
{
	struct hook_pipe *p = &o->pipes[hook];

	for (size_t n = 0; p->fd >= 0 && n < DRAIN_MAX && read_some(o, hook);
	     n += READ_MAX) {
	}
	if (p->len > 0) {
		tell(o, hook);
	}
	if (p->last == 0) {
		return "";
	}
	return o->lines + hook * HOOK_LINE_MAX;
}
