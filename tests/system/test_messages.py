# SPDX-License-Identifier: Apache-2.0
"""Messages: where, how and how many (cardea(8), MESSAGES)."""

import json
import re
import signal

import pytest

TEXT = re.compile(r"cardea: (error|warning|notice|info|debug): \S.*")


def run(box, config, *argv, **more):
    box.config(config)
    return box.result(*(argv or ("--", "/bin/probe", "exit", "0")), **more)


def test_quiet_when_all_goes_well(box, mode):
    box.file("run/secrets/one", "value")
    config = "[main]\numask = 022\n[secrets]\nONE = one\n[security]\ncap_drop = ALL\nseccomp = default\n"
    result = run(box, config, mode=mode)
    assert (result.status, result.out, result.err) == (0, "", "")


def test_quiet_when_it_is_stopped_killed_or_main_fails(any_box, mode):
    any_box.config("[main]\nstop_grace_period = 100ms\n")
    process = any_box.cardea("--", "/bin/probe", "signals", mode=mode).ready()
    process.send(signal.SIGTERM)
    result = process.wait()
    assert (result.status, result.err) == (137, "")


def test_an_error_says_what_was_tried_on_what_and_why(any_box):
    result = run(any_box, "", "--", "/bin/nothing")
    assert result.err == "cardea: error: cannot execute /bin/nothing: No such file or directory\n"


@pytest.mark.parametrize("level, levels", [("error", set()), ("warning", {"warning"}),
                                           ("info", {"warning", "info"}),
                                           ("debug", {"warning", "info", "debug"})])
def test_log_level_is_the_least_important_that_is_printed(any_box, level, levels):
    result = run(any_box, f"[main]\nlog_level = {level}\n[environment]\nV = ${{N}}\n")
    assert result.status == 0
    lines = result.err.splitlines()
    assert all(TEXT.fullmatch(line) for line in lines), lines
    assert {TEXT.fullmatch(line)[1] for line in lines} - {"notice"} == levels


@pytest.mark.parametrize("options, levels", [([], set()), (["-v"], set()), (["-vv"], {"info"}),
                                             (["-v", "-v", "-v"], {"info", "debug"})])
def test_each_v_says_one_level_more(any_box, options, levels):
    result = any_box.result(*options, "--", "/bin/probe")
    assert result.status == 0
    assert {TEXT.fullmatch(line)[1] for line in result.err.splitlines()} - {"notice"} == levels


def test_q_says_less(any_box):
    any_box.config("[environment]\nV = ${N}\n")
    assert "warning" in any_box.result("--", "/bin/probe").err
    assert any_box.result("-q", "--", "/bin/probe").err == ""


def test_an_error_is_printed_however_quiet(any_box):
    assert "error" in any_box.result("-qqqq", "--", "/bin/nothing").err


@pytest.mark.parametrize("level", ["error", "debug"])
def test_json_is_one_object_a_line(any_box, level):
    result = run(any_box, f"[main]\nlog_format = json\nlog_level = {level}\n", "--", "/bin/nothing\"\\\n\x01\x7f")
    assert result.status == 127
    objects = [json.loads(line) for line in result.err.splitlines()]
    for message in objects:
        assert set(message) >= {"time", "level", "message"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", message["time"])
    (error,) = [message for message in objects if message["level"] == "error"]
    assert "cannot execute" in error["message"] and "\n" in error["message"]


def test_json_holds_for_a_wrong_configuration_too(any_box):
    result = run(any_box, "[main]\nlog_format = json\numask = 9\nworking_dir = x\n")
    assert result.status == 100
    objects = [json.loads(line) for line in result.err.splitlines()]
    assert len(objects) == 2 and all(message["level"] == "error" for message in objects)


@pytest.mark.parametrize("bad", ["\x1b[31mred", "a\nb", "a\rb", "\x07", "\x7f", "\x9b31m", "\u202e"])
def test_control_characters_are_escaped_in_text(any_box, bad):
    name = f"/bin/{bad}"
    result = any_box.result("--", name)
    assert result.status == 127
    assert result.err.count("\n") == 1
    line = result.err.rstrip("\n").encode("latin-1")
    assert not re.search(rb"[\x00-\x1f\x7f]", line)
    if bad == "\x9b31m":  # as UTF-8 it is the C1 control CSI
        assert "\x9b".encode() not in line


def test_bytes_that_are_not_utf_8_are_escaped(any_box):
    for form in ("text", "json"):
        any_box.config(f"[main]\nlog_format = {form}\n")
        result = any_box.result("--", b"/bin/\xff\xfe")
        assert result.status == 127
        result.err.encode("latin-1").decode("utf-8")


def test_a_very_long_word_is_cut_and_the_line_still_whole(any_box):
    for form in ("text", "json"):
        any_box.config(f"[main]\nlog_format = {form}\n")
        result = any_box.result("--", "/" + "é" * 3000)
        assert result.status == 126
        assert result.err.endswith("\n") and result.err.count("\n") == 1
        line = result.err.encode("latin-1").decode("utf-8")
        if form == "json":
            json.loads(line)


@pytest.mark.parametrize("form", ["text", "json"])
def test_every_line_is_one_write(root_box, form):
    # Several writers share a container's log: a line in two parts is two lines.
    trace = root_box.root / "tmp/trace"
    root_box.config(f"[main]\nlog_level = debug\nlog_format = {form}\n[environment]\nV = ${{N}}\n")
    wrap = ["strace", "-f", "-q", "-e", "trace=write", "-e", "signal=none", "-s", "4096", "-o", str(trace)]
    result = root_box.result("--", "/bin/nothing", wrap=wrap)
    assert result.status == 127
    writes = re.findall(r"write\(2, \"(.*)\", (\d+)\)", trace.read_text())
    assert len(writes) == len(result.err.splitlines()) >= 3
    assert all(text.endswith("\\n") and text.count("\\n") == 1 for text, _ in writes)


def test_all_mistakes_are_reported_in_one_go(box, mode):
    box.config("[main]\nusr = a\numask = 9\nulimits = nofil=1\n[nonsense]\nx = 1\n[environment]\nV = ${N\n")
    result = box.result("--", "/bin/probe", mode=mode)
    assert (result.status, result.out) == (100, "")
    lines = [int(re.search(r"cardea\.ini:(\d+): ", message)[1]) for message in result.messages]
    assert sorted(lines) == sorted(set(lines)) and set(lines) >= {2, 3, 4, 8} and set(lines) & {5, 6}


def test_help_is_on_one_screen_and_on_stdout(any_box):
    for words in (("--help",), ("help",)):
        result = any_box.result(*words)
        assert (result.status, result.err) == (0, "")
        lines = result.out.splitlines()
        assert 5 < len(lines) <= 24
        assert max(map(len, lines)) <= 80


def test_version_is_on_stdout(any_box):
    for words in (("--version",), ("version",)):
        result = any_box.result(*words)
        assert (result.status, result.err) == (0, "")
        assert re.fullmatch(r"cardea (version )?\d+\.\d+\.\d+\n", result.out)


def test_messages_go_to_standard_error_only(any_box):
    any_box.config("[main]\nlog_level = debug\n")
    result = any_box.result("--", "/bin/probe", "exit", "0")
    assert result.err and result.out == ""
