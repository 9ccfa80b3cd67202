# SPDX-License-Identifier: Apache-2.0
"""Configuration that no text file in cases/ can hold: too large, too long, not text."""

import pytest

from golden import Root

INI = "/etc/cardea/cardea.ini"
NOT_TEXT = f"{INI}:{{}}: cannot read configuration: byte 0x{{:02x}} belongs in no text: is this a configuration file?\n"


def check(tmp_path, content, **how):
    """cardea check of that content: its exit status, standard output and standard error."""
    root = Root(tmp_path / "root")
    root.add(INI[1:], content)
    head, rest = root.run("cardea", "check", **how).split("\n--- stdout\n")
    out, err = rest.split("--- stderr\n")
    return int(head.removeprefix("exit status ")), out, err


REFUSED = {
    "nul": (b"[main]\nuser = a\0pp\n", NOT_TEXT.format(2, 0)),
    "nul-at-the-end": (b"[main]\nuser = app\n\0", NOT_TEXT.format(3, 0)),
    "all-nul": (b"\0" * 4096, NOT_TEXT.format(1, 0)),
    "escape": (b"[main]\ncommand = \x1b[31m\nusr = x\n", NOT_TEXT.format(2, 0x1b)),
    "every-byte": (bytes(range(256)) * 64, NOT_TEXT.format(1, 0)),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0\0\3" + b"\xa5\n\x13\n" * 1000, NOT_TEXT.format(1, 0x1f)),
    "long-line": (b"[main]\ncommand = " + b"x" * 4990 + b"\nusr = x\n",
                  f"{INI}:2: the line is longer than 4096 bytes\n"
                  f"{INI}:3: unknown key 'main.usr': did you mean 'user'?\n"),
    "long-comment": (b"# " + b"x" * 5000, f"{INI}:1: the line is longer than 4096 bytes\n"),
    "long-section": (b"[" + b"m" * 90 + b"]\n",
                     f"{INI}:1: unknown section '{'m' * 80}...': known are main, security, "
                     "environment, secrets, signals and hook:NAME\n"),
    "long-hook": (b"[hook:" + b"m" * 64 + b"]\n",
                  f"{INI}:1: bad section 'hook:{'m' * 64}': a hook's name has at most 63 characters\n"),
    "long-key": (b"[main]\n" + b"k" * 1000 + b" = x\n",
                 f"{INI}:2: unknown key 'main.{'k' * 80}...': cardea.ini(5) lists the known ones\n"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, tmp_path):
    content, message = REFUSED[name]
    assert check(tmp_path, content) == (100, message, "")


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 10 * 1024 * 1024])
def test_too_large(size, tmp_path):
    message = f"{INI}: cannot read '{INI}': it has {size} bytes, at most 1048576 are taken\n"
    assert check(tmp_path, b"# x\n".ljust(size, b"\n")) == (100, message, "")


def test_just_not_too_large(tmp_path):
    assert check(tmp_path, b"# x\n" * (1024 * 256)) == (0, "", "")


def test_line_just_not_too_long(tmp_path):
    line = b"command = ".ljust(4096, b"x")
    assert check(tmp_path, b"[main]\r\n" + line + b"\r\n") == (0, "", "")


def test_many_mistakes_end(tmp_path):
    status, out, err = check(tmp_path, b"[main]\n" + b"nonsense\n" * 10000)
    lines = out.splitlines()
    assert (status, err, len(lines)) == (100, "", 51)
    assert lines[0] == f"{INI}:2: expected KEY = VALUE"
    assert lines[50] == f"{INI}:52: the rest is not read: too many mistakes"


def test_bytes_that_are_not_utf_8(tmp_path):
    """Latin-1 in a comment and in a value is nobody's mistake."""
    assert check(tmp_path, b"# \xe4\n[environment]\nCITY = K\xf6ln\n") == (0, "", "")


def test_a_value_cannot_forge_a_line(tmp_path):
    """What a value holds is printed on its line, whatever it is."""
    status, out, _ = check(tmp_path, b"", env={"CARDEA_MAIN_STOP_SIGNAL": "X\nall is well\x1b[2J"})
    assert status == 100
    assert out == ("CARDEA_MAIN_STOP_SIGNAL: main.stop_signal: cannot parse signal 'X\\x0aall is "
                   "well\\x1b[2J': expected a name like SIGTERM or SIGRTMIN+3, or a number 1 to 64\n")


def test_a_variable_of_any_length(tmp_path):
    status, out, _ = check(tmp_path, b"", env={"CARDEA_MAIN_STOP_SIGNAL": "x" * 100000})
    assert status == 100
    assert len(out) < 300
