/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workload of the system tests: one static program that says what it sees and does what it
 * is told, as JSON, one object a line on standard output. It may run where there is nothing
 * else at all (no /proc, no libc, no shell).
 *
 * Signals are handled with raw calls: the libc keeps 32 to 34 for itself.
 */
#ifndef CARDEA_TESTS_PROBE_H
#define CARDEA_TESTS_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- probe_json.c: one line at a time is made, then written in one go ---- */

void json_begin(void);
void json_key(const char *key); /* inside an object */
void json_string(const char *value);
void json_number(long long value);
void json_unsigned(
	unsigned long long value); /* as a string: JSON's numbers end at 2^53 */
void json_null(void);
void json_open(char bracket); /* '{' or '[' */
void json_close(char bracket);
void json_end(void);  /* closes the object and writes the line */
void json_to(int fd); /* lines go there from now on; at first standard output */

/* ---- probe_report.c ---- */

/* Everything a process can ask about itself. */
void report(int argc, char **argv, char **envp);

/* ---- probe_try.c ---- */

/* What a confined process must not be able to do; says for each what the kernel answered. */
void try_forbidden(void);

/* One attempt on a path: "read", "write", "make", "remove", "list", "execute". */
int try_path(const char *what, const char *path);

/* "ok" for 0, "EPERM" and so on; "E123" for what it has no name for. */
const char *errno_name(int errnum);

/* ---- probe_orphans.c ---- */

/*
 * Fork count orphans by way of a middle process that ends at once. how holds the letters
 *   s: each in a session of its own; i: SIGTERM ignored; u: user 4242; h: stays (else ends at once with a
 *   status that must not become anybody's)
 * Returns when each has come that far; 0 or -1.
 */
int orphans(unsigned long count, const char *how);

#endif
