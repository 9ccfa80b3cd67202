/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dns.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "core/types.h"

#define HEADER_LEN 12
#define NDOTS_MAX 15

static void append(struct addresses *to, bool v6, const unsigned char *bytes)
{
	if (to->n < ADDRESSES_MAX) {
		to->v[to->n].v6 = v6;
		memcpy(to->v[to->n].bytes, bytes, v6 ? 16 : 4);
		to->n++;
	}
}

bool address_parse(const char *text, struct addresses *ret)
{
	unsigned char bytes[16];

	for (int v6 = 0; v6 < 2; v6++) {
		if (inet_pton(v6 ? AF_INET6 : AF_INET, text, bytes) == 1) {
			append(ret, v6, bytes);
			return true;
		}
	}
	return false;
}

/* ---- files -------------------------------------------------------------------------------- */

/* The next line of *text, a NUL for its end, without what follows a comment's sign; NULL at the end. */
static char *next_line(char **text, const char *comments)
{
	char *line = *text, *end;

	if (!line || !*line) {
		return NULL;
	}
	end = strchrnul(line, '\n');
	*text = *end ? end + 1 : NULL;
	*end = '\0';
	line[strcspn(line, comments)] = '\0';
	return line;
}

/* The next word of *line, a NUL for its end; NULL when there is none. */
static char *next_word(char **line)
{
	char *word = *line + strspn(*line, " \t\r");
	char *end = word + strcspn(word, " \t\r");

	if (end == word) {
		return NULL;
	}
	*line = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

void hosts_find(char *text, const char *name, struct addresses *ret)
{
	char *line;

	while ((line = next_line(&text, "#"))) {
		char *address = next_word(&line), *word;

		while (address && (word = next_word(&line))) {
			if (strcasecmp(word, name) == 0) {
				(void)address_parse(address, ret);
				break;
			}
		}
	}
}

static void read_option(const char *word, struct resolv_conf *c)
{
	unsigned n = 0;

	if (strncmp(word, "ndots:", 6) != 0) {
		return;
	}
	for (word += 6; *word >= '0' && *word <= '9' && n <= NDOTS_MAX; word++) {
		n = n * 10 + (unsigned)(*word - '0');
	}
	c->ndots = n < NDOTS_MAX ? n : NDOTS_MAX;
}

void resolv_conf_parse(char *text, struct resolv_conf *ret)
{
	struct resolv_conf c = {.ndots = 1};
	char *line;

	while ((line = next_line(&text, "#;"))) {
		const char *key = next_word(&line), *word;
		bool search = key &&
			      (strcmp(key, "search") == 0 || strcmp(key, "domain") == 0);

		/* The last of them counts. */
		c.n_search = search ? 0 : c.n_search;
		while (key && (word = next_word(&line))) {
			if (search && c.n_search < SEARCH_DOMAINS_MAX) {
				c.search[c.n_search++] = word;
			} else if (strcmp(key, "nameserver") == 0 &&
				   c.servers.n < SERVERS_MAX) {
				(void)address_parse(word, &c.servers);
			} else if (strcmp(key, "options") == 0) {
				read_option(word, &c);
			}
		}
	}
	if (c.servers.n == 0) {
		append(&c.servers, false, (const unsigned char[]){127, 0, 0, 1});
	}
	*ret = c;
}

/* ---- messages ----------------------------------------------------------------------------- */

size_t dns_question(unsigned char buf[DNS_QUESTION_MAX], const char *name,
		    enum dns_type type, uint16_t id)
{
	unsigned char *out = buf + HEADER_LEN;
	size_t len = strlen(name);

	len -= len > 0 && name[len - 1] == '.';
	if (len == 0 || len > 253) {
		return 0;
	}
	memset(buf, 0, HEADER_LEN);
	buf[0] = (unsigned char)(id >> 8);
	buf[1] = (unsigned char)id;
	buf[2] = 1; /* recursion is desired */
	buf[5] = 1; /* one question */
	for (const char *s = name, *end = name + len; s <= end;) {
		size_t label = strcspn(s, ".");

		if (s + label > end) {
			label = (size_t)(end - s);
		}
		if (label == 0 || label > 63) {
			return 0;
		}
		*out++ = (unsigned char)label;
		memcpy(out, s, label);
		out += label;
		s += label + 1;
	}
	*out++ = 0;
	*out++ = 0;
	*out++ = (unsigned char)type;
	*out++ = 0;
	*out++ = 1; /* the Internet */
	return (size_t)(out - buf);
}

static unsigned u16(const unsigned char *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* The same id and, in any case of letters, the same question. */
static bool answers(const unsigned char *answer, size_t len,
		    const unsigned char *question, size_t question_len)
{
	if (len < question_len || u16(answer) != u16(question) || !(answer[2] & 0x80) ||
	    u16(answer + 4) != 1) {
		return false;
	}
	for (size_t i = HEADER_LEN; i < question_len; i++) {
		if (lower(answer[i]) != lower(question[i])) {
			return false;
		}
	}
	return true;
}

/* Where what follows the name at `at` begins; beyond len when it does not end. */
static size_t skip_name(const unsigned char *m, size_t len, size_t at)
{
	while (at < len && m[at] != 0) {
		if (m[at] >= 0xc0) {
			return at + 2;
		}
		at += (size_t)m[at] + 1;
	}
	return at + 1;
}

/* Records of the wanted type, whoever's they are: those of an alias's target come in the same answer. */
enum dns_verdict dns_answer(const unsigned char *answer, size_t len,
			    const unsigned char *question, size_t question_len,
			    struct addresses *ret)
{
	unsigned type = u16(question + question_len - 4), code;
	size_t at = question_len, before = ret->n;

	if (!answers(answer, len, question, question_len)) {
		return DNS_IGNORED;
	}
	code = answer[3] & 15u;
	if (code != 0) {
		return code == 3 ? DNS_NONE : DNS_FAILED;
	}
	for (unsigned n = u16(answer + 6); n > 0; n--) {
		size_t size;

		at = skip_name(answer, len, at);
		if (at + 10 > len || at + 10 + u16(answer + at + 8) > len) {
			return ret->n > before ? DNS_FOUND : DNS_FAILED;
		}
		size = u16(answer + at + 8);
		if (u16(answer + at) == type && u16(answer + at + 2) == 1 &&
		    size == (type == DNS_AAAA ? 16 : 4)) {
			append(ret, type == DNS_AAAA, answer + at + 10);
		}
		at += 10 + size;
	}
	return ret->n > before ? DNS_FOUND : DNS_NONE;
}
