/* SPDX-License-Identifier: Apache-2.0 */
#include "core/http.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/quote.h"

#define SHOWN_EXPECT 60
#define CHUNK_SIZE_LINE_MAX 256 /* with what may follow the size */

__attribute__((format(printf, 2, 3))) static void fail(struct http *h, const char *fmt,
						       ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(h->reason, sizeof(h->reason), fmt, ap);
	va_end(ap);
	h->verdict = HTTP_FAILED;
}

void http_missing(const struct probe *probe, const char *more,
		  char reason[HTTP_REASON_MAX])
{
	char text[SEARCH_MAX + 1] = {0}, shown[SHOWN_EXPECT];
	size_t n;

	memcpy(text, probe->expect, probe->expect_len);
	n = quote_escape(shown, sizeof(shown), text, false);
	(void)snprintf(reason, HTTP_REASON_MAX, "the answer does not contain '%.*s'%s",
		       (int)n, shown, more);
}

static void missing(struct http *h, const char *more)
{
	http_missing(h->probe, more, h->reason);
	h->verdict = HTTP_FAILED;
}

void http_init(struct http *h, const struct probe *probe)
{
	*h = (struct http){.probe = probe};
	if (probe->expect) {
		search_init(&h->search, probe->expect, probe->expect_len);
	}
}

/* ---- the status line ---------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK"; the reason phrase and the blank before it may be missing. */
static void read_status(struct http *h)
{
	const char *s = h->line + 9;

	if (h->line_len < 12 || h->line[8] != ' ' || !is_digit(s[0]) || !is_digit(s[1]) ||
	    !is_digit(s[2]) || (h->line_len > 12 && s[3] != ' ') || s[0] < '1' ||
	    s[0] > '5') {
		fail(h, "the answer has no valid status line");
		return;
	}
	h->status = (unsigned)(s[0] - '0') * 100 + (unsigned)(s[1] - '0') * 10 +
		    (unsigned)(s[2] - '0');
}

/* What is no HTTP is seen at its first wrong byte. Every digit is a minor version of 1. */
static bool is_version(struct http *h, char byte)
{
	static const char version[] = "HTTP/1.";
	size_t at = h->line_len, digit = sizeof(version) - 1;

	if (at > digit || (at == digit && is_digit(byte)) ||
	    (at < digit && byte == version[at])) {
		return true;
	}
	if (at == 0 && (byte == 0x15 || byte == 0x16)) {
		fail(h, "the answer is TLS, not HTTP: https is not spoken");
	} else {
		fail(h, at >= 5 ? "the answer is not HTTP/1.0 or 1.1"
				: "the answer is not HTTP");
	}
	return false;
}

static bool status_passes(const struct http *h)
{
	for (size_t i = 0; i < h->probe->n_statuses; i++) {
		if (h->status >= h->probe->statuses[i].first &&
		    h->status <= h->probe->statuses[i].last) {
			return true;
		}
	}
	return false;
}

static void fail_status(struct http *h)
{
	size_t n;

	fail(h, "status %u, expected ", h->status);
	n = strlen(h->reason);
	for (size_t i = 0; i < h->probe->n_statuses; i++) {
		const struct status_range *r = &h->probe->statuses[i];
		char text[16];
		int len = r->first == r->last
				  ? snprintf(text, sizeof(text), "%s%u", i ? ", " : "",
					     r->first)
				  : snprintf(text, sizeof(text), "%s%u-%u", i ? ", " : "",
					     r->first, r->last);

		if (n + (size_t)len + sizeof(", ...") > sizeof(h->reason)) {
			(void)snprintf(h->reason + n, sizeof(h->reason) - n, ", ...");
			return;
		}
		memcpy(h->reason + n, text, (size_t)len + 1);
		n += (size_t)len;
	}
}

/* ---- headers ------------------------------------------------------------------------------ */

/* The value of header `name` when the line is one, blanks around it cut off; else NULL. */
static const char *header_value(struct http *h, const char *name)
{
	size_t len = strlen(name);
	char *value, *end;

	if (h->line_len <= len || strncasecmp(h->line, name, len) != 0 ||
	    h->line[len] != ':') {
		return NULL;
	}
	if (h->line_len >= sizeof(h->line)) {
		return ""; /* no valid value of those looked at is that long */
	}
	value = h->line + len + 1;
	end = h->line + h->line_len;
	while (*value == ' ' || *value == '\t') {
		value++;
	}
	while (end > value && (end[-1] == ' ' || end[-1] == '\t')) {
		end--;
	}
	*end = '\0';
	return value;
}

static void read_length(struct http *h, const char *value)
{
	uint64_t length = 0;

	if (!*value) {
		fail(h, "the answer has a bad Content-Length");
		return;
	}
	for (; *value; value++) {
		if (!is_digit(*value)) {
			fail(h, "the answer has a bad Content-Length");
			return;
		}
		if (__builtin_mul_overflow(length, 10, &length) ||
		    __builtin_add_overflow(length, (uint64_t)(*value - '0'), &length)) {
			fail(h, "the answer has a Content-Length beyond all bounds");
			return;
		}
	}
	if (h->counted && length != h->length) {
		fail(h, "the answer has two different Content-Lengths");
		return;
	}
	h->counted = true;
	h->length = length;
}

static void read_header(struct http *h)
{
	const char *value;
	size_t len = h->line_len < sizeof(h->line) ? h->line_len : sizeof(h->line) - 1;

	if (h->line[0] == ' ' || h->line[0] == '\t' || h->line[0] == ':' ||
	    (!memchr(h->line, ':', len) && len == h->line_len)) {
		fail(h, "the answer has a line among its headers that is none");
		return;
	}
	value = header_value(h, "Content-Length");
	if (value) {
		read_length(h, value);
		return;
	}
	value = header_value(h, "Transfer-Encoding");
	if (!value) {
		return;
	}
	if (h->chunked || strcasecmp(value, "chunked") != 0) {
		fail(h, "the answer has a Transfer-Encoding other than chunked");
		return;
	}
	h->chunked = true;
}

/* The empty line behind the headers. */
static void end_head(struct http *h)
{
	if (h->status < 200 && h->status != 101) {
		h->status = 0;
		h->counted = h->chunked = false;
		return;
	}
	if (h->counted && h->chunked) {
		fail(h, "the answer has both Content-Length and Transfer-Encoding");
	} else if (!status_passes(h)) {
		fail_status(h);
	} else if (!h->probe->expect) {
		h->verdict = HTTP_PASSED;
	} else if (h->status == 101 || h->status == 204 || h->status == 304 ||
		   (h->counted && h->length == 0)) {
		missing(h, ": it has no body");
	} else {
		h->state = h->chunked ? HTTP_CHUNK_SIZE : HTTP_COUNTED;
		h->left = h->counted ? h->length : UINT64_MAX;
	}
}

static void end_head_line(struct http *h)
{
	if (h->status == 0) {
		read_status(h);
	} else if (h->line_len == 0) {
		end_head(h);
	} else {
		read_header(h);
	}
}

/* ---- lines -------------------------------------------------------------------------------- */

/* Adds a byte to the line under way; true at its end, the line then without CR LF (or LF alone) and with a NUL. */
static bool line_byte(struct http *h, char byte)
{
	if (byte != '\n') {
		if (h->line_len < sizeof(h->line)) {
			h->line[h->line_len] = byte;
		}
		h->line_len++;
		return false;
	}
	if (h->line_len > 0 && h->line_len <= sizeof(h->line) &&
	    h->line[h->line_len - 1] == '\r') {
		h->line_len--;
	}
	h->line[h->line_len < sizeof(h->line) ? h->line_len : sizeof(h->line) - 1] = '\0';
	return true;
}

static void head_byte(struct http *h, char byte)
{
	if (++h->head > HTTP_HEAD_MAX) {
		fail(h, "the answer has more than %d bytes of headers", HTTP_HEAD_MAX);
		return;
	}
	if (h->status == 0 && byte != '\n' && !is_version(h, byte)) {
		return;
	}
	if (byte == '\0') {
		fail(h, "the answer has a NUL among its headers");
	} else if (line_byte(h, byte)) {
		end_head_line(h);
		h->line_len = 0;
	}
}

/* ---- body --------------------------------------------------------------------------------- */

/* 1 to 15 hexadecimal digits, then blanks or an extension (RFC 9112 7.1). */
static void end_chunk_size(struct http *h)
{
	size_t n = strspn(h->line, "0123456789abcdefABCDEF");
	uint64_t size = 0;

	if (n == 0 || n > 15 || (h->line[n] && !strchr("; \t", h->line[n]))) {
		fail(h, "the answer has a bad chunk size");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		char c = h->line[i];

		size = size << 4 |
		       (uint64_t)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	if (size == 0) {
		missing(h, "");
		return;
	}
	h->left = size;
	h->state = HTTP_CHUNK_DATA;
}

static void chunk_line_byte(struct http *h, char byte)
{
	bool whole = line_byte(h, byte);

	if (h->line_len > (h->state == HTTP_CHUNK_END ? 1 : CHUNK_SIZE_LINE_MAX)) {
		fail(h, h->state == HTTP_CHUNK_END
				? "the answer has a chunk of another size than it says"
				: "the answer has a bad chunk size");
		return;
	}
	if (!whole) {
		return;
	}
	if (h->state == HTTP_CHUNK_SIZE) {
		end_chunk_size(h);
	} else if (h->line_len > 0) {
		fail(h, "the answer has a chunk of another size than it says");
	} else {
		h->state = HTTP_CHUNK_SIZE;
	}
	h->line_len = 0;
}

static void data_byte(struct http *h, char byte)
{
	if (search_byte(&h->search, byte)) {
		h->verdict = HTTP_PASSED;
		return;
	}
	if (--h->left > 0) {
		return;
	}
	if (h->state == HTTP_COUNTED) {
		missing(h, "");
	} else {
		h->state = HTTP_CHUNK_END;
	}
}

static void body_byte(struct http *h, char byte)
{
	if (++h->body > HTTP_BODY_MAX) {
		missing(h, " in its first MiB");
	} else if (h->state == HTTP_CHUNK_SIZE || h->state == HTTP_CHUNK_END) {
		chunk_line_byte(h, byte);
	} else {
		data_byte(h, byte);
	}
}

enum http_verdict http_feed(struct http *h, const char *data, size_t len)
{
	for (size_t i = 0; i < len && h->verdict == HTTP_MORE; i++) {
		if (h->state == HTTP_HEAD_LINE) {
			head_byte(h, data[i]);
		} else {
			body_byte(h, data[i]);
		}
	}
	return h->verdict;
}

enum http_verdict http_end(struct http *h)
{
	if (h->verdict != HTTP_MORE) {
		return h->verdict;
	}
	if (h->head == 0) {
		fail(h, "the connection was closed without an answer");
	} else if (h->state == HTTP_HEAD_LINE) {
		fail(h, "the answer broke off in its headers");
	} else if (h->state == HTTP_COUNTED && !h->counted) {
		missing(h, "");
	} else {
		fail(h, "the answer broke off after %zu bytes of its body", h->body);
	}
	return h->verdict;
}
