/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json.h"

#include <string.h>

/*
 * jansson refuses whole numbers above 2^63-1. They reach it as strings that begin with a byte which
 * no JSON text of ours begins a string with; json_get_u64() takes them back.
 */
#define BIG_MARK 0x7f
#define INT64_DIGITS 19

static bool is_number_byte(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' ||
	       c == 'E';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The end of the string whose opening quote is at i: past its closing quote, or len. */
static size_t skip_string(const char *text, size_t len, size_t i)
{
	for (i++; i < len && text[i] != '"'; i++) {
		if (text[i] == '\\') {
			i++;
		}
	}
	return i < len ? i + 1 : len;
}

/* The length of the run of bytes at i that a number is made of; *ret_digits when only digits. */
static size_t number_length(const char *text, size_t len, size_t i, bool *ret_digits)
{
	size_t n = 0;

	*ret_digits = true;
	for (; i + n < len && is_number_byte(text[i + n]); n++) {
		if (!is_digit(text[i + n])) {
			*ret_digits = false;
		}
	}
	return n;
}

/* A copy of text in which each number of 19 digits or more is a marked string. */
static char *mark_big_numbers(struct arena *a, const char *text, size_t len,
			      size_t *ret_len)
{
	/* Three bytes more for each, and each has at least 19. */
	char *out = arena_alloc(a, len + len / INT64_DIGITS * 3 + 4);
	size_t o = 0;

	for (size_t i = 0; i < len;) {
		bool digits = false;
		size_t n;

		if (text[i] == '"') {
			n = skip_string(text, len, i) - i;
		} else if (is_number_byte(text[i])) {
			n = number_length(text, len, i, &digits);
		} else {
			n = 1;
		}
		digits = digits && n >= INT64_DIGITS && text[i] != '0';
		if (digits) {
			out[o++] = '"';
			out[o++] = BIG_MARK;
		}
		memcpy(out + o, text + i, n);
		o += n;
		if (digits) {
			out[o++] = '"';
		}
		i += n;
	}
	*ret_len = o;
	return out;
}

/* jansson quotes the text near a mistake: bytes that would disturb a terminal become '?'. */
static const char *printable(struct arena *a, const char *text)
{
	char *copy = arena_strdup(a, text);

	for (char *c = copy; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == BIG_MARK) {
			*c = '?';
		}
	}
	return copy;
}

json_t *json_parse(struct arena *a, const char *source, const char *text, size_t len,
		   struct problems *p)
{
	struct origin at = {.source = source, .line = 1};
	json_error_t error;
	json_t *root = NULL;
	size_t marked_len;
	char *marked = mark_big_numbers(a, text, len, &marked_len);

	/* A fixed seed: jansson would otherwise read /dev/urandom, and order must not differ. */
	json_object_seed(1);
	root = json_loadb(marked, marked_len, JSON_REJECT_DUPLICATES, &error);
	if (!root && json_error_code(&error) == json_error_out_of_memory) {
		mem_exhausted();
	}
	if (!root) {
		at.line = error.line > 0 ? (unsigned)error.line : 1;
		problems_add(p, at, "not valid JSON: %s", printable(a, error.text));
	}
	return root;
}

bool json_get_u64(const json_t *v, uint64_t *ret_value)
{
	uint64_t value = 0;
	const char *digits;

	if (json_is_integer(v)) {
		if (json_integer_value(v) < 0) {
			return false;
		}
		*ret_value = (uint64_t)json_integer_value(v);
		return true;
	}
	digits = json_string_value(v);
	if (!digits || digits[0] != BIG_MARK || !digits[1]) {
		return false;
	}
	for (digits++; *digits; digits++) {
		if (!is_digit(*digits) || __builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (unsigned)(*digits - '0'), &value)) {
			return false;
		}
	}
	*ret_value = value;
	return true;
}

const char *json_kind(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return json_string_value(v)[0] == BIG_MARK ? "a number" : "a text";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	default:
		return "null";
	}
}

/* A place in valid JSON text. */
struct cursor {
	const char *text;
	size_t len;
	size_t i;
};

static void skip_blanks(struct cursor *c)
{
	while (c->i < c->len && strchr(" \t\r\n:,", c->text[c->i]) && c->text[c->i]) {
		c->i++;
	}
}

/* Past one value; brackets are counted, as the text is known to be valid. */
static void skip_value(struct cursor *c)
{
	size_t depth = 0;

	do {
		char b;

		skip_blanks(c);
		if (c->i >= c->len) {
			return;
		}
		b = c->text[c->i];
		if (b == '"') {
			c->i = skip_string(c->text, c->len, c->i);
			continue;
		}
		if (b == '{' || b == '[') {
			depth++;
		} else if (b == '}' || b == ']') {
			depth--;
		}
		for (c->i++;
		     c->i < c->len && !strchr(" \t\r\n:,{}[]\"", c->text[c->i]);) {
			c->i++;
		}
	} while (depth > 0);
}

/* From the start of an object to the key's opening quote, or of an array to its element. */
static bool enter(struct cursor *c, const struct json_path *step)
{
	size_t key_len = step->key ? strlen(step->key) : 0;

	skip_blanks(c);
	if (c->i >= c->len || c->text[c->i] != (step->key ? '{' : '[')) {
		return false;
	}
	c->i++;
	for (size_t n = 0;; n++) {
		size_t end;

		skip_blanks(c);
		if (c->i >= c->len || c->text[c->i] == '}' || c->text[c->i] == ']') {
			return false;
		}
		if (!step->key && n == step->index) {
			return true;
		}
		if (step->key) {
			end = skip_string(c->text, c->len, c->i);
			if (end - c->i == key_len + 2 &&
			    memcmp(c->text + c->i + 1, step->key, key_len) == 0) {
				return true;
			}
			c->i = end;
		}
		skip_value(c);
	}
}

static unsigned line_at(const char *text, size_t i)
{
	unsigned line = 1;

	for (size_t n = 0; n < i; n++) {
		line += text[n] == '\n';
	}
	return line;
}

/* Follow path, its upper steps first; true when all of it was found. */
static bool follow(struct cursor *c, const struct json_path *path)
{
	size_t here;

	if (!path || !path->up) {
		skip_blanks(c);
		return true;
	}
	if (!follow(c, path->up)) {
		return false;
	}
	if (path->up->up && path->up->key) {
		c->i = skip_string(c->text, c->len, c->i);
	}
	here = c->i;
	if (!enter(c, path)) {
		c->i = here;
		return false;
	}
	return true;
}

unsigned json_line(const char *text, size_t len, const struct json_path *path)
{
	struct cursor c = {.text = text, .len = len};

	follow(&c, path);
	return line_at(text, c.i);
}
