# SPDX-License-Identifier: Apache-2.0
"""What PID 1 keeps for itself once main runs (cardea(8), PID 1's own rights)."""

import pathlib
import signal

import pytest

import harness


def started(box, config, *, mode="pid1", stage=(), steps=("signals", "15=0")):
    box.config(config)
    run = box.cardea("--", "/bin/probe", *steps, mode=mode, stage=stage).ready()
    harness.wait_for(lambda: harness.status_of(run.pid)["State"].startswith("S"), "rest")
    return run, harness.status_of(run.pid)


def caps(status):
    return {name: int(status[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")}


NONE = dict.fromkeys(("CapEff", "CapPrm", "CapInh", "CapAmb"), 0)


def test_with_a_user_and_nothing_else_to_do_it_becomes_that_user(root_box, mode):
    run, status = started(root_box, "[main]\nuser = app\n[security]\ncap_drop = ALL\n", mode=mode)
    assert status["Uid"].split() == ["1000"] * 4
    assert status["Gid"].split() == ["1000"] * 4
    assert caps(status) == NONE
    run.send(signal.SIGTERM)
    assert run.wait().status == 0


def test_when_main_may_change_its_user_it_keeps_cap_kill_alone(root_box, mode):
    config = "[main]\nuser = app\n[security]\ncap_add = SETUID\n"
    _, status = started(root_box, config, mode=mode)
    kill = harness.capbits("KILL")
    assert caps(status) == {**NONE, "CapEff": kill, "CapPrm": kill}


def test_as_root_with_root_s_main_it_keeps_cap_kill_alone(root_box, mode):
    _, status = started(root_box, "", mode=mode)
    kill = harness.capbits("KILL")
    assert caps(status) == {**NONE, "CapEff": kill, "CapPrm": kill}


def test_without_cap_kill_there_is_nothing_to_keep(root_box):
    _, status = started(root_box, "", stage=["bound=0", "caps=0"])
    assert caps(status) == NONE


def test_started_as_somebody_it_has_nothing(root_box, mode):
    _, status = started(root_box, "", stage=["groups=", "gid=5000", "uid=5000", "caps=0"], mode=mode)
    assert caps(status) == NONE
    assert status["Uid"].split() == ["5000"] * 4


@pytest.mark.parametrize("config", ["", "[main]\nuser = app\n"])
def test_no_new_privs_holds_for_itself_and_not_for_main_unless_asked(root_box, config):
    run, status = started(root_box, config)
    assert status["NoNewPrivs"] == "1"
    main = harness.status_of(harness.child_of(run.pid))
    assert main["NoNewPrivs"] == ("1" if config else "0")


def test_orphans_of_another_user_are_still_ended(root_box, mode):
    # Main may become anybody, so cardea must be able to signal anybody.
    root_box.config("[main]\norphan_grace_period = 10s\n")
    run = root_box.cardea("--", "/bin/probe", "orphans", "2", "hu", ",", "exit", "4", mode=mode)
    result = run.wait()
    assert result.status == 4
    assert result.seconds < 5
    assert "left behind" not in result.err


def test_main_of_another_user_is_still_signalled(root_box, mode):
    run, _ = started(root_box, "[main]\nuser = app\n", mode=mode)
    run.send(signal.SIGUSR1)
    assert run.event("signal")["signal"] == signal.SIGUSR1
    run.send(signal.SIGTERM)
    assert run.wait().status == 0


def test_main_of_another_user_is_still_killed(root_box, mode):
    config = "[main]\nuser = app\nstop_grace_period = 200ms\n[security]\ncap_drop = ALL\n"
    run, _ = started(root_box, config, mode=mode, steps=("signals",))
    run.send(signal.SIGTERM)
    assert run.wait().status == 137


def test_it_holds_no_descriptor_it_does_not_need(root_box, mode):
    config = """[main]
user = app
oom_score_adj = 5
[secrets]
ONE = one
[security]
seccomp = default
read_only_paths = /
"""
    root_box.file("run/secrets/one", "value")
    run, _ = started(root_box, config, mode=mode,
                     stage=["open=3:/etc/group:r", "open=7:/etc/passwd:r", "open=100:/tmp/x:w"])
    links = {fd.name: str(fd.readlink()) for fd in pathlib.Path(f"/proc/{run.pid}/fd").iterdir()}
    others = [target for target in links.values() if "one" in target or "landlock" in target or "oom" in target]
    assert others == [], links


def test_plan_says_what_it_keeps_and_why(root_box):
    root_box.config("[main]\nuser = app\n[security]\ncap_drop = ALL\n")
    plan = root_box.result("plan", "--", "/bin/probe")
    assert plan.status == 0
    _, own = plan.out.split("\npid 1 once main runs\n")
    assert "uid 1000" in own and "none" in own and "because" in own
    root_box.config("[main]\nuser = app\n[security]\ncap_add = SETUID\n")
    _, own = root_box.result("plan", "--", "/bin/probe").out.split("\npid 1 once main runs\n")
    assert "CAP_KILL" in own


def test_a_main_that_it_may_not_signal_is_not_waited_for_for_ever(root_box):
    """Without CAP_KILL a main that has become root is out of reach of a PID 1 that is main's user."""
    bits = f"{harness.capbits('SETUID', 'SETGID', 'SETPCAP'):x}"
    config = "[main]\nuser = app\nstop_grace_period = 100ms\n[security]\ncap_add = SETUID\nno_new_privs = false\n"
    run, status = started(root_box, config, stage=[f"bound={bits}", f"caps={bits}"],
                          steps=("become", "0", ",", "signals", "15=0"))
    assert (status["Uid"].split(), caps(status)) == (["1000"] * 4, NONE)
    assert harness.status_of(harness.child_of(run.pid))["Uid"].split() == ["0"] * 4
    run.send(signal.SIGTERM)
    result = run.wait()
    assert result.status == 128 + signal.SIGKILL
    assert "cannot send SIGKILL to main" in result.err
