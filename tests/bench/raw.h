/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls without a libc, for the programs of the benchmark whose own start must
 * cost nothing: the null init and the workload. x86_64 and aarch64, calling conventions
 * as in syscall(2).
 */
#ifndef CARDEA_BENCH_RAW_H
#define CARDEA_BENCH_RAW_H

#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#define RAW_SIGSET_SIZE 8 /* the kernel's sigset_t: 64 bits */

/* Any system call of up to six arguments; returns the kernel's value, a negative errno
 * when it failed. */
static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr, x0 __asm__("x0") = a, x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e,
			 x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
#else
#error "tests/bench/raw.h knows x86_64 and aarch64"
#endif
}

#define raw(nr, a, b, c, d) raw6((nr), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

/*
 * Runs fn(arg) in a child that shares the caller's memory on the stack that ends at top
 * (16-byte aligned), while the caller waits for its exec or exit (vfork(2) with a stack
 * of its own). fn must not return. Returns the child's pid or a negative errno.
 */
long raw_vfork(void (*fn)(void *arg), void *arg, void *top);

/* Where the process begins: args points at argc, then argv, NULL, envp, NULL. Defined by
 * the program. */
_Noreturn void raw_main(long *args);

#ifdef RAW_IMPLEMENTATION
#define RAW_VFORK_FLAGS "0x4111" /* CLONE_VM | CLONE_VFORK | SIGCHLD */
#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n"
	"\tand $-16, %rsp\n\tcall raw_main\n"
	".globl raw_vfork\nraw_vfork:\n\tmov %rdi, %r8\n\tmov %rsi, %r9\n"
	"\tmov %rdx, %rsi\n"
	"\tmov $" RAW_VFORK_FLAGS
	", %edi\n\txor %edx, %edx\n\txor %r10d, %r10d\n\tmov $56, %eax\n"
	"\tsyscall\n\ttest %eax, %eax\n\tjz 1f\n\tret\n"
	"1:\tmov %r9, %rdi\n\tcall *%r8\n\thlt\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tmov x0, sp\n\tbl raw_main\n"
	".globl raw_vfork\nraw_vfork:\n\tmov x9, x0\n\tmov x10, x1\n\tmov x1, x2\n"
	"\tmov x0, #" RAW_VFORK_FLAGS
	"\n\tmov x2, #0\n\tmov x3, #0\n\tmov x4, #0\n\tmov x8, #220\n"
	"\tsvc #0\n\tcbz x0, 1f\n\tret\n1:\tmov x0, x10\n\tblr x9\n\tbrk #0\n");
#endif
#endif

#endif
