# SPDX-License-Identifier: Apache-2.0
"""
Writes docs/benchmarks.md from the figures. What is between the two marks is written by
hand and kept.
"""

import os
import re

NOTES = "<!-- notes: written by hand, kept by the run -->"
NOTES_END = "<!-- end of notes -->"


def us(ns):
    return f"{ns / 1000:,.1f}"


def table(head, rows):
    lines = [
        "| " + " | ".join(head) + " |",
        "|" + "|".join(["---"] + ["---:"] * (len(head) - 1)) + "|",
    ]
    return (
        "\n".join(lines + ["| " + " | ".join(str(c) for c in row) + " |" for row in rows])
        + "\n"
    )


def target(text, value, limit, unit="", why=""):
    """One row: what was wanted, what was measured, and by how much it was missed."""
    met = value <= limit
    verdict = (
        "met"
        if met
        else f"**missed by {(value / limit - 1) * 100:.0f} %**"
        if limit
        else "**missed**"
    )
    form = "{:.2f}" if isinstance(value, float) else "{}"
    return [text, form.format(value) + unit, form.format(limit) + unit, verdict + why]


def targets(r):
    """The rows of the table of targets; every figure comes from this run."""
    plain, hard, mem = r["plain"], r["hardened"], r["memory"]["cardea"]
    null = plain["null init"]
    peers = [n for n in plain if n not in ("null init", "cardea")]
    best_of = {
        kind: min(
            (n for n in peers if n.endswith("(musl)") == (kind == "musl")),
            key=lambda n: plain[n]["total"],
        )
        for kind in ("Debian", "musl")
    }
    script = hard["tini, entrypoint.sh, gosu"]["total"]
    peer = {
        n: v["p50"] for n, v in r["signals"].items() if n not in ("null init", "cardea")
    }
    fastest = min(peer, key=peer.get)
    mine = plain["cardea"]["total"]
    return [
        target("plain start-up, times the null init", mine / null["total"], 1.15),
        *(
            target(
                f"plain start-up, µs, against the fastest peer, {kind} build ({best})",
                mine / 1000,
                plain[best]["total"] / 1000,
            )
            for kind, best in best_of.items()
        ),
        target(
            "hardened start-up, times plain",
            hard["cardea, hardened"]["total"] / hard["cardea"]["total"],
            2.0,
        ),
        target(
            "hardened start-up, share of `tini -- entrypoint.sh` with gosu (1/15)",
            hard["cardea, hardened"]["total"] / script,
            1 / 15,
        ),
        target("system calls before main's exec, plain", int(r["calls"]["cardea"]), 30),
        target("wake-ups at rest in %d s" % r["rest_s"], r["wake_ups"]["cardea"], 0),
        target("private dirty memory at rest", mem["dirty"], 40, " KiB"),
        target("RSS at rest", mem["rss"], 256, " KiB"),
        target(
            "processor time per orphan, times the null init",
            r["orphans"]["cardea"] / r["orphans"]["null init"],
            1.1,
        ),
        target(
            f"signal latency p50, times the fastest peer's ({fastest})",
            r["signals"]["cardea"]["p50"] / peer[fastest],
            1.05,
        ),
        target("size, stripped", r["sizes"]["cardea"]["file"] / 1024, 300.0, " KiB"),
    ]


def start_table(figures):
    null = figures["null init"]
    rows = [
        [
            n,
            us(v["total"]),
            us(v["total_p99"]),
            f"{v['total'] / null['total']:.2f}",
            us(v["own"]),
            f"{v['own'] / null['own']:.2f}",
        ]
        for n, v in figures.items()
    ]
    return table(
        ["", "median µs", "p99 µs", "times null", "from its exec µs", "times null"],
        rows,
    )


def counts_table(r):
    def cell(figures, name):
        return f"{figures[name]:,.0f}" if name in figures else "not counted"

    return table(
        ["", "system calls", "user instructions", "callgrind, exec to exit"],
        [
            [n, f"{v:,.0f}", cell(r["instructions"], n), cell(r["callgrind"], n)]
            for n, v in r["calls"].items()
        ],
    )


def memory_table(r):
    return table(
        [
            "",
            "RSS KiB",
            "PSS",
            "private clean",
            "private dirty",
            f"wake-ups in {r['rest_s']} s",
        ],
        [
            [n, m["rss"], m["pss"], m["clean"], m["dirty"], r["wake_ups"][n]]
            for n, m in r["memory"].items()
        ],
    )


def orphan_table(r):
    null = r["orphans"]["null init"]
    return table(
        ["", "ns per orphan", "times null"],
        [[n, f"{v:,.0f}", f"{v / null:.2f}"] for n, v in r["orphans"].items()],
    )


def signal_table(r):
    null = r["signals"]["null init"]["p50"]
    return table(
        ["", "p50 µs", "p99 µs", "p50 times null"],
        [
            [n, us(v["p50"]), us(v["p99"]), f"{v['p50'] / null:.2f}"]
            for n, v in r["signals"].items()
        ],
    )


def size_table(r):
    return table(
        ["", "bytes", "needs"],
        [
            [
                n,
                f"{v['file']:,}",
                ", ".join(f"{b} ({s:,})" for b, s in v["libs"]) or "nothing",
            ]
            for n, v in r["sizes"].items()
        ],
    )


def notes_of(path):
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            kept = re.search(
                re.escape(NOTES) + r"\n(.*)" + re.escape(NOTES_END), f.read(), re.S
            )
        if kept:
            return kept.group(1)
    return "\n"


def write(path, r):
    body = f"""# Benchmarks

Written by `make bench`; only the notes at the end are by hand. Absolute figures belong to
this machine, the ratios travel better. All contestants take turns within one run, on one
processor, in {r['cgroup']}.

{r['machine']}

Peers, as Debian builds them: {r['versions']}.
"(musl)": built static from Debian's source with `musl-gcc`.
The null init is `tests/bench/null_init.c`: no libc, five system calls, no feature; nothing
can start faster and still be an init.

## Targets

{table(["", "measured", "at most", ""], targets(r))}
## Start-up, plain

From the `clone` of the new pid namespace to main's first instruction, and the part from
the init's own exec on. {r['rounds']} starts of each.

{start_table(r['plain'])}
## Start-up, hardened

Main as another user with five secrets from files in its environment. cardea also drops
all capabilities and loads its default seccomp filter, which the scripts do not.
"entrypoint.sh" reads each file with `$(cat FILE)`, as images commonly do; the other
script does it with the shell's `read` and so forks nothing.

{start_table(r['hardened'])}
## What is done before main's exec

Counted by ptrace in the init and its children, plain start, until main's first
instruction; instructions one step at a time. main's own exec counts. The last column is
callgrind's count for PID 1 alone, from its exec to its exit: without the child, which
callgrind does not follow into its exec, but with reaping and the end.

{counts_table(r)}
## At rest

Half a second after main's start, the median of nine starts (three in a quick run). s6
counts `s6-svscan` and the `s6-supervise` it needs for each service.

{memory_table(r)}
## Processor time per orphan

PID 1's own, while main leaves {r['orphan_count']:,} orphans behind.

{orphan_table(r)}
## Signal latency

From `kill` on PID 1 to main's return from `sigtimedwait`, {r['signal_count']:,} signals
each, everything asleep before.

{signal_table(r)}
## Size

{size_table(r)}
## Notes

{NOTES}
{notes_of(path)}{NOTES_END}
"""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(body)
