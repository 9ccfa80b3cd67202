# SPDX-License-Identifier: Apache-2.0
"""What the kernel says about processes, read from this machine's /proc.

Containers of a local engine are ordinary processes here, so nothing has to be in their
images to look at them, and nothing they do can change what is seen.
"""

import os


def read_status(pid):
    """/proc/PID/status as a dict of strings."""
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        pairs = (line.rstrip("\n").split(":", 1) for line in file)
        return {key: value.strip() for key, value in pairs}


def identity(pid):
    """What decides the rights of a process: ids, groups, capability sets, restrictions."""
    status = read_status(pid)
    sets = {name: int(status[name], 16)
            for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
    return {
        "uids": {int(word) for word in status["Uid"].split()},
        "gids": {int(word) for word in status["Gid"].split()},
        "groups": {int(word) for word in status["Groups"].split()},
        "no_new_privs": int(status["NoNewPrivs"]),
        "seccomp": int(status["Seccomp"]),
        "filters": int(status.get("Seccomp_filters", "0")),
        **sets,
    }


def name(pid):
    return read_status(pid)["Name"]


def environ(pid):
    with open(f"/proc/{pid}/environ", "rb") as file:
        words = file.read().split(b"\0")
    return dict(word.decode(errors="replace").split("=", 1) for word in words if b"=" in word)


def cmdline(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read().decode(errors="replace")


def _stat(pid):
    """(state, parent) from /proc/PID/stat; the name may hold blanks and parentheses."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        words = file.read().rpartition(")")[2].split()
    return words[0], int(words[1])


def table():
    """{pid: (state, parent)} of every process there is."""
    rows = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                rows[int(entry)] = _stat(entry)
            except (FileNotFoundError, ProcessLookupError):
                pass
    return rows


def descendants(pid):
    """{pid: state} of everything below a process, without itself."""
    rows = table()
    found, parents = {}, {pid}
    while parents:
        children = {child for child, (_, parent) in rows.items() if parent in parents}
        found.update((child, rows[child][0]) for child in children)
        parents = children
    return found


def zombies(pid):
    return [child for child, state in descendants(pid).items() if state == "Z"]


def seen(look, pids):
    """{pid: look(pid)} of those that have not ended meanwhile."""
    found = {}
    for pid in pids:
        try:
            found[pid] = look(pid)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def called(pid, words):
    """The descendants with these words as their arguments."""
    lines = seen(cmdline, descendants(pid))
    return [one for one, line in lines.items() if line.rstrip("\0").split("\0") == list(words)]
