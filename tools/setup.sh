#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# setup.sh [--check] GROUP... - the Debian packages that the GROUPs of tools/packages name are
# there afterwards: installed when root, otherwise the error says what to install. With --check
# nothing is ever installed.
set -eu
list=$(dirname "$0")/packages check=
if [ "${1-}" = --check ]; then check=1; shift; fi
[ $# -gt 0 ] || { sed -n '3,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }

command -v dpkg-query >/dev/null || {
	echo "setup: this is not Debian: see $list for what is needed" >&2
	exit 0
}
want=
for group; do
	found=$(sed -n "s/^$group://p" "$list")
	[ -n "$found" ] || { echo "setup: error: no group '$group' in $list" >&2; exit 2; }
	want="$want $found"
done
missing=
for package in $want; do
	case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
	installed) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0
if [ -n "$check" ] || [ "$(id -u)" != 0 ]; then
	echo "setup: error: packages are missing: as root, apt-get install$missing" >&2
	exit 1
fi

echo "setup: installing$missing"
apt() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 "$@"; }
# The indexes may be missing or old: fetch them only when it does not work without.
log=$(mktemp)
# shellcheck disable=SC2086 # a list of names
apt install -y --no-install-recommends $missing >"$log" 2>&1 ||
	{ apt update && apt install -y --no-install-recommends $missing; } >"$log" 2>&1 ||
	{ cat "$log" >&2; rm -f "$log"; echo "setup: error: cannot install$missing" >&2; exit 1; }
rm -f "$log"
