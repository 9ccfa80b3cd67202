/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/commands.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A path with a slash is relative to the directory that the hook runs in. */
static bool is_missing(const struct hook *hook, const char *path)
{
	char full[PATH_MAX];
	int n;

	if (path[0] != '/' && hook->working_dir) {
		n = snprintf(full, sizeof(full), "%s/%s", hook->working_dir, path);
		if (n < 0 || n >= (int)sizeof(full)) {
			return false;
		}
		path = full;
	}
	return access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

static bool is_missing_everywhere(const struct hook *hook)
{
	for (size_t i = 0; i < hook->paths.n; i++) {
		if (!is_missing(hook, hook->paths.v[i])) {
			return false;
		}
	}
	return hook->paths.n > 0;
}

/* early: the first command hook's phase; what runs in that without `after` is the first thing that runs. */
static bool may_be_made(const struct hook *hook, enum phase early)
{
	return hook->n_after > 0 || hook->phase > PHASE_WAIT || hook->phase > early;
}

static enum phase first_phase(const struct plan *plan)
{
	enum phase first = PHASE_COUNT;

	for (size_t i = 0; i < plan->n_hooks; i++) {
		const struct hook *hook = &plan->hooks[i];

		if (hook->action == HOOK_COMMAND && hook->phase < first) {
			first = hook->phase;
		}
	}
	return first;
}

static void report(const struct hook *hook, struct problems *to)
{
	const char *program = hook->argv.v[0];
	bool searched = !strchr(program, '/');

	problems_add(to, hook->command_at, "hook:%s.command: there is no " SHOWN "%s",
		     hook->name, SHOW(program),
		     searched ? " in the directories of PATH" : "");
}

void commands_check(struct plan *plan, bool strict, struct problems *p)
{
	enum phase first = first_phase(plan);

	for (size_t i = 0; i < plan->n_hooks; i++) {
		const struct hook *hook = &plan->hooks[i];

		if (hook->action == HOOK_COMMAND && is_missing_everywhere(hook)) {
			report(hook,
			       strict && !may_be_made(hook, first) ? p : &plan->notes);
		}
	}
}
