/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/quote.h"

/* At most PIPE_BUF: so much a pipe that is ready takes without blocking, and in one piece. */
#define LINE_MAX_LEN 2048
#define WRITE_WAIT_MSEC 100

/* The only global state of the program. */
static struct {
	enum log_level level;
	enum log_format format;
	enum personality who;
	enum severity verbosity; /* as somebody else */
} settings = {.level = LOG_LEVEL_WARNING, .format = LOG_TEXT};

static const char level_names[][8] = {
	[LOG_LEVEL_ERROR] = "error",   [LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_NOTICE] = "notice", [LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

static const enum severity severities[] = {
	[LOG_LEVEL_ERROR] = SEVERITY_FATAL, [LOG_LEVEL_WARNING] = SEVERITY_WARN,
	[LOG_LEVEL_NOTICE] = SEVERITY_INFO, [LOG_LEVEL_INFO] = SEVERITY_INFO,
	[LOG_LEVEL_DEBUG] = SEVERITY_DEBUG,
};

void log_setup(enum log_level level, enum log_format format)
{
	settings.level = level;
	settings.format = format;
}

void log_setup_as(enum personality who, enum severity verbosity)
{
	settings.who = who;
	settings.verbosity = verbosity;
}

bool log_wants(enum log_level level)
{
	if (settings.who != PERSONALITY_CARDEA) {
		return severities[level] <= settings.verbosity;
	}
	return level <= settings.level;
}

static size_t begin_text(char *line, size_t size, enum log_level level)
{
	if (settings.who != PERSONALITY_CARDEA) {
		return personality_mark(settings.who, getpid(), severities[level], line,
					size);
	}
	return (size_t)snprintf(line, size, "cardea: %s: ", level_names[level]);
}

/* hook: whose output it is, or NULL. Its name needs no escaping. */
static size_t begin_json(char *line, size_t size, enum log_level level, const char *hook)
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	/* Not strftime: with time zones and languages it is 7 KiB of the binary. */
	return (size_t)snprintf(line, size,
				"{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ\","
				"\"level\":\"%s\",%s%s%s\"message\":\"",
				tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
				tm.tm_min, tm.tm_sec, now.tv_nsec / 1000000,
				level_names[level], hook ? "\"hook\":\"" : "",
				hook ? hook : "", hook ? "\"," : "");
}

static int stream(enum log_level level)
{
	return personality_message_fd(settings.who, severities[level]);
}

/* A pipe whose reader is slow must not hold up the forwarding of signals: then the line is lost. */
static bool takes_a_line(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, WRITE_WAIT_MSEC) > 0;
}

/* text behind the n bytes that line begins with, as one write. */
static void finish(char line[LINE_MAX_LEN], size_t n, enum log_level level,
		   const char *text)
{
	bool json = settings.format == LOG_JSON;
	const char *end = json ? "\"}\n" : "\n";
	size_t end_len = strlen(end);

	n += quote_escape(line + n, LINE_MAX_LEN - n - end_len, text, json);
	memcpy(line + n, end, end_len);
	while (takes_a_line(stream(level)) &&
	       write(stream(level), line, n + end_len) < 0 && errno == EINTR) {
	}
}

/* text in the configured form. */
static void put(enum log_level level, const char *text)
{
	char line[LINE_MAX_LEN];

	finish(line,
	       settings.format == LOG_JSON ? begin_json(line, sizeof(line), level, NULL)
					   : begin_text(line, sizeof(line), level),
	       level, text);
}

void log_output(const char *hook, const char *text)
{
	char line[LINE_MAX_LEN];

	if (settings.level == LOG_LEVEL_ERROR) {
		return;
	}
	finish(line,
	       settings.format == LOG_JSON
		       ? begin_json(line, sizeof(line), LOG_LEVEL_NOTICE, hook)
		       : (size_t)snprintf(line, sizeof(line), "cardea: hook %s: ", hook),
	       LOG_LEVEL_NOTICE, text);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX + 256];
	va_list ap;
	int n;

	if (!log_wants(level)) {
		return;
	}
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n >= 0) {
		put(level, text);
	}
}

void log_problems(enum log_level level, const struct problems *p)
{
	for (const struct problem *i = p->first; i; i = i->next) {
		log_line(level, "%s", problem_format(p->arena, i));
	}
}

int log_print(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0) {
			if (errno == EINTR) {
				continue;
			}
			return -errno;
		}
		text += n;
		left -= (size_t)n;
	}
	return 0;
}
