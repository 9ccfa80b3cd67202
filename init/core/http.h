/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer to an HTTP probe, judged while it comes in, in pieces of any size: the verdict does not depend on where they
 * are cut. HTTP/1.0 and 1.1 as in RFC 9112; interim answers (1xx) are skipped, redirects are not followed.
 *
 *   status line -> headers -> body: counted | chunked | until the connection's end
 *
 * Everything is bounded, and nothing of what came is kept but one header line.
 */
#ifndef CARDEA_CORE_HTTP_H
#define CARDEA_CORE_HTTP_H

#include "core/probe.h"
#include "core/search.h"

#define HTTP_HEAD_MAX 16384	/* bytes of all status lines and headers */
#define HTTP_BODY_MAX (1 << 20) /* bytes after them in which `expect` is looked for */
#define HTTP_LINE_MAX 128	/* of a line as much as is ever looked at */
#define HTTP_REASON_MAX 160

enum http_verdict { HTTP_MORE, HTTP_PASSED, HTTP_FAILED };

enum http_state {
	HTTP_HEAD_LINE,	 /* a status line or header */
	HTTP_COUNTED,	 /* `left` bytes of body, or until the end */
	HTTP_CHUNK_SIZE, /* the line before a chunk */
	HTTP_CHUNK_DATA, /* `left` bytes of it */
	HTTP_CHUNK_END,	 /* the line end behind it */
};

struct http {
	const struct probe *probe;
	enum http_state state;
	enum http_verdict verdict;
	unsigned status;       /* 0: its line has not come */
	bool chunked, counted; /* what the headers said */
	uint64_t length;       /* Content-Length */
	uint64_t left;	       /* of the body or chunk */
	size_t head, body;     /* bytes so far */
	size_t line_len;       /* of the line under way, also what did not fit */
	char line[HTTP_LINE_MAX];
	struct search search;
	char reason[HTTP_REASON_MAX]; /* why HTTP_FAILED; no control characters */
};

/* probe: of PROBE_HTTP; stays the caller's until the verdict. */
void http_init(struct http *h, const struct probe *probe);

/*
 * More of the answer. As soon as there is a verdict nothing more is looked at, and it is given again. Without an `expect` it
 * comes with the end of the headers.
 */
enum http_verdict http_feed(struct http *h, const char *data, size_t len);

/* The connection has ended: HTTP_PASSED or HTTP_FAILED. */
enum http_verdict http_end(struct http *h);

/* "the answer does not contain 'TEXT'" followed by more, into reason; TEXT is made safe to show and cut. */
void http_missing(const struct probe *probe, const char *more,
		  char reason[HTTP_REASON_MAX]);

#endif
