/* SPDX-License-Identifier: Apache-2.0 */
#include "core/probe.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/endpoint.h"
#include "core/probe_http.h"
#include "core/search.h"

#define SEND_MAX 4096

/* ---- send and expect: text with escapes -> bytes -------------------------------------------- */

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The byte that the escape behind a backslash stands for, *text moved behind it; -1: none. */
static int read_escape(const char **text)
{
	static const struct {
		char letter, byte;
	} escapes[] = {{'r', '\r'}, {'n', '\n'}, {'t', '\t'}, {'0', '\0'}, {'\\', '\\'}};
	const char *s = *text;
	int high, low;

	for (size_t i = 0; i < ARRAY_LEN(escapes); i++) {
		if (*s == escapes[i].letter) {
			*text = s + 1;
			return escapes[i].byte;
		}
	}
	high = *s == 'x' ? hex_value(s[1]) : -1;
	low = high >= 0 ? hex_value(s[2]) : -1;
	if (low < 0) {
		return -1;
	}
	*text = s + 3;
	return high << 4 | low;
}

static int read_bytes(struct arena *a, const char *key, const char *text, size_t max,
		      const char **ret_bytes, size_t *ret_len, struct err *reterr)
{
	char *bytes = arena_alloc(a, strlen(text) + 1);
	const char *s = text;
	size_t n = 0;

	while (*s) {
		int byte = (unsigned char)*s++;

		if (byte == '\\') {
			byte = read_escape(&s);
		}
		if (byte < 0) {
			return err_config(
				reterr,
				"%s: cannot read the escape '\\%.3s': write \\r "
				"\\n \\t \\0 \\\\ or \\xHH",
				key, s);
		}
		bytes[n++] = (char)byte;
	}
	if (n > max) {
		return err_config(reterr, "%s: it has %zu bytes, at most %zu are taken",
				  key, n, max);
	}
	*ret_bytes = n > 0 ? bytes : NULL;
	*ret_len = n;
	return 0;
}

/* ---- one parser an action ------------------------------------------------------------------- */

static int parse_tcp(struct arena *a, const struct probe_text *text,
		     struct probe *ret_probe, struct err *reterr)
{
	return endpoint_parse(a, "tcp", text->tcp, 0, &ret_probe->host, &ret_probe->port,
			      reterr);
}

static int parse_unix(struct arena *a, const struct probe_text *text,
		      struct probe *ret_probe, struct err *reterr)
{
	(void)a;
	ret_probe->path = text->unix_path;
	return endpoint_check_socket("unix", text->unix_path, reterr);
}

static int parse_file(struct arena *a, const struct probe_text *text,
		      struct probe *ret_probe, struct err *reterr)
{
	(void)a;
	if (text->file[0] != '/' || *skip_uncontrolled(text->file) ||
	    strlen(text->file) >= PATH_MAX) {
		return err_config(reterr,
				  "file: cannot take " SHOWN
				  " for a file: write its absolute path, below %d bytes, "
				  "without control characters",
				  SHOW(text->file), PATH_MAX);
	}
	ret_probe->path = text->file;
	return 0;
}

#define TYPE(t) (1u << (t))

static const struct action {
	const char *key;
	size_t value; /* where struct probe_text has it */
	int (*parse)(struct arena *a, const struct probe_text *text,
		     struct probe *ret_probe, struct err *reterr);
} actions[] = {
	[PROBE_TCP] = {"tcp", offsetof(struct probe_text, tcp), parse_tcp},
	[PROBE_HTTP] = {"http", offsetof(struct probe_text, http), probe_http_parse},
	[PROBE_UNIX] = {"unix", offsetof(struct probe_text, unix_path), parse_unix},
	[PROBE_FILE] = {"file", offsetof(struct probe_text, file), parse_file},
};

/* The other keys, and the actions they belong to. */
static const struct detail {
	const char *key;
	size_t value;
	unsigned types;
	const char *what; /* to write instead */
} details[] = {
	{"send", offsetof(struct probe_text, send), TYPE(PROBE_TCP) | TYPE(PROBE_UNIX),
	 "it belongs to tcp and unix"},
	{"expect", offsetof(struct probe_text, expect),
	 TYPE(PROBE_TCP) | TYPE(PROBE_UNIX) | TYPE(PROBE_HTTP),
	 "it belongs to tcp, unix and http"},
	{"expect_status", offsetof(struct probe_text, expect_status), TYPE(PROBE_HTTP),
	 "it belongs to http"},
	{"headers", offsetof(struct probe_text, headers), TYPE(PROBE_HTTP),
	 "it belongs to http"},
	{"method", offsetof(struct probe_text, method), TYPE(PROBE_HTTP),
	 "it belongs to http"},
};

static const char *value_of(const struct probe_text *text, size_t offset)
{
	const char *value;

	memcpy(&value, (const char *)text + offset, sizeof(value));
	return value;
}

static int find_type(const struct probe_text *text, enum probe_type *ret_type,
		     struct err *reterr)
{
	const char *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (!value_of(text, actions[i].value)) {
			continue;
		}
		if (found) {
			return err_config(
				reterr,
				"%s: there is %s already: a hook has one action, "
				"make two hooks",
				actions[i].key, found);
		}
		found = actions[i].key;
		*ret_type = (enum probe_type)i;
	}
	return found ? 0
		     : err_config(reterr, "tcp: there is no action: write one of tcp, "
					  "http, unix and file");
}

static int check_details(const struct probe_text *text, enum probe_type type,
			 struct err *reterr)
{
	for (size_t i = 0; i < ARRAY_LEN(details); i++) {
		if (value_of(text, details[i].value) &&
		    !(details[i].types & TYPE(type))) {
			return err_config(reterr, "%s: cannot be used with %s: %s",
					  details[i].key, actions[type].key,
					  details[i].what);
		}
	}
	return 0;
}

int probe_parse(struct arena *a, const struct probe_text *text, struct probe *ret_probe,
		struct err *reterr)
{
	struct probe p = {0};

	if (find_type(text, &p.type, reterr) < 0 ||
	    check_details(text, p.type, reterr) < 0) {
		return -EINVAL;
	}
	p.target = value_of(text, actions[p.type].value);
	if (actions[p.type].parse(a, text, &p, reterr) < 0) {
		return -EINVAL;
	}
	if (text->send && read_bytes(a, "send", text->send, SEND_MAX, &p.send,
				     &p.send_len, reterr) < 0) {
		return -EINVAL;
	}
	if (text->expect && read_bytes(a, "expect", text->expect, SEARCH_MAX, &p.expect,
				       &p.expect_len, reterr) < 0) {
		return -EINVAL;
	}
	*ret_probe = p;
	return 0;
}
