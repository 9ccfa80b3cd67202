/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What went wrong. A function that can fail takes a struct err last, fills it once and
 * only on failure, and returns a negative errno. Its caller adds nothing: main.c prints
 * it and exits with its status. Input with many mistakes is reported in a struct
 * problems instead, all of them in one go, each with its place.
 */
#ifndef CARDEA_CORE_ERR_H
#define CARDEA_CORE_ERR_H

#include "core/arena.h"

#define ERR_TEXT_MAX 1024

/*
 * A text of the user's in a message, quoted and cut after SHOWN_MAX bytes:
 * err_config(reterr, "cannot find user " SHOWN ": ...", SHOW(name)). What it may hold
 * is made harmless by the log, not here.
 */
#define SHOWN_MAX 80
#define SHOWN "'%.80s%s'"
#define SHOW(text) (text), err_shown_rest(text)

/* "..." when SHOWN cuts text, else "". */
const char *err_shown_rest(const char *text);

struct err {
	int status; /* the exit status it leads to, one of enum exit_status */
	char text[ERR_TEXT_MAX];
};

/* A mistake of the user's: status STATUS_CONFIG. reterr may be NULL. Returns -EINVAL. */
int err_config(struct err *reterr, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * A refused or failed system call: status STATUS_SYSTEM; ": " and the system's reason for
 * errnum (> 0) are added to the text. reterr may be NULL. Returns -errnum.
 */
int err_system(struct err *reterr, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Where a value comes from. */
struct origin {
	const char *source; /* a file's path, "--set", "environment", ...; never NULL */
	unsigned line;	    /* from 1; 0 where there are no lines */
};

struct problem {
	struct problem *next;
	struct origin at;
	const char *text;
};

/* In the order found. Begin with {.arena = a}; the arena owns all of it. */
struct problems {
	struct arena *arena;
	struct problem *first, *last;
	size_t n;
};

/* Append one. at.source is kept, not copied. */
void problems_add(struct problems *p, struct origin at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Each source's problems together and in the order of its lines, sources as they first
 * come up: as a person goes through the files.
 */
void problems_sort(struct problems *p);

/* "source:line: text" or "source: text", allocated from arena a. */
const char *problem_format(struct arena *a, const struct problem *p);

#endif
