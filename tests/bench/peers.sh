#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# peers.sh DIR - tini, dumb-init and catatonit as static musl programs in DIR, from
# Debian's source packages: the smallest form in which people ship them. Compiled as their
# own build files do it, but for musl. The system's apt is not touched: indexes and
# downloads live in DIR/apt. Does nothing when they are there.
set -eu
[ $# = 1 ] || { echo "usage: peers.sh DIR" >&2; exit 2; }
dir=$(mkdir -p "$1" && cd "$1" && pwd)
src=$dir/src
suite=bookworm
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ ! -e "$dir/ok" ] || exit 0

die() { echo "peers: error: $*" >&2; exit 1; }

private() {
	apt-get -qq -o Dir::Etc::SourceList="$dir/apt/list" \
		-o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$dir/apt/lists" \
		-o Dir::Cache="$dir/apt/cache" \
		-o Acquire::Languages=none -o Acquire::Retries=5 \
		-o APT::Sandbox::User=root "$@"
}

# unpacked NAME - fetches the upstream archive of source package NAME, prints where it is
unpacked() {
	(cd "$src" && private source --download-only --tar-only "$1") \
		>"$dir/apt/$1.log" 2>&1 ||
		{ cat "$dir/apt/$1.log" >&2; die "cannot fetch the source of $1"; }
	mkdir -p "$src/$1"
	tar -xf "$src/$1"_*.orig.tar.* -C "$src/$1" --strip-components=1
	echo "$src/$1"
}

compile() { # compile NAME FLAG_OR_FILE...
	name=$1; shift
	musl-gcc -static -s -w "$@" -o "$dir/$name" || die "cannot build $name"
}

# The kernel's headers for catatonit by links, never the whole of /usr/include.
headers=$dir/include
mkdir -p "$src" "$headers" "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"
ln -sfn /usr/include/linux "$headers/linux"
ln -sfn /usr/include/asm-generic "$headers/asm-generic"
ln -sfn "/usr/include/$(gcc -print-multiarch)/asm" "$headers/asm"

# shellcheck disable=SC2016 # apt's variables, not the shell's
uri=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' |
	sed -n 's/^Debian //p' | head -n 1)
[ -n "$uri" ] || die "no Debian mirror in apt's sources"
echo "deb-src [signed-by=$keyring] $uri $suite main" >"$dir/apt/list"
private update || die "cannot read the index of Debian's source packages"

tini=$(unpacked tini)
version=$(sed -n 's/^set (tini_VERSION_[A-Z]* \([0-9]*\))/\1/p' "$tini/CMakeLists.txt" |
	paste -sd . -)
sed "s/\"@tini_VERSION_MAJOR@.*\"/\"$version\"/; s/@tini_VERSION_GIT@//" \
	"$tini/src/tiniConfig.h.in" >"$tini/src/tiniConfig.h"
compile tini-musl -std=gnu99 -O2 "$tini/src/tini.c"

dumb_init=$(unpacked dumb-init)
compile dumb-init-musl -std=gnu99 -O3 "$dumb_init/dumb-init.c"

catatonit=$(unpacked catatonit)
version=$(sed -n 's/^AC_INIT(\[catatonit\], \[\([^]]*\)\].*/\1/p' \
	"$catatonit/configure.ac")
sed "s/@PACKAGE_NAME@/catatonit/; s/@PACKAGE_VERSION@/$version/; s/@PACKAGE_[A-Z]*@//" \
	"$catatonit/config.h.in" >"$catatonit/config.h"
compile catatonit-musl -O2 -isystem "$headers" "$catatonit/catatonit.c"

: >"$dir/ok"
