# SPDX-License-Identifier: Apache-2.0
"""Who main is: user, group_add, HOME (cardea.ini(5), [main])."""

import os

import pytest

import harness

APP_GROUPS = [29, 44]


def report(box, *options, config="", env=None, stage=(), **more):
    if config:
        box.config(config)
    result = box.result(*options, "--", "/bin/probe", "report", env=env, stage=stage, **more)
    assert result.status == 0, result
    return result.report


def home(seen):
    return [entry for entry in seen["environ"] if entry.startswith("HOME=")]


@pytest.mark.parametrize(
    "user, uid, gid, groups, where",
    [
        ("app", 1000, 1000, APP_GROUPS, "/home/app"),
        ("1000", 1000, 1000, APP_GROUPS, "/home/app"),
        ("app:app", 1000, 1000, [], "/home/app"),
        ("app:29", 1000, 29, [], "/home/app"),
        ("1000:1001", 1000, 1001, [], "/home/app"),
        ("worker", 1001, 1001, [29], "/srv/worker"),
        ("worker:extra", 1001, 3000, [], "/srv/worker"),
        ("4242", 4242, 0, [], "/"),
        ("4242:4243", 4242, 4243, [], "/"),
        ("4242:extra", 4242, 3000, [], "/"),
        ("4294967294:4294967294", 4294967294, 4294967294, [], "/"),
    ],
)
def test_a_user_by_name_or_id_with_or_without_an_account(root_box, mode, user, uid, gid, groups, where):
    seen = report(root_box, "-u", user, mode=mode)
    assert seen["uids"] == [uid] * 4
    assert seen["gids"] == [gid] * 4
    assert sorted(set(seen["groups"]) - {gid}) == groups
    assert home(seen) == [f"HOME={where}"]


def test_a_user_has_no_capabilities_and_no_way_back(root_box):
    root_box.config("[main]\nuser = app\n")
    result = root_box.result("--", "/bin/probe", "report", ",", "forbidden")
    caps = result.report["caps"]
    assert {name: caps[name] for name in ("effective", "permitted", "inheritable", "ambient")} == {
        name: "0" * 16 for name in ("effective", "permitted", "inheritable", "ambient")}
    assert result.report["no_new_privs"] == 1
    answers = result.events[1]
    for name in ("mount", "unshare", "setuid", "setgid", "setgroups", "mknod", "chroot"):
        assert answers[name] == "EPERM", answers


@pytest.mark.parametrize("way", ["file", "option", "set", "environment"])
def test_a_user_may_be_named_in_every_source(root_box, way):
    options, env = [], {}
    if way == "file":
        root_box.config("[main]\nuser = app\n")
    elif way == "option":
        options = ["--user", "app"]
    elif way == "set":
        options = ["-o", "main.user=app"]
    else:
        env = {"CARDEA_MAIN_USER": "app"}
    assert report(root_box, *options, env=env)["uids"] == [1000] * 4


def test_group_add_adds_groups_by_name_and_id(root_box):
    seen = report(root_box, config="[main]\nuser = app\ngroup_add = extra, 5555\n")
    assert sorted(set(seen["groups"]) - {1000}) == [29, 44, 3000, 5555]


def test_group_add_works_without_a_user(root_box):
    seen = report(root_box, config="[main]\ngroup_add = audio 5555\n", env={"HOME": "/mine"})
    assert set(seen["groups"]) >= {29, 5555}
    assert seen["uids"] == [0] * 4
    assert home(seen) == ["HOME=/mine"]


def test_without_a_user_home_and_everything_else_stays(box, mode):
    seen = report(box, env={"HOME": "/mine", "USER": "me"}, mode=mode)
    assert sorted(seen["environ"]) == ["HOME=/mine", "PATH=/bin:/usr/bin:/usr/sbin:/sbin", "USER=me"]


def test_with_a_user_only_home_is_changed(root_box):
    env = {"HOME": "/mine", "USER": "me", "LOGNAME": "me", "SHELL": "/bin/x"}
    seen = report(root_box, "-u", "app", env=env)
    assert sorted(seen["environ"]) == ["HOME=/home/app", "LOGNAME=me", "PATH=/bin:/usr/bin:/usr/sbin:/sbin",
                                       "SHELL=/bin/x", "USER=me"]


def test_environment_may_set_another_home(root_box):
    seen = report(root_box, config="[main]\nuser = app\n[environment]\nHOME = /elsewhere\n")
    assert home(seen) == ["HOME=/elsewhere"]


@pytest.mark.parametrize("user", ["ap", "nobody", "app:aduio", "-1", "+5", "4294967295", "99999999999",
                                  " 5 5", ":", ":app", "app:"])
def test_a_wrong_user_is_100_and_named(root_box, user):
    result = root_box.result("-u", user, "/bin/probe", "report")
    assert (result.status, result.out) == (100, ""), result
    assert "main.user" in result.err and user.split(":")[-1].strip() in result.err


def test_a_name_without_account_files_is_100_and_an_id_works(root_box):
    for name in ("etc/passwd", "etc/group"):
        os.remove(root_box.root / name)
    assert root_box.result("-u", "app", "/bin/probe").status == 100
    assert report(root_box, "-u", "1000:1000")["uids"] == [1000] * 4


@pytest.mark.parametrize("kind", ["fifo", "directory", "binary", "huge"])
def test_bad_account_files_neither_hang_nor_crash(root_box, kind):
    os.remove(root_box.root / "etc/passwd")
    if kind == "fifo":
        os.mkfifo(root_box.root / "etc/passwd")
    elif kind == "directory":
        root_box.directory("etc/passwd")
    elif kind == "binary":
        root_box.file("etc/passwd", bytes(range(256)) * 64 + b"\napp:x:1000:1000::/home/app:\n")
    else:
        root_box.file("etc/passwd", "x:x:1:1::/:\n" * 200000 + "app:x:1000:1000::/home/app:\n")
    result = root_box.result("-u", "app", "/bin/probe", "report")
    if kind in ("binary", "huge"):
        assert result.report["uids"] == [1000] * 4
    else:
        assert (result.status, result.out) == (100, "")


# ---- starts that are not root's, or not all of root's -----------------------------------------

NON_ROOT = ["groups=", "gid=5000", "uid=5000", "caps=0"]


def test_started_as_somebody_main_is_the_same(root_box, mode):
    seen = report(root_box, mode=mode, stage=NON_ROOT)
    assert (seen["uids"], seen["gids"], seen["groups"]) == ([5000] * 4, [5000] * 4, [])


def test_started_as_somebody_a_user_cannot_be_had_and_main_stays_who_it_is(root_box):
    root_box.config("[main]\nuser = app\n")
    result = root_box.result("--", "/bin/probe", "report", stage=NON_ROOT)
    assert result.status == 0
    assert result.report["uids"] == [5000] * 4
    (message,) = result.messages
    for word in ("warning", "app", "5000"):
        assert word in message


def test_started_as_the_user_itself_there_is_nothing_to_say(root_box):
    root_box.config("[main]\nuser = app:app\n")
    result = root_box.result("--", "/bin/probe", "report", stage=["groups=", "gid=1000", "uid=1000", "caps=0"])
    assert (result.status, result.err) == (0, "")
    assert result.report["uids"] == [1000] * 4
    assert home(result.report) == ["HOME=/home/app"]


def test_root_without_capabilities_runs_main_as_it_is(root_box, mode):
    seen = report(root_box, mode=mode, stage=["bound=0", "caps=0"])
    assert seen["uids"] == [0] * 4
    assert seen["caps"]["effective"] == "0" * 16


def test_root_without_setuid_must_not_run_main_as_root_when_a_user_was_asked_for(root_box):
    root_box.config("[main]\nuser = app\n")
    keep = f"{harness.DOCKER_CAPS & ~harness.capbits('SETUID', 'SETGID'):x}"
    result = root_box.result("--", "/bin/probe", "report", stage=[f"bound={keep}", f"caps={keep}"])
    assert (result.status, result.out) == (100, "")
    assert "CAP_SETUID" in result.err


def test_with_docker_s_capabilities_a_user_works(root_box, mode):
    keep = f"{harness.DOCKER_CAPS:x}"
    seen = report(root_box, "-u", "app", mode=mode, stage=[f"bound={keep}", f"caps={keep}"])
    assert seen["uids"] == [1000] * 4
    assert seen["caps"]["permitted"] == "0" * 16


def test_with_no_new_privs_inherited_a_user_works(root_box):
    seen = report(root_box, "-u", "app", stage=["nnp"])
    assert (seen["uids"], seen["no_new_privs"]) == ([1000] * 4, 1)


def test_supplementary_groups_of_the_starter_do_not_reach_the_user(root_box):
    seen = report(root_box, "-u", "worker", stage=["groups=0,10,44"])
    assert set(seen["groups"]) - {1001} == {29}


def test_in_a_user_namespace_with_one_id_root_stays_root(make_box):
    box = make_box("user")
    seen = report(box, "-u", "root:root")
    assert seen["uids"] == [0] * 4


def test_in_a_user_namespace_an_id_that_is_not_mapped_is_an_error(make_box):
    box = make_box("user")
    result = box.result("-u", "1000:1000", "/bin/probe", "report")
    assert result.out == ""
    assert result.status == 111
    assert "cannot set the group" in result.err
