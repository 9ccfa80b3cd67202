# SPDX-License-Identifier: Apache-2.0
"""Each system call of a full hardened start is made to fail in turn.

Main then runs with exactly what was asked for, or not at all: no failure may give it more. When
it does not run, cardea ends with the documented status and a message that names the step. Calls
whose failure changes nothing are listed below, each with the reason.
"""

import concurrent.futures
import errno
import json
import os
import pathlib
import re

import pytest

import harness

COMMON = """[main]
user = app
group_add = extra
env_file = /etc/app.env
working_dir = /srv
ulimits = core=0 nofile=100:200
umask = 027
oom_score_adj = 100
pass_fds = 5
[environment]
URL = db://app:${secret:PASSWORD}@db/
[secrets]
PASSWORD = password
[security]
cap_drop = ALL
"""
EVERYTHING = COMMON + """cap_add = NET_BIND_SERVICE
securebits = noroot noroot-locked
seccomp = default
read_only_paths = /
read_write_paths = /tmp /dev
"""


def asked_for(caps, securebits, seccomp):
    """The report of a main that all others are compared with: it has no more than this."""
    return {
        "uids": [1000] * 4, "gids": [1000] * 4, "groups": [29, 44, 1000, 3000], "cwd": "/srv", "umask": 0o27,
        "caps": dict.fromkeys(("effective", "permitted", "inheritable", "bounding", "ambient"), f"{caps:016x}"),
        "securebits": securebits, "no_new_privs": 1, "seccomp": seccomp, "oom_score_adj": 100, "mask": [],
        "ignored": [],
    }


# Configuration, mode, and what main must then be.
STARTS = {
    "everything": (EVERYTHING, "pid1", asked_for(harness.capbits("NET_BIND_SERVICE"), 3, 2)),
    "nothing kept": (COMMON, "subreaper", asked_for(0, 0, 0)),
}
VALUE = "s3cr3t-value"
STATUS = 42
STAGE = ["open=5:/etc/group:r", "setsid=0", "open=0:/dev/null:r"]
# Main stays for as long as cardea takes to give up its rights and come to rest.
WORDS = ["--", "/bin/probe", "report", ",", "sleep", "60", ",", "exit", str(STATUS)]
DEADLINE = 20

# What each call may plausibly fail with (section 2 of the manual pages), by name, or by name and
# first argument. "" stands for calls that cannot fail with the arguments they get here. A call that is
# not in this table fails the test. An error that is the call's answer anyway is left out.
ERRNOS = {
    "access": "EACCES ENOMEM",
    "arch_prctl": "",
    "bind": "EADDRINUSE ENOMEM",
    "brk": "ENOMEM",
    "capget": "EPERM",
    "capset": "EPERM",
    "chdir": "EACCES ENOENT ENOMEM",
    "clock_gettime": "",
    "clone": "EAGAIN ENOMEM",
    "close": "EIO EINTR",
    "close_range": "ENOSYS EPERM ENOMEM",
    "execve": "EACCES ENOENT ENOMEM E2BIG ETXTBSY",
    "exit": "",
    "exit_group": "",
    "fchown": "EPERM EROFS",
    "fcntl": "EBADF EINTR",
    "fstat": "EIO ENOMEM",
    "fstatfs": "EIO ENOSYS",
    "getdents64": "EIO",
    "getegid": "",
    "geteuid": "",
    "getgid": "",
    "getgroups": "EINVAL EPERM",
    "getpgid": "",
    "getpgrp": "",
    "getpid": "",
    "getppid": "",
    "getresgid": "EFAULT",
    "getresuid": "EFAULT",
    "getuid": "",
    "ioctl": "EIO ENOTTY EPERM",
    "kill": "EPERM ESRCH",
    "landlock_add_rule": "EINVAL ENOMEM",
    "landlock_create_ruleset": "ENOSYS EOPNOTSUPP ENOMEM",
    "landlock_restrict_self": "EPERM E2BIG ENOMEM",
    "lseek": "EINVAL",
    "lstat": "EACCES ENOMEM",
    "madvise": "EINVAL ENOMEM",
    "mlock2": "EPERM ENOMEM ENOSYS",
    "mmap": "ENOMEM EAGAIN",
    "mprotect": "ENOMEM EACCES",
    "munmap": "ENOMEM",
    "newfstatat": "EACCES EIO ENOMEM",
    "open": "EACCES EMFILE ENFILE ENOMEM EIO",
    "openat": "EACCES EMFILE ENFILE ENOMEM EIO",
    "poll": "EINTR ENOMEM",
    "ppoll": "EINTR ENOMEM",
    "prctl": "EPERM EINVAL",
    # EINVAL is how the kernel says that there is no such capability: none of those it has gets it.
    "prctl PR_CAPBSET_READ": "EPERM",
    "prctl PR_CAPBSET_DROP": "EPERM",
    "prctl PR_CAP_AMBIENT": "EPERM",
    "prlimit64": "EPERM EINVAL",
    "read": "EIO EINTR",
    "rt_sigaction": "",
    "rt_sigpending": "EFAULT",
    "rt_sigprocmask": "",
    "seccomp": "EINVAL ENOMEM EACCES",
    "set_tid_address": "",
    "setgroups": "EPERM ENOMEM",
    "setpgid": "EPERM EACCES",
    "setresgid": "EPERM EAGAIN",
    "setresuid": "EPERM EAGAIN",
    "signalfd4": "EMFILE ENFILE ENOMEM ENODEV",
    "setsockopt": "ENOMEM",
    "socket": "EMFILE ENFILE ENOMEM EACCES",
    "stat": "EACCES ENOMEM",
    "statx": "EACCES ENOMEM ENOSYS",
    "umask": "",
    "uname": "EFAULT",
    "vfork": "EAGAIN ENOMEM",
    # Not ECHILD: the kernel does not forget a child.
    "wait4": "EINTR",
    "waitid": "EINTR",
    "write": "EIO EINTR ENOSPC EACCES",
}
PR_SET_DUMPABLE = 4
OPTIONS = {23: "PR_CAPBSET_READ", 24: "PR_CAPBSET_DROP", 47: "PR_CAP_AMBIENT"}

# Failures after which main runs all the same, with what was asked for: segment, call, a pattern of its
# path or first argument, why, and what of the report may then be different.
TTY = "there is no terminal then that could be given to main"
HARMLESS = [
    ("start", "brk", "", "the libc takes memory from mmap instead", ()),
    ("start", "mmap", "0x[1-9a-f]", "a guard page that the libc would like below its heap", ()),
    ("start", "mlock2", "", "keeps secrets out of swap where the limit allows: a second line of defence", ()),
    ("start", "madvise", "", "keeps secrets out of a core that PID 1 never makes: a second line of defence", ()),
    ("start", "close", "", "the kernel has released the descriptor whatever it answers (close(2))", ()),
    ("start", "munmap", "", "a little memory more until exit", ()),
    ("start", "poll", "", "asks which of descriptors 0 to 2 are closed; unanswered, they are left alone", ()),
    ("start", "lstat", "/etc/cardea/cardea.ini", "the file is opened next, and that tells", ()),
    ("start", "open", "/dev/tty", TTY, ("foreground",)),
    ("start", "ioctl", "", TTY, ("foreground",)),
    ("start", "fcntl", "", "marks what was opened close-on-exec once more, as old kernels need it", ()),
    ("start", "fstat", "0x[012]$", "a pipe that main's user cannot open by name, as without cardea", ()),
    ("start", "fstatfs", "", "a pipe that main's user cannot open by name, as without cardea", ()),
    ("start", "fchown", "", "a pipe that main's user cannot open by name, as without cardea", ()),
    ("start", "uname", "", "the profile is then compiled in a process of its own", ("pid", "pgid", "foreground")),
    ("start", "rt_sigpending", "", "a stop that came before main is taken after its start", ()),
    ("child", "ioctl", "", "a terminal that hung up is no reason not to start", ("foreground",)),
    ("child", "close_range", "", "each descriptor is marked by itself", ()),
    ("child", "setresuid", "0x0$", "the proof that there is no way back: it has to fail", ()),
    ("after", "setresuid", "0x0$", "the proof that there is no way back: it has to fail", ()),
]

# With these PID 1 gives up its own rights once main runs; where it cannot, it ends with main.
GIVES_UP = ("setgroups", "setresgid", "setresuid", "capset", "getgroups", "getresgid", "getresuid", "prctl")


# What a message about a call of the child has to name.
STEPS = {
    "capset": "capabilities|securebits",
    "chdir": "directory '/srv'",
    "close_range": "descriptor",
    "execve": "cannot execute /bin/probe",
    "landlock_restrict_self": "Landlock",
    "prctl PR_CAPBSET_DROP": "bounding set, CAP_",
    "prctl PR_CAP_AMBIENT": "ambient|verification",
    "prctl PR_CAPBSET_READ": "verification.*bounding",
    "prlimit64": "limit (core|nofile)",
    "seccomp": "seccomp",
    "setgroups": "groups",
    "setpgid": "session or group",
    "setresgid": "group id",
    "setresuid": "user id",
}


def name_of_calls():
    """Call numbers to names, from the kernel's header for this machine."""
    machine = pathlib.Path(f"/usr/include/{os.uname().machine}-linux-gnu/asm/unistd_64.h")
    header = machine if machine.exists() else pathlib.Path("/usr/include/asm-generic/unistd.h")
    found = re.findall(r"#define __NR_(?:3264_)?(\w+)\s+(\d+)", header.read_text())
    return {int(number): name for name, number in found}


NAMES = {}


def name_of(call):
    name = NAMES.get(call["nr"], str(call["nr"]))
    option = OPTIONS.get(call["args"][0]) if name == "prctl" else None
    return f"{name} {option}" if option else name


class Fault:
    """One call of one start that is to fail, or (error None) to read or write one byte at most."""

    def __init__(self, call, error):
        self.call, self.error, self.segment = call, error, call["segment"]
        self.name = name_of(call)
        self.what = call["path"] or hex(call["args"][0] & 0xFFFFFFFFFFFFFFFF)

    def __str__(self):
        return f"{self.segment} {self.call['index']}: {self.name}({self.what}): {self.error or 'short'}"

    @property
    def option(self):
        at = f"{self.segment}:{self.call['index']}"
        return ["-x", f"{at}:{getattr(errno, self.error)}"] if self.error else ["-s", at]

    def harmless(self):
        """None, or what of the report may be different."""
        if self.error in ("EINTR", None):
            return ()  # made again
        for segment, name, pattern, _, fields in HARMLESS:
            if (segment, name) == (self.segment, self.name) and re.match(pattern, self.what):
                return fields
        return None


def calls_of(trace):
    calls = {}
    for line in trace.read_text().splitlines():
        call = json.loads(line)
        calls.setdefault((call["segment"], call["index"]), {}).update(call)
    return list(calls.values())


def result_of(hardened, fault, number):
    """What came of a start with this fault; the trace tells whether it was met at all."""
    box, mode, _ = hardened
    trace = box.shared / f"trace{number}"
    wrap = [str(box.shared / "fault"), "-o", str(trace), *(fault.option if fault else []), "--"]
    out = box.root / f"tmp/out{number}"
    result = box.result(*WORDS, stage=[*STAGE, f"open=1:/tmp/out{number}:w"], terminal=True, wrap=wrap,
                        mode=mode, deadline=DEADLINE)
    text = out.read_text() if out.exists() else ""
    out.unlink(missing_ok=True)
    calls = calls_of(trace)
    trace.unlink()
    return result, text, calls


def normal(text):
    """The report without what differs from run to run."""
    if not text:
        return None
    report = json.loads(text.splitlines()[0])
    for about in report["fds"].values():
        about["is"] = re.sub(r"pipe:\[\d+\]|/tmp/out\d+|/tmp/out.*", "", about["is"])
    return report


@pytest.fixture(params=STARTS)
def hardened(request, root_box):
    """A box, a mode, and what main must be."""
    config, mode, expected = STARTS[request.param]
    NAMES.update(name_of_calls())
    root_box.config(config)
    root_box.file("etc/app.env", "FROM_FILE=yes\n")
    root_box.file("run/secrets/password", VALUE + "\n", 0o400)
    root_box.directory("srv")
    return root_box, mode, expected


def faults_of(calls):
    unknown, faults = set(), []
    for call in calls:
        name = name_of(call)
        if name not in ERRNOS:
            unknown.add(name)
            continue
        answer = errno.errorcode.get(-call.get("result", 0))
        faults += [Fault(call, error) for error in ERRNOS[name].split() if error != answer]
        if name in ("read", "write"):
            faults.append(Fault(call, None))
    assert not unknown, f"calls that ERRNOS does not know: {unknown}"
    return faults


def judge(fault, result, text, reference):
    """Why this is not as promised, or None."""
    seen, harmless = normal(text), fault.harmless()
    if VALUE in result.err:
        return "the secret is in a message"
    if seen is not None:
        different = {key: (seen[key], reference[key]) for key in reference
                     if seen[key] != reference[key] and key not in (harmless or ())}
        if different:
            return f"main ran with something else: {different}"
    if result.status == STATUS and seen is not None:
        if fault.segment == "after":
            return "cardea did not give up its rights" if fault.name in GIVES_UP and harmless is None else None
        if harmless is not None:
            return None
        return "main ran although the call failed, and it is not listed as harmless"
    if result.status not in (100, 111, 126, 127):
        return "not a documented status"
    if "error: " not in result.err:
        return "no message"
    if fault.call["path"] and fault.call["path"] not in result.err:
        return "the message does not name the path"
    words = STEPS.get(fault.name)
    if words and fault.segment == "child" and not re.search(words, result.err):
        return f"the message does not name the step ({words})"
    return None


def check_all(hardened, segments):
    reference_result, text, calls = result_of(hardened, None, "reference")
    assert reference_result.status == STATUS, reference_result
    reference = normal(text)
    expected = hardened[2]
    assert {key: reference[key] for key in expected} == expected
    faults = [fault for fault in faults_of(calls) if fault.segment in segments]
    assert len(faults) > 20
    wrong = []

    def one(job):
        number, fault = job
        at = (fault.segment, fault.call["index"], fault.call["nr"])
        # On a busy machine main may end before cardea has come to rest: then once more.
        for _ in range(5 if fault.segment == "after" else 1):
            try:
                result, out, made = result_of(hardened, fault, number)
            except AssertionError as problem:
                return f"{fault}: {problem}"
            if at in [(call["segment"], call["index"], call["nr"]) for call in made]:
                break
        else:
            return f"{fault}: was not met: {result}"
        reason = judge(fault, result, out, reference)
        return f"{fault}: {reason}: status {result.status}, {result.err!r}" if reason else None

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        wrong = [text for text in pool.map(one, enumerate(faults)) if text]
    assert not wrong, f"{len(wrong)} of {len(faults)} faults:\n" + "\n".join(wrong)


def test_the_reference_start_makes_the_calls_that_matter(hardened):
    _, _, calls = result_of(hardened, None, "reference")
    made = {(call["segment"], NAMES[call["nr"]]) for call in calls}
    for name in ("setgroups", "setresgid", "setresuid", "capset", "prctl", "prlimit64", "umask", "chdir", "execve",
                 "close_range", "setpgid", "rt_sigprocmask"):
        assert ("child", name) in made
    if hardened[2]["seccomp"]:
        assert {("child", "landlock_restrict_self"), ("child", "seccomp")} <= made
    for name in ("setresuid", "setresgid", "setgroups", "capset"):
        assert ("after", name) in made


def test_whoever_changes_its_ids_is_not_dumpable_afterwards(hardened):
    """The kernel has made it what fs.suid_dumpable says, and the child shares PID 1's memory."""
    _, _, calls = result_of(hardened, None, "reference")
    for segment in ("child", "after"):
        made = [(NAMES[call["nr"]], call["args"][0]) for call in calls if call["segment"] == segment]
        assert ("prctl", PR_SET_DUMPABLE) in made[made.index(("setresuid", 1000)):]


def test_no_failure_before_the_fork_gives_main_more_than_was_asked_for(hardened):
    check_all(hardened, ["start"])


def test_no_failure_between_fork_and_exec_gives_main_more_than_was_asked_for(hardened):
    check_all(hardened, ["child"])


def test_no_failure_after_the_fork_changes_main_or_its_status(hardened):
    check_all(hardened, ["after"])
