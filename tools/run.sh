#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh - the main job, shown and checked: a web server (busybox httpd) under cardea as PID 1 of
# a new pid namespace, with a user, capabilities, the seccomp profile and a secret; a request to
# it, and a SIGTERM. 0 when everything is as it was asked for.
#
# Root gives the server the user nobody. An ordinary user can do that too where newuidmap and
# /etc/subuid give it more ids than its own; otherwise the server stays who it is.
set -eu
cardea=${CARDEA:-$(cd "$(dirname "$0")/.." && pwd)/build/cardea}
deadline=15
failed=0 unshared=

die() {
	echo "run: error: $*" >&2
	exit 1
}

cleanup() {
	[ -z "$unshared" ] || kill -KILL "$unshared" 2>/dev/null || :
	rm -rf "$dir"
}

# check ASKED WHAT SEEN WANTED: one line, with FAILED where they differ
check() {
	if [ "$3" = "$4" ]; then
		printf '  %-28s %-17s %s\n' "$1" "$2" "$3"
	else
		printf '  %-28s %-17s %s   FAILED: it should be %s\n' "$@"
		failed=1
	fi
}

# field NAME: what the server said of it
field() {
	sed -n "s/^$1=//p" "$dir/seen"
}

# Without an entry in /etc/subuid and /etc/subgid this fails.
has_more_ids() {
	unshare --user --map-auto --map-root-user chown 65534:65534 "$dir/probe" 2>/dev/null
}

# Who runs us decides which namespaces there are, and how to enter them.
choose_namespaces() {
	new='--pid --fork --kill-child --mount-proc --net'
	enter=--net
	user=nobody ids='65534 65534 65534 65534'
	[ "$(id -u)" != 0 ] || { who=root && return; }
	enter='--user --preserve-credentials --net'
	new="--user --map-root-user $new"
	if command -v newuidmap >/dev/null && has_more_ids; then
		new="--map-auto $new"
		who='an ordinary user with subordinate ids'
	else
		user='' ids='0 0 0 0'
		who='an ordinary user, who is root only in the namespace'
	fi
}

make_site() {
	mkdir -p "$dir/site/cgi-bin"
	echo 'It works.' >"$dir/site/index.html"
	od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$dir/db_password"
	chmod 400 "$dir/db_password"
	# What the kernel shows the server of itself.
	cat >"$dir/site/cgi-bin/seen" <<END
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
read -r main rest </proc/1/task/1/children
echo "pid=\$main"
sed -n 's/^\([A-Za-z]*\):[[:space:]]*/\1=/p' /proc/\$main/status | tr '\t' ' '
tr '\0' '\n' </proc/\$main/environ | sed -n 's/^DB_PASSWORD=/secret=/p'
echo "refused=\$(unshare --user true 2>&1 | sed 's/.*: //')"
echo "environ=\$(cat /proc/1/environ 2>&1 >/dev/null | sed 's/.*: //')"
echo "file=\$(cat $dir/db_password 2>&1 >/dev/null | sed 's/.*: //')"
(true &)
END
	chmod 755 "$dir/site/cgi-bin/seen"
}

make_config() {
	cat >"$dir/cardea.ini" <<END
[main]
${user:+user = $user
}working_dir = $dir/site

[secrets]
DB_PASSWORD = $dir/db_password

[security]
cap_drop = ALL
cap_add = NET_BIND_SERVICE
seccomp = default
END
	chmod 644 "$dir/cardea.ini"
}

# The server, in an environment as empty as a container's; $unshared waits for it.
start() {
	# shellcheck disable=SC2086,SC2016 # a list of options; a script with its own "$@"
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin unshare $new \
		sh -c 'busybox ip link set lo up && exec "$@"' sh \
		"$cardea" --config "$dir/cardea.ini" -- busybox httpd -f -p 127.0.0.1:80 &
	unshared=$!
}

# PID 1 as it is known out here.
first_pid() {
	tr -d ' ' <"/proc/$unshared/task/$unshared/children"
}

# request PATH: what the server answers
request() {
	# shellcheck disable=SC2086 # a list of options
	nsenter --target "$unshared" $enter busybox wget -q -O - "http://127.0.0.1$1" 2>/dev/null
}

wait_for_server() {
	tries=0
	until request / >/dev/null; do
		kill -0 "$unshared" 2>/dev/null || die "it did not start; its message is above." \
			"Namespaces need root, or user namespaces for everybody"
		tries=$((tries + 1))
		[ $tries -lt $((deadline * 10)) ] || die "no answer within $deadline s"
		sleep .1
	done
}

# The orphans that the requests left behind are gone: nothing is a zombie.
zombies() {
	tries=0
	# shellcheck disable=SC2086 # a list of options
	while n=$(nsenter --target "$(first_pid)" $enter --pid --mount \
		sh -c 'cat /proc/[0-9]*/stat 2>/dev/null' | grep -c '^[0-9]* ([^)]*) Z') && [ $tries -lt 30 ]; do
		tries=$((tries + 1))
		sleep .1
	done
	echo "$n"
}

show_site() {
	check 'a server on port 80' 'GET /' "$(request /)" 'It works.'
	request /cgi-bin/seen >"$dir/seen" || die "the server cannot say what it sees"
	check 'a process of its own' pid "$(field pid), child of $(field PPid)" "$(field pid), child of 1"
	check "user = ${user:-(not set)}" uid "$(field Uid)" "$ids"
	check '' gid "$(field Gid)" "$ids"
	# Root needs no ambient capabilities: its come from the bounding set.
	ambient=0000000000000400
	[ -n "$user" ] || ambient=0000000000000000
	check 'cap_drop = ALL,' CapEff "$(field CapEff)" 0000000000000400
	check 'cap_add = NET_BIND_SERVICE' CapPrm "$(field CapPrm)" 0000000000000400
	check '' CapBnd "$(field CapBnd)" 0000000000000400
	check '' CapAmb "$(field CapAmb)" $ambient
	check 'no_new_privs (by itself)' NoNewPrivs "$(field NoNewPrivs)" 1
	check 'seccomp = default' Seccomp "$(field Seccomp)" 2
	check '' 'unshare(2)' "$(field refused)" 'Operation not permitted'
}

show_secret() {
	secret=$(field secret)
	same=different
	[ "$secret" != "$(cat "$dir/db_password")" ] || same='as in its file'
	check 'a secret, for main alone' "\$DB_PASSWORD" "${#secret} characters, $same" \
		'32 characters, as in its file'
	check '' "PID 1's environ" "$(field environ)" 'Permission denied'
	[ -z "$user" ] || check '' 'its file' "$(field file)" 'Permission denied'
	! grep -q "$secret" "/proc/$(first_pid)/environ" 2>/dev/null ||
		check '' "PID 1's environ" 'has the secret' 'without it'
	check 'orphans are reaped' zombies "$(zombies)" 0
}

show_stop() {
	kill -TERM "$(first_pid)"
	status=0
	wait "$unshared" || status=$?
	unshared=
	check 'SIGTERM to PID 1' 'exit status' "$status (128 + SIGTERM: the server's)" \
		"143 (128 + SIGTERM: the server's)"
}

[ -x "$cardea" ] || die "$cardea is not there: run make"
dir=$(mktemp -d)
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$dir"
: >"$dir/probe"
choose_namespaces
make_site
make_config
echo "busybox httpd under $("$cardea" --version), PID 1 of a new pid namespace, started by $who."
echo "Its configuration:"
sed 's/^./  &/' "$dir/cardea.ini"
start
wait_for_server
echo
printf '  %-28s %s\n' 'asked for' 'what the server sees'
show_site
show_secret
show_stop
[ $failed = 0 ] || die "not everything is as it should be: see the lines with FAILED"
echo
echo "All of it as it should be."
