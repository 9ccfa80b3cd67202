# SPDX-License-Identifier: Apache-2.0
"""Terminals: main has the foreground, and job control works around cardea (cardea(8), SIGNALS)."""

import fcntl
import json
import os
import signal
import struct
import termios
import time

import pytest

import harness

# As an engine does it with -t: PID 1 leads a session whose terminal is on its descriptors.
TTY = ["setsid=0"]


def start(box, *main, stage=(), **options):
    return box.cardea("--", "/bin/probe", *main, terminal=True, stage=[*TTY, *stage], **options)


def test_main_is_in_the_foreground_of_the_terminal(box):
    run = start(box, "report")
    report = run.event("argv")
    assert report["controlling_tty"] == 1
    assert report["foreground"] == report["pgid"] == report["pid"]
    assert [report["fds"][fd]["tty"] for fd in "012"] == [1, 1, 0]
    assert run.wait().status == 0


def test_main_may_read_from_the_terminal(box):
    run = start(box, "read", ",", "exit", "3")
    run.type("hello\n")
    assert run.event("read")["read"] == "hello\n"
    assert run.wait().status == 3


def test_ctrl_c_reaches_main_once(box):
    run = start(box, "signals", "15=4")
    run.ready()
    run.type("\x03")
    event = run.event("signal")
    # From the terminal, not from cardea: it went to the foreground group, and cardea is not in it.
    assert (event["signal"], event["from"]) == (signal.SIGINT, 0)
    run.send(signal.SIGTERM)
    result = run.wait()
    assert result.status == 4
    assert result.out.count('"signal"') == 2


def test_ctrl_c_ends_an_ordinary_main(box):
    run = start(box, "hold").ready()
    run.type("\x03")
    assert run.wait().status == 130


def test_ctrl_backslash_ends_an_ordinary_main(any_box):
    run = start(any_box, "hold", stage=["limit=4:0:0"]).ready()
    run.type("\x1c")
    assert run.wait().status == 131


def test_ctrl_z_reaches_main_and_cardea_stays_awake(any_box):
    # As PID 1 nobody would continue it. A main that handles the signal gets it from the terminal.
    run = start(any_box, "signals", "15=3").ready()
    run.type("\x1a")
    event = run.event("signal")
    assert (event["signal"], event["from"]) == (signal.SIGTSTP, 0)
    assert harness.status_of(run.pid)["State"].startswith("S")
    run.send(signal.SIGTERM)
    assert run.wait().status == 3


def test_ctrl_z_does_not_leave_main_stopped_where_nobody_could_continue_it(box):
    run = start(box, "hold").ready()
    main = harness.child_of(run.pid)
    for _ in range(3):
        before = int(harness.status_of(main)["voluntary_ctxt_switches"])
        run.type("\x1a")
        # It was stopped, and goes on.
        harness.wait_for(lambda then=before: int(harness.status_of(main)["voluntary_ctxt_switches"]) > then,
                         "Ctrl-Z at main")
        harness.wait_for(lambda: harness.status_of(main)["State"].startswith("S"), "main goes on")
    run.type("\x03")
    assert run.wait().status == 130


def test_a_main_that_is_stopped_on_purpose_stays_stopped(box):
    run = start(box, "stop", ",", "exit", "3")
    run.event("stopping")
    main = harness.child_of(run.pid)
    harness.wait_for(lambda: harness.status_of(main)["State"].startswith("T"), "main's stop")
    time.sleep(0.1)
    assert harness.status_of(main)["State"].startswith("T")
    run.send(signal.SIGCONT)
    assert run.wait().status == 3


def test_a_resize_reaches_main(box):
    run = start(box, "signals", "15=0", ",", "report").ready()
    fcntl.ioctl(run.master, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
    assert run.event("signal")["signal"] == signal.SIGWINCH
    run.send(signal.SIGTERM)
    assert run.wait().status == 0


def test_the_terminal_s_size_is_what_main_sees(any_box):
    run = start(any_box, "read", ",", "report")
    fcntl.ioctl(run.master, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
    run.type("\n")
    report = run.event("argv")
    assert (report["rows"], report["columns"]) == (33, 99)
    run.wait()


@pytest.mark.parametrize("redirected", ["stdin", "stdout"])
def test_main_has_the_foreground_although_descriptors_are_redirected(box, redirected):
    stage = ["setsid=1" if redirected == "stdin" else "setsid=0"]
    if redirected == "stdin":
        stage.append("open=0:/dev/null:r")
    else:
        stage.append("open=1:/tmp/out:w")
    run = box.cardea("--", "/bin/probe", "report", terminal=True, stage=stage)
    if redirected == "stdin":
        report = run.event("argv")
    assert run.wait().status == 0
    if redirected == "stdout":
        report = json.loads((box.root / "tmp/out").read_text())
    assert report["controlling_tty"] == 1
    assert report["foreground"] == report["pgid"]


def test_a_terminal_that_is_not_ours_to_give_stays_where_it_is(any_box):
    # Not session leader, no controlling terminal: a terminal on the descriptors changes nothing.
    run = any_box.cardea("--", "/bin/probe", "report", terminal=True)
    assert run.event("argv")["controlling_tty"] == 0
    assert run.wait().status == 0


def test_a_hangup_of_the_terminal_reaches_main(any_box):
    run = start(any_box, "signals", "1=5").ready()
    run.hang_up()
    assert run.wait().status == 5


def test_as_user_the_terminal_is_main_s_too(root_box):
    run = start(root_box, "report", env={"CARDEA_MAIN_USER": "app"})
    report = run.event("argv")
    assert report["uids"][0] == 1000
    assert report["foreground"] == report["pgid"]
    assert run.wait().status == 0


# ---- below a shell with job control, not as PID 1 ---------------------------------------------


def below_shell(box, *main, **options):
    return box.cardea("--", "/bin/probe", *main, mode="shell", terminal=True, **options)


def fg(run):
    """What the shell's user types: the stage is the child of unshare."""
    os.kill(harness.child_of(run.popen.pid), signal.SIGUSR1)


def test_below_a_shell_main_has_the_foreground(any_box):
    run = below_shell(any_box, "report")
    report = run.event("argv")
    assert report["foreground"] == report["pgid"] == report["pid"]
    assert run.wait().status == 0


def test_below_a_shell_ctrl_c_reaches_main(any_box):
    run = below_shell(any_box, "signals", "2=7").ready()
    run.type("\x03")
    assert run.wait().status == 7


def test_below_a_shell_ctrl_z_stops_the_job_and_fg_continues_it(any_box):
    run = below_shell(any_box, "hold").ready()
    for _ in range(3):
        run.type("\x1a")
        assert run.event("shell")["shell"] == "stopped"
        main = harness.child_of(run.pid)
        assert harness.status_of(main)["State"].startswith("T")
        assert harness.status_of(run.pid)["State"].startswith("T")
        fg(run)
        harness.wait_for(lambda: harness.status_of(main)["State"].startswith("S"), "main goes on")
    run.type("\x03")
    assert run.wait().status == 130


def test_below_a_shell_main_has_the_terminal_again_after_fg(any_box):
    run = below_shell(any_box, "read", ",", "report", ",", "exit", "3")
    harness.wait_for(lambda: harness.child_of(run.pid), "main")
    harness.wait_for(lambda: harness.comm(harness.child_of(run.pid)) == "probe", "main's execve")
    run.type("\x1a")
    run.event("shell")
    fg(run)
    run.type("typed\n")
    assert run.event("read")["read"] == "typed\n"
    report = run.event("argv")
    assert report["foreground"] == report["pgid"]
    assert run.wait().status == 3


def test_below_a_shell_the_terminal_is_the_shell_s_again_at_the_end(any_box):
    # The shell writes and reads after the job; with tostop a background process would be stopped.
    run = below_shell(any_box, "exit", "9")
    assert run.wait().status == 9
