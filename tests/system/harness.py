# SPDX-License-Identifier: Apache-2.0
"""Boxes: cardea in namespaces of its own, in a root directory that holds next to nothing.

A Box is a directory as a FROM scratch image would have it: the binary, the probe, two account
files and four devices. Box.start() runs a command in it, in a new pid and mount namespace, as
real root or (world "user") as an unprivileged user who is root only inside. Everything that a
Run waits for has a deadline; what was started is killed with its namespace, and nothing else.
"""

import collections
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CARDEA = pathlib.Path(os.environ.get("CARDEA", ROOT / "build/cardea"))
TOOLS = pathlib.Path(os.environ.get("CARDEA_TOOLS", ROOT / "build/tests"))
DEADLINE = 15.0
UNPRIVILEGED = 64321  # an id nobody has; "user" boxes belong to it
IS_ROOT = os.getuid() == 0
DEVICES = ("null", "zero", "full", "tty")
STAGE_FAILED = 120

PASSWD = """root:x:0:0:root:/root:/bin/sh
app:x:1000:1000:an application:/home/app:/bin/sh
worker:x:1001:1001::/srv/worker:
"""
GROUP = """root:x:0:
app:x:1000:
worker:x:1001:
audio:x:29:app,worker
video:x:44:app
extra:x:3000:
"""


class Result:
    """What came of a command that has ended."""

    def __init__(self, status, out, err, seconds):
        self.status, self.out, self.err, self.seconds = status, out, err, seconds

    @property
    def events(self):
        return [json.loads(object_in(line)) for line in self.out.splitlines() if "{" in line]

    @property
    def report(self):
        return next(event for event in self.events if "argv" in event)

    @property
    def messages(self):
        """cardea's own lines, "cardea: " cut off."""
        lines = self.err.splitlines()
        return [line[len("cardea: "):] for line in lines if line.startswith("cardea: ")]

    def __repr__(self):
        return f"<status {self.status} after {self.seconds:.2f} s, out {self.out!r}, err {self.err!r}>"


class Run:
    """A command that runs."""

    def __init__(self, popen, streams, depth, master=None):
        self.popen, self.depth, self.master = popen, depth, master
        self.begin = time.monotonic()
        self.lines = collections.deque()
        self.text = {name: b"" for name in streams}
        self.changed = threading.Condition()
        self.wake = os.pipe()
        self.threads = [
            threading.Thread(target=self._read, args=(name, fd), name=name, daemon=True)
            for name, fd in streams.items()
        ]
        for thread in self.threads:
            thread.start()
        self._pid = None

    def _next(self, name, fd):
        """What can be read next; nothing at the end, or when a terminal is to be given up."""
        if name == "terminal" and self.wake[0] in select.select([fd, self.wake[0]], [], [])[0]:
            return b""
        try:
            return os.read(fd, 65536)
        except OSError:  # a terminal nobody has open any more
            return b""

    def _read(self, name, fd):
        rest = b""
        while True:
            data = self._next(name, fd)
            with self.changed:
                self.text[name] += data
                if name in ("out", "terminal"):
                    *lines, rest = (rest + data).split(b"\n")
                    self.lines.extend(line.decode("latin-1") for line in lines)
                self.changed.notify_all()
            if not data:
                if name != "terminal":
                    os.close(fd)
                return

    @property
    def err(self):
        return self.text.get("err", b"").decode("latin-1")

    @property
    def out(self):
        return self.text.get("out", self.text.get("terminal", b"")).decode("latin-1")

    def line(self, wanted, what, deadline=DEADLINE):
        """The next line of standard output for which wanted() is true; those before are dropped."""
        end = time.monotonic() + deadline
        with self.changed:
            while True:
                while self.lines:
                    line = self.lines.popleft()
                    if wanted(line):
                        return line
                left = end - time.monotonic()
                gone = not any(thread.is_alive() for thread in self.threads)
                if left <= 0 or gone:
                    raise AssertionError(f"no {what}: out {self.out!r}, err {self.err!r}")
                self.changed.wait(min(left, 0.5))

    def event(self, key, deadline=DEADLINE):
        """The next JSON line that has key."""
        # On a terminal the echo of what was typed may stand before it.
        return json.loads(object_in(self.line(lambda text: f'"{key}":' in text, key, deadline)))

    def ready(self):
        self.event("ready")
        return self

    def error(self, text, deadline=DEADLINE):
        """Wait until text stands on standard error."""
        wait_for(lambda: text in self.err, f"{text!r} on standard error", deadline)

    @property
    def pid(self):
        """cardea's process, as seen from outside."""
        if self._pid is None:
            pid = self.popen.pid
            for _ in range(self.depth):
                pid = wait_for(lambda parent=pid: child_of(parent), "a child process")
            wait_for(lambda: comm(pid) not in ("stage", "unshare", "setpriv"), "cardea's execve")
            self._pid = pid
        return self._pid

    def send(self, sig):
        os.kill(self.pid, sig)

    def hang_up(self):
        """Close the terminal's other side; as long as somebody reads it, it would stay open."""
        os.write(self.wake[1], b"x")
        next(thread for thread in self.threads if thread.name == "terminal").join(DEADLINE)
        os.close(self.master)
        self.master = None

    def type(self, text):
        os.write(self.master, text.encode())

    def wait(self, deadline=DEADLINE):
        try:
            status = self.popen.wait(deadline)
        except subprocess.TimeoutExpired:
            err = self.err
            self.kill()
            raise AssertionError(f"still runs after {deadline} s: out {self.out!r}, err {err!r}") from None
        seconds = time.monotonic() - self.begin
        for thread in self.threads:
            if self.master is None:
                thread.join(DEADLINE)
            else:  # the last bytes of a terminal may still be on their way
                thread.join(0.2)
        result = Result(status, self.out, self.err, seconds)
        assert status != STAGE_FAILED and "stage: cannot" not in self.err, result
        return result

    def kill(self):
        """The namespace's PID 1 dies with unshare (--kill-child), everything in it with PID 1."""
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()
        if self.master is not None:
            self.hang_up()
        for thread in self.threads:
            thread.join(1)
        while self.wake:
            os.close(self.wake[-1])
            self.wake = self.wake[:-1]


def object_in(line):
    """The JSON object of a line."""
    return line[line.index("{"):]


def wait_for(condition, what, deadline=DEADLINE):
    """Ask again and again until the answer is true, and give it."""
    end = time.monotonic() + deadline
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < end, f"after {deadline} s still no {what}"
        time.sleep(0.002)


def child_of(pid):
    try:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return None
    return int(children[0]) if children else None


def children_of(pid):
    return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def comm(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def status_of(pid):
    """/proc/PID/status as a dictionary."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


class Box:
    """A root directory and what runs in it."""

    def __init__(self, world, directory):
        assert world in ("root", "user")
        self.world, self.root, self.runs = world, directory / "root", []
        self.shared = directory.parent
        for name in ("bin", "sbin", "dev", "proc", "etc/cardea", "run/secrets", "home/app", "root"):
            (self.root / name).mkdir(parents=True)
        (self.root / "tmp").mkdir()
        for device in DEVICES:
            (self.root / "dev" / device).touch()
        self.link(self.shared / "cardea", "sbin/cardea")
        self.link(self.shared / "probe", "bin/probe")
        self.link(self.shared / "act", "bin/act")
        self.file("etc/passwd", PASSWD)
        self.file("etc/group", GROUP)
        if IS_ROOT and world == "user":
            for path in [self.root, *self.root.rglob("*")]:
                if not path.is_file() or path.stat().st_nlink == 1:
                    os.chown(path, UNPRIVILEGED, UNPRIVILEGED)
        os.chmod(self.root / "tmp", 0o1777)
        os.chmod(self.root, 0o755)

    def link(self, source, path):
        os.link(source, self.root / path)

    def file(self, path, text="", mode=0o644, owner=None):
        """A file in the box, owned by the box's root unless owner (root boxes only) says else."""
        full = self.root / path.lstrip("/")
        for parent in reversed(full.relative_to(self.root).parents):
            if not (self.root / parent).exists():
                (self.root / parent).mkdir()
                self._own(self.root / parent)
        full.write_bytes(text if isinstance(text, bytes) else text.encode())
        os.chmod(full, mode)
        self._own(full, owner)
        return full

    def directory(self, path, mode=0o755, owner=None):
        full = self.root / path.lstrip("/")
        full.mkdir(parents=True, exist_ok=True)
        os.chmod(full, mode)
        self._own(full, owner)
        return full

    def _own(self, full, owner=None):
        if owner is not None:
            os.chown(full, owner, owner)
        elif IS_ROOT and self.world == "user":
            os.chown(full, UNPRIVILEGED, UNPRIVILEGED)

    def config(self, text, name="etc/cardea/cardea.ini"):
        return self.file(name, text)

    def command(self, argv, mode, stage, proc=True, wrap=()):
        """The whole command line, from the test's process down to argv."""
        line = list(wrap)  # outermost, with the test's own rights
        if self.world == "user":
            if IS_ROOT:
                who = str(UNPRIVILEGED)
                line += [shutil.which("setpriv"), f"--reuid={who}", f"--regid={who}", "--clear-groups"]
            line += [shutil.which("unshare"), "--user", "--map-root-user"]
        else:
            line += [shutil.which("unshare")]
        line += ["--mount", "--pid", "--fork", "--kill-child", str(self.shared / "stage")]
        line += [f"bind=/dev/{device}:{self.root}/dev/{device}" for device in DEVICES]
        if proc:
            line += [f"proc={self.root}/proc"]
        line += [step.replace("ROOT", str(self.root)) for step in stage if step.startswith("outer:")]
        line = [word.removeprefix("outer:") for word in line]
        line += [f"chroot={self.root}"]
        inner = [step for step in stage if not step.startswith("outer:")]
        # The neighbour that is PID 1 then keeps its rights: the steps are for cardea.
        line += ["init"] if mode == "subreaper" else ["shell"] if mode == "shell" else []
        return line + inner + ["--", *argv]

    def start(self, *argv, mode="pid1", env=None, stage=(), proc=True, stdin=subprocess.DEVNULL,
              stdout=subprocess.PIPE, stderr=subprocess.PIPE, terminal=False, wrap=()):
        """Run argv in the box. With terminal it is on all three descriptors that are not given."""
        master = slave = None
        if terminal:
            master, slave = pty.openpty()
            stdin = slave if stdin == subprocess.DEVNULL else stdin
            stdout = slave if stdout == subprocess.PIPE else stdout
        popen = subprocess.Popen(
            self.command(argv, mode, stage, proc, wrap),
            stdin=stdin, stdout=stdout, stderr=stderr, bufsize=0,
            cwd="/", env={"PATH": "/bin:/usr/bin:/usr/sbin:/sbin", **(env or {})},
        )
        streams = {}
        if terminal:
            os.close(slave)
            streams["terminal"] = master
        for name, pipe in (("out", popen.stdout), ("err", popen.stderr)):
            if pipe:
                streams[name] = os.dup(pipe.fileno())
                pipe.close()
        run = Run(popen, streams, 2 if mode in ("subreaper", "shell") else 1, master)
        self.runs.append(run)
        return run

    def run(self, *argv, deadline=DEADLINE, **options):
        """Run argv in the box until it ends."""
        return self.start(*argv, **options).wait(deadline)

    def cardea(self, *argv, **options):
        """Start cardea with these words."""
        return self.start("/sbin/cardea", *argv, **options)

    def result(self, *argv, deadline=DEADLINE, **options):
        """Run cardea with these words until it ends."""
        return self.cardea(*argv, **options).wait(deadline)

    def close(self):
        for run in self.runs:
            run.kill()
        shutil.rmtree(self.root.parent)


def signal_number(name):
    return getattr(signal, name).value


# Capability numbers that the tests speak of, linux/capability.h.
CAP = {name: number for number, name in enumerate(
    """CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
    NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO
    SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME
    SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP""".split())}


def capbits(*names):
    """The mask of the capabilities."""
    return sum(1 << CAP[name] for name in names)


# What Docker gives root by default.
DOCKER_CAPS = capbits(
    "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "NET_BIND_SERVICE", "NET_RAW", "SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SETFCAP",
)
