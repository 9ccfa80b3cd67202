/* SPDX-License-Identifier: Apache-2.0 */
#include "core/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One page with malloc's own header: most starts never need a second chunk. */
#define CHUNK_SIZE 4000

struct arena_chunk {
	struct arena_chunk *next;
	size_t used;
	size_t size;
	bool borrowed; /* not from malloc */
	alignas(max_align_t) char data[];
};

static struct arena_chunk *chunk_new(size_t size)
{
	struct arena_chunk *c = NULL;

	if (size <= SIZE_MAX - sizeof(*c)) {
		c = calloc(1, sizeof(*c) + size);
	}
	if (!c) {
		mem_exhausted();
	}
	c->size = size;
	return c;
}

void arena_init(struct arena *a, void *mem, size_t size)
{
	struct arena_chunk *c = mem;

	*a = (struct arena){0};
	if (size > sizeof(*c)) {
		memset(mem, 0, size);
		c->size = size - sizeof(*c);
		c->borrowed = true;
		a->head = c;
	}
}

void *arena_alloc(struct arena *a, size_t n)
{
	const size_t align = alignof(max_align_t);
	struct arena_chunk *c = a->head;
	size_t need;

	if (n > SIZE_MAX - align) {
		mem_exhausted();
	}
	need = (n + align - 1) / align * align;
	if (!c || need > c->size - c->used) {
		c = chunk_new(need > CHUNK_SIZE ? need : CHUNK_SIZE);
		/*
		 * A large block gets a chunk of its own behind the head, which may have
		 * room left.
		 */
		if (a->head && need > CHUNK_SIZE) {
			c->next = a->head->next;
			a->head->next = c;
		} else {
			c->next = a->head;
			a->head = c;
		}
	}
	c->used += need;
	return c->data + c->used - need;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n)) {
		mem_exhausted();
	}
	return arena_alloc(a, n);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = arena_alloc(a, len + 1);

	memcpy(copy, s, len);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, SIZE_MAX - 1);
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0) {
		mem_exhausted();
	}
	text = arena_alloc(a, (size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	return text;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return text;
}

void arena_release(struct arena *a)
{
	while (a->head) {
		struct arena_chunk *c = a->head;

		a->head = c->next;
		if (!c->borrowed) {
			free(c);
		}
	}
}
