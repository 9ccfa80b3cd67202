/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that lives as long as one phase: everything read, parsed and planned before main
 * starts is allocated from an arena and released in one go. Not for secrets: an arena is
 * not wiped (sys/secret.h has memory that is).
 */
#ifndef CARDEA_CORE_ARENA_H
#define CARDEA_CORE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_chunk;

/* Zero-initialise to begin: struct arena a = {0}. */
struct arena {
	struct arena_chunk *head;
};

/*
 * Begin with size bytes at mem, which the caller owns and keeps until the last release: a small start then needs no
 * malloc at all. mem must be aligned for any type.
 */
void arena_init(struct arena *a, void *mem, size_t size);

/*
 * n zeroed bytes, aligned for any type; n may be 0. Never NULL: when memory is exhausted
 * it calls mem_exhausted() and does not return. The arena owns the result.
 */
void *arena_alloc(struct arena *a, size_t n);

/* As arena_alloc for count elements of size bytes; an overflow counts as exhaustion. */
void *arena_array(struct arena *a, size_t count, size_t size);

/* A copy of s, or of its first n bytes, NUL-terminated. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);

/* A string made as printf makes it. */
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* Free everything; the arena is empty and usable again. */
void arena_release(struct arena *a);

/*
 * Not defined in the core: the program ends the start with STATUS_SYSTEM and a message, a
 * test does what it likes. Must not return.
 */
_Noreturn void mem_exhausted(void);

#endif
