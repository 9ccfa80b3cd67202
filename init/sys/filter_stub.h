/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instructions that go before libseccomp's: what it cannot express.
 */
#ifndef CARDEA_SYS_FILTER_STUB_H
#define CARDEA_SYS_FILTER_STUB_H

#include "core/bpf.h"
#include "core/callarch.h"

/* What the stub does with the calls of one ABI. All 0: nothing. */
struct filter_stub_arch {
	uint32_t last_call;	  /* calls above it get ENOSYS; 0: none does */
	uint32_t nr_mux[2];	  /* the numbers of socketcall and ipc */
	uint32_t closed_calls[2]; /* their calls that get ENOSYS: bit n is call n */
};

#define FILTER_STUB_MAX 512

/*
 * Write the stub for ABIs, one row for each of callarchs, to ret_insns; returns its length, which is
 * 0 when there is nothing to do. It falls through to what is put behind it.
 */
size_t filter_stub(const struct filter_stub_arch rows[CALLARCH_COUNT],
		   struct sock_filter ret_insns[FILTER_STUB_MAX]);

#endif
