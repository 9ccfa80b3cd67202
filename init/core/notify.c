/* SPDX-License-Identifier: Apache-2.0 */
#include "core/notify.h"

#include <string.h>

#define USEC_PER_MSEC 1000

struct value {
	const char *text;
	size_t len;
};

static bool is(const struct value *v, const char *text)
{
	return v->len == strlen(text) && memcmp(v->text, text, v->len) == 0;
}

/* Decimal digits alone. */
static bool take_number(const struct value *v, uint64_t max, uint64_t *ret)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v->len; i++) {
		unsigned digit = (unsigned char)v->text[i] - (unsigned)'0';

		if (digit > 9 || n > (max - digit) / 10) {
			return false;
		}
		n = n * 10 + digit;
	}
	*ret = n;
	return v->len > 0;
}

static bool take_usec(const struct value *v, msec_t *ret)
{
	uint64_t usec;

	if (!take_number(v, INT64_MAX - USEC_PER_MSEC, &usec)) {
		return false;
	}
	*ret = (msec_t)((usec + USEC_PER_MSEC - 1) / USEC_PER_MSEC);
	return true;
}

static bool take_flag(const struct value *v, bool *ret)
{
	*ret |= is(v, "1");
	return is(v, "1");
}

static bool on_ready(struct notify *n, const struct value *v)
{
	return take_flag(v, &n->ready);
}

static bool on_reloading(struct notify *n, const struct value *v)
{
	return take_flag(v, &n->reloading);
}

static bool on_stopping(struct notify *n, const struct value *v)
{
	return take_flag(v, &n->stopping);
}

/* A text that is too long ends before the character that does not fit. */
static bool on_status(struct notify *n, const struct value *v)
{
	size_t len = strnlen(v->text, v->len);

	if (len >= sizeof(n->text)) {
		len = sizeof(n->text) - 1;
		while (len > 0 && ((unsigned char)v->text[len] & 0xc0) == 0x80) {
			len--;
		}
	}
	memcpy(n->text, v->text, len);
	memset(n->text + len, 0, sizeof(n->text) - len);
	n->has_status = true;
	return true;
}

static bool on_watchdog(struct notify *n, const struct value *v)
{
	n->watchdog_failed |= is(v, "trigger");
	return take_flag(v, &n->watchdog) || is(v, "trigger");
}

static bool on_watchdog_usec(struct notify *n, const struct value *v)
{
	return take_usec(v, &n->watchdog_interval);
}

static bool on_extend(struct notify *n, const struct value *v)
{
	return take_usec(v, &n->extend);
}

static bool on_main_pid(struct notify *n, const struct value *v)
{
	uint64_t pid;

	if (!take_number(v, INT32_MAX, &pid) || pid == 0) {
		return false;
	}
	n->main_pid = (int)pid;
	return true;
}

static const struct {
	const char *name;
	bool (*take)(struct notify *n, const struct value *v);
} fields[] = {
	{"READY", on_ready},
	{"RELOADING", on_reloading},
	{"STOPPING", on_stopping},
	{"STATUS", on_status},
	{"MAINPID", on_main_pid},
	{"WATCHDOG", on_watchdog},
	{"WATCHDOG_USEC", on_watchdog_usec},
	{"EXTEND_TIMEOUT_USEC", on_extend},
};

static bool take_line(struct notify *n, const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len);
	struct value name, value;

	if (!equals) {
		return false;
	}
	name = (struct value){line, (size_t)(equals - line)};
	value = (struct value){equals + 1, len - name.len - 1};
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (is(&name, fields[i].name)) {
			return fields[i].take(n, &value);
		}
	}
	return false;
}

bool notify_parse(const char *data, size_t len, struct notify *ret_notify)
{
	struct notify n = {.extend = -1, .watchdog_interval = -1};
	bool said = false;

	while (len > 0) {
		const char *end = memchr(data, '\n', len);
		size_t line = end ? (size_t)(end - data) : len;

		said |= take_line(&n, data, line);
		line += end ? 1 : 0;
		data += line;
		len -= line;
	}
	*ret_notify = n;
	return said;
}
