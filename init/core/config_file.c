/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration file. inih parses it, but is lenient where a start script must not
 * be: it takes ':' for '=', cuts long names, drops what follows a section's ']'. So it
 * reads the file through next_line(), which checks each line first and shows an empty
 * one instead of a bad one.
 */
#define INI_HANDLER_LINENO 1 /* as the library is built: it changes the handler's type */
#include <ini.h>
#include <string.h>

#include "core/config.h"
#include "core/config_store.h"

/* A file that is being read. at is the line that inih has got last. */
struct file {
	struct config *config;
	struct problems *problems;
	size_t problems_before;
	const char *s, *end; /* what is left */
	struct origin at;
	enum { NO_SECTION, BAD_SECTION, IN_SECTION } where;
	struct place place;	      /* in a section: which */
	unsigned seen[SECTION_COUNT]; /* the line of each section's header, 0: none yet */
};

/* ---- the whole text ---- */

/* The first byte that no text file has, with its line; NULL: there is none. */
static const char *find_binary(const char *text, size_t len, unsigned *ret_line)
{
	unsigned line = 1;

	for (const char *s = text; s < text + len; s++) {
		bool line_end = *s == '\r' && s + 1 < text + len && s[1] == '\n';

		if (((unsigned char)*s < ' ' && *s != '\n' && *s != '\t' && !line_end) ||
		    *s == '\x7f') {
			*ret_line = line;
			return s;
		}
		line += *s == '\n';
	}
	return NULL;
}

/* False: it is not a text that could be parsed, which is reported in one problem. */
static bool check_text(struct file *f)
{
	const size_t len = (size_t)(f->end - f->s);
	const char *bad;
	struct origin at = f->at;

	if (len > CONFIG_FILE_MAX) {
		problems_add(
			f->problems, at,
			"cannot read configuration: the file is larger than %d bytes",
			CONFIG_FILE_MAX);
		return false;
	}
	if (len >= 2 &&
	    (memcmp(f->s, "\xff\xfe", 2) == 0 || memcmp(f->s, "\xfe\xff", 2) == 0)) {
		problems_add(f->problems, at,
			     "cannot read configuration: the file is UTF-16, save it as "
			     "UTF-8");
		return false;
	}
	bad = find_binary(f->s, len, &at.line);
	if (bad) {
		problems_add(
			f->problems, at,
			"cannot read configuration: byte 0x%02x belongs in no text: is "
			"this a configuration file?",
			(unsigned char)*bad);
		return false;
	}
	return true;
}

/* ---- one line ---- */

/* The line of this file that the section began in before; 0, and it begins here: none. */
static unsigned first_line(struct file *f)
{
	struct hook_section *hook;
	unsigned first;

	if (f->place.section != SECTION_HOOK) {
		first = f->seen[f->place.section];
		f->seen[f->place.section] = first ? first : f->at.line;
		return first;
	}
	hook = &f->config->hooks.v[f->place.hook];
	first = hook->at.source == f->at.source ? hook->at.line : 0;
	hook->at = first ? hook->at : f->at;
	return first;
}

/* A "[NAME]" line. Blanks after the ']' are gone. */
static void check_section(struct file *f, const char *line, size_t len)
{
	const char *close = memchr(line, ']', len);
	const char *name;
	unsigned first;

	f->where = BAD_SECTION;
	if (!close) {
		problems_add(f->problems, f->at, "the ']' of the section is missing");
		return;
	}
	name = arena_strndup(f->config->arena, line + 1, (size_t)(close - line) - 1);
	if (close != line + len - 1) {
		problems_add(
			f->problems, f->at,
			"there is text behind [%.80s]: comments have lines of their own",
			name);
		return;
	}
	if (config_find_section(f->config, name, f->at, &f->place, f->problems) < 0) {
		return;
	}
	f->where = IN_SECTION;
	first = first_line(f);
	if (first) {
		problems_add(f->problems, f->at,
			     "duplicate section [%s]: it is already in line %u", name,
			     first);
	}
}

/* A "KEY = VALUE" line; false: inih must not see it. */
static bool check_key(struct file *f, const char *line, size_t len)
{
	size_t n = 0;
	const char *key, *home;

	while (n < len && line[n] != '=' && line[n] != ':') {
		n++;
	}
	if (n == len || line[n] == ':') {
		problems_add(f->problems, f->at, "expected KEY = VALUE%s",
			     n < len ? ": the first separator must be '=', not ':'" : "");
		return false;
	}
	if (n == 0) {
		problems_add(f->problems, f->at,
			     "expected KEY = VALUE: there is nothing before the '='");
		return false;
	}
	if (f->where == NO_SECTION) {
		while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t')) {
			n--;
		}
		key = arena_strndup(f->config->arena, line, n);
		home = config_section_with_key(key);
		problems_add(f->problems, f->at,
			     "key " SHOWN " is in no section: put [%s] above it",
			     SHOW(key), home ? home : "main");
	}
	return f->where == IN_SECTION;
}

/*
 * False: inih shall not see the line, either because it is wrong or because nothing is
 * in it.
 */
static bool check_line(struct file *f, const char *line, size_t len, size_t line_max)
{
	size_t blanks = 0;

	while (blanks < len && (line[blanks] == ' ' || line[blanks] == '\t')) {
		blanks++;
	}
	if (len > line_max) {
		problems_add(f->problems, f->at, "the line is longer than %zu bytes",
			     line_max);
		return false;
	}
	if (blanks == len || line[blanks] == '#' || line[blanks] == ';') {
		return false;
	}
	if (blanks > 0) {
		problems_add(
			f->problems, f->at,
			"the line begins with a blank: values cannot go on over lines, and "
			"keys begin in the first column");
		return false;
	}
	while (line[len - 1] == ' ' || line[len - 1] == '\t') {
		len--;
	}
	if (line[0] == '[') {
		check_section(f, line, len);
		return f->where == IN_SECTION;
	}
	return check_key(f, line, len);
}

/* ---- inih's side ---- */

/*
 * inih's fgets(): the next line, or an empty one, of at most room - 1 bytes with its
 * newline.
 */
static char *next_line(char *buf, int room, void *stream)
{
	struct file *f = stream;
	const char *newline, *end;
	size_t len;

	if (f->s == f->end) {
		return NULL;
	}
	f->at.line++;
	if (f->problems->n - f->problems_before >= CONFIG_MISTAKES_MAX) {
		problems_add(f->problems, f->at,
			     "the rest is not read: too many mistakes");
		f->s = f->end;
		return NULL;
	}
	newline = memchr(f->s, '\n', (size_t)(f->end - f->s));
	end = newline ? newline : f->end;
	len = (size_t)(end - f->s);
	if (len > 0 && f->s[len - 1] == '\r') {
		len--;
	}
	/*
	 * inih has more room, as tools/deps.sh builds it; never give it a line in
	 * parts.
	 */
	if (!check_line(f, f->s, len,
			room - 2 < CONFIG_LINE_MAX ? (size_t)room - 2
						   : CONFIG_LINE_MAX)) {
		len = 0;
	}
	memcpy(buf, f->s, len);
	memcpy(buf + len, "\n", 2);
	f->s = newline ? newline + 1 : f->end;
	return buf;
}

static int handle(void *user, const char *section, const char *name, const char *value,
		  int lineno)
{
	struct file *f = user;

	(void)section; /* check_section has found it by the same text */
	(void)lineno;  /* inih counts the lines it is given, as f->at does */
	config_store(f->config, f->place, name, value, f->at, true, f->problems);
	return 1;
}

/* Not inlined: a start without a file needs no stack for its lines. */
__attribute__((noinline)) void config_add_file(struct config *c, const char *source,
					       const char *text, size_t len,
					       struct problems *p)
{
	struct file f = {
		.config = c,
		.problems = p,
		.problems_before = p->n,
		.s = text,
		.end = text + len,
		/*
		 * A copy of its own, so that the pointer tells this reading from every
		 * other.
		 */
		.at = {.source = arena_strdup(c->arena, source)},
	};

	if (!check_text(&f)) {
		return;
	}
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		f.s += 3;
	}
	ini_parse_stream(next_line, &f, handle, &f);
	config_compact(c);
}
