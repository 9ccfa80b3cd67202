/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/probe_filter.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/types.h"

#ifdef __x86_64__
#define NATIVE AUDIT_ARCH_X86_64
#else
#define NATIVE AUDIT_ARCH_AARCH64
#endif

#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define PASS BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF_NOT(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define IF(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, skip, 0)

/* The call passes. An x32 call has another number than any here. */
#define CALL(nr) IF_NOT(nr, 1), PASS
/* It passes when none of the bits is in the argument: an int, so its low half, which comes first on both machines. */
#define CALL_WITHOUT(nr, arg, bits)     \
	IF_NOT(nr, 4), LOAD(args[arg]), \
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1), KILL, PASS

#define WRITING (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

/* Most frequent first. */
static const struct sock_filter insns[] = {
	LOAD(arch),
	IF(NATIVE, 1),
	KILL,
	LOAD(nr),
	CALL(SYS_recvfrom),
	CALL(SYS_sendto),
	CALL(SYS_read),
	CALL(SYS_close),
	CALL(SYS_connect),
	CALL(SYS_rt_sigprocmask),
	CALL(SYS_rt_sigreturn),
	CALL(SYS_exit_group),
	CALL(SYS_ppoll),
#ifdef SYS_poll
	CALL(SYS_poll),
#endif
	CALL(SYS_setsockopt),
	CALL(SYS_getsockname),
	CALL(SYS_fcntl), /* of the libc's open() */
	CALL(SYS_clock_gettime),
	CALL(SYS_getrandom),
	CALL_WITHOUT(SYS_openat, 2, WRITING),
#ifdef SYS_open
	CALL_WITHOUT(SYS_open, 1, WRITING),
#endif
	IF_NOT(SYS_socket, 5),
	LOAD(args[0]),
	IF(AF_UNIX, 2),
	IF(AF_INET, 1),
	IF_NOT(AF_INET6, 1),
	PASS,
	KILL,
};

int probe_filter_load(void)
{
	/* The kernel only reads the program; the type of sock_fprog just does not say so. */
	struct sock_fprog program = {
		.len = ARRAY_LEN(insns),
		.filter = (struct sock_filter *)(uintptr_t)insns,
	};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}
