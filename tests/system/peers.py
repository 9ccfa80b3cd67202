# SPDX-License-Identifier: Apache-2.0
"""The programs cardea stands in for, as Debian builds them, next to cardea under their names.

Every comparison runs the same case with both: WHICH is ("peer", "ours"). In a box they are
/peer/NAME and /ours/NAME; outside one, links in a directory made for the session.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

import harness

WHICH = ("peer", "ours")
INITS = ("tini", "dumb-init", "catatonit")
NAMES = (*INITS, "gosu")
PROBE = "/bin/probe"


def libraries(path):
    """The shared objects a program needs, none for a static one."""
    done = subprocess.run(["ldd", path], capture_output=True, text=True, check=False)
    return re.findall(r"(/\S+) \(0x", done.stdout) if done.returncode == 0 else []


class Peers:
    """Copies that a box can link to, and links for use without a box."""

    def __init__(self, shared):
        self.shared, self.files = shared, {}
        for which in WHICH:
            (shared / which).mkdir()
        for name in NAMES:
            path = shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin")
            assert path, f"{name} is not installed: run tools/setup.sh test"
            for file in (path, *libraries(path)):
                copy = shared / "peer" / file.strip("/").replace("/", "_")
                if not copy.exists():
                    shutil.copy(file, copy)
                    copy.chmod(0o755)
                self.files[f"peer/{name}" if file == path else file.lstrip("/")] = copy
            os.symlink(path, shared / "peer" / name)
        for name in (*NAMES, "docker-init", "podman-init", "su-exec"):
            os.symlink(shared / "cardea", shared / "ours" / name)

    def install(self, box):
        for file, copy in self.files.items():
            (box.root / file).parent.mkdir(parents=True, exist_ok=True)
            os.link(copy, box.root / file)
        (box.root / "ours").mkdir()
        for name in (*NAMES, "su-exec"):
            os.symlink("/sbin/cardea", box.root / "ours" / name)
        return box

    def path(self, which, name):
        return str(self.shared / which / name)

    def run(self, which, name, *words, env=None, deadline=harness.DEADLINE):
        """As an ordinary child, without a box; what it says and its status."""
        environ = {"PATH": "/usr/bin:/bin", **(env or {})}
        return subprocess.run(
            [name, *words], executable=self.path(which, name), env=environ, cwd="/",
            stdin=subprocess.DEVNULL, capture_output=True, timeout=deadline, check=False, text=True,
        )


def view(report, mode):
    """What main sees, without the numbers that differ from run to run."""
    pid = report["pid"]
    environ = sorted(report["environ"])
    return {
        "argv": report["argv"],
        "environ": environ,
        "parent is init": report["ppid"] == (2 if mode == "subreaper" else 1),
        "own group": report["pgid"] == pid,
        "own session": report["sid"] == pid,
        "terminal": report["controlling_tty"],
        "foreground": report.get("foreground") == report["pgid"],
        "mask": report["mask"],
        "ignored": report["ignored"],
        "fds": {fd: re.sub(r"\d+\]?$", "N", info["is"]) for fd, info in report["fds"].items()},
        "ids": (report["uids"], report["gids"], report["groups"]),
        "caps": report["caps"],
        "cwd": report["cwd"],
        "umask": report["umask"],
        "pdeathsig": report["pdeathsig"],
        "limits": report["limits"],
    }


def signals(box, which, name, *words, mode="pid1", steps=(), **options):
    """Main says what it gets, and ends with 44 at SIGTERM."""
    return box.start(f"/{which}/{name}", *words, PROBE, *steps, "signals", "15=44", mode=mode,
                     **options).ready()


def answers(run, sent, fence):
    """{signal sent: signals main got}; fence is one that is passed on, after all others."""
    got = {}
    for sig in sent:
        run.send(sig)
        run.send(fence)
        got[sig] = []
        while True:
            seen = run.event("signal")["signal"]
            if seen == fence:
                break
            got[sig].append(seen)
    return got


def state(pid):
    """R, S, T, Z and so on; "" when it is gone."""
    try:
        return harness.status_of(pid)["State"][0]
    except (OSError, KeyError):
        return ""


def stopped(pid):
    return state(pid) in ("T", "t")


def unharmed(pid):
    """It lives and no signal waits for it."""
    try:
        status = harness.status_of(pid)
    except OSError:
        return False
    return status["State"][0] not in "ZX" and int(status["ShdPnd"], 16) == 0


def group_members(pgid):
    """The living processes of a process group."""
    members = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == pgid and fields[0] not in "ZX":
            members.append(int(entry.name))
    return members


def end(pids):
    """Processes of our own that outlived their test."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def settle(condition, seconds=0.5):
    """Give something that must not happen a moment in which it could."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert condition()
        time.sleep(0.01)


# ---- fixtures, for the test files to import ----------------------------------------------------


_made = {}  # each file that imports the fixture has one of its own; the copies are made once


@pytest.fixture(scope="session")
def installed(shared):
    if shared not in _made:
        _made[shared] = Peers(shared)
    return _made[shared]


@pytest.fixture
def both_box(box, installed):
    return installed.install(box)


@pytest.fixture
def any_both_box(any_box, installed):
    return installed.install(any_box)


@pytest.fixture
def root_both_box(root_box, installed):
    return installed.install(root_box)
