/* SPDX-License-Identifier: Apache-2.0 */
/* What the core wants from whoever links it. Weak: a test may bring its own. */
#include "core/arena.h"

#include <stdio.h>
#include <stdlib.h>

__attribute__((weak)) void mem_exhausted(void)
{
	fprintf(stderr, "the core is out of memory\n");
	abort();
}
