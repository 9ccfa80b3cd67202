/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/raised.h"

#include <sys/auxv.h>
#include <sys/prctl.h>

#include "sys/creds.h"

/* What an execve without file capabilities leaves a user who is not root is the ambient set, and no more. */
static bool has_more_than_ambient(void)
{
	capbits_t permitted = creds_permitted();

	for (unsigned long cap = 0; cap < 64; cap++) {
		if ((permitted & CAPBIT(cap)) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) != 1) {
			return true;
		}
	}
	return false;
}

enum raised raised_by(void)
{
	if (getauxval(AT_UID) != getauxval(AT_EUID)) {
		return RAISED_UID;
	}
	if (getauxval(AT_GID) != getauxval(AT_EGID)) {
		return RAISED_GID;
	}
	if (getauxval(AT_SECURE) && getauxval(AT_UID) != 0 && has_more_than_ambient()) {
		return RAISED_CAPS;
	}
	return RAISED_NOT;
}
