# SPDX-License-Identifier: Apache-2.0
"""Commands of a document, run one after the other by one shell; what each printed."""

import difflib

from blocks import Command, commands, matches

END = "END OF THE FILE"
MARK = "\x1e"  # no output has it: "record separator"


def script(todo):
    """What the shell is given: a line with MARK before the output of every command."""
    parts = ["exec 2>&1\n", f"mark() {{ set -- $? $1; printf '{MARK}%s\\n' $2; return $1; }}\n"]
    for number, command in enumerate(todo):
        parts.append(f"mark {number}\n{command.text}\n")
    parts.append("mark end\n")
    return "".join(parts)


def outputs(text):
    """{number: lines}; what was printed before the first mark is there as ''."""
    found, key = {"": []}, ""
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith(MARK):
            key = line[1:]
            found[key] = []
        elif MARK in line:  # the command's last line had no newline
            last, key = line.split(MARK)
            found[list(found)[-1]].append(last)
            found[key] = []
        else:
            found[key].append(line)
    return found


def making(block):
    """The command that makes the file which a block is."""
    path = block.words[0]
    return Command(block.line, f"mkdir -p $(dirname {path}); cat >{path} <<'{END}'\n{block.text}{END}",
                   [])


def differences(blocks, run):
    """Run the sessions, make the files, and say where what was printed is not what is said."""
    todo = [(block, command) for block in blocks
            for command in ([making(block)] if block.kind == "file" else commands(block))]
    seen = outputs(run(script([command for _, command in todo])))
    wrong = [] if "end" in seen else [f"the shell did not come to its end: {seen}"]
    for number, (block, command) in enumerate(todo):
        lines = seen.get(str(number), ["(not reached)"])
        if not matches(command.expected, lines):
            name = f"{block.document.name}:{command.line}"
            wrong.append("\n".join(difflib.unified_diff(
                command.expected, lines, f"{name}: $ {command.text}", "printed", lineterm="")))
    return wrong
