/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a configuration file, as an argument of --set and as a CARDEA_ variable. What
 * was accepted, written down as a file again, must be accepted and mean the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

/* Problems come in the order of lines, and not without end. */
static void check_problems(const struct problems *p, size_t max)
{
	unsigned line = 0;

	check(p->n <= max);
	for (const struct problem *q = p->first; q; q = q->next) {
		check(q->at.source && q->at.line >= line && *q->text);
		line = q->at.line;
	}
}

static char *write_map(char *out, const char *section, const struct setting_map *m)
{
	out += sprintf(out, "[%s]\n", section);
	for (size_t i = 0; i < m->n; i++) {
		check(m->v[i].name && m->v[i].value && m->v[i].at.source);
		out += sprintf(out, "%s=%s\n", m->v[i].name, m->v[i].value);
	}
	return out;
}

static char *write_hook(char *out, const struct config *c, const struct hook_section *h)
{
	check(h->at.source && config_find_hook(c, h->name) == h);
	out += sprintf(out, "[hook:%s]\n", h->name);
	for (size_t i = 0; i < h->keys.n; i++) {
		const struct setting *s = &h->keys.v[i];

		check(s->name && s->at.source);
		out += sprintf(out, "%s=%s\n", s->name, s->value ? s->value : "");
	}
	return out;
}

static size_t write_config(char *out, const struct config *c)
{
	const char *begin = out, *section = "";

	for (enum config_key key = 0; key < CONFIG_KEY_COUNT; key++) {
		if (strcmp(section, config_key_section(key)) != 0) {
			section = config_key_section(key);
			out += sprintf(out, "[%s]\n", section);
		}
		if (c->fixed[key].value) {
			out += sprintf(out, "%s=%s\n", c->fixed[key].name,
				       c->fixed[key].value);
		}
	}
	out = write_map(out, "environment", &c->environment);
	out = write_map(out, "secrets", &c->secrets);
	out = write_map(out, "signals", &c->signals);
	for (size_t i = 0; i < c->hooks.n; i++) {
		out = write_hook(out, c, &c->hooks.v[i]);
	}
	return (size_t)(out - begin);
}

static void check_file(struct arena *a, const char *text, size_t len)
{
	struct config c = {.arena = a}, again = {.arena = a};
	struct problems p = {.arena = a};
	char *first = arena_alloc(a, 2 * len + 2000),
	     *second = arena_alloc(a, 2 * len + 2000);
	size_t first_len;

	config_add_file(&c, "a.ini", text, len, &p);
	check_problems(&p, CONFIG_MISTAKES_MAX + 1);

	p = (struct problems){.arena = a};
	first_len = write_config(first, &c);
	config_add_file(&again, "b.ini", first, first_len, &p);
	check(p.n == 0);
	check(write_config(second, &again) == first_len);
	check(memcmp(first, second, first_len) == 0);
	check(c.any == again.any);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct config c = {.arena = &a};
	struct problems p = {.arena = &a};
	char *text = arena_strndup(&a, (const char *)data, size);
	char *envp[] = {arena_printf(&a, "CARDEA_%s", text), NULL};

	check_file(&a, (const char *)data, size);
	config_add_assignment(&c, text, (struct origin){"--set", 0}, &p);
	check_problems(&p, 1);
	config_add_environ(&c, envp, &p);
	check_problems(&p, 2);
	arena_release(&a);
	return 0;
}
