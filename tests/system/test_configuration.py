# SPDX-License-Identifier: Apache-2.0
"""Where configuration comes from, and what is refused (cardea.ini(5))."""

import os

import pytest

import harness


def umask(box, *options, env=None, **more):
    result = box.result(*options, "--", "/bin/probe", "report", env=env, **more)
    assert result.status == 0, result
    return result.report["umask"]


def refused(box, *words, argv=("--", "/bin/probe", "report"), **more):
    result = box.result(*argv, **more)
    assert (result.status, result.out) == (100, ""), result
    for word in words:
        assert word in result.err, result
    return result


def test_conf_d_is_laid_over_the_file_in_byte_order(box, mode):
    box.config("[main]\numask = 001\nworking_dir = /tmp\n")
    assert umask(box, mode=mode) == 0o001
    box.config("[main]\numask = 002\n", "etc/cardea/conf.d/10-base.ini")
    assert umask(box) == 0o002
    box.config("[main]\numask = 003\n", "etc/cardea/conf.d/9-later.ini")
    assert umask(box) == 0o003
    box.config("[main]\numask = 004\n", "etc/cardea/conf.d/a.ini")
    box.config("[main]\numask = 005\n", "etc/cardea/conf.d/Z.ini")
    assert umask(box) == 0o004
    for name in ("zz.conf", ".zz.ini", "zz.ini~"):
        box.config("[main]\numask = 077\n", f"etc/cardea/conf.d/{name}")
    assert umask(box) == 0o004
    assert box.result("--", "/bin/probe", "report").report["cwd"] == "/tmp"


def test_config_replaces_the_standard_files(any_box):
    any_box.config("[main]\numask = 001\nworking_dir = /tmp\n")
    any_box.config("[main]\numask = 002\n", "etc/one.ini")
    any_box.config("[main]\numask = 003\n", "etc/two.ini")
    result = any_box.result("-c", "/etc/one.ini", "--config", "/etc/two.ini", "--", "/bin/probe", "report")
    assert (result.report["umask"], result.report["cwd"]) == (0o003, "/")
    env = {"CARDEA_CONFIG": "/etc/two.ini:/etc/one.ini"}
    result = any_box.result("--", "/bin/probe", "report", env=env)
    assert (result.report["umask"], result.report["cwd"]) == (0o002, "/")


def test_environment_then_set_then_options_come_after_the_files(any_box):
    any_box.config("[main]\numask = 001\n")
    env = {"CARDEA_MAIN_UMASK": "002"}
    assert umask(any_box, env=env) == 0o002
    assert umask(any_box, "-o", "main.umask=003", env=env) == 0o003
    assert umask(any_box, "--set", "main.umask=003", "-o", "main.umask=004", env=env) == 0o004


def test_an_empty_value_is_the_default_again(any_box):
    any_box.config("[main]\numask = 001\n")
    any_box.config("[main]\numask =\n", "etc/cardea/conf.d/x.ini")
    assert umask(any_box, stage=["umask=022"]) == 0o022


def test_a_named_file_that_is_not_there_is_100(any_box):
    refused(any_box, "/etc/none.ini", "No such file", argv=("-c", "/etc/none.ini", "/bin/probe"))
    refused(any_box, "/etc/none.ini", env={"CARDEA_CONFIG": "/etc/none.ini"})


def test_main_command_is_taken_when_there_is_no_program(any_box):
    # Words as a POSIX shell splits them; variables as everywhere in a configuration.
    any_box.config("[main]\ncommand = /bin/probe report 'two words' \"${X}\" a\\ b\n")
    result = any_box.result(env={"X": "x y"})
    assert result.report["argv"] == ["/bin/probe", "report", "two words", "x y", "a b"]
    assert any_box.result("--", "/bin/probe", "exit", "3").status == 3


def test_default_program_is_put_before_options(any_box):
    any_box.config("[main]\ndefault_program = /bin/probe report\n")
    assert any_box.result("--", "-x", "y").report["argv"] == ["/bin/probe", "report", "-x", "y"]
    assert any_box.result("--", "/bin/probe", "exit", "3").status == 3


@pytest.mark.parametrize("mode", [0o666, 0o664, 0o622])
def test_a_file_that_others_may_write_is_refused_when_root(box, mode):
    box.file("etc/cardea/cardea.ini", "[main]\n", mode)
    refused(box, "/etc/cardea/cardea.ini", f"{mode:04o}", "chmod")


def test_a_file_of_another_owner_s_is_taken(root_box):
    # A file bind-mounted from a developer's machine belongs to the developer.
    root_box.file("etc/cardea/cardea.ini", "[main]\numask = 011\n", 0o644, owner=1000)
    assert umask(root_box) == 0o011


def test_a_file_that_others_may_write_is_taken_when_not_root(root_box):
    root_box.file("etc/cardea/cardea.ini", "[main]\numask = 011\n", 0o666)
    assert umask(root_box, stage=["groups=", "gid=5000", "uid=5000", "caps=0"]) == 0o011


def test_a_file_that_may_not_be_read_is_100(root_box):
    root_box.file("etc/cardea/cardea.ini", "[main]\n", 0o600)
    refused(root_box, "/etc/cardea/cardea.ini", "ermission denied",
            stage=["groups=", "gid=5000", "uid=5000", "caps=0"])


@pytest.mark.parametrize("kind, word", [("directory", "directory"), ("fifo", "fifo"), ("loop", "ymbolic link"),
                                        ("device", "device")])
def test_a_configuration_that_is_no_file_is_100_and_does_not_hang(box, kind, word):
    path = box.root / "etc/cardea/cardea.ini"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "loop":
        os.symlink("cardea.ini", path)
    else:
        os.symlink("/dev/zero", path)
    refused(box, "/etc/cardea/cardea.ini", word)


def test_a_configuration_that_is_a_dangling_link_is_100(box):
    # A mount that was forgotten: whoever wrote the protections into it must not get a start without.
    os.symlink("/nowhere", box.root / "etc/cardea/cardea.ini")
    refused(box, "/etc/cardea/cardea.ini", "No such file")


def test_a_configuration_directory_that_may_not_be_entered_is_100(root_box):
    root_box.config("[main]\numask = 011\n")
    os.chmod(root_box.root / "etc/cardea", 0o700)
    refused(root_box, "/etc/cardea/cardea.ini", "ermission denied",
            stage=["groups=", "gid=5000", "uid=5000", "caps=0"])


def test_a_link_to_a_configuration_is_followed(any_box):
    any_box.config("[main]\numask = 011\n", "etc/cardea/..v1.ini")
    os.symlink("..v1.ini", any_box.root / "etc/cardea/cardea.ini")
    assert umask(any_box) == 0o011


BAD = {
    "binary": bytes(range(256)) * 64,
    "random": os.urandom(5000),
    "the program itself": harness.CARDEA.read_bytes() if harness.CARDEA.exists() else b"\x7fELF\0",
    "10 MB": b"[main]\n" + b"; comment\n" * 1000000,
    "a NUL": b"[main]\numask = 0\x0022\n",
    "a line of 5,000 bytes": b"[environment]\nX = " + b"x" * 5000 + b"\n",
    "a comment of 5,000 bytes": b"#" + b"x" * 5000 + b"\n",
    "a duplicate key": b"[main]\numask = 022\numask = 022\n",
    "a duplicate section": b"[main]\numask = 022\n[environment]\nA=1\n[main]\nuser = root\n",
    "a key before any section": b"umask = 022\n",
    "a line without '='": b"[main]\numask\n",
    "an indented key": b"[main]\nworking_dir = /tmp\n umask = 022\n",
    "an unknown section": b"[mian]\numask = 022\n",
    "an unknown key": b"[main]\numsak = 022\n",
    "a section that does not end": b"[main\numask = 022\n",
    "UTF-16": "[main]\numask = 022\n".encode("utf-16"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_configuration_that_is_wrong_is_100_with_its_place(any_box, name):
    any_box.file("etc/cardea/cardea.ini", BAD[name])
    result = refused(any_box, "/etc/cardea/cardea.ini")
    assert result.seconds < 5
    assert len(result.err) < 200000


@pytest.mark.parametrize(
    "text",
    [b"\xef\xbb\xbf[main]\numask = 011\n", b"[main]\r\numask = 011\r\n", b"[main]\numask=011", b"[main]\numask : 011\n",
     b"\n\n; c\n# c\n[main]\n\n  \numask   =   011  \n"],
    ids=["BOM", "CRLF", "no newline at the end", "colon", "blanks"],
)
def test_a_configuration_that_only_looks_odd_is_taken(any_box, text):
    any_box.file("etc/cardea/cardea.ini", text)
    result = any_box.result("--", "/bin/probe", "report")
    if b" : " in text:  # the first separator is '=': said, not guessed
        assert result.status == 100
    else:
        assert result.report["umask"] == 0o011


def test_a_suggestion_is_made_for_a_slip(any_box):
    any_box.config("[main]\nwokring_dir = /tmp\n")
    refused(any_box, "working_dir")


# ---- check and plan ---------------------------------------------------------------------------


def test_check_is_0_for_a_right_and_100_for_a_wrong_configuration(box):
    box.config("[main]\numask = 022\n")
    result = box.result("check")
    assert (result.status, result.err) == (0, "")
    box.config("[main]\numask = 9\nusr = x\n")
    result = box.result("check")
    assert result.status == 100
    text = result.out + result.err
    assert "/etc/cardea/cardea.ini:2: " in text and "/etc/cardea/cardea.ini:3: " in text


def test_check_takes_files(any_box):
    any_box.config("[main]\numask = 9\n", "etc/other.ini")
    result = any_box.result("check", "/etc/other.ini")
    assert result.status == 100
    assert "/etc/other.ini:2: " in result.out + result.err


def test_plan_does_nothing(root_box):
    root_box.config("[main]\nuser = app\nworking_dir = /tmp\n[security]\ncap_drop = ALL\n")
    before = sorted(str(path) for path in root_box.root.rglob("*"))
    result = root_box.result("plan", "--", "/bin/probe", "try", "make", "/tmp/made")
    assert (result.status, result.err) == (0, "")
    assert sorted(str(path) for path in root_box.root.rglob("*")) == before
    for word in ("/bin/probe", "app", "1000", "/tmp"):
        assert word in result.out


def test_plan_is_the_same_every_time(box):
    box.config("[main]\numask = 022\n[environment]\nB = 1\nA = 2\n[security]\ncap_drop = ALL\nseccomp = default\n")
    first = box.result("plan", "--", "/bin/probe", "x")
    assert first.status == 0, first
    assert first.out == box.result("plan", "--", "/bin/probe", "x").out


def test_plan_of_a_wrong_configuration_is_100(any_box):
    any_box.config("[main]\nusr = x\n")
    refused(any_box, "/etc/cardea/cardea.ini:2: ", argv=("plan", "--", "/bin/probe"))


def test_a_command_s_name_behind_two_dashes_is_a_program(any_box):
    any_box.link(any_box.shared / "probe", "bin/check")
    result = any_box.result("--", "check", "exit", "3")
    assert result.status == 3
