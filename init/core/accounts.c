/* SPDX-License-Identifier: Apache-2.0 */
#include "core/accounts.h"

#include <string.h>

#include "core/types.h"

bool account_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool span_is(struct span s, const char *text)
{
	return strlen(text) == s.len && memcmp(s.p, text, s.len) == 0;
}

struct span span_cut(struct span *s, char sep)
{
	const char *at = s->len > 0 ? memchr(s->p, sep, s->len) : NULL;
	struct span head = {s->p, at ? (size_t)(at - s->p) : s->len};
	size_t skip = head.len + (at ? 1 : 0);

	if (skip > 0) {
		s->p += skip;
		s->len -= skip;
	}
	return head;
}

static struct span span_trim(struct span s)
{
	while (s.len > 0 && account_is_blank(s.p[s.len - 1])) {
		s.len--;
	}
	while (s.len > 0 && account_is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	return s;
}

bool span_id(struct span s, uint32_t *ret_id)
{
	uint64_t value = 0;

	if (s.len == 0) {
		return false;
	}
	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.p[i])) {
			return false;
		}
		value = value * 10 + (uint64_t)(s.p[i] - '0');
		if (value > ID_MAX) {
			return false;
		}
	}
	*ret_id = (uint32_t)value;
	return true;
}

bool account_next(struct span *text, struct account *ret_account)
{
	while (text->len > 0) {
		struct span line = span_trim(span_cut(text, '\n'));
		struct account e;

		if (line.len == 0 || strchr("#+-:", line.p[0]) ||
		    memchr(line.p, '\0', line.len)) {
			continue;
		}
		e.name = span_cut(&line, ':');
		span_cut(&line, ':');
		if (span_id(span_cut(&line, ':'), &e.id)) {
			e.rest = line;
			*ret_account = e;
			return true;
		}
	}
	return false;
}

bool account_next_user(struct span *text, struct account *ret_account, uint32_t *ret_gid)
{
	struct account e;

	while (account_next(text, &e)) {
		if (span_id(span_cut(&e.rest, ':'), ret_gid)) {
			*ret_account = e;
			return true;
		}
	}
	return false;
}
