/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/types.h"

__attribute__((format(printf, 3, 0))) static void fill(struct err *e, int status,
						       const char *fmt, va_list ap)
{
	e->status = status;
	if (vsnprintf(e->text, sizeof(e->text), fmt, ap) < 0) {
		e->text[0] = '\0';
	}
}

const char *err_shown_rest(const char *text)
{
	return strnlen(text, SHOWN_MAX + 1) > SHOWN_MAX ? "..." : "";
}

int err_config(struct err *reterr, const char *fmt, ...)
{
	va_list ap;

	if (reterr) {
		va_start(ap, fmt);
		fill(reterr, STATUS_CONFIG, fmt, ap);
		va_end(ap);
	}
	return -EINVAL;
}

int err_system(struct err *reterr, int errnum, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	if (reterr) {
		va_start(ap, fmt);
		fill(reterr, STATUS_SYSTEM, fmt, ap);
		va_end(ap);
		n = strlen(reterr->text);
		snprintf(reterr->text + n, sizeof(reterr->text) - n, ": %s",
			 strerror(errnum));
	}
	return -errnum;
}

void problems_add(struct problems *p, struct origin at, const char *fmt, ...)
{
	struct problem *new = arena_alloc(p->arena, sizeof(*new));
	va_list ap;

	va_start(ap, fmt);
	new->text = arena_vprintf(p->arena, fmt, ap);
	va_end(ap);
	new->at = at;
	if (p->last) {
		p->last->next = new;
	} else {
		p->first = new;
	}
	p->last = new;
	p->n++;
}

static bool same_source(const struct problem *x, const struct problem *y)
{
	return strcmp(x->at.source, y->at.source) == 0;
}

void problems_sort(struct problems *p)
{
	struct problem *rest = p->first;

	p->first = NULL;
	while (rest) {
		struct problem **at = &p->first, *new = rest;

		rest = rest->next;
		while (*at && !same_source(*at, new)) {
			at = &(*at)->next;
		}
		while (*at && same_source(*at, new) && (*at)->at.line <= new->at.line) {
			at = &(*at)->next;
		}
		new->next = *at;
		*at = new;
		if (!new->next) {
			p->last = new;
		}
	}
}

const char *problem_format(struct arena *a, const struct problem *p)
{
	if (p->at.line > 0) {
		return arena_printf(a, "%s:%u: %s", p->at.source, p->at.line, p->text);
	}
	return arena_printf(a, "%s: %s", p->at.source, p->text);
}
