# SPDX-License-Identifier: Apache-2.0
"""Each shipped profile under the servers it is for: Debian's own, as their own users, started by
cardea, used and stopped. A profile that is too tight breaks them; one that does nothing is found by
the calls it must refuse."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from servers import SCENARIOS, Run

ROOT = pathlib.Path(__file__).parents[2]
CARDEA = os.environ.get("CARDEA", str(ROOT / "build/cardea"))
PROFILES = ROOT / "seccomp-profiles"
CASES = [(p, s) for p, scenarios in SCENARIOS.items() for s in scenarios]

# Calls by their numbers on x86_64 and aarch64, that a program may make anywhere without harm.
REFUSED = {
    "mount": (165, 40), "unshare": (272, 97), "ptrace": (101, 117), "bpf": (321, 280),
    "keyctl": (250, 219), "io_uring_setup": (425, 425), "personality": (135, 92),
    "mq_unlink": (241, 181), "perf_event_open": (298, 241), "mknodat": (259, 33),
}
ASK = """
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
for number in map(int, sys.argv[1:]):
    ctypes.set_errno(0)
    print(libc.syscall(number, -1, -1, -1, -1, -1, -1), ctypes.get_errno())
"""


def readable(path):
    """The profile where every user may read it, whoever owns the checkout."""
    copy = pathlib.Path(tempfile.mkdtemp(prefix="profile-")) / path.name
    copy.parent.chmod(0o755)
    shutil.copy(path, copy)
    copy.chmod(0o644)
    return copy


@pytest.fixture
def profile(request):
    copy = readable(PROFILES / f"{request.param}.json")
    yield copy
    shutil.rmtree(copy.parent)


def prefix(profile, user):
    as_user = [] if os.geteuid() else ["-u", user]
    return [CARDEA, *as_user, "-o", f"security.seccomp={profile}", "--"]


@pytest.mark.parametrize("profile,scenario", CASES, indirect=["profile"],
                         ids=[f"{p}-{s.__name__}" for p, s in CASES])
def test_server(profile, scenario):
    user = SCENARIOS[profile.stem][scenario]
    with tempfile.TemporaryDirectory(prefix="server-") as d:
        os.chmod(d, 0o755)
        run = Run(d, prefix(profile, user), user)
        try:
            scenario(run)
        except Exception:
            print(run.logs())
            raise
        finally:
            run.close()


@pytest.mark.parametrize("profile", [*SCENARIOS], indirect=True)
def test_refuses(profile):
    column = 0 if os.uname().machine == "x86_64" else 1
    out = subprocess.run([*prefix(profile, "nobody"), "/usr/bin/python3", "-c", ASK,
                          *(str(n[column]) for n in REFUSED.values())], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    answers = dict(zip(REFUSED, out.stdout.splitlines()))
    assert answers == {name: "-1 1" for name in REFUSED}


@pytest.mark.parametrize("profile", ["worker"], indirect=True)
def test_a_worker_cannot_listen(profile):
    listen = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()"
    out = subprocess.run([*prefix(profile, "nobody"), "/usr/bin/python3", "-c", listen],
                         capture_output=True, text=True)
    assert out.returncode == 1 and "PermissionError: [Errno 1]" in out.stderr


@pytest.mark.parametrize("family,allowed", [("AF_UNIX", True), ("AF_INET6", True), ("AF_ALG", False),
                                            ("AF_VSOCK", False)])
@pytest.mark.parametrize("profile", ["default", "web"], indirect=True)
def test_socket_families(profile, family, allowed):
    # a program: for no capabilities, whatever is in the bounding set here
    program = profile.with_suffix(".bpf")
    subprocess.run([CARDEA, "seccomp", "compile", profile, "-o", program], check=True)
    program.chmod(0o644)
    make = f"import socket; socket.socket(socket.{family}, socket.SOCK_{'SEQPACKET' if family == 'AF_ALG' else 'STREAM'})"
    out = subprocess.run([*prefix(program, "nobody"), "/usr/bin/python3", "-c", make],
                         capture_output=True, text=True)
    assert (out.returncode == 0) == allowed, out.stderr
    assert allowed or "PermissionError: [Errno 1]" in out.stderr


HIGH = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
number = {"x86_64": 16, "aarch64": 29}[os.uname().machine]
for command in map(int, sys.argv[1:]):
    ctypes.set_errno(0)
    libc.syscall(number, -1, ctypes.c_ulong(command), None)
    print(ctypes.get_errno())
"""


@pytest.mark.parametrize("profile", ["default", "web", "strict"], indirect=True)
def test_a_bit_that_the_kernel_does_not_read_opens_nothing(profile):
    """ioctl(-1, TIOCSTI) and TIOCLINUX: refused (1) with any upper half; TIOCGWINSZ reaches the kernel (9)."""
    commands = [0x5412, 0x5412 | 1 << 32, 0x541C | 1 << 63, 0x5412 | 0xFFFFFFFF << 32, 0x5413, 0x5413 | 1 << 40]
    out = subprocess.run([*prefix(profile, "nobody"), "/usr/bin/python3", "-c", HIGH, *map(str, commands)],
                         capture_output=True, text=True)
    assert out.stdout.split() == ["1", "1", "1", "1", "9", "9"], out.stderr
