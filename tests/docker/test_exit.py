# SPDX-License-Identifier: Apache-2.0
"""The exit status of a container is main's, or says what kept main from running."""

import json

import pytest

from lab import wait_until
import proc

MAINS = [
    (["sh", "-c", "exit 0"], 0),
    (["sh", "-c", "exit 7"], 7),
    (["sh", "-c", "exit 255"], 255),
    (["sh", "-c", "kill -TERM $$"], 143),
    (["sh", "-c", "kill -KILL $$"], 137),
    (["sh", "-c", "kill -SEGV $$"], 139),
]


@pytest.mark.parametrize("words, status", MAINS, ids=lambda value: str(value))
def test_status_is_mains(lab, image, words, status):
    done = lab.run(image, *words)
    assert done.returncode == status
    assert done.stderr == ""


@pytest.mark.parametrize("program, status", [
    ("/no/such/program", 127),
    ("no-such-program", 127),
    ("/etc/passwd", 126),
    ("/etc", 126),
    ("/bad-interpreter", 127),
    ("/other-machine", 126),
])
def test_what_cannot_be_executed(lab, image, program, status):
    done = lab.run(image, program)
    assert done.returncode == status
    assert done.stderr.startswith("cardea: error: ") and program in done.stderr
    assert done.stderr.count("\n") == 1


def test_no_program_at_all(lab, image):
    done = lab.run(image)
    assert done.returncode == 100
    assert "cardea: error: " in done.stderr and "main.command" in done.stderr


def test_every_configuration_error_is_told_and_nothing_runs(lab, image):
    ini = "[main]\nuser = nobody-here\nstop_signal = SIGFOO\n[security]\ncap_dorp = ALL\n"
    done = lab.run(image, "echo", "main ran", ini=ini)
    assert done.returncode == 100
    assert "main ran" not in done.stdout
    for told in ("cardea.ini:2", "nobody-here", "cardea.ini:3", "SIGFOO",
                 "cardea.ini:5", "cap_dorp", "cap_drop"):
        assert told in done.stderr, done.stderr


def test_a_system_call_that_has_to_work(lab, image):
    profile = {"defaultAction": "SCMP_ACT_ALLOW",
               "syscalls": [{"names": ["setgroups"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}
    path = lab.file(json.dumps(profile), suffix=".json")
    options = ["--security-opt", f"seccomp={path}",
               "--security-opt", "no-new-privileges"]  # so that runc itself is done before it
    done = lab.run(image, "echo", "main ran", options=options, ini="[main]\nuser = app\n")
    assert done.returncode == 111
    assert "main ran" not in done.stdout
    assert "cannot set the groups" in done.stderr and "Operation not permitted" in done.stderr


def test_stop_before_the_grace_is_over(lab, image):
    container = lab.start(image, "sh", "-c", "trap 'exit 5' TERM; echo ready; "
                          "while :; do sleep 0.05; done", ini="[main]\nstop_grace_period = 10s\n")
    container.wait_for_log("ready")
    status, took = container.stop()
    assert status == 5
    assert took < 1.5


def test_main_that_does_not_stop_is_killed_after_the_grace(lab, image):
    container = lab.start(image, "sh", "-c", "trap '' TERM; echo ready; "
                          "while :; do sleep 0.05; done", ini="[main]\nstop_grace_period = 500ms\n")
    container.wait_for_log("ready")
    status, took = container.stop(engine_limit=20)
    assert status == 137
    assert 0.5 <= took < 5


def test_an_end_by_sigterm_can_count_as_success(lab, image):
    container = lab.start(image, "sleep", "1000", ini="[main]\nsuccess_exit_status = SIGTERM\n")
    assert container.main
    status, took = container.stop()
    assert (status, took < 1.5) == (0, True)


def test_what_main_leaves_behind_is_stopped(lab, image):
    """One of the orphans ends on SIGTERM and one does not; both are in their own sessions."""
    script = ("setsid sleep 1000 & setsid sh -c \"trap '' TERM; echo deaf; sleep 1000\" & "
              "while ! [ -e /tmp/go ]; do sleep 0.02; done; exit 3")
    container = lab.start(image, "sh", "-c", script, ini="[main]\norphan_grace_period = 300ms\n")
    container.wait_for_log("deaf")

    def sleepers():
        found = proc.called(container.first, ["sleep", "1000"])
        return found if len(found) == 2 else None

    left = wait_until("both are there", sleepers)
    container.exec("touch", "/tmp/go")
    assert container.wait(deadline=10) == 3
    wait_until("orphans are gone", lambda: not set(left) & set(proc.table()))


def test_other_signals_reach_main(lab, image):
    script = ("trap 'echo got USR1' USR1; trap 'echo got HUP' HUP; trap 'exit 9' INT; "
              "trap 'echo got RTMIN+3' RTMIN+3; echo ready; "
              "while :; do sleep 0.05; done")
    container = lab.start(image, "bash", "-c", script, ini="[signals]\nSIGUSR2 = SIGHUP\n")
    container.wait_for_log("ready")
    container.kill("RTMIN+3")
    container.wait_for_log("got RTMIN+3")
    container.kill("USR1")
    container.wait_for_log("got USR1")
    container.kill("USR2")
    container.wait_for_log("got HUP")
    container.kill("INT")
    assert container.wait() == 9
