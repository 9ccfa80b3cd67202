/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program says about itself in one datagram: systemd's notification protocol (sd_notify(3)), lines of
 * NAME=VALUE. Anybody can send anything: every byte is allowed, what means nothing is passed over.
 */
#ifndef CARDEA_CORE_NOTIFY_H
#define CARDEA_CORE_NOTIFY_H

#include "core/types.h"

#define NOTIFY_SIZE_MAX 4096 /* bytes of a datagram; a longer one is not taken */
#define NOTIFY_TEXT_MAX 128  /* of STATUS, with the NUL: as core/wire.h hands it on */

struct notify {
	bool ready;	 /* READY=1: start-up or a reload is finished */
	bool reloading;	 /* RELOADING=1 */
	bool stopping;	 /* STOPPING=1 */
	bool has_status; /* STATUS=..., the text may be empty: */
	bool watchdog;	 /* WATCHDOG=1: a sign of life */
	bool watchdog_failed; /* WATCHDOG=trigger: to be treated as if there had been none for too long */
	int main_pid;		  /* MAINPID=, at least 1; 0: not said */
	msec_t extend;		  /* EXTEND_TIMEOUT_USEC=, rounded up; -1: not said */
	msec_t watchdog_interval; /* WATCHDOG_USEC=, rounded up, 0: off; -1: not said */
	char text
		[NOTIFY_TEXT_MAX]; /* cut at a whole character; bytes may be control characters */
};

/*
 * data: len bytes, not NUL-terminated. Later lines win. Values must be as the manual has them: "READY=yes", "MAINPID=0" or
 * a number that overflows mean nothing. Returns whether anything was said. No allocation; safe in the loop.
 */
bool notify_parse(const char *data, size_t len, struct notify *ret_notify);

#endif
