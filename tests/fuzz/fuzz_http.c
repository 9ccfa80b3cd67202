/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an HTTP answer: whole and byte by byte there is one verdict, and a reason that can be shown. */
#include <stdlib.h>
#include <string.h>

#include "core/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static enum http_verdict judge(struct http *h, const struct probe *p, const char *data,
			       size_t size, size_t step)
{
	enum http_verdict v = HTTP_MORE;

	http_init(h, p);
	for (size_t i = 0; i < size && v == HTTP_MORE; i += step) {
		v = http_feed(h, data + i, size - i < step ? size - i : step);
	}
	return http_end(h) == v || v == HTTP_MORE ? h->verdict : HTTP_MORE;
}

/* The first byte says whether a body is wanted. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct status_range range = {200, 399};
	struct probe p = {.statuses = &range, .n_statuses = 1};
	struct http whole, pieces;
	enum http_verdict v;

	if (size == 0) {
		return 0;
	}
	if (data[0] & 1) {
		p.expect = "abab\xff";
		p.expect_len = 5;
	}
	v = judge(&whole, &p, (const char *)data + 1, size - 1, size);
	check(v == HTTP_PASSED || v == HTTP_FAILED);
	check(judge(&pieces, &p, (const char *)data + 1, size - 1, 1) == v);
	check(strcmp(whole.reason, pieces.reason) == 0);
	check((v == HTTP_FAILED) == (whole.reason[0] != '\0'));
	for (const char *s = whole.reason; *s; s++) {
		check((unsigned char)*s >= 0x20 && *s != 0x7f);
	}
	return 0;
}
