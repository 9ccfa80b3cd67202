# SPDX-License-Identifier: Apache-2.0
"""PID 1's exit status is main's, and when there is no main it says why (cardea(8), EXIT STATUS)."""

import os

import pytest

HEAD = b"\x7fELF\x02\x01\x01" + bytes(9)
OTHER_MACHINE = HEAD + (2).to_bytes(2, "little") + (8).to_bytes(2, "little") + (1).to_bytes(4, "little") + bytes(200)


@pytest.mark.parametrize("status", [0, 1, 2, 42, 77, 100, 111, 112, 113, 125, 126, 127, 128, 143, 255])
def test_main_s_status_is_cardea_s(box, mode, status):
    result = box.result("--", "/bin/probe", "exit", str(status), mode=mode)
    assert (result.status, result.err) == (status, "")


@pytest.mark.parametrize("sig", [1, 2, 3, 6, 9, 11, 13, 15, 31, 32, 34, 64])
def test_main_killed_by_a_signal_is_128_and_the_signal(any_box, mode, sig):
    result = any_box.result("--", "/bin/probe", "kill", str(sig), mode=mode)
    assert (result.status, result.err) == (128 + sig, "")


@pytest.mark.parametrize(
    "success, main, status",
    [
        ("143", ["exit", "143"], 0),
        ("SIGTERM", ["kill", "15"], 0),
        ("143", ["kill", "15"], 0),
        ("1, 3", ["exit", "3"], 0),
        ("1, 3", ["exit", "2"], 2),
        ("SIGRTMIN+2", ["kill", "36"], 0),
        ("0", ["exit", "1"], 1),
    ],
)
def test_success_exit_status_counts_as_0(any_box, mode, success, main, status):
    any_box.config(f"[main]\nsuccess_exit_status = {success}\n")
    assert any_box.result("--", "/bin/probe", *main, mode=mode).status == status


def refused(box, argv, status, *words):
    result = box.result(*argv)
    assert result.status == status, result
    assert result.out == ""
    assert len(result.messages) == 1, result
    for word in ("error: cannot execute", *words):
        assert word in result.messages[0]


def test_a_program_that_is_not_there_is_127(box):
    refused(box, ["--", "/bin/nothing"], 127, "/bin/nothing", "No such file or directory")


def test_a_program_that_is_not_in_path_is_127(box):
    refused(box, ["--", "nothing"], 127, "nothing", "not found in PATH", "/bin:/usr/bin")


def test_a_program_is_looked_up_in_main_s_path(any_box):
    any_box.link(any_box.shared / "probe", "home/app/mine")
    any_box.config("[environment]\nPATH = /bin:/home/app\n")
    assert any_box.result("mine", "exit", "3").status == 3


def test_a_program_below_a_file_is_127(any_box):
    refused(any_box, ["/bin/probe/x"], 127, "/bin/probe/x", "Not a directory")


def test_a_dangling_link_is_127(any_box):
    os.symlink("/nowhere", any_box.root / "bin/link")
    refused(any_box, ["/bin/link"], 127, "/bin/link")


def test_a_link_loop_is_126(any_box):
    os.symlink("loop", any_box.root / "bin/loop")
    refused(any_box, ["/bin/loop"], 126, "/bin/loop")


def test_a_program_that_is_not_executable_is_126(box):
    box.file("bin/data", "x", 0o644)
    refused(box, ["/bin/data"], 126, "/bin/data", "not executable", "0644", "chmod +x")


def test_a_program_in_path_that_is_not_executable_is_126(any_box):
    any_box.file("bin/data", "x", 0o644)
    refused(any_box, ["data"], 126, "data", "ermission denied")


def test_an_executable_further_on_in_path_is_taken(any_box):
    any_box.file("bin/mine", "x", 0o644)
    any_box.link(any_box.shared / "probe", "sbin/mine")
    assert any_box.result("mine", "exit", "4").status == 4


def test_a_directory_is_126(box):
    refused(box, ["/tmp"], 126, "/tmp", "directory")


def test_a_missing_interpreter_is_127_and_named(any_box):
    any_box.file("bin/script", "#!/usr/bin/nothing -e\nexit 0\n", 0o755)
    refused(any_box, ["/bin/script"], 127, "/bin/script", "interpreter", "'/usr/bin/nothing'")


def test_an_interpreter_with_a_carriage_return_is_explained(any_box):
    any_box.file("bin/script", "#!/bin/probe\r\nexit 0\r\n", 0o755)
    result = any_box.result("/bin/script")
    assert result.status == 127
    assert "CR LF" in result.messages[0]


def test_a_script_with_an_interpreter_runs(any_box):
    any_box.file("bin/script", "#!/bin/probe report\n", 0o755)
    result = any_box.result("/bin/script")
    # The kernel makes one word of "report" and appends the script: two words too many for a step.
    assert result.status == 0
    assert result.report["argv"] == ["/bin/probe", "report", "/bin/script"]


def test_a_program_for_another_machine_is_126_and_explained(box):
    box.file("bin/other", OTHER_MACHINE, 0o755)
    refused(box, ["/bin/other"], 126, "/bin/other", "mips", os.uname().machine)


def test_a_missing_dynamic_linker_is_127_and_named(any_box):
    with open("/bin/true", "rb") as program:
        any_box.file("bin/dynamic", program.read(), 0o755)
    refused(any_box, ["/bin/dynamic"], 127, "/bin/dynamic", "dynamic linker", "ld-linux")


def test_text_without_a_first_line_that_says_how_is_126_and_never_a_shell_s(box):
    box.file("bin/text", "exit 7\n", 0o755)
    refused(box, ["/bin/text"], 126, "/bin/text", "#!")


def test_an_empty_program_is_126(any_box):
    any_box.file("bin/empty", "", 0o755)
    refused(any_box, ["/bin/empty"], 126, "/bin/empty", "empty")


def test_arguments_too_long_for_the_kernel_are_126(any_box):
    # One string may have 32 pages (execve(2)); a variable made in cardea is the way to exceed it.
    secret = "x" * 65000
    any_box.file("run/secrets/long", secret)
    three = "${secret:LONG}" * 3
    any_box.config(f"[secrets]\nLONG = long\n[environment]\nBIG = {three}\n")
    result = any_box.result("/bin/probe")
    assert result.status == 126
    assert "rgument list too long" in result.messages[0]


def test_a_fifo_and_a_device_are_126(any_box):
    os.mkfifo(any_box.root / "bin/fifo", 0o755)
    refused(any_box, ["/bin/fifo"], 126, "/bin/fifo", "regular file")
    refused(any_box, ["/dev/null"], 126, "/dev/null", "regular file")


def test_a_program_the_user_may_not_execute_is_126(root_box):
    root_box.file("bin/private", (root_box.shared / "probe").read_bytes(), 0o700)
    refused(root_box, ["-u", "app", "/bin/private"], 126, "/bin/private", "ermission denied")


@pytest.mark.parametrize("argv", [[], ["--"]])
def test_no_program_is_100(box, mode, argv):
    result = box.result(*argv, mode=mode)
    assert result.status == 100
    assert "no PROGRAM" in result.messages[0]


def test_an_empty_program_name_is_100(any_box):
    result = any_box.result("--", "")
    assert result.status == 100
    assert "empty" in result.messages[0]


def test_an_unknown_option_is_100_and_says_where_help_is(any_box):
    result = any_box.result("--frobnicate", "/bin/probe")
    assert result.status == 100
    assert "--frobnicate" in result.messages[0] and "cardea --help" in result.messages[0]


def test_options_behind_the_program_are_the_program_s(any_box):
    result = any_box.result("/bin/probe", "report", "--help", "-v", "--", "-u", "x")
    assert result.report["argv"][1:] == ["report", "--help", "-v", "--", "-u", "x"]


def test_a_wrong_configuration_is_100_and_nothing_is_started(box):
    box.config("[main]\nusr = app\n")
    result = box.result("/bin/probe", "report")
    assert (result.status, result.out) == (100, "")
    assert "/etc/cardea/cardea.ini:2: " in result.err and "user" in result.err


@pytest.mark.parametrize("sig", [15, 2])
def test_stopped_before_main_started_is_128_and_the_signal(any_box, mode, sig):
    # The signal is there before cardea's first instruction.
    any_box.config("[main]\nstop_on = SIGTERM SIGINT\n")
    result = any_box.result("/bin/probe", "exit", "0", mode=mode, stage=[f"block={sig}", f"pend={sig}"])
    assert result.status == 128 + sig


def test_main_s_words_arrive_as_they_were_given(any_box):
    words = ["report", "", " a b ", "'", '"', "\\", "\t\n", "*", "$HOME", "\x7f\xc3\xa9"]
    result = any_box.result("/bin/probe", *words)
    got = [word.encode("latin-1") for word in result.report["argv"]]
    assert got == [b"/bin/probe", *(os.fsencode(word) for word in words)]
