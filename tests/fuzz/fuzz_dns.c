/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as hosts, as resolv.conf, as a name, and as the answer to a question for it. */
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static void check_files(struct arena *a, const char *data, size_t size)
{
	struct addresses found = {.n = 0};
	struct resolv_conf c;

	hosts_find(arena_strndup(a, data, size), "a", &found);
	check(found.n <= ADDRESSES_MAX);
	resolv_conf_parse(arena_strndup(a, data, size), &c);
	check(c.servers.n >= 1 && c.servers.n <= SERVERS_MAX && c.ndots <= 15);
	for (size_t i = 0; i < c.n_search; i++) {
		check(*c.search[i] && !strpbrk(c.search[i], " \t\n"));
	}
}

/* The answer is in memory of its own size, so that a byte behind it is a finding. */
static void check_answer(struct arena *a, const unsigned char *data, size_t size,
			 enum dns_type type)
{
	unsigned char question[DNS_QUESTION_MAX], *answer = malloc(size + 1);
	size_t n = dns_question(question, "a.b", type, 0x6161), len = size;
	struct addresses found = {.n = 0};
	enum dns_verdict v;

	(void)a;
	check(n == 21 && answer);
	answer = realloc(answer, size ? size : 1);
	memcpy(answer, data, size);
	if (size >= n) {
		memcpy(answer + 12, question + 12, n - 12);
		memcpy(answer, question, 2);
	}
	v = dns_answer(answer, len, question, n, &found);
	check((v == DNS_FOUND) == (found.n > 0) && found.n <= ADDRESSES_MAX);
	free(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char question[DNS_QUESTION_MAX];
	struct arena a = {0};
	size_t n;

	check_files(&a, (const char *)data, size);
	n = dns_question(question, arena_strndup(&a, (const char *)data, size), DNS_A, 1);
	check(n == 0 || (n >= 19 && n <= DNS_QUESTION_MAX));
	check_answer(&a, data, size, DNS_A);
	check_answer(&a, data, size, DNS_AAAA);
	arena_release(&a);
	return 0;
}
