/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines of the programs that cardea stands in for, for the tests of what becomes of them. */
#ifndef CARDEA_TESTS_PERSONAS_H
#define CARDEA_TESTS_PERSONAS_H

#include "core/personality.h"

#define WORDS 8
#define TINI PERSONALITY_TINI
#define DUMB PERSONALITY_DUMB_INIT
#define CATA PERSONALITY_CATATONIT
#define GOSU PERSONALITY_GOSU
#define SU PERSONALITY_SU_EXEC

/* argv[0] of each. */
extern const char *const persona_names[PERSONALITY_COUNT];

/* first, if any, and words up to NULL, in memory of a. */
char **persona_vector(struct arena *a, const char *first, const char *const *words);

/* The persona of "NAME WORD..." in environment env. */
struct persona persona_of(struct arena *a, enum personality who, const char *const *words,
			  const char *const *env);

#endif
