/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What profile_parse.c and profile_rule.c share: walking JSON by tables of members, and saying where
 * something is wrong. Nobody else includes it.
 */
#ifndef CARDEA_CORE_PROFILE_READ_H
#define CARDEA_CORE_PROFILE_READ_H

#include "core/json.h"
#include "core/profile.h"

/* The text being read, and where its mistakes go. */
struct reader {
	struct arena *a;
	const char *source;
	const char *text;
	size_t len;
	struct problems *p;
	size_t n_bad; /* mistakes so far, also those past READER_BAD_MAX */
};

/* Finding a line means reading the text again: a file that is all mistakes must not take minutes. */
#define READER_BAD_MAX 50

/* Takes the value v that the way at leads to, and puts what it says into out. */
typedef void member_reader(struct reader *r, const json_t *v, const struct json_path *at,
			   void *out);

/* A member that an object may have. */
struct member {
	char key[20];
	member_reader *read;
};

/* An object's members, and what to call it. */
struct shape {
	const char *what;
	const struct member *members;
	size_t n;
};
#define SHAPE(name, table)                                            \
	{                                                             \
		.what = name, .members = table, .n = ARRAY_LEN(table) \
	}

/* An action as it is spread over two members, until both have been read. */
struct action_text {
	bool given, with_errno;
	uint32_t action;
	uint64_t errno_ret;
};

/* Append a mistake at the line that at leads to. */
void reader_bad(struct reader *r, const struct json_path *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The text of a value, owned by it, or NULL after a mistake. */
const char *reader_text(struct reader *r, const json_t *v, const struct json_path *at);

/* A whole number up to max; false after a mistake. */
bool reader_number(struct reader *r, const json_t *v, const struct json_path *at,
		   uint64_t max, uint64_t *ret);

/* Every member of the object v to its reader; null is as good as absent, as it is to moby. */
void reader_object(struct reader *r, const json_t *v, const struct json_path *at,
		   const struct shape *shape, void *out);

/* Every element of the array v to read. */
void reader_array(struct reader *r, const json_t *v, const struct json_path *at,
		  member_reader *read, void *out);

/* The members that make an action; out is a struct action_text. */
member_reader reader_action, reader_errno;

/* The filter's answer, once object has been read. Without a number ERRNO and TRACE have EPERM (runc). */
uint32_t reader_finish_action(struct reader *r, const struct action_text *t,
			      const struct json_path *object, const char *action_key,
			      const char *errno_key);

/* The comment of an object, if it has one that is a text. */
const char *reader_comment(struct reader *r, const json_t *v);

/* An element of "syscalls". *out is where the pointer to the rule belongs, then to the next's. */
struct rule_list {
	struct profile_rule **end;
};
member_reader profile_read_rule;

#endif
