# SPDX-License-Identifier: Apache-2.0
"""The literal blocks of the documents, and what is to be done with each.

A line before a block says it: in a man page the comment  .\\" run: KIND ARGUMENT...  before .Bd, in
Markdown the comment  <!-- run: KIND ARGUMENT... -->  before the fence. Every block has one.

    file PATH       the block is the content of that file, which later blocks use
    config          a configuration that `cardea check` has nothing to say about
    session         commands after "$ ", and the output of each; "..." stands for any text, on a line
                    of its own for any lines; what follows is one shell, to the document's end
    session root    the same, where several user ids are needed
    session docker  the same, with a Docker engine, outside of the box: it begins in a checkout
    dockerfile      lines of a Dockerfile that builds, on an image that has nothing but /sbin/cardea,
    dockerfile BASE or on BASE with /sbin/cardea
    none REASON     not executed, for that reason
"""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = {"file", "config", "session", "dockerfile", "none"}

MARKS = {
    ".md": re.compile(r"<!-- run: (?P<words>.*?) -->$"),
    "mdoc": re.compile(r'\.\\" run: (?P<words>.*)$'),
}
FENCES = {
    ".md": (re.compile(r"```\S*$"), re.compile(r"```$")),
    "mdoc": (re.compile(r"\.Bd -literal"), re.compile(r"\.Ed$")),
}
ESCAPES = {r"\e": "\\", r"\(aq": "'", r"\(dq": '"', r"\&": "", r"\-": "-", r"\ ": " "}


@dataclasses.dataclass
class Block:
    document: pathlib.Path
    line: int  # of its first line of text
    kind: str  # "" when nothing says it
    words: list
    text: str

    @property
    def where(self):
        return f"{self.document.relative_to(ROOT)}:{self.line}"

    @property
    def world(self):
        """Where a session runs: any, root or docker."""
        return self.words[0] if self.words else "any"


def is_markdown(path):
    return path.suffix == ".md"


def plain(text):
    """mdoc's text as it is printed."""
    for escape, char in ESCAPES.items():
        if escape != r"\e":
            text = text.replace(escape, char)
    return text.replace(r"\e", "\\")


def blocks(path):
    """All literal blocks of a document, in order."""
    dialect = ".md" if is_markdown(path) else "mdoc"
    (begin, end), mark = FENCES[dialect], MARKS[dialect]
    found, words, start, lines = [], None, None, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if start is not None:
            if not end.match(line):
                lines.append(line)
                continue
            text = "".join(f"{one}\n" for one in lines)
            kind, *rest = words.split() if words else [""]
            found.append(Block(path, start, kind, rest,
                               text if is_markdown(path) else plain(text)))
            words = start = None
        elif begin.match(line):
            start, lines = number + 1, []
        elif mark.match(line):
            words = mark.match(line)["words"]
        elif line.strip():
            words = None
    assert start is None, f"{path}:{start}: the block has no end"
    return found


@dataclasses.dataclass
class Command:
    line: int
    text: str
    expected: list


def commands(block):
    """The commands of a session, each with the lines that follow it."""
    found, unfinished = [], None
    for number, line in enumerate(block.text.splitlines(), block.line):
        if unfinished:
            found[-1].text += "\n" + line
            unfinished = unfinished if line != unfinished and unfinished != "\\" else None
            if line.endswith("\\"):
                unfinished = "\\"
        elif line.startswith("$ "):
            found.append(Command(number, line[2:], []))
            here = re.search(r"<<-?'?(\w+)'?", line)
            unfinished = here[1] if here else "\\" if line.endswith("\\") else None
        else:
            assert found, f"{block.document}:{number}: there is no command before this output"
            found[-1].expected.append(line)
    return found


def matches(expected, seen):
    """Do the lines fit, with what "..." stands for?"""
    parts = []
    for line in expected:
        if line.strip() == "...":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*".join(map(re.escape, line.split("..."))) + r"\n")
    return re.fullmatch("".join(parts), "".join(f"{line}\n" for line in seen)) is not None
