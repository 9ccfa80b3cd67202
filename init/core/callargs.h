/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many bits of a system call's argument the kernel reads. A filter sees the whole register: a
 * condition on all 64 bits of an int is passed by setting a bit that the kernel never looks at.
 */
#ifndef CARDEA_CORE_CALLARGS_H
#define CARDEA_CORE_CALLARGS_H

#include "core/types.h"

/*
 * The bits of argument index (0..5) that count, for a call by its name: UINT64_MAX for all of them
 * and for what is not known. The widths are those of the kernel's SYSCALL_DEFINE on a 64-bit machine.
 */
uint64_t callargs_mask(const char *name, unsigned index);

#endif
