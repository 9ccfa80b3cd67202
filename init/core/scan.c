/* SPDX-License-Identifier: Apache-2.0 */
#include "core/scan.h"

#include <stdio.h>
#include <string.h>

/* The value is the rest of the word, or the next word. */
static enum scan_step take_value(struct scan *s, char *attached)
{
	s->value = attached ? attached : *s->next;
	if (!s->value) {
		return SCAN_NEEDS_VALUE;
	}
	if (!attached) {
		s->next++;
	}
	return SCAN_OPTION;
}

static enum scan_step find_long(struct scan *s, const char *name, size_t len)
{
	size_t found = 0;

	for (size_t i = 0; i < s->n_options; i++) {
		const struct scan_option *o = &s->options[i];

		if (!o->name || strncmp(o->name, name, len) != 0) {
			continue;
		}
		if (o->name[len] == '\0') {
			s->option = o;
			return SCAN_OPTION;
		}
		if (s->abbreviate) {
			s->option = o;
			found++;
		}
	}
	if (found == 1) {
		return SCAN_OPTION;
	}
	s->option = NULL;
	return found == 0 ? SCAN_UNKNOWN : SCAN_AMBIGUOUS;
}

static enum scan_step step_long(struct scan *s, char *word)
{
	char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	enum scan_step step;

	snprintf(s->as, sizeof(s->as), "%.*s",
		 len < SCAN_WORD_MAX ? (int)len : SCAN_WORD_MAX, word);
	step = find_long(s, word + 2, len - 2);
	if (step != SCAN_OPTION) {
		return step;
	}
	if (s->option->takes_value) {
		return take_value(s, equals ? equals + 1 : NULL);
	}
	return equals ? SCAN_TAKES_NONE : SCAN_OPTION;
}

static enum scan_step step_short(struct scan *s)
{
	char letter = *s->rest++;
	char *attached = *s->rest ? s->rest : NULL;

	s->as[0] = '-';
	s->as[1] = letter;
	s->as[2] = '\0';
	if (!attached) {
		s->rest = NULL;
	}
	for (size_t i = 0; i < s->n_options; i++) {
		if (s->options[i].letter != letter) {
			continue;
		}
		s->option = &s->options[i];
		if (!s->option->takes_value) {
			return SCAN_OPTION;
		}
		s->rest = NULL;
		return take_value(s, attached);
	}
	return SCAN_UNKNOWN;
}

enum scan_step scan_next(struct scan *s)
{
	char *word = *s->next;

	s->option = NULL;
	s->value = NULL;
	if (s->rest) {
		return step_short(s);
	}
	if (!word || word[0] != '-' || word[1] == '\0') {
		return SCAN_END;
	}
	s->next++;
	if (strcmp(word, "--") == 0) {
		s->dashes = true;
		return SCAN_END;
	}
	/* Where no option has a long form, "--x" is the letter '-', then x. */
	for (size_t i = 0; word[1] == '-' && i < s->n_options; i++) {
		if (s->options[i].name) {
			return step_long(s, word);
		}
	}
	s->rest = word + 1;
	return step_short(s);
}
