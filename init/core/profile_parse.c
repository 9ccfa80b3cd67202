/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outermost object of a profile. Each kind of object has a table of its members; a reader of a
 * member gets the value and the way to it, and appends what is wrong with it.
 */
#include <linux/seccomp.h>
#include <string.h>

#include "core/profile_read.h"

/* The result in the making; it is the target of the readers of the outermost object's members. */
struct building {
	struct profile *profile;
	struct rule_list rules;
	struct action_text action;
	bool has_archmap, has_architectures;
};

/* ---- architectures ------------------------------------------------------------------- */

static const struct callarch *get_arch(struct reader *r, const json_t *v,
				       const struct json_path *at)
{
	const char *text = reader_text(r, v, at);
	const struct callarch *arch = text ? callarch_by_scmp(text) : NULL;

	if (text && !arch) {
		reader_bad(
			r, at,
			"unknown architecture '%s': expected one like SCMP_ARCH_X86_64",
			text);
	}
	return arch;
}

/* out: the archbits_t to add to */
static void add_arch(struct reader *r, const json_t *v, const struct json_path *at,
		     void *out)
{
	const struct callarch *arch = get_arch(r, v, at);

	if (arch) {
		*(archbits_t *)out |= ARCHBIT(arch);
	}
}

static void read_architectures(struct reader *r, const json_t *v,
			       const struct json_path *at, void *out)
{
	struct building *b = out;

	b->has_architectures = json_array_size(v) > 0;
	reader_array(r, v, at, add_arch, &b->profile->arches);
}

static void read_map_arch(struct reader *r, const json_t *v, const struct json_path *at,
			  void *out)
{
	((struct profile_archmap *)out)->arch = get_arch(r, v, at);
}

static void read_map_sub(struct reader *r, const json_t *v, const struct json_path *at,
			 void *out)
{
	reader_array(r, v, at, add_arch, &((struct profile_archmap *)out)->sub);
}

static const struct member archmap_members[] = {
	{"architecture", read_map_arch},
	{"subArchitectures", read_map_sub},
};
static const struct shape archmap_shape = SHAPE("an entry of archMap", archmap_members);

static void read_map_entry(struct reader *r, const json_t *v, const struct json_path *at,
			   void *out)
{
	struct profile *profile = out;
	size_t before = r->n_bad;
	struct profile_archmap *entry = &profile->archmap[profile->n_archmap++];

	reader_object(r, v, at, &archmap_shape, entry);
	if (!entry->arch && r->n_bad == before) {
		reader_bad(r, at, "architecture is missing");
	}
}

static void read_archmap(struct reader *r, const json_t *v, const struct json_path *at,
			 void *out)
{
	struct building *b = out;
	size_t n = json_array_size(v);

	b->has_archmap = n > 0;
	b->profile->archmap = arena_array(r->a, n, sizeof(*b->profile->archmap));
	reader_array(r, v, at, read_map_entry, b->profile);
}

static void read_rules(struct reader *r, const json_t *v, const struct json_path *at,
		       void *out)
{
	struct building *b = out;

	if (json_array_size(v) > PROFILE_RULES_MAX) {
		reader_bad(r, at, "syscalls has %zu entries, more than %d",
			   json_array_size(v), PROFILE_RULES_MAX);
		return;
	}
	reader_array(r, v, at, profile_read_rule, &b->rules);
}

/* ---- the whole ----------------------------------------------------------------------- */

static void read_default_action(struct reader *r, const json_t *v,
				const struct json_path *at, void *out)
{
	reader_action(r, v, at, &((struct building *)out)->action);
}

static void read_default_errno(struct reader *r, const json_t *v,
			       const struct json_path *at, void *out)
{
	reader_errno(r, v, at, &((struct building *)out)->action);
}

static const struct {
	char name[28]; /* what follows SECCOMP_FILTER_FLAG_ */
	unsigned flag;
} flags[] = {
	{"TSYNC", 0}, /* the child has one thread when it loads the filter */
	{"LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
};

static void add_flag(struct reader *r, const json_t *v, const struct json_path *at,
		     void *out)
{
	static const char prefix[] = "SECCOMP_FILTER_FLAG_";
	struct building *b = out;
	const char *text = reader_text(r, v, at);

	for (size_t i = 0; text && i < ARRAY_LEN(flags); i++) {
		if (strncmp(text, prefix, sizeof(prefix) - 1) == 0 &&
		    strcmp(text + sizeof(prefix) - 1, flags[i].name) == 0) {
			b->profile->flags |= flags[i].flag;
			return;
		}
	}
	if (text) {
		reader_bad(
			r, at,
			"unknown or unusable flag '%s': SECCOMP_FILTER_FLAG_LOG, SPEC_ALLOW or "
			"TSYNC",
			text);
	}
}

static void read_flags(struct reader *r, const json_t *v, const struct json_path *at,
		       void *out)
{
	reader_array(r, v, at, add_flag, out);
}

static void refuse_listener(struct reader *r, const json_t *v, const struct json_path *at,
			    void *out)
{
	(void)out;
	if (!json_is_string(v) || json_string_value(v)[0]) {
		reader_bad(
			r, at,
			"%s is for SCMP_ACT_NOTIFY, which needs a listener outside the "
			"container, which an entrypoint has not",
			at->key);
	}
}

static const struct member profile_members[] = {
	{"defaultAction", read_default_action},
	{"defaultErrnoRet", read_default_errno},
	{"architectures", read_architectures},
	{"archMap", read_archmap},
	{"flags", read_flags},
	{"listenerPath", refuse_listener},
	{"listenerMetadata", refuse_listener},
	{"syscalls", read_rules},
};
static const struct shape profile_shape = SHAPE("a profile", profile_members);

struct profile *profile_parse(struct arena *a, const char *source, const char *text,
			      size_t len, struct problems *p)
{
	struct reader r = {.a = a, .source = source, .text = text, .len = len, .p = p};
	struct json_path at = {0};
	struct building b = {.profile = arena_alloc(a, sizeof(*b.profile))};
	json_t *root = NULL;

	if (len > PROFILE_SIZE_MAX) {
		problems_add(p, (struct origin){.source = source},
			     "more than %d bytes: not a seccomp profile",
			     PROFILE_SIZE_MAX);
		return NULL;
	}
	root = json_parse(a, source, text, len, p);
	if (!root) {
		return NULL;
	}
	b.profile->source = source;
	b.rules.end = &b.profile->rules;
	reader_object(&r, root, &at, &profile_shape, &b);
	if (json_is_object(root)) {
		b.profile->default_action = reader_finish_action(
			&r, &b.action, &at, "defaultAction", "defaultErrnoRet");
		b.profile->comment = reader_comment(&r, root);
	}
	if (b.has_architectures && b.has_archmap) {
		reader_bad(&r, &at,
			   "architectures and archMap are both given: use one of them");
	}
	if (r.n_bad > READER_BAD_MAX) {
		problems_add(p, (struct origin){.source = source}, "%zu more mistakes",
			     r.n_bad - READER_BAD_MAX);
	}
	json_decref(root);
	return r.n_bad > 0 ? NULL : b.profile;
}
