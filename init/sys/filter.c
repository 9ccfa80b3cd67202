/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/filter.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/bpf.h"
#include "sys/file.h"
#include "sys/filter_compile.h"
#include "sys/filter_default.h"

const char *const filter_directories[] = {
	"/etc/cardea/seccomp",
	"/usr/local/share/cardea/seccomp-profiles",
	"/usr/share/cardea/seccomp-profiles",
	NULL,
};

/* Room for the problems that the child found. */
#define TEXT_MAX 32768

/*
 * What the child hands over, in memory that both have. The instructions come first, so that the rest
 * can be given back.
 */
struct handover {
	struct sock_filter insns[BPF_INSNS_MAX];
	int done; /* the child came to its end */
	int rc;
	size_t n;
	unsigned flags;
	struct err err;
	size_t n_problems, text_used;
	char text[TEXT_MAX]; /* of each problem: its line, and its text with a NUL */
};

const char *filter_default_json(size_t *ret_len)
{
	*ret_len = filter_default_text_len;
	return filter_default_text;
}

int filter_target(capbits_t caps, struct profile_target *ret_target, struct err *reterr)
{
	struct profile_target target = {.arch = callarch_native(), .caps = caps};
	struct utsname name;

	if (uname(&name) < 0) {
		return err_system(reterr, errno, "cannot ask for the kernel's version");
	}
	if (profile_parse_kernel(name.release, &target.kernel, reterr) < 0) {
		return -EINVAL;
	}
	*ret_target = target;
	return 0;
}

/* ---- finding ------------------------------------------------------------------------- */

static bool has_suffix(const char *text, const char *suffix)
{
	size_t n = strlen(text), m = strlen(suffix);

	return n > m && strcmp(text + n - m, suffix) == 0;
}

static bool is_name(const char *spec)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"._-";

	return spec[0] && spec[0] != '.' && spec[strspn(spec, allowed)] == '\0';
}

/* NAME.bpf before NAME.json: whoever compiled it wants it loaded. */
static int find_name(const char *name, struct arena *a, const char **ret_path,
		     struct err *reterr)
{
	static const char suffixes[][6] = {".bpf", ".json"};
	const char *tried = "";

	for (size_t d = 0; filter_directories[d]; d++) {
		for (size_t s = 0; s < ARRAY_LEN(suffixes); s++) {
			char *path = arena_printf(a, "%s/%s%s", filter_directories[d],
						  name, suffixes[s]);

			if (access(path, F_OK) == 0) {
				*ret_path = path;
				return 0;
			}
			if (errno != ENOENT && errno != ENOTDIR) {
				return err_system(reterr, errno, "cannot look for '%s'",
						  path);
			}
		}
		tried = arena_printf(a, "%s%s%s", tried, d ? ", " : "",
				     filter_directories[d]);
	}
	return err_config(reterr,
			  "cannot find seccomp profile '%s': no %s.bpf or %s.json in %s",
			  name, name, name, tried);
}

int filter_find(const char *spec, struct arena *a, const char **ret_path,
		struct err *reterr)
{
	if (strcmp(spec, "default") == 0) {
		*ret_path = NULL;
		return 0;
	}
	if (spec[0] == '/') {
		if (!has_suffix(spec, ".json") && !has_suffix(spec, ".bpf")) {
			return err_config(
				reterr,
				"cannot use seccomp profile '%s': its name must "
				"end in .json or .bpf",
				spec);
		}
		*ret_path = spec;
		return 0;
	}
	if (!is_name(spec)) {
		return err_config(
			reterr,
			"cannot use seccomp profile '%s': expected default, "
			"unconfined, a name, or the absolute path of a .json or "
			".bpf file",
			spec);
	}
	return find_name(spec, a, ret_path, reterr);
}

/* ---- reading ------------------------------------------------------------------------- */

/* As for a configuration file: who can write it decides what main may do. */
static int check_trusted(const char *path, unsigned mode, struct err *reterr)
{
	if (geteuid() == 0 && (mode & (S_IWGRP | S_IWOTH))) {
		return err_config(reterr,
				  "cannot use '%s': others than its owner can write it; "
				  "chmod go-w it",
				  path);
	}
	return 0;
}

static int read_trusted(struct arena *a, const char *path, size_t max,
			struct file_text *ret, struct err *reterr)
{
	struct file_text t = {0};
	int rc = file_read(a, path, max, &t, reterr);

	if (rc == 0) {
		rc = check_trusted(path, t.mode, reterr);
	}
	if (rc == 0) {
		*ret = t;
	}
	return rc;
}

/* size bytes at insns, read from path. */
static int check_program(const char *path, const struct sock_filter *insns, size_t size,
			 const struct callarch *arch, struct err *reterr)
{
	size_t n = size / sizeof(*insns);
	struct err why;

	if (n == 0 || size % sizeof(*insns)) {
		return err_config(
			reterr,
			"cannot use '%s': %zu bytes are no seccomp program; make "
			"one with 'cardea seccomp compile'",
			path, size);
	}
	if (bpf_validate(insns, n, &why) < 0 ||
	    bpf_check_exec(insns, n, arch, &why) < 0) {
		return err_config(reterr, "cannot use '%s': %s", path, why.text);
	}
	return 0;
}

int filter_read_bpf(struct arena *a, const char *path, const struct callarch *arch,
		    const struct sock_filter **ret_insns, size_t *ret_n,
		    struct err *reterr)
{
	struct file_text t = {0};
	struct sock_filter *insns = NULL;
	int rc = read_trusted(a, path, BPF_INSNS_MAX * sizeof(*insns), &t, reterr);

	if (rc < 0) {
		return rc;
	}
	/* the text may begin anywhere, instructions may not */
	insns = arena_array(a, t.len / sizeof(*insns) + 1, sizeof(*insns));
	memcpy(insns, t.text, t.len);
	rc = check_program(path, insns, t.len, arch, reterr);
	if (rc == 0) {
		*ret_insns = insns;
		*ret_n = t.len / sizeof(*insns);
	}
	return rc;
}

/* Into memory of the filter's own, here: it is little, and a child would take as long as the load. */
static int load_program(const char *path, struct filter *ret_filter, struct err *reterr)
{
	struct opened f = {.fd = -1};
	void *map = NULL;
	ssize_t got = 0;
	int rc = file_open(path, BPF_INSNS_MAX * sizeof(struct sock_filter), &f, reterr);

	if (rc < 0) {
		return rc;
	}
	rc = check_trusted(path, f.mode, reterr);
	if (rc == 0) {
		map = mmap(NULL, f.size + 1, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		got = map == MAP_FAILED ? -ENOMEM : file_read_fd(f.fd, map, f.size);
	}
	close(f.fd);
	if (rc == 0 && got < 0) {
		rc = err_system(reterr, (int)-got, "cannot read '%s'", path);
	}
	if (rc == 0) {
		rc = check_program(path, map, (size_t)got, callarch_native(), reterr);
	}
	if (rc == 0) {
		*ret_filter = (struct filter){
			.program = {.len = (unsigned short)((size_t)got /
							    sizeof(struct sock_filter)),
				    .filter = map},
			.map = map,
			.map_size = f.size + 1,
		};
	} else if (map && map != MAP_FAILED) {
		munmap(map, f.size + 1);
	}
	return rc;
}

/* The profile's text, from its file or the binary. */
static int read_json(struct arena *a, const char *path, struct file_text *ret,
		     struct err *reterr)
{
	if (path) {
		return read_trusted(a, path, PROFILE_SIZE_MAX, ret, reterr);
	}
	ret->text = filter_default_json(&ret->len);
	return 0;
}

/* ---- the child ----------------------------------------------------------------------- */

static int make_program(struct arena *a, const char *path, capbits_t caps,
			struct handover *h, struct problems *p)
{
	struct profile *profile = NULL;
	struct profile_target target;
	struct file_text t;
	int rc = filter_target(caps, &target, &h->err);

	if (rc < 0) {
		return rc;
	}
	rc = read_json(a, path, &t, &h->err);
	if (rc < 0) {
		return rc;
	}
	profile = profile_parse(a, path ? path : "default", t.text, t.len, p);
	if (!profile) {
		return err_config(&h->err,
				  "cannot use seccomp profile '%s': it has mistakes",
				  path ? path : "default");
	}
	h->flags = profile->flags;
	return filter_compile(a, profile, &target, h->insns, &h->n, p, &h->err);
}

static void hand_over_problems(struct handover *h, const struct problems *p)
{
	for (const struct problem *one = p->first; one; one = one->next) {
		size_t len = strlen(one->text) + 1;
		char *to = h->text + h->text_used;

		if (h->text_used + sizeof(one->at.line) + len > sizeof(h->text)) {
			return;
		}
		memcpy(to, &one->at.line, sizeof(one->at.line));
		memcpy(to + sizeof(one->at.line), one->text, len);
		h->text_used += sizeof(one->at.line) + len;
		h->n_problems++;
	}
}

static void run_child(const char *path, capbits_t caps, struct handover *h)
{
	struct arena a = {0};
	struct problems p = {.arena = &a};

	h->rc = make_program(&a, path, caps, h, &p);
	hand_over_problems(h, &p);
	h->done = 1;
	_exit(0);
}

/* ---- the parent ---------------------------------------------------------------------- */

static void take_problems(const struct handover *h, const char *path, struct problems *p)
{
	const char *from = h->text;

	for (size_t i = 0; i < h->n_problems; i++) {
		struct origin at = {.source = path ? arena_strdup(p->arena, path)
						   : "default"};

		memcpy(&at.line, from, sizeof(at.line));
		from += sizeof(at.line);
		problems_add(p, at, "%s", from);
		from += strlen(from) + 1;
	}
}

static int fork_child(const char *path, capbits_t caps, struct handover *h,
		      struct err *reterr)
{
	int status = 0;
	pid_t pid = fork();

	if (pid < 0) {
		return err_system(reterr, errno,
				  "cannot fork to make the seccomp program");
	}
	if (pid == 0) {
		run_child(path, caps, h);
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR) {
			return err_system(reterr, errno,
					  "cannot wait for the seccomp compiler");
		}
	}
	if (!h->done) {
		err_config(reterr,
			   "cannot make the seccomp program: its compiler ended by %s %d",
			   WIFSIGNALED(status) ? "signal" : "status",
			   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		if (reterr) {
			reterr->status = STATUS_SYSTEM;
		}
		return -EIO;
	}
	return 0;
}

/* Keep the pages with instructions, give back the others. */
static void keep_program(struct handover *h, struct filter *f)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t used = (h->n * sizeof(h->insns[0]) + page - 1) / page * page;
	size_t all = (sizeof(*h) + page - 1) / page * page;

	*f = (struct filter){
		.program = {.len = (unsigned short)h->n, .filter = h->insns},
		.flags = h->flags,
		.map = h,
		.map_size = used,
	};
	if (used < all) {
		munmap((char *)h + used, all - used);
	}
}

static int make_in_child(const char *path, capbits_t caps, struct problems *p,
			 struct filter *ret_filter, struct err *reterr)
{
	struct handover *h = mmap(NULL, sizeof(*h), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int rc;

	if (h == MAP_FAILED) {
		return err_system(reterr, errno,
				  "cannot get memory for the seccomp program");
	}
	rc = fork_child(path, caps, h, reterr);
	if (rc == 0 && h->rc < 0) {
		rc = h->rc;
		take_problems(h, path, p);
		if (reterr) {
			*reterr = h->err;
		}
	}
	if (rc == 0) {
		keep_program(h, ret_filter);
	} else {
		munmap(h, sizeof(*h));
	}
	return rc;
}

/* Whether the ready-made program answers as one compiled for caps here would. */
static bool is_ready_made(const char *path, capbits_t caps)
{
	struct profile_target target = {0};

	return !path && !(caps & filter_default_caps) &&
	       filter_target(caps, &target, NULL) == 0 &&
	       target.kernel >= filter_default_kernel;
}

int filter_prepare(const char *spec, capbits_t caps, struct problems *p,
		   struct filter *ret_filter, struct err *reterr)
{
	const char *path = NULL;
	int rc;

	if (strcmp(spec, "unconfined") == 0) {
		*ret_filter = (struct filter){0};
		return 0;
	}
	rc = filter_find(spec, p->arena, &path, reterr);
	if (rc < 0) {
		return rc;
	}
	if (path && has_suffix(path, ".bpf")) {
		return load_program(path, ret_filter, reterr);
	}
	if (!is_ready_made(path, caps)) {
		return make_in_child(path, caps, p, ret_filter, reterr);
	}
	/* The kernel reads the program only; the type of sock_fprog just does not say so. */
	*ret_filter = (struct filter){
		.program = {.len = filter_default_n,
			    .filter = (struct sock_filter *)(uintptr_t)
				    filter_default_insns},
	};
	return 0;
}

void filter_release(struct filter *f)
{
	if (f && f->map) {
		munmap(f->map, f->map_size);
	}
	if (f) {
		*f = (struct filter){0};
	}
}
