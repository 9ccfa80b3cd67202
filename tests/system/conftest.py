# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the system tests. A test says which worlds and modes it means by what it takes."""

import ctypes
import os
import pathlib
import platform
import shutil
import signal
import tempfile

import pytest

import harness


TOOLS = ("probe", "stage", "fault", "act")


def default_libc_signals():
    """32 and 33 as they should be: programs started by glibc's posix_spawn (make's) inherit them ignored."""
    number = {"x86_64": 13, "aarch64": 134}[platform.machine()]
    standard = (ctypes.c_ulong * 4)()
    for sig in (32, 33):
        ctypes.CDLL(None).syscall(number, sig, ctypes.byref(standard), None, 8)


def default_signals():
    """A runner started by nohup or in the background of a shell hands its ignored signals on."""
    for sig in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE, signal.SIGXFSZ}:
        if signal.getsignal(sig) == signal.SIG_IGN:
            signal.signal(sig, signal.SIG_DFL)


default_libc_signals()
default_signals()


@pytest.fixture(scope="session")
def shared():
    """A directory everybody may enter, with the programs that boxes link to."""
    for program in (harness.CARDEA, *(harness.TOOLS / name for name in TOOLS)):
        if not program.exists():
            pytest.fail(f"{program} is missing: run 'make system'", pytrace=False)
    path = pathlib.Path(tempfile.mkdtemp(prefix="cardea-system-"))
    path.chmod(0o755)
    shutil.copy(harness.CARDEA, path / "cardea")
    for name in TOOLS:
        shutil.copy(harness.TOOLS / name, path / name)
    for name in ("cardea", *TOOLS):
        os.chmod(path / name, 0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def make_box(shared):
    """make_box("root" or "user"): a new box, gone after the test."""
    boxes = []

    def make(world):
        if world == "root" and not harness.IS_ROOT:
            pytest.skip("needs real root")
        directory = pathlib.Path(tempfile.mkdtemp(dir=shared))
        directory.chmod(0o755)
        boxes.append(harness.Box(world, directory))
        return boxes[-1]

    yield make
    for box in boxes:
        box.close()


@pytest.fixture(params=["root", "user"])
def box(request, make_box):
    """As real root, and as an unprivileged user who is root only in its own user namespace."""
    return make_box(request.param)


@pytest.fixture
def root_box(make_box):
    """As real root: several ids exist."""
    return make_box("root")


@pytest.fixture
def any_box(make_box):
    """Where rights make no difference: in the world that everybody has."""
    return make_box("user")


@pytest.fixture(params=["pid1", "subreaper"])
def mode(request):
    """As PID 1, and as the child of another PID 1."""
    return request.param
