/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seccomp programs (classic BPF over struct seccomp_data): are they ones the kernel takes, and what
 * do they answer. The start refuses by it a program that cannot work, the tests simulate with it.
 * The rules are those of the kernel's bpf_check_classic() and seccomp_check_filter().
 */
#ifndef CARDEA_CORE_BPF_H
#define CARDEA_CORE_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "core/callarch.h"
#include "core/err.h"
#include "core/types.h"

/* As many instructions as the kernel takes in one program (BPF_MAXINSNS). */
#define BPF_INSNS_MAX 4096

/* 0, or -EINVAL with the first instruction that the kernel would refuse and why. */
int bpf_validate(const struct sock_filter *insns, size_t n, struct err *reterr);

/*
 * What a validated program answers to one call: SECCOMP_RET_* with its data. ret_steps (may be NULL)
 * gets the number of instructions run.
 */
uint32_t bpf_run(const struct sock_filter *insns, size_t n,
		 const struct seccomp_data *data, unsigned *ret_steps);

/*
 * Whether a validated program answers to call nr of audit (AUDIT_ARCH_*) without looking at anything
 * else, then with *ret_answer. Such a call that is allowed costs next to nothing: since Linux 5.11 the
 * kernel finds this out in the same way, once, and no longer runs the program for it.
 */
bool bpf_is_constant(const struct sock_filter *insns, size_t n, uint32_t audit,
		     uint32_t nr, uint32_t *ret_answer);

/* The length of the longest way through a validated program. */
unsigned bpf_depth(const struct sock_filter *insns, size_t n);

/* Whether a call goes on when this is the answer: SECCOMP_RET_ALLOW and SECCOMP_RET_LOG. */
bool bpf_lets_pass(uint32_t answer);

/*
 * 0 when a validated program lets arch's execve pass, without which main cannot start; -EINVAL
 * otherwise, saying what it answers, or for which other architecture it was made.
 */
int bpf_check_exec(const struct sock_filter *insns, size_t n, const struct callarch *arch,
		   struct err *reterr);

/* "allow", "errno 1", "kill the process", ...: an answer in words, into buf, which is returned. */
#define BPF_ANSWER_MAX 40
const char *bpf_answer(uint32_t answer, char buf[BPF_ANSWER_MAX]);

#endif
