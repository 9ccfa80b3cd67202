/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system call ABIs that seccomp tells apart, under each name they go by: libseccomp's and the
 * OCI's (SCMP_ARCH_X86_64), Docker's in includes and excludes (amd64), uname's (x86_64).
 */
#ifndef CARDEA_CORE_CALLARCH_H
#define CARDEA_CORE_CALLARCH_H

#include "core/err.h"
#include "core/types.h"

struct callarch {
	char scmp[12];	 /* what follows SCMP_ARCH_ */
	char docker[12]; /* "" where Docker has no name for it */
	char uname[12];	 /* "" for an ABI that no kernel is native to */
	uint32_t token;	 /* libseccomp's number for it; differs from audit for x32 only */
	uint32_t audit;	 /* AUDIT_ARCH_*, what seccomp_data.arch holds */
	uint32_t nr_execve; /* 0: not known here */
};

/* Sets of ABIs: bit n is callarchs[n]. */
typedef uint32_t archbits_t;
#define ARCHBIT(arch) (UINT32_C(1) << ((arch)-callarchs))
#define CALLARCH_COUNT 23
extern const struct callarch callarchs[CALLARCH_COUNT];

/* The bit that marks an x32 call in seccomp_data.nr (__X32_SYSCALL_BIT). */
#define CALLARCH_X32_BIT UINT32_C(0x40000000)

/* The ABI this binary is built for. */
const struct callarch *callarch_native(void);

/* "SCMP_ARCH_X86_64" -> its row, or NULL. */
const struct callarch *callarch_by_scmp(const char *name);

/* "amd64" -> its row, or NULL. */
const struct callarch *callarch_by_docker(const char *name);

/* Any of the three names, for a command line; NULL when none fits. */
const struct callarch *callarch_by_any(const char *name);

/* The ABIs whose calls a kernel of arch's machine can get at all: i386's and x32's on x86_64. */
archbits_t callarch_machine(const struct callarch *arch);

/* The row that seccomp_data.arch and .nr speak of, or NULL. */
const struct callarch *callarch_by_call(uint32_t audit, uint32_t nr);

#endif
