/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "core/arena.h"

static jmp_buf exhausted;

/* Instead of the one all the other tests have, which aborts. */
void mem_exhausted(void)
{
	longjmp(exhausted, 1);
}

const char *__asan_default_options(void);

/* Sizes that no machine has are asked for here. */
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void test_alloc(void **state)
{
	static const size_t sizes[] = {0,    1,	   15,	  16, 17, 100,	 3999,
				       4000, 4001, 10000, 1,  0,  65536, 3};
	struct arena a = {0};
	unsigned char *blocks[14];

	(void)state;
	for (size_t i = 0; i < 14; i++) {
		blocks[i] = arena_alloc(&a, sizes[i]);
		assert_int_equal((uintptr_t)blocks[i] % alignof(max_align_t), 0);
		for (size_t j = 0; j < sizes[i]; j++) {
			assert_int_equal(blocks[i][j], 0);
		}
		memset(blocks[i], (int)i + 1, sizes[i]);
	}
	/* No block has written over another. */
	for (size_t i = 0; i < 14; i++) {
		for (size_t j = 0; j < sizes[i]; j++) {
			assert_int_equal(blocks[i][j], i + 1);
		}
	}
	arena_release(&a);
	assert_null(a.head);
	assert_non_null(arena_alloc(&a, 8));
	arena_release(&a);
	arena_release(&a);
}

static void test_large_block_keeps_the_room(void **state)
{
	struct arena a = {0};
	char *first = arena_alloc(&a, 16), *next;

	(void)state;
	arena_alloc(&a, 100000);
	next = arena_alloc(&a, 16);
	assert_ptr_equal(next, first + 16);
	arena_release(&a);
}

static void test_strings(void **state)
{
	struct arena a = {0};
	char *long_text = malloc(9001);

	(void)state;
	assert_non_null(long_text);
	memset(long_text, 'x', 9000);
	long_text[9000] = '\0';
	assert_string_equal(arena_strdup(&a, ""), "");
	assert_string_equal(arena_strdup(&a, "cardea"), "cardea");
	assert_string_equal(arena_strdup(&a, long_text), long_text);
	assert_string_equal(arena_strndup(&a, "cardea", 3), "car");
	assert_string_equal(arena_strndup(&a, "cardea", 100), "cardea");
	assert_string_equal(arena_strndup(&a, "cardea", 0), "");
	assert_string_equal(arena_printf(&a, "%s:%d", "line", 7), "line:7");
	assert_int_equal(strlen(arena_printf(&a, "%s!", long_text)), 9001);
	arena_release(&a);
	free(long_text);
}

static void test_array(void **state)
{
	struct arena a = {0};
	uint64_t *v = arena_array(&a, 10, sizeof(*v));

	(void)state;
	for (size_t i = 0; i < 10; i++) {
		assert_int_equal(v[i], 0);
		v[i] = i;
	}
	arena_release(&a);
}

enum ask { ASK_ALLOC_MAX, ASK_ALLOC_HUGE, ASK_CHUNK, ASK_ARRAY, ASK_PRINTF, ASK_COUNT };

/* True when asking for it ends in mem_exhausted. */
static bool exhausts(struct arena *a, enum ask what)
{
	const wchar_t no_character[] = {0x7ffffffe, 0};

	if (setjmp(exhausted)) {
		return true;
	}
	switch (what) {
	case ASK_ALLOC_MAX:
		arena_alloc(a, SIZE_MAX);
		break;
	case ASK_ALLOC_HUGE:
		arena_alloc(a, SIZE_MAX / 2);
		break;
	case ASK_CHUNK: /* with the chunk's own header more than a size_t holds */
		arena_alloc(a, SIZE_MAX - 16);
		break;
	case ASK_ARRAY:
		arena_array(a, SIZE_MAX / 4, 8);
		break;
	case ASK_PRINTF:
		arena_printf(a, "%ls", no_character);
		break;
	default:
		break;
	}
	return false;
}

static void test_borrowed_memory_is_used_first(void **state)
{
	alignas(max_align_t) char mem[256];
	struct arena a;
	char *in, *out;

	(void)state;
	memset(mem, 'x', sizeof(mem));
	arena_init(&a, mem, sizeof(mem));
	in = arena_alloc(&a, 100);
	assert_true(in >= mem && in + 100 <= mem + sizeof(mem));
	for (size_t i = 0; i < 100; i++) {
		assert_int_equal(in[i], 0);
	}
	out = arena_alloc(&a, 200);
	assert_false(out >= mem && out < mem + sizeof(mem));
	arena_release(&a);
	assert_null(a.head);
	/* Too little for anything is no memory at all. */
	arena_init(&a, mem, 8);
	assert_non_null(arena_alloc(&a, 1));
	arena_release(&a);
}

static void test_exhausted(void **state)
{
	struct arena a = {0};
	char *kept = arena_strdup(&a, "kept");

	(void)state;
	for (enum ask what = 0; what < ASK_COUNT; what++) {
		if (!exhausts(&a, what)) {
			fail_msg("request %d was granted", (int)what);
		}
	}
	assert_false(exhausts(&a, ASK_COUNT));
	assert_string_equal(kept, "kept");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_large_block_keeps_the_room),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_array),
		cmocka_unit_test(test_borrowed_memory_is_used_first),
		cmocka_unit_test(test_exhausted),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
