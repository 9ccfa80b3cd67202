/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages on standard error: "cardea: LEVEL: text", or one JSON object a line. One write a line; what
 * cannot be written is lost: it is waited for no longer than a moment and never a reason to stop. Control characters are escaped.
 */
#ifndef CARDEA_SYS_LOG_H
#define CARDEA_SYS_LOG_H

#include "core/err.h"
#include "core/plan.h"

/* Before the first call: warnings and errors, as text. */
void log_setup(enum log_level level, enum log_format format);

/* Speak as the program we stand in for: marks, streams and how much it says are its own. */
void log_setup_as(enum personality who, enum severity verbosity);

bool log_wants(enum log_level level);

void log_line(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* A line that a hook printed: whatever the level, unless only errors are wanted. */
void log_output(const char *hook, const char *text);

/* Each problem on a line of its own. */
void log_problems(enum log_level level, const struct problems *p);

/* text as it is, to fd (1 or 2), whole; 0 or -errno. For help, version and plans. */
int log_print(int fd, const char *text);

#endif
