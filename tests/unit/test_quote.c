/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "core/quote.h"
#include "core/types.h"

static void test_escape(void **state)
{
	static const struct {
		const char *text, *plain, *json;
	} rows[] = {
		{"", "", ""},
		{"plain text", "plain text", "plain text"},
		{"a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f", "a\\u000ab\\u0009c\\u007f"},
		{"\x1b[2J", "\\x1b[2J", "\\u001b[2J"},
		{"\"\\'", "\"\\'", "\\\"\\\\'"},
		{"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		 "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		 "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
		/* U+009B is CSI; U+00A0 is no control character. */
		{"\xc2\x9b", "\\x9b", "\\u009b"},
		{"\xc2\xa0", "\xc2\xa0", "\xc2\xa0"},
		/* No UTF-8: alone, cut short, overlong, a surrogate, beyond the last. */
		{"\x80", "\\x80", "\\u0080"},
		{"\xff", "\\xff", "\\u00ff"},
		{"\xc3", "\\xc3", "\\u00c3"},
		{"\xe2\x82", "\\xe2\\x82", "\\u00e2\\u0082"},
		{"\xc0\xaf", "\\xc0\\xaf", "\\u00c0\\u00af"},
		{"\xe0\x80\xaf", "\\xe0\\x80\\xaf", "\\u00e0\\u0080\\u00af"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\u00ed\\u00a0\\u0080"},
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80",
		 "\\u00f4\\u0090\\u0080\\u0080"},
		{"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (int json = 0; json < 2; json++) {
			const char *expected = json ? rows[i].json : rows[i].plain;
			char buf[64];
			size_t n = quote_escape(buf, sizeof(buf), rows[i].text, json);

			if (n != strlen(expected) || memcmp(buf, expected, n) != 0) {
				fail_msg("row %zu: '%.*s'", i, (int)n, buf);
			}
		}
	}
}

static void test_cut(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *expected;
	} rows[] = {
		{"abcdef", 6, "abcdef"},
		{"abcdef", 5, "ab..."},
		{"abcdef", 3, "..."},
		{"abcdef", 2, ""},
		{"abcdef", 0, ""},
		{"", 0, ""},
		{"ab\xe2\x82\xac", 5, "ab\xe2\x82\xac"},
		/* Between characters only. */
		{"ab\xe2\x82\xac"
		 "cd",
		 7,
		 "ab\xe2\x82\xac"
		 "cd"},
		{"a\xe2\x82\xac"
		 "cde",
		 6, "a..."},
		{"\n\n", 7, "\\x0a..."},
		{"\n\n", 6, "..."},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char buf[16];
		size_t n;

		memset(buf, '#', sizeof(buf));
		n = quote_escape(buf, rows[i].size, rows[i].text, false);
		if (n != strlen(rows[i].expected) ||
		    memcmp(buf, rows[i].expected, n) != 0) {
			fail_msg("row %zu: '%.*s'", i, (int)n, buf);
		}
		assert_int_equal(buf[rows[i].size], '#');
	}
}

static void test_word(void **state)
{
	static const struct {
		const char *word, *expected;
	} rows[] = {
		{"/usr/bin/x-1.0", "/usr/bin/x-1.0"},
		{"A_b=c:d@e%f+g,h", "A_b=c:d@e%f+g,h"},
		{"", "''"},
		{"a b", "'a b'"},
		{"$HOME", "'$HOME'"},
		{"~", "'~'"},
		{"a'b", "'a'\\''b'"},
		{"''", "''\\'''\\'''"},
		{"\xc3\xa9", "'\xc3\xa9'"},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(quote_word(&a, rows[i].word), rows[i].expected);
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
