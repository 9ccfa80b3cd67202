/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "core/probe.h"

#define SELF "User-Agent: cardea\r\nAccept: */*\r\n"
#define CLOSE "Connection: close\r\n\r\n"
#define PATH_107                                                       \
	"/23456789012345678901234567890123456789012345678901234567890" \
	"12345678901234567890123456789012345678901234567"

static void same_text(size_t row, const char *what, const char *is, const char *should)
{
	if (!is != !should || (is && strcmp(is, should) != 0)) {
		fail_msg("row %zu: %s is '%s', not '%s'", row, what, is ? is : "NULL",
			 should ? should : "NULL");
	}
}

static void test_targets(void **state)
{
	static const struct {
		struct probe_text text;
		struct probe probe;
	} rows[] = {
		{{.tcp = "db:5432"}, {PROBE_TCP, .host = "db", .port = 5432}},
		{{.tcp = "127.0.0.1:1"}, {PROBE_TCP, .host = "127.0.0.1", .port = 1}},
		{{.tcp = "[::1]:65535"}, {PROBE_TCP, .host = "::1", .port = 65535}},
		{{.tcp = "my_db.example.:80"},
		 {PROBE_TCP, .host = "my_db.example.", .port = 80}},
		{{.unix_path = "/run/x"}, {PROBE_UNIX, .path = "/run/x"}},
		{{.unix_path = "@x"}, {PROBE_UNIX, .path = "@x"}},
		{{.unix_path = PATH_107}, {PROBE_UNIX, .path = PATH_107}},
		{{.file = "/a b"}, {PROBE_FILE, .path = "/a b"}},
		{{.http = "http://web"},
		 {PROBE_HTTP, .host = "web", .port = 80,
		  .send = "GET / HTTP/1.1\r\nHost: web\r\n" SELF CLOSE}},
		{{.http = "HTTP://[::1]:8080?x=1"},
		 {PROBE_HTTP, .host = "::1", .port = 8080,
		  .send = "GET /?x=1 HTTP/1.1\r\nHost: [::1]:8080\r\n" SELF CLOSE}},
		{{.http = "http://web:8000/a/b?c=d:e@f", .method = "HEAD"},
		 {PROBE_HTTP, .host = "web", .port = 8000,
		  .send = "HEAD /a/b?c=d:e@f HTTP/1.1\r\nHost: web:8000\r\n" SELF CLOSE}},
		{{.http = "http://unix:/run/s:/x", .method = "POST"},
		 {PROBE_HTTP, .path = "/run/s",
		  .send = "POST /x HTTP/1.1\r\nHost: localhost\r\n" SELF
			  "Connection: close\r\nContent-Length: 0\r\n\r\n"}},
		{{.http = "http://unix:@s"},
		 {PROBE_HTTP, .path = "@s",
		  .send = "GET / HTTP/1.1\r\nHost: localhost\r\n" SELF CLOSE}},
		{{.http = "http://web/",
		  .headers = "'host: a.example' accept:text/plain"},
		 {PROBE_HTTP, .host = "web", .port = 80,
		  .send = "GET / HTTP/1.1\r\nUser-Agent: cardea\r\nhost: "
			  "a.example\r\naccept:text/plain\r\n" CLOSE}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct err e = {0};
		struct probe p;

		if (probe_parse(&a, &rows[i].text, &p, &e) != 0) {
			fail_msg("row %zu: %s", i, e.text);
		}
		same_text(i, "host", p.host, rows[i].probe.host);
		same_text(i, "path", p.path, rows[i].probe.path);
		same_text(i, "send", p.send, rows[i].probe.send);
		assert_int_equal(p.type, rows[i].probe.type);
		assert_int_equal(p.port, rows[i].probe.port);
		assert_int_equal(p.send_len, p.send ? strlen(p.send) : 0);
		assert_non_null(p.target);
		arena_release(&a);
	}
}

static void test_bytes(void **state)
{
	struct probe_text text = {
		.tcp = "a:1", .send = "a\\r\\n\\t\\0\\\\\\x7f\\xFf", .expect = "\\x00b"};
	struct arena a = {0};
	struct probe p;

	(void)state;
	assert_int_equal(probe_parse(&a, &text, &p, NULL), 0);
	assert_int_equal(p.send_len, 8);
	assert_memory_equal(p.send, "a\r\n\t\0\\\x7f\xff", 8);
	assert_int_equal(p.expect_len, 2);
	assert_memory_equal(p.expect, "\0b", 2);
	text.expect = "";
	assert_int_equal(probe_parse(&a, &text, &p, NULL), 0);
	assert_null(p.expect);
	arena_release(&a);
}

static void test_statuses(void **state)
{
	struct probe_text text = {.http = "http://a/"};
	struct arena a = {0};
	struct probe p;

	(void)state;
	assert_int_equal(probe_parse(&a, &text, &p, NULL), 0);
	assert_int_equal(p.n_statuses, 1);
	assert_int_equal(p.statuses[0].first, 200);
	assert_int_equal(p.statuses[0].last, 399);
	text.expect_status = "204, 300-399,500";
	assert_int_equal(probe_parse(&a, &text, &p, NULL), 0);
	assert_int_equal(p.n_statuses, 3);
	assert_int_equal(p.statuses[0].first, 204);
	assert_int_equal(p.statuses[0].last, 204);
	assert_int_equal(p.statuses[1].last, 399);
	assert_int_equal(p.statuses[2].first, 500);
	arena_release(&a);
}

static void test_refused(void **state)
{
	static const struct {
		struct probe_text text;
		const char *why;
	} rows[] = {
		{{0}, "tcp: there is no action: write one of tcp, http, unix and file"},
		{{.tcp = "a:1", .file = "/x"}, "file: there is tcp already"},
		{{.tcp = "db"}, "tcp: no port in 'db': write HOST:PORT"},
		{{.tcp = "db:"}, "tcp: cannot take '' for a port"},
		{{.tcp = "db:0"},
		 "tcp: cannot take '0' for a port: write a number from 1"},
		{{.tcp = "db:65536"}, "tcp: cannot take '65536' for a port"},
		{{.tcp = "db:-1"}, "tcp: cannot take '-1' for a port"},
		{{.tcp = ":80"}, "tcp: cannot take '' for a host"},
		{{.tcp = "::1:80"}, "an IPv6 address in brackets"},
		{{.tcp = "[::1]"}, "tcp: no port in '[::1]'"},
		{{.tcp = "[::1"}, "tcp: cannot parse '[::1'"},
		{{.tcp = "[::1]x:80"}, "tcp: cannot parse '[::1]x:80'"},
		{{.tcp = "[::g]:80"}, "tcp: cannot take '[::g]' for an IPv6 address"},
		{{.tcp = "[fe80::1%eth0]:80"}, "without a zone"},
		{{.tcp = "a b:80"}, "tcp: cannot take 'a b' for a host"},
		{{.tcp = "a:1", .method = "GET"}, "method: cannot be used with tcp"},
		{{.tcp = "a:1", .headers = "A:b"}, "headers: cannot be used with tcp"},
		{{.tcp = "a:1", .expect_status = "200"}, "it belongs to http"},
		{{.tcp = "a:1", .send = "\\q"}, "send: cannot read the escape '\\q'"},
		{{.tcp = "a:1", .expect = "\\x4"},
		 "expect: cannot read the escape '\\x4'"},
		{{.tcp = "a:1", .expect = "a\\"}, "expect: cannot read the escape"},
		{{.unix_path = "run/x"}, "unix: cannot take 'run/x' for a socket"},
		{{.unix_path = "@"}, "unix: cannot take '@' for a socket"},
		{{.unix_path = "/a\nb"}, "it has a control character"},
		{{.unix_path = PATH_107 "x"}, "is too long: the kernel takes 107 bytes"},
		{{.file = "x"}, "file: cannot take 'x' for a file: write its absolute"},
		{{.file = "/x", .expect = "y"}, "expect: cannot be used with file"},
		{{.http = "https://a/"},
		 "http: https is not spoken: probe the plain port"},
		{{.http = "HTTPS://a/"}, "use `command` with a program that speaks TLS"},
		{{.http = "a:80/"},
		 "http: cannot parse 'a:80/': write http://HOST:PORT/"},
		{{.http = "http:///x"}, "http: cannot take '' for a host"},
		{{.http = "http://u:p@a/"}, "http: the address holds a user or password"},
		{{.http = "http://a:0/"}, "http: cannot take '0' for a port"},
		{{.http = "http://a/#x"}, "has a fragment"},
		{{.http = "http://a/ x"}, "has a blank or a byte that is not ASCII"},
		{{.http = "http://a/\xc3\xa4"}, "write it as %HH"},
		{{.http = "http://a/\r\nX: y"}, "has a control character"},
		{{.http = "http://unix:x"}, "http: cannot take 'x' for a socket"},
		{{.http = "http://unix:/x:y"}, "write http://unix:/SOCKET:/path"},
		{{.http = "http://a", .send = "x"}, "send: cannot be used with http"},
		{{.http = "http://a", .method = "get"}, "method: cannot use 'get'"},
		{{.http = "http://a", .method = "HEAD", .expect = "x"}, "has no body"},
		{{.http = "http://a", .headers = "x"}, "headers: a word is no header"},
		{{.http = "http://a", .headers = "'a b: c'"}, "a word is no header"},
		{{.http = "http://a", .headers = "'a: b"},
		 "headers: a quote is not closed"},
		{{.http = "http://a", .headers = "'a: b\r\nc: d'"},
		 "the value of 'a' has a"},
		{{.http = "http://a", .headers = "connection:x"}, "Connection is set by"},
		{{.http = "http://a", .headers = "Content-Length:1"},
		 "Content-Length is"},
		{{.http = "http://a", .headers = "Transfer-Encoding:x"}, "is set by the"},
		{{.http = "http://a", .headers = "Host:a host:b"}, "Host is set twice"},
		{{.http = "http://a", .expect_status = "99"}, "cannot parse '99'"},
		{{.http = "http://a", .expect_status = "600"}, "cannot parse '600'"},
		{{.http = "http://a", .expect_status = "300-200"},
		 "cannot parse '300-200'"},
		{{.http = "http://a", .expect_status = "2xx"}, "cannot parse '2xx'"},
		{{.http = "http://a", .expect_status = "200,,"}, "expect_status: cannot"},
		{{.http = "http://a", .expect_status = " "}, "write 1 to 32 statuses"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena a = {0};
		struct err e = {0};
		struct probe p = {.port = 7};

		if (probe_parse(&a, &rows[i].text, &p, &e) != -EINVAL || p.port != 7 ||
		    !strstr(e.text, rows[i].why)) {
			fail_msg("row %zu: '%s', not '%s'", i, e.text, rows[i].why);
		}
		arena_release(&a);
	}
}

static void test_bounds(void **state)
{
	static char long_name[300], long_text[10000];
	struct probe_text tcp = {.tcp = long_name}, file = {.file = long_text};
	struct probe_text sent = {.tcp = "a:1", .send = long_text + 1};
	struct probe_text wanted = {.tcp = "a:1", .expect = long_text + 1};
	struct probe_text header = {.http = "http://a", .headers = long_text};
	struct arena a = {0};
	struct probe p;

	(void)state;
	memset(long_name, 'a', 254);
	memcpy(long_name + 254, ":1", 3);
	assert_int_equal(probe_parse(&a, &tcp, &p, NULL), -EINVAL);
	tcp.tcp++;
	assert_int_equal(probe_parse(&a, &tcp, &p, NULL), 0);
	memset(long_text, '/', 9000);
	assert_int_equal(probe_parse(&a, &file, &p, NULL), -EINVAL);
	assert_int_equal(probe_parse(&a, &sent, &p, NULL), -EINVAL);
	assert_int_equal(probe_parse(&a, &wanted, &p, NULL), -EINVAL);
	wanted.expect = long_text + 9000 - 256;
	assert_int_equal(probe_parse(&a, &wanted, &p, NULL), 0);
	assert_int_equal(p.expect_len, 256);
	memcpy(long_text, "A:", 2);
	assert_int_equal(probe_parse(&a, &header, &p, NULL), -EINVAL);
	arena_release(&a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),	 cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_statuses), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
