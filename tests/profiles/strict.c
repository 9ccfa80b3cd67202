/* SPDX-License-Identifier: Apache-2.0 */
/* A small static server for the profile "strict": echoes, one client at a time, until SIGTERM. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static void echo(int fd)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t done = 0, w; done < n; done += w) {
			w = write(fd, buf + done, (size_t)(n - done));
			if (w < 0) {
				return;
			}
		}
	}
}

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_handler = on_term};
	struct sockaddr_in addr = {.sin_family = AF_INET};
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (argc != 2 || s < 0) {
		return 1;
	}
	addr.sin_port = htons((unsigned short)atoi(argv[1]));
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(s, 16) < 0) {
		perror("bind");
		return 1;
	}
	sigaction(SIGTERM, &act, NULL);
	printf("ready\n");
	fflush(stdout);
	while (!stop) {
		struct pollfd p = {.fd = s, .events = POLLIN};
		int fd;

		if (poll(&p, 1, 100) <= 0) {
			continue;
		}
		fd = accept4(s, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0) {
			echo(fd);
			close(fd);
		}
	}
	return 7;
}
