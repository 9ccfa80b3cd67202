/* SPDX-License-Identifier: Apache-2.0 */
/* Name resolution for a probing process: /etc/hosts, then the servers of /etc/resolv.conf over UDP. */
#ifndef CARDEA_SYS_RESOLVE_H
#define CARDEA_SYS_RESOLVE_H

#include "core/dns.h"

/*
 * All addresses of host, which may be one, IPv6 before IPv4. Asks all servers at once, for at most 10 s. NULL with ret
 * written, which holds at least one; else why not, as a part of a sentence. Needs only calls that sys/probe_filter.h allows.
 */
const char *resolve_host(const char *host, struct addresses *ret);

#endif
