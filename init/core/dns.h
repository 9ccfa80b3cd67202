/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name -> addresses, without the libc's resolver, which is four times this size: the files hosts(5) and resolv.conf(5),
 * and the messages of RFC 1035 and 3596. Pure; sys/resolve.h does the asking. Nothing here trusts what it reads.
 */
#ifndef CARDEA_CORE_DNS_H
#define CARDEA_CORE_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_QUESTION_MAX 272 /* bytes: header, a name of 255, type and class */
#define DNS_ANSWER_MAX \
	1232 /* bytes of a datagram that are looked at; without EDNS a server sends 512 */
#define ADDRESSES_MAX 16 /* more of a name are left out */
#define SERVERS_MAX 3
#define SEARCH_DOMAINS_MAX 6

enum dns_type { DNS_A = 1, DNS_AAAA = 28 };

struct address {
	bool v6;
	unsigned char bytes[16]; /* IPv4: the first four */
};

/* Zero-initialise to begin. */
struct addresses {
	struct address v[ADDRESSES_MAX];
	size_t n;
};

struct resolv_conf {
	struct addresses servers;
	const char *search[SEARCH_DOMAINS_MAX]; /* in the text given */
	size_t n_search;
	unsigned ndots; /* so many dots make a name that is first asked for as it is */
};

/* "192.0.2.1", "2001:db8::1": appended. False when text is neither. */
bool address_parse(const char *text, struct addresses *ret);

/* The addresses of name (any case) in the text of a hosts file, which is cut into words; appended. */
void hosts_find(char *text, const char *name, struct addresses *ret);

/* The text of resolv.conf, which is cut into words and kept. Without a server: 127.0.0.1, as resolv.conf(5) has it. */
void resolv_conf_parse(char *text, struct resolv_conf *ret);

/* The question for name's addresses of one type. Its bytes, or 0 when name cannot be one. */
size_t dns_question(unsigned char buf[DNS_QUESTION_MAX], const char *name,
		    enum dns_type type, uint16_t id);

enum dns_verdict {
	DNS_IGNORED, /* is no answer to this question */
	DNS_FOUND,   /* addresses were appended */
	DNS_NONE,    /* the name has none of this type, or does not exist */
	DNS_FAILED,  /* the server cannot tell, or the answer is broken */
};

/* What a datagram says to a question made by dns_question(). */
enum dns_verdict dns_answer(const unsigned char *answer, size_t len,
			    const unsigned char *question, size_t question_len,
			    struct addresses *ret);

#endif
