# SPDX-License-Identifier: Apache-2.0
"""Restarts and later hooks: made from a PID 1 that has given up its rights, as at first (cardea.ini(5), restart and user)."""

import signal

import pytest

import harness
from harness import DOCKER_CAPS, capbits
from test_hooks import hook

RESTART = "[main]\nrestart = on-failure:1\nrestart_delay = 0s\n"
ENGINE = (f"bound={DOCKER_CAPS:x}", f"caps={DOCKER_CAPS:x}")
SAME = ("uids", "gids", "groups", "caps", "no_new_privs", "securebits", "seccomp", "limits", "umask", "oom_score_adj",
        "cwd", "environ", "argv")

CONFIGS = {
    "nothing": "",
    "user": "user = app\n",
    "user-and-groups": "user = app\ngroup_add = extra\n",
    "limits": "user = app\nulimits = nofile=64:128, core=0\numask = 0027\noom_score_adj = 500\nworking_dir = /tmp\n",
    "drop-all": "[security]\ncap_drop = ALL\n",
    "drop-one": "[security]\ncap_drop = NET_RAW\nno_new_privs = no\n",
    "keep-one": "user = app\n[security]\ncap_drop = ALL\ncap_add = NET_BIND_SERVICE\n",
    "no-new-privs": "[security]\nno_new_privs = yes\n",
    "securebits": "user = app\n[security]\nsecurebits = noroot, noroot-locked\n",
    "securebits-of-root": "[security]\nsecurebits = noroot\ncap_add = CHOWN\n",
    "no-ambient": "user = app\n[security]\ncap_add = CHOWN\nsecurebits = no-cap-ambient-raise\nno_new_privs = no\n",
    "seccomp": "user = app\n[security]\nseccomp = default\n",
}


def starts(box, config, stage=()):
    """What main reports at its first start, and at its second."""
    box.config(RESTART + config)
    result = box.result("--", "/bin/probe", "report", ",", "exit", "1", stage=stage)
    assert result.status == 1, result
    first, second = (event for event in result.events if "argv" in event)
    return ({key: report[key] for key in SAME if key in report} for report in (first, second))


@pytest.mark.parametrize("name", CONFIGS)
def test_main_has_again_what_it_had(root_box, name):
    first, second = starts(root_box, CONFIGS[name], ENGINE)
    assert {"uids", "caps", "no_new_privs"} <= set(first)
    assert second == first


def test_also_where_the_engine_fills_the_inheritable_set(root_box):
    first, second = starts(root_box, "", [ENGINE[0], f"caps={DOCKER_CAPS:x}:{capbits('CHOWN'):x}"])
    assert int(first["caps"]["inheritable"], 16) == capbits("CHOWN")
    assert second == first


def test_also_for_somebody_with_ambient_capabilities(root_box):
    bits = f"{capbits('NET_BIND_SERVICE'):x}"
    keep_caps = "securebits=16"
    first, second = starts(root_box, "", ["groups=", "gid=5000", keep_caps, "uid=5000", f"caps={bits}:{bits}"])
    assert int(first["caps"]["effective"], 16) == capbits("NET_BIND_SERVICE")
    assert second == first


# ---- hooks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", ["prepare", "wait", "ready", "stop", "exit"])
@pytest.mark.parametrize("user", ["worker", "root", ""])
def test_who_a_hook_is(root_box, phase, user):
    root_box.config("[main]\nuser = app\n[security]\ncap_add = NET_BIND_SERVICE\n"
                    + hook("h", phase=phase, user=user, command="/bin/act who this"))
    run = root_box.cardea("--", "/bin/probe", "signals", "15=0", stage=ENGINE).ready()
    if phase == "ready":  # it runs beside main, and would be ended with it
        run.error("hook h: this ")
    run.send(signal.SIGTERM)
    result = run.wait()
    assert result.status == 0, result
    uid, effective, no_new_privs, _ = next(
        line.split()[3:] for line in result.messages if line.startswith("hook h: this "))
    who = {"worker": 1001, "root": 0, "": 0 if phase == "prepare" else 1000}[user]
    mine = {1000: capbits("NET_BIND_SERVICE"), 0: DOCKER_CAPS if phase in ("prepare", "wait") else 0}
    assert int(uid) == who
    assert int(effective, 16) == mine.get(who, 0)
    assert (no_new_privs == "0") == (int(effective, 16) == DOCKER_CAPS)


def test_pid_1_keeps_what_that_takes(root_box):
    root_box.config("[main]\nuser = app\n" + hook("h", phase="stop", user="worker", command="/bin/act print x"))
    run = root_box.cardea("--", "/bin/probe", "signals", "15=0", stage=ENGINE).ready()
    harness.wait_for(lambda: harness.status_of(run.pid)["State"].startswith("S"), "rest")
    status = harness.status_of(run.pid)
    assert status["Uid"].split() == ["1000"] * 4
    assert int(status["CapPrm"], 16) == capbits("KILL", "SETUID", "SETGID")
    run.send(signal.SIGTERM)
    assert run.wait().status == 0


def test_a_hook_of_another_user_is_ended_at_its_timeout(root_box):
    root_box.config("[main]\nuser = app\n"
                    + hook("h", phase="stop", user="worker", timeout="50ms", command="/bin/act await /tmp/never"))
    run = root_box.cardea("--", "/bin/probe", "signals", "15=0", stage=ENGINE).ready()
    run.send(signal.SIGTERM)
    result = run.wait()
    assert result.status == 0
    assert any("hook h: command /bin/act await /tmp/never: no end within" in line for line in result.messages)
