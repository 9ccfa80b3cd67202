/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "core/http.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

static struct status_range statuses[] = {{200, 399}};

/* The verdict over an answer that comes `step` bytes at a time and then ends. */
static enum http_verdict judge(struct http *h, const struct probe *p, const char *answer,
			       size_t len, size_t step)
{
	http_init(h, p);
	for (size_t i = 0; i < len; i += step) {
		enum http_verdict v =
			http_feed(h, answer + i, len - i < step ? len - i : step);

		if (v != HTTP_MORE) {
			return v;
		}
	}
	return http_end(h);
}

/* expect NULL: the status alone; reason NULL: passes. */
static const struct row {
	const char *answer, *expect, *reason;
} rows[] = {
	{OK "\r\n", NULL, NULL},
	{"HTTP/1.0 204\r\n\r\n", NULL, NULL},
	{"HTTP/1.1 301 Moved\r\nLocation: http://x/\r\n\r\n", NULL, NULL},
	{"HTTP/1.1 200 OK\nServer: x\n\n", NULL, NULL},
	{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" OK "\r\n",
	 NULL, NULL},
	{"HTTP/1.1 503 Busy\r\n\r\n", NULL, "status 503, expected 200-399"},
	{"HTTP/1.1 101 Switch\r\n\r\n", NULL, "status 101, expected 200-399"},
	{"HTTP/1.1 199 x\r\n\r\n", NULL, "the answer broke off in its headers"},
	{"", NULL, "the connection was closed without an answer"},
	{"HTTP/1.1 20", NULL, "the answer broke off in its headers"},
	{OK "Server: x\r\n", NULL, "the answer broke off in its headers"},
	{"SSH-2.0-x\r\n", NULL, "the answer is not HTTP"},
	{"\r\n" OK "\r\n", NULL, "the answer is not HTTP"},
	{"\x15\x03\x01", NULL, "the answer is TLS, not HTTP: https is not spoken"},
	{"HTTP/2 200\r\n\r\n", NULL, "the answer is not HTTP/1.0 or 1.1"},
	{"HTTP/1.x 200\r\n\r\n", NULL, "the answer is not HTTP/1.0 or 1.1"},
	{"HTTP/1.1\r\n", NULL, "the answer has no valid status line"},
	{"HTTP/1.1 20\r\n", NULL, "the answer has no valid status line"},
	{"HTTP/1.1 2000 x\r\n", NULL, "the answer has no valid status line"},
	{"HTTP/1.1  200 x\r\n", NULL, "the answer has no valid status line"},
	{"HTTP/1.1 600 x\r\n", NULL, "the answer has no valid status line"},
	{"HTTP/1.1 -20 x\r\n", NULL, "the answer has no valid status line"},
	{OK "no colon\r\n\r\n", NULL,
	 "the answer has a line among its headers that is none"},
	{OK "A: b\r\n folded\r\n\r\n", NULL,
	 "the answer has a line among its headers that is none"},
	{OK "Content-Length: 5\r\ncontent-length:5\r\n\r\n", NULL, NULL},
	{OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", NULL,
	 "the answer has two different Content-Lengths"},
	{OK "Content-Length: 5, 5\r\n\r\n", NULL, "the answer has a bad Content-Length"},
	{OK "Content-Length: -1\r\n\r\n", NULL, "the answer has a bad Content-Length"},
	{OK "Content-Length:\r\n\r\n", NULL, "the answer has a bad Content-Length"},
	{OK "Content-Length: 18446744073709551616\r\n\r\n", NULL,
	 "the answer has a Content-Length beyond all bounds"},
	{OK "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", NULL,
	 "the answer has both Content-Length and Transfer-Encoding"},
	{OK "Transfer-Encoding: gzip, chunked\r\n\r\n", NULL,
	 "the answer has a Transfer-Encoding other than chunked"},
	{OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", NULL,
	 "the answer has a Transfer-Encoding other than chunked"},
	/* counted */
	{OK "Content-Length: 6\r\n\r\nanswer", "swe", NULL},
	{OK "Content-Length:  18446744073709551615 \r\n\r\nan answer", "answer", NULL},
	{OK "Content-Length: 6\r\n\r\nanswer", "xyz",
	 "the answer does not contain 'xyz'"},
	{OK "Content-Length: 5\r\n\r\nanswer", "answer",
	 "the answer does not contain 'answer'"},
	{OK "Content-Length: 9\r\n\r\nanswer", "xyz",
	 "the answer broke off after 6 bytes of its body"},
	{OK "Content-Length: 0\r\n\r\n", "x",
	 "the answer does not contain 'x': it has no body"},
	{"HTTP/1.1 204 x\r\n\r\nx", "x",
	 "the answer does not contain 'x': it has no body"},
	{"HTTP/1.1 404 x\r\n\r\nanswer", "answer", "status 404, expected 200-399"},
	{OK "X-Answer: here\r\n\r\n", "here", "the answer does not contain 'here'"},
	/* until the end */
	{"HTTP/1.0 200 OK\r\n\r\naaaaaab", "aaab", NULL},
	{"HTTP/1.0 200 OK\r\n\r\nabcabcabd", "abcabd", NULL},
	{"HTTP/1.0 200 OK\r\n\r\nno\r\n", "yes\r\n",
	 "the answer does not contain 'yes\\x0d\\x0a'"},
	{"HTTP/1.0 200 OK\r\n\r\n", "x", "the answer does not contain 'x'"},
	/* chunked */
	{CHUNKED "3\r\nans\r\n3;x=y\r\nwer\r\n0\r\n\r\n", "answer", NULL},
	{CHUNKED "00A \r\n0123456789\r\n0\r\n", "9", NULL},
	{CHUNKED "3\nans\n0\n\n", "ans", NULL},
	{CHUNKED "3\r\nans\r\n0\r\n\r\n", "3", "the answer does not contain '3'"},
	{CHUNKED "3\r\nan", "x", "the answer broke off after 5 bytes of its body"},
	{CHUNKED "", "x", "the answer broke off after 0 bytes of its body"},
	{CHUNKED "\r\n", "x", "the answer has a bad chunk size"},
	{CHUNKED "-1\r\n", "x", "the answer has a bad chunk size"},
	{CHUNKED "0x3\r\n", "x", "the answer has a bad chunk size"},
	{CHUNKED "1000000000000000\r\n", "x", "the answer has a bad chunk size"},
	{CHUNKED "2\r\nans\r\n", "x",
	 "the answer has a chunk of another size than it says"},
	{CHUNKED "5\r\nans\r\n0\r\n", "x",
	 "the answer has a chunk of another size than it says"},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct probe p = {.expect = r->expect,
				  .expect_len = r->expect ? strlen(r->expect) : 0,
				  .statuses = statuses,
				  .n_statuses = 1};
		size_t len = strlen(r->answer);

		for (size_t step = 1; step <= len + 1; step++) {
			struct http h;
			enum http_verdict v = judge(&h, &p, r->answer, len, step);

			if (v != (r->reason ? HTTP_FAILED : HTTP_PASSED) ||
			    strcmp(h.reason, r->reason ? r->reason : "") != 0) {
				fail_msg("row %zu, %zu at a time: %d '%s'", i, step, v,
					 h.reason);
			}
		}
	}
}

/* An answer of `head`, then `body` again and again, without an end. */
static void endless(const char *head, const char *body, const char *reason)
{
	struct probe p = {.expect = "needle",
			  .expect_len = 6,
			  .statuses = statuses,
			  .n_statuses = 1};
	size_t fed = 0;
	struct http h;

	http_init(&h, &p);
	(void)http_feed(&h, head, strlen(head));
	while (http_feed(&h, body, strlen(body)) == HTTP_MORE) {
		fed += strlen(body);
		assert_true(fed <= HTTP_BODY_MAX + HTTP_HEAD_MAX);
	}
	assert_string_equal(h.reason, reason);
	assert_int_equal(http_end(&h), HTTP_FAILED);
}

static void test_endless(void **state)
{
	(void)state;
	endless(OK, "A: b\r\n", "the answer has more than 16384 bytes of headers");
	endless(OK "A:", "a", "the answer has more than 16384 bytes of headers");
	endless("HTTP/1.1 200 ", "O", "the answer has more than 16384 bytes of headers");
	endless("", "HTTP/1.1 100 x\r\n\r\n",
		"the answer has more than 16384 bytes of headers");
	endless(OK "\r\n", "needl ",
		"the answer does not contain 'needle' in its first MiB");
	endless(CHUNKED, "1\r\nx\r\n",
		"the answer does not contain 'needle' in its first MiB");
	endless(CHUNKED "1;", "a", "the answer has a bad chunk size");
}

static void test_binary(void **state)
{
	static const char nul[] = OK "A\0: b\r\n\r\n";
	static const char body[] = "HTTP/1.0 200 x\r\n\r\n\0\xff\0\0\1";
	struct probe p = {.statuses = statuses, .n_statuses = 1};
	struct http h;

	(void)state;
	assert_int_equal(judge(&h, &p, nul, sizeof(nul) - 1, 1), HTTP_FAILED);
	assert_string_equal(h.reason, "the answer has a NUL among its headers");
	assert_int_equal(judge(&h, &p, "\0HTTP", 5, 1), HTTP_FAILED);
	assert_string_equal(h.reason, "the answer is not HTTP");
	p.expect = "\0\0\1";
	p.expect_len = 3;
	assert_int_equal(judge(&h, &p, body, sizeof(body) - 1, 1), HTTP_PASSED);
}

static void test_long_lines(void **state)
{
	static char answer[4096];
	struct probe p = {.statuses = statuses, .n_statuses = 1};
	struct http h;

	(void)state;
	for (int n = 100; n < 150; n++) {
		int len = snprintf(answer, sizeof(answer), OK "A: %0*d\r\n\r\n", n, 0);

		assert_int_equal(judge(&h, &p, answer, (size_t)len, 1), HTTP_PASSED);
		len = snprintf(answer, sizeof(answer), OK "%0*d:\r\n\r\n", n, 0);
		assert_int_equal(judge(&h, &p, answer, (size_t)len, 7), HTTP_PASSED);
	}
	(void)snprintf(answer, sizeof(answer), OK "Content-Length: %0200d\r\n\r\n", 7);
	assert_int_equal(judge(&h, &p, answer, strlen(answer), 1), HTTP_FAILED);
	assert_string_equal(h.reason, "the answer has a bad Content-Length");
}

static void test_status_list(void **state)
{
	struct status_range many[32];
	struct probe p = {.statuses = many, .n_statuses = ARRAY_LEN(many)};
	const char *answer = "HTTP/1.1 599 x\r\n\r\n";
	struct http h;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(many); i++) {
		many[i] = (struct status_range){200, (unsigned short)(200 + i)};
	}
	assert_int_equal(judge(&h, &p, answer, strlen(answer), 1), HTTP_FAILED);
	assert_non_null(strstr(h.reason, "status 599, expected 200, 200-201, 200-202, "));
	assert_string_equal(h.reason + strlen(h.reason) - 5, ", ...");
	p.n_statuses = 2;
	assert_int_equal(judge(&h, &p, answer, strlen(answer), 1), HTTP_FAILED);
	assert_string_equal(h.reason, "status 599, expected 200, 200-201");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	    cmocka_unit_test(test_endless),
		cmocka_unit_test(test_binary),	    cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_status_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
