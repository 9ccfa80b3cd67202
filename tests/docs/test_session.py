# SPDX-License-Identifier: Apache-2.0
"""What runs the examples notices when they are wrong."""

import pathlib
import subprocess

import pytest

from blocks import Block, blocks, commands, matches
from session import differences


def block(text, kind="session", words=()):
    return Block(pathlib.Path("page.8"), 1, kind, list(words), text)


def shell(script):
    return subprocess.run(["sh", "-c", script], text=True, check=False, stdout=subprocess.PIPE).stdout


@pytest.mark.parametrize("expected, seen, fits", [
    ([], [], True),
    ([], ["x"], False),
    (["x"], [], False),
    (["a...c"], ["abc"], True),
    (["a...c"], ["abd"], False),
    (["a", "...", "c"], ["a", "c"], True),
    (["a", "...", "c"], ["a", "b", "b", "c"], True),
    (["a", "...", "c"], ["a", "b"], False),
    (["a.c"], ["abc"], False),
])
def test_matches(expected, seen, fits):
    assert matches(expected, seen) is fits


def test_commands_go_on_over_lines():
    found = commands(block("$ a \\\n  b\nout\n$ cat <<'END'\n$ not a command\nEND\n$ c\n"))
    assert [(one.text, one.expected) for one in found] == [
        ("a \\\n  b", ["out"]), ("cat <<'END'\n$ not a command\nEND", []), ("c", [])]


def test_right_output_is_right():
    assert differences([block("$ echo a; printf b\na\nb\n$ false\n$ echo $?\n1\n")], shell) == []


def test_wrong_output_is_noticed_with_its_place():
    wrong = differences([block("$ true\n$ echo a\nb\n")], shell)
    assert len(wrong) == 1 and "page.8:2" in wrong[0] and "+a" in wrong[0]


def test_a_shell_that_ends_early_is_noticed():
    assert differences([block("$ exit 0\n$ true\n")], shell)


def test_files_are_made(tmp_path):
    file = block("$HOME\n", "file", [f"{tmp_path}/dir/file"])
    assert differences([file, block(f"$ cat {tmp_path}/dir/file\n$HOME\n")], shell) == []


def test_blocks_of_both_dialects(tmp_path):
    page = tmp_path / "page.8"
    page.write_text('.\\" run: session root\n.Bd -literal\n$ echo \\(aq\\e\\(aq\n.Ed\n.Bd -literal\nx\n.Ed\n')
    text = tmp_path / "page.md"
    text.write_text("<!-- run: file a b -->\n```ini\nx\n```\n\n<!-- run: config -->\ntext\n```\ny\n```\n")
    assert [(one.kind, one.words, one.text) for one in blocks(page)] == [
        ("session", ["root"], "$ echo '\\'\n"), ("", [], "x\n")]
    assert [(one.kind, one.words, one.text) for one in blocks(text)] == [
        ("file", ["a", "b"], "x\n"), ("", [], "y\n")]
