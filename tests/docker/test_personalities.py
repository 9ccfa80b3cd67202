# SPDX-License-Identifier: Apache-2.0
"""Images made for tini, dumb-init, catatonit, gosu and su-exec, with cardea in their place."""

import pytest

import proc
from lab import wait_until

INITS = ["tini", "docker-init", "dumb-init", "catatonit"]
STEP_DOWNS = ["gosu", "su-exec"]


def start(lab, image, init, *words, options=()):
    return lab.start(image, *words, options=["--entrypoint", init, *options])


@pytest.mark.parametrize("step_down", STEP_DOWNS)
@pytest.mark.parametrize("init", INITS)
def test_entrypoint_script(lab, image, init, step_down):
    container = start(lab, image, init, "--", "entry", "--port", "7000",
                      options=["--env", f"STEP_DOWN={step_down}"])
    log = container.wait_for_log("ready")
    assert "uid=1234 gid=1234 groups=1234 1500 home=/home/app" in log
    assert "options=--port 7000" in log
    first = container.first
    assert proc.identity(first)["uids"] == {0}
    main = [pid for pid, name in proc.seen(proc.name, proc.descendants(first)).items() if name == "entry"]
    assert [proc.identity(pid)["uids"] for pid in main] == [{1234}]
    status, took = container.stop()
    assert "got TERM" in container.logs()
    assert (status, took < 1.5) == (21, True)


@pytest.mark.parametrize("init", INITS)
def test_orphans_under_each_init(lab, image, init):
    done = lab.run(image, "--", "orphans", "1000", "100", "45", options=["--entrypoint", init])
    assert (done.stdout, done.returncode) == ("made 1000, left 0\n", 45)


@pytest.mark.parametrize("init", INITS)
def test_no_configuration_is_read(lab, image, init):
    done = lab.run(image, "--", "id", "-u", ini="[main]\nuser = app\n",
                   options=["--entrypoint", init, "--env", "CARDEA_MAIN_USER=app"])
    assert (done.stdout, done.returncode, done.stderr) == ("0\n", 0, "")


@pytest.mark.parametrize("init, status", [("tini", 127), ("docker-init", 127), ("dumb-init", 2),
                                          ("catatonit", 1), ("gosu", 1), ("su-exec", 1)])
def test_program_that_is_not_there(lab, image, init, status):
    words = ["app"] if init in STEP_DOWNS else ["--"]
    done = lab.run(image, *words, "no-such-program", options=["--entrypoint", init])
    assert done.returncode == status
    assert "no-such-program" in done.stderr


def test_tini_counts_a_status_as_success(lab, image):
    container = start(lab, image, "tini", "-e", "143", "--", "sleep", "1000")
    wait_until("main runs", lambda: "sleep" in proc.seen(proc.name, proc.descendants(container.first)).values())
    assert container.stop()[0] == 0


def test_tini_signals_the_group(lab, image):
    """A shell that waits for its child ends only when the child gets the signal too."""
    container = start(lab, image, "tini", "-g", "--", "bash", "-c",
                      "trap 'echo parent' TERM; bash -c \"trap 'echo child; exit' TERM; "
                      "echo ready; while :; do sleep 0.05; done\"; exit 8")
    container.wait_for_log("ready")
    assert container.stop()[0] == 8
    assert "parent" in container.logs() and "child" in container.logs()


def test_dumb_init_rewrites_a_signal(lab, image):
    container = start(lab, image, "dumb-init", "--rewrite", "15:3", "entry", "server")
    container.wait_for_log("ready")
    assert container.stop()[0] == 22
    assert "got QUIT" in container.logs()


@pytest.mark.parametrize("step_down", STEP_DOWNS)
@pytest.mark.parametrize("who, ids", [("app", "1234 1234"), ("1234", "1234 1234"),
                                      ("app:extra", "1234 1500"), ("4321:4322", "4321 4322")])
def test_step_down_alone(lab, image, step_down, who, ids):
    done = lab.run(image, who, "sh", "-c", "echo $(id -u) $(id -g); exec cat /proc/$$/comm",
                   options=["--entrypoint", step_down])
    assert (done.stdout, done.returncode) == (f"{ids}\ncat\n", 0)


@pytest.mark.parametrize("step_down", STEP_DOWNS)
def test_step_down_execs(lab, image, step_down):
    """Its program takes its place: it is PID 1 itself, nothing stays in between."""
    done = lab.run(image, "app", "sh", "-c", "echo $$", options=["--entrypoint", step_down])
    assert done.stdout == "1\n"
