/* SPDX-License-Identifier: Apache-2.0 */
/* What the core wants from whoever links it: running out of memory is a finding. */
#include "core/arena.h"

#include <stdlib.h>

void mem_exhausted(void)
{
	abort();
}
