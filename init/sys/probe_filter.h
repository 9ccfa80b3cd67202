/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp filter of a probing process: what connecting, reading and resolving a name need, nothing else. */
#ifndef CARDEA_SYS_PROBE_FILTER_H
#define CARDEA_SYS_PROBE_FILTER_H

/*
 * Load it into the calling process, which has no_new_privs. From here on it opens files for reading only, makes unix and IP
 * sockets only, gets no more memory, writes nothing but to a socket, and dies (SIGSYS) of every other call. 0, or -1 with errno.
 */
int probe_filter_load(void);

#endif
