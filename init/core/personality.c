/* SPDX-License-Identifier: Apache-2.0 */
#include "core/personality.h"

#include <stdio.h>
#include <string.h>

#include "core/persona.h"

static const struct {
	const char *name;
	enum personality who;
} names[] = {
	{"tini", PERSONALITY_TINI},	      {"tini-static", PERSONALITY_TINI},
	{"docker-init", PERSONALITY_TINI},    {"dumb-init", PERSONALITY_DUMB_INIT},
	{"catatonit", PERSONALITY_CATATONIT}, {"podman-init", PERSONALITY_CATATONIT},
	{"gosu", PERSONALITY_GOSU},	      {"su-exec", PERSONALITY_SU_EXEC},
};

static const struct {
	const char *name; /* when argv has none */
	void (*parse)(const struct persona_start *start, struct persona *ret_persona);
	enum severity verbosity;
} personalities[PERSONALITY_COUNT] = {
	[PERSONALITY_TINI] = {"tini", persona_tini, SEVERITY_WARN},
	[PERSONALITY_DUMB_INIT] = {"dumb-init", persona_dumb_init, SEVERITY_FATAL},
	[PERSONALITY_CATATONIT] = {"catatonit", persona_catatonit, SEVERITY_FATAL},
	[PERSONALITY_GOSU] = {"gosu", persona_gosu, SEVERITY_FATAL},
	[PERSONALITY_SU_EXEC] = {"su-exec", persona_su_exec, SEVERITY_FATAL},
};

const char persona_license[] =
	"cardea, standing in for this program.\n"
	"Licensed under the Apache License, Version 2.0; see LICENSE and, for the\n"
	"libraries it is linked from, NOTICE.\n";

const char *persona_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

enum personality personality_of(const char *argv0)
{
	for (size_t i = 0; argv0 && i < ARRAY_LEN(names); i++) {
		if (strcmp(persona_basename(argv0), names[i].name) == 0) {
			return names[i].who;
		}
	}
	return PERSONALITY_CARDEA;
}

const char *persona_env(const struct persona_start *start, const char *name)
{
	size_t len = strlen(name);

	for (char *const *e = start->envp; e && *e; e++) {
		if (strncmp(*e, name, len) == 0 && (*e)[len] == '=') {
			return *e + len + 1;
		}
	}
	return NULL;
}

struct scan persona_scan(const struct persona_start *start,
			 const struct scan_option *options, size_t n)
{
	return (struct scan){
		.options = options,
		.n_options = n,
		.abbreviate = true,
		.next = start->argv[0] ? start->argv + 1 : start->argv,
	};
}

void persona_print(struct persona *p, int fd, int status, const char *text)
{
	p->kind = PERSONA_PRINT;
	p->fd = fd;
	p->status = status;
	p->text = text;
}

const char *persona_option_text(const struct persona_start *start,
				const struct scan *scan, enum scan_step step)
{
	static const char *const reasons[] = {
		[SCAN_UNKNOWN] = "unknown option",
		[SCAN_AMBIGUOUS] = "more than one option begins with",
		[SCAN_NEEDS_VALUE] = "a value is missing after option",
		[SCAN_TAKES_NONE] = "no value may be given to option",
	};

	return arena_printf(start->arena, "%s: %s '%s'\n", start->name, reasons[step],
			    scan->as);
}

void personality_parse(struct arena *a, enum personality who, char *const *argv,
		       char *const *envp, const char *version,
		       struct persona *ret_persona)
{
	const struct persona_start start = {
		.arena = a,
		.argv = argv,
		.envp = envp,
		.name = argv[0] ? argv[0] : personalities[who].name,
		.version = version,
	};
	struct persona p = {.verbosity = personalities[who].verbosity};

	lifecycle_policy_init(&p.policy);
	p.policy.stop_on = 0;
	p.policy.linger = false;
	personalities[who].parse(&start, &p);
	*ret_persona = p;
}

size_t personality_mark(enum personality who, int pid, enum severity severity, char *buf,
			size_t size)
{
	static const char *const tini[] = {"FATAL", "WARN ", "INFO ", "DEBUG", "TRACE"};
	static const char *const catatonit[] = {"ERROR", "WARN", "INFO", "DEBUG",
						"DEBUG"};
	static const char *const plain[PERSONALITY_COUNT] = {
		[PERSONALITY_CARDEA] = "",
		[PERSONALITY_DUMB_INIT] = "[dumb-init] ",
		[PERSONALITY_GOSU] = "error: ",
		[PERSONALITY_SU_EXEC] = "su-exec: ",
	};
	int n;

	if (who == PERSONALITY_TINI) {
		n = snprintf(buf, size, "[%s tini (%d)] ", tini[severity], pid);
	} else if (who == PERSONALITY_CATATONIT) {
		n = snprintf(buf, size, "%s (catatonit:%d): ", catatonit[severity], pid);
	} else {
		n = snprintf(buf, size, "%s", plain[who]);
	}
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

const char *personality_message(struct arena *a, enum personality who, int pid,
				enum severity severity, const char *text)
{
	size_t len = strlen(text);
	const char *end = len > 0 && text[len - 1] == '\n' ? "" : "\n";
	char mark[MARK_MAX];

	personality_mark(who, pid, severity, mark, sizeof(mark));
	return arena_printf(a, "%s%s%s", mark, text, end);
}

int personality_message_fd(enum personality who, enum severity severity)
{
	return who == PERSONALITY_TINI && severity > SEVERITY_WARN ? 1 : 2;
}

const char *personality_exec_text(struct arena *a, enum personality who,
				  const char *program, const char *reason)
{
	switch (who) {
	case PERSONALITY_TINI:
		return arena_printf(a, "exec %s failed: %s", program, reason);
	case PERSONALITY_CATATONIT:
		return arena_printf(a, "failed to exec pid1: %s: %s", program, reason);
	case PERSONALITY_GOSU:
		return arena_printf(a, "exec: \"%s\": %s", program, reason);
	default:
		return arena_printf(a, "%s: %s", program, reason);
	}
}

const char *personality_reaped_text(struct arena *a, int pid)
{
	return arena_printf(a, "Reaped zombie process with pid=%d", pid);
}
