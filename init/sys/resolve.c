/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/types.h"
#include "sys/address.h"

#define DNS_PORT 53
#define HOSTS_MAX 65536 /* bytes that are looked at */
#define CONF_MAX 4096
#define ROUNDS 10 /* each asks again and waits a second for what comes */
#define ROUND_MSEC 1000

/* One name asked for: IPv6 and IPv4 side by side. */
struct inquiry {
	struct pollfd sockets[SERVERS_MAX];
	size_t n_sockets;
	struct {
		unsigned char bytes[DNS_QUESTION_MAX];
		size_t len;
		enum dns_verdict verdict; /* DNS_IGNORED: none yet */
		size_t failures;
		struct addresses found;
	} questions[2];
};

static void read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t got = fd < 0 ? 0 : 1;

	while (got > 0 && n < size - 1) {
		got = read(fd, buf + n, size - 1 - n);
		n += got > 0 ? (size_t)got : 0;
	}
	buf[n] = '\0';
	if (fd >= 0) {
		(void)close(fd);
	}
}

/* A connected socket takes datagrams from its server only, and learns that nobody is there. */
static void open_sockets(struct inquiry *q, const struct addresses *servers)
{
	for (size_t i = 0; i < servers->n && i < SERVERS_MAX; i++) {
		struct sockaddr_storage to;
		socklen_t len = address_socket(&servers->v[i], DNS_PORT, &to);
		int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				0);

		if (fd >= 0 && connect(fd, (struct sockaddr *)&to, len) == 0) {
			q->sockets[q->n_sockets++] =
				(struct pollfd){.fd = fd, .events = POLLIN};
		} else if (fd >= 0) {
			(void)close(fd);
		}
	}
}

/* One more server cannot say. */
static void fail_question(struct inquiry *q, size_t i)
{
	if (q->questions[i].verdict == DNS_IGNORED &&
	    ++q->questions[i].failures >= q->n_sockets) {
		q->questions[i].verdict = DNS_FAILED;
	}
}

/* Nobody is there; the kernel says so to whichever call comes next. */
static void fail_server(struct inquiry *q)
{
	for (size_t i = 0; i < ARRAY_LEN(q->questions); i++) {
		fail_question(q, i);
	}
}

static void take_answer(struct inquiry *q, const unsigned char *answer, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(q->questions); i++) {
		enum dns_verdict v;

		if (q->questions[i].verdict != DNS_IGNORED) {
			continue;
		}
		v = dns_answer(answer, len, q->questions[i].bytes, q->questions[i].len,
			       &q->questions[i].found);
		if (v == DNS_FAILED) {
			fail_question(q, i);
		} else {
			q->questions[i].verdict = v;
		}
	}
}

static void read_answers(struct inquiry *q, int fd)
{
	unsigned char answer[DNS_ANSWER_MAX];
	ssize_t n;

	while ((n = recv(fd, answer, sizeof(answer), 0)) >= 0) {
		take_answer(q, answer, (size_t)n);
	}
	if (errno != EAGAIN && errno != EINTR) {
		fail_server(q);
	}
}

static bool is_done(const struct inquiry *q)
{
	return q->questions[0].verdict != DNS_IGNORED &&
	       q->questions[1].verdict != DNS_IGNORED;
}

static void send_question(struct inquiry *q, size_t i)
{
	for (size_t k = 0; k < q->n_sockets; k++) {
		if (q->questions[i].verdict == DNS_IGNORED &&
		    send(q->sockets[k].fd, q->questions[i].bytes, q->questions[i].len,
			 MSG_NOSIGNAL) < 0) {
			fail_server(q);
		}
	}
}

static void ask_round(struct inquiry *q)
{
	for (size_t i = 0; i < ARRAY_LEN(q->questions); i++) {
		q->questions[i].failures = 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(q->questions); i++) {
		send_question(q, i);
	}
	while (!is_done(q) && poll(q->sockets, (nfds_t)q->n_sockets, ROUND_MSEC) > 0) {
		for (size_t k = 0; k < q->n_sockets; k++) {
			if (q->sockets[k].revents) {
				read_answers(q, q->sockets[k].fd);
			}
		}
	}
}

/* NULL with addresses in ret or none when the name has none; else why it could not be told. */
static const char *ask_name(struct inquiry *q, const char *name, struct addresses *ret)
{
	static const enum dns_type types[] = {DNS_AAAA, DNS_A};
	bool failed = false;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		uint16_t id = 0;

		(void)getrandom(&id, sizeof(id), GRND_NONBLOCK);
		q->questions[i].len =
			dns_question(q->questions[i].bytes, name, types[i], id);
		q->questions[i].verdict = q->questions[i].len ? DNS_IGNORED : DNS_NONE;
		q->questions[i].found.n = 0;
	}
	for (int i = 0; i < ROUNDS && !is_done(q); i++) {
		ask_round(q);
	}
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct addresses *found = &q->questions[i].found;

		failed = failed || q->questions[i].verdict == DNS_FAILED;
		for (size_t k = 0; k < found->n && ret->n < ADDRESSES_MAX; k++) {
			ret->v[ret->n++] = found->v[k];
		}
	}
	if (ret->n > 0) {
		return NULL;
	}
	return failed	    ? "the name server failed"
	       : is_done(q) ? NULL
			    : "the name server does not answer";
}

/* As it is, and in the search domains: which first is for ndots to say (resolv.conf(5)). */
static const char *ask_servers(const char *host, const struct resolv_conf *conf,
			       struct addresses *ret)
{
	struct inquiry q = {0};
	size_t dots = 0, n = strlen(host), tries = conf->n_search + 1;
	bool absolute = host[n - 1] == '.', as_is_first;
	const char *why = NULL;

	for (const char *s = host; *s; s++) {
		dots += *s == '.';
	}
	as_is_first = absolute || dots >= conf->ndots;
	open_sockets(&q, &conf->servers);
	for (size_t i = 0; i < (absolute ? 1 : tries) && !why && ret->n == 0; i++) {
		bool as_is = i == (as_is_first ? 0 : tries - 1);
		char name[256];

		if (snprintf(name, sizeof(name), "%s%s%s", host, as_is ? "" : ".",
			     as_is ? "" : conf->search[i - as_is_first]) <
		    (int)sizeof(name)) {
			why = q.n_sockets > 0 ? ask_name(&q, name, ret)
					      : "the name server cannot be reached";
		}
	}
	for (size_t i = 0; i < q.n_sockets; i++) {
		(void)close(q.sockets[i].fd);
	}
	return why ? why : ret->n > 0 ? NULL : "no such host";
}

/* IPv6 first, as the files may have them in any order. */
static void order(struct addresses *list)
{
	struct addresses sorted = {.n = 0};

	for (int v6 = 1; v6 >= 0; v6--) {
		for (size_t i = 0; i < list->n; i++) {
			if (list->v[i].v6 == v6) {
				sorted.v[sorted.n++] = list->v[i];
			}
		}
	}
	*list = sorted;
}

const char *resolve_host(const char *host, struct addresses *ret)
{
	struct addresses found = {.n = 0};
	const char *why = NULL;
	char text[HOSTS_MAX];

	if (!address_parse(host, &found)) {
		read_text("/etc/hosts", text, sizeof(text));
		hosts_find(text, host, &found);
	}
	if (found.n == 0) {
		struct resolv_conf conf;

		read_text("/etc/resolv.conf", text, CONF_MAX);
		resolv_conf_parse(text, &conf);
		why = ask_servers(host, &conf, &found);
	}
	if (!why) {
		order(&found);
		*ret = found;
	}
	return why;
}
