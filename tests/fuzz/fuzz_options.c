/* SPDX-License-Identifier: Apache-2.0 */
/* Any command line: the words are the input's NUL- or newline-separated pieces. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/options.h"
#include "core/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct strv argv = {0};
	struct options o;
	struct err err = {0};
	size_t begin = 0;

	for (size_t i = 0; i <= size; i++) {
		if (i == size || data[i] == '\0' || data[i] == '\n') {
			strv_push(
				&a, &argv,
				arena_strndup(&a, (const char *)data + begin, i - begin));
			begin = i + 1;
		}
	}
	if (options_parse(&a, argv.v, &o, &err) == 0) {
		/* What is left is the end of argv itself. */
		if (o.args < argv.v || o.args > argv.v + argv.n) {
			abort();
		}
	} else if (!strstr(err.text, "see 'cardea --help'")) {
		abort();
	}
	arena_release(&a);
	return 0;
}
