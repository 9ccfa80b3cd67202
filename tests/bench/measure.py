# SPDX-License-Identifier: Apache-2.0
"""
The measurements. Each returns {contestant's name: figures}; nothing here judges them.
"""

import os
import re
import signal
import statistics
import subprocess
import time

from contestants import BUILD

DRIVER = os.path.join(BUILD, "driver")
ENV = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
DEADLINE = 30  # seconds, for anything that should take a moment


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def drive(subcommand, specs, env=None):
    """
    Runs the driver over (name, words) specs; returns {name: [[figure, ...] per
    sample]}.
    """
    text = "".join("\t".join([name, *words]) + "\n" for name, words in specs)
    done = subprocess.run(
        [DRIVER, *map(str, subcommand)],
        input=text,
        stdout=subprocess.PIPE,
        text=True,
        env={**ENV, **(env or {})},
        check=True,
    )
    samples = {name: [] for name, _ in specs}
    for line in done.stdout.splitlines():
        name, *figures = line.split("\t")
        samples[name].append([int(f) for f in figures])
    return samples


def start_up(listed, probe, rounds, env=None):
    """
    Nanoseconds to main's first instruction: from the clone of the namespace, and from
    the init's exec.
    """
    specs = [(c.name, c.command(probe, "stamp")) for c in listed]
    drive(["start", max(2, rounds // 20)], specs, env)  # page cache and branch predictors
    out = {}
    for name, rows in drive(["start", rounds], specs, env).items():
        total, own = zip(*rows)
        out[name] = {
            "total": statistics.median(total),
            "total_p99": percentile(total, 0.99),
            "own": statistics.median(own),
            "own_p99": percentile(own, 0.99),
        }
    return out


def counts(listed, probe, what, rounds, env=None):
    """
    System calls, or user instructions, of init and children until main's exec: the
    median of the rounds. Not the instructions of a supervisor: it takes minutes to step
    through its millions.
    """
    specs = [
        (c.name, c.command(probe, "stamp"))
        for c in listed
        if what == "syscalls" or c.ends_with_main
    ]
    rows = drive(["count", what, probe, rounds], specs, env)
    return {name: statistics.median(r[0] for r in row) for name, row in rows.items()}


def callgrind(listed, probe):
    """
    The instructions callgrind sees in the init's own process, as PID 1 and from its exec
    to its exit: a second opinion on counts(), without the child and with the end. Not
    for a supervisor, which does not end with main.
    """
    tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    out = {}
    for c in listed:
        if not c.ends_with_main:
            continue
        done = subprocess.run(
            ["unshare", "--pid", "--fork", "--mount-proc", *tool]
            + c.command(probe, "idle"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=ENV,
            check=False,
            timeout=DEADLINE,
        )
        seen = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode != 0 or not seen:
            raise SystemExit(f"bench: error: callgrind, {c.name}: {done.stderr}")
        out[c.name] = int(seen.group(1))
    return out


class Held:
    """
    A contestant that runs, as PID 1 of its namespace, with a workload that waits to be
    told.
    """

    def __init__(self, contestant, probe, *args):
        words = contestant.command(probe, *args)
        self.ends_with_main = contestant.ends_with_main
        self.driver = subprocess.Popen(
            [DRIVER, "hold", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=ENV,
            bufsize=0,
        )
        self.pid = int(self.driver.stdout.readline())
        self.hear(b"r")

    def hear(self, expected):
        got = self.driver.stdout.read(1)
        if got != expected:
            raise SystemExit(
                f"bench: error: {self.driver.args} said {got!r} instead of {expected!r}"
            )

    def tell(self):
        self.driver.stdin.write(b"g")

    def end(self):
        self.driver.stdin.close()
        self.driver.stdout.close()
        if not self.ends_with_main:
            os.kill(self.pid, signal.SIGKILL)
            self.driver.wait(DEADLINE)
        elif self.driver.wait(DEADLINE) != 0:
            raise SystemExit(
                f"bench: error: {self.driver.args} ended with {self.driver.returncode}"
            )

    def family(self):
        """
        PID 1 and those of its descendants that are part of the init (s6's supervisor),
        not the workload.
        """
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as f:
            children = [int(p) for p in f.read().split()]
        return [self.pid] + [
            p for p in children if os.readlink(f"/proc/{p}/exe").endswith("s6-supervise")
        ]

    def switches(self):
        """Times PID 1 and its helpers left the processor: how often they woke up."""
        total = 0
        for pid in self.family():
            with open(f"/proc/{pid}/status", encoding="ascii") as f:
                total += sum(
                    int(line.split()[1]) for line in f if "ctxt_switches" in line
                )
        return total

    def memory(self):
        """KiB, from smaps_rollup, of PID 1 and its helpers."""
        total = {}
        for pid in self.family():
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
                for line in f:
                    key, _, rest = line.partition(":")
                    if rest.strip().endswith("kB"):
                        total[key] = total.get(key, 0) + int(rest.split()[0])
        return {
            "rss": total["Rss"],
            "pss": total["Pss"],
            "clean": total["Private_Clean"],
            "dirty": total["Private_Dirty"],
        }

    def cpu_ns(self):
        """Processor time of PID 1 alone, once it has come to rest."""
        before, end = -1, time.monotonic() + DEADLINE
        while time.monotonic() < end:
            with open(f"/proc/{self.pid}/schedstat", encoding="ascii") as f:
                now = int(f.read().split()[0])
            if now == before:
                return now
            before = now
            time.sleep(0.05)
        raise SystemExit(f"bench: error: {self.driver.args} does not come to rest")


def memory(listed, probe, settle, rounds):
    """
    One at a time, so that no page is shared with another contestant; medians, because
    the kernel maps blocks of pages around each fault and random addresses move them.
    """
    os.sync()  # pages of a program just written count as dirty until they are on disk
    rows = {c.name: [] for c in listed}
    for _ in range(rounds):
        for c in listed:
            held = Held(c, probe, "idle")
            time.sleep(settle)
            rows[c.name].append(held.memory())
            held.end()
    return {
        name: {key: int(statistics.median_low([m[key] for m in row])) for key in row[0]}
        for name, row in rows.items()
    }


def wake_ups(listed, probe, settle, seconds):
    held = {c.name: Held(c, probe, "idle") for c in listed}
    time.sleep(settle)
    before = {name: h.switches() for name, h in held.items()}
    time.sleep(seconds)
    out = {name: h.switches() - before[name] for name, h in held.items()}
    for h in held.values():
        h.end()
    return out


def orphans(listed, probe, rounds, each):
    """
    Nanoseconds of PID 1's processor time for one reaped orphan, the median of the
    rounds.
    """
    rows = {c.name: [] for c in listed}
    for _ in range(rounds):
        for c in listed:
            held = Held(c, probe, "orphans", str(each))
            before = held.cpu_ns()
            held.tell()
            held.hear(b"d")
            rows[c.name].append((held.cpu_ns() - before) / each)
            held.end()
    return {name: statistics.median(r) for name, r in rows.items()}


def signal_latency(listed, probe, work, rounds, each):
    """Nanoseconds from kill(2) on PID 1 to main's return from sigtimedwait(2)."""
    page = os.path.join(work, "page")
    specs = [
        (c.name, c.command(probe, "signals", page)) for c in listed if c.ends_with_main
    ]
    out = {}
    for name, rows in drive(["signals", page, rounds, each], specs).items():
        values = [r[0] for r in rows]
        out[name] = {"p50": statistics.median(values), "p99": percentile(values, 0.99)}
    return out


def sizes(listed):
    """Bytes of the program, and the shared libraries it maps with theirs."""
    out = {}
    for c in listed:
        libs = []
        done = subprocess.run(
            ["ldd", c.program], capture_output=True, text=True, check=False
        )
        for line in done.stdout.splitlines() if done.returncode == 0 else ():
            libs += [w for w in line.split() if w.startswith("/")]
        out[c.name] = {
            "file": os.path.getsize(c.program),
            "libs": [(os.path.basename(p), os.path.getsize(p)) for p in libs],
        }
    return out
