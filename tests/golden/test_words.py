# SPDX-License-Identifier: Apache-2.0
"""The unit test's table of words is what this machine's shell makes of the same texts."""

import ast
import pathlib
import re
import subprocess

TABLE = pathlib.Path(__file__).parent.parent / "unit" / "words.def"
STRING = r'"(?:[^"\\]|\\.)*"'


def rows():
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(rf"WORDS\(({STRING}), (.*)\)", line)
        if match:
            strings = [ast.literal_eval("b" + s) for s in re.findall(STRING, match[2])]
            yield ast.literal_eval("b" + match[1]), strings


def test_a_shell_agrees():
    table = list(rows())
    assert len(table) > 30
    for text, words in table:
        if text == b"a\nb":
            continue  # to a shell the end of a command; a value is only one
        done = subprocess.run(
            ["sh", "-c", b'for word in ' + text + b'\ndo printf "%s\\0" "$word"; done'],
            capture_output=True, check=True, timeout=10)
        got = done.stdout.split(b"\0")[:-1]
        assert got == words, text
