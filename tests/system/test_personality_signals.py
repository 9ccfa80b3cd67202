# SPDX-License-Identifier: Apache-2.0
"""Signals under another program's name: what main, its group and the init itself make of them."""

import json
import signal
import subprocess

import pytest

import harness
import peers
from peers import INITS, WHICH, answers, signals
from peers import any_both_box, installed  # fixtures

# The one that is passed on after all others: the kernel hands out faults first, then low numbers.
FENCE = {"tini": 64, "catatonit": 64, "dumb-init": 30}
FAULTS = [4, 5, 6, 7, 8, 11, 31]  # ILL TRAP ABRT BUS FPE SEGV SYS
TSTP, TTIN, TTOU = 20, 21, 22


def sent(name, mode):
    """All that may be sent without ending or stopping somebody."""
    out = {9, 15, 17, 19, FENCE[name]}
    if name == "dumb-init":
        # Stops; and beyond its table it reads what happens to be there.
        out |= {TSTP, TTIN, TTOU, *range(32, 65)}
    if mode != "pid1" and name != "dumb-init":
        out |= set(FAULTS)  # they kill whoever is not PID 1 and does not catch them
    if name != "dumb-init":
        out |= {32, 33}  # their libc's own
    return [sig for sig in range(1, 65) if sig not in out]


@pytest.mark.parametrize("words", [[], ["more"]], ids=str)
@pytest.mark.parametrize("name", INITS)
def test_signals_are_forwarded(any_both_box, mode, name, words):
    words = {"tini": ["-g"], "dumb-init": ["-c"], "catatonit": ["-g"]}[name] if words else []
    got = {}
    for which in WHICH:
        run = signals(any_both_box, which, name, *words, mode=mode)
        got[which] = answers(run, sent(name, mode), FENCE[name])
        run.send(signal.SIGTERM)
        assert run.wait().status == 44
    assert got["ours"] == got["peer"]


@pytest.mark.parametrize("name", INITS)
def test_real_time_signals_are_forwarded_by_ours(any_both_box, mode, name):
    run = signals(any_both_box, "ours", name, mode=mode)
    sent_here = list(range(32, 64))
    assert answers(run, sent_here, 64) == {sig: [sig] for sig in sent_here}


@pytest.mark.parametrize("name", ["tini", "catatonit"])
def test_difference_faults_sent_by_others_do_not_end_ours(any_both_box, name):
    """Not PID 1, tini and catatonit die of a SIGABRT somebody sends, and leave main behind."""
    peer = signals(any_both_box, "peer", name, mode="subreaper")
    peer.send(signal.SIGABRT)
    assert "killed by signal 6" in peer.wait().err
    ours = signals(any_both_box, "ours", name, mode="subreaper")
    assert answers(ours, [6], 64) == {6: []}


@pytest.mark.parametrize("words, rewritten", [
    (["-r", "1:2"], {1: [2]}), (["-r1:0"], {1: []}), (["--rewrite=10:12"], {10: [12], 12: [12]}),
    (["--rew", "12:10", "-r", "10:0"], {10: [], 12: [10]}),
    (["-c", "-r", "20:12"], {}), (["-r", "1:2junk"], {1: [2]}), (["-r", " 1:+2"], {1: [2]}),
    (["-r", "2:1", "-r", "2:3"], {2: [3]}),
])
def test_dumb_init_rewrites(any_both_box, mode, words, rewritten):
    for which in WHICH:
        run = signals(any_both_box, which, "dumb-init", *words, mode=mode)
        assert answers(run, rewritten, FENCE["dumb-init"]) == rewritten
        run.send(signal.SIGTERM)
        assert run.wait().status == 44


def at_rest(run):
    """The real one sends SIGSTOP to itself, which takes away a SIGCONT that came just before (signal(7))."""
    harness.wait_for(lambda: harness.status_of(run.pid)["State"][0] in "ST", "dumb-init at rest")


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("sig", [TSTP, TTIN, TTOU])
def test_dumb_init_stops_main_and_itself(any_both_box, mode, which, sig):
    run = signals(any_both_box, which, "dumb-init", mode=mode)
    main = harness.child_of(run.pid)
    run.send(sig)
    harness.wait_for(lambda: peers.stopped(main), "stopped main")
    if mode == "subreaper":
        harness.wait_for(lambda: peers.stopped(run.pid), "stopped dumb-init")
    else:
        assert not peers.stopped(run.pid)  # the kernel does not stop a PID 1
    at_rest(run)
    run.send(signal.SIGCONT)
    harness.wait_for(lambda: not peers.stopped(main), "main going on")
    assert run.event("signal")["signal"] == signal.SIGCONT
    run.send(signal.SIGTERM)
    assert run.wait().status == 44


@pytest.mark.parametrize("which", WHICH)
def test_dumb_init_single_forwards_tstp_and_stops_itself(any_both_box, mode, which):
    run = signals(any_both_box, which, "dumb-init", "-c", mode=mode)
    run.send(TSTP)
    assert run.event("signal")["signal"] == TSTP
    if mode == "subreaper":
        harness.wait_for(lambda: peers.stopped(run.pid), "stopped dumb-init")
    at_rest(run)
    run.send(signal.SIGCONT)
    assert run.event("signal")["signal"] == signal.SIGCONT
    run.send(signal.SIGTERM)
    assert run.wait().status == 44


@pytest.mark.parametrize("which", WHICH)
def test_dumb_init_swallows_what_giving_up_the_terminal_brings(any_both_box, which):
    run = signals(any_both_box, which, "dumb-init", terminal=True, stage=["setsid=0"])
    # The kernel's own HUP and CONT are gone by now; those of others arrive.
    assert answers(run, [1, 18, 1], FENCE["dumb-init"]) == {1: [1], 18: [18]}
    run.send(signal.SIGTERM)
    assert run.wait().status == 44


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("name, words, env, group", [
    ("tini", [], {}, False), ("tini", ["-g"], {}, True),
    ("tini", [], {"TINI_KILL_PROCESS_GROUP": ""}, True),
    ("catatonit", [], {}, False), ("catatonit", ["-g"], {}, True),
    ("dumb-init", [], {}, True), ("dumb-init", ["-c"], {}, False),
    ("dumb-init", [], {"DUMB_INIT_SETSID": "0"}, False),
    ("dumb-init", [], {"DUMB_INIT_SETSID": "1"}, True),
])
def test_who_gets_a_signal(any_both_box, which, name, words, env, group):
    run = signals(any_both_box, which, name, *words, steps=["orphans", "1", "h", ","], env=env)
    children = harness.children_of(run.pid)
    assert len(children) == 2
    orphan = max(children)  # main forked it
    assert answers(run, [10], FENCE[name]) == {10: [10]}
    if group:
        harness.wait_for(lambda: peers.state(orphan) == "", "end of the orphan")
    else:
        assert peers.unharmed(orphan)


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("name, words, survives", [
    ("tini", ["-s"], True), ("tini", ["-sg"], True), ("catatonit", [], True),
    ("dumb-init", [], False), ("dumb-init", ["-r", "15:0"], True),
    ("dumb-init", ["-r", "15:10"], False), ("dumb-init", ["-c"], True),
])
def test_what_becomes_of_the_group_of_a_main_that_ended(installed, tmp_path, which, name, words,
                                                        survives):
    probe = str(installed.shared / "probe")
    # A session of the case's own, so that with -c the group is nobody else's; a file, because
    # what survives would keep a pipe open.
    with open(tmp_path / "out", "w+b") as out:
        done = subprocess.run(
            [name, *words, "--", probe, "report", ",", "orphans", "1", "h", ",", "exit", "3"],
            executable=installed.path(which, name), stdin=subprocess.DEVNULL, stdout=out,
            env={}, start_new_session=True, check=False, timeout=harness.DEADLINE)
        out.seek(0)
        group = json.loads(out.readline())["pgid"]
    left = peers.group_members(group)
    try:
        assert done.returncode == 3
        if survives:
            assert len(left) == 1 and peers.unharmed(left[0])
        else:
            harness.wait_for(lambda: not peers.group_members(group), "end of the group")
    finally:
        peers.end(peers.group_members(group))


@pytest.mark.parametrize("which", WHICH)
def test_tini_dies_with_its_parent_when_asked(installed, which):
    probe = str(installed.shared / "probe")
    run = subprocess.Popen(
        ["/bin/sh", "-c", '"$0" -s -p SIGTERM -- "$1" signals 15=0 & echo "{\\"tini\\":$!}"; wait',
         installed.path(which, "tini"), probe],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env={}, text=True)
    lines = {}
    while "tini" not in lines or "ready" not in lines:
        lines.update(json.loads(run.stdout.readline()))
    run.kill()
    run.wait()
    # SIGTERM reaches tini, tini hands it to main, main ends, and tini with it.
    harness.wait_for(lambda: peers.state(lines["tini"]) in ("", "Z"), "end of tini")
    assert '"signal":15' in run.stdout.read()
    run.stdout.close()
