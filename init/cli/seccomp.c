/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/caps.h"
#include "sys/file.h"
#include "sys/filter.h"
#include "sys/filter_compile.h"
#include "sys/log.h"

static const char usage[] =
	"usage: cardea seccomp compile PROFILE.json -o PROGRAM.bpf [TARGET]...\n"
	"       cardea seccomp check PROFILE.json... [TARGET]...\n"
	"       cardea seccomp show [PROFILE|PROGRAM.bpf] [TARGET]...\n"
	"\n"
	"PROFILE: default, a NAME in /etc/cardea/seccomp, or a file\n"
	"TARGET:  what main will have; this machine, its kernel, no capability if not said\n"
	"  --arch ARCH        x86_64 or aarch64\n"
	"  --cap CAP          a capability that main keeps, or ALL; may be repeated\n"
	"  --kernel VERSION   the oldest kernel it will run on\n"
	"see cardea-seccomp(7)\n";

struct request {
	struct arena *a;
	const char *output; /* -o */
	struct profile_target target;
	struct strv operands;
};

/* ---- the command line ---------------------------------------------------------------- */

static int set_arch(struct request *r, const char *value, struct err *reterr)
{
	const struct callarch *arch = callarch_by_any(value);

	if (!arch ||
	    (strcmp(arch->scmp, "X86_64") != 0 && strcmp(arch->scmp, "AARCH64") != 0)) {
		return err_config(reterr,
				  "cannot use architecture '%s': expected x86_64 or "
				  "aarch64",
				  value);
	}
	r->target.arch = arch;
	return 0;
}

static int set_cap(struct request *r, const char *value, struct err *reterr)
{
	capbits_t bits = 0;
	int rc = caps_parse(value, &bits, reterr);

	r->target.caps |= bits;
	return rc;
}

static int set_kernel(struct request *r, const char *value, struct err *reterr)
{
	return profile_parse_kernel(value, &r->target.kernel, reterr);
}

static int set_output(struct request *r, const char *value, struct err *reterr)
{
	(void)reterr;
	r->output = value;
	return 0;
}

static const struct {
	const char *name;
	int (*set)(struct request *r, const char *value, struct err *reterr);
} options[] = {
	{"-o", set_output}, {"--output", set_output}, {"--arch", set_arch},
	{"--cap", set_cap}, {"--kernel", set_kernel},
};

/* The value of option name at *arg, which may take the next word: NULL when arg is another option. */
static const char *option_value(const char *name, char *const **arg)
{
	size_t n = strlen(name);
	const char *rest = **arg + n;

	if (strncmp(**arg, name, n) != 0) {
		return NULL;
	}
	if (*rest == '\0') {
		const char *value = (*arg)[1] ? (*arg)[1] : "";

		*arg += (*arg)[1] != NULL;
		return value;
	}
	if (name[1] == '-') {
		return *rest == '=' ? rest + 1 : NULL;
	}
	return rest;
}

static int read_option(struct request *r, char *const **arg, struct err *reterr)
{
	const char *word = **arg;

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const char *value = option_value(options[i].name, arg);

		if (value && !value[0]) {
			return err_config(reterr, "option '%s' needs a value",
					  options[i].name);
		}
		if (value) {
			return options[i].set(r, value, reterr);
		}
	}
	return err_config(reterr, "unknown option '%s' of 'cardea seccomp'", word);
}

static int read_words(struct request *r, char *const *arg, struct err *reterr)
{
	for (; *arg; arg++) {
		int rc = 0;

		if (strcmp(*arg, "--") == 0) {
			strv_extend(r->a, &r->operands, arg + 1);
			return 0;
		}
		if ((*arg)[0] == '-' && (*arg)[1]) {
			rc = read_option(r, &arg, reterr);
		} else {
			strv_push(r->a, &r->operands, *arg);
		}
		if (rc < 0) {
			return rc;
		}
	}
	return 0;
}

/* ---- reading and compiling ----------------------------------------------------------- */

static bool has_suffix(const char *text, const char *suffix)
{
	size_t n = strlen(text), m = strlen(suffix);

	return n > m && strcmp(text + n - m, suffix) == 0;
}

/* A file as it is named here, relative too; or a name that the configuration could have. */
static int find(struct request *r, const char *spec, const char **ret_path,
		struct err *reterr)
{
	if (has_suffix(spec, ".json") || has_suffix(spec, ".bpf")) {
		*ret_path = spec;
		return 0;
	}
	return filter_find(spec, r->a, ret_path, reterr);
}

static int compile_json(struct request *r, const char *path, struct seccomp_subject *s,
			struct problems *p, struct err *reterr)
{
	struct sock_filter *insns = arena_array(r->a, BPF_INSNS_MAX, sizeof(*insns));
	struct file_text t = {0};
	int rc = 0;

	if (path) {
		rc = file_read(r->a, path, PROFILE_SIZE_MAX, &t, reterr);
	} else {
		t.text = filter_default_json(&t.len);
	}
	if (rc < 0) {
		return rc;
	}
	s->profile = profile_parse(r->a, path ? path : "default", t.text, t.len, p);
	if (!s->profile) {
		return err_config(reterr,
				  "cannot use seccomp profile '%s': it has mistakes",
				  s->name);
	}
	s->insns = insns;
	return filter_compile(r->a, s->profile, &r->target, insns, &s->n, p, reterr);
}

/* The program that spec names or is. Mistakes have been printed when it fails. */
static int load(struct request *r, const char *spec, struct seccomp_subject *ret,
		struct err *reterr)
{
	struct seccomp_subject s = {.name = spec, .target = r->target};
	struct problems p = {.arena = r->a};
	const char *path = NULL;
	int rc = find(r, spec, &path, reterr);

	if (rc == 0 && path && has_suffix(path, ".bpf")) {
		rc = filter_read_bpf(r->a, path, r->target.arch, &s.insns, &s.n, reterr);
	} else if (rc == 0) {
		rc = compile_json(r, path, &s, &p, reterr);
	}
	log_problems(LOG_LEVEL_ERROR, &p);
	if (rc == 0) {
		*ret = s;
	}
	return rc;
}

/* ---- the verbs ----------------------------------------------------------------------- */

static int write_all(int fd, const void *data, size_t size)
{
	const char *from = data;

	while (size > 0) {
		ssize_t n = write(fd, from, size);

		if (n < 0 && errno != EINTR) {
			return -errno;
		}
		from += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

/* Under another name first: path is the old file or the whole new one. */
static int write_program(struct arena *a, const char *path,
			 const struct seccomp_subject *s, struct err *reterr)
{
	char *new = arena_printf(a, "%s.XXXXXX", path);
	mode_t mask = umask(0);
	int fd = mkostemp(new, O_CLOEXEC), rc;

	umask(mask);
	if (fd < 0) {
		return err_system(reterr, errno, "cannot create '%s'", new);
	}
	rc = write_all(fd, s->insns, s->n * sizeof(*s->insns));
	if (rc == 0 && fchmod(fd, 0666 & ~mask) < 0) {
		rc = -errno;
	}
	close(fd);
	if (rc == 0 && rename(new, path) < 0) {
		rc = -errno;
	}
	if (rc < 0) {
		unlink(new);
		return err_system(reterr, -rc, "cannot write '%s'", path);
	}
	return 0;
}

static int verb_compile(struct request *r, struct err *reterr)
{
	struct seccomp_subject s;
	int rc;

	if (r->operands.n != 1 || !r->output) {
		return err_config(reterr,
				  "compile takes one profile and -o PROGRAM.bpf; see "
				  "'cardea seccomp'");
	}
	rc = load(r, r->operands.v[0], &s, reterr);
	if (rc == 0 && !s.profile) {
		return err_config(reterr, "cannot compile '%s': it is a program already",
				  s.name);
	}
	if (rc == 0 && s.profile && s.profile->flags) {
		rc = err_config(reterr,
				"cannot compile '%s': a program has no place for its "
				"\"flags\"; use the profile itself",
				s.name);
	}
	return rc == 0 ? write_program(r->a, r->output, &s, reterr) : rc;
}

static int verb_check(struct request *r, struct err *reterr)
{
	int worst = 0;

	if (r->operands.n == 0) {
		return err_config(
			reterr, "check takes a profile or program; see 'cardea seccomp'");
	}
	for (size_t i = 0; i < r->operands.n; i++) {
		struct seccomp_subject s;
		struct err e;
		int rc = load(r, r->operands.v[i], &s, &e);

		if (rc < 0 && worst == 0) {
			worst = rc;
			*reterr = e;
		} else if (rc < 0) {
			log_error("%s", e.text);
		}
	}
	return worst;
}

static int verb_show(struct request *r, struct err *reterr)
{
	struct seccomp_subject s;
	int rc;

	if (r->operands.n > 1) {
		return err_config(reterr,
				  "show takes one profile or program; see 'cardea "
				  "seccomp'");
	}
	rc = load(r, r->operands.n ? r->operands.v[0] : "default", &s, reterr);
	if (rc < 0) {
		return rc;
	}
	rc = log_print(STDOUT_FILENO, seccomp_describe(r->a, &s));
	return rc < 0 ? err_system(reterr, -rc, "cannot write to standard output") : 0;
}

static const struct {
	const char *name;
	int (*run)(struct request *r, struct err *reterr);
} verbs[] = {
	{"compile", verb_compile},
	{"check", verb_check},
	{"show", verb_show},
};

static int run_verb(struct arena *a, char *const *words, struct err *reterr)
{
	struct request r = {.a = a};
	int rc;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (strcmp(words[0], verbs[i].name) != 0) {
			continue;
		}
		rc = filter_target(0, &r.target, reterr);
		if (rc == 0) {
			rc = read_words(&r, words + 1, reterr);
		}
		return rc == 0 ? verbs[i].run(&r, reterr) : rc;
	}
	return err_config(reterr,
			  "unknown verb '%s' of 'cardea seccomp': compile, check or show",
			  words[0]);
}

int cli_seccomp(struct arena *a, const struct options *o)
{
	struct err e;

	if (!o->args[0]) {
		log_print(STDERR_FILENO, usage);
		return STATUS_CONFIG;
	}
	if (strcmp(o->args[0], "help") == 0 || strcmp(o->args[0], "--help") == 0) {
		return log_print(STDOUT_FILENO, usage) < 0 ? STATUS_SYSTEM : 0;
	}
	if (run_verb(a, o->args, &e) < 0) {
		log_error("%s", e.text);
		return e.status;
	}
	return 0;
}
