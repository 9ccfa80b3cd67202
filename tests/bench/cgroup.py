# SPDX-License-Identifier: Apache-2.0
"""
One cpu cgroup for everything: outside one the scheduler's autogroup gives each session
its own share, which flatters inits that call setsid(2).
"""

import os

NAME = "cardea-bench"
V1 = "/sys/fs/cgroup/cpu"
V2 = "/sys/fs/cgroup"


def write(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def own(controller):
    """This process's cgroup path: of a version 1 controller, or of version 2 for ''."""
    with open("/proc/self/cgroup", encoding="ascii") as f:
        for line in f:
            _, names, path = line.rstrip("\n").split(":", 2)
            if controller in names.split(","):
                return path
    return None


def autogroup():
    try:
        with open("/proc/sys/kernel/sched_autogroup_enabled", encoding="ascii") as f:
            return f.read().strip() == "1"
    except OSError:
        return False


class CpuGroup:
    """
    Moves this process into a cpu cgroup of its own for the time of a with statement;
    text says how it went.
    """

    def __init__(self):
        self.made = self.back = None
        self.text = ""

    def __enter__(self):
        try:
            self.enter()
        except OSError as e:
            self.text = f"no cpu cgroup could be made ({e.strerror}); autogroup " + (
                "on: inits that call setsid are flattered" if autogroup() else "off"
            )
        return self

    def enter(self):
        if os.path.exists(os.path.join(V1, "cgroup.procs")) and own("cpu") is not None:
            base, self.text = V1, "one cgroup (version 1, cpu)"
        elif own("") not in (None, "/") and os.path.exists(V2 + own("") + "/cpu.weight"):
            self.text = "one cgroup (version 2, cpu), the one the run was started in"
            return
        else:
            base, self.text = V2, "one cgroup (version 2, cpu)"
            write(os.path.join(V2, "cgroup.subtree_control"), "+cpu")
        home = base + (own("cpu") or own("") or "/")
        made = os.path.join(base, NAME)
        os.makedirs(made, exist_ok=True)
        write(os.path.join(made, "cgroup.procs"), str(os.getpid()))
        self.made, self.back = made, home

    def __exit__(self, *_):
        if self.made:
            write(os.path.join(self.back, "cgroup.procs"), str(os.getpid()))
            os.rmdir(self.made)
