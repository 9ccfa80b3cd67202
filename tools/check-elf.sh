#!/bin/sh
# check-elf.sh FILE [LIMIT] - fails unless FILE is what we promise to ship: a static position-
# independent executable, read-only after relocation, nothing both writable and executable, and
# at most LIMIT bytes (307200).
set -eu
file=$1 limit=${2:-307200} bad=
fault() { echo "check-elf: $file: $*" >&2; bad=1; }

headers=$(llvm-readelf -hlW "$file") dynamic=$(llvm-readelf -dW "$file")
has() { printf '%s\n' "$1" | grep -q -E "$2"; }
has "$headers" '^ *Type: *DYN' || fault "not position-independent (type is not DYN)"
! has "$headers" '^ *INTERP ' || fault "has an INTERP segment: dynamically linked"
! has "$dynamic" '\(NEEDED\)' || fault "needs a shared library"
! has "$dynamic" '\(TEXTREL\)' || fault "has text relocations"
! has "$headers" '^ *(LOAD|GNU_STACK) .* RWE ' || fault "has a writable and executable segment"
has "$headers" '^ *GNU_STACK .* RW ' || fault "does not say that the stack is not executable"
has "$headers" '^ *GNU_RELRO ' || fault "has no RELRO segment"
has "$dynamic" 'FLAGS.*NOW' || fault "is not bound at start (no NOW flag)"
! llvm-readelf -SW "$file" | grep -q -E '\.(symtab|debug_)' || fault "is not stripped"
size=$(wc -c <"$file")
[ "$size" -le "$limit" ] || fault "is $size bytes, more than $limit"
[ -z "$bad" ]
