/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The linker marks what nobody writes to after relocation (tables of pointers, the GOT); a dynamic
 * loader makes it read-only. A static-pie of musl relocates itself and leaves it writable.
 */
#ifndef CARDEA_SYS_RELRO_H
#define CARDEA_SYS_RELRO_H

#include "core/err.h"

/*
 * Make the program's own GNU_RELRO segment read-only, for this process and those it forks. One
 * system call; first thing in main. 0, or a negative errno when the kernel refuses.
 * Source: System V gABI, elf(5) (PT_GNU_RELRO), mprotect(2).
 */
int relro_protect(struct err *reterr);

#endif
