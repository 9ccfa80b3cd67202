/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/page.h"

#include <stdarg.h>
#include <unistd.h>

#include "core/quote.h"
#include "sys/log.h"

/* As much of one value as is shown. */
#define LINE_SAFE_MAX 4096

static void put(struct page *out, const char *text)
{
	int r = log_print(STDOUT_FILENO, text);

	if (r < 0) {
		out->error = r;
	}
}

void page_section(struct page *out, const char *name)
{
	put(out, arena_printf(out->arena, "%s\n", name));
}

void page_line(struct page *out, const char *key, const char *fmt, ...)
{
	char safe[LINE_SAFE_MAX];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = quote_escape(safe, sizeof(safe) - 1, arena_vprintf(out->arena, fmt, ap),
			 false);
	va_end(ap);
	safe[n] = '\0';
	put(out, arena_printf(out->arena, "  %-20s %s\n", key, safe));
}

const char *page_words(struct arena *a, const struct strv *v)
{
	const char *text = "";

	for (size_t i = 0; i < v->n; i++) {
		text = arena_printf(a, "%s%s%s", text, i ? " " : "",
				    quote_word(a, v->v[i]));
	}
	return text;
}

const char *page_span(struct arena *a, msec_t msec)
{
	return msec % 1000 ? arena_printf(a, "%lldms", (long long)msec)
			   : arena_printf(a, "%llds", (long long)(msec / 1000));
}

const char *page_found(struct arena *a, const struct strv *paths)
{
	for (size_t i = 0; i < paths->n; i++) {
		if (access(paths->v[i], X_OK) == 0) {
			return quote_word(a, paths->v[i]);
		}
	}
	return "not found here";
}
