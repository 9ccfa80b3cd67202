#!/bin/sh
# deps.sh OUT ARCH - what cardea is linked from, in OUT/sysroot: libseccomp, libcap-ng, inih and
# jansson, built as static libraries from Debian's source packages, and for a target ARCH (x86_64,
# aarch64) musl, the kernel's headers and libgcc from Debian's binary packages of that ARCH.
# ARCH "host" is for the unit tests and fuzzers: the same sources for this machine's own libc.
#
# The system's apt is not touched: indexes and downloads live in $DEPS_DIR (default OUT/..),
# which several OUTs may share. apt checks the archive's signature and every file's checksum.
#
# CC, CFLAGS  the compiler and its flags; they must not name a libc (they get -isystem OUT/...)
# AR          default llvm-ar
# JOBS        compilers at a time, default: the machine's processors
set -eu
export LC_ALL=C
self=$(readlink -f "$0")
[ $# = 2 ] || { sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 2; }
arch=$2
out=$(mkdir -p "$1" && cd "$1" && pwd)
cache=$(cd "${DEPS_DIR:-$out/..}" && pwd)
CC=${CC:-clang} AR=${AR:-llvm-ar} JOBS=${JOBS:-$(nproc)}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
src=$cache/src inc=$out/sysroot/include lib=$out/sysroot/lib obj=$out/obj

# Source packages: name, version, suite it is in. One suite does not hold them all at the versions
# we want: libseccomp 2.6 knows every name of Docker's profile, 2.5 misses nine.
sources='
libseccomp 2.6.0-2 trixie
libcap-ng 0.8.3-1 bookworm
libinih 59-1 trixie
jansson 2.14-2 bookworm
'

say() { echo "deps: $*" >&2; }
die() { say "error: $*"; exit 1; }

# find_mirror - uri becomes the Debian mirror of the system's own apt sources
find_mirror() {
	# shellcheck disable=SC2016 # apt's variables, not the shell's
	uri=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' | sed -n 's/^Debian //p' | head -n 1)
	# Without indexes nothing has a label: go by the name.
	# shellcheck disable=SC2016
	[ -n "$uri" ] || uri=$(apt-get indextargets --no-release-info --format '$(REPO_URI)' |
		grep '/debian/*$' | head -n 1)
	[ -n "$uri" ] || die "no Debian mirror in apt's sources: deps come from Debian's packages"
}

# private STATE ARGS... - apt-get with its own indexes in cache/apt-STATE
private() {
	state=$cache/apt-$1; shift
	apt-get -qq -o Dir::Etc::SourceList="$state/list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache" \
		-o Dir::State::status=/dev/null -o Acquire::Languages=none -o Acquire::Retries=5 -o APT::Sandbox::User=root "$@"
}

# index STATE LINE... - makes the indexes of the sources.list lines
index() {
	state=$cache/apt-$1
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
	name=$1; shift
	for line; do echo "$line"; done >"$state/list"
	private "$name" update || die "cannot read the package indexes of $uri"
}

# fetch_sources - unpacks every source package as src/NAME and notes its version in src/versions
fetch_sources() {
	want=$(cksum <"$self")
	[ "$(cat "$src/.fetched" 2>/dev/null)" != "$want" ] || return 0
	rm -rf "$src"; mkdir -p "$src"
	set --
	for suite in $(echo "$sources" | awk 'NF { print $3 }' | sort -u); do
		set -- "$@" "deb-src [signed-by=$keyring] $uri $suite main"
	done
	index src "$@"
	echo "$sources" | while read -r name version suite; do
		[ -n "$name" ] || continue
		(cd "$src" && private src source --download-only "$name=$version") 2>/dev/null || {
			say "warning: $name $version has left the archive, taking the one in $suite"
			(cd "$src" && private src source --download-only "$name/$suite") || exit 1
		}
		dsc=$(cd "$src" && echo "$name"_*.dsc)
		dpkg-source --require-strong-checksums -x "$src/$dsc" "$src/$name" >"$src/$name.log" 2>&1 ||
			{ cat "$src/$name.log" >&2; exit 1; }
		sed -n 's/^Version: //p' "$src/$dsc" | tail -n 1 | sed "s/^/$name /" >>"$src/versions"
	done || die "cannot fetch the libraries' sources"
	trim_seccomp "$src/libseccomp/src"
	trim_cap_ng "$src/libcap-ng/src"
	echo "$want" >"$src/.fetched"
}

# trim_seccomp SRC - leaves in the table of calls, 76 KiB, what a filter can be made of here: the
# machines x86, x86_64, x32, arm and aarch64, its first five; and not since which kernel a call is
# there, which is unknown for each of them and read by nothing. That makes 14 KiB.
trim_seccomp() {
	others='loongarch64|m68k|mips|mipsel|mips64|mipsel64|mips64n32|mipsel64n32|parisc|parisc64|'
	others=$others'ppc|ppc64|ppc64le|riscv64|s390|s390x|sheb|sh'
	row='^ *\{\(int\)\(size_t\)'
	grep -q '^#[^,]*,x86,x86_kver,x86_64,x86_64_kver,x32,x32_kver,arm,arm_kver,aarch64,aarch64_kver,loong' \
		"$1/syscalls.csv" || die "libseccomp's table of calls has other columns than expected"
	! grep -E "$row" "$1/syscalls.perf.c" | sed 's/SCMP_KV_UNDEF//g' | grep -q SCMP_KV_ ||
		die "libseccomp's table of calls has come to know kernel versions"
	sed -i '/^\tint loongarch64;/,/^};/{/^};/!d}; /_kver;$/d' "$1/syscalls.h"
	sed -i -E "/$row/{s/,SCMP_KV_UNDEF//g;s/^(([^,]*,){6}[^,]*),.*\\}/\\1}/}" "$1/syscalls.perf.c"
	sed -i -E '/\.syscall_(name|num)_kver =/d' "$1"/arch-*.c
	sed -i 's/NAME##_kver/NAME/' "$1/arch.h"
	sed -i -E "/ return &arch_def_($others);|^\treturn &arch_def_($others);/d
		/^\tcase SCMP_ARCH_($(echo "$others" | tr "[:lower:]" "[:upper:]")):/,+1d
		/strcmp\(arch_name, \"($others)\"\)/,+1d" "$1/arch.c"
	for other in $(echo "$others" | tr '|' ' '); do rm -f "$1/arch-$other.c"; done
	rm -f "$1"/arch-syscall-*.c
}

# trim_cap_ng SRC - no constructor, twelve system calls at every start: the library asks the kernel
# when it is first used for more than names. Those are the table's alone, whatever the kernel has.
trim_cap_ng() {
	sed -i 's/ __attribute__ ((constructor));/;/' "$1/cap-ng.c"
	sed -i 's/((x) <= last_cap)/((x) <= CAP_LAST_CAP)/' "$1/lookup_table.c"
	! grep -q constructor "$1/cap-ng.c" || die "libcap-ng has a constructor of another form"
}

# fetch_libc DEBARCH GNU - musl, kernel headers and libgcc of another architecture, or of this one
fetch_libc() {
	mkdir -p "$out/deb"
	index "$1" "deb [arch=$1 signed-by=$keyring] $uri bookworm main"
	(cd "$out/deb" && private "$1" download "musl-dev:$1" "linux-libc-dev:$1" \
		"libgcc-12-dev:$1") || die "cannot download musl for $1"
	for deb in "$out"/deb/*.deb; do dpkg-deb -x "$deb" "$out/deb/root"; done
	root=$out/deb/root/usr
	cp -R "$root/include/$arch-linux-musl/." "$inc"
	cp -R "$root/include/linux" "$root/include/asm-generic" "$root/include/$2/asm" "$inc"
	for f in libc.a rcrt1.o crti.o crtn.o; do cp "$root/lib/$arch-linux-musl/$f" "$lib"; done
	cp "$root/lib/gcc-cross/$2/12/libgcc.a" "$lib" 2>/dev/null || cp "$root/lib/gcc/$2/12/libgcc.a" "$lib"
	(cd "$out/deb" && for deb in *.deb; do dpkg-deb -f "$deb" Package Version | sed 's/^[^:]*: //' |
		paste -sd ' ' -; done) >"$out/versions"
	rm -rf "$out/deb"
}

# library NAME FLAGS FILE... - compiles the FILEs into lib/NAME.a
library() {
	name=$1 flags=$2; shift 2
	mkdir -p "$obj/$name"
	# shellcheck disable=SC2016 # for the inner shell
	printf '%s\n' "$@" | CMD="$CC $cflags $flags" DIR="$obj/$name" xargs -P "$JOBS" -I FILE \
		sh -c 'exec $CMD -c "$1" -o "$DIR/$(basename "$1" .c).o"' sh FILE || die "cannot build $name"
	rm -f "$lib/$name.a"
	"$AR" rcsD "$lib/$name.a" "$obj/$name"/*.o
}

# defines NAME... - the lines a configure script would have written
defines() { for name; do echo "#define $name 1"; done; }

configure_seccomp() {
	mkdir -p "$obj/seccomp-config"
	{ echo '#define ENABLE_PYTHON 0'; defines HAVE_LINUX_SECCOMP_H; } >"$obj/seccomp-config/configure.h"
	v=$(sed -n 's/^libseccomp \([0-9.]*\).*/\1/p' "$src/versions")
	# shellcheck disable=SC2046 # three words
	set -- $(echo "$v" | tr . ' ')
	sed "s/@VERSION_MAJOR@/$1/;s/@VERSION_MINOR@/$2/;s/@VERSION_MICRO@/$3/" \
		"$src/libseccomp/include/seccomp.h.in" >"$inc/seccomp.h"
	cp "$src/libseccomp/include/seccomp-syscalls.h" "$inc"
}

configure_cap_ng() {
	mkdir -p "$obj/cap-ng-config"
	{
		defines HAVE_LINUX_CAPABILITY_H HAVE_LINUX_MAGIC_H HAVE_LINUX_SECUREBITS_H \
			HAVE_PTHREAD_H HAVE_SYSCALL_H HAVE_SYS_VFS_H HAVE_SYS_XATTR_H HAVE_UNISTD_H
		for c in AUDIT_READ BLOCK_SUSPEND BPF CHECKPOINT_RESTORE PERFMON WAKE_ALARM; do
			defines "HAVE_DECL_CAP_$c"
		done
		defines HAVE_DECL_PR_CAP_AMBIENT HAVE_DECL_VFS_CAP_REVISION_2 HAVE_DECL_VFS_CAP_REVISION_3
		echo '#define HAVE_DECL_CAP_EPOLLWAKEUP 0'
	} >"$obj/cap-ng-config/config.h"
	cp "$src/libcap-ng/src/cap-ng.h" "$inc"
}

configure_jansson() {
	mkdir -p "$obj/jansson-config"
	{
		defines HAVE_STDINT_H HAVE_UNISTD_H HAVE_FCNTL_H HAVE_SYS_TYPES_H HAVE_SYS_STAT_H HAVE_CLOSE \
			HAVE_OPEN HAVE_READ USE_URANDOM HAVE_ATOMIC_BUILTINS HAVE_SYNC_BUILTINS HAVE_ENDIAN_H
		echo '#define INITIAL_HASHTABLE_ORDER 3'
	} >"$obj/jansson-config/jansson_private_config.h"
	cp "$src/jansson/src/jansson.h" "$src/jansson/android/jansson_config.h" "$inc"
}

exec 9>"$cache/lock"; flock 9 # several checkouts may share the cache
[ ! -e "$out/ok" ] || exit 0
find_mirror
rm -rf "$out/sysroot" "$out/obj" "$out/deb"; mkdir -p "$inc" "$lib" "$obj"
fetch_sources
case $arch in
x86_64) fetch_libc amd64 x86_64-linux-gnu ;;
aarch64) fetch_libc arm64 aarch64-linux-gnu ;;
host) : >"$out/versions" ;;
*) die "unknown architecture '$arch': x86_64, aarch64 or host" ;;
esac
cat "$src/versions" >>"$out/versions"

cflags="${CFLAGS:--Os} -isystem $inc -D_GNU_SOURCE= -w"
cflags="$cflags -ffile-prefix-map=$out=deps -ffile-prefix-map=$cache=deps"
# From here paths are relative: they go into the bitcode and what debuggers read.
cd "$src"
configure_seccomp
configure_cap_ng
configure_jansson
{ echo '#define INI_HANDLER_LINENO 1'; cat libinih/ini.h; } >"$inc/ini.h"
mkdir -p "$out/sysroot/share"; cp libseccomp/src/syscalls.csv "$out/sysroot/share"
library libseccomp "-Ilibseccomp/src -I$obj/seccomp-config" libseccomp/src/*.c
library libcap-ng "-DHAVE_CONFIG_H -I$obj/cap-ng-config" \
	libcap-ng/src/cap-ng.c libcap-ng/src/lookup_table.c
library libinih "-DINI_STOP_ON_FIRST_ERROR=1 -DINI_ALLOW_INLINE_COMMENTS=0 -DINI_ALLOW_MULTILINE=0 \
	-DINI_HANDLER_LINENO=1 -DINI_MAX_LINE=8192" libinih/ini.c
library libjansson "-Ijansson/src -I$obj/jansson-config -DHAVE_STDINT_H" jansson/src/*.c
rm -rf "$obj"
: >"$out/ok"
