/* SPDX-License-Identifier: Apache-2.0 */
#include "core/parse.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Appends a digit: false when the result would be more than max. */
static bool push_digit(uint64_t *value, unsigned base, char digit, uint64_t max)
{
	uint64_t next;

	if (__builtin_mul_overflow(*value, base, &next) ||
	    __builtin_add_overflow(next, (uint64_t)(digit - '0'), &next) || next > max) {
		return false;
	}
	*value = next;
	return true;
}

/*
 * The number that begins at *text, which is moved behind it. -EINVAL: no digit;
 * -ERANGE: over max.
 */
static int read_number(const char **text, uint64_t max, uint64_t *ret_value)
{
	const char *s = *text;
	uint64_t value = 0;

	if (!is_digit(*s)) {
		return -EINVAL;
	}
	for (; is_digit(*s); s++) {
		if (!push_digit(&value, 10, *s, max)) {
			return -ERANGE;
		}
	}
	*text = s;
	*ret_value = value;
	return 0;
}

/*
 * The units of a duration in microseconds; a longer name comes before its own
 * beginning.
 */
static const struct duration_unit {
	const char *name;
	uint64_t usec;
} duration_units[] = {
	{"us", 1}, {"ms", 1000}, {"s", 1000000}, {"m", 60000000ull}, {"h", 3600000000ull},
};

static const struct duration_unit *read_unit(const char **text)
{
	for (size_t i = 0; i < ARRAY_LEN(duration_units); i++) {
		size_t n = strlen(duration_units[i].name);

		if (strncmp(*text, duration_units[i].name, n) == 0) {
			*text += n;
			return &duration_units[i];
		}
	}
	return NULL;
}

/*
 * The digits behind a decimal point, in billionths; what is smaller counts as one more
 * so that the whole is rounded up. *any is set when there is a digit.
 */
static uint64_t read_fraction(const char **text, bool *any)
{
	uint64_t value = 0, scale = 1000000000;
	bool more = false;

	for (; is_digit(**text); (*text)++) {
		*any = true;
		scale /= 10;
		value += (uint64_t)(**text - '0') * scale;
		more = more || (scale == 0 && **text != '0');
	}
	return value + more;
}

/* One number with its unit, e.g. "1.5s", added to *usec. 0, -EINVAL or -ERANGE. */
static int read_span(const char **text, uint64_t *usec)
{
	const struct duration_unit *unit;
	uint64_t whole = 0, fraction = 0;
	bool any = is_digit(**text);

	if (any && read_number(text, INT64_MAX, &whole) < 0) {
		return -ERANGE;
	}
	if (**text == '.') {
		(*text)++;
		fraction = read_fraction(text, &any);
	}
	unit = any ? read_unit(text) : NULL;
	if (!unit) {
		return -EINVAL;
	}
	/* At most 10^9 * 3.6 * 10^9, which fits. */
	fraction = (fraction * unit->usec + 999999999) / 1000000000;
	if (__builtin_mul_overflow(whole, unit->usec, &whole) ||
	    __builtin_add_overflow(whole, fraction, &whole) ||
	    __builtin_add_overflow(*usec, whole, usec) || *usec > INT64_MAX) {
		return -ERANGE;
	}
	return 0;
}

static int duration_error(const char *text, int why, struct err *reterr)
{
	size_t digits = strspn(text, "0123456789.");

	if (why == -ERANGE) {
		return err_config(reterr,
				  "cannot parse duration " SHOWN ": it is too long",
				  SHOW(text));
	}
	if (*text == '-') {
		return err_config(reterr,
				  "cannot parse duration " SHOWN ": it is negative",
				  SHOW(text));
	}
	if (digits > 0 && text[digits] == '\0') {
		return err_config(reterr,
				  "cannot parse duration " SHOWN
				  ": a unit is needed, for example %.20ss",
				  SHOW(text), digits <= 6 ? text : "10");
	}
	return err_config(reterr,
			  "cannot parse duration " SHOWN
			  ": expected numbers each with a unit "
			  "(us, ms, s, m, h), for example 1m30s",
			  SHOW(text));
}

int parse_duration(const char *text, msec_t *ret_msec, struct err *reterr)
{
	const char *s = text;
	uint64_t usec = 0;

	do {
		int r = read_span(&s, &usec);

		if (r < 0) {
			return duration_error(text, r, reterr);
		}
	} while (*s);
	*ret_msec = (msec_t)(usec / 1000 + (usec % 1000 != 0));
	return 0;
}

/* How far the letter shifts a size; -1: not a unit. */
static int size_shift(const char *unit)
{
	static const char letters[] = "bkmgt";
	const char *at;

	if (!*unit) {
		return 0;
	}
	at = strchr(letters, *unit | 0x20);
	if (!at || (unit[1] && (at == letters || strcasecmp(unit + 1, "b") != 0))) {
		return -1;
	}
	return (int)(at - letters) * 10;
}

int parse_bytes(const char *text, uint64_t *ret_bytes, struct err *reterr)
{
	const char *s = text;
	uint64_t value = 0;
	int r = read_number(&s, UINT64_MAX, &value);
	int shift = r < 0 ? 0 : size_shift(s);

	if (r == -ERANGE || (shift > 0 && value > UINT64_MAX >> shift)) {
		return err_config(reterr, "cannot parse size " SHOWN ": it is too large",
				  SHOW(text));
	}
	if (r < 0 || shift < 0) {
		return err_config(
			reterr,
			"cannot parse size " SHOWN
			": expected a number of bytes, or one with k, m, g or t, "
			"for example 64m",
			SHOW(text));
	}
	*ret_bytes = value << shift;
	return 0;
}

int parse_uint(const char *text, uint64_t max, uint64_t *ret_value, struct err *reterr)
{
	const char *s = text;
	uint64_t value = 0;

	if (read_number(&s, max, &value) < 0 || *s) {
		return err_config(reterr,
				  "cannot parse number " SHOWN
				  ": expected decimal digits, 0 to %llu",
				  SHOW(text), (unsigned long long)max);
	}
	*ret_value = value;
	return 0;
}

int parse_int(const char *text, int64_t min, int64_t max, int64_t *ret_value,
	      struct err *reterr)
{
	bool negative = *text == '-';
	const char *s = text + negative;
	uint64_t size = 0;
	int64_t value;
	int r = read_number(&s, (uint64_t)INT64_MAX + negative, &size);

	/* Of -2^63 the amount is no int64_t: negate it as what it is, modulo 2^64. */
	value = (int64_t)(negative ? -size : size);
	if (r < 0 || *s || value < min || value > max) {
		return err_config(reterr,
				  "cannot parse number " SHOWN ": expected %lld to %lld",
				  SHOW(text), (long long)min, (long long)max);
	}
	*ret_value = value;
	return 0;
}

int parse_bool(const char *text, bool *ret_value, struct err *reterr)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{"yes", true}, {"true", true},	 {"on", true},	 {"1", true},
		{"no", false}, {"false", false}, {"off", false}, {"0", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcasecmp(text, words[i].word) == 0) {
			*ret_value = words[i].value;
			return 0;
		}
	}
	return err_config(reterr, "cannot parse switch " SHOWN ": expected yes or no",
			  SHOW(text));
}

int parse_mode(const char *text, unsigned *ret_mode, struct err *reterr)
{
	uint64_t mode = 0;
	const char *s = text;

	while (*s >= '0' && *s <= '7' && push_digit(&mode, 8, *s, 07777)) {
		s++;
	}
	if (s == text || *s) {
		return err_config(
			reterr,
			"cannot parse mode " SHOWN
			": expected octal digits, at most 7777, for example 0750",
			SHOW(text));
	}
	*ret_mode = (unsigned)mode;
	return 0;
}
