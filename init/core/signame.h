/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signal names. Numbers are the running kernel's; RTMIN is 34 and RTMAX 64, as in
 * Docker and glibc.
 */
#ifndef CARDEA_CORE_SIGNAME_H
#define CARDEA_CORE_SIGNAME_H

#include "core/err.h"
#include "core/types.h"

/*
 * "SIGTERM", "TERM", "15", "SIGRTMIN+3", "RTMIN+3", "RTMAX-1", any case; 1..SIGNAL_MAX.
 * 0 or -EINVAL with a suggestion.
 */
int signal_parse(const char *text, int *ret_signal, struct err *reterr);

#define SIGNAL_NAME_MAX 16

/*
 * "SIGTERM", "SIGRTMIN+3"; 32 and 33 and what is out of range by number. Returns buf.
 * Safe in the loop.
 */
const char *signal_name(int sig, char buf[SIGNAL_NAME_MAX]);

#endif
