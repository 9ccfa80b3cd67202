/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/dns.h"
#include "core/types.h"

#define TO_A "\x00\x01\x00\x01"
#define TO_AAAA "\x00\x1c\x00\x01"
#define TTL "\x00\x00\x00\x3c"

/* "192.0.2.1 2001:db8::1" */
static const char *show(const struct addresses *list)
{
	static char text[1024];
	char one[INET6_ADDRSTRLEN];

	text[0] = '\0';
	for (size_t i = 0; i < list->n; i++) {
		inet_ntop(list->v[i].v6 ? AF_INET6 : AF_INET, list->v[i].bytes, one,
			  sizeof(one));
		strcat(strcat(text, i ? " " : ""), one);
	}
	return text;
}

static void test_hosts(void **state)
{
	static const struct {
		const char *name, *found;
	} rows[] = {
		{"db", "192.0.2.1 2001:db8::1"},
		{"DB", "192.0.2.1 2001:db8::1"},
		{"alias", "192.0.2.1"},
		{"none", ""},
		{"192.0.2.1", ""},
		{"hidden", ""},
		{"last", "192.0.2.9"},
		{"bad", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[] =
			"# comment\n192.0.2.1\tdb alias # hidden\r\n\n"
			"2001:db8::1 x DB\n  \nnonsense bad\n192.0.2.7\n192.0.2.9 last";
		struct addresses found = {.n = 0};

		hosts_find(text, rows[i].name, &found);
		assert_string_equal(show(&found), rows[i].found);
	}
}

static void test_resolv_conf(void **state)
{
	static const struct {
		const char *text, *servers, *search;
		unsigned ndots;
	} rows[] = {
		{"", "127.0.0.1", "", 1},
		{"nameserver 192.0.2.1\nnameserver ::1\n", "192.0.2.1 ::1", "", 1},
		{"nameserver x\nnameserver fe80::1%eth0\n", "127.0.0.1", "", 1},
		{"nameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3\n"
		 "nameserver 1.1.1.4",
		 "1.1.1.1 1.1.1.2 1.1.1.3", "", 1},
		{"search a b.c\noptions ndots:5 timeout:1\n#search x", "127.0.0.1",
		 "a b.c", 5},
		{"domain a\nsearch b ;c", "127.0.0.1", "b", 1},
		{"search 1 2 3 4 5 6 7", "127.0.0.1", "1 2 3 4 5 6", 1},
		{"options ndots:99999999999999999999", "127.0.0.1", "", 15},
		{"options ndots:\nsearch", "127.0.0.1", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[256], search[256] = "";
		struct resolv_conf c;

		strcpy(text, rows[i].text);
		resolv_conf_parse(text, &c);
		for (size_t k = 0; k < c.n_search; k++) {
			strcat(strcat(search, k ? " " : ""), c.search[k]);
		}
		assert_string_equal(show(&c.servers), rows[i].servers);
		assert_string_equal(search, rows[i].search);
		assert_int_equal(c.ndots, rows[i].ndots);
	}
}

static void test_question(void **state)
{
	static const char expected[] =
		"\xab\xcd\x01\0\0\1\0\0\0\0\0\0\2db\4test\0" TO_AAAA;
	unsigned char buf[DNS_QUESTION_MAX];
	char name[300] = {0};

	(void)state;
	assert_int_equal(dns_question(buf, "db.test", DNS_AAAA, 0xabcd), 25);
	assert_memory_equal(buf, expected, 25);
	assert_int_equal(dns_question(buf, "db.test.", DNS_AAAA, 0xabcd), 25);
	assert_memory_equal(buf, expected, 25);
	for (size_t i = 0; i < 4; i++) {
		static const char *const bad[] = {"", ".", "a..b", ".a"};

		assert_int_equal(dns_question(buf, bad[i], DNS_A, 1), 0);
	}
	memset(name, 'a', 63);
	assert_int_equal(dns_question(buf, name, DNS_A, 1), 12 + 65 + 4);
	name[63] = 'a';
	assert_int_equal(dns_question(buf, name, DNS_A, 1), 0);
	for (size_t i = 0; i < 254; i++) {
		name[i] = i % 2 ? '.' : 'a';
	}
	assert_int_equal(dns_question(buf, name, DNS_A, 1), 12 + 255 + 4);
	name[254] = 'a';
	assert_int_equal(dns_question(buf, name, DNS_A, 1), 0);
}

#define HEAD(flags, records) "\x12\x34" flags "\0\1" records "\0\0\0\0"
#define ASKED "\2dB\4test\0" TO_A
#define RECORD "\xc0\x0c" TO_A TTL "\0\4\xc0\0\2\1"

static void test_answer(void **state)
{
#define ROW(bytes, verdict, found)                       \
	{                                                \
		bytes, sizeof(bytes) - 1, verdict, found \
	}
	static const struct {
		const char *bytes;
		size_t len;
		enum dns_verdict verdict;
		const char *found;
	} rows[] = {
		ROW(HEAD("\x81\x80", "\0\1") ASKED RECORD, DNS_FOUND, "192.0.2.1"),
		ROW(HEAD("\x81\x80", "\0\2") ASKED RECORD RECORD, DNS_FOUND,
		    "192.0.2.1 192.0.2.1"),
		/* an alias, another type, another class, a wrong size: left out */
		ROW(HEAD("\x81\x80", "\0\2") ASKED "\xc0\x0c\0\5\0\1" TTL
						   "\0\2\xc0\x0c" RECORD,
		    DNS_FOUND, "192.0.2.1"),
		ROW(HEAD("\x81\x80", "\0\1") ASKED "\1a\1b\0" TO_AAAA TTL "\0\4\1\2\3\4",
		    DNS_NONE, ""),
		ROW(HEAD("\x81\x80", "\0\1") ASKED "\0\0\1\0\3" TTL "\0\4\1\2\3\4",
		    DNS_NONE, ""),
		ROW(HEAD("\x81\x80", "\0\1") ASKED "\0" TO_A TTL "\0\3\1\2\3", DNS_NONE,
		    ""),
		ROW(HEAD("\x81\x80", "\0\0") ASKED, DNS_NONE, ""),
		ROW(HEAD("\x81\x83", "\0\0") ASKED, DNS_NONE, ""),
		ROW(HEAD("\x81\x82", "\0\0") ASKED, DNS_FAILED, ""),
		ROW(HEAD("\x81\x85", "\0\0") ASKED, DNS_FAILED, ""),
		/* cut: what is whole counts */
		ROW(HEAD("\x83\x80", "\0\2") ASKED RECORD, DNS_FOUND, "192.0.2.1"),
		ROW(HEAD("\x81\x80", "\0\1") ASKED, DNS_FAILED, ""),
		ROW(HEAD("\x81\x80", "\0\1") ASKED "\x3f"
						   "a",
		    DNS_FAILED, ""),
		ROW(HEAD("\x81\x80", "\0\1") ASKED "\xc0\x0c" TO_A TTL "\xff\xff\1\2\3\4",
		    DNS_FAILED, ""),
		/* not to this question */
		ROW("", DNS_IGNORED, ""),
		ROW("\x12\x34", DNS_IGNORED, ""),
		ROW("\x12\x35\x81\x80\0\1\0\1\0\0\0\0" ASKED RECORD, DNS_IGNORED, ""),
		ROW(HEAD("\x01\x80", "\0\1") ASKED RECORD, DNS_IGNORED, ""),
		ROW("\x12\x34\x81\x80\0\2\0\1\0\0\0\0" ASKED RECORD, DNS_IGNORED, ""),
		ROW(HEAD("\x81\x80", "\0\1") "\2dc\4test\0" TO_A RECORD, DNS_IGNORED, ""),
		ROW(HEAD("\x81\x80", "\0\1") "\2db\4test\0" TO_AAAA RECORD, DNS_IGNORED,
		    ""),
	};
	unsigned char question[DNS_QUESTION_MAX];
	size_t n = dns_question(question, "db.test", DNS_A, 0x1234);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct addresses found = {.n = 0};
		enum dns_verdict v = dns_answer((const unsigned char *)rows[i].bytes,
						rows[i].len, question, n, &found);

		if (v != rows[i].verdict || strcmp(show(&found), rows[i].found) != 0) {
			fail_msg("row %zu: %d '%s'", i, v, show(&found));
		}
	}
}

static void test_many(void **state)
{
	unsigned char question[DNS_QUESTION_MAX], answer[DNS_ANSWER_MAX];
	size_t n = dns_question(question, "db.test", DNS_AAAA, 0x1234), at = n;
	struct addresses found = {.n = 0};

	(void)state;
	memcpy(answer, question, n);
	answer[2] = 0x81;
	answer[7] = 40;
	for (int i = 0; i < 40; i++, at += 28) {
		memcpy(answer + at, "\xc0\x0c" TO_AAAA TTL "\0\x10\x20\x01\x0d\xb8", 16);
		memset(answer + at + 16, 0, 12);
	}
	assert_int_equal(dns_answer(answer, at, question, n, &found), DNS_FOUND);
	assert_int_equal(found.n, ADDRESSES_MAX);
	assert_true(found.v[15].v6);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),	 cmocka_unit_test(test_resolv_conf),
		cmocka_unit_test(test_question), cmocka_unit_test(test_answer),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
