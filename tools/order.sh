#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# order.sh PROGRAM.debug - prints the functions that a start and an end run, a plain start's
# first: the linker puts what tools/start.symbols names side by side, so that a start touches few
# pages. Needs valgrind and root. A name that is gone does no harm, one that is new costs a page.
set -eu
[ $# = 1 ] || { sed -n '3,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# valgrind needs the names alone, and does not understand all that clang says of them.
llvm-strip --strip-debug -o "$dir/cardea" "$1"

# traced NAME OPTION... - one start and end of main, with its functions in $dir/NAME.*
traced() {
	name=$1; shift
	valgrind --quiet --tool=callgrind --callgrind-out-file="$dir/$name.%p" \
		"$dir/cardea" "$@" -- /bin/true 2>"$dir/log" || { cat "$dir/log" >&2; exit 1; }
}
traced 1
# No other user, who could not write the trace, and no filter, which valgrind does not know.
echo secret >"$dir/secret"
traced 2 -o security.cap_drop=ALL -o "secrets.SECRET=$dir/secret"

# fn=(ID) NAME where a name comes first; a recursive function's has 'DEPTH behind it.
sed -n "s/^c\{0,1\}fn=([0-9]*) \([A-Za-z_][A-Za-z0-9_.]*\).*/\1/p" "$dir"/[12].* | awk '!seen[$0]++'
