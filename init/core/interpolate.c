/* SPDX-License-Identifier: Apache-2.0 */
#include "core/interpolate.h"

#include <errno.h>
#include <string.h>

/*
 * Where the expansion goes: literals gather in buf until a secret or the end makes a
 * piece.
 */
struct sink {
	struct piece *first, *last;
	char *buf;
	size_t n, room;
	size_t total;
};

/* What holds for the whole text, and is passed down through its nested words. */
struct work {
	struct arena *arena;
	lookup_fn lookup;
	const void *ctx;
	const char *unset;
	struct err *reterr;
};

/*
 * One level of nesting: where its output goes, or NULL for a word that is only checked;
 * and whether a secret may be part of it.
 */
struct level {
	struct sink *sink;
	bool allow_secret;
	unsigned depth;
};

/* ${NAME} taken apart. */
struct expr {
	const char *all; /* from the '$' */
	size_t bad_len;	 /* to the first byte that could be wrong: what a message shows */
	const char *name;
	size_t name_len;
	bool colon; /* empty counts as unset */
	char op;    /* '-', '?', '+', or 0 */
	const char *word;
	size_t word_len;
};

static int expand(struct work *w, const struct level *l, const char *s, size_t len);

size_t variable_name_len(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len &&
	       (s[n] == '_' || ((s[n] | 0x20) >= 'a' && (s[n] | 0x20) <= 'z') ||
		(n > 0 && s[n] >= '0' && s[n] <= '9'))) {
		n++;
	}
	return n;
}

/*
 * len bytes at s, as a message shows them: never longer than any other text of the
 * user's.
 */
#define SHOWN_PART "'%.*s'"
#define SHOW_PART(s, len) (int)((len) < SHOWN_MAX ? (len) : SHOWN_MAX), (s)

static int put(struct work *w, struct sink *k, const char *s, size_t len)
{
	k->total += len;
	if (k->total > INTERPOLATE_RESULT_MAX) {
		return err_config(
			w->reterr,
			"cannot interpolate: the result is longer than %d bytes",
			INTERPOLATE_RESULT_MAX);
	}
	if (len > k->room - k->n) {
		char *buf;

		k->room = (k->n + len) * 2;
		buf = arena_alloc(w->arena, k->room);
		if (k->n > 0) {
			memcpy(buf, k->buf, k->n);
		}
		k->buf = buf;
	}
	if (len > 0) {
		memcpy(k->buf + k->n, s, len);
	}
	k->n += len;
	return 0;
}

static void append(struct work *w, struct sink *k, struct piece new)
{
	struct piece *p = arena_alloc(w->arena, sizeof(*p));

	*p = new;
	if (k->last) {
		k->last->next = p;
	} else {
		k->first = p;
	}
	k->last = p;
}

/* Turn the gathered literal into a piece. */
static void flush(struct work *w, struct sink *k)
{
	if (k->n > 0) {
		append(w, k,
		       (struct piece){.text = arena_strndup(w->arena, k->buf, k->n)});
		k->n = 0;
	}
}

static int put_value(struct work *w, const struct level *l, const char *value)
{
	return l->sink && value ? put(w, l->sink, value, strlen(value)) : 0;
}

static int put_variable(struct work *w, const struct level *l, const char *name,
			size_t len)
{
	const char *value;

	if (!l->sink) {
		return 0;
	}
	value = w->lookup(w->ctx, name, len);
	if (!value && !w->unset) {
		w->unset = arena_strndup(w->arena, name, len);
	}
	return put_value(w, l, value);
}

static int put_secret(struct work *w, const struct level *l, const struct expr *e)
{
	if (e->word_len == 0 || variable_name_len(e->word, e->word_len) != e->word_len) {
		return err_config(w->reterr,
				  "cannot interpolate " SHOWN_PART
				  ": the name of a secret is expected behind the ':'",
				  SHOW_PART(e->all, e->bad_len));
	}
	if (!l->allow_secret) {
		return err_config(
			w->reterr,
			"cannot interpolate '${secret:%.*s}': a secret may only be used "
			"in a value of [environment]",
			SHOW_PART(e->word, e->word_len));
	}
	if (l->sink) {
		const char *name = arena_strndup(w->arena, e->word, e->word_len);

		flush(w, l->sink);
		append(w, l->sink, (struct piece){.secret = name});
	}
	return 0;
}

/* ${X?m} of a variable that is missing: m, expanded, is the message. */
static int required_error(struct work *w, const struct level *l, const struct expr *e)
{
	struct sink message = {0};
	struct level inner = {.sink = &message, .depth = l->depth + 1};
	int r = expand(w, &inner, e->word, e->word_len);

	if (r < 0) {
		return r;
	}
	flush(w, &message);
	if (!message.first) {
		return err_config(w->reterr, "required variable %.*s is missing a value",
				  (int)e->name_len, e->name);
	}
	return err_config(w->reterr, "required variable %.*s is missing a value: %s",
			  (int)e->name_len, e->name, message.first->text);
}

static int evaluate(struct work *w, const struct level *l, const struct expr *e)
{
	const char *value = l->sink ? w->lookup(w->ctx, e->name, e->name_len) : NULL;
	bool present = value && (*value || !e->colon);
	bool use_word = e->op == '+' ? present : !present;
	struct level inner = {.allow_secret = l->allow_secret && e->op != '?',
			      .depth = l->depth + 1};
	int r;

	if (l->sink && e->op == '?' && !present) {
		return required_error(w, l, e);
	}
	/* The word is checked in every case; it has an effect only where it is used. */
	inner.sink = use_word ? l->sink : NULL;
	r = expand(w, &inner, e->word, e->word_len);
	if (r < 0 || use_word || e->op == '+') {
		return r;
	}
	return put_value(w, l, value);
}

/*
 * The '}' that closes the '{' at s[0]; every '{' within wants its own, so that a word
 * may be JSON. NULL: there is none.
 */
static const char *find_close(const char *s, size_t len)
{
	size_t open = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '{') {
			open++;
		} else if (s[i] == '}' && --open == 0) {
			return s + i;
		}
	}
	return NULL;
}

/* What follows the name, up to the closing brace at end. */
static int parse_operator(struct work *w, struct expr *e, const char *end)
{
	const char *s = e->name + e->name_len;

	e->colon = *s == ':';
	s += e->colon;
	if (s < end && strchr("-?+", *s)) {
		e->op = *s++;
	} else if (e->colon && e->name_len == 6 && memcmp(e->name, "secret", 6) == 0) {
		e->op = ':';
	} else if (s < end || e->colon) {
		return err_config(
			w->reterr,
			"cannot interpolate " SHOWN_PART
			": invalid interpolation format: after the name comes '}' or one "
			"of :- - :? ? :+ +",
			SHOW_PART(e->all, e->bad_len));
	}
	e->word = s;
	e->word_len = (size_t)(end - s);
	return 0;
}

/* s begins with "${". *ret_used is the length of the expression. */
static int braced(struct work *w, const struct level *l, const char *s, size_t len,
		  size_t *ret_used)
{
	const char *close = find_close(s + 1, len - 1);
	struct expr e = {.all = s, .name = s + 2};
	const char *why = NULL;
	int r;

	e.name_len = variable_name_len(e.name, len - 2);
	e.bad_len = 2 + e.name_len + (2 + e.name_len < len);
	if (!close) {
		why = "a '{' is not closed (write $$ for a dollar sign)";
	} else if (e.name_len == 0) {
		why = "invalid interpolation format: after '${' comes a variable's name";
	} else if (l->depth >= INTERPOLATE_DEPTH_MAX) {
		why = "it is nested too deep";
	}
	if (why) {
		return err_config(w->reterr, "cannot interpolate " SHOWN_PART ": %s",
				  SHOW_PART(s, e.bad_len), why);
	}
	*ret_used = (size_t)(close - s) + 1;
	r = parse_operator(w, &e, close);
	if (r < 0) {
		return r;
	}
	switch (e.op) {
	case 0:
		return put_variable(w, l, e.name, e.name_len);
	case ':':
		return put_secret(w, l, &e);
	default:
		return evaluate(w, l, &e);
	}
}

/* s begins with '$'. */
static int dollar(struct work *w, const struct level *l, const char *s, size_t len,
		  size_t *ret_used)
{
	size_t n;

	if (len > 1 && s[1] == '$') {
		*ret_used = 2;
		return put_value(w, l, "$");
	}
	if (len > 1 && s[1] == '{') {
		return braced(w, l, s, len, ret_used);
	}
	n = variable_name_len(s + 1, len - 1);
	if (n == 0) {
		return err_config(
			w->reterr,
			"cannot interpolate " SHOWN_PART
			": invalid interpolation format: write $$ for a dollar sign",
			(int)(len < 2 ? len : 2), s);
	}
	*ret_used = n + 1;
	return put_variable(w, l, s + 1, n);
}

static int expand(struct work *w, const struct level *l, const char *s, size_t len)
{
	while (len > 0) {
		const char *at = memchr(s, '$', len);
		size_t n = at ? (size_t)(at - s) : len;
		int r = l->sink ? put(w, l->sink, s, n) : 0;

		s += n;
		len -= n;
		if (r >= 0 && len > 0) {
			r = dollar(w, l, s, len, &n);
		} else {
			n = 0;
		}
		if (r < 0) {
			return r;
		}
		s += n;
		len -= n;
	}
	return 0;
}

int interpolate(struct arena *a, const char *text, lookup_fn lookup, const void *ctx,
		bool allow_secret, struct piece **ret_pieces, const char **ret_unset,
		struct err *reterr)
{
	struct work w = {.arena = a, .lookup = lookup, .ctx = ctx, .reterr = reterr};
	struct sink sink = {0};
	struct level top = {.sink = &sink, .allow_secret = allow_secret};
	int r = expand(&w, &top, text, strlen(text));

	if (r < 0) {
		return r;
	}
	flush(&w, &sink);
	*ret_pieces = sink.first;
	if (ret_unset) {
		*ret_unset = w.unset;
	}
	return 0;
}

const char *pieces_text(struct arena *a, const struct piece *pieces)
{
	size_t n = 0;
	char *text, *end;

	if (!pieces || !pieces->next) {
		return pieces ? pieces->text : "";
	}
	for (const struct piece *p = pieces; p; p = p->next) {
		n += strlen(p->text);
	}
	end = text = arena_alloc(a, n + 1);
	for (const struct piece *p = pieces; p; p = p->next) {
		end = stpcpy(end, p->text);
	}
	return text;
}

bool pieces_have_secret(const struct piece *pieces)
{
	for (; pieces; pieces = pieces->next) {
		if (pieces->secret) {
			return true;
		}
	}
	return false;
}
