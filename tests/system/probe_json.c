/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

static struct {
	char *text;
	size_t n, room;
	bool comma; /* something stands before on this level */
	int fd;
} line = {.fd = STDOUT_FILENO};

void json_to(int fd)
{
	line.fd = fd;
}

static void put(const char *s, size_t n)
{
	if (line.n + n > line.room) {
		line.room = (line.n + n) * 2;
		line.text = realloc(line.text, line.room);
		if (!line.text) {
			_exit(99);
		}
	}
	memcpy(line.text + line.n, s, n);
	line.n += n;
}

static void separate(void)
{
	if (line.comma) {
		put(",", 1);
	}
	line.comma = true;
}

void json_begin(void)
{
	line.n = 0;
	line.comma = false;
	json_open('{');
}

/* Every byte that is not plain ASCII becomes \u00NN: the reader gets the bytes as Latin-1. */
static void quoted(const char *s)
{
	put("\"", 1);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		char escape[8];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\') {
			put(escape,
			    (size_t)snprintf(escape, sizeof(escape), "\\u%04x", c));
		} else {
			put(s, 1);
		}
	}
	put("\"", 1);
}

void json_key(const char *key)
{
	separate();
	quoted(key);
	put(":", 1);
	line.comma = false;
}

void json_string(const char *value)
{
	separate();
	quoted(value);
}

void json_number(long long value)
{
	char digits[24];

	separate();
	put(digits, (size_t)snprintf(digits, sizeof(digits), "%lld", value));
}

void json_unsigned(unsigned long long value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", value);
	json_string(digits);
}

void json_null(void)
{
	separate();
	put("null", 4);
}

void json_open(char bracket)
{
	separate();
	put(&bracket, 1);
	line.comma = false;
}

void json_close(char bracket)
{
	put(&bracket, 1);
	line.comma = true;
}

void json_end(void)
{
	size_t done = 0;

	put("}\n", 2);
	while (done < line.n) {
		ssize_t n = write(line.fd, line.text + done, line.n - done);

		if (n < 0) {
			return;
		}
		done += (size_t)n;
	}
}
