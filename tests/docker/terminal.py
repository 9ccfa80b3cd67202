# SPDX-License-Identifier: Apache-2.0
"""A terminal with a program on it: what a person at a keyboard does and sees."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from lab import LabError


class Terminal:
    def __init__(self, argv, rows=24, columns=80):
        self.seen = ""
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave,
                                        start_new_session=True, preexec_fn=self._take_terminal)
        os.close(slave)

    @staticmethod
    def _take_terminal():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def resize(self, rows, columns):
        """As a window manager does it: the foreground program gets SIGWINCH."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def _read(self, limit):
        if not select.select([self.master], [], [], limit)[0]:
            return False
        try:
            data = os.read(self.master, 4096)
        except OSError:  # the last holder of the other side is gone
            data = b""
        self.seen += data.decode(errors="replace")
        return bool(data)

    def expect(self, pattern, deadline=20):
        """Read until the pattern shows up; forget everything up to its end, return the match."""
        end = time.monotonic() + deadline
        while True:
            match = re.search(pattern, self.seen)
            if match:
                self.seen = self.seen[match.end():]
                return match
            left = end - time.monotonic()
            if left <= 0 or (not self._read(left) and self.process.poll() is not None):
                raise LabError(f"{pattern!r} does not show up; seen: {self.seen!r}")

    def shows(self, pattern, deadline):
        try:
            return self.expect(pattern, deadline) is not None
        except LabError:
            return False

    def wait(self, deadline=20):
        """Read until the program ends; its exit status."""
        end = time.monotonic() + deadline
        while self.process.poll() is None:
            if time.monotonic() > end:
                raise LabError(f"does not end; seen: {self.seen!r}")
            self._read(0.05)
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
