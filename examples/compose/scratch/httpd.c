// SPDX-License-Identifier: Apache-2.0
/*
 * httpd - a small HTTP/1.0 server: one connection at a time, static, no file needed.
 *
 *	httpd PORT	GET / answers a greeting; GET /private wants the header
 *			"Authorization: Bearer $TOKEN". Ends with status 0 on SIGTERM.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX 4096
#define REQUEST_WAIT_MS 2000

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int listen_on(const char *port)
{
	const int on = 1;
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((in_port_t)atoi(port)),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		die("socket");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("bind");
	if (listen(fd, 64) < 0)
		die("listen");
	return fd;
}

/* Read until the empty line that ends a request's head; 0 when it does not come in time. */
static int read_head(int fd, char head[REQUEST_MAX])
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	size_t used = 0;
	ssize_t got;

	while (used < REQUEST_MAX - 1) {
		if (poll(&ready, 1, REQUEST_WAIT_MS) <= 0)
			return 0;
		got = read(fd, head + used, REQUEST_MAX - 1 - used);
		if (got <= 0)
			return 0;
		used += (size_t)got;
		head[used] = '\0';
		if (strstr(head, "\r\n\r\n"))
			return 1;
	}
	return 0;
}

static int authorized(const char *head)
{
	const char *token = getenv("TOKEN");
	const char *given = strcasestr(head, "\r\nAuthorization: Bearer ");
	size_t len;

	if (!token || !*token || !given)
		return 0;
	given += strlen("\r\nAuthorization: Bearer ");
	len = strlen(token);
	return strncmp(given, token, len) == 0 && strncmp(given + len, "\r\n", 2) == 0;
}

static void serve(int fd)
{
	char head[REQUEST_MAX];
	const char *status = "404 Not Found";
	const char *body = "not found\n";

	if (!read_head(fd, head))
		return;
	if (strncmp(head, "GET / ", 6) == 0) {
		status = "200 OK";
		body = "hello from scratch\n";
	} else if (strncmp(head, "GET /private ", 13) == 0 && authorized(head)) {
		status = "200 OK";
		body = "authorized\n";
	} else if (strncmp(head, "GET /private ", 13) == 0) {
		status = "401 Unauthorized";
		body = "unauthorized\n";
	}
	dprintf(fd,
		"HTTP/1.0 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s",
		status, strlen(body), body);
}

int main(int argc, char **argv)
{
	const struct sigaction on_stop = {.sa_handler = stop};
	struct pollfd ready = {.events = POLLIN};
	sigset_t block, inherited;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: httpd PORT\n");
		return 1;
	}
	/* SIGTERM comes in only while waiting, so a request is always answered whole. */
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &block, &inherited) < 0 ||
	    sigaction(SIGTERM, &on_stop, NULL) < 0)
		die("sigaction");
	ready.fd = listen_on(argv[1]);
	while (!stopped) {
		if (ppoll(&ready, 1, NULL, &inherited) <= 0)
			continue;
		fd = accept4(ready.fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		serve(fd);
		close(fd);
	}
	return 0;
}
