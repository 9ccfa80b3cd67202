/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An element of a profile's "syscalls": names, action, conditions on the target and on arguments.
 */
#include <string.h>

#include "core/callargs.h"
#include "core/caps.h"
#include "core/parse.h"
#include "core/profile_read.h"

/* A rule in the making: the target of the readers of its members. */
struct rule_building {
	struct profile_rule *rule;
	struct action_text action;
	bool has_name, has_names;
};

/* ---- conditions of a rule ------------------------------------------------------------ */

static void read_cap(struct reader *r, const json_t *v, const struct json_path *at,
		     void *out)
{
	struct profile_when *when = out;
	const char *text = reader_text(r, v, at);
	struct err e;
	capbits_t bits = 0;

	if (!text) {
		return;
	}
	if (strncmp(text, "CAP_", 4) != 0) {
		reader_bad(r, at,
			   "unknown capability '%s': expected a name like CAP_SYS_ADMIN",
			   text);
	} else if (caps_parse(text, &bits, &e) < 0) {
		reader_bad(r, at, "%s", e.text);
	} else {
		when->caps |= bits;
	}
}

static void read_caps(struct reader *r, const json_t *v, const struct json_path *at,
		      void *out)
{
	reader_array(r, v, at, read_cap, out);
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
	const char *text = reader_text(r, v, at);
	const struct callarch *arch = text ? callarch_by_docker(text) : NULL;

	if (arch) {
		when->arches |= ARCHBIT(arch);
	} else if (text) {
		const char *near = parse_nearest(text, next_docker_arch, NULL);

		reader_bad(r, at, "unknown architecture '%s'%s%s%s", text,
			   near ? ": did you mean '" : "",
			   near ? near : ": expected one like amd64 or arm64",
			   near ? "'?" : "");
	}
}

static void read_when_arches(struct reader *r, const json_t *v,
			     const struct json_path *at, void *out)
{
	reader_array(r, v, at, read_when_arch, out);
}

static void read_min_kernel(struct reader *r, const json_t *v, const struct json_path *at,
			    void *out)
{
	struct profile_when *when = out;
	const char *text = reader_text(r, v, at);
	struct err e;

	if (text && text[0] && profile_parse_kernel(text, &when->min_kernel, &e) < 0) {
		reader_bad(r, at, "%s", e.text);
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

	if (reader_number(r, v, at, PROFILE_ARGS_MAX - 1, &value)) {
		arg->index = (unsigned)value;
	}
}

static void read_arg_value(struct reader *r, const json_t *v, const struct json_path *at,
			   void *out)
{
	struct profile_arg *arg = out;

	reader_number(r, v, at, UINT64_MAX, &arg->value);
}

static void read_arg_value_two(struct reader *r, const json_t *v,
			       const struct json_path *at, void *out)
{
	struct profile_arg *arg = out;

	reader_number(r, v, at, UINT64_MAX, &arg->value_two);
}

static void read_arg_op(struct reader *r, const json_t *v, const struct json_path *at,
			void *out)
{
	static const char prefix[] = "SCMP_CMP_";
	struct profile_arg *arg = out;
	const char *text = reader_text(r, v, at);

	for (unsigned op = 0; text && op < PROFILE_OP_COUNT; op++) {
		if (strncmp(text, prefix, sizeof(prefix) - 1) == 0 &&
		    strcmp(text + sizeof(prefix) - 1, profile_op_name(op)) == 0) {
			arg->op = op;
			return;
		}
	}
	if (text) {
		reader_bad(
			r, at,
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

	reader_object(r, v, at, &arg_shape, arg);
	if (json_is_object(v) && !json_object_get(v, "op")) {
		reader_bad(r, at, "op is missing");
	}
	if (json_is_object(v) && !json_object_get(v, "index")) {
		reader_bad(r, at, "index is missing");
	}
	if (r->n_bad == before && arg->op == PROFILE_MASKED_EQ &&
	    (arg->value_two & ~arg->value)) {
		reader_bad(
			r, at,
			"never matches: valueTwo has bits that the mask in value has not");
	}
	rule->n_args++;
}

static void read_args(struct reader *r, const json_t *v, const struct json_path *at,
		      void *out)
{
	struct rule_building *b = out;

	b->rule->args = arena_array(r->a, json_array_size(v), sizeof(*b->rule->args));
	reader_array(r, v, at, read_arg, b->rule);
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
				reader_bad(
					r, &here,
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
	const char *text = reader_text(r, v, at);

	if (text && !text[0]) {
		reader_bad(r, at, "a system call's name is empty");
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
	reader_array(r, v, at, add_name, b->rule);
}

static void read_rule_action(struct reader *r, const json_t *v,
			     const struct json_path *at, void *out)
{
	reader_action(r, v, at, &((struct rule_building *)out)->action);
}

static void read_rule_errno(struct reader *r, const json_t *v, const struct json_path *at,
			    void *out)
{
	reader_errno(r, v, at, &((struct rule_building *)out)->action);
}

static void read_includes(struct reader *r, const json_t *v, const struct json_path *at,
			  void *out)
{
	reader_object(r, v, at, &when_shape,
		      &((struct rule_building *)out)->rule->includes);
}

static void read_excludes(struct reader *r, const json_t *v, const struct json_path *at,
			  void *out)
{
	reader_object(r, v, at, &when_shape,
		      &((struct rule_building *)out)->rule->excludes);
}

static const struct member rule_members[] = {
	{"names", read_names},	       {"name", read_name}, {"action", read_rule_action},
	{"errnoRet", read_rule_errno}, {"args", read_args}, {"includes", read_includes},
	{"excludes", read_excludes},
};
static const struct shape rule_shape = SHAPE("a rule", rule_members);

void profile_read_rule(struct reader *r, const json_t *v, const struct json_path *at,
		       void *out)
{
	struct rule_list *list = out;
	struct rule_building rb = {.rule = arena_alloc(r->a, sizeof(*rb.rule))};
	size_t before = r->n_bad;

	reader_object(r, v, at, &rule_shape, &rb);
	if (!json_is_object(v)) {
		return;
	}
	rb.rule->action = reader_finish_action(r, &rb.action, at, "action", "errnoRet");
	rb.rule->comment = reader_comment(r, v);
	rb.rule->line = json_line(r->text, r->len, at);
	if (rb.has_name && rb.has_names) {
		reader_bad(r, at, "name and names are both given: use names");
	} else if (rb.rule->names.n == 0 && r->n_bad == before) {
		reader_bad(r, at, "names is missing: the rule is for no call");
	}
	check_widths(r, rb.rule, at);
	*list->end = rb.rule;
	list->end = &rb.rule->next;
}
