# SPDX-License-Identifier: Apache-2.0
"""seccomp-profiles/README.md: every call of the kernel's headers is in exactly one group, and the
built-in profile does with it what the group says."""

import collections
import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
CARDEA = os.environ.get("CARDEA", str(ROOT / "build/cardea"))
README = (ROOT / "seccomp-profiles/README.md").read_text()
HEADERS = {
    "x86_64": "#include <asm/unistd_64.h>",
    # what the generic table gives a 64-bit machine, whatever machine this is
    "aarch64": "#define __BITS_PER_LONG 64\n#define __ARCH_WANT_RENAMEAT\n#define __ARCH_WANT_NEW_STAT\n"
               "#define __ARCH_WANT_SET_GET_RLIMIT\n#define __ARCH_WANT_TIME32_SYSCALLS\n"
               "#define __ARCH_WANT_SYS_CLONE3\n#define __ARCH_WANT_MEMFD_SECRET\n#include <asm-generic/unistd.h>",
}
NOT_CALLS = {"arch_specific_syscall", "syscalls"}
# asm-generic's own names for what libseccomp and aarch64 call otherwise
RENAMED = {"fstatat": "newfstatat", "sync_file_range2": "sync_file_range2"}


def section(title):
    return re.search(rf"^## {title}$(.*?)(?=^## |\Z)", README, re.M | re.S).group(1)


def column(title, n):
    rows = [r.split("|") for r in section(title).splitlines() if r.startswith("| ")]
    return [re.findall(r"`(\w+)`", r[n]) for r in rows]


def groups():
    found = {
        "in": column("In", 2),
        "argument": column("In, by argument", 1),
        "capability": column("In with a capability", 2),
        "out": column("Out", 2),
    }
    return {verdict: [c for row in rows for c in row] for verdict, rows in found.items()}


def header_calls(arch):
    out = subprocess.run(["cc", "-E", "-dM", "-"], input=HEADERS[arch], capture_output=True, text=True, check=True)
    names = set(re.findall(r"^#define __NR(?:3264)?_(\w+) ", out.stdout, re.M)) - NOT_CALLS
    return {RENAMED.get(n, n) for n in names}


def shown(arch, *more):
    """call -> its answer, as the compiled program gives it."""
    out = subprocess.run([CARDEA, "seccomp", "show", "default", "--arch", arch, "--kernel", "6.1", *more],
                         capture_output=True, text=True, check=True).stdout
    answers = {}
    for answer, names in re.findall(r"^(\S[^\n]*) \(\d+\)\n((?:    .*\n)+)", out, re.M):
        for name in re.findall(r"^    (\w+):", names, re.M) or names.split():
            answers[name] = answer
    return answers


def test_every_call_is_in_one_group():
    counts = collections.Counter(c for calls in groups().values() for c in calls)
    assert [c for c, n in counts.items() if n > 1] == []
    for arch in HEADERS:
        calls = header_calls(arch)
        assert len(calls) > 280
        assert sorted(calls - counts.keys()) == []
    profile = json.loads((ROOT / "seccomp-profiles/default.json").read_text())
    named = {n for r in profile["syscalls"] for n in r["names"]}
    assert sorted(named - counts.keys()) == []


@pytest.mark.parametrize("arch", [*HEADERS])
def test_the_program_does_as_the_groups_say(arch):
    plain, capable = shown(arch), shown(arch, "--cap", "ALL")
    wrong = []
    for verdict, calls in groups().items():
        for call in calls:
            got, with_all = plain.get(call), capable.get(call)
            if got is None:
                continue  # not a call of this machine, or newer than libseccomp
            expected = {"in": got == "allow", "argument": got == "by argument",
                        "capability": got in ("errno 1", "errno 38") and with_all == "allow",
                        "out": got == "errno 1" and with_all == "errno 1"}[verdict]
            if not expected:
                wrong.append((call, verdict, got, with_all))
    assert wrong == []
    assert plain["clone3"] == "errno 38" and capable["clone3"] == "allow"


@pytest.mark.parametrize("profile", ["default", "web", "database", "worker", "strict"])
def test_the_figures_are_those_of_the_profiles(profile):
    path = profile if profile == "default" else ROOT / f"seccomp-profiles/{profile}.json"
    out = subprocess.run([CARDEA, "seccomp", "show", path, "--arch", "x86_64", "--kernel", "6.1"],
                         capture_output=True, text=True, check=True).stdout
    n = re.search(r"^(\d+) instructions", out, re.M).group(1)
    allowed = re.search(r"^allow \((\d+)\)", out, re.M).group(1)
    some = re.search(r"^by argument \((\d+)\)", out, re.M).group(1)
    assert re.search(rf"^\| {profile} \| .* \| {n} \| {allowed}, {some} by argument \|$", README, re.M)
