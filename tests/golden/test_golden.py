# SPDX-License-Identifier: Apache-2.0
"""Every directory of cases/ is a test:

    root/      files, laid over base/: the only ones there are
    run        the command line, then how it is started, one thing a line:
                   env NAME=VALUE       a variable; there are no others
                   uid N                who starts it (0)
                   pid1                 as PID 1
                   mode OCTAL PATH      of a file; otherwise 0644
                   mkdir PATH           an empty directory
                   link TARGET PATH     a symbolic link
                   fifo PATH            a named pipe
    expected   exit status, standard output and standard error

Nothing here writes an `expected`: a failure prints the difference, and who wants the new text
puts it there by hand."""

import difflib
import os
import shlex

import pytest

from golden import HERE, Root

CASES = sorted(case.name for case in (HERE / "cases").iterdir())


def prepare(case, root):
    """Fill root; returns the arguments for Root.run."""
    if (case / "root").is_dir():
        root.copy(case / "root")
    first, *rest = [line for line in (case / "run").read_text().splitlines()
                    if line and not line.startswith("#")]
    how = {"env": {}, "uid": 0, "pid1": False}
    for line in rest:
        what, *words = shlex.split(line)
        if what == "env":
            name, value = line.split(" ", 1)[1].split("=", 1)
            how["env"][name] = value
        elif what == "uid":
            how["uid"] = int(words[0])
        elif what == "pid1":
            how["pid1"] = True
        elif what == "mode":
            (root.path / words[1]).chmod(int(words[0], 8))
        elif what == "mkdir":
            (root.path / words[0]).mkdir(parents=True)
        elif what == "link":
            (root.path / words[1]).symlink_to(words[0])
        elif what == "fifo":
            os.mkfifo(root.path / words[0])
        else:
            pytest.fail(f"{case.name}/run: cannot understand '{line}'")
    return shlex.split(first), how


@pytest.mark.parametrize("name", CASES)
def test_case(name, tmp_path):
    case = HERE / "cases" / name
    root = Root(tmp_path / "root")
    argv, how = prepare(case, root)
    expected = (case / "expected").read_text()
    got = root.run(*argv, **how)
    if got != expected:
        diff = difflib.unified_diff(expected.splitlines(True), got.splitlines(True),
                                    f"{name}/expected", "what it said")
        pytest.fail("".join(diff), pytrace=False)


def test_there_are_cases():
    assert len(CASES) >= 20
