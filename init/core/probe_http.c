/* SPDX-License-Identifier: Apache-2.0 */
#include "core/probe_http.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "core/endpoint.h"
#include "core/parse.h"

#define HTTP_PORT 80
#define REQUEST_MAX \
	8192 /* bytes: fits every socket's buffer, so that sending never waits */
#define STATUSES_MAX 32

/* ---- http://HOST[:PORT][/path][?query], http://unix:/socket:/path ---------------------------- */

static int check_scheme(const char *url, struct err *reterr)
{
	if (strncasecmp(url, "https://", 8) == 0) {
		return err_config(
			reterr, "http: https is not spoken: probe the plain port on the "
				"loopback address, for example http://127.0.0.1:8080/, "
				"or use `command` with a program that speaks TLS, for "
				"example curl -fsS URL");
	}
	if (strncasecmp(url, "http://", 7) != 0) {
		return err_config(reterr,
				  "http: cannot parse " SHOWN
				  ": write http://HOST:PORT/path",
				  SHOW(url));
	}
	return 0;
}

/* What would end the request's line early, or is not sent at all. */
static int check_bytes(const char *url, struct err *reterr)
{
	if (*skip_uncontrolled(url)) {
		return err_config(reterr,
				  "http: " SHOWN " has a control character: write it as "
				  "%%HH",
				  SHOW(url));
	}
	for (const char *s = url; *s; s++) {
		if (*s == ' ' || (unsigned char)*s > 0x7e) {
			return err_config(reterr,
					  "http: " SHOWN " has a blank or a byte that is "
					  "not ASCII: write it as %%HH",
					  SHOW(url));
		}
	}
	if (strchr(url, '#')) {
		return err_config(reterr,
				  "http: " SHOWN " has a fragment, which no server sees: "
				  "leave out '#' and what follows",
				  SHOW(url));
	}
	return 0;
}

/* at: behind "unix:". ret_path: of the request. */
static int parse_socket(struct arena *a, const char *at, struct probe *p,
			const char **ret_path, struct err *reterr)
{
	const char *colon = strchrnul(at, ':');
	const char *socket = arena_strndup(a, at, (size_t)(colon - at));

	if (endpoint_check_socket("http", socket, reterr) < 0) {
		return -EINVAL;
	}
	if (*colon && colon[1] && colon[1] != '/') {
		return err_config(reterr,
				  "http: cannot parse " SHOWN
				  ": write http://unix:/SOCKET:/path",
				  SHOW(p->target));
	}
	p->path = socket;
	*ret_path = *colon ? colon + 1 : colon;
	return 0;
}

/* ret_name: what the Host header says; ret_path: what is asked for. */
static int parse_url(struct arena *a, const char *url, struct probe *p,
		     const char **ret_name, const char **ret_path, struct err *reterr)
{
	const char *at = url + 7, *path = at + strcspn(at, "/?");
	const char *authority = arena_strndup(a, at, (size_t)(path - at));

	bool is_socket = strncmp(at, "unix:", 5) == 0;

	if (!is_socket && strchr(authority, '@')) {
		return err_config(
			reterr, "http: the address holds a user or password, which would "
				"show in messages: use headers, for example headers = "
				"'Authorization: Basic ${secret:NAME}'");
	}
	if (check_bytes(url, reterr) < 0) {
		return -EINVAL;
	}
	*ret_name = "localhost";
	if (is_socket) {
		return parse_socket(a, at + 5, p, ret_path, reterr);
	}
	if (endpoint_parse(a, "http", authority, HTTP_PORT, &p->host, &p->port, reterr) <
	    0) {
		return -EINVAL;
	}
	*ret_name = authority;
	*ret_path = path;
	return 0;
}

/* ---- the request -------------------------------------------------------------------------- */

/* Headers the probe sends itself; those with a value may be set otherwise. */
static const struct own_header {
	const char *name, *value;
} own_headers[] = {
	{"User-Agent", "cardea"}, {"Accept", "*/*"},	       {"Connection", NULL},
	{"Content-Length", NULL}, {"Transfer-Encoding", NULL},
};

/* RFC 9110 5.6.2. */
static bool is_token_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_header(const char *header, const char *name)
{
	size_t len = strlen(name);

	return strncasecmp(header, name, len) == 0 && header[len] == ':';
}

static bool has_header(const struct strv *headers, const char *name)
{
	for (size_t i = 0; i < headers->n; i++) {
		if (is_header(headers->v[i], name)) {
			return true;
		}
	}
	return false;
}

/* Values may be secrets: a message shows the name alone. */
static int check_header(const char *header, struct err *reterr)
{
	const char *end = header;

	while (is_token_byte(*end)) {
		end++;
	}
	if (end == header || *end != ':') {
		return err_config(reterr,
				  "headers: a word is no header: write each as 'Name: "
				  "value', in quotes");
	}
	for (const char *s = end; *s; s++) {
		if (is_control(*s) && *s != '\t') {
			return err_config(reterr,
					  "headers: the value of '%.*s' has a control "
					  "character: leave it out",
					  (int)(end - header), header);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(own_headers); i++) {
		if (!own_headers[i].value && is_header(header, own_headers[i].name)) {
			return err_config(reterr,
					  "headers: %s is set by the probe: leave it out",
					  own_headers[i].name);
		}
	}
	return 0;
}

static int read_headers(struct arena *a, const char *text, struct strv *ret_headers,
			struct err *reterr)
{
	size_t hosts = 0;

	if (text && parse_words(a, text, ret_headers, NULL) < 0) {
		return err_config(reterr,
				  "headers: a quote is not closed, or a backslash "
				  "is last: write each header as 'Name: value'");
	}
	for (size_t i = 0; i < ret_headers->n; i++) {
		if (check_header(ret_headers->v[i], reterr) < 0) {
			return -EINVAL;
		}
		hosts += is_header(ret_headers->v[i], "Host");
	}
	if (hosts > 1) {
		return err_config(reterr, "headers: Host is set twice: set it once");
	}
	return 0;
}

static const char *join_headers(struct arena *a, const struct strv *headers,
				const char *name)
{
	const char *all = "";

	if (!has_header(headers, "Host")) {
		all = arena_printf(a, "Host: %s\r\n", name);
	}
	for (size_t i = 0; i < ARRAY_LEN(own_headers); i++) {
		if (own_headers[i].value && !has_header(headers, own_headers[i].name)) {
			all = arena_printf(a, "%s%s: %s\r\n", all, own_headers[i].name,
					   own_headers[i].value);
		}
	}
	for (size_t i = 0; i < headers->n; i++) {
		all = arena_printf(a, "%s%s\r\n", all, headers->v[i]);
	}
	return all;
}

static int check_method(const char *method, struct err *reterr)
{
	static const char *const methods[] = {"GET", "HEAD", "OPTIONS", "POST"};

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (strcmp(method, methods[i]) == 0) {
			return 0;
		}
	}
	return err_config(
		reterr, "method: cannot use " SHOWN ": write GET, HEAD, OPTIONS or POST",
		SHOW(method));
}

/* ---- expect_status ------------------------------------------------------------------------ */

static int parse_range(struct arena *a, const char *text, struct status_range *ret,
		       struct err *reterr)
{
	const char *dash = strchr(text, '-');
	const char *from = dash ? arena_strndup(a, text, (size_t)(dash - text)) : text;
	uint64_t first = 0, last = 0;

	if (parse_uint(from, 599, &first, NULL) < 0 ||
	    parse_uint(dash ? dash + 1 : from, 599, &last, NULL) < 0 || first < 100 ||
	    first > last) {
		return err_config(
			reterr,
			"expect_status: cannot parse " SHOWN
			": write statuses from 100 to 599 or ranges of them, for "
			"example 200, 300-399",
			SHOW(text));
	}
	*ret = (struct status_range){(unsigned short)first, (unsigned short)last};
	return 0;
}

static int parse_statuses(struct arena *a, const char *text, struct probe *p,
			  struct err *reterr)
{
	struct strv items = {0};

	if (parse_list(a, text, &items, NULL) < 0 || items.n == 0 ||
	    items.n > STATUSES_MAX) {
		return err_config(reterr,
				  "expect_status: cannot parse " SHOWN
				  ": write 1 to %d statuses with commas between, for "
				  "example 200, 300-399",
				  SHOW(text), STATUSES_MAX);
	}
	p->statuses = arena_array(a, items.n, sizeof(*p->statuses));
	p->n_statuses = items.n;
	for (size_t i = 0; i < items.n; i++) {
		if (parse_range(a, items.v[i], &p->statuses[i], reterr) < 0) {
			return -EINVAL;
		}
	}
	return 0;
}

int probe_http_parse(struct arena *a, const struct probe_text *text,
		     struct probe *ret_probe, struct err *reterr)
{
	const char *method = text->method ? text->method : "GET";
	const char *statuses = text->expect_status ? text->expect_status : "200-399";
	const char *name = "", *path = "";
	struct strv headers = {0};

	if (check_scheme(text->http, reterr) < 0 ||
	    parse_url(a, text->http, ret_probe, &name, &path, reterr) < 0 ||
	    read_headers(a, text->headers, &headers, reterr) < 0 ||
	    check_method(method, reterr) < 0 ||
	    parse_statuses(a, statuses, ret_probe, reterr) < 0) {
		return -EINVAL;
	}
	if (text->expect && strcmp(method, "HEAD") == 0) {
		return err_config(reterr, "expect: an answer to HEAD has no body: use "
					  "method = GET, or leave out expect");
	}
	ret_probe->send = arena_printf(
		a, "%s %s%s HTTP/1.1\r\n%sConnection: close\r\n%s\r\n", method,
		*path == '/' ? "" : "/", path, join_headers(a, &headers, name),
		strcmp(method, "POST") == 0 ? "Content-Length: 0\r\n" : "");
	ret_probe->send_len = strlen(ret_probe->send);
	if (ret_probe->send_len > REQUEST_MAX) {
		return err_config(reterr,
				  "http: the request has %zu bytes, at most %d are sent: "
				  "shorten the address or headers",
				  ret_probe->send_len, REQUEST_MAX);
	}
	return 0;
}
