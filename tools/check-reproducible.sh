#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check-reproducible.sh ARCH - builds the tree twice from nothing, in directories of
# other names and depths, with another umask, time zone, locale and number of jobs, each with
# libraries of its own, and compares the libraries, the binaries and what debuggers read.
set -eu
arch=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
one=$tmp/a two=$tmp/another/directory/deeper

# build DIR JOBS
build() {
	mkdir -p "$1"
	tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C "$1"
	(cd "$1" && env -u DEPS_DIR -u MAKEFLAGS -u MAKELEVEL make -s -j"$2" ARCH="$arch" all)
}
(umask 022; TZ=UTC LC_ALL=C build "$one" 1)
(umask 077; TZ=Asia/Tokyo LC_ALL=C.UTF-8 build "$two" 2)
(cd "$one/build" && find "$arch/cardea" "$arch/cardea.debug" deps/"$arch".*/sysroot/lib -type f) |
	while read -r file; do cmp "$one/build/$file" "$two/build/$file"; done
sha256sum <"$one/build/$arch/cardea" | sed "s/-\$/cardea for $arch, twice the same/"
