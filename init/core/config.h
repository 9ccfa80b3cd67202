/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration as text: which value each key has and where it comes from, after all
 * sources are laid over each other. What the values mean is decided by the plan (plan.h).
 */
#ifndef CARDEA_CORE_CONFIG_H
#define CARDEA_CORE_CONFIG_H

#include "core/arena.h"
#include "core/err.h"
#include "core/types.h"

/*
 * A file larger than this, or a line longer, is refused; inih is built for longer
 * lines.
 */
#define CONFIG_FILE_MAX (1024 * 1024)
#define CONFIG_LINE_MAX 4096

#define HOOK_NAME_MAX 63 /* bytes: letters, digits, . _ - */
#define HOOKS_MAX 4096	 /* of one configuration */

/* With so many mistakes the rest of a file is not read. */
#define CONFIG_MISTAKES_MAX 50

/*
 * Every key with a fixed name: KEY(id, section, name). The variable of a key is CARDEA_
 * and its id. The manual cardea.ini(5) lists the same, a test compares.
 */
#define CONFIG_KEYS(KEY)                                             \
	KEY(MAIN_COMMAND, "main", "command")                         \
	KEY(MAIN_DEFAULT_PROGRAM, "main", "default_program")         \
	KEY(MAIN_USER, "main", "user")                               \
	KEY(MAIN_GROUP_ADD, "main", "group_add")                     \
	KEY(MAIN_WORKING_DIR, "main", "working_dir")                 \
	KEY(MAIN_ENV_FILE, "main", "env_file")                       \
	KEY(MAIN_FILE_VARIABLES, "main", "file_variables")           \
	KEY(MAIN_SECRETS_DIR, "main", "secrets_dir")                 \
	KEY(MAIN_UMASK, "main", "umask")                             \
	KEY(MAIN_OOM_SCORE_ADJ, "main", "oom_score_adj")             \
	KEY(MAIN_ULIMITS, "main", "ulimits")                         \
	KEY(MAIN_PASS_FDS, "main", "pass_fds")                       \
	KEY(MAIN_STOP_SIGNAL, "main", "stop_signal")                 \
	KEY(MAIN_STOP_GRACE_PERIOD, "main", "stop_grace_period")     \
	KEY(MAIN_STOP_ON, "main", "stop_on")                         \
	KEY(MAIN_ORPHAN_GRACE_PERIOD, "main", "orphan_grace_period") \
	KEY(MAIN_SUCCESS_EXIT_STATUS, "main", "success_exit_status") \
	KEY(MAIN_KILL_MODE, "main", "kill_mode")                     \
	KEY(MAIN_RESTART, "main", "restart")                         \
	KEY(MAIN_RESTART_DELAY, "main", "restart_delay")             \
	KEY(MAIN_RESTART_DELAY_MAX, "main", "restart_delay_max")     \
	KEY(MAIN_NOTIFY, "main", "notify")                           \
	KEY(MAIN_NOTIFY_DEADLINE, "main", "notify_deadline")         \
	KEY(MAIN_WATCHDOG, "main", "watchdog")                       \
	KEY(MAIN_TERMINATION_LOG, "main", "termination_log")         \
	KEY(MAIN_LOG_LEVEL, "main", "log_level")                     \
	KEY(MAIN_LOG_FORMAT, "main", "log_format")                   \
	KEY(SECURITY_CAP_DROP, "security", "cap_drop")               \
	KEY(SECURITY_CAP_ADD, "security", "cap_add")                 \
	KEY(SECURITY_NO_NEW_PRIVS, "security", "no_new_privs")       \
	KEY(SECURITY_SECUREBITS, "security", "securebits")           \
	KEY(SECURITY_SECCOMP, "security", "seccomp")                 \
	KEY(SECURITY_READ_ONLY_PATHS, "security", "read_only_paths") \
	KEY(SECURITY_READ_WRITE_PATHS, "security", "read_write_paths")

enum config_key {
#define CONFIG_KEY_ENUM(id, section, name) KEY_##id,
	CONFIG_KEYS(CONFIG_KEY_ENUM)
#undef CONFIG_KEY_ENUM
		CONFIG_KEY_COUNT
};

/* Every key of a [hook:NAME]: KEY(id, name). The manual lists the same, a test compares. */
#define HOOK_KEYS(KEY)                        \
	KEY(PHASE, "phase")                   \
	KEY(AFTER, "after")                   \
	KEY(WHEN, "when")                     \
	KEY(COMMAND, "command")               \
	KEY(TCP, "tcp")                       \
	KEY(HTTP, "http")                     \
	KEY(UNIX, "unix")                     \
	KEY(FILE, "file")                     \
	KEY(DELAY, "delay")                   \
	KEY(SEND, "send")                     \
	KEY(EXPECT, "expect")                 \
	KEY(EXPECT_STATUS, "expect_status")   \
	KEY(HEADERS, "headers")               \
	KEY(METHOD, "method")                 \
	KEY(TIMEOUT, "timeout")               \
	KEY(INTERVAL, "interval")             \
	KEY(DEADLINE, "deadline")             \
	KEY(RETRIES, "retries")               \
	KEY(START_PERIOD, "start_period")     \
	KEY(START_INTERVAL, "start_interval") \
	KEY(REQUIRED, "required")             \
	KEY(USER, "user")                     \
	KEY(WORKING_DIR, "working_dir")       \
	KEY(SECRETS, "secrets")               \
	KEY(ON_FAILURE, "on_failure")

enum hook_key {
#define HOOK_KEY_ENUM(id, name) HOOK_KEY_##id,
	HOOK_KEYS(HOOK_KEY_ENUM)
#undef HOOK_KEY_ENUM
		HOOK_KEY_COUNT
};

/*
 * value NULL: not set, the default holds. An empty text in a source makes it NULL
 * again; at is then where that was. at.source is NULL as long as no source names the
 * key.
 */
struct setting {
	const char *name; /* the key as written in the section */
	const char *value;
	struct origin at;
};

/*
 * A section whose keys the user names, in the order first seen. Here value is never
 * NULL: an empty text in [environment] is the empty string, in the others it takes the
 * entry away.
 */
struct setting_map {
	struct setting *v;
	size_t n, room;
};

/*
 * One [hook:NAME] of all sources. keys has those that any source names, in that order; name is config_hook_key_name()'s
 * pointer. As in fixed keys, value is NULL where an empty text made it the default again.
 */
struct hook_section {
	const char *name;
	struct origin at; /* the latest header, or --set */
	struct setting_map keys;
};

/* In the order first seen. index is a hash table of numbers from 1 into v, 0: free. */
struct hook_sections {
	struct hook_section *v;
	size_t n, room;
	unsigned *index;
	size_t index_room; /* a power of two, more than n */
};

struct config {
	struct arena *arena; /* owns every string; set it before the first call */
	struct setting fixed[CONFIG_KEY_COUNT];
	struct setting_map environment; /* variable name -> text with ${...} */
	struct setting_map secrets;	/* NAME -> "FILE [optional]" */
	struct setting_map signals;	/* signal name -> signal name or "ignore" */
	struct hook_sections hooks;
	bool any; /* anything at all was set */
};

/*
 * Lay one file's text over what is there. source: its path, copied; text: len bytes as
 * read, may hold anything (of a longer file, any CONFIG_FILE_MAX + 1 bytes do). It is
 * checked before inih sees it: NUL and control characters, line length, indentation,
 * section headers, '=' before any ':'; a BOM and CRLF are accepted, and so are bytes
 * that are no UTF-8. Every mistake is appended to p in the order of lines; what is not
 * text at all is one mistake. The same key twice in a section, or a section twice, in
 * one file is a mistake. Keys must be known, names of variables, secrets, signals and
 * hooks well-formed; what a value means is not looked at. In [signals] keys are compared as
 * signals, so SIGHUP and HUP are one.
 */
void config_add_file(struct config *c, const char *source, const char *text, size_t len,
		     struct problems *p);

/*
 * CARDEA_<SECTION>_<KEY> for [main] and [security], e.g. CARDEA_MAIN_USER, which is
 * then the value's at.source. CARDEA_CONFIG is not one of them and is left alone; any
 * other CARDEA_ name is a mistake.
 */
void config_add_environ(struct config *c, char *const *envp, struct problems *p);

/*
 * "section.key=value" as --set takes it, any key. at: say "--set" or the option's name. As hooks' names may hold dots, in
 * "hook:NAME.key" the last one counts.
 */
void config_add_assignment(struct config *c, const char *assignment, struct origin at,
			   struct problems *p);

/* "main.user" for messages, and "main". */
const char *config_key_name(enum config_key key);
const char *config_key_section(enum config_key key);

/* "interval": the same pointer at every call. */
const char *config_hook_key_name(enum hook_key key);

/* What a hook's section says of a key; NULL: no source names it. */
const struct setting *config_hook_setting(const struct hook_section *hook,
					  enum hook_key key);

/* The hook of that name, NULL: there is none. A hash look-up. */
const struct hook_section *config_find_hook(const struct config *c, const char *name);

#endif
