/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "core/parse.h"

static void test_duration(void **state)
{
	static const struct {
		const char *text;
		msec_t msec;
	} rows[] = {
		{"0s", 0},
		{"0us", 0},
		{"5s", 5000},
		{"250ms", 250},
		{"1m30s", 90000},
		{"1h", 3600000},
		{"1h1m1s1ms", 3661001},
		{"2h45m", 9900000},
		{"1s1h", 3601000}, /* any order, and twice, as in Go */
		{"1s1s", 2000},
		{"1.5s", 1500},
		{".5s", 500},
		{"1.s", 1000},
		{"1.5h", 5400000},
		{"0.25m", 15000},
		{"1.5m0.5s", 90500},
		{"10us", 1}, /* rounded up */
		{"1000us", 1},
		{"1001us", 2},
		{"0.1ms", 1},
		{"0.0000000001s", 1},
		{"0.00000000000s", 0},
		{"1.0000000000s", 1000},
		{"1.0005s", 1001},
		{"1.00000000001s", 1001},
		{"0001s", 1000},
		{"9223372036854775807us", 9223372036854776},
		{"2562047788h", 2562047788 * INT64_C(3600000)},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {0};
		msec_t msec = -1;

		if (parse_duration(rows[i].text, &msec, &err) != 0 ||
		    msec != rows[i].msec) {
			fail_msg("'%s': %lld %s", rows[i].text, (long long)msec,
				 err.text);
		}
	}
}

static void test_duration_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"5", "cannot parse duration '5': a unit is needed, for example 5s"},
		{"1.5",
		 "cannot parse duration '1.5': a unit is needed, for example 1.5s"},
		{"1000000",
		 "cannot parse duration '1000000': a unit is needed, for example 10s"},
		{"-5s", "cannot parse duration '-5s': it is negative"},
		{"",
		 "expected numbers each with a unit (us, ms, s, m, h), for example 1m30s"},
		{"+5s", "expected numbers"},
		{" 5s", "expected numbers"},
		{"5s ", "expected numbers"},
		{"5 s", "expected numbers"},
		{"5d", "expected numbers"},
		{"5ns", "expected numbers"},
		{"5S", "expected numbers"},
		{"s", "expected numbers"},
		{".s", "expected numbers"},
		{"1s5", "expected numbers"},
		{"1..5s", "expected numbers"},
		{"1,5s", "expected numbers"},
		{"0x5s", "expected numbers"},
		{"1e3s", "expected numbers"},
		{"99999999999999999999s", "it is too long"},
		{"9223372036854775808us", "it is too long"},
		{"9223372036854775807us0.5us", "it is too long"},
		{"2562047789h", "it is too long"},
		{"2562047788h1h", "it is too long"},
		{"9223372036854775807h", "it is too long"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {0};
		msec_t msec = -1;

		if (parse_duration(rows[i].text, &msec, &err) != -EINVAL || msec != -1 ||
		    strncmp(err.text, "cannot parse duration '", 23) != 0 ||
		    !strstr(err.text, rows[i].why)) {
			fail_msg("'%s': %lld %s", rows[i].text, (long long)msec,
				 err.text);
		}
	}
}

static void test_bytes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} rows[] = {
		{"0", 0},
		{"1024", 1024},
		{"7b", 7},
		{"7B", 7},
		{"10k", 10240},
		{"64kb", 65536},
		{"64KB", 65536},
		{"512m", 512u << 20},
		{"512MB", 512u << 20},
		{"2g", UINT64_C(2) << 30},
		{"2Gb", UINT64_C(2) << 30},
		{"1t", UINT64_C(1) << 40},
		{"18446744073709551615", UINT64_MAX},
		{"18014398509481983k", UINT64_C(18014398509481983) << 10},
		{"0t", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {0};
		uint64_t bytes = 77;

		if (parse_bytes(rows[i].text, &bytes, &err) != 0 ||
		    bytes != rows[i].bytes) {
			fail_msg("'%s': %llu %s", rows[i].text, (unsigned long long)bytes,
				 err.text);
		}
	}
}

static void test_bytes_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"", "expected a number of bytes"},
		{"k", "expected"},
		{"-1", "expected"},
		{"1 k", "expected"},
		{"1kk", "expected"},
		{"1bb", "expected"},
		{"1kib", "expected"},
		{"1x", "expected"},
		{"1.5k", "expected"},
		{"\x01k", "expected"},
		{"18446744073709551616", "it is too large"},
		{"18014398509481984k", "it is too large"},
		{"16777216t", "it is too large"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {0};
		uint64_t bytes = 77;

		if (parse_bytes(rows[i].text, &bytes, &err) != -EINVAL || bytes != 77 ||
		    strncmp(err.text, "cannot parse size '", 19) != 0 ||
		    !strstr(err.text, rows[i].why)) {
			fail_msg("'%s': %llu %s", rows[i].text, (unsigned long long)bytes,
				 err.text);
		}
	}
}

static void test_uint(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool good;
		uint64_t value;
	} rows[] = {
		{"0", 0, true, 0},
		{"1", 0, false, 0},
		{"00012", 12, true, 12},
		{"13", 12, false, 0},
		{"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, false, 0},
		{"99999999999999999999999", UINT64_MAX, false, 0},
		{"", 9, false, 0},
		{"-1", 9, false, 0},
		{"+1", 9, false, 0},
		{" 1", 9, false, 0},
		{"1 ", 9, false, 0},
		{"0x1", 9, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {0};
		uint64_t value = 77;
		int r = parse_uint(rows[i].text, rows[i].max, &value, &err);

		if (r != (rows[i].good ? 0 : -EINVAL) ||
		    value != (rows[i].good ? rows[i].value : 77)) {
			fail_msg("'%s': %d %llu", rows[i].text, r,
				 (unsigned long long)value);
		}
		if (!rows[i].good &&
		    strncmp(err.text, "cannot parse number '", 21) != 0) {
			fail_msg("'%s': %s", rows[i].text, err.text);
		}
	}
}

static void test_int(void **state)
{
	static const struct {
		const char *text;
		int64_t min, max;
		bool good;
		int64_t value;
	} rows[] = {
		{"0", -1, 1, true, 0},
		{"-0", 0, 1, true, 0},
		{"-1000", -1000, 1000, true, -1000},
		{"1000", -1000, 1000, true, 1000},
		{"-1001", -1000, 1000, false, 0},
		{"1001", -1000, 1000, false, 0},
		{"9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX},
		{"9223372036854775808", INT64_MIN, INT64_MAX, false, 0},
		{"-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN},
		{"-9223372036854775809", INT64_MIN, INT64_MAX, false, 0},
		{"--1", -9, 9, false, 0},
		{"-", -9, 9, false, 0},
		{"+1", -9, 9, false, 0},
		{"", -9, 9, false, 0},
		{"1x", -9, 9, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {0};
		int64_t value = 77;
		int r = parse_int(rows[i].text, rows[i].min, rows[i].max, &value, &err);

		if (r != (rows[i].good ? 0 : -EINVAL) ||
		    value != (rows[i].good ? rows[i].value : 77)) {
			fail_msg("'%s': %d %lld", rows[i].text, r, (long long)value);
		}
		if (!rows[i].good &&
		    strncmp(err.text, "cannot parse number '", 21) != 0) {
			fail_msg("'%s': %s", rows[i].text, err.text);
		}
	}
}

static void test_bool(void **state)
{
	static const char *const yes[] = {"yes", "true", "on", "1", "YES", "True", "oN"};
	static const char *const no[] = {"no", "false", "off", "0", "NO", "False", "oFF"};
	static const char *const neither[] = {"", "y", "2", "01", " yes", "yes ", "auto"};
	struct err err;
	bool value;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		value = false;
		assert_int_equal(parse_bool(yes[i], &value, NULL), 0);
		assert_true(value);
		value = true;
		assert_int_equal(parse_bool(no[i], &value, NULL), 0);
		assert_false(value);
		assert_int_equal(parse_bool(neither[i], &value, &err), -EINVAL);
		assert_non_null(strstr(err.text, "cannot parse switch '"));
	}
}

static void test_mode(void **state)
{
	static const struct {
		const char *text;
		int mode; /* -1: refused */
	} rows[] = {
		{"0", 0},	 {"022", 022},	   {"22", 022}, {"0750", 0750},
		{"7777", 07777}, {"07777", 07777}, {"000", 0},	{"10000", -1},
		{"8", -1},	 {"", -1},	   {"-1", -1},	{"0o22", -1},
		{"u=rwx", -1},	 {"022 ", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {0};
		unsigned mode = 0123456;
		int r = parse_mode(rows[i].text, &mode, &err);

		if (rows[i].mode < 0 ? r != -EINVAL || mode != 0123456 || !*err.text
				     : r != 0 || mode != (unsigned)rows[i].mode) {
			fail_msg("'%s': %d %o %s", rows[i].text, r, mode, err.text);
		}
	}
}

/* No message grows with what somebody wrote. */
static void test_long_values(void **state)
{
	char text[500];
	struct err err;
	msec_t msec;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(parse_duration(text, &msec, &err), -EINVAL);
	assert_non_null(strstr(err.text, "xxx...': expected numbers"));
	assert_true(strlen(err.text) < 250);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_duration_refused),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_bytes_refused),
		cmocka_unit_test(test_uint),
		cmocka_unit_test(test_int),
		cmocka_unit_test(test_bool),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_long_values),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
