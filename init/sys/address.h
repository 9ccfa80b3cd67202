/* SPDX-License-Identifier: Apache-2.0 */
/* An address of core/dns.h as the kernel wants it. */
#ifndef CARDEA_SYS_ADDRESS_H
#define CARDEA_SYS_ADDRESS_H

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "core/dns.h"

/* Its bytes in *ret, all others zero. */
static inline socklen_t address_socket(const struct address *a, uint16_t port,
				       struct sockaddr_storage *ret)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};

	memset(ret, 0, sizeof(*ret));
	if (a->v6) {
		memcpy(&v6.sin6_addr, a->bytes, sizeof(v6.sin6_addr));
		memcpy(ret, &v6, sizeof(v6));
		return sizeof(v6);
	}
	memcpy(&v4.sin_addr, a->bytes, sizeof(v4.sin_addr));
	memcpy(ret, &v4, sizeof(v4));
	return sizeof(v4);
}

#endif
