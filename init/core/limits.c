/* SPDX-License-Identifier: Apache-2.0 */
#include "core/limits.h"

#include <string.h>
#include <sys/resource.h>

#include "core/parse.h"

#define WORD_MAX 32 /* a name, or a number of 64 bits */

static const struct {
	const char *name;
	int resource;
} limits[] = {
	{"core", RLIMIT_CORE},	       {"cpu", RLIMIT_CPU},
	{"data", RLIMIT_DATA},	       {"fsize", RLIMIT_FSIZE},
	{"locks", RLIMIT_LOCKS},       {"memlock", RLIMIT_MEMLOCK},
	{"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE},
	{"nofile", RLIMIT_NOFILE},     {"nproc", RLIMIT_NPROC},
	{"rss", RLIMIT_RSS},	       {"rtprio", RLIMIT_RTPRIO},
	{"rttime", RLIMIT_RTTIME},     {"sigpending", RLIMIT_SIGPENDING},
	{"stack", RLIMIT_STACK},
};

static const char *candidate(const void *ctx, size_t i)
{
	(void)ctx;
	return i < ARRAY_LEN(limits) ? limits[i].name : NULL;
}

/* The first n bytes of text as a string; false when they are too many for any word. */
static bool word(const char *text, size_t n, char buf[WORD_MAX])
{
	if (n >= WORD_MAX) {
		return false;
	}
	memcpy(buf, text, n);
	buf[n] = '\0';
	return true;
}

static bool parse_value(const char *text, size_t n, uint64_t *ret_value)
{
	static const char *const infinite[] = {"unlimited", "infinity", "-1"};
	char buf[WORD_MAX];

	if (!word(text, n, buf)) {
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(infinite); i++) {
		if (strcmp(buf, infinite[i]) == 0) {
			*ret_value = LIMIT_INFINITY;
			return true;
		}
	}
	return parse_uint(buf, LIMIT_INFINITY - 1, ret_value, NULL) == 0;
}

static int refuse(const char *text, const char *reason, struct err *reterr)
{
	return err_config(reterr, "cannot parse ulimit " SHOWN ": %s", SHOW(text),
			  reason);
}

static int unknown(const char *text, const char *name, struct err *reterr)
{
	const char *near = parse_nearest(name, candidate, NULL);

	if (near) {
		return err_config(reterr,
				  "cannot parse ulimit " SHOWN ": did you mean '%s'?",
				  SHOW(text), near);
	}
	return refuse(
		text,
		"unknown name, expected core, cpu, data, fsize, locks, memlock, "
		"msgqueue, nice, nofile, nproc, rss, rtprio, rttime, sigpending or stack",
		reterr);
}

int limit_parse(const char *text, struct limit *ret_limit, struct err *reterr)
{
	const char *equals = strchr(text, '=');
	const char *value = equals ? equals + 1 : "";
	size_t soft_len = strcspn(value, ":");
	struct limit limit = {0};
	char name[WORD_MAX];
	size_t i = 0;

	if (!equals) {
		return refuse(text, "expected NAME=SOFT[:HARD]", reterr);
	}
	if (!word(text, (size_t)(equals - text), name)) {
		name[0] = '\0';
	}
	while (i < ARRAY_LEN(limits) && strcmp(name, limits[i].name) != 0) {
		i++;
	}
	if (i == ARRAY_LEN(limits)) {
		return unknown(text, name, reterr);
	}
	limit.resource = limits[i].resource;
	if (!parse_value(value, soft_len, &limit.soft)) {
		return refuse(text, "the soft limit is not a number, 'unlimited' or -1",
			      reterr);
	}
	limit.hard = limit.soft;
	value += soft_len;
	if (*value && !parse_value(value + 1, strlen(value + 1), &limit.hard)) {
		return refuse(text, "the hard limit is not a number, 'unlimited' or -1",
			      reterr);
	}
	if (limit.soft > limit.hard) {
		return refuse(text, "the soft limit is above the hard limit", reterr);
	}
	*ret_limit = limit;
	return 0;
}

const char *limit_name(int resource)
{
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		if (limits[i].resource == resource) {
			return limits[i].name;
		}
	}
	return "unknown";
}

static const char *amount(struct arena *a, uint64_t value)
{
	return value == LIMIT_INFINITY
		       ? "unlimited"
		       : arena_printf(a, "%llu", (unsigned long long)value);
}

const char *limit_format(struct arena *a, const struct limit *l)
{
	const char *soft = amount(a, l->soft);

	if (l->soft == l->hard) {
		return arena_printf(a, "%s=%s", limit_name(l->resource), soft);
	}
	return arena_printf(a, "%s=%s:%s", limit_name(l->resource), soft,
			    amount(a, l->hard));
}
