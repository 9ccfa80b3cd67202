/* SPDX-License-Identifier: Apache-2.0 */
#include "core/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "core/parse.h"

bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

const char *skip_uncontrolled(const char *text)
{
	while (*text && !is_control(*text)) {
		text++;
	}
	return text;
}

static bool is_host_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

static int check_name(const char *key, const char *name, struct err *reterr)
{
	size_t len = strlen(name);

	for (const char *s = name; *s; s++) {
		if (!is_host_byte(*s)) {
			return err_config(reterr,
					  "%s: cannot take " SHOWN
					  " for a host: a name has "
					  "letters, digits, '-', '.' and '_'",
					  key, SHOW(name));
		}
	}
	if (len == 0 || len > HOST_NAME_MAX_LEN) {
		return err_config(reterr,
				  "%s: cannot take " SHOWN
				  " for a host: a name has 1 to %d bytes",
				  key, SHOW(name), HOST_NAME_MAX_LEN);
	}
	return 0;
}

static int check_address(const char *key, const char *address, struct err *reterr)
{
	struct in6_addr unused;

	if (inet_pton(AF_INET6, address, &unused) != 1) {
		return err_config(
			reterr,
			"%s: cannot take '[%.80s]' for an IPv6 address: write one "
			"without a zone, for example [::1]",
			key, address);
	}
	return 0;
}

static int parse_port(const char *key, const char *text, uint16_t *ret_port,
		      struct err *reterr)
{
	uint64_t port = 0;

	if (parse_uint(text, UINT16_MAX, &port, NULL) < 0 || port == 0) {
		return err_config(reterr,
				  "%s: cannot take " SHOWN
				  " for a port: write a number from 1 to 65535",
				  key, SHOW(text));
	}
	*ret_port = (uint16_t)port;
	return 0;
}

int endpoint_parse(struct arena *a, const char *key, const char *text,
		   uint16_t default_port, const char **ret_host, uint16_t *ret_port,
		   struct err *reterr)
{
	bool bracketed = text[0] == '[';
	const char *end = bracketed ? strchr(text, ']') : strchrnul(text, ':');
	const char *after = end ? end + bracketed : NULL;
	uint16_t port = default_port;
	const char *host;

	if (!after || (*after && *after != ':')) {
		return err_config(reterr,
				  "%s: cannot parse " SHOWN
				  ": write an IPv6 address as [ADDRESS]:PORT",
				  key, SHOW(text));
	}
	if (*after == ':' && strchr(after + 1, ':')) {
		return err_config(reterr,
				  "%s: cannot parse " SHOWN
				  ": write HOST:PORT, an IPv6 address in brackets, for "
				  "example [::1]:5432",
				  key, SHOW(text));
	}
	host = arena_strndup(a, text + bracketed, (size_t)(end - text) - bracketed);
	if (bracketed ? check_address(key, host, reterr) < 0
		      : check_name(key, host, reterr) < 0) {
		return -EINVAL;
	}
	if (*after == ':' && parse_port(key, after + 1, &port, reterr) < 0) {
		return -EINVAL;
	}
	if (port == 0) {
		return err_config(reterr,
				  "%s: no port in " SHOWN
				  ": write HOST:PORT, for example %.80s:5432",
				  key, SHOW(text), text);
	}
	*ret_host = host;
	*ret_port = port;
	return 0;
}

int endpoint_check_socket(const char *key, const char *path, struct err *reterr)
{
	if ((path[0] != '/' && path[0] != '@') || !path[1]) {
		return err_config(reterr,
				  "%s: cannot take " SHOWN " for a socket: write its "
				  "absolute path, or @NAME for an abstract one",
				  key, SHOW(path));
	}
	if (*skip_uncontrolled(path)) {
		return err_config(reterr,
				  "%s: cannot take " SHOWN
				  " for a socket: it has a control character",
				  key, SHOW(path));
	}
	if (strlen(path) > SOCKET_PATH_MAX) {
		return err_config(reterr,
				  "%s: the path " SHOWN " is too long: the kernel takes "
				  "%d bytes; use a shorter one",
				  key, SHOW(path), SOCKET_PATH_MAX);
	}
	return 0;
}
