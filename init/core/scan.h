/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walk a command line option by option, as getopt_long(3) does with "+", but pure: no global,
 * nothing printed, and it never permutes. What an option means and how a mistake is worded is
 * the caller's.
 */
#ifndef CARDEA_CORE_SCAN_H
#define CARDEA_CORE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#define SCAN_WORD_MAX 64

struct scan_option {
	char letter;
	bool takes_value;
	const char *name; /* of the long form, or NULL */
};

struct scan {
	const struct scan_option *options;
	size_t n_options;
	bool abbreviate; /* the unambiguous beginning of a long name will do */
	char *const
		*next; /* the word to look at; at the end: the first operand, or NULL */
	char *rest;    /* the letters left of a word, or NULL */
	/* Of the last step: */
	const struct scan_option *option; /* it was this one, or NULL */
	char *value;			  /* its value, or NULL */
	bool dashes;			  /* the end was "--" */
	char as[SCAN_WORD_MAX]; /* the option as written, cut when long: "-x", "--name" */
};

enum scan_step {
	SCAN_END,	  /* an operand, "--", or no word is left */
	SCAN_OPTION,	  /* option and value */
	SCAN_UNKNOWN,	  /* no such option */
	SCAN_AMBIGUOUS,	  /* the beginning of several */
	SCAN_NEEDS_VALUE, /* it takes one, and there is no word left */
	SCAN_TAKES_NONE,  /* "--name=value" of one that takes none */
};

/*
 * One step. Begin with {.options, .n_options, .abbreviate, .next = argv + 1}, all else zero;
 * after a step that is not SCAN_OPTION, make no other. Values point into argv.
 */
enum scan_step scan_next(struct scan *s);

#endif
