/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look at something from outside: connect to it, ask it over HTTP, or see whether it is there. Parsed here from the
 * configuration, whole, so that whoever carries it out (sys/probe.h) only connects, sends and reads.
 */
#ifndef CARDEA_CORE_PROBE_H
#define CARDEA_CORE_PROBE_H

#include "core/arena.h"
#include "core/err.h"
#include "core/strv.h"
#include "core/types.h"

enum probe_type {
	PROBE_TCP,  /* connects; with send and expect, answers so */
	PROBE_HTTP, /* over TCP, or over a unix socket when path is set */
	PROBE_UNIX, /* connects to a stream socket; with send and expect, answers so */
	PROBE_FILE, /* exists, links followed */
};

/* An inclusive range of HTTP statuses. */
struct status_range {
	unsigned short first, last;
};

struct probe {
	enum probe_type type;
	const char *target; /* as configured, for messages */
	const char *
		host; /* a name, an IPv4 or an IPv6 address without brackets; NULL with path */
	uint16_t port;	  /* 1 to 65535 */
	const char *path; /* of the socket or file; NULL for TCP */
	const char *
		send; /* the bytes to send: `send` with its escapes resolved, or the HTTP request, whole */
	size_t send_len; /* 0: nothing is sent */
	const char *
		expect; /* what the answer (HTTP: the body) must hold; NULL: anything does */
	size_t expect_len;
	struct status_range *statuses; /* HTTP: which pass; at least one */
	size_t n_statuses;
};

/* The keys that belong to a probe, as configured and interpolated; NULL: not set. */
struct probe_text {
	const char *tcp, *http, *unix_path, *file; /* exactly one of them */
	const char *send, *expect;		   /* with escapes: \r \n \t \0 \\ \xHH */
	const char *expect_status; /* "200, 204, 300-399"; default 200-399 */
	const char *headers;	   /* words as a shell splits them, each "Name: value" */
	const char *method;	   /* GET (default), HEAD, OPTIONS or POST */
};

/*
 * tcp = HOST:PORT | [IPv6]:PORT; http = http://HOST[:PORT][/path][?query], http://[IPv6]..., or
 * http://unix:/socket:/path as nginx writes it; unix = /path or @abstract; file = /path.
 * https, user:password@, a fragment, control characters, a port of 0 or above 65535, a socket path that does not fit
 * sun_path, a header that could end early (CR, LF) or that the probe sets itself (Host may be set; Connection,
 * Content-Length and Transfer-Encoding may not), keys that do not belong to the action: each is a mistake. 0, or -EINVAL
 * with a text that begins with the key's name and says what to write instead.
 */
int probe_parse(struct arena *a, const struct probe_text *text, struct probe *ret_probe,
		struct err *reterr);

#endif
