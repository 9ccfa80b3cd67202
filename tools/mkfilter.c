/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkfilter ARCH PROFILE.json >filter_default.c - compiles the built-in profile at build time, for any
 * machine cardea runs on, and puts the program and the profile's text into a C file.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bpf.h"
#include "core/json.h"
#include "core/profile.h"
#include "sys/filter_compile.h"

static struct arena arena;
static struct problems problems = {.arena = &arena};

void mem_exhausted(void)
{
	fputs("mkfilter: out of memory\n", stderr);
	abort();
}

static _Noreturn void fail(const char *what)
{
	for (const struct problem *p = problems.first; p; p = p->next) {
		fprintf(stderr, "mkfilter: %s\n", problem_format(&arena, p));
	}
	fprintf(stderr, "mkfilter: %s\n", what);
	exit(1);
}

static char *read_file(const char *path, size_t *ret_len)
{
	char *text = arena_alloc(&arena, PROFILE_SIZE_MAX + 1);
	FILE *f = fopen(path, "r");

	if (!f) {
		fail("cannot open the profile");
	}
	*ret_len = fread(text, 1, PROFILE_SIZE_MAX, f);
	fclose(f);
	return text;
}

static void drop_comments(json_t *v)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_object(v)) {
		json_object_del(v, "comment");
		json_object_foreach(v, key, member)
		{
			drop_comments(member);
		}
	}
	json_array_foreach(v, i, member)
	{
		drop_comments(member);
	}
}

static void print_text(const char *path, const char *text, size_t len)
{
	json_t *root = json_parse(&arena, path, text, len, &problems);
	char *small = NULL;
	size_t n;

	if (!root) {
		fail("not valid JSON");
	}
	drop_comments(root);
	small = json_dumps(root, JSON_COMPACT);
	if (!small) {
		fail("cannot write JSON");
	}
	n = strlen(small);
	printf("const size_t filter_default_text_len = %zu;\nconst char filter_default_text[] =",
	       n);
	for (size_t i = 0; i < n; i++) {
		if (i % 80 == 0) {
			printf("%s\n\t\"", i ? "\"" : "");
		}
		if (small[i] == '"' || small[i] == '\\') {
			putchar('\\');
		}
		putchar(small[i]);
	}
	puts("\";");
	free(small);
	json_decref(root);
}

int main(int argc, char **argv)
{
	static struct sock_filter insns[BPF_INSNS_MAX];
	struct profile_target target = {0};
	struct profile_when conditions;
	struct profile *profile = NULL;
	struct err e = {0};
	size_t len, n;
	char *text;

	if (argc != 3 || !(target.arch = callarch_by_any(argv[1]))) {
		fail("usage: mkfilter ARCH PROFILE.json");
	}
	text = read_file(argv[2], &len);
	profile = profile_parse(&arena, argv[2], text, len, &problems);
	if (!profile) {
		fail("the profile has mistakes");
	}
	conditions = profile_conditions(profile);
	target.kernel = conditions.min_kernel;
	if (filter_compile(&arena, profile, &target, insns, &n, &problems, &e) < 0) {
		fail(e.text);
	}
	printf("/* Made by tools/mkfilter.c for %s. */\n#include \"sys/filter_default.h\"\n\n",
	       target.arch->scmp);
	printf("const uint64_t filter_default_caps = 0x%llx;\n"
	       "const unsigned filter_default_kernel = 0x%x;\n"
	       "const unsigned short filter_default_n = %zu;\n"
	       "const struct sock_filter filter_default_insns[] = {\n",
	       (unsigned long long)conditions.caps, conditions.min_kernel, n);
	for (size_t i = 0; i < n; i++) {
		printf("\t{0x%x, %u, %u, 0x%x},\n", insns[i].code, insns[i].jt,
		       insns[i].jf, insns[i].k);
	}
	puts("};");
	print_text(argv[2], text, len);
	arena_release(&arena);
	return 0;
}
