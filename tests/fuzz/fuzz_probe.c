/* SPDX-License-Identifier: Apache-2.0 */
/* Any lines as the keys of a probe: what is taken is one whole request to an address that can be. */
#include <stdlib.h>
#include <string.h>

#include "core/probe.h"

#define KEYS 9

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static void check_request(const struct probe *p)
{
	const char *end = memmem(p->send, p->send_len, "\r\n\r\n", 4);

	check(end && end + 4 == p->send + p->send_len);
	check(strstr(p->send, "\r\nConnection: close\r\n"));
	check(strcasestr(p->send, "\r\nHost:"));
	check(p->n_statuses > 0);
}

static void check_probe(const struct probe *p)
{
	check(p->target && (!p->host) == (p->port == 0));
	check((!p->host) == (p->path != NULL));
	check((!p->send) == (p->send_len == 0) && (!p->expect) == (p->expect_len == 0));
	if (p->host) {
		check(*p->host && strlen(p->host) <= 253 &&
		      !strpbrk(p->host, "[]/ \r\n@"));
	} else {
		check(*p->path == '/' || (*p->path == '@' && p->type != PROBE_FILE));
		check(p->type == PROBE_FILE || strlen(p->path) <= 107);
	}
	if (p->type == PROBE_HTTP) {
		check_request(p);
	}
}

/* One key a line, in this order; an empty line: not set. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	char *text = arena_strndup(&a, (const char *)data, size), *line[KEYS] = {0};
	struct probe p = {0};
	struct err e = {0};

	for (size_t i = 0; i < KEYS && text; i++) {
		char *value = strsep(&text, "\n");

		line[i] = *value ? value : NULL;
	}
	if (probe_parse(&a,
			&(struct probe_text){line[0], line[1], line[2], line[3], line[4],
					     line[5], line[6], line[7], line[8]},
			&p, &e) == 0) {
		check_probe(&p);
	} else {
		check(e.status == STATUS_CONFIG && strchr(e.text, ':') && !p.target);
	}
	arena_release(&a);
	return 0;
}
