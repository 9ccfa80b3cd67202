# SPDX-License-Identifier: Apache-2.0
"""A root directory with nothing in it but cardea and a case's files, and what cardea says there."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


class Root:
    """The directory that is "/" for the program; base/ is in each."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        shutil.copytree(HERE / "base", self.path)
        self.add("sbin/cardea", pathlib.Path(os.environ["CARDEA"]).read_bytes(), 0o755)

    def add(self, name, content, mode=0o644):
        """Write a file, its directories included."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        file.chmod(mode)

    def copy(self, tree):
        """Lay all files of a directory over what is there."""
        for file in sorted(tree.rglob("*")):
            if file.is_file():
                self.add(file.relative_to(tree), file.read_bytes())

    def run(self, *argv, env=None, uid=0, pid1=False):
        """What it answers, as an `expected` file has it."""
        how = {"root": str(self.path), "uid": uid, "pid1": pid1, "env": env or {}}
        done = subprocess.run(
            [sys.executable, "-I", HERE / "launch.py", json.dumps(how), *argv],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
        return (f"exit status {done.returncode}\n--- stdout\n".encode() + done.stdout
                + b"--- stderr\n" + done.stderr).decode(errors="backslashreplace")
