# SPDX-License-Identifier: Apache-2.0
"""Orphans: reaped, never taken for main, and ended after it (cardea(8), Stopping)."""

import itertools
import json
import os
import platform
import shutil
import signal
import subprocess
import time

import pytest

import harness

GRACE = 2.0  # orphan_grace_period by default
WAIT4 = {"x86_64": 61, "aarch64": 260}[platform.machine()]


def nothing_left(result):
    """In subreaper mode the stage's own init looks round after cardea has ended."""
    return "left behind" not in result.err


@pytest.mark.parametrize("count", [50000])
def test_a_storm_of_orphans_leaves_nothing_behind(any_box, mode, count):
    run = any_box.cardea("--", "/bin/probe", "orphans", str(count), ",", "signals", "15=7", mode=mode)
    run.event("orphans", 60)
    run.ready()
    harness.wait_for(lambda: len(harness.children_of(run.pid)) == 1, "reaping of all orphans")
    run.send(signal.SIGTERM)
    result = run.wait()
    assert result.status == 7
    assert nothing_left(result)


def test_between_reaping_many_orphans_signals_and_deadlines_are_looked_at(root_box):
    # 200 come at once; a fork bomb's never end, and reaping them all first would hold up the rest for ever.
    trace = root_box.shared / "trace"
    run = root_box.cardea("--", "/bin/probe", "orphans", "200", ",", "signals", "15=7",
                          wrap=[str(root_box.shared / "fault"), "-o", str(trace), "--"])
    run.event("orphans", 60)
    calls = {}

    def reaped():
        for line in trace.read_text().splitlines():
            call = json.loads(line)
            if call["segment"] == "after":
                calls.setdefault(call["index"], {}).update(call)
        return [call["nr"] == WAIT4 and call.get("result", 0) > 0 for call in calls.values()]

    harness.wait_for(lambda: sum(reaped()) >= 200, "reaping of all orphans")
    runs = [len(list(group)) for is_reaped, group in itertools.groupby(reaped()) if is_reaped]
    assert max(runs) <= 64
    run.kill()


@pytest.mark.parametrize("orphans", [1, 200])
def test_main_s_status_is_never_an_orphan_s(box, mode, orphans):
    # They end with 77 around the time main ends with 33.
    result = box.result("--", "/bin/probe", "orphans", str(orphans), ",", "exit", "33", mode=mode)
    assert result.status == 33
    assert nothing_left(result)


def test_an_orphan_is_reaped_while_main_runs(box, mode):
    run = box.cardea("--", "/bin/probe", "orphans", "20", ",", "signals", "15=0", mode=mode).ready()
    harness.wait_for(lambda: len(harness.children_of(run.pid)) == 1, "reaping")
    run.send(signal.SIGTERM)
    assert run.wait().status == 0


def test_children_that_cardea_inherited_are_reaped_too(any_box):
    # The child exists before cardea does: whoever executed cardea had made it.
    run = any_box.start("/bin/probe", "child", "exit", "3", ",", "execute", "/sbin/cardea", "--",
                        "/bin/probe", "signals", "15=0").ready()
    harness.wait_for(lambda: len(harness.children_of(run.pid)) == 1, "reaping")
    run.send(signal.SIGTERM)
    assert run.wait().status == 0


@pytest.mark.parametrize("how", ["h", "hs"])
def test_when_main_has_ended_the_rest_gets_sigterm_and_nothing_is_waited_for(box, mode, how):
    result = box.result("--", "/bin/probe", "orphans", "5", how, ",", "exit", "3", mode=mode)
    assert result.status == 3
    assert result.seconds < GRACE
    assert nothing_left(result)


@pytest.mark.parametrize("how", ["hi", "his"])
def test_who_ignores_sigterm_gets_sigkill_after_orphan_grace_period(box, mode, how):
    box.config("[main]\norphan_grace_period = 400ms\n")
    begin = time.monotonic()
    result = box.result("--", "/bin/probe", "orphans", "5", how, ",", "exit", "3", mode=mode)
    assert result.status == 3
    assert 0.4 <= time.monotonic() - begin < GRACE
    assert nothing_left(result)


def test_orphan_grace_period_is_2_seconds_by_default(any_box):
    begin = time.monotonic()
    result = any_box.result("--", "/bin/probe", "orphans", "1", "hi", ",", "exit", "0")
    assert 2.0 <= time.monotonic() - begin < 3.5
    assert result.status == 0


def test_a_stopped_orphan_is_ended_too(any_box, mode):
    run = any_box.cardea("--", "/bin/probe", "orphans", "1", "h", ",", "signals", "15=3", mode=mode)
    run.ready()
    (orphan,) = [pid for pid in harness.children_of(run.pid) if pid != main_of(run)]
    os.kill(orphan, signal.SIGSTOP)
    harness.wait_for(lambda: harness.status_of(orphan)["State"].startswith("T"), "a stopped orphan")
    run.send(signal.SIGTERM)
    result = run.wait()
    assert result.status == 3
    assert result.seconds < GRACE + 1
    assert nothing_left(result)


def main_of(run):
    """The oldest child."""
    return min(harness.children_of(run.pid))


def test_the_rest_is_stopped_within_the_grace_of_the_stop(any_box, mode):
    # Main takes none of it, the orphan all: together no longer than stop_grace_period.
    any_box.config("[main]\nstop_grace_period = 700ms\norphan_grace_period = 60s\n")
    run = any_box.cardea("--", "/bin/probe", "orphans", "1", "hi", ",", "signals", "15=3", mode=mode)
    run.ready()
    begin = time.monotonic()
    run.send(signal.SIGTERM)
    result = run.wait()
    assert result.status == 3
    assert 0.7 <= time.monotonic() - begin < 2
    assert nothing_left(result)


def test_main_killed_from_inside_is_seen_and_the_rest_follows(any_box, mode):
    run = any_box.cardea("--", "/bin/probe", "orphans", "3", "h", ",", "hold", mode=mode).ready()
    os.kill(main_of(run), signal.SIGKILL)
    result = run.wait()
    assert result.status == 137
    assert nothing_left(result)


def test_not_being_pid_1_others_in_the_namespace_are_left_alone(any_box):
    # A neighbour that is not cardea's descendant must survive cardea's end.
    run = any_box.start("/bin/probe", "neighbour", "/sbin/cardea", "--", "/bin/probe", "orphans", "2",
                        "h", ",", "exit", "6", mode="pid1")
    assert run.event("ended")["ended"] == 6
    assert run.event("neighbour")["neighbour"] == "alive"
    run.wait()


def test_what_an_engine_has_put_into_the_namespace_is_ended_too(root_box):
    # As "docker exec" does it: a process whose parent is outside, not cardea's child.
    run = root_box.cardea("--", "/bin/probe", "signals", "15=4").ready()
    enter = [shutil.which("nsenter"), f"--target={run.pid}", "--pid", "--mount", "--root"]
    guest = subprocess.Popen([*enter, "/bin/probe", "hold"], stdout=subprocess.PIPE)
    try:
        assert b"ready" in guest.stdout.readline()
        run.send(signal.SIGTERM)
        result = run.wait()
        assert result.status == 4
        assert result.seconds < GRACE
        # nsenter ends as what it started did.
        assert guest.wait(5) == -signal.SIGTERM
    finally:
        guest.kill()
        guest.wait()
        guest.stdout.close()


def test_hidden_processes_are_ended_without_proc_as_pid_1(any_box):
    result = any_box.result("--", "/bin/probe", "orphans", "3", "hs", ",", "exit", "3", proc=False)
    assert result.status == 3
    assert result.seconds < GRACE
