/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of env.h that reads env_file. Such a file often holds passwords, and a missing
 * quote makes names of them: no message repeats what it does not know to be a name.
 */
#include <string.h>

#include "core/env.h"

/* No execve(2) takes more than this for arguments and environment together. */
#define TOTAL_MAX (6 * 1024 * 1024)
#define MISTAKES_MAX 50

/* A position in a copy of the text that values are cut from in place. */
struct reader {
	struct arena *arena;
	char *s;
	unsigned line; /* the one s is in */
	const char *source;
	lookup_fn lookup;
	const void *ctx;
	struct env *env;
	struct problems *problems;
	size_t total; /* bytes of values so far */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char *skip_blanks(char *s)
{
	while (is_blank(*s)) {
		s++;
	}
	return s;
}

static void trim_end(char *s)
{
	size_t n = strlen(s);

	while (n > 0 && is_blank(s[n - 1])) {
		s[--n] = '\0';
	}
}

/* The rest of the line, which is consumed. */
static char *take_line(struct reader *r)
{
	char *line = r->s;
	char *end = strchrnul(line, '\n');

	r->s = end;
	if (*end) {
		*end = '\0';
		r->s++;
		r->line++;
	}
	return line;
}

/*
 * The text within the quote at r->s, with only the escape of that quote undone; r->s
 * moves behind the closing one. NULL: there is none, and all of the text has been
 * consumed.
 */
static char *take_quoted(struct reader *r)
{
	const char quote = *r->s++;
	char *text = r->s, *out = r->s;

	for (; *r->s != quote; r->s++) {
		if (*r->s == '\\' && r->s[1]) {
			if (*++r->s != quote) {
				*out++ = '\\';
			}
		}
		if (!*r->s) {
			return NULL;
		}
		r->line += *r->s == '\n';
		*out++ = *r->s;
	}
	r->s++;
	*out = '\0';
	return text;
}

/* The byte of up to three octal digits at *s, which are skipped. */
static unsigned take_octal(const char **s)
{
	unsigned value = 0;

	for (int i = 0; i < 3 && **s >= '0' && **s <= '7'; i++) {
		value = value * 8 + (unsigned)(*(*s)++ - '0');
	}
	return value;
}

/*
 * Undo the escapes of double quotes in place. A "\$" becomes "$$", which interpolation
 * takes for a dollar sign; an unknown escape stays. False: "\0" makes no byte that a
 * value may hold.
 */
static bool unescape(char *text)
{
	static const char letters[] = "abfnrtv\"\\$", values[] = "\a\b\f\n\r\t\v\"\\$";
	const char *s = text;
	char *out = text;

	while (*s) {
		const char *letter = *s == '\\' && s[1] ? strchr(letters, s[1]) : NULL;

		if (letter) {
			if (*letter == '$') {
				*out++ = '$';
			}
			*out++ = values[letter - letters];
			s += 2;
		} else if (s[0] == '\\' && s[1] == '0') {
			unsigned byte;

			s += 2;
			byte = take_octal(&s);
			if (byte == 0 || byte > 255) {
				return false;
			}
			*out++ = (char)byte;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
	return true;
}

/* ${X} in a value: what lookup knows, else what an env_file has set. */
static const char *lookup_either(const void *ctx, const char *name, size_t name_len)
{
	const struct reader *r = ctx;
	const char *value = r->lookup(r->ctx, name, name_len);
	const struct env_item *item = value ? NULL : env_find(r->env, name, name_len);

	return item && item->source == ENV_FILE ? pieces_text(r->arena, item->pieces)
						: value;
}

static void set(struct reader *r, const char *name, const struct piece *pieces,
		struct origin at)
{
	struct env_item item = {
		.name = name,
		.pieces = pieces,
		.source = ENV_FILE,
		.at = at,
	};

	r->total += strlen(name) + strlen(pieces_text(r->arena, pieces));
	env_set(r->arena, r->env, item);
}

/*
 * The value at r->s and the rest of its line, which are consumed: expanded to
 * *ret_pieces. False: there is a mistake, which is reported.
 */
static bool take_value(struct reader *r, struct origin at, struct piece **ret_pieces)
{
	const char quote = *r->s == '"' || *r->s == '\'' ? *r->s : '\0';
	char *value = quote ? take_quoted(r) : take_line(r);
	struct err err;

	if (!value) {
		problems_add(r->problems, at, "the quote %c is not closed", quote);
		return false;
	}
	if (!quote) {
		char *comment = strstr(value, " #");

		if (comment) {
			*comment = '\0';
		}
		trim_end(value);
	} else {
		const char *rest = skip_blanks(take_line(r));

		if (*rest && *rest != '#') {
			problems_add(r->problems, at,
				     "there is text behind the closing quote %c", quote);
			return false;
		}
	}
	if (quote == '"' && !unescape(value)) {
		problems_add(r->problems, at,
			     "\\0 must be followed by octal digits, 001 to 377");
		return false;
	}
	if (quote == '\'') {
		*ret_pieces = NULL;
		if (*value) {
			*ret_pieces = arena_alloc(r->arena, sizeof(**ret_pieces));
			(*ret_pieces)->text = value;
		}
		return true;
	}
	if (interpolate(r->arena, value, lookup_either, r, false, ret_pieces, NULL,
			&err) < 0) {
		problems_add(r->problems, at, "%s", err.text);
		return false;
	}
	return true;
}

/* The same of what is not a variable: the lines within its quotes are none either. */
static void skip_value(struct reader *r)
{
	if ((*r->s != '"' && *r->s != '\'') || take_quoted(r)) {
		take_line(r);
	}
}

/* NAME alone on a line. */
static void inherit(struct reader *r, const char *name, struct origin at)
{
	const char *value = r->lookup(r->ctx, name, strlen(name));

	if (value) {
		struct piece *p = arena_alloc(r->arena, sizeof(*p));

		p->text = arena_strdup(r->arena, value);
		set(r, name, p, at);
	}
}

/* One line that is neither blank nor a comment, and those that its quotes take in. */
static void take_statement(struct reader *r)
{
	static const char name_rule[] =
		": a name has letters, digits and _ . - [ ] only, and "
		"begins with a letter or _";
	struct origin at = {r->source, r->line};
	struct piece *pieces;
	char *name, *end;
	bool alone;

	if (strncmp(r->s, "export", 6) == 0 && is_blank(r->s[6])) {
		r->s = skip_blanks(r->s + 6);
	}
	name = r->s;
	end = name + strcspn(name, "=:\n");
	alone = *end != '=' && *end != ':';
	if (alone) {
		take_line(r);
	} else {
		*end = '\0';
		r->s = skip_blanks(end + 1);
	}
	trim_end(name);
	if (!env_name_accepted(name)) {
		problems_add(r->problems, at, "expected NAME=value%s",
			     alone ? "" : name_rule);
		if (!alone) {
			skip_value(r);
		}
	} else if (alone) {
		inherit(r, name, at);
	} else if (take_value(r, at, &pieces)) {
		set(r, name, pieces, at);
	}
}

/* The next thing that is neither blank nor a comment; false at the end. */
static bool next_statement(struct reader *r)
{
	for (;;) {
		r->s = skip_blanks(r->s);
		if (!*r->s) {
			return false;
		}
		if (*r->s != '\n' && *r->s != '#') {
			return true;
		}
		take_line(r);
	}
}

/* The line of text's first NUL. */
static unsigned line_of_nul(const char *text)
{
	unsigned line = 1;

	for (; *text; text++) {
		line += *text == '\n';
	}
	return line;
}

void env_file_parse(struct arena *a, const char *source, const char *text, size_t len,
		    lookup_fn lookup, const void *ctx, struct env *e, struct problems *p)
{
	const size_t before = p->n;
	struct reader r = {
		.arena = a,
		.s = arena_strndup(a, text, len),
		.line = 1,
		.source = source,
		.lookup = lookup,
		.ctx = ctx,
		.env = e,
		.problems = p,
	};

	if (memchr(text, '\0', len)) {
		problems_add(p, (struct origin){source, line_of_nul(text)},
			     "there is a NUL byte: is this a text file?");
		return;
	}
	if (strncmp(r.s, "\xef\xbb\xbf", 3) == 0) {
		r.s += 3;
	}
	while (next_statement(&r)) {
		struct origin at = {source, r.line};

		if (p->n - before >= MISTAKES_MAX) {
			problems_add(p, at, "the rest is not read: too many mistakes");
			return;
		}
		if (e->n >= ENV_NAMES_MAX || r.total > TOTAL_MAX) {
			problems_add(
				p, at,
				"there are more variables than a program can be given");
			return;
		}
		take_statement(&r);
	}
}
