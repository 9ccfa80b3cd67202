# SPDX-License-Identifier: Apache-2.0
"""docker run -it: job control and the window, with main behind cardea."""

import pytest

import proc
from lab import wait_until
from terminal import Terminal

CTRL_C, CTRL_Z, CTRL_D = "\x03", "\x1a", "\x04"
MODES = [pytest.param([], id="pid-1"), pytest.param(["--init"], id="behind-init")]


@pytest.fixture
def open_terminal(lab, image):
    opened = []

    def start(*words, **options):
        container, argv = lab.interactive(image, *words, **options)
        terminal = Terminal(argv)
        opened.append(terminal)
        return container, terminal

    yield start
    for terminal in opened:
        terminal.close()


@pytest.fixture
def shell(open_terminal):
    """An interactive bash as main, with a prompt that can be told from everything else."""
    def start(**options):
        container, terminal = open_terminal("bash", "--norc", "--noprofile", "-i", **options)
        terminal.type("PS1='<''ready> '; stty -echo\n")
        terminal.expect("<ready> ")
        return container, terminal
    return start


@pytest.mark.parametrize("options", MODES)
def test_shell_has_job_control_and_no_complaint(shell, options):
    _, terminal = shell(options=options)
    assert "job control" not in terminal.seen
    terminal.type("case $- in *m*) echo monitor on;; esac\n")
    terminal.expect("monitor on")
    terminal.type("exit 6\n")
    assert terminal.wait() == 6


@pytest.mark.parametrize("options", MODES)
def test_ctrl_c_ends_the_job_and_not_the_shell(shell, options):
    container, terminal = shell(options=options)
    terminal.type("sh -c 'echo begun; exec sleep 1000'\n")
    terminal.expect("begun")
    terminal.type(CTRL_C)
    terminal.expect("<ready> ")
    terminal.type("echo status $?\n")
    terminal.expect("status 130")
    terminal.type("exit 0\n")
    assert terminal.wait() == 0
    assert container.state["ExitCode"] == 0


@pytest.mark.parametrize("options", MODES)
def test_ctrl_z_stops_the_job_and_fg_resumes_it(shell, options):
    container, terminal = shell(options=options)
    terminal.type("sh -c 'echo begun; read line; echo \"read $line\"; exit 4'\n")
    terminal.expect("begun")
    terminal.type(CTRL_Z)
    terminal.expect("Stopped")
    terminal.expect("<ready> ")
    first = container.first
    states = {proc.name(pid): state for pid, state in proc.descendants(first).items()}
    assert states["sh"] == "T" and states["bash"] in "SR", states
    terminal.type("fg\n")
    terminal.type("again\n")
    terminal.expect("read again")
    terminal.expect("<ready> ")
    terminal.type("echo status $?\n")
    terminal.expect("status 4")


def test_background_job_is_kept_from_the_terminal(shell):
    container, terminal = shell()
    terminal.type("cat &\n")
    terminal.expect("<ready> ")
    terminal.type("sleep 0.2; jobs\n")
    terminal.expect("Stopped.*cat")
    container.kill("KILL")
    assert terminal.wait() == 137


@pytest.mark.parametrize("options", MODES)
def test_ctrl_c_reaches_a_main_that_is_no_shell(open_terminal, options):
    container, terminal = open_terminal(
        "perl", "-e", "$|=1; $SIG{INT}=sub{print qq(got INT\\n); exit 12}; print qq(begun\\n);"
        "sleep 1 while 1", options=options)
    terminal.expect("begun")
    terminal.type(CTRL_C)
    terminal.expect("got INT")
    assert terminal.wait() == 12
    assert container.state["ExitCode"] == 12


def test_ctrl_c_without_a_handler_kills_main(open_terminal):
    container, terminal = open_terminal("sleep", "1000")
    assert container_main(container)
    terminal.type(CTRL_C)
    assert terminal.wait() == 130
    assert container.state["ExitCode"] == 130


@pytest.mark.parametrize("ini", [None, "[main]\nuser = app\n"], ids=["root", "app"])
def test_resize_reaches_main(open_terminal, ini):
    container, terminal = open_terminal(
        "bash", "-c", "trap 'echo size $(stty size) .' WINCH; echo begun $(stty size) .; "
        "while :; do read -t 0.1; done", ini=ini)
    terminal.expect(r"begun 24 80 \.")
    # the CLI watches the window some time after main has begun, so the window changes again
    wait_until("the new size is told", lambda: resized(terminal))
    container.kill("KILL")
    assert terminal.wait() == 137


def resized(terminal):
    for columns in (132, 133):
        terminal.resize(50, columns)
        if terminal.shows(rf"size 50 {columns} \.", deadline=1):
            return True
    return False


def test_main_is_in_the_foreground_of_the_terminal(open_terminal):
    """The fields of /proc/PID/stat: process group, session, terminal, its foreground group."""
    container, terminal = open_terminal("sleep", "1000")
    main = container_main(container)
    with open(f"/proc/{main}/stat", encoding="utf-8") as file:
        words = file.read().rpartition(")")[2].split()
    group, terminal_number, foreground = int(words[2]), int(words[4]), int(words[5])
    assert terminal_number != 0
    assert group == foreground == main
    container.kill("KILL")
    terminal.wait()


def container_main(container):
    wait_until("the container exists", lambda: _running(container))
    return container.main


def _running(container):
    try:
        return container.state["Running"]
    except AssertionError:
        return False


def test_ctrl_z_leaves_no_main_that_can_neither_be_continued_nor_stopped(open_terminal):
    """Nobody could continue a main that Ctrl-Z stopped under PID 1: it goes on, and obeys a stop."""
    container, terminal = open_terminal("sh", "-c", "trap 'exit 7' TERM; echo begun; read -r line; echo got $line; "
                                        "while :; do sleep 0.05; done")
    terminal.expect("begun")
    terminal.type(CTRL_Z)
    terminal.type("text\n")
    terminal.expect("got text")
    terminal.type(CTRL_Z)
    status, took = container.stop()
    assert (status, took < 1.5) == (7, True)
    assert terminal.wait() == 7
