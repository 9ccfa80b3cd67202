/* SPDX-License-Identifier: Apache-2.0 */
/* Any datagram as a notification. */
#include <stdlib.h>
#include <string.h>

#include "core/notify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static bool has_line(const char *data, size_t size, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = data; size > 0;) {
		const char *end = memchr(at, '\n', size);
		size_t n = end ? (size_t)(end - at) : size;

		if (n == len && memcmp(at, line, n) == 0) {
			return true;
		}
		n += end ? 1 : 0;
		at += n;
		size -= n;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of exactly that size: a byte read behind it is found. */
	char *copy = malloc(size ? size : 1);
	struct notify n;
	bool said;

	check(copy != NULL);
	memcpy(copy, data, size);
	said = notify_parse(copy, size, &n);
	check(memchr(n.text, '\0', sizeof(n.text)) != NULL);
	check(n.has_status || n.text[0] == '\0');
	check(n.main_pid >= 0 && n.extend >= -1 && n.watchdog_interval >= -1);
	check(n.extend <= INT64_MAX / 1000 && n.watchdog_interval <= INT64_MAX / 1000);
	check(n.ready == has_line(copy, size, "READY=1"));
	check(n.stopping == has_line(copy, size, "STOPPING=1"));
	check(said == (n.ready || n.reloading || n.stopping || n.has_status ||
		       n.watchdog || n.watchdog_failed || n.main_pid > 0 ||
		       n.extend >= 0 || n.watchdog_interval >= 0));
	free(copy);
	return 0;
}
