/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/relro.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* The program's first byte in memory; the linker defines it. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

int relro_protect(struct err *reterr)
{
	const char *base = (const char *)&__ehdr_start;
	const ElfW(Phdr) *ph = (const void *)(base + __ehdr_start.e_phoff);
	uintptr_t mask = ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);

	for (unsigned i = 0; i < __ehdr_start.e_phnum; i++) {
		uintptr_t begin, end;

		if (ph[i].p_type != PT_GNU_RELRO) {
			continue;
		}
		/* Whole pages only: what shares the last one with .data stays writable. */
		begin = ((uintptr_t)base + ph[i].p_vaddr) & mask;
		end = ((uintptr_t)base + ph[i].p_vaddr + ph[i].p_memsz) & mask;
		if (begin < end && mprotect((void *)begin, end - begin, PROT_READ) != 0) {
			return err_system(reterr, errno,
					  "cannot make relocated data read-only");
		}
	}
	return 0;
}
