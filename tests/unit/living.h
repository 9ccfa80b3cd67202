/* SPDX-License-Identifier: Apache-2.0 */
/* What can happen to the lifecycle, for the tests of its table and of its sequences. */
#ifndef CARDEA_TESTS_LIVING_H
#define CARDEA_TESTS_LIVING_H

#include "core/lifecycle.h"

#define NOW 1000
#define STOP_GRACE 500
#define ORPHAN_GRACE 200
#define ALL_HOOKS                                                     \
	(1u << PHASE_PREPARE | 1u << PHASE_WAIT | 1u << PHASE_READY | \
	 1u << PHASE_RUNNING | 1u << PHASE_STOP | 1u << PHASE_EXIT)

/* What can happen, as the columns of a table. */
enum column {
	BEGIN,
	STOP,  /* a signal of stop_on */
	OTHER, /* another signal */
	EXECUTED,
	FAILED,
	ENDED,
	EMPTY,
	TIMER,
	HOOKS_DONE,
	HOOKS_FAILED,
	ASKED_TO_RESTART,
	UNHEALTHY, /* for good: shut down */
	SILENT,	   /* the watchdog */
	EXTENDED,
	COLUMNS
};

/* One event a column; its time is for the test to set. */
extern const struct event events[COLUMNS];

/* One letter a column, to write a sequence down. */
extern const char column_letters[COLUMNS + 1];

/* Every grace has an end; no hooks. */
struct lifecycle_policy finite_policy(void);

#endif
