/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/persona.h"

#define GOSU_VERSION(version) "1.19+cardea." version " (cardea on linux; C)"

#define SETUID_TEXT(bit)                                                                 \
	"the " bit " bit is set on this program, which would let anyone become anyone; " \
	"remove it (gosu is for root to step down, sudo and su are for stepping up)"

static const struct {
	const char *word;
	bool version;
} options[] = {
	{"-h", false}, {"--help", false},   {"-?", false},
	{"-v", true},  {"--version", true},
};

static const char *usage(const struct persona_start *start)
{
	const char *name = start->name;

	return arena_printf(start->arena,
			    "Usage: %s user-spec command [args]\n"
			    "   eg: %s app server --port 80\n"
			    "       %s nobody:root sh -c 'id'\n"
			    "       %s 1000:1 id\n"
			    "\n"
			    "%s version: " GOSU_VERSION("%s") "\n"
							      "%s license: Apache-2.0\n"
							      "\n",
			    name, name, name, name, name, start->version, name);
}

static void become(struct persona *p, char *const *argv, enum identity_dialect dialect)
{
	p->kind = PERSONA_EXEC;
	p->user = argv[1];
	p->dialect = dialect;
	p->args = argv + 2;
	p->not_found = p->not_executable = p->exec_failed = 1;
}

static size_t count(char *const *argv)
{
	size_t n = 0;

	while (argv[n]) {
		n++;
	}
	return n;
}

void persona_gosu(const struct persona_start *start, struct persona *ret_persona)
{
	struct persona *p = ret_persona;
	char *const *argv = start->argv;
	size_t argc = count(argv);

	p->if_setuid = SETUID_TEXT("setuid");
	p->if_setgid = SETUID_TEXT("setgid");
	for (size_t i = 0; argc >= 2 && i < ARRAY_LEN(options); i++) {
		if (strcmp(argv[1], options[i].word) == 0) {
			persona_print(p, 1, 0,
				      options[i].version
					      ? arena_printf(start->arena,
							     GOSU_VERSION("%s") "\n",
							     start->version)
					      : usage(start));
			return;
		}
	}
	if (argc < 3) {
		persona_print(p, 2, 1, usage(start));
		return;
	}
	become(p, argv, IDENTITY_GOSU);
}

void persona_su_exec(const struct persona_start *start, struct persona *ret_persona)
{
	if (count(start->argv) < 3) {
		persona_print(ret_persona, 1, 1,
			      arena_printf(start->arena,
					   "Usage: %s user-spec command [args]\n",
					   start->name));
		return;
	}
	become(ret_persona, start->argv, IDENTITY_SU_EXEC);
	ret_persona->shell_fallback = true;
}
