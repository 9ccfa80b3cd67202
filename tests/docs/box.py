# SPDX-License-Identifier: Apache-2.0
"""A root directory to try things in: this machine's /usr, and an /etc, /run and /work of its own.

It is made in namespaces of its own and gone with them. As root it has the capabilities of a Docker
container; as an ordinary user there is one id, which is root inside."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEADLINE = 60
IS_ROOT = os.getuid() == 0
DOCKER = ("chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw "
          "sys_chroot mknod audit_write setfcap").split()

PASSWD = """root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
app:x:1000:1000:an application:/srv:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
GROUP = "root:x:0:\ndaemon:x:1:\naudio:x:29:\nwww-data:x:33:\napp:x:1000:\nnogroup:x:65534:\n"

# $1: an empty directory, $2: cardea, $3: what is in /work; the rest is executed inside.
MAKE = r"""set -eu
root=$1 cardea=$2 work=$3; shift 3
mount -t tmpfs -o mode=755 tmpfs "$root"
cd "$root"
mkdir usr etc run srv tmp proc dev sbin work root
chmod 1777 tmp
mount --rbind /usr usr
for dir in bin lib lib32 lib64 libx32; do
	[ ! -L "/$dir" ] || ln -s "$(readlink "/$dir")" "$dir"
done
cp "$cardea" sbin/cardea
for dev in null zero full urandom tty; do : >"dev/$dev"; mount --bind "/dev/$dev" "dev/$dev"; done
[ ! -e /etc/alternatives ] || cp -dR /etc/alternatives etc
cp -dR --preserve=mode "$work/." .
mount -t proc proc proc
chmod 755 . work
exec chroot . "$@"
"""


class Box:
    """Files, by absolute path or below /work; then run()."""

    def __init__(self, directory, cardea):
        self.directory, self.cardea = directory, cardea
        self.tree = directory / "tree"
        self.file("/etc/passwd", PASSWD)
        self.file("/etc/group", GROUP)
        (self.tree / "work").mkdir()
        self.file("/app/migrate", "what the examples' hooks execute\n")
        for profile in (ROOT / "seccomp-profiles").glob("*.json"):
            self.file(f"/etc/cardea/seccomp/{profile.name}", profile.read_text())

    def file(self, path, text):
        full = self.tree / (path.lstrip("/") if path.startswith("/") else f"work/{path}")
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text)
        full.chmod(0o644)

    def run(self, script):
        """The script by sh in /work: everything it printed."""
        root = self.directory / "root"
        root.mkdir(exist_ok=True)
        (self.tree / "session").write_text(script)
        argv = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--net"]
        inner = ["sh", "-c", "cd /work && exec sh /session"]
        if IS_ROOT:
            bounding = ",".join(["-all", *(f"+{cap}" for cap in DOCKER)])
            inner = ["setpriv", f"--bounding-set={bounding}", "--inh-caps=-all", *inner]
        else:
            argv += ["--user", "--map-root-user"]
        argv += ["sh", "-c", MAKE, "sh", root, self.cardea, self.tree, *inner]
        done = subprocess.run(argv, text=True, timeout=DEADLINE, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT,
                              env={"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"})
        return done.stdout


def cardea_under_test():
    return pathlib.Path(os.environ.get("CARDEA", ROOT / "build" / "cardea"))
