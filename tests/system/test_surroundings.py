# SPDX-License-Identifier: Apache-2.0
"""Bad surroundings: what is missing, closed, full or forbidden (cardea(8), Situations)."""

import itertools
import json
import os
import signal
import struct
import subprocess

import pytest

import harness

CLOSED = [c for n in (1, 2, 3) for c in itertools.combinations((0, 1, 2), n)]


@pytest.mark.parametrize("closed", CLOSED, ids=str)
def test_with_closed_descriptors_main_runs_and_nothing_takes_their_place(box, mode, closed):
    # What cardea opens must not end up as main's standard output: here a configuration, account
    # files and a secret are opened.
    box.file("run/secrets/one", "s3cret\n")
    box.config("[main]\nuser = root\n[secrets]\nONE = one\n[security]\nseccomp = default\n")
    stage = [f"close={fd}" for fd in closed]
    stage.append("open=7:/tmp/report:w")
    box.config("[main]\npass_fds = 7\n", "etc/cardea/conf.d/7.ini")
    result = box.result("--", "/bin/probe", "to", "7", ",", "report", ",", "exit", "5", mode=mode, stage=stage)
    assert result.status == 5
    fds = json.loads((box.root / "tmp/report").read_text())["fds"]
    assert set(fds) == {"0", "1", "2", "7"}
    for fd in closed:
        assert fds[str(fd)]["is"] == "/dev/null"


def test_with_stderr_closed_a_wrong_configuration_is_still_100(any_box, mode):
    any_box.config("[main]\nusr = x\n")
    assert any_box.result("/bin/probe", "exit", "0", mode=mode, stage=["close=2"]).status == 100


def test_without_dev_null_and_with_closed_descriptors_main_still_runs(any_box):
    stage = ["outer:tmpfs=ROOT/dev:size=4k", "close=0", "close=2"]
    result = any_box.result("--", "/bin/probe", "report", stage=stage)
    assert result.status == 0
    # Whatever stands there can neither be read nor written.
    for fd in "02":
        assert result.report["fds"].get(fd, {"is": "/"})["is"] == "/"


def test_without_proc_pid_1_does_its_work(box):
    run = box.cardea("--", "/bin/probe", "orphans", "10", ",", "signals", "15=4", proc=False).ready()
    run.send(signal.SIGHUP)
    assert run.event("signal")["signal"] == signal.SIGHUP
    run.send(signal.SIGTERM)
    assert run.wait().status == 4


def test_without_proc_a_subreaper_does_its_work(box):
    run = box.cardea("--", "/bin/probe", "signals", "15=4", mode="subreaper", proc=False).ready()
    run.send(signal.SIGTERM)
    assert run.wait().status == 4


def test_without_proc_a_hardened_start_works(root_box):
    root_box.config("[main]\nuser = app\n[security]\ncap_drop = ALL\ncap_add = NET_BIND_SERVICE\n")
    result = root_box.result("--", "/bin/probe", "report", proc=False)
    assert result.status == 0
    assert result.report["uids"] == [1000] * 4
    assert result.report["caps"]["effective"] == f"{1 << 10:016x}"


def test_without_proc_oom_score_adj_is_an_error_that_says_so(any_box):
    any_box.config("[main]\noom_score_adj = 100\n")
    result = any_box.result("--", "/bin/probe", "report", proc=False)
    assert (result.status, result.out) == (111, "")
    assert "oom_score_adj" in result.messages[0] and "/proc" in result.messages[0]


def test_with_a_full_disk_under_stderr_main_runs(box, mode):
    # No message can be written; that is no reason to stop.
    stage = ["open=2:/dev/full:w"]
    result = box.result("--", "/bin/probe", "exit", "5", mode=mode, stage=stage)
    assert result.status == 5
    assert box.result("--", "/bin/nothing", mode=mode, stage=stage).status == 127


def test_with_a_full_disk_under_stdout_plan_says_so(any_box):
    result = any_box.result("plan", "--", "/bin/probe", stage=["open=1:/dev/full:w"])
    assert result.status == 111
    result = any_box.result("--help", stage=["open=1:/dev/full:w"])
    assert result.status == 111


def test_with_a_full_file_system_main_runs(any_box):
    stage = ["outer:tmpfs=ROOT/tmp:size=4k", "open=2:/tmp/log:w"]
    any_box.config("[main]\nlog_level = debug\n")
    assert any_box.result("--", "/bin/probe", "exit", "8", stage=stage).status == 8


def test_a_reader_of_stderr_that_went_away_does_not_end_cardea(any_box, mode):
    reader, writer = os.pipe()
    os.close(reader)
    any_box.config("[main]\nlog_level = debug\n")
    run = any_box.cardea("--", "/bin/probe", "signals", "15=4", mode=mode, stderr=writer).ready()
    os.close(writer)
    run.send(signal.SIGHUP)
    assert run.event("signal")["signal"] == signal.SIGHUP
    run.send(signal.SIGTERM)
    assert run.wait().status == 4


def test_a_reader_of_stderr_that_reads_nothing_does_not_stop_cardea(any_box):
    # A pipe nobody reads is full after 64 KiB; a container's log driver can be slow.
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(writer, bytes(4096))
    os.set_blocking(writer, True)
    any_box.config("[main]\nlog_level = debug\n")
    run = any_box.cardea("--", "/bin/probe", "signals", "15=4", stderr=writer).ready()
    run.send(signal.SIGTERM)
    assert run.wait().status == 4
    os.close(reader)
    os.close(writer)


def test_on_a_read_only_root_everything_works(box, mode):
    box.file("run/secrets/one", "value\n")
    box.config("[secrets]\nONE = one\n[security]\ncap_drop = ALL\nseccomp = default\n")
    stage = ["outer:readonly=ROOT"]
    result = box.result("--", "/bin/probe", "report", ",", "try", "make", "/x", mode=mode, stage=stage,
                        proc=False)
    assert result.status == 0, result
    assert "ONE=value" in result.report["environ"]
    assert result.events[1]["result"] == "EROFS"


@pytest.mark.parametrize("limit", [300, 500, 700, 900, 1200, 1500, 2000, 3000, 4000])
def test_without_memory_the_start_fails_with_111_or_works(any_box, limit):
    # RLIMIT_AS in KiB, from too little for the program itself up to enough.
    any_box.config("[main]\numask = 022\n")
    big = [f"word{n}" for n in range(200)]
    result = any_box.result("--", "/bin/probe", "exit", "5", *big,
                            stage=[f"limit=9:{limit * 1024}:{limit * 1024}"])
    # SIGSEGV: the kernel itself could not map the program.
    assert result.status in (5, 111, -signal.SIGSEGV), result
    if result.status == 111:
        assert "memory" in result.err


def test_without_memory_for_a_configuration_it_is_111_and_says_memory(any_box):
    lines = "".join(f"V{n} = {'x' * 200}\n" for n in range(4000))
    any_box.config(f"[environment]\n{lines}")
    result = any_box.result("--", "/bin/probe", "exit", "5", stage=[f"limit=9:{1 << 20}:{1 << 20}"])
    assert result.status == 111, result
    assert "memory" in result.err


def test_without_a_free_descriptor_it_is_111_and_says_so(any_box):
    result = any_box.result("--", "/bin/probe", "exit", "5", stage=["limit=7:3:3"])
    assert result.status in (100, 111)
    assert "Too many open files" in result.err or "No file descriptors" in result.err


def test_without_a_free_process_it_is_111_and_says_so(root_box):
    # A limit on processes holds for a user, so it must be one that has others.
    other = subprocess.Popen(["setpriv", "--reuid=64322", "--regid=64322", "--clear-groups", "sleep", "60"])
    try:
        result = root_box.result("--", "/bin/probe", "exit", "5",
                                 stage=["limit=6:1:1", "gid=64322", "uid=64322", "caps=0"])
    finally:
        other.kill()
        other.wait()
    assert result.status == 111
    assert "fork" in result.err and "Resource temporarily unavailable" in result.err


def test_from_scratch_nothing_else_is_needed(box, mode):
    # The box has no libc, no shell and here not even account files or devices.
    for name in ("etc/passwd", "etc/group"):
        os.remove(box.root / name)
    result = box.result("--", "/bin/probe", "exit", "3", mode=mode, proc=mode == "subreaper")
    assert (result.status, result.err) == (3, "")


def test_cardea_needs_no_interpreter(shared):
    data = (shared / "cardea").read_bytes()
    assert b"/lib/ld-" not in data and b"/lib64/ld-" not in data


def test_a_program_in_the_current_directory_needs_a_path(any_box):
    result = any_box.result("probe", "exit", "1", env={"PATH": ":.:/nowhere"}, stage=["cd=/bin"])
    assert result.status == 127


def test_main_s_user_owns_the_pipes_of_main_and_not_a_fifo_with_a_name(root_box):
    path = root_box.root / "tmp/fifo"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(path, os.O_WRONLY)
    root_box.config("[main]\nuser = app\n")
    pipe, end = os.pipe()
    run = root_box.cardea("--", "/bin/probe", "exit", "3", stdout=writer, stderr=end)
    assert run.popen.wait(harness.DEADLINE) == 3
    assert (os.fstat(pipe).st_uid, path.stat().st_uid) == (1000, 0)
    for fd in (reader, writer, pipe, end):
        os.close(fd)


SOMEBODY = ["groups=", "gid=5000", "uid=5000"]
NAMES = {
    "cardea": ["--", "/bin/probe", "report"],
    "tini": ["/bin/probe", "report"],
    "docker-init": ["--", "/bin/probe", "report"],
    "dumb-init": ["/bin/probe", "report"],
    "catatonit": ["/bin/probe", "report"],
    "gosu": ["root", "/bin/probe", "report"],
    "su-exec": ["root", "/bin/probe", "report"],
}


def installed(box, name, mode=0o755):
    """A copy of our own, which the other boxes do not share, under one of our names."""
    copy = box.root / "tmp" / name
    copy.write_bytes(harness.CARDEA.read_bytes())
    copy.chmod(mode)
    return copy


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bit", [0o4000, 0o2000])
def test_installed_setuid_or_setgid_it_does_nothing(root_box, name, bit):
    installed(root_box, name, 0o755 | bit)
    result = root_box.run(f"/tmp/{name}", *NAMES[name], stage=[*SOMEBODY, "caps=0"])
    assert (result.status, result.out) == (1 if name == "gosu" else 100, "")
    assert "setuid" in result.err or "setgid" in result.err


@pytest.mark.parametrize("name", NAMES)
def test_installed_with_file_capabilities_it_does_nothing(root_box, name):
    low = harness.capbits("SETUID", "SETGID")
    # struct vfs_cap_data of linux/capability.h, revision 2, effective.
    os.setxattr(installed(root_box, name), "security.capability", struct.pack("<5I", 0x02000001, low, 0, 0, 0))
    result = root_box.run(f"/tmp/{name}", *NAMES[name], stage=[*SOMEBODY, "caps=0"])
    assert (result.status, result.out) == (100, "")
    assert "file capabilities" in result.err and "setcap -r" in result.err


def test_ambient_capabilities_are_no_file_s(root_box):
    bits = f"{harness.capbits('NET_BIND_SERVICE'):x}"
    result = root_box.result("--", "/bin/probe", "report", stage=[
        "groups=", "gid=5000", "uid=5000", f"caps={bits}:{bits}"])
    assert result.status == 0, result
    assert int(result.report["caps"]["permitted"], 16) == int(bits, 16)
