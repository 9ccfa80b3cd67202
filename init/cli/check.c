/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check.h"

#include <string.h>
#include <unistd.h>

#include "core/quote.h"
#include "sys/load.h"
#include "sys/log.h"

static void print_problems(struct arena *a, const struct problems *p, int fd,
			   const char *kind)
{
	for (const struct problem *i = p->first; i; i = i->next) {
		const char *text = problem_format(a, i);
		/* A byte becomes four at most. What a file holds must not reach a terminal. */
		size_t room = 4 * strlen(text);
		char *line = arena_alloc(a, room + 1);

		quote_escape(line, room, text, false);
		(void)log_print(fd, arena_printf(a, "%s%s\n", line, kind));
	}
}

int cli_check(struct arena *a, const struct options *o, char *const *envp)
{
	struct problems problems = {.arena = a};
	struct options with_files = *o;
	struct host host;
	struct plan plan;
	struct err e;

	strv_extend(a, &with_files.config_files, o->args);
	with_files.args = NULL;
	if (load_plan(a, &with_files, envp, false, &host, &plan, &problems, &e) < 0) {
		log_error("%s", e.text);
		return e.status;
	}
	if (problems.n == 0 && plan.seccomp) {
		load_filter_problems(a, &plan, &problems);
	}
	print_problems(a, &problems, STDOUT_FILENO, "");
	print_problems(a, &plan.notes, STDERR_FILENO, " (warning)");
	return problems.n > 0 ? STATUS_CONFIG : 0;
}
