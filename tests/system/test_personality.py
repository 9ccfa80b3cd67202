# SPDX-License-Identifier: Apache-2.0
"""Under another program's name: the same cases with that program and with cardea.

Where they differ on purpose, because the other's behaviour is a bug, the case is in
DIFFERENCES or in a test whose name says so, and both sides are checked.
"""

import re
import signal

import pytest

import harness
import peers
from peers import INITS, PROBE, WHICH, signals, view
from peers import any_both_box, both_box, installed, root_both_box  # fixtures

# ---- what is printed, where, and with which status ---------------------------------------------

USAGE = {
    "tini": r"tini \(tini version .*\)\nUsage: tini \[OPTIONS\].*PROGRAM",
    "dumb-init": r"dumb-init v\S+\nUsage: \S*dumb-init \[option\] command",
    "dumb-init short": r"Usage: \S*dumb-init \[option\] program \[args\]\n",
    "dumb-init rewrite": r"Usage: -r .*<signum>:<signum>",
    "catatonit": r"usage: catatonit \[-ghLPV\] \[--\] <progname> \[<arguments>...\]\n",
    "gosu": r"Usage: \S*gosu user-spec command \[args\]\n   eg: ",
}
TINI_VERSION = r"tini version \S+( - git\.\w{1,7})?\n\Z"
CATATONIT_VERSION = r"tini version \S+_catatonit\S*( - git\.\w{1,7})?\n\Z"
OUT, ERR = "out", "err"

TEXTS = [
    # program, words, status, stream, how it begins
    ("tini", ["--version"], 0, OUT, TINI_VERSION),
    ("tini", ["-h"], 0, OUT, USAGE["tini"]),
    ("tini", ["-vvsh"], 0, OUT, USAGE["tini"]),
    ("tini", ["-l"], 0, OUT, r"(?s).*[Ll]icense"),
    ("tini", [], 1, ERR, USAGE["tini"]),
    ("tini", ["--"], 1, ERR, USAGE["tini"]),
    ("tini", ["-v"], 1, ERR, USAGE["tini"]),
    ("tini", ["-Z"], 1, ERR, r"\S*tini: .*Z.*\n" + USAGE["tini"]),
    ("tini", ["-x", "-h"], 1, ERR, r"\S*tini: .*x.*\n" + USAGE["tini"]),
    ("tini", ["--help"], 1, ERR, r"\S*tini: .*-.*\n" + USAGE["tini"]),
    ("tini", ["--version", "true"], 1, ERR, r"\S*tini: .*-.*\n" + USAGE["tini"]),
    ("tini", ["-p"], 1, ERR, r"\S*tini: .*p.*\n" + USAGE["tini"]),
    ("tini", ["-e"], 1, ERR, r"\S*tini: .*e.*\n" + USAGE["tini"]),
    ("tini", ["-e", "256", "true"], 1, ERR, r"\[FATAL tini \(\d+\)\] .*256\n"),
    ("tini", ["-e", "-1", "true"], 1, ERR, r"\[FATAL tini \(\d+\)\] .*-1\n"),
    ("tini", ["-e", "x", "true"], 1, ERR, r"\[FATAL tini \(\d+\)\] .*x\n"),
    ("tini", ["-p", "TERM", "true"], 1, ERR, r"\[FATAL tini \(\d+\)\] .*TERM\n"),
    ("tini", ["-p", "15", "true"], 1, ERR, r"\[FATAL tini \(\d+\)\] .*15\n"),
    ("tini", ["-p", "SIGRTMIN", "true"], 1, ERR, r"\[FATAL tini \(\d+\)\] .*SIGRTMIN\n"),
    ("tini", ["-p", "SIGIO", "true"], 1, ERR, r"\[FATAL tini \(\d+\)\] .*SIGIO\n"),
    ("dumb-init", ["-h"], 0, ERR, USAGE["dumb-init"]),
    ("dumb-init", ["--help"], 0, ERR, USAGE["dumb-init"]),
    ("dumb-init", ["--he"], 0, ERR, USAGE["dumb-init"]),
    ("dumb-init", ["-cvh"], 0, ERR, USAGE["dumb-init"]),
    ("dumb-init", ["-V"], 0, ERR, r"dumb-init v\S+\n\Z"),
    ("dumb-init", ["--version"], 0, ERR, r"dumb-init v\S+\n\Z"),
    ("dumb-init", ["--vers", "true"], 0, ERR, r"dumb-init v\S+\n\Z"),
    ("dumb-init", ["--ver"], 1, ERR, r"\S*dumb-init: .*--ver"),
    ("dumb-init", [], 1, ERR, USAGE["dumb-init short"]),
    ("dumb-init", ["-v", "--"], 1, ERR, USAGE["dumb-init short"]),
    ("dumb-init", ["-Z"], 1, ERR, r"\S*dumb-init: .*Z"),
    ("dumb-init", ["--bogus"], 1, ERR, r"\S*dumb-init: .*--bogus"),
    ("dumb-init", ["--help=x"], 1, ERR, r"\S*dumb-init: .*--help"),
    ("dumb-init", ["--single-child=1", "true"], 1, ERR, r"\S*dumb-init: .*--single-child"),
    ("dumb-init", ["-r"], 1, ERR, r"\S*dumb-init: .*r"),
    ("dumb-init", ["--rewrite"], 1, ERR, r"\S*dumb-init: .*--rewrite"),
    *(("dumb-init", ["-r", value, "true"], 1, ERR, USAGE["dumb-init rewrite"])
      for value in ("15", "15:", ":15", "a:b", "0:1", "32:1", "1:32", "1:-1", "TERM:INT", "")),
    ("catatonit", ["-h"], 0, ERR, USAGE["catatonit"]),
    ("catatonit", ["-V"], 0, OUT, CATATONIT_VERSION),
    ("catatonit", ["--version"], 0, OUT, CATATONIT_VERSION),
    ("catatonit", ["--vers", "true"], 0, OUT, CATATONIT_VERSION),
    ("catatonit", ["-PV"], 0, OUT, CATATONIT_VERSION),
    ("catatonit", ["-L"], 0, OUT, r"."),
    ("catatonit", [], 1, ERR, r"ERROR \(catatonit:\d+\): .*\n" + USAGE["catatonit"]),
    ("catatonit", ["-g", "--"], 1, ERR, r"ERROR \(catatonit:\d+\): .*\n" + USAGE["catatonit"]),
    ("catatonit", ["-Z"], 1, ERR, r"\S*catatonit: .*Z.*\n" + USAGE["catatonit"]),
    ("catatonit", ["-v"], 1, ERR, r"\S*catatonit: .*v.*\n" + USAGE["catatonit"]),
    ("catatonit", ["--help"], 1, ERR, r"\S*catatonit: .*--help.*\n" + USAGE["catatonit"]),
    ("gosu", ["-h"], 0, OUT, USAGE["gosu"]),
    ("gosu", ["--help"], 0, OUT, USAGE["gosu"]),
    ("gosu", ["-?", "x", "y"], 0, OUT, USAGE["gosu"]),
    ("gosu", ["-v"], 0, OUT, r"\d+\.\d+\S* \(.*\)\n\Z"),
    ("gosu", ["--version"], 0, OUT, r"\d+\.\d+\S* \(.*\)\n\Z"),
    ("gosu", [], 1, ERR, USAGE["gosu"]),
    ("gosu", ["root"], 1, ERR, USAGE["gosu"]),
    ("gosu", ["-V"], 1, ERR, USAGE["gosu"]),
]


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("name, words, status, stream, begin", TEXTS,
                         ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_texts_and_statuses(installed, which, name, words, status, stream, begin):
    done = installed.run(which, name, *words)
    assert done.returncode == status, done
    text, other = (done.stdout, done.stderr) if stream == OUT else (done.stderr, done.stdout)
    assert re.match(begin, text), done
    assert other == "", done


@pytest.mark.parametrize("which", WHICH)
def test_catatonit_log_is_reserved(installed, which):
    done = installed.run(which, "catatonit", "-V", env={"CATATONIT_LOG": "debug"})
    assert (done.returncode, done.stdout) == (1, "")
    assert re.match(r"ERROR \(catatonit:\d+\): CATATONIT_LOG .*reserved", done.stderr)


@pytest.mark.parametrize("words", [[], ["app"]])
def test_su_exec_without_a_program(installed, words):
    # su-exec.c 0.3: its usage goes to standard output.
    done = installed.run("ours", "su-exec", *words)
    assert (done.returncode, done.stderr) == (1, "")
    assert re.fullmatch(r"Usage: \S*su-exec user-spec command \[args\]\n", done.stdout)


@pytest.mark.parametrize("name", ["docker-init", "podman-init"])
def test_names_that_engines_mount_an_init_under(installed, name):
    done = installed.run("ours", name, "--version")
    assert done.returncode == 0
    assert re.match(r"tini version \S+ - git\.\w{1,7}\n\Z", done.stdout)


# ---- main's status, and main that cannot be executed -------------------------------------------


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("name", INITS)
@pytest.mark.parametrize("steps, status", [
    (["exit", "0"], 0), (["exit", "1"], 1), (["exit", "255"], 255),
    (["kill", "9"], 137), (["kill", "15"], 143), (["kill", "6"], 134), (["kill", "64"], 192),
])
def test_the_status_is_main_s(any_both_box, mode, which, name, steps, status):
    assert any_both_box.run(f"/{which}/{name}", PROBE, *steps, mode=mode).status == status


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("words, exit_with, status", [
    (["-e", "143"], 143, 0), (["-e143", "-e", "7"], 7, 0), (["-e", "143"], 142, 142),
    (["-e", "0"], 0, 0), (["-e", "255"], 255, 0), (["-e", ""], 1, 1),
])
def test_tini_maps_statuses_to_0(installed, which, words, exit_with, status):
    done = installed.run(which, "tini", "-s", *words, "--", "sh", "-c", f"exit {exit_with}")
    assert done.returncode == status


# For each: no such file, not executable, a directory, a file on the way, a name not in PATH.
FAILURES = {
    "tini": ([127, 126, 126, 1, 127], r"\[FATAL tini \(\d+\)\] exec {} failed: "),
    "dumb-init": ([2, 2, 2, 2, 2], r"\[dumb-init\] {}: "),
    "catatonit": ([1, 1, 1, 1, 1], r"ERROR \(catatonit:\d+\): failed to exec pid1: "),
    "gosu": ([1, 1, 1, 1, 1], r"error: exec: \"{}\": "),
}
CANNOT = ["/nosuch", "/etc/passwd", "/etc", "/etc/passwd/x", "nosuch"]


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("index", range(len(CANNOT)), ids=lambda i: CANNOT[i])
def test_main_that_cannot_be_executed(root_both_box, mode, which, name, index):
    statuses, begin = FAILURES[name]
    user = ["root"] if name == "gosu" else []
    done = root_both_box.run(f"/{which}/{name}", *user, CANNOT[index], mode=mode)
    assert done.status == statuses[index]
    assert re.search("^" + begin.format(re.escape(CANNOT[index])), done.err, re.M), done
    assert done.out == ""


@pytest.mark.parametrize("which", WHICH)
def test_tini_maps_the_status_of_a_failed_exec_too(installed, which):
    assert installed.run(which, "tini", "-s", "-e", "127", "/nosuch").returncode == 0


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("name", INITS)
def test_a_file_without_a_format_goes_to_the_shell(any_both_box, which, name):
    any_both_box.file("script", "exit 5\n", mode=0o755)
    any_both_box.link(any_both_box.shared / "probe", "bin/sh")
    done = any_both_box.run(f"/{which}/{name}", "/script", "a b")
    # The shell is the probe here, and says what it was called with.
    assert (done.status, done.err) == (98, "probe: unknown step '/script'\n")


@pytest.mark.parametrize("which", WHICH)
def test_gosu_has_no_shell_for_a_file_without_a_format(root_both_box, which):
    root_both_box.file("script", "exit 5\n", mode=0o755)
    root_both_box.link(root_both_box.shared / "probe", "bin/sh")
    done = root_both_box.run(f"/{which}/gosu", "root", "/script")
    assert done.status == 1
    assert re.match(r"error: .*exec format error", done.err, re.I), done


def test_difference_a_file_without_a_format_where_there_is_no_shell(any_both_box):
    """tini says then that the file is not there."""
    any_both_box.file("script", "exit 5\n", mode=0o755)
    peer, ours = (any_both_box.run(f"/{which}/tini", "/script") for which in WHICH)
    assert (peer.status, "No such file" in peer.err) == (127, True)
    assert (ours.status, "Exec format error" in ours.err) == (1, True)


# ---- what main sees -----------------------------------------------------------------------------

# (program, part of the view): the peer's bug.
DIFFERENCES = {
    ("catatonit", "mask"): "leaves TSTP, TTIN and TTOU blocked in the child",
    ("dumb-init", "mask"): "unblocks what was inherited blocked",
    ("dumb-init", "ignored"): "resets what was inherited ignored: nohup is lost",
}
WORDS = {
    "tini": [[], ["-s"], ["-g"], ["-w", "-vvv"], ["-p", "SIGKILL"]],
    "dumb-init": [[], ["-c"], ["-v"], ["-r", "1:2"]],
    "catatonit": [[], ["-g"]],
}


def assert_same_view(name, peer, ours, expected):
    for part, value in peer.items():
        if (name, part) in expected:
            assert ours[part] != value, f"{part}: the difference is gone"
        else:
            assert ours[part] == value, part


@pytest.mark.parametrize("name, words", [(n, w) for n in INITS for w in WORDS[n]], ids=str)
def test_main_sees_the_same(both_box, mode, name, words):
    seen = {}
    for which in WHICH:
        run = both_box.start(f"/{which}/{name}", *words, "--", PROBE, "report", mode=mode,
                             env={"A": "b", "TINI_SUBREAPER": "", "DUMB_INIT_DEBUG": "0"},
                             stage=["cd=/tmp", "open=5:/etc/passwd:r", "umask=027", "setsid"])
        seen[which] = view(run.event("argv"), mode)
        assert run.wait().status == 0
    expected = [("catatonit", "mask")] if name == "catatonit" else []
    assert_same_view(name, seen["peer"], seen["ours"], expected)


@pytest.mark.parametrize("name", INITS)
def test_inherited_mask_and_dispositions(any_both_box, mode, name):
    seen = {}
    for which in WHICH:
        result = any_both_box.run(f"/{which}/{name}", PROBE, "report", mode=mode,
                                  stage=["block=10,12,40", "ignore=1,13,21,50"])
        seen[which] = view(result.report, mode)
    assert seen["ours"]["mask"] == [10, 12, 40]
    assert seen["ours"]["ignored"] == [1, 13, 21, 50]
    assert_same_view(name, seen["peer"], seen["ours"], DIFFERENCES)


@pytest.mark.parametrize("name", INITS)
@pytest.mark.parametrize("words", [[], ["single"]], ids=str)
def test_main_has_the_terminal(any_both_box, mode, name, words):
    if words and name != "dumb-init":
        words = ["-g" for _ in words]
    elif words:
        words = ["-c"]
    seen = {}
    for which in WHICH:
        run = any_both_box.start(f"/{which}/{name}", *words, PROBE, "report", mode=mode,
                                 terminal=True, stage=["setsid=0"] if mode == "pid1" else [])
        seen[which] = view(run.event("argv"), mode)
        assert run.wait().status == 0
    assert_same_view(name, seen["peer"], seen["ours"],
                     [("catatonit", "mask")] if name == "catatonit" else [])


def test_difference_terminal_with_stdin_redirected(any_both_box):
    """tini looks at descriptor 0 alone and leaves main in the background of its terminal."""
    seen = {}
    for which in WHICH:
        run = any_both_box.start(f"/{which}/tini", PROBE, "report", terminal=True,
                                 stage=["setsid=1", "open=0:/dev/null:r"])
        seen[which] = view(run.event("argv"), "pid1")
        run.wait()
    assert (seen["peer"]["foreground"], seen["ours"]["foreground"]) == (False, True)


@pytest.mark.parametrize("which, name, cwd, fd", [
    ("peer", "tini", "/tmp", True), ("ours", "tini", "/tmp", True),
    ("peer", "dumb-init", "/", True), ("ours", "dumb-init", "/", True),
    # catatonit changes to / since 0.2; Debian 12 has 0.1.7.
    ("peer", "catatonit", "/tmp", False), ("ours", "catatonit", "/", False),
])
def test_its_own_directory_and_descriptors(root_both_box, which, name, cwd, fd):
    run = root_both_box.start(f"/{which}/{name}", PROBE, "signals", "15=0",
                              stage=["cd=/tmp", "open=7:/etc/passwd:r"]).ready()
    proc = harness.pathlib.Path(f"/proc/{run.pid}")
    root = str(root_both_box.root)
    harness.wait_for(
        lambda: ((proc / "cwd").readlink() == harness.pathlib.Path(root + cwd.rstrip("/"))
                 and (proc / "fd/7").is_symlink() == fd), f"{cwd} and descriptor 7: {fd}")
    run.send(signal.SIGTERM)
    assert run.wait().status == 0


@pytest.mark.parametrize("which", WHICH)
def test_catatonit_rewrites_listen_pid_when_it_was_its_own(any_both_box, which):
    for given, seen in (("1", "LISTEN_PID=2"), ("7", "LISTEN_PID=7")):
        result = any_both_box.run(f"/{which}/catatonit", PROBE, "report",
                                  env={"LISTEN_PID": given, "LISTEN_FDS": "1"})
        assert seen in result.report["environ"]


# ---- orphans, messages ---------------------------------------------------------------------------


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("name, words, env, adopts", [
    ("tini", [], {}, False), ("tini", ["-s"], {}, True), ("tini", [], {"TINI_SUBREAPER": ""}, True),
    ("dumb-init", [], {}, False), ("catatonit", [], {}, True),
])
def test_who_adopts_orphans(any_both_box, which, name, words, env, adopts):
    run = signals(any_both_box, which, name, *words, mode="subreaper", env=env,
                  steps=["orphans", "1", "h", ","])
    assert len(harness.children_of(run.pid)) == (2 if adopts else 1)


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("words, env, mode, warns", [
    ([], {}, "subreaper", True), ([], {}, "pid1", False), (["-s"], {}, "subreaper", False),
    ([], {"TINI_VERBOSITY": "0"}, "subreaper", False),
    (["-vvv"], {"TINI_VERBOSITY": "quiet"}, "subreaper", False),
])
def test_tini_warns_when_it_cannot_reap(any_both_box, which, words, env, mode, warns):
    done = any_both_box.run(f"/{which}/tini", *words, PROBE, "exit", "0", mode=mode, env=env)
    if warns:
        assert re.match(r"\[WARN  tini \(\d+\)\] .*subreaper", done.err)
    else:
        assert done.err == ""


@pytest.mark.parametrize("which", WHICH)
def test_tini_warns_for_each_orphan_it_reaps(any_both_box, which):
    run = signals(any_both_box, which, "tini", "-w", steps=["orphans", "3", ","])
    harness.wait_for(lambda: len(harness.children_of(run.pid)) == 1, "reaping")
    run.send(signal.SIGTERM)
    done = run.wait()
    assert len(re.findall(r"^\[WARN  tini \(1\)\] .*pid=\d+$", done.err, re.M)) == 3


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("name, words, env, stream, line", [
    ("tini", ["-v"], {}, OUT, r"\[INFO  tini \(1\)\] "),
    ("tini", ["-vv"], {}, OUT, r"\[DEBUG tini \(1\)\] "),
    ("tini", [], {"TINI_VERBOSITY": "2"}, OUT, r"\[INFO  tini \(1\)\] "),
    ("dumb-init", ["-v"], {}, ERR, r"\[dumb-init\] "),
    ("dumb-init", [], {"DUMB_INIT_DEBUG": "1"}, ERR, r"\[dumb-init\] "),
    ("catatonit", [], {"CATATONIT_DEBUG": ""}, ERR, r"DEBUG \(catatonit:1\): "),
])
def test_it_says_more_when_asked(any_both_box, which, name, words, env, stream, line):
    done = any_both_box.run(f"/{which}/{name}", *words, PROBE, "exit", "0", env=env)
    text, other = (done.out, done.err) if stream == OUT else (done.err, done.out)
    assert re.search("^" + line, text, re.M), done
    assert other == "", done


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("name", INITS)
def test_it_says_nothing_when_all_goes_well(any_both_box, which, name):
    done = any_both_box.run(f"/{which}/{name}", PROBE, "exit", "0")
    assert (done.out, done.err) == ("", "")


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("words", [["-P"], ["-P", "program"]], ids=str)
@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_catatonit_pauses(any_both_box, mode, which, words, sig):
    run = any_both_box.start(f"/{which}/catatonit", *words, mode=mode)
    blocked = lambda: int(harness.status_of(run.pid)["SigBlk"], 16)
    harness.wait_for(lambda: blocked() & 1 << 14, "blocked signals")
    for other in (1, 3, 10, 12, 13, 14, 18, 28, 34):
        run.send(other)
    peers.settle(lambda: run.popen.poll() is None, 0.1)
    assert harness.children_of(run.pid) == []
    run.send(sig)
    done = run.wait()
    assert (done.status, done.out, done.err) == (0, "", "")


def test_difference_inherited_ignored_sigchld(any_both_box):
    """tini never learns that main has ended; neither does catatonit, unless it gives up at once."""
    peer = any_both_box.start("/peer/tini", PROBE, "exit", "3", stage=["ignore=17"])
    harness.wait_for(lambda: harness.comm(peer.pid) == "tini", "tini")
    harness.wait_for(lambda: harness.children_of(peer.pid) == [], "end of main")
    peers.settle(lambda: peer.popen.poll() is None)
    for name in INITS:
        # The other PID 1 has its own disposition.
        for stage in (["ignore=17"], ["init", "ignore=17"]):
            done = any_both_box.run(f"/ours/{name}", PROBE, "exit", "3", stage=stage)
            assert done.status == 3
