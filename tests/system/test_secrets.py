# SPDX-License-Identifier: Apache-2.0
"""Secrets: main has them, and nobody and nothing else does (cardea.ini(5), [secrets])."""

import os
import re
import signal

import pytest

import harness

VALUE = "xyzzy-4711-very-secret"
CONFIG = """[secrets]
PASSWORD = db_password
[environment]
URL = postgres://app:${secret:PASSWORD}@db/app
"""


def start(box, config=CONFIG, secret=VALUE + "\n", steps=("report", ",", "signals", "15=0"), options=(), **more):
    box.file("run/secrets/db_password", secret)
    box.config(config)
    return box.cardea(*options, "--", "/bin/probe", *steps, **more)


def failed(box, config, *words, status=100, **more):
    box.config(config)
    result = box.result("--", "/bin/probe", "report", **more)
    assert (result.status, result.out) == (status, ""), result
    for word in words:
        assert word in result.err, result
    assert VALUE not in result.err
    return result


def test_a_secret_is_a_variable_and_part_of_others(box, mode):
    run = start(box, mode=mode)
    environ = run.event("argv")["environ"]
    assert f"PASSWORD={VALUE}" in environ
    assert f"URL=postgres://app:{VALUE}@db/app" in environ


@pytest.mark.parametrize("text, value", [(b"a\n", "a"), (b"a", "a"), (b"a\n\n", "a\n"), (b"a\r\n", "a"),
                                         (b" a ", " a "), (b"\na", "\na"), (b"a=b$c${d}\\", "a=b$c${d}\\"),
                                         (b"\xff\xfe\x01", "\xff\xfe\x01")])
def test_one_newline_at_the_end_is_removed_and_nothing_else_is_touched(any_box, text, value):
    run = start(any_box, secret=text, steps=("env", "PASSWORD"))
    assert run.event("PASSWORD")["PASSWORD"] == value


def test_a_secret_may_be_an_absolute_path(any_box):
    any_box.file("etc/pw", "abs")
    any_box.config("[secrets]\nP = /etc/pw\n")
    assert any_box.result("--", "/bin/probe", "env", "P").events == [{"P": "abs"}]


def test_secrets_dir_names_another_directory(any_box):
    any_box.file("srv/pw", "other")
    any_box.config("[main]\nsecrets_dir = /srv\n[secrets]\nP = pw\n")
    assert any_box.result("--", "/bin/probe", "env", "P").events == [{"P": "other"}]


def test_a_secret_may_be_64_kib_and_no_more(any_box):
    run = start(any_box, secret="x" * 65536, steps=("env", "PASSWORD"), config="[secrets]\nPASSWORD = db_password\n")
    assert len(run.event("PASSWORD")["PASSWORD"]) == 65536
    any_box.file("run/secrets/db_password", "x" * 65537)
    failed(any_box, "[secrets]\nPASSWORD = db_password\n", "PASSWORD", "db_password", "65536")


def test_only_root_may_read_the_file_and_the_user_still_gets_it(root_box):
    root_box.file("run/secrets/db_password", VALUE, mode=0o400)
    root_box.config("[main]\nuser = app\n" + CONFIG)
    result = root_box.result("--", "/bin/probe", "report", ",", "try", "read", "/run/secrets/db_password")
    assert f"PASSWORD={VALUE}" in result.report["environ"]
    assert result.events[1]["result"] == "EACCES"


def linked(box, target, owner=None, mode=0o755):
    """A secret that is a link, in a directory of somebody's; and a file that only root may read."""
    box.file("run/secrets/..data/db_password", VALUE, mode=0o400)
    box.file("etc/shadow", "root:" + VALUE, mode=0o400)
    box.directory("run/secrets", mode=mode, owner=owner)
    os.symlink(target, box.root / "run/secrets/db_password")


@pytest.mark.parametrize("owner, mode", [(1000, 0o755), (None, 0o775), (None, 0o1777)])
def test_a_link_that_others_than_root_could_have_made_leads_root_nowhere_else(root_box, owner, mode):
    linked(root_box, "/etc/shadow", owner, mode)
    failed(root_box, "[main]\nuser = app\n" + ONE, "secret PASSWORD", "link out of its directory")


@pytest.mark.parametrize("owner", [None, 1000])
def test_a_link_within_the_directory_is_followed(root_box, owner):
    linked(root_box, "..data/db_password", owner)
    root_box.config("[main]\nuser = app\n" + ONE)
    assert root_box.result("--", "/bin/probe", "env", "PASSWORD").events == [{"PASSWORD": VALUE}]


def test_a_link_that_root_made_is_followed(root_box):
    linked(root_box, "/etc/shadow")
    root_box.config("[main]\nuser = app\n" + ONE)
    assert root_box.result("--", "/bin/probe", "env", "PASSWORD").events == [{"PASSWORD": "root:" + VALUE}]


# ---- bad ones ---------------------------------------------------------------------------------

ONE = "[secrets]\nPASSWORD = db_password\n"


def test_a_missing_secret_is_100_and_named(box, mode):
    failed(box, ONE, "secret PASSWORD", "/run/secrets/db_password", "No such file", mode=mode)


def test_an_optional_secret_may_be_missing(any_box):
    any_box.config("[secrets]\nPASSWORD = db_password optional\n[environment]\nA = 1\n")
    result = any_box.result("--", "/bin/probe", "report")
    assert result.status == 0
    assert not [entry for entry in result.report["environ"] if entry.startswith("PASSWORD")]


def test_an_optional_secret_that_is_there_is_used(any_box):
    run = start(any_box, "[secrets]\nPASSWORD = db_password optional\n", steps=("env", "PASSWORD"))
    assert run.event("PASSWORD")["PASSWORD"] == VALUE


@pytest.mark.parametrize("text", ["", "\n", "\r\n"])
def test_an_empty_secret_is_100(any_box, text):
    any_box.file("run/secrets/db_password", text)
    failed(any_box, ONE, "secret PASSWORD", "empty")


@pytest.mark.parametrize("text", [b"\0", b"a\0b", b"a\0"])
def test_a_secret_with_a_nul_is_100(any_box, text):
    any_box.file("run/secrets/db_password", text)
    failed(any_box, ONE, "secret PASSWORD", "NUL")


def test_a_huge_secret_is_100_and_is_not_read(any_box):
    with open(any_box.file("run/secrets/db_password"), "r+b") as sparse:
        sparse.truncate(1 << 40)
    failed(any_box, ONE, "secret PASSWORD", "65536")


def test_a_directory_is_100(any_box):
    any_box.directory("run/secrets/db_password")
    failed(any_box, ONE, "secret PASSWORD", "directory")


def test_a_fifo_is_100_and_does_not_hang(any_box):
    os.mkfifo(any_box.root / "run/secrets/db_password")
    result = failed(any_box, ONE, "secret PASSWORD", "fifo")
    assert result.seconds < 5


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/full", "/dev/tty"])
def test_a_device_is_100(box, device):
    failed(box, f"[secrets]\nPASSWORD = {device}\n", "secret PASSWORD", device)


def test_a_socket_is_100(any_box):
    import socket

    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(any_box.root / "run/secrets")
        server.bind("db_password")
        os.chdir(here)
        failed(any_box, ONE, "secret PASSWORD")


def test_a_link_loop_is_100(any_box):
    os.symlink("b", any_box.root / "run/secrets/db_password")
    os.symlink("db_password", any_box.root / "run/secrets/b")
    failed(any_box, ONE, "secret PASSWORD", "ymbolic link")


def test_a_dangling_link_is_100(any_box):
    os.symlink("/nowhere", any_box.root / "run/secrets/db_password")
    failed(any_box, ONE, "secret PASSWORD", "No such file")


def test_a_link_to_a_file_is_followed(any_box):
    # Orchestrators mount a secret as a link to a versioned file.
    any_box.file("run/secrets/..v1", VALUE)
    os.symlink("..v1", any_box.root / "run/secrets/db_password")
    any_box.config(ONE)
    assert any_box.result("--", "/bin/probe", "env", "PASSWORD").events == [{"PASSWORD": VALUE}]


@pytest.mark.parametrize("mode", [0o666, 0o602, 0o777])
def test_one_that_everybody_may_write_is_100(box, mode):
    box.file("run/secrets/db_password", VALUE, mode=mode)
    failed(box, ONE, "secret PASSWORD", "written by everybody", f"{mode:04o}", "chmod o-w")


def test_one_that_may_not_be_read_is_100(root_box):
    root_box.file("run/secrets/db_password", VALUE, mode=0o400)
    failed(root_box, ONE, "secret PASSWORD", "ermission denied",
           stage=["groups=", "gid=5000", "uid=5000", "caps=0"])


@pytest.mark.parametrize(
    "config, words",
    [
        ("[secrets]\n1X = a\n", ["1X"]),
        ("[secrets]\nX = a needed\n", ["X", "needed"]),
        ("[environment]\nV = ${secret:NONE}\n", ["NONE", "environment.V"]),
        ("[secrets]\nX = a\n[environment]\nX = b\n", ["X"]),
        ("[secrets]\nX = a\n[main]\nworking_dir = /${secret:X}\n", ["secret"]),
    ],
)
def test_a_wrong_use_of_secrets_is_100(any_box, config, words):
    any_box.file("run/secrets/a", VALUE)
    failed(any_box, config, *words)


def test_an_empty_value_takes_a_secret_of_an_earlier_file_away(any_box):
    any_box.config("[secrets]\nX = a\n")
    any_box.config("[secrets]\nX =\n", "etc/cardea/conf.d/x.ini")
    assert any_box.result("--", "/bin/probe", "env", "X").events == [{"X": None}]


def test_several_bad_secrets_are_all_named(any_box):
    failed(any_box, "[secrets]\nA = a\nB = b\n", "secret A")


# ---- nobody else has it -----------------------------------------------------------------------


def memory(pid):
    """All that can be read of a process's memory (real root from outside may)."""
    found = []
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            low, high = (int(part, 16) for part in line.split()[0].split("-"))
            try:
                mem.seek(low)
                found.append(mem.read(high - low))
            except (OSError, ValueError, OverflowError):  # [vvar], [vsyscall]
                pass
    return b"".join(found)


def test_the_search_of_memory_would_find_it(root_box):
    # What the next test relies on: in main, who has it, it is found.
    run = start(root_box)
    run.ready()
    assert VALUE.encode() in memory(harness.child_of(run.pid))


@pytest.mark.parametrize("user", ["", "[main]\nuser = app\n"])
def test_cardea_s_memory_holds_nothing_of_it_once_main_runs(root_box, mode, user):
    run = start(root_box, user + CONFIG + "[security]\nseccomp = default\n", mode=mode)
    run.ready()
    harness.wait_for(lambda: harness.status_of(run.pid)["State"].startswith("S"), "rest")
    found = memory(run.pid)
    assert len(found) > 10000
    assert VALUE.encode() not in found
    assert VALUE.encode()[:12] not in found


def test_cardea_s_own_environment_holds_nothing_of_it(root_box, mode):
    run = start(root_box, mode=mode)
    run.ready()
    with open(f"/proc/{run.pid}/environ", "rb") as environ:
        assert VALUE.encode() not in environ.read()
    with open(f"/proc/{run.pid}/cmdline", "rb") as cmdline:
        assert VALUE.encode() not in cmdline.read()


def test_main_s_user_cannot_look_into_cardea(root_box, mode):
    run = start(root_box, "[main]\nuser = app\n" + CONFIG, steps=("forbidden",), mode=mode)
    answers = run.event("mount")
    assert answers["ptrace"] in ("EPERM", "EACCES")
    for name in ("parent_environ", "parent_mem", "parent_maps"):
        assert answers[name] in ("EACCES", "EPERM"), answers


def test_root_with_docker_s_capabilities_cannot_look_into_cardea_either(root_box):
    bits = f"{harness.DOCKER_CAPS:x}"
    run = start(root_box, steps=("forbidden",), stage=[f"bound={bits}", f"caps={bits}"])
    answers = run.event("mount")
    for name in ("parent_environ", "parent_mem", "parent_maps", "ptrace"):
        assert answers[name] in ("EACCES", "EPERM"), answers


def test_plan_and_check_never_show_it(box):
    box.file("run/secrets/db_password", VALUE)
    box.config(CONFIG)
    for words in (("plan", "--", "/bin/probe"), ("check",), ("plan", "-v", "--", "/bin/probe")):
        result = box.result(*words)
        assert result.status == 0, result
        assert VALUE not in result.out + result.err
    assert "PASSWORD" in box.result("plan", "--", "/bin/probe").out


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_message_shows_it(box, form):
    run = start(box, CONFIG + f"[main]\nlog_level = debug\nlog_format = {form}\n")
    run.ready()
    run.send(signal.SIGHUP)
    run.event("signal")
    run.send(signal.SIGTERM)
    result = run.wait()
    assert result.status == 0
    assert result.err and VALUE not in result.err


def test_no_message_shows_it_when_the_start_fails(box):
    box.file("run/secrets/db_password", VALUE)
    box.config(CONFIG + "[main]\nlog_level = debug\n")
    result = box.result("--", "/bin/nothing")
    assert result.status == 127
    assert VALUE not in result.err


def test_cardea_makes_no_core(root_box, mode):
    # The files in /proc of a process that may not be dumped belong to root, not to its user.
    run = start(root_box, "[main]\nuser = app\n" + CONFIG, mode=mode, stage=["limit=4:1000000000:1000000000"])
    run.ready()
    harness.wait_for(lambda: harness.status_of(run.pid)["Uid"].split()[1] == "1000", "cardea's own uid")
    assert os.stat(f"/proc/{run.pid}/environ").st_uid == 0
    assert os.stat(f"/proc/{harness.child_of(run.pid)}/environ").st_uid == 1000


def test_no_secret_is_in_a_file_of_the_box_afterwards(any_box):
    run = start(any_box)
    run.ready()
    run.send(signal.SIGTERM)
    run.wait()
    for path in any_box.root.rglob("*"):
        if path.is_file() and path.name != "db_password":
            assert not re.search(VALUE.encode(), path.read_bytes()), path
