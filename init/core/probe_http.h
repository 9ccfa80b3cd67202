/* SPDX-License-Identifier: Apache-2.0 */
/* The half of core/probe.h that is about HTTP: its address and the request. */
#ifndef CARDEA_CORE_PROBE_HTTP_H
#define CARDEA_CORE_PROBE_HTTP_H

#include "core/probe.h"

/*
 * text->http, with headers, method and expect_status: writes host and port or path, send and the statuses of
 * ret_probe. 0, or -EINVAL as probe_parse() does, ret_probe then half written.
 */
int probe_http_parse(struct arena *a, const struct probe_text *text,
		     struct probe *ret_probe, struct err *reterr);

#endif
