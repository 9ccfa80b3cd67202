/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any command line and environment of each program stood in for. The words are the input's
 * NUL- or newline-separated pieces; a piece that is "%%" begins the environment.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/personality.h"
#include "core/strv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds) {
		abort();
	}
}

static bool status_ok(int status)
{
	return status >= 0 && status <= 255;
}

static void check(const struct persona *p, const struct strv *argv)
{
	switch (p->kind) {
	case PERSONA_PRINT:
		require(p->text && *p->text && (p->fd == 1 || p->fd == 2));
		require(p->status == 0 || p->status == 1);
		return;
	case PERSONA_RUN:
	case PERSONA_EXEC:
		require(p->args > argv->v && p->args < argv->v + argv->n);
		require(status_ok(p->not_found) && status_ok(p->not_executable) &&
			status_ok(p->exec_failed));
		break;
	case PERSONA_PAUSE:
		require(!p->args && p->policy.no_main);
		break;
	}
	require((p->kind == PERSONA_EXEC) == (p->user != NULL));
	for (int sig = 1; sig <= SIGNAL_MAX; sig++) {
		require(p->policy.forward[sig] <= SIGNAL_MAX);
	}
	require(p->policy.end_signal <= SIGNAL_MAX);
	require(p->parent_death_signal >= 0 && p->parent_death_signal <= SIGNAL_MAX);
	require((int)p->verbosity >= SEVERITY_FATAL && p->verbosity <= SEVERITY_TRACE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct strv argv = {0}, envp = {0}, *to = &argv;
	size_t begin = 0;

	for (size_t i = 0; i <= size; i++) {
		if (i == size || data[i] == '\0' || data[i] == '\n') {
			char *word =
				arena_strndup(&a, (const char *)data + begin, i - begin);

			if (strcmp(word, "%%") == 0 && to == &argv && argv.n > 0) {
				to = &envp;
			} else {
				strv_push(&a, to, word);
			}
			begin = i + 1;
		}
	}
	personality_of(argv.v[0]);
	for (int who = PERSONALITY_TINI; who < PERSONALITY_COUNT; who++) {
		struct persona p;

		personality_parse(&a, (enum personality)who, argv.v, envp.v, "0.1.0", &p);
		check(&p, &argv);
		if (p.kind == PERSONA_PRINT) {
			personality_message(&a, (enum personality)who, 1, SEVERITY_FATAL,
					    p.text);
		}
	}
	arena_release(&a);
	return 0;
}
