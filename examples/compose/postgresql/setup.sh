#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the database cluster of the image: one superuser with a password, and a TLS key that
# a passphrase protects. Both secrets are the build's, and neither stays in the image.
set -eu
secrets=/run/secrets
install -d -o postgres -g postgres -m 0700 "$PGDATA"
install -o postgres -m 0400 "$secrets/db_password" /tmp/password
runuser -u postgres -- initdb --pgdata="$PGDATA" --encoding=UTF8 --locale=C.UTF-8 \
	--auth=scram-sha-256 --pwfile=/tmp/password --no-sync >/dev/null
rm /tmp/password
openssl req -x509 -newkey rsa:2048 -days 3650 -subj /CN=server -passout "file:$secrets/tls_passphrase" \
	-keyout "$PGDATA/server.key" -out "$PGDATA/server.crt" 2>/dev/null
chown postgres:postgres "$PGDATA/server.key" "$PGDATA/server.crt"
chmod 0600 "$PGDATA/server.key"
cat >>"$PGDATA/postgresql.conf" <<'END'
listen_addresses = '*'
unix_socket_directories = '/tmp'
ssl = on
# the server's environment has it from a secret file
ssl_passphrase_command = 'printf %s "$TLS_PASSPHRASE"'
END
echo 'hostssl all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
