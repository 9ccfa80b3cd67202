/* SPDX-License-Identifier: Apache-2.0 */
#include "core/caps.h"

#include <cap-ng.h>
#include <ctype.h>
#include <linux/securebits.h>
#include <string.h>
#include <strings.h>

#include "core/parse.h"

/*
 * Of libcap-ng only the two look-ups: all else in it has state that a fork resets. Its names
 * are in lower case and without the prefix.
 */

#define CAP_PREFIX "CAP_"
#define CAP_NAME_MAX 32

static void to_upper(const char *name, char buf[CAP_NAME_MAX])
{
	size_t i = 0;

	for (; i < CAP_NAME_MAX - 1 && name[i]; i++) {
		buf[i] = (char)toupper((unsigned char)name[i]);
	}
	buf[i] = '\0';
}

static capbits_t all_known(void)
{
	capbits_t bits = 0;

	for (unsigned n = 0; capng_capability_to_name(n); n++) {
		bits |= CAPBIT(n);
	}
	return bits;
}

static const char *candidate(const void *ctx, size_t i)
{
	(void)ctx;
	return i == 0 ? "all" : capng_capability_to_name((unsigned)i - 1);
}

int caps_parse(const char *name, capbits_t *ret_bits, struct err *reterr)
{
	const size_t prefix = strlen(CAP_PREFIX);
	const char *bare = strncasecmp(name, CAP_PREFIX, prefix) == 0 ? name + prefix
								      : name;
	char near[CAP_NAME_MAX];
	const char *found;
	int n;

	if (strcasecmp(name, "ALL") == 0) {
		*ret_bits = all_known();
		return 0;
	}
	n = capng_name_to_capability(bare);
	if (n >= 0) {
		*ret_bits = CAPBIT(n);
		return 0;
	}
	found = parse_nearest(bare, candidate, NULL);
	if (!found) {
		return err_config(reterr,
				  "cannot parse capability " SHOWN
				  ": expected a name from "
				  "capabilities(7) or ALL",
				  SHOW(name));
	}
	to_upper(found, near);
	return err_config(reterr, "cannot parse capability " SHOWN ": did you mean '%s'?",
			  SHOW(name), near);
}

const char *caps_format(struct arena *a, capbits_t bits, capbits_t known)
{
	const char *text = NULL;

	if (bits == 0) {
		return "none";
	}
	if (known != 0 && (bits & known) == known) {
		return "all";
	}
	for (unsigned n = 0; n < 64; n++) {
		const char *name = capng_capability_to_name(n);
		char upper[CAP_NAME_MAX];

		if (!(bits & CAPBIT(n))) {
			continue;
		}
		if (name) {
			to_upper(name, upper);
		} else {
			upper[0] = (char)('0' + n / 10);
			upper[1] = (char)('0' + n % 10);
			upper[2] = '\0';
		}
		text = arena_printf(a, "%s%s" CAP_PREFIX "%s", text ? text : "",
				    text ? ", " : "", upper);
	}
	return text;
}

struct capsets caps_after_exec(const struct capsets *s, bool uid_is_root,
			       unsigned securebits)
{
	struct capsets after = *s;

	/* The file's own sets are empty; for root they count as full. */
	after.permitted = s->ambient;
	if (uid_is_root && !(securebits & SECBIT_NOROOT)) {
		after.permitted |= s->inheritable | s->bounding;
	}
	after.effective = after.permitted;
	return after;
}
