#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An entrypoint script as images have them: options mean the server, root owns the data
# directory over and steps down, everything else is run as it is. STEP_DOWN: gosu or su-exec.
set -e

if [ "${1#-}" != "$1" ]; then
	set -- server "$@"
fi
if [ "$(id -u)" = 0 ] && [ "$1" = server ]; then
	mkdir -p /data
	chown -R app /data
	exec "${STEP_DOWN:-gosu}" app "$0" "$@"
fi
if [ "$1" = server ]; then
	shift
	touch /data/started
	echo "uid=$(id -u) gid=$(id -g) groups=$(id -G) home=$HOME pid=$$ options=$*"
	trap 'echo got TERM; exit 21' TERM
	trap 'echo got QUIT; exit 22' QUIT
	echo ready
	while :; do
		sleep 0.05
	done
fi
exec "$@"
