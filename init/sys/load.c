/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/load.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config.h"
#include "sys/commands.h"
#include "sys/file.h"
#include "sys/filter.h"
#include "sys/host.h"

static const char *env_value(char *const *envp, const char *name)
{
	size_t len = strlen(name);

	for (; envp && *envp; envp++) {
		if (strncmp(*envp, name, len) == 0 && (*envp)[len] == '=') {
			return *envp + len + 1;
		}
	}
	return NULL;
}

/*
 * A file that was named must be there; the standard one need not. That it is there and cannot be followed, read or
 * even looked at is an error: who configured a protection must not get a start without it.
 */
static void load_file(struct config *c, const char *path, bool named, struct problems *p)
{
	struct origin at = {.source = path};
	struct file_text t = {0};
	struct stat st;
	struct err e;
	int r;

	if (!named && lstat(path, &st) < 0 && errno == ENOENT) {
		return;
	}
	r = file_read(c->arena, path, CONFIG_FILE_MAX, &t, &e);
	if (r < 0) {
		problems_add(p, at, "%s", e.text);
		return;
	}
	if (geteuid() == 0 && (t.mode & (S_IWGRP | S_IWOTH))) {
		problems_add(
			p, at,
			"others than its owner may write it (mode %04o), and PID 1 is root; "
			"chmod go-w it",
			t.mode & 07777);
		return;
	}
	config_add_file(c, path, t.text, t.len, p);
}

static void load_standard_files(struct config *c, struct problems *p)
{
	struct strv paths = {0};
	struct err e;

	load_file(c, CONFIG_FILE, false, p);
	if (file_list(c->arena, CONFIG_DIR, ".ini", &paths, &e) < 0) {
		problems_add(p, (struct origin){.source = CONFIG_DIR}, "%s", e.text);
	}
	for (size_t i = 0; i < paths.n; i++) {
		load_file(c, paths.v[i], true, p);
	}
}

static void load_files(struct config *c, const struct options *o, char *const *envp,
		       struct problems *p)
{
	const char *list = env_value(envp, "CARDEA_CONFIG");

	if (o->config_files.n > 0) {
		for (size_t i = 0; i < o->config_files.n; i++) {
			load_file(c, o->config_files.v[i], true, p);
		}
	} else if (list && list[0]) {
		while (*list) {
			size_t len = strcspn(list, ":");

			if (len > 0) {
				load_file(c, arena_strndup(c->arena, list, len), true, p);
			}
			list += len + (list[len] == ':');
		}
	} else {
		load_standard_files(c, p);
	}
}

int load_plan(struct arena *a, const struct options *o, char *const *envp,
	      bool want_program, struct host *ret_host, struct plan *ret_plan,
	      struct problems *p, struct err *reterr)
{
	struct config c = {.arena = a};
	struct needs needs;
	int r;

	load_files(&c, o, envp, p);
	config_add_environ(&c, envp, p);
	for (size_t i = 0; i < o->sets.n; i++) {
		config_add_assignment(&c, o->sets.v[i],
				      (struct origin){.source = "--set"}, p);
	}
	plan_needs(a, &c, envp, &needs);
	r = host_read(a, &needs, envp, ret_host, reterr);
	if (r < 0) {
		return r;
	}
	plan_build(a, o, &c, ret_host, want_program, ret_plan, p);
	/* Files that are named to be checked may be for another image. */
	commands_check(ret_plan, want_program || o->config_files.n == 0, p);
	problems_sort(p);
	return 0;
}

void load_filter_problems(struct arena *a, const struct plan *plan, struct problems *p)
{
	struct problems inside = {.arena = a};
	struct filter filter = {0};
	struct err e;

	/* The profile's compiler is waited for. */
	(void)signal(SIGCHLD, SIG_DFL);
	if (filter_prepare(plan->seccomp, plan->reachable, &inside, &filter, &e) < 0) {
		problems_add(p, plan->seccomp_at, "security.seccomp: %s", e.text);
	}
	for (const struct problem *i = inside.first; i; i = i->next) {
		problems_add(p, i->at, "%s", i->text);
	}
	filter_release(&filter);
}
