/* SPDX-License-Identifier: Apache-2.0 */
#include "living.h"

#include <signal.h>

const char column_letters[COLUMNS + 1] = "bsoxfeztdhruwm";

const struct event events[COLUMNS] = {
	[BEGIN] = {.type = EVENT_BEGIN},
	[STOP] = {.type = EVENT_SIGNAL, .signal = SIGTERM},
	[OTHER] = {.type = EVENT_SIGNAL, .signal = SIGHUP},
	[EXECUTED] = {.type = EVENT_EXECUTED},
	[FAILED] = {.type = EVENT_FAILED, .status = STATUS_NOEXEC},
	[ENDED] = {.type = EVENT_MAIN_ENDED, .status = 3},
	[EMPTY] = {.type = EVENT_EMPTY},
	[TIMER] = {.type = EVENT_TIMER},
	[HOOKS_DONE] = {.type = EVENT_HOOKS_DONE},
	[HOOKS_FAILED] = {.type = EVENT_HOOKS_FAILED, .status = STATUS_HOOK},
	[ASKED_TO_RESTART] = {.type = EVENT_RESTART},
	[UNHEALTHY] = {.type = EVENT_SHUTDOWN, .status = STATUS_HEALTH},
	[SILENT] = {.type = EVENT_WATCHDOG},
	[EXTENDED] = {.type = EVENT_EXTEND, .span = 700},
};

struct lifecycle_policy finite_policy(void)
{
	struct lifecycle_policy p;

	lifecycle_policy_init(&p);
	p.stop_grace = STOP_GRACE;
	p.orphan_grace = ORPHAN_GRACE;
	return p;
}
