# SPDX-License-Identifier: Apache-2.0
"""`cardea seccomp`, and what a start does with the files it is given."""

import json
import os
import pathlib
import stat
import struct
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
CARDEA = os.environ.get("CARDEA", str(ROOT / "build/cardea"))
ALLOW = {"defaultAction": "SCMP_ACT_ALLOW",
         "syscalls": [{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77}]}
GETPPID = "import ctypes; l = ctypes.CDLL(None, use_errno=True); print(l.getppid())"
PYTHON = "/usr/bin/python3"
OTHER = "aarch64" if os.uname().machine == "x86_64" else "x86_64"


def seccomp(*args, **kw):
    return subprocess.run([CARDEA, "seccomp", *map(str, args)], capture_output=True, text=True, **kw)


def start(spec, *argv, options=()):
    return subprocess.run([CARDEA, "-o", f"security.seccomp={spec}", *options, "--", *argv],
                          capture_output=True, text=True, timeout=20)


@pytest.fixture
def profile(tmp_path):
    path = tmp_path / "p.json"
    path.write_text(json.dumps(ALLOW))
    path.chmod(0o644)
    return path


# ---- the command ----------------------------------------------------------------------------

def test_compiled_and_loaded(profile, tmp_path):
    program = tmp_path / "p.bpf"
    r = seccomp("compile", profile, "-o", program)
    assert (r.returncode, r.stdout, r.stderr) == (0, "", "")
    assert program.stat().st_size % 8 == 0
    assert stat.S_IMODE(program.stat().st_mode) == 0o666 & ~current_umask()
    for spec in (profile, program):
        r = start(spec, PYTHON, "-c", GETPPID)
        assert (r.returncode, r.stdout) == (0, "-77\n"), r.stderr


def current_umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_the_old_program_stays_when_there_is_no_new_one(profile, tmp_path):
    program = tmp_path / "p.bpf"
    program.write_text("old")
    profile.write_text("{")
    assert seccomp("compile", profile, "-o", program).returncode == 100
    assert program.read_text() == "old"
    profile.write_text(json.dumps(ALLOW))
    (tmp_path / "full").symlink_to("/dev/full")
    assert seccomp("compile", profile, "-o", tmp_path / "no/where").returncode == 111
    assert sorted(p.name for p in tmp_path.iterdir()) == ["full", "p.bpf", "p.json"]


@pytest.mark.parametrize("args,message", [
    ((), "usage: cardea seccomp compile"),
    (("squeeze",), "unknown verb 'squeeze'"),
    (("compile", "default"), "compile takes one profile and -o PROGRAM.bpf"),
    (("compile", "-o"), "option '-o' needs a value"),
    (("show", "--arch", "vax"), "cannot use architecture 'vax': expected x86_64 or aarch64"),
    (("show", "--cap=SYS_ADMN"), "did you mean"),
    (("show", "--kernel", "six"), "cannot parse kernel version 'six'"),
    (("show", "--colour"), "unknown option '--colour'"),
    (("show", "a", "b"), "show takes one profile or program"),
    (("show", "nope"), "no nope.bpf or nope.json in /etc/cardea/seccomp"),
    (("show", "../x"), "expected default, unconfined, a name, or the absolute path"),
    (("check",), "check takes a profile or program"),
    (("check", "/nowhere/x.json"), "cannot read '/nowhere/x.json': No such file"),
])
def test_a_wrong_command_line(args, message):
    r = seccomp(*args)
    assert r.returncode == 100 and message in r.stderr


def test_check_tells_of_every_file(profile, tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_text('{\n"defaultAction": "X"}')
    r = seccomp("check", bad, profile, "default", tmp_path / "gone.json")
    assert r.returncode == 100
    assert f"{bad}:2: unknown action 'X'" in r.stderr and "gone.json" in r.stderr
    assert seccomp("check", profile, "default").returncode == 0


def test_flags_have_no_place_in_a_program(profile, tmp_path):
    profile.write_text(json.dumps({**ALLOW, "flags": ["SECCOMP_FILTER_FLAG_LOG"]}))
    r = seccomp("compile", profile, "-o", tmp_path / "x.bpf")
    assert r.returncode == 100 and 'no place for its "flags"' in r.stderr
    assert start(profile, PYTHON, "-c", GETPPID).stdout == "-77\n"


def test_targets_decide_conditions(tmp_path):
    def shown(*more):
        return seccomp("show", "default", *more).stdout

    assert "mount" not in shown("--cap", "SYS_ADMIN").split("errno 1 (")[1].split("errno 38")[0].split()
    assert "ptrace" in shown("--kernel", "4.7").split("errno 1 (")[1].split()
    assert "capabilities: CAP_CHOWN, CAP_KILL" in shown("--cap=KILL", "--cap", "CAP_CHOWN")


# ---- what a start is given ------------------------------------------------------------------

def refused(spec, *messages):
    r = start(spec, "/bin/true")
    assert r.returncode == 100, r.stderr
    for m in messages:
        assert m in r.stderr


def test_all_mistakes_at_once(profile):
    profile.write_text('{\n"defaultAction": 1,\n"sycalls": []\n}')
    refused(profile, f"{profile}:2: defaultAction must be a text", f"{profile}:3: unknown member 'sycalls'")


def test_a_profile_that_forbids_execve(profile):
    profile.write_text(json.dumps({"defaultAction": "SCMP_ACT_ERRNO"}))
    refused(profile, "forbids execve")


def test_names_that_are_none(tmp_path):
    refused("nosuchprofile", "cannot find seccomp profile 'nosuchprofile'")
    refused("relative/p.json", "absolute path")
    refused(tmp_path / "p.txt", "must end in .json or .bpf")
    refused(tmp_path / "p.json", "No such file")


@pytest.mark.parametrize("suffix", ["json", "bpf"])
def test_things_that_are_no_files(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    path.mkdir()
    refused(path, "directory")
    path.rmdir()
    os.mkfifo(path)
    refused(path, "fifo")
    path.unlink()
    path.symlink_to(path)
    refused(path, "link loop")
    path.unlink()
    with open(path, "wb") as f:
        f.truncate(1 << 30)
    path.chmod(0o644)
    refused(path, "bytes")
    path.write_bytes(b"")
    refused(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="root trusts only what root alone can write")
@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_files_that_others_can_write(profile, mode):
    profile.chmod(mode)
    refused(profile, "others than its owner can write it")


@pytest.mark.parametrize("insns,message", ids=["half", "forbids", "endless", "foreign", "long"], argvalues=[
    (b"1234567", "7 bytes are no seccomp program"),
    (struct.pack("<HBBI", 6, 0, 0, 0x50001), "forbids execve (errno 1)"),
    (struct.pack("<HBBI", 0x20, 0, 0, 0), "the last instruction does not return"),
    (struct.pack("<HBBI", 0x28, 0, 0, 0) * 2, "instruction 0"),
    (struct.pack("<HBBI", 6, 0, 0, 0x7fff0000) * 4097, "32768"),
])
def test_programs_that_the_kernel_would_refuse(tmp_path, insns, message):
    path = tmp_path / "x.bpf"
    path.write_bytes(insns)
    path.chmod(0o644)
    refused(path, message)


def test_a_program_for_another_machine(profile, tmp_path):
    program = tmp_path / "p.bpf"
    assert seccomp("compile", "default", "-o", program, "--arch", OTHER).returncode == 0
    refused(program, f"made for {OTHER.upper()}, not for this machine's")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop from the bounding set")
def test_default_follows_the_bounding_set():
    mount = ("import ctypes, os; l = ctypes.CDLL(None, use_errno=True); "
             "print(l.unshare(0), ctypes.get_errno())")
    out = start("default", PYTHON, "-c", mount, options=["-o", "security.cap_drop=ALL"])
    assert out.stdout == "-1 1\n", out.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has capabilities to keep")
def test_default_is_compiled_when_a_capability_opens_more():
    mount = ("import ctypes, os; l = ctypes.CDLL(None, use_errno=True); "
             "print(l.unshare(0), ctypes.get_errno())")
    out = start("default", PYTHON, "-c", mount,
                options=["-o", "security.cap_drop=ALL", "-o", "security.cap_add=SYS_ADMIN"])
    assert out.stdout == "0 0\n", out.stderr


def test_no_new_privs_and_one_filter():
    status = start("default", "/bin/cat", "/proc/self/status").stdout
    assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status and "Seccomp_filters:\t1" in status
    status = start("unconfined", "/bin/cat", "/proc/self/status").stdout
    assert "Seccomp_filters:\t0" in status or "Seccomp:\t0" in status
