#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# engine.sh - a Docker engine with Compose v2, Buildx and a local Debian base image, for
# a Debian machine that reaches nothing but its package mirror.
#
#   engine.sh up [DIR]      use the running engine when it is good enough, else start one
#   engine.sh env [DIR]     print the exports that reach it: eval "$(engine.sh env DIR)"
#   engine.sh status [DIR]  say what is up; 0 when an engine answers, 1 when none does
#   engine.sh down [DIR]    stop the engine that "up" started; DIR stays as a warm cache
#
# DIR is short (sockets live in it): $ENGINE_DIR, else /var/tmp/cardea-engine. Needs root.
#
#   ENGINE_PRIVATE=1        start one even if an engine runs already
#   ENGINE_MIN=25           oldest engine taken (25: start_interval in health checks)
#   ENGINE_SUITE=trixie     Debian suite of the engine's own packages
#   ENGINE_BASES=bookworm   base images made: debian:SUITE-slim
#   ENGINE_NET=10.213       first half of the addresses of its networks
#   ENGINE_BRIDGE=cardea0   its bridge; "none": no default network and no firewall rules
#   ENGINE_SW=DIR/sw        the unpacked programs; a second engine shares the first one's
#   ENGINE_ARGS=            more arguments for dockerd, as in --init-path=FILE
set -eu

dir=${2:-${ENGINE_DIR:-/var/tmp/cardea-engine}}
case $dir in
/*) ;;
*) dir=$PWD/$dir ;;
esac
suite=${ENGINE_SUITE:-trixie}
bases=${ENGINE_BASES-bookworm}
net=${ENGINE_NET:-10.213}
bridge=${ENGINE_BRIDGE:-cardea0}
sw=${ENGINE_SW:-$dir/sw}
root=$sw/root
bin=$root/usr/bin:$root/usr/sbin:/usr/sbin:/sbin
sock=$dir/docker.sock
pidfile=$dir/docker.pid
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

log() {
	echo "engine: $*" >&2
}

die() {
	log "$*"
	exit 1
}

# Our dockerd runs. A zombie and a recycled pid have no such executable.
alive() {
	[ -s "$pidfile" ] && readlink "/proc/$(cat "$pidfile")/exe" | grep -q dockerd
}

# The engine that the environment points to answers and is new enough.
usable() {
	version=$(docker version -f '{{.Server.Version}}' 2>/dev/null) || return 1
	[ "${version%%[!0-9]*}" -ge "${ENGINE_MIN:-25}" ] 2>/dev/null
}

has_plugins() {
	usable && docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1
}

apt_update() {
	[ -z "${apt_updated-}" ] || return 0
	apt-get update -q >>"$dir/apt.log" 2>&1 || die "apt-get update failed: see $dir/apt.log"
	apt_updated=1
}

# need PROGRAM=PACKAGE...: install the packages whose programs are missing.
need() {
	missing=
	for pair; do
		command -v "${pair%%=*}" >/dev/null || missing="$missing ${pair#*=}"
	done
	[ -n "$missing" ] || return 0
	apt_update
	# shellcheck disable=SC2086 # one word a package
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing \
		>>"$dir/apt.log" 2>&1 || die "cannot install$missing: see $dir/apt.log"
}

# mirror LABEL: where this system gets the archive of that label (Debian, Debian-Security).
mirror() {
	# shellcheck disable=SC2016 # apt's own placeholders
	apt-get indextargets --format '$(LABEL) $(REPO_URI)' | sed -n "s/^$1 //p" | head -n 1
}

# Unpack the engine's packages below $root; the system's own packages stay as they are.
fetch_programs() {
	[ ! -e "$sw/ok" ] || return 0
	apt_update
	from=$(mirror Debian)
	[ -n "$from" ] || die "no Debian mirror in apt's sources"
	log "fetching the engine's packages ($suite)"
	rm -rf "$sw"
	mkdir -p "$sw/lists" "$sw/cache" "$sw/deb" "$root"
	echo "deb [signed-by=$keyring] $from $suite main" >"$sw/list"
	set -- -q -o Dir::Etc::SourceList="$sw/list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$sw/lists" -o Dir::Cache="$sw/cache" \
		-o APT::Sandbox::User=root
	{
		apt-get "$@" update && cd "$sw/deb" && apt-get "$@" download \
			docker.io containerd docker-cli docker-compose docker-buildx
	} >>"$dir/apt.log" 2>&1 || die "cannot fetch the engine's packages: see $dir/apt.log"
	for deb in "$sw"/deb/*.deb; do
		dpkg-deb -x "$deb" "$root"
	done
	cd /
	rm -rf "$sw/deb" "$sw/lists" "$sw/cache"
	: >"$sw/ok"
}

# The arguments that give dockerd its network, one a line.
network_args() {
	if [ "$bridge" = none ]; then
		printf '%s\n' --bridge=none --iptables=false --ip6tables=false
		return
	fi
	ip link show "$bridge" >/dev/null 2>&1 || {
		ip link add "$bridge" type bridge
		ip addr add "$net.0.1/24" dev "$bridge"
		ip link set "$bridge" up
	}
	printf '%s\n' "--bridge=$bridge" "--default-address-pool=base=$net.128.0/17,size=24"
}

start_engine() {
	[ ${#dir} -le 60 ] || die "$dir: too long a path for the engine's sockets; use a shorter one"
	need iptables=iptables runc=runc ip=iproute2 setsid=util-linux tini-static=tini
	grep -q ' /sys/fs/cgroup' /proc/mounts || mount -t cgroup2 cgroup2 /sys/fs/cgroup
	ln -sfn "$(command -v tini-static)" "$root/usr/bin/docker-init"
	rm -f "$pidfile"
	network=$(network_args)
	# shellcheck disable=SC2086 # one word an argument
	setsid dockerd --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$pidfile" \
		-H "unix://$sock" $network ${ENGINE_ARGS-} >"$dir/log" 2>&1 </dev/null 9>&- &
	tries=0
	until docker version >/dev/null 2>&1; do
		tries=$((tries + 1))
		if [ $tries -ge 300 ] || ! readlink "/proc/$!/exe" >/dev/null; then
			tail -n 5 "$dir/log" >&2
			die "dockerd did not start: see $dir/log"
		fi
		sleep .2
	done
}

# configure_apt ROOT SUITE: what a base image for containers sets: no services started, no
# documentation, no caches left behind.
configure_apt() {
	security=$(mirror Debian-Security)
	[ -z "$security" ] || echo "deb $security $2-security main" >>"$1/etc/apt/sources.list"
	printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
	chmod 755 "$1/usr/sbin/policy-rc.d"
	echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/container-speed"
	printf 'path-exclude /usr/share/%s/*\n' doc man info locale lintian \
		>"$1/etc/dpkg/dpkg.cfg.d/container-size"
	echo 'path-include /usr/share/doc/*/copyright' >>"$1/etc/dpkg/dpkg.cfg.d/container-size"
	{
		echo 'Acquire::Languages "none";'
		echo 'Acquire::GzipIndexes "true";'
		echo 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };'
	} >"$1/etc/apt/apt.conf.d/container"
	rm -rf "$1"/usr/share/man/* "$1"/usr/share/locale/* "$1"/usr/share/info/* \
		"$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/var/log/* \
		"$1/etc/resolv.conf" "$1/etc/hostname"
}

# base_image SUITE: the image debian:SUITE-slim, from a tar that debootstrap makes once.
base_image() {
	! docker image inspect "debian:$1-slim" >/dev/null 2>&1 || return 0
	tar=$dir/debian-$1-slim.tar
	tree=$dir/rootfs
	if [ ! -s "$tar" ]; then
		need debootstrap=debootstrap
		apt_update
		log "making the base image debian:$1-slim"
		rm -rf "$tree"
		debootstrap --variant=minbase "$1" "$tree" "$(mirror Debian)" >"$dir/debootstrap.log" 2>&1 || {
			tail -n 5 "$dir/debootstrap.log" >&2
			die "debootstrap failed: see $dir/debootstrap.log"
		}
		configure_apt "$tree" "$1"
		tar -C "$tree" --numeric-owner -cf "$tar.new" .
		mv "$tar.new" "$tar"
		rm -rf "$tree"
	fi
	docker import -c 'CMD ["bash"]' \
		-c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
		"$tar" "debian:$1-slim" >/dev/null
}

# Make the environment of this script reach the engine, and write the same to DIR/env.
choose_engine() {
	host=${DOCKER_HOST-}
	[ "$host" != "unix://$sock" ] || ENGINE_PRIVATE=1
	: >"$dir/env.new"
	if [ -n "${ENGINE_PRIVATE-}" ] || ! has_plugins; then
		{ [ -z "${ENGINE_PRIVATE-}" ] && usable; } || host=unix://$sock
		fetch_programs
		export PATH="$bin:$PATH" DOCKER_CONFIG="$dir/config"
		printf '{"cliPluginsExtraDirs":["%s"]}\n' \
			"$root/usr/libexec/docker/cli-plugins" >"$dir/config/config.json"
		echo "export PATH='$bin':\"\$PATH\" DOCKER_CONFIG='$dir/config'" >>"$dir/env.new"
	fi
	if [ -n "$host" ]; then
		export DOCKER_HOST="$host"
		echo "export DOCKER_HOST='$host'" >>"$dir/env.new"
	fi
	[ "$host" != "unix://$sock" ] || alive || start_engine
	mv "$dir/env.new" "$dir/env"
}

engine_up() {
	[ "$(id -u)" = 0 ] || die "needs root: dockerd, mounts and a bridge"
	mkdir -p "$dir/config"
	exec 9>"$dir/lock"
	flock 9
	choose_engine
	for base in $bases; do
		base_image "$base"
	done
	log "engine $(docker info -f '{{.ServerVersion}}'), compose $(docker compose version --short)," \
		"base images: ${bases:-none}"
}

engine_env() {
	cat "$dir/env" 2>/dev/null || die "not up: $dir; start it with: $0 up $dir"
}

engine_status() {
	[ -s "$dir/env" ] || die "not up: $dir"
	eval "$(cat "$dir/env")"
	versions=$(docker version -f 'engine {{.Server.Version}}, client {{.Client.Version}}' \
		2>/dev/null) || die "does not answer: $dir"
	echo "$versions"
}

engine_down() {
	rm -f "$dir/env"
	alive || return 0
	pid=$(cat "$pidfile")
	kill "$pid"
	tries=0
	while alive; do
		tries=$((tries + 1))
		[ $tries -lt 150 ] || kill -9 "$pid"
		sleep .2
	done
	[ "$bridge" = none ] || for link in $(ip -o -4 addr |
		sed -n "s/^[0-9]*: \([^ ]*\) *inet $net\..*/\1/p"); do
		ip link del "$link"
	done
	umount -R "$dir/data" 2>/dev/null || :
}

case ${1-} in
up) engine_up ;;
env) engine_env ;;
status) engine_status ;;
down) engine_down ;;
*)
	sed -n '3,/^set -eu/s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
