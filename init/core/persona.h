/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the personalities; for core/persona*.c only. */
#ifndef CARDEA_CORE_PERSONA_H
#define CARDEA_CORE_PERSONA_H

#include "core/personality.h"
#include "core/scan.h"

struct persona_start {
	struct arena *arena;
	char *const *argv;
	char *const *envp;
	const char *name;    /* argv[0], or the program's own name where there is none */
	const char *version; /* cardea's */
};

/* One for each personality; ret_persona comes zeroed but for verbosity and policy. */
void persona_tini(const struct persona_start *start, struct persona *ret_persona);
void persona_dumb_init(const struct persona_start *start, struct persona *ret_persona);
void persona_catatonit(const struct persona_start *start, struct persona *ret_persona);
void persona_gosu(const struct persona_start *start, struct persona *ret_persona);
void persona_su_exec(const struct persona_start *start, struct persona *ret_persona);

/* The value of an environment variable, or NULL. */
const char *persona_env(const struct persona_start *start, const char *name);

/* The walk over argv behind its name. */
struct scan persona_scan(const struct persona_start *start,
			 const struct scan_option *options, size_t n);

/* Make it a PERSONA_PRINT. */
void persona_print(struct persona *p, int fd, int status, const char *text);

/* "tini: unknown option '-x'" and so on, with a newline, for a step that is a mistake. */
const char *persona_option_text(const struct persona_start *start,
				const struct scan *scan, enum scan_step step);

/* The last component of a path. */
const char *persona_basename(const char *path);

/* The text of "license" options. */
extern const char persona_license[];

#endif
