/* SPDX-License-Identifier: Apache-2.0 */
#include "core/notify.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

/* What a datagram of this text says. */
static bool parse(const char *text, struct notify *ret)
{
	return notify_parse(text, strlen(text), ret);
}

static void test_fields(void **state)
{
	static const struct {
		const char *text;
		struct notify said;
	} rows[] = {
		{"READY=1", {.ready = true}},
		{"READY=1\n", {.ready = true}},
		{"\n\nREADY=1", {.ready = true}},
		{"READY=1\nSTATUS=up", {.ready = true, .has_status = true, .text = "up"}},
		{"STATUS=", {.has_status = true}},
		{"STATUS=a=b", {.has_status = true, .text = "a=b"}},
		{"STATUS=one\nSTATUS=two", {.has_status = true, .text = "two"}},
		{"STATUS=\x1b[31m", {.has_status = true, .text = "\x1b[31m"}},
		{"RELOADING=1\nMONOTONIC_USEC=123", {.reloading = true}},
		{"STOPPING=1", {.stopping = true}},
		{"MAINPID=4711", {.main_pid = 4711}},
		{"MAINPID=2147483647", {.main_pid = 2147483647}},
		{"MAINPID=2\nMAINPID=0", {.main_pid = 2}},
		{"WATCHDOG=1", {.watchdog = true}},
		{"WATCHDOG=trigger", {.watchdog_failed = true}},
		{"X=1\nREADY=1\ngarbage\nBARRIER=1", {.ready = true}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct notify want = rows[i].said, n;

		want.extend = want.watchdog_interval = -1;
		if (!parse(rows[i].text, &n) || n.ready != want.ready ||
		    n.reloading != want.reloading || n.stopping != want.stopping ||
		    n.has_status != want.has_status || n.watchdog != want.watchdog ||
		    n.watchdog_failed != want.watchdog_failed ||
		    n.main_pid != want.main_pid || n.extend != want.extend ||
		    n.watchdog_interval != want.watchdog_interval ||
		    strcmp(n.text, want.text) != 0) {
			fail_msg("row %zu: %s", i, rows[i].text);
		}
	}
}

/* Microseconds become milliseconds, never fewer than asked for. */
static void test_times(void **state)
{
	static const struct {
		const char *value;
		msec_t msec;
	} rows[] = {
		{"0", 0},
		{"1", 1},
		{"1000", 1},
		{"1001", 2},
		{"30000000", 30000},
		{"007000", 7},
		{"9223372036854774000", 9223372036854774},
		{"9223372036854775807", -1},
		{"18446744073709551616", -1},
		{"99999999999999999999999", -1},
		{"-1", -1},
		{"+1", -1},
		{" 1", -1},
		{"1 ", -1},
		{"1s", -1},
		{"", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[64];
		struct notify n;
		bool said;

		snprintf(text, sizeof(text), "EXTEND_TIMEOUT_USEC=%s", rows[i].value);
		said = parse(text, &n);
		if (said != (rows[i].msec >= 0) || n.extend != rows[i].msec ||
		    n.watchdog_interval != -1) {
			fail_msg("%s: %lld", text, (long long)n.extend);
		}
		snprintf(text, sizeof(text), "WATCHDOG_USEC=%s", rows[i].value);
		said = parse(text, &n);
		if (said != (rows[i].msec >= 0) || n.watchdog_interval != rows[i].msec ||
		    n.extend != -1) {
			fail_msg("%s: %lld", text, (long long)n.watchdog_interval);
		}
	}
}

static void test_nothing_said(void **state)
{
	static const char *const rows[] = {
		"",
		"\n",
		"READY",
		"READY=",
		"READY=0",
		"READY=11",
		"READY=yes",
		"ready=1",
		" READY=1",
		"READY =1",
		"READY= 1",
		"READY=1 ",
		"READY=1\r",
		"RELOADING=2",
		"STOPPING=true",
		"MAINPID=0",
		"MAINPID=-1",
		"MAINPID=",
		"MAINPID=x",
		"MAINPID=2147483648",
		"WATCHDOG=0",
		"WATCHDOG=2",
		"=1",
		"=",
		"FDSTORE=1",
		"ERRNO=2",
		"STATU=x",
		"STATUSX=x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct notify n;

		if (parse(rows[i], &n) || n.ready || n.main_pid || n.has_status) {
			fail_msg("'%s' says something", rows[i]);
		}
	}
}

/* Every byte is allowed, a NUL too: it ends a status, and makes any other value wrong. */
static void test_nul(void **state)
{
	static const char status[] = "STATUS=ab\0cd\nREADY=1", ready[] = "READY=1\0";
	struct notify n;

	(void)state;
	assert_true(notify_parse(status, sizeof(status) - 1, &n));
	assert_string_equal(n.text, "ab");
	assert_true(n.ready);
	assert_false(notify_parse(ready, sizeof(ready) - 1, &n));
}

static void test_long_status(void **state)
{
	char text[NOTIFY_SIZE_MAX];
	struct notify n;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "STATUS=", 7);
	assert_true(notify_parse(text, sizeof(text), &n));
	assert_int_equal(strlen(n.text), NOTIFY_TEXT_MAX - 1);
	/* The last place is the first byte of a two-byte character: it goes whole. */
	memcpy(text + 7 + NOTIFY_TEXT_MAX - 2, "\xc3\xa9", 2);
	assert_true(notify_parse(text, sizeof(text), &n));
	assert_int_equal(strlen(n.text), NOTIFY_TEXT_MAX - 2);
	/* Nothing but continuation bytes: nothing is a whole character. */
	memset(text + 7, 0x80, sizeof(text) - 7);
	assert_true(notify_parse(text, sizeof(text), &n));
	assert_string_equal(n.text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	     cmocka_unit_test(test_times),
		cmocka_unit_test(test_nothing_said), cmocka_unit_test(test_nul),
		cmocka_unit_test(test_long_status),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
