/* SPDX-License-Identifier: Apache-2.0 */
#include "core/profile_read.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <string.h>

#include "core/parse.h"

#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000U
#endif

#define ERRNO_MAX 4095 /* the kernel's MAX_ERRNO, the most that SECCOMP_RET_ERRNO gives */

void reader_bad(struct reader *r, const struct json_path *at, const char *fmt, ...)
{
	struct origin origin = {.source = r->source};
	va_list ap;

	if (r->n_bad++ >= READER_BAD_MAX) {
		return;
	}
	origin.line = json_line(r->text, r->len, at);
	va_start(ap, fmt);
	problems_add(r->p, origin, "%s", arena_vprintf(r->a, fmt, ap));
	va_end(ap);
}

static bool is_array(struct reader *r, const json_t *v, const struct json_path *at)
{
	if (!json_is_array(v)) {
		reader_bad(r, at, "%s must be an array, not %s", at->key, json_kind(v));
		return false;
	}
	return true;
}

/* The text of a value, or NULL after a problem. */
const char *reader_text(struct reader *r, const json_t *v, const struct json_path *at)
{
	uint64_t number;

	if (!json_is_string(v) || json_get_u64(v, &number)) {
		reader_bad(r, at, "%s must be a text, not %s",
			   at->key ? at->key : at->up->key, json_kind(v));
		return NULL;
	}
	return json_string_value(v);
}

bool reader_number(struct reader *r, const json_t *v, const struct json_path *at,
		   uint64_t max, uint64_t *ret)
{
	uint64_t value;

	if (!json_get_u64(v, &value)) {
		reader_bad(r, at, "%s must be a whole number from 0 to 2^64-1", at->key);
		return false;
	}
	if (value > max) {
		reader_bad(r, at, "%s is %llu, more than %llu", at->key,
			   (unsigned long long)value, (unsigned long long)max);
		return false;
	}
	*ret = value;
	return true;
}

static const char *next_member(const void *ctx, size_t i)
{
	const struct shape *shape = ctx;

	return i < shape->n ? shape->members[i].key : NULL;
}

/* Comments, and what other tools keep for themselves, change nothing. */
static bool is_foreign(const char *key)
{
	return strcmp(key, "comment") == 0 || strcmp(key, "$schema") == 0 ||
	       key[0] == '_' || strncmp(key, "x-", 2) == 0;
}

static void unknown_member(struct reader *r, const struct shape *shape,
			   const struct json_path *at)
{
	const char *near = parse_nearest(at->key, next_member, shape);

	if (near) {
		reader_bad(r, at, "unknown member '%s' of %s: did you mean '%s'?",
			   at->key, shape->what, near);
	} else {
		reader_bad(r, at, "unknown member '%s' of %s", at->key, shape->what);
	}
}

/* Every member of v to its reader; null is as good as absent, as it is to moby. */
void reader_object(struct reader *r, const json_t *v, const struct json_path *at,
		   const struct shape *shape, void *out)
{
	const char *key;
	json_t *value;

	if (!json_is_object(v)) {
		reader_bad(r, at, "%s must be an object, not %s", shape->what,
			   json_kind(v));
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)v, key, value)
	{
		struct json_path here = {.up = at, .key = key};
		const struct member *m = NULL;

		for (size_t i = 0; i < shape->n && !m; i++) {
			m = strcmp(shape->members[i].key, key) == 0 ? &shape->members[i]
								    : NULL;
		}
		if (!m && !is_foreign(key)) {
			unknown_member(r, shape, &here);
		} else if (m && m->read && !json_is_null(value)) {
			m->read(r, value, &here, out);
		}
	}
}

/* Every element of the array v to read. */
void reader_array(struct reader *r, const json_t *v, const struct json_path *at,
		  member_reader *read, void *out)
{
	for (size_t i = 0; is_array(r, v, at) && i < json_array_size(v); i++) {
		struct json_path here = {.up = at, .index = i};

		read(r, json_array_get(v, i), &here, out);
	}
}

/* ---- actions ------------------------------------------------------------------------- */

static const struct {
	char name[14]; /* what follows SCMP_ACT_ */
	uint32_t action;
} actions[] = {
	{"KILL", SECCOMP_RET_KILL_THREAD},
	{"KILL_THREAD", SECCOMP_RET_KILL_THREAD},
	{"KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
	{"TRAP", SECCOMP_RET_TRAP},
	{"ERRNO", SECCOMP_RET_ERRNO},
	{"TRACE", SECCOMP_RET_TRACE},
	{"ALLOW", SECCOMP_RET_ALLOW},
	{"LOG", SECCOMP_RET_LOG},
	{"NOTIFY", SECCOMP_RET_USER_NOTIF},
};

void reader_action(struct reader *r, const json_t *v, const struct json_path *at,
		   void *out)
{
	static const char prefix[] = "SCMP_ACT_";
	struct action_text *action = out;
	const char *text = reader_text(r, v, at);

	action->given = true;
	for (size_t i = 0; text && i < ARRAY_LEN(actions); i++) {
		if (strncmp(text, prefix, sizeof(prefix) - 1) == 0 &&
		    strcmp(text + sizeof(prefix) - 1, actions[i].name) == 0) {
			action->action = actions[i].action;
			if (action->action == SECCOMP_RET_USER_NOTIF) {
				reader_bad(r, at,
					   "SCMP_ACT_NOTIFY needs a listener outside the "
					   "container, which an entrypoint has not");
			}
			return;
		}
	}
	if (text) {
		reader_bad(
			r, at,
			"unknown action '%s': SCMP_ACT_ALLOW, ERRNO, LOG, TRACE, TRAP, KILL, "
			"KILL_THREAD or KILL_PROCESS",
			text);
	}
}

void reader_errno(struct reader *r, const json_t *v, const struct json_path *at,
		  void *out)
{
	struct action_text *action = out;

	action->with_errno =
		reader_number(r, v, at, SECCOMP_RET_DATA, &action->errno_ret);
}

/* The filter's answer. Without a number ERRNO and TRACE have EPERM, as in runc. */
uint32_t reader_finish_action(struct reader *r, const struct action_text *t,
			      const struct json_path *object, const char *action_key,
			      const char *errno_key)
{
	struct json_path at = {.up = object, .key = errno_key};
	bool takes = t->action == SECCOMP_RET_ERRNO || t->action == SECCOMP_RET_TRACE;

	if (!t->given) {
		reader_bad(r, object, "%s is missing", action_key);
	} else if (t->with_errno && !takes) {
		reader_bad(r, &at, "%s is for SCMP_ACT_ERRNO and SCMP_ACT_TRACE only",
			   errno_key);
	} else if (t->action == SECCOMP_RET_ERRNO && t->errno_ret > ERRNO_MAX) {
		reader_bad(r, &at, "%s is %llu, more than %d", errno_key,
			   (unsigned long long)t->errno_ret, ERRNO_MAX);
	} else if (takes) {
		return t->action | (t->with_errno ? (uint32_t)t->errno_ret : EPERM);
	}
	return t->action;
}

/* The comment of an object, if it has one that is a text. */
const char *reader_comment(struct reader *r, const json_t *v)
{
	const char *text = json_string_value(json_object_get(v, "comment"));

	return text && text[0] ? arena_strdup(r->a, text) : NULL;
}
