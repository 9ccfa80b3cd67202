# SPDX-License-Identifier: Apache-2.0
"""Who takes part, and with which words each is asked to start main."""

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass, field

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
HERE = os.path.join(ROOT, "tests", "bench")
BUILD = os.path.join(ROOT, "build", "bench")
SECRETS = ("DB_PASSWORD", "API_KEY", "SMTP_PASSWORD", "SIGNING_KEY", "ADMIN_TOKEN")
USER = "nobody"


@dataclass
class Contestant:
    """One init. s6 names its program by a directory; the others by their words."""

    name: str
    words: list
    package: str = ""
    scan_dir: str = ""  # s6 only
    program: str = field(init=False)

    def __post_init__(self):
        self.program = self.words[0]

    def command(self, probe, *args):
        """The words that make this init start `probe args` as main."""
        if not self.scan_dir:
            return self.words + [probe, *args]
        service = os.path.join(self.scan_dir, args[0], "main")
        os.makedirs(service, exist_ok=True)
        script = os.path.join(service, "run")
        with open(script, "w", encoding="ascii") as f:
            f.write("#!/bin/execlineb -P\n" + " ".join([probe, *args]) + "\n")
        os.chmod(script, 0o755)
        return self.words + [os.path.dirname(service)]

    @property
    def ends_with_main(self):
        """And forwards signals to it: a supervisor does neither."""
        return not self.scan_dir


def compile_all(cc):
    """Builds driver, workload and null init in build/bench, and the musl peers."""
    os.makedirs(BUILD, exist_ok=True)
    bare = [
        "-Os",
        "-static",
        "-nostdlib",
        "-nostartfiles",
        "-fno-stack-protector",
        "-fno-builtin",
        "-fno-pie",
        "-fno-asynchronous-unwind-tables",
        "-Wl,-z,noseparate-code",
        "-Wl,--build-id=none",
        "-s",
    ]
    warn = [
        "-std=gnu11",
        "-Wall",
        "-Wextra",
        "-Wshadow",
        "-Wstrict-prototypes",
        "-Wmissing-prototypes",
        "-Wformat=2",
        "-Wconversion",
        "-Wvla",
        "-Werror",
    ]
    driver = [
        os.path.join(HERE, f) for f in ("driver.c", "driver_signals.c", "driver_count.c")
    ]
    for out, flags, files in (
        ("null", bare, [os.path.join(HERE, "null_init.c")]),
        ("probe", bare, [os.path.join(HERE, "probe.c")]),
        ("driver", ["-O2", "-static"], driver),
    ):
        subprocess.run(
            [*cc, *warn, *flags, *files, "-o", os.path.join(BUILD, out)], check=True
        )
    subprocess.run(
        [os.path.join(HERE, "peers.sh"), os.path.join(BUILD, "peers")], check=True
    )


def found(program):
    path = shutil.which(program, path="/usr/bin:/usr/sbin:/bin:/sbin")
    if not path:
        raise SystemExit(
            f'bench: error: {program} is not installed: run "make setup" first'
        )
    return path


def all_of_them(work):
    """
    The null init first, then cardea, then the peers; work is a directory main's user
    may enter.
    """
    peers = os.path.join(BUILD, "peers")
    copies = {}
    for name, path in (
        ("null", os.path.join(BUILD, "null")),
        ("probe", os.path.join(BUILD, "probe")),
        ("cardea", os.path.join(ROOT, "build", "cardea")),
    ):
        copies[name] = shutil.copy(path, os.path.join(work, name))
        os.chmod(
            copies[name],
            stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH,
        )
    scan = os.path.join(work, "s6")
    os.mkdir(scan)
    listed = [
        Contestant("null init", [copies["null"]]),
        Contestant("cardea", [copies["cardea"], "--"]),
        Contestant("tini", [found("tini"), "--"], "tini"),
        Contestant("tini-static", [found("tini-static"), "--"], "tini"),
        Contestant("tini (musl)", [os.path.join(peers, "tini-musl"), "--"]),
        Contestant("dumb-init", [found("dumb-init"), "--"], "dumb-init"),
        Contestant("dumb-init (musl)", [os.path.join(peers, "dumb-init-musl"), "--"]),
        Contestant("catatonit", [found("catatonit"), "--"], "catatonit"),
        Contestant("catatonit (musl)", [os.path.join(peers, "catatonit-musl"), "--"]),
        Contestant("s6-svscan", [found("s6-svscan")], "s6", scan),
    ]
    return listed, copies["probe"]


ENTRYPOINT = """#!/bin/sh
set -e
file_env() {
	eval "file=\\${$1_FILE-}"
	if [ -n "$file" ]; then
		export "$1=%s"
		unset "$1_FILE"
	fi
}
for name in %s; do
	file_env "$name"
done
exec gosu %s "$@"
"""
READ_BUILTIN = """#!/bin/sh
set -e
for name in %s; do
	read -r "$name" <"%s/$name"
	export "${name?}"
done
exec gosu %s "$@"
"""


def hardened(listed, work):
    """
    Contestants for the hardened start: main as another user with five secrets in its
    environment. cardea also drops the capabilities and loads the default filter; the
    scripts, under tini, do neither (gosu leaves the user none of root's capabilities).
    """
    null, cardea, tini = (
        next(c for c in listed if c.name == n) for n in ("null init", "cardea", "tini")
    )
    secrets = os.path.join(work, "secrets")
    os.mkdir(secrets, 0o755)
    for name in SECRETS:
        with open(os.path.join(secrets, name), "w", encoding="ascii") as f:
            f.write(f"{name.lower()}-0123456789abcdef\n")
        os.chmod(os.path.join(secrets, name), 0o400)
    config = os.path.join(work, "cardea.ini")
    with open(config, "w", encoding="ascii") as f:
        f.write(f"[main]\nuser = {USER}\n\n[secrets]\n")
        f.writelines(f"{name} = {secrets}/{name}\n" for name in SECRETS)
        f.write("\n[security]\ncap_drop = ALL\nseccomp = default\n")
    names = " ".join(SECRETS)
    scripts = {
        "cat": ENTRYPOINT % ('$(cat "$file")', names, USER),
        "read": READ_BUILTIN % (names, secrets, USER),
    }
    for name, text in scripts.items():
        path = os.path.join(work, f"entrypoint-{name}.sh")
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        os.chmod(path, 0o755)
        scripts[name] = path
    return [
        null,
        cardea,
        Contestant("cardea, hardened", [cardea.program, "-c", config, "--"]),
        Contestant("tini, entrypoint.sh, gosu", tini.words + [scripts["cat"]]),
        Contestant("tini, script of builtins, gosu", tini.words + [scripts["read"]]),
    ], {f"{name}_FILE": os.path.join(secrets, name) for name in SECRETS}


def versions(listed):
    """(package, version) of every Debian package that takes part."""
    names = sorted({c.package for c in listed if c.package} | {"gosu", "musl", "dash"})
    out = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}\\n", *names],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return [line.split() for line in out.splitlines() if len(line.split()) == 2]
