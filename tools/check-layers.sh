#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check-layers.sh OBJDIR - fails when a layer calls what it may not, by the undefined symbols of
# what was compiled, or includes what it may not. layers/core.allow is for all of init/core
# together, layers/NAME.allow for init/sys/NAME.c.
set -eu
objects=$1 layers=$(dirname "$0")/layers bad=0

# allowed FILE - the symbols an allow-list names
allowed() { sed 's/#.*//' "$1" | tr -s ' \t' '\n' | sed '/^$/d'; }

# undefined FILE... - what the files use and none of them defines
undefined() {
	llvm-nm -U --format=just-symbols --extern-only "$@" 2>/dev/null | sort -u >"$tmp/defined"
	llvm-nm -u --format=just-symbols "$@" 2>/dev/null | sed '/:$/d;/^$/d' | sort -u |
		comm -23 - "$tmp/defined"
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for list in "$layers"/*.allow; do
	name=$(basename "$list" .allow)
	file=$objects/init/sys/$name.o
	[ "$name" != core ] || file=$objects/libcore.a
	if [ ! -e "$file" ]; then
		echo "check-layers: $list: there is no $file" >&2
		bad=1
		continue
	fi
	# What every object may use: the compiler writes these calls itself.
	{ allowed "$list"; printf '%s\n' __stack_chk_fail memcpy memset memmove memcmp; } |
		sort -u >"$tmp/allowed"
	undefined "$file" | comm -23 - "$tmp/allowed" >"$tmp/wrong"
	while read -r symbol; do
		user=$(llvm-nm -A -u "$file" | sed -n "s/:* *U $symbol\$//p" | sed 's/.*[:/]//' | tr '\n' ' ')
		echo "check-layers: $name uses $symbol (${user% }), which $list does not allow" >&2
		bad=1
	done <"$tmp/wrong"
done

# core knows nothing of the layers above it; child and creds do not even know other parts of sys.
if grep -n '#include "\(sys\|cli\)/' init/core/*.[ch]; then
	echo "check-layers: init/core includes a layer above it" >&2
	bad=1
fi
exit "$bad"
