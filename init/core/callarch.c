/* SPDX-License-Identifier: Apache-2.0 */
#include "core/callarch.h"

#include <linux/audit.h>
#include <linux/elf-em.h>
#include <string.h>

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif
#ifndef AUDIT_ARCH_LOONGARCH64
#define AUDIT_ARCH_LOONGARCH64 (EM_LOONGARCH | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE)
#endif
/* libseccomp's own number: x32 calls carry x86_64's AUDIT_ARCH. */
#define TOKEN_X32 (EM_X86_64 | __AUDIT_ARCH_LE)

#define ROW(name, docker_name, uname_name, nr)                                          \
	{                                                                               \
		.scmp = #name, .docker = docker_name, .uname = uname_name,              \
		.token = AUDIT_ARCH_##name, .audit = AUDIT_ARCH_##name, .nr_execve = nr \
	}
#define AUDIT_ARCH_X86 AUDIT_ARCH_I386
#ifndef AUDIT_ARCH_SHEB
#define AUDIT_ARCH_SHEB AUDIT_ARCH_SH
#endif

const struct callarch callarchs[CALLARCH_COUNT] = {
	ROW(X86, "x86", "i386", 11),
	ROW(X86_64, "amd64", "x86_64", 59),
	{.scmp = "X32",
	 .docker = "x32",
	 .uname = "",
	 .token = TOKEN_X32,
	 .audit = AUDIT_ARCH_X86_64,
	 .nr_execve = CALLARCH_X32_BIT + 520},
	ROW(ARM, "arm", "arm", 11),
	ROW(AARCH64, "arm64", "aarch64", 221),
	ROW(LOONGARCH64, "loong64", "loongarch64", 221),
	ROW(M68K, "", "m68k", 11),
	ROW(MIPS, "mips", "", 0),
	ROW(MIPS64, "mips64", "mips64", 0),
	ROW(MIPS64N32, "mips64n32", "", 0),
	ROW(MIPSEL, "mipsel", "", 0),
	ROW(MIPSEL64, "mipsel64", "mips64el", 0),
	ROW(MIPSEL64N32, "mipsel64n32", "", 0),
	ROW(PARISC, "", "parisc", 11),
	ROW(PARISC64, "", "parisc64", 11),
	ROW(PPC, "ppc", "ppc", 11),
	ROW(PPC64, "ppc64", "ppc64", 11),
	ROW(PPC64LE, "ppc64le", "ppc64le", 11),
	ROW(RISCV64, "riscv64", "riscv64", 221),
	ROW(S390, "s390", "s390", 11),
	ROW(S390X, "s390x", "s390x", 11),
	ROW(SH, "", "sh4", 11),
	ROW(SHEB, "", "sh4eb", 11),
};

const struct callarch *callarch_native(void)
{
#if defined(__x86_64__)
	return &callarchs[1];
#elif defined(__aarch64__)
	return &callarchs[4];
#else
#error "cardea is built for x86_64 and aarch64"
#endif
}

/* Each row holds its names in arrays of one size, at the same place in each row. */
static const struct callarch *find(size_t offset, const char *name)
{
	for (size_t i = 0; name[0] && i < ARRAY_LEN(callarchs); i++) {
		if (strcmp((const char *)&callarchs[i] + offset, name) == 0) {
			return &callarchs[i];
		}
	}
	return NULL;
}

const struct callarch *callarch_by_scmp(const char *name)
{
	static const char prefix[] = "SCMP_ARCH_";

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0) {
		return NULL;
	}
	return find(offsetof(struct callarch, scmp), name + sizeof(prefix) - 1);
}

const struct callarch *callarch_by_docker(const char *name)
{
	return find(offsetof(struct callarch, docker), name);
}

const struct callarch *callarch_by_any(const char *name)
{
	const struct callarch *arch = callarch_by_scmp(name);

	if (!arch) {
		arch = callarch_by_docker(name);
	}
	return arch ? arch : find(offsetof(struct callarch, uname), name);
}

archbits_t callarch_machine(const struct callarch *arch)
{
	switch (arch->token) {
	case AUDIT_ARCH_X86_64:
		return ARCHBIT(arch) | ARCHBIT(&callarchs[0]) | ARCHBIT(&callarchs[2]);
	case AUDIT_ARCH_AARCH64:
		return ARCHBIT(arch) | ARCHBIT(&callarchs[3]);
	default:
		return ARCHBIT(arch);
	}
}

const struct callarch *callarch_by_call(uint32_t audit, uint32_t nr)
{
	bool x32 = audit == AUDIT_ARCH_X86_64 && (nr & CALLARCH_X32_BIT);

	for (size_t i = 0; i < ARRAY_LEN(callarchs); i++) {
		const struct callarch *arch = &callarchs[i];

		if (arch->audit == audit && (arch->token == TOKEN_X32) == x32) {
			return arch;
		}
	}
	return NULL;
}
