/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON text -> struct profile. Each kind of object has a table of its members; a reader of a member
 * gets the value and the way to it, and appends what is wrong with it.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <string.h>

#include "core/callargs.h"
#include "core/caps.h"
#include "core/json.h"
#include "core/parse.h"
#include "core/profile.h"

#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000U
#endif

/* Finding a line means reading the text again: a file that is all mistakes must not take minutes. */
#define PROBLEMS_MAX 50
#define ERRNO_MAX 4095 /* the kernel's MAX_ERRNO, the most that SECCOMP_RET_ERRNO gives */

struct reader {
	struct arena *a;
	const char *source;
	const char *text;
	size_t len;
	struct problems *p;
	size_t n_bad;
};

/* An action as it is spread over two members, until both have been read. */
struct action_text {
	bool given, with_errno;
	uint32_t action;
	uint64_t errno_ret;
};

/* The result in the making; it is the target of the readers of the outermost object's members. */
struct building {
	struct profile *profile;
	struct profile_rule **rule_end;
	struct action_text action;
	bool has_archmap, has_architectures;
};

struct rule_building {
	struct profile_rule *rule;
	struct action_text action;
	bool has_name, has_names;
};

typedef void member_reader(struct reader *r, const json_t *v, const struct json_path *at,
			   void *out);

/* A member that an object may have; NULL reads nothing: the value means nothing to a filter. */
struct member {
	char key[20];
	member_reader *read;
};

/* An object's members, and what to call it. */
struct shape {
	const char *what;
	const struct member *members;
	size_t n;
};
#define SHAPE(name, table)                                            \
	{                                                             \
		.what = name, .members = table, .n = ARRAY_LEN(table) \
	}

__attribute__((format(printf, 3, 4))) static void
bad(struct reader *r, const struct json_path *at, const char *fmt, ...)
{
	struct origin origin = {.source = r->source};
	va_list ap;

	if (r->n_bad++ >= PROBLEMS_MAX) {
		return;
	}
	origin.line = json_line(r->text, r->len, at);
	va_start(ap, fmt);
	problems_add(r->p, origin, "%s", arena_vprintf(r->a, fmt, ap));
	va_end(ap);
}

static bool is_array(struct reader *r, const json_t *v, const struct json_path *at)
{
	if (!json_is_array(v)) {
		bad(r, at, "%s must be an array, not %s", at->key, json_kind(v));
		return false;
	}
	return true;
}

/* The text of a value, or NULL after a problem. */
static const char *get_text(struct reader *r, const json_t *v, const struct json_path *at)
{
	uint64_t number;

	if (!json_is_string(v) || json_get_u64(v, &number)) {
		bad(r, at, "%s must be a text, not %s", at->key ? at->key : at->up->key,
		    json_kind(v));
		return NULL;
	}
	return json_string_value(v);
}

static bool get_number(struct reader *r, const json_t *v, const struct json_path *at,
		       uint64_t max, uint64_t *ret)
{
	uint64_t value;

	if (!json_get_u64(v, &value)) {
		bad(r, at, "%s must be a whole number, not negative", at->key);
		return false;
	}
	if (value > max) {
		bad(r, at, "%s is %llu, more than %llu", at->key,
		    (unsigned long long)value, (unsigned long long)max);
		return false;
	}
	*ret = value;
	return true;
}

static const char *next_member(const void *ctx, size_t i)
{
	const struct shape *shape = ctx;

	return i < shape->n ? shape->members[i].key : NULL;
}

/* Comments, and what other tools keep for themselves, change nothing. */
static bool is_foreign(const char *key)
{
	return strcmp(key, "comment") == 0 || strcmp(key, "$schema") == 0 ||
	       key[0] == '_' || strncmp(key, "x-", 2) == 0;
}

static void unknown_member(struct reader *r, const struct shape *shape,
			   const struct json_path *at)
{
	const char *near = parse_nearest(at->key, next_member, shape);

	if (near) {
		bad(r, at, "unknown member '%s' of %s: did you mean '%s'?", at->key,
		    shape->what, near);
	} else {
		bad(r, at, "unknown member '%s' of %s", at->key, shape->what);
	}
}

/* Every member of v to its reader; null is as good as absent, as it is to moby. */
static void read_object(struct reader *r, const json_t *v, const struct json_path *at,
			const struct shape *shape, void *out)
{
	const char *key;
	json_t *value;

	if (!json_is_object(v)) {
		bad(r, at, "%s must be an object, not %s", shape->what, json_kind(v));
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)v, key, value)
	{
		struct json_path here = {.up = at, .key = key};
		const struct member *m = NULL;

		for (size_t i = 0; i < shape->n && !m; i++) {
			m = strcmp(shape->members[i].key, key) == 0 ? &shape->members[i]
								    : NULL;
		}
		if (!m && !is_foreign(key)) {
			unknown_member(r, shape, &here);
		} else if (m && m->read && !json_is_null(value)) {
			m->read(r, value, &here, out);
		}
	}
}

/* Every element of the array v to read. */
static void read_array(struct reader *r, const json_t *v, const struct json_path *at,
		       member_reader *read, void *out)
{
	for (size_t i = 0; is_array(r, v, at) && i < json_array_size(v); i++) {
		struct json_path here = {.up = at, .index = i};

		read(r, json_array_get(v, i), &here, out);
	}
}

/* ---- actions ------------------------------------------------------------------------- */

static const struct {
	char name[14]; /* what follows SCMP_ACT_ */
	uint32_t action;
} actions[] = {
	{"KILL", SECCOMP_RET_KILL_THREAD},
	{"KILL_THREAD", SECCOMP_RET_KILL_THREAD},
	{"KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
	{"TRAP", SECCOMP_RET_TRAP},
	{"ERRNO", SECCOMP_RET_ERRNO},
	{"TRACE", SECCOMP_RET_TRACE},
	{"ALLOW", SECCOMP_RET_ALLOW},
	{"LOG", SECCOMP_RET_LOG},
	{"NOTIFY", SECCOMP_RET_USER_NOTIF},
};

static void read_action(struct reader *r, const json_t *v, const struct json_path *at,
			void *out)
{
	static const char prefix[] = "SCMP_ACT_";
	struct action_text *action = out;
	const char *text = get_text(r, v, at);

	action->given = true;
	for (size_t i = 0; text && i < ARRAY_LEN(actions); i++) {
		if (strncmp(text, prefix, sizeof(prefix) - 1) == 0 &&
		    strcmp(text + sizeof(prefix) - 1, actions[i].name) == 0) {
			action->action = actions[i].action;
			if (action->action == SECCOMP_RET_USER_NOTIF) {
				bad(r, at,
				    "SCMP_ACT_NOTIFY needs a listener outside the "
				    "container, which an entrypoint has not");
			}
			return;
		}
	}
	if (text) {
		bad(r, at,
		    "unknown action '%s': SCMP_ACT_ALLOW, ERRNO, LOG, TRACE, TRAP, KILL, "
		    "KILL_THREAD or KILL_PROCESS",
		    text);
	}
}

static void read_errno(struct reader *r, const json_t *v, const struct json_path *at,
		       void *out)
{
	struct action_text *action = out;

	action->with_errno = get_number(r, v, at, SECCOMP_RET_DATA, &action->errno_ret);
}

/* The filter's answer. Without a number ERRNO and TRACE have EPERM, as in runc. */
static uint32_t finish_action(struct reader *r, const struct action_text *t,
			      const struct json_path *object, const char *action_key,
			      const char *errno_key)
{
	struct json_path at = {.up = object, .key = errno_key};
	bool takes = t->action == SECCOMP_RET_ERRNO || t->action == SECCOMP_RET_TRACE;

	if (!t->given) {
		bad(r, object, "%s is missing", action_key);
	} else if (t->with_errno && !takes) {
		bad(r, &at, "%s is for SCMP_ACT_ERRNO and SCMP_ACT_TRACE only",
		    errno_key);
	} else if (t->action == SECCOMP_RET_ERRNO && t->errno_ret > ERRNO_MAX) {
		bad(r, &at, "%s is %llu, more than %d", errno_key,
		    (unsigned long long)t->errno_ret, ERRNO_MAX);
	} else if (takes) {
		return t->action | (t->with_errno ? (uint32_t)t->errno_ret : EPERM);
	}
	return t->action;
}

/* ---- conditions of a rule ------------------------------------------------------------ */

static void read_cap(struct reader *r, const json_t *v, const struct json_path *at,
		     void *out)
{
	struct profile_when *when = out;
	const char *text = get_text(r, v, at);
	struct err e;
	capbits_t bits = 0;

	if (!text) {
		return;
	}
	if (strncmp(text, "CAP_", 4) != 0) {
		bad(r, at, "unknown capability '%s': expected a name like CAP_SYS_ADMIN",
		    text);
	} else if (caps_parse(text, &bits, &e) < 0) {
		bad(r, at, "%s", e.text);
	} else {
		when->caps |= bits;
	}
}

static void read_caps(struct reader *r, const json_t *v, const struct json_path *at,
		      void *out)
{
	read_array(r, v, at, read_cap, out);
}

static const char *next_docker_arch(const void *ctx, size_t i)
{
	(void)ctx;
	return i < ARRAY_LEN(callarchs) ? callarchs[i].docker : NULL;
}

static void read_when_arch(struct reader *r, const json_t *v, const struct json_path *at,
			   void *out)
{
	struct profile_when *when = out;
	const char *text = get_text(r, v, at);
	const struct callarch *arch = text ? callarch_by_docker(text) : NULL;

	if (arch) {
		when->arches |= ARCHBIT(arch);
	} else if (text) {
		const char *near = parse_nearest(text, next_docker_arch, NULL);

		bad(r, at, "unknown architecture '%s'%s%s%s", text,
		    near ? ": did you mean '" : "",
		    near ? near : ": expected one like amd64 or arm64", near ? "'?" : "");
	}
}

static void read_when_arches(struct reader *r, const json_t *v,
			     const struct json_path *at, void *out)
{
	read_array(r, v, at, read_when_arch, out);
}

static void read_min_kernel(struct reader *r, const json_t *v, const struct json_path *at,
			    void *out)
{
	struct profile_when *when = out;
	const char *text = get_text(r, v, at);
	struct err e;

	if (text && text[0] && profile_parse_kernel(text, &when->min_kernel, &e) < 0) {
		bad(r, at, "%s", e.text);
	}
}

static const struct member when_members[] = {
	{"caps", read_caps},
	{"arches", read_when_arches},
	{"minKernel", read_min_kernel},
};
static const struct shape when_shape = SHAPE("includes and excludes", when_members);

/* ---- conditions on arguments --------------------------------------------------------- */

static void read_arg_index(struct reader *r, const json_t *v, const struct json_path *at,
			   void *out)
{
	struct profile_arg *arg = out;
	uint64_t value = 0;

	if (get_number(r, v, at, PROFILE_ARGS_MAX - 1, &value)) {
		arg->index = (unsigned)value;
	}
}

static void read_arg_value(struct reader *r, const json_t *v, const struct json_path *at,
			   void *out)
{
	struct profile_arg *arg = out;

	get_number(r, v, at, UINT64_MAX, &arg->value);
}

static void read_arg_value_two(struct reader *r, const json_t *v,
			       const struct json_path *at, void *out)
{
	struct profile_arg *arg = out;

	get_number(r, v, at, UINT64_MAX, &arg->value_two);
}

static void read_arg_op(struct reader *r, const json_t *v, const struct json_path *at,
			void *out)
{
	static const char prefix[] = "SCMP_CMP_";
	struct profile_arg *arg = out;
	const char *text = get_text(r, v, at);

	for (unsigned op = 0; text && op < PROFILE_OP_COUNT; op++) {
		if (strncmp(text, prefix, sizeof(prefix) - 1) == 0 &&
		    strcmp(text + sizeof(prefix) - 1, profile_op_name(op)) == 0) {
			arg->op = op;
			return;
		}
	}
	if (text) {
		bad(r, at,
		    "unknown operator '%s': SCMP_CMP_NE, LT, LE, EQ, GE, GT or MASKED_EQ",
		    text);
	}
}

static const struct member arg_members[] = {
	{"index", read_arg_index},
	{"value", read_arg_value},
	{"valueTwo", read_arg_value_two},
	{"op", read_arg_op},
};
static const struct shape arg_shape = SHAPE("an argument's condition", arg_members);

static void read_arg(struct reader *r, const json_t *v, const struct json_path *at,
		     void *out)
{
	struct profile_rule *rule = out;
	struct profile_arg *arg = &rule->args[rule->n_args];
	size_t before = r->n_bad;

	read_object(r, v, at, &arg_shape, arg);
	if (json_is_object(v) && !json_object_get(v, "op")) {
		bad(r, at, "op is missing");
	}
	if (json_is_object(v) && !json_object_get(v, "index")) {
		bad(r, at, "index is missing");
	}
	if (r->n_bad == before && arg->op == PROFILE_MASKED_EQ &&
	    (arg->value_two & ~arg->value)) {
		bad(r, at,
		    "never matches: valueTwo has bits that the mask in value has not");
	}
	rule->n_args++;
}

static void read_args(struct reader *r, const json_t *v, const struct json_path *at,
		      void *out)
{
	struct rule_building *b = out;

	b->rule->args = arena_array(r->a, json_array_size(v), sizeof(*b->rule->args));
	read_array(r, v, at, read_arg, b->rule);
}

/* A number that the kernel's narrower view of an argument can never be. */
static bool is_too_wide(const struct profile_arg *arg, uint64_t mask)
{
	uint64_t value = arg->op == PROFILE_MASKED_EQ ? arg->value_two : arg->value;
	bool negative = (value | mask) == UINT64_MAX && (value & (mask ^ (mask >> 1)));

	return (value & ~mask) && (!negative || arg->op == PROFILE_MASKED_EQ);
}

static void check_widths(struct reader *r, const struct profile_rule *rule,
			 const struct json_path *at)
{
	struct json_path args = {.up = at, .key = "args"};

	for (size_t n = 0; n < rule->names.n; n++) {
		for (size_t i = 0; i < rule->n_args; i++) {
			struct json_path here = {.up = &args, .index = i};
			const struct profile_arg *arg = &rule->args[i];
			uint64_t mask = callargs_mask(rule->names.v[n], arg->index);

			if (is_too_wide(arg, mask)) {
				bad(r, &here,
				    "never matches: the kernel reads %d bits of %s's "
				    "argument %u",
				    mask == UINT32_MAX ? 32 : 16, rule->names.v[n],
				    arg->index);
			}
		}
	}
}

/* ---- rules --------------------------------------------------------------------------- */

static void add_name(struct reader *r, const json_t *v, const struct json_path *at,
		     void *out)
{
	struct profile_rule *rule = out;
	const char *text = get_text(r, v, at);

	if (text && !text[0]) {
		bad(r, at, "a system call's name is empty");
	} else if (text) {
		strv_push(r->a, &rule->names, arena_strdup(r->a, text));
	}
}

static void read_name(struct reader *r, const json_t *v, const struct json_path *at,
		      void *out)
{
	struct rule_building *b = out;

	/* moby's own generator writes "name": "" next to "names". */
	if (!json_is_string(v) || json_string_value(v)[0]) {
		b->has_name = true;
		add_name(r, v, at, b->rule);
	}
}

static void read_names(struct reader *r, const json_t *v, const struct json_path *at,
		       void *out)
{
	struct rule_building *b = out;

	b->has_names = json_array_size(v) > 0;
	read_array(r, v, at, add_name, b->rule);
}

static void read_rule_action(struct reader *r, const json_t *v,
			     const struct json_path *at, void *out)
{
	read_action(r, v, at, &((struct rule_building *)out)->action);
}

static void read_rule_errno(struct reader *r, const json_t *v, const struct json_path *at,
			    void *out)
{
	read_errno(r, v, at, &((struct rule_building *)out)->action);
}

static void read_includes(struct reader *r, const json_t *v, const struct json_path *at,
			  void *out)
{
	read_object(r, v, at, &when_shape,
		    &((struct rule_building *)out)->rule->includes);
}

static void read_excludes(struct reader *r, const json_t *v, const struct json_path *at,
			  void *out)
{
	read_object(r, v, at, &when_shape,
		    &((struct rule_building *)out)->rule->excludes);
}

static const struct member rule_members[] = {
	{"names", read_names},	       {"name", read_name}, {"action", read_rule_action},
	{"errnoRet", read_rule_errno}, {"args", read_args}, {"includes", read_includes},
	{"excludes", read_excludes},
};
static const struct shape rule_shape = SHAPE("a rule", rule_members);

/* The comment of an object, if it has one that is a text. */
static const char *comment_of(struct reader *r, const json_t *v)
{
	const char *text = json_string_value(json_object_get(v, "comment"));

	return text && text[0] ? arena_strdup(r->a, text) : NULL;
}

static void read_rule(struct reader *r, const json_t *v, const struct json_path *at,
		      void *out)
{
	struct building *b = out;
	struct rule_building rb = {.rule = arena_alloc(r->a, sizeof(*rb.rule))};
	size_t before = r->n_bad;

	read_object(r, v, at, &rule_shape, &rb);
	if (!json_is_object(v)) {
		return;
	}
	rb.rule->action = finish_action(r, &rb.action, at, "action", "errnoRet");
	rb.rule->comment = comment_of(r, v);
	rb.rule->line = json_line(r->text, r->len, at);
	if (rb.has_name && rb.has_names) {
		bad(r, at, "name and names are both given: use names");
	} else if (rb.rule->names.n == 0 && r->n_bad == before) {
		bad(r, at, "names is missing: the rule is for no call");
	}
	check_widths(r, rb.rule, at);
	*b->rule_end = rb.rule;
	b->rule_end = &rb.rule->next;
}

static void read_rules(struct reader *r, const json_t *v, const struct json_path *at,
		       void *out)
{
	if (json_array_size(v) > PROFILE_RULES_MAX) {
		bad(r, at, "syscalls has %zu entries, more than %d", json_array_size(v),
		    PROFILE_RULES_MAX);
		return;
	}
	read_array(r, v, at, read_rule, out);
}

/* ---- architectures ------------------------------------------------------------------- */

static const struct callarch *get_arch(struct reader *r, const json_t *v,
				       const struct json_path *at)
{
	const char *text = get_text(r, v, at);
	const struct callarch *arch = text ? callarch_by_scmp(text) : NULL;

	if (text && !arch) {
		bad(r, at,
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
	read_array(r, v, at, add_arch, &b->profile->arches);
}

static void read_map_arch(struct reader *r, const json_t *v, const struct json_path *at,
			  void *out)
{
	((struct profile_archmap *)out)->arch = get_arch(r, v, at);
}

static void read_map_sub(struct reader *r, const json_t *v, const struct json_path *at,
			 void *out)
{
	read_array(r, v, at, add_arch, &((struct profile_archmap *)out)->sub);
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

	read_object(r, v, at, &archmap_shape, entry);
	if (!entry->arch && r->n_bad == before) {
		bad(r, at, "architecture is missing");
	}
}

static void read_archmap(struct reader *r, const json_t *v, const struct json_path *at,
			 void *out)
{
	struct building *b = out;
	size_t n = json_array_size(v);

	b->has_archmap = n > 0;
	b->profile->archmap = arena_array(r->a, n, sizeof(*b->profile->archmap));
	read_array(r, v, at, read_map_entry, b->profile);
}

/* ---- the whole ----------------------------------------------------------------------- */

static void read_default_action(struct reader *r, const json_t *v,
				const struct json_path *at, void *out)
{
	read_action(r, v, at, &((struct building *)out)->action);
}

static void read_default_errno(struct reader *r, const json_t *v,
			       const struct json_path *at, void *out)
{
	read_errno(r, v, at, &((struct building *)out)->action);
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
	const char *text = get_text(r, v, at);

	for (size_t i = 0; text && i < ARRAY_LEN(flags); i++) {
		if (strncmp(text, prefix, sizeof(prefix) - 1) == 0 &&
		    strcmp(text + sizeof(prefix) - 1, flags[i].name) == 0) {
			b->profile->flags |= flags[i].flag;
			return;
		}
	}
	if (text) {
		bad(r, at,
		    "unknown or unusable flag '%s': SECCOMP_FILTER_FLAG_LOG, SPEC_ALLOW or "
		    "TSYNC",
		    text);
	}
}

static void read_flags(struct reader *r, const json_t *v, const struct json_path *at,
		       void *out)
{
	read_array(r, v, at, add_flag, out);
}

static void refuse_listener(struct reader *r, const json_t *v, const struct json_path *at,
			    void *out)
{
	(void)out;
	if (!json_is_string(v) || json_string_value(v)[0]) {
		bad(r, at,
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
	b.rule_end = &b.profile->rules;
	read_object(&r, root, &at, &profile_shape, &b);
	if (json_is_object(root)) {
		b.profile->default_action = finish_action(
			&r, &b.action, &at, "defaultAction", "defaultErrnoRet");
		b.profile->comment = comment_of(&r, root);
	}
	if (b.has_architectures && b.has_archmap) {
		bad(&r, &at, "architectures and archMap are both given: use one of them");
	}
	if (r.n_bad > PROBLEMS_MAX) {
		problems_add(p, (struct origin){.source = source}, "%zu more mistakes",
			     r.n_bad - PROBLEMS_MAX);
	}
	json_decref(root);
	return r.n_bad > 0 ? NULL : b.profile;
}
