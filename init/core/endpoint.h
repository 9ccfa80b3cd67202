/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a probe goes: a name or address with a port, or a socket's path. Text of the configuration -> values; key is the
 * key it stands under, for messages. Each returns 0 with ret_* written, or -EINVAL with a text that begins with key.
 */
#ifndef CARDEA_CORE_ENDPOINT_H
#define CARDEA_CORE_ENDPOINT_H

#include "core/arena.h"
#include "core/err.h"
#include "core/types.h"

#define HOST_NAME_MAX_LEN 253 /* RFC 1035 2.3.4, without the root's dot */
#define SOCKET_PATH_MAX 107   /* unix(7): sun_path has 108 bytes */

/*
 * HOST:PORT or [IPv6]:PORT; default_port 0: the port must be there. ret_host: from a, brackets removed.
 */
int endpoint_parse(struct arena *a, const char *key, const char *text,
		   uint16_t default_port, const char **ret_host, uint16_t *ret_port,
		   struct err *reterr);

/* The path of a stream socket, "/path" or "@abstract": fits sun_path, holds no control character. */
int endpoint_check_socket(const char *key, const char *path, struct err *reterr);

/* Is c, of any signedness, a control character: 0 to 31 or 127. */
bool is_control(char c);

/* Where the first control character of text is, or its end. */
const char *skip_uncontrolled(const char *text);

#endif
