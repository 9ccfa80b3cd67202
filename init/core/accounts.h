/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading passwd(5) and group(5) line by line, from text that may hold anything.
 */
#ifndef CARDEA_CORE_ACCOUNTS_H
#define CARDEA_CORE_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_MAX UINT32_C(4294967294) /* 4294967295 is -1, "no change" to setresuid(2) */

/*
 * The text of each database, not necessarily NUL-terminated; NULL: there is no such file. A
 * line is used when its name is not empty and its ids are plain numbers up to ID_MAX; what
 * may follow them (gecos, home, shell, members) may be missing, as in glibc and Docker.
 * Every other line is skipped: comments, "+" and "-" of NIS, lines with a NUL. Blanks around
 * a line and CR are no part of it.
 */
struct accounts {
	const char *passwd, *group;
	size_t passwd_len, group_len;
};

/* A stretch of text; p may be NULL when len is 0. */
struct span {
	const char *p;
	size_t len;
};

/* name:password:id:rest */
struct account {
	struct span name;
	uint32_t id;
	struct span rest;
};

/* What is before sep, all of s without one; s moves behind sep. */
struct span span_cut(struct span *s, char sep);

bool span_is(struct span s, const char *text);

/* Digits only, at most ID_MAX. */
bool span_id(struct span s, uint32_t *ret_id);

bool account_is_blank(char c);

/* The next usable line of text, which moves behind it; false at the end. For group. */
bool account_next(struct span *text, struct account *ret_account);

/* The same for passwd, whose second id goes to ret_gid; rest is gecos:home:shell. */
bool account_next_user(struct span *text, struct account *ret_account, uint32_t *ret_gid);

#endif
