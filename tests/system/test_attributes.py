# SPDX-License-Identifier: Apache-2.0
"""Limits, umask, directory, oom_score_adj, descriptors, Landlock (cardea.ini(5))."""

import pathlib

import pytest

import harness

INFINITY = str(2**64 - 1)
NAMES = ["core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc",
         "rss", "rtprio", "rttime", "sigpending", "stack"]


def run(box, config, *steps, **more):
    box.config(config)
    return box.result("--", "/bin/probe", *(steps or ("report",)), **more)


# ---- ulimits ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_by_docker_s_name(box, name):
    low, high = ("20000000", "30000000") if name == "stack" else ("7", "9")
    if name in ("nice", "rtprio"):  # their hard limits are 0, and raising one is root's
        low = high = "0"
    elif name in ("data", "nproc", "nofile", "fsize"):
        low, high = "900", "1000"
        if name == "data":
            low, high = "90000000", "100000000"
    result = run(box, f"[main]\nulimits = {name}={low}:{high}\n")
    assert result.status == 0, result
    assert result.report["limits"][name] == [low, high]


def test_one_number_is_both_limits(any_box):
    assert run(any_box, "[main]\nulimits = nofile=512\n").report["limits"]["nofile"] == ["512", "512"]


@pytest.mark.parametrize("word", ["unlimited", "infinity", "-1"])
def test_a_limit_may_be_none(any_box, word):
    # As it is already, so that no capability is needed.
    result = run(any_box, f"[main]\nulimits = fsize={word}\n")
    assert result.report["limits"]["fsize"] == [INFINITY, INFINITY]


def test_several_limits(any_box):
    limits = run(any_box, "[main]\nulimits = core=0, nofile=100:200 nproc=300\n").report["limits"]
    assert limits["core"] == ["0", "0"]
    assert limits["nofile"] == ["100", "200"]
    assert limits["nproc"] == ["300", "300"]


def test_limits_that_are_not_named_stay(any_box):
    before = any_box.result("--", "/bin/probe", "report").report["limits"]
    after = run(any_box, "[main]\nulimits = core=0\n").report["limits"]
    assert {**after, "core": 0} == {**before, "core": 0}


def test_raising_a_hard_limit_without_the_right_is_111_and_says_which(any_box):
    result = run(any_box, "[main]\nulimits = nofile=100:99999999\n")
    assert (result.status, result.out) == (111, "")
    for word in ("limit nofile", "not permitted", "CAP_SYS_RESOURCE"):
        assert word in result.err


@pytest.mark.parametrize("text", ["nofil=3", "nofile", "nofile=9:3", "nofile=x", "nofile=1 nofile=2",
                                  "nofile=99999999999999999999"])
def test_a_wrong_limit_is_100(any_box, text):
    result = run(any_box, f"[main]\nulimits = {text}\n")
    assert (result.status, result.out) == (100, "")
    assert "/etc/cardea/cardea.ini:2: " in result.err


# ---- umask, working_dir, oom_score_adj --------------------------------------------------------


@pytest.mark.parametrize("text, umask", [("0", 0), ("077", 0o77), ("0027", 0o27), ("777", 0o777)])
def test_umask(box, text, umask):
    assert run(box, f"[main]\numask = {text}\n").report["umask"] == umask


def test_without_configuration_umask_and_directory_stay(any_box):
    seen = any_box.result("--", "/bin/probe", "report", stage=["umask=137", "cd=/home/app"]).report
    assert (seen["umask"], seen["cwd"]) == (0o137, "/home/app")


@pytest.mark.parametrize("text", ["8", "1777", "-1", "x", "0o22"])
def test_a_wrong_umask_is_100(any_box, text):
    assert run(any_box, f"[main]\numask = {text}\n").status == 100


def test_working_dir(box, mode):
    box.directory("srv/a b")
    assert run(box, "[main]\nworking_dir = /srv/a b\n", mode=mode).report["cwd"] == "/srv/a b"


def test_a_program_with_a_relative_path_is_looked_for_from_working_dir(any_box):
    any_box.directory("srv")
    any_box.link(any_box.shared / "probe", "srv/mine")
    any_box.config("[main]\nworking_dir = /srv\n")
    assert any_box.result("./mine", "exit", "3").status == 3


@pytest.mark.parametrize("path, reason", [("/nothing", "No such file"), ("/bin/probe", "Not a directory")])
def test_a_working_dir_that_cannot_be_is_111_and_named(box, path, reason):
    result = run(box, f"[main]\nworking_dir = {path}\n")
    assert (result.status, result.out) == (111, "")
    assert path in result.err and reason in result.err


def test_a_working_dir_the_user_may_not_enter_is_111(root_box):
    root_box.directory("srv", 0o700)
    result = run(root_box, "[main]\nuser = app\nworking_dir = /srv\n")
    assert (result.status, result.out) == (111, "")
    assert "/srv" in result.err and "ermission denied" in result.err


def test_a_relative_working_dir_is_100(any_box):
    assert run(any_box, "[main]\nworking_dir = srv\n").status == 100


def test_oom_score_adj_is_main_s_and_not_cardea_s(box, mode):
    box.config("[main]\noom_score_adj = 500\n")
    result = box.cardea("--", "/bin/probe", "report", ",", "signals", "15=0", mode=mode)
    assert result.event("argv")["oom_score_adj"] == 500
    result.ready()
    own = pathlib.Path(f"/proc/{result.pid}/oom_score_adj")
    harness.wait_for(lambda: own.read_text() == "0\n", "cardea's own score again")


def test_oom_score_adj_with_a_user_who_could_not_set_it(root_box):
    result = run(root_box, "[main]\nuser = app\noom_score_adj = 300\n")
    assert result.status == 0, result
    assert result.report["oom_score_adj"] == 300


@pytest.mark.parametrize("text", ["1001", "-1001", "x", "1.5"])
def test_a_wrong_oom_score_adj_is_100(any_box, text):
    assert run(any_box, f"[main]\noom_score_adj = {text}\n").status == 100


# ---- descriptors ------------------------------------------------------------------------------

OPEN = ["open=3:/etc/group:r", "open=5:/etc/passwd:r", "open=9:/tmp/nine:w", "open=1000:/etc/passwd:r"]


def fds(result):
    assert result.status == 0, result
    return {int(fd): about for fd, about in result.report["fds"].items()}


def test_descriptors_above_2_do_not_reach_main(box, mode):
    assert set(fds(run(box, "", stage=OPEN, mode=mode))) == {0, 1, 2}


def test_pass_fds_names_those_that_do(box, mode):
    seen = fds(run(box, "[main]\npass_fds = 9, 5\n", stage=OPEN, mode=mode))
    assert set(seen) == {0, 1, 2, 5, 9}
    assert (seen[5]["is"], seen[9]["is"]) == ("/etc/passwd", "/tmp/nine")
    assert (seen[5]["cloexec"], seen[9]["cloexec"], seen[9]["access"]) == (0, 0, 1)


def test_a_descriptor_that_did_not_come_in_is_an_error_that_names_it(any_box):
    # Whatever 3 to 20 are at that moment would be cardea's own.
    for fd in [*range(3, 21), 77]:
        result = run(any_box, f"[main]\npass_fds = {fd}\n")
        assert (result.status, result.out) == (100, "")
        assert f"descriptor {fd} " in result.err and "ad file descriptor" in result.err


def test_listen_fds_are_handed_over_with_main_s_pid(any_box, mode):
    own = "2" if mode == "subreaper" else "1"
    env = {"LISTEN_FDS": "3", "LISTEN_PID": own, "LISTEN_FDNAMES": "a:b:c"}
    stage = ["open=3:/etc/group:r", "open=4:/etc/passwd:r", "open=5:/tmp/five:w", "open=6:/tmp/six:w"]
    result = run(any_box, "", stage=stage, env=env, mode=mode)
    assert set(fds(result)) == {0, 1, 2, 3, 4, 5}
    seen = result.report
    assert f"LISTEN_PID={seen['pid']}" in seen["environ"]
    assert "LISTEN_FDS=3" in seen["environ"] and "LISTEN_FDNAMES=a:b:c" in seen["environ"]


@pytest.mark.parametrize("env", [{"LISTEN_FDS": "2", "LISTEN_PID": "4711"}, {"LISTEN_FDS": "2"},
                                 {"LISTEN_FDS": "-2", "LISTEN_PID": "1"},
                                 {"LISTEN_FDS": "99999999999999999999", "LISTEN_PID": "1"}])
def test_listen_fds_for_somebody_else_are_not_handed_over(any_box, env):
    result = run(any_box, "", stage=["open=3:/etc/group:r", "open=4:/etc/passwd:r"], env=env)
    assert set(fds(result)) == {0, 1, 2}


def test_listen_fds_that_are_not_open_are_an_error_and_no_crash(any_box):
    result = run(any_box, "", env={"LISTEN_FDS": "1000000", "LISTEN_PID": "1"})
    assert (result.status, result.out) == (100, "")
    assert "descriptor 3 " in result.err


def test_more_descriptors_than_the_limit_allows_now_are_closed_too(any_box):
    # Opened before the limit was lowered.
    stage = ["open=1000:/etc/passwd:r", "limit=7:64:64"]
    assert set(fds(run(any_box, "", stage=stage))) == {0, 1, 2}


# ---- Landlock ---------------------------------------------------------------------------------

PATHS = """[security]
read_only_paths = /bin /etc
read_write_paths = /tmp /dev
"""


def tries(*words):
    steps = []
    for what, path in words:
        steps += ["try", what, path, ","]
    return steps[:-1]


WALK = tries(("read", "/etc/passwd"), ("write", "/etc/passwd"), ("make", "/etc/new"), ("make", "/tmp/new"),
             ("read", "/tmp/new"), ("write", "/tmp/new"), ("remove", "/tmp/new"), ("write", "/dev/null"),
             ("read", "/home/app/x"), ("list", "/"), ("list", "/etc"), ("list", "/home/app"))
ANSWERS = ["ok", "EACCES", "EACCES", "ok", "ok", "ok", "ok", "ok", "EACCES", "EACCES", "ok", "EACCES"]


def test_landlock_allows_only_what_is_listed(box, mode):
    box.file("home/app/x", "x", 0o666)
    result = run(box, PATHS, *WALK, mode=mode)
    assert [event["result"] for event in result.events] == ANSWERS


def test_landlock_holds_for_a_user_without_capabilities(root_box):
    root_box.file("home/app/x", "x", 0o666)
    root_box.file("etc/open", "x", 0o666)
    result = run(root_box, PATHS + "cap_drop = ALL\n[main]\nuser = app\n",
                 *tries(("write", "/etc/open"), ("make", "/tmp/new"), ("read", "/home/app/x")))
    assert [event["result"] for event in result.events] == ["EACCES", "ok", "EACCES"]


def test_landlock_on_single_files(any_box):
    any_box.file("etc/one", "x", 0o666)
    result = run(any_box, "[security]\nread_only_paths = /bin\nread_write_paths = /etc/one\n",
                 *tries(("write", "/etc/one"), ("read", "/etc/passwd"), ("list", "/etc")))
    assert [event["result"] for event in result.events] == ["ok", "EACCES", "EACCES"]


def test_a_program_outside_the_allowed_paths_is_126_and_says_so(any_box):
    result = run(any_box, "[security]\nread_only_paths = /etc\n")
    assert (result.status, result.out) == (126, "")
    assert "/bin/probe" in result.err


def test_an_allowed_path_that_is_not_there_is_an_error_that_names_it(any_box):
    result = run(any_box, "[security]\nread_only_paths = /bin /nothing\n")
    assert (result.status, result.out) == (111, "")
    assert "/nothing" in result.err and "No such file" in result.err


def test_a_relative_path_is_100(any_box):
    assert run(any_box, "[security]\nread_only_paths = bin\n").status == 100


def test_no_descriptor_of_cardea_s_reaches_main_in_a_full_start(root_box):
    root_box.file("run/secrets/one", "value")
    config = """[main]
user = app
oom_score_adj = 10
ulimits = core=0
working_dir = /tmp
[secrets]
ONE = one
[security]
cap_drop = ALL
cap_add = NET_BIND_SERVICE
seccomp = default
read_only_paths = /
"""
    result = run(root_box, config)
    assert set(fds(result)) == {0, 1, 2}
