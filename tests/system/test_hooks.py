# SPDX-License-Identifier: Apache-2.0
"""Hooks: their order, tries, times and output (cardea.ini(5), HOOKS)."""

import signal
import time

import pytest

import harness


def log_of(box):
    path = box.root / "tmp/log"
    return path.read_text().split() if path.exists() else []


def says(name, text, **keys):
    """A hook whose command leaves its name in /tmp/log."""
    return hook(name, command=f"/bin/act append /tmp/log={text}", **keys)


def hook(name, **keys):
    lines = "".join(f"{key} = {value}\n" for key, value in keys.items())
    return f"[hook:{name}]\n{lines}"


def alive(box, name):
    """Processes in the box that run this program."""
    found = []
    for path in harness.pathlib.Path("/proc").glob("[0-9]*/exe"):
        try:
            if path.resolve() == path.parent / "root" / name or path.readlink().name == name:
                found.append(path)
        except OSError:
            pass
    return found


def test_every_phase_in_its_order(box, mode):
    box.config("".join(says(name, name, phase=name) for name in ("exit", "stop", "ready", "wait", "prepare")))
    run = box.cardea("--", "/bin/act", "append", "/tmp/log=main", ",", "until", "15", ",",
                     "append", "/tmp/log=end", mode=mode)
    harness.wait_for(lambda: "ready" in log_of(box), "the ready hook")
    run.line(lambda line: line == "waiting", "main")
    run.send(signal.SIGTERM)
    assert run.wait().status == 0
    log = log_of(box)
    # main and the ready hook run side by side.
    assert log[:2] == ["prepare", "wait"] and sorted(log[2:4]) == ["main", "ready"]
    assert log[4:] == ["stop", "end", "exit"]


def test_after_makes_an_order_and_nothing_else_does(any_box):
    any_box.config(
        hook("c", phase="wait", after="a, b", command="/bin/act append /tmp/log=c")
        + hook("a", phase="wait", command="/bin/act await /tmp/go , append /tmp/log=a")
        + hook("b", phase="wait", command="/bin/act append /tmp/log=b , append /tmp/go=x"))
    assert any_box.result("--", "/bin/act", "append", "/tmp/log=main").status == 0
    assert log_of(any_box) == ["b", "a", "c", "main"]


@pytest.mark.parametrize("phase", ["prepare", "wait"])
def test_a_required_hook_that_fails_is_112_and_main_never_starts(box, mode, phase):
    box.config(hook("one", phase=phase, command="/bin/act print why , exit 3")
               + says("later", "later", phase=phase, after="one") + says("last", "last", phase="exit"))
    result = box.result("--", "/bin/act", "append", "/tmp/log=main", mode=mode)
    assert result.status == 112
    assert log_of(box) == ["last"]
    assert "hook one: why" in result.messages
    assert any(line.startswith("error: hook one: command /bin/act print why , exit 3: exit status 3: why (1 try in ")
               for line in result.messages)


def test_what_is_not_required_only_warns(any_box):
    any_box.config(hook("one", phase="wait", required="no", command="/bin/act exit 3")
                   + says("two", "two", phase="wait", after="one"))
    result = any_box.result("--", "/bin/act", "append", "/tmp/log=main")
    assert result.status == 0
    assert log_of(any_box) == ["two", "main"]
    assert any(line.startswith("warning: hook one: ") for line in result.messages)


def test_a_ready_hook_that_fails_ends_main_and_is_112(any_box):
    any_box.config(hook("one", phase="ready", command="/bin/act await /tmp/up , exit 1"))
    result = any_box.result("--", "/bin/act", "append", "/tmp/up=x", ",", "until", "15", ",", "exit", "0")
    assert result.status == 112


def test_a_command_is_tried_again_as_often_as_it_says(any_box):
    any_box.config(hook("one", phase="wait", retries="5", interval="10ms",
                        command="/bin/act count /tmp/n , from 4 , append /tmp/log=passed"))
    result = any_box.result("--", "/bin/act", "append", "/tmp/log=main")
    assert result.status == 0
    assert log_of(any_box) == ["passed", "main"]
    assert (any_box.root / "tmp/n").stat().st_size == 4


def test_and_no_more_often(any_box):
    any_box.config(hook("one", phase="wait", retries="2", interval="10ms",
                        command="/bin/act count /tmp/n , exit 1"))
    result = any_box.result("--", "/bin/act", "append", "/tmp/log=main")
    assert result.status == 112
    assert (any_box.root / "tmp/n").stat().st_size == 3
    assert "(3 tries in " in result.err


def test_a_probe_is_tried_until_it_passes(any_box):
    any_box.config(hook("file", phase="wait", file="/tmp/there", interval="10ms"))
    run = any_box.cardea("-v", "--", "/bin/act", "append", "/tmp/log=main")
    run.error("hook file: ")
    assert log_of(any_box) == []
    (any_box.root / "tmp/there").touch()
    assert run.wait().status == 0
    assert log_of(any_box) == ["main"]


def test_and_not_beyond_its_deadline(any_box):
    any_box.config(hook("file", phase="wait", file="/tmp/there", interval="10ms", deadline="200ms"))
    result = any_box.result("--", "/bin/act", "append", "/tmp/log=main")
    assert result.status == 112
    assert "error: hook file: file /tmp/there: " in result.err and " tries in 0." in result.err


def test_what_takes_too_long_is_killed_with_all_it_started(any_box):
    any_box.config(hook("slow", phase="wait", timeout="100ms",
                        command="/bin/act behind 60000 , ignore 15 , sleep 60000")
                   + hook("late", phase="exit", command="/bin/act print late"))
    begin = time.monotonic()
    result = any_box.result("--", "/bin/act", "append", "/tmp/log=main")
    assert result.status == 112
    assert time.monotonic() - begin < 5
    assert "no end within 0.1" in result.err
    assert "hook late: late" in result.messages


@pytest.mark.parametrize("phase", ["prepare", "wait", "ready", "stop"])
def test_a_stop_is_obeyed_at_once_in_every_phase(any_box, mode, phase):
    any_box.config(hook("slow", phase=phase, command="/bin/act append /tmp/log=hook , ignore 15 , sleep 60000"))
    run = any_box.cardea("--", "/bin/act", "append", "/tmp/log=main", ",", "until", "15", mode=mode)
    if phase == "stop":
        run.line(lambda line: line == "waiting", "main")
        run.send(signal.SIGTERM)
    harness.wait_for(lambda: "hook" in log_of(any_box), "the hook")
    if phase == "ready":
        run.line(lambda line: line == "waiting", "main")
    begin = time.monotonic()
    run.send(signal.SIGTERM)
    result = run.wait()
    assert time.monotonic() - begin < 5
    assert result.status == (143 if phase in ("prepare", "wait") else 0)


def test_output_comes_line_by_line_with_the_hook_s_name(any_box):
    any_box.config(hook("a", phase="wait", command="/bin/act part one , sleep 30 , print ,two , complain three , part end")
                   + hook("b", phase="wait", command="/bin/act flood 50"))
    result = any_box.result("--", "/bin/act", "exit", "0")
    assert result.status == 0
    a = [line for line in result.messages if line.startswith("hook a: ")]
    b = [line for line in result.messages if line.startswith("hook b: ")]
    assert a == ["hook a: one,two", "hook a: three", "hook a: end"]
    assert b == [f"hook b: line {n} of a flood" for n in range(50, 0, -1)]


def test_output_is_bounded_and_clean(any_box):
    any_box.config(hook("flood", phase="wait", command="/bin/act flood 20000")
                   + hook("long", phase="wait", command="/bin/act long 5000")
                   + hook("odd", phase="wait", command="/bin/act print '\xc3\xa9 \x85 \t'"))
    result = any_box.result("--", "/bin/act", "exit", "0")
    assert result.status == 0
    flood = [line for line in result.messages if line.startswith("hook flood: ")]
    assert 50_000 < sum(len(line) for line in flood) < 150_000
    assert flood[-1] == "hook flood: (what else it prints is not shown)"
    long = [line for line in result.messages if line.startswith("hook long: ")]
    assert "".join(line.removeprefix("hook long: ") for line in long) == "x" * 5000
    assert "\x7f" not in result.err


def test_what_a_hook_leaves_behind_is_heard_too(any_box):
    any_box.config(hook("one", phase="wait", command="/bin/act behind 100 , print done"))
    result = any_box.result("--", "/bin/act", "sleep", "600")
    assert result.status == 0
    assert [line for line in result.messages if line.startswith("hook one: ")] == [
        "hook one: done", "hook one: from behind"]


def test_json_lines_name_the_hook(any_box):
    any_box.config("[main]\nlog_format = json\n" + hook("one", phase="wait", command="/bin/act print 'a \"b\"'"))
    result = any_box.result("--", "/bin/act", "exit", "0")
    line = harness.json.loads(result.err.splitlines()[0])
    assert line["hook"] == "one" and line["message"] == 'a "b"'


def test_an_exit_hook_does_not_change_the_status(box, mode):
    box.config(hook("bad", phase="exit", command="/bin/act exit 9") + says("good", "good", phase="exit"))
    result = box.result("--", "/bin/act", "exit", "5", mode=mode)
    assert result.status == 5
    assert log_of(box) == ["good"]
    assert "warning: hook bad: " in result.err


def test_a_delay_drains_before_main_is_asked(any_box):
    any_box.config(hook("drain", phase="stop", delay="300ms"))
    run = any_box.cardea("--", "/bin/act", "until", "15", ",", "exit", "7")
    run.line(lambda line: line == "waiting", "main")
    begin = time.monotonic()
    run.send(signal.SIGTERM)
    assert run.wait().status == 7
    assert 0.3 <= time.monotonic() - begin < 2


def test_stop_hooks_leave_main_its_time(any_box):
    any_box.config("[main]\nstop_grace_period = 300ms\n" + hook("drain", phase="stop", delay="60s"))
    run = any_box.cardea("--", "/bin/act", "until", "15", ",", "sleep", "500", ",", "exit", "7")
    run.line(lambda line: line == "waiting", "main")
    run.send(signal.SIGTERM)
    assert run.wait().status == 7


def test_hooks_are_main_s_user_and_prepare_hooks_are_not(root_box):
    box = root_box
    box.config("[main]\nuser = app\n[security]\ncap_add = NET_BIND_SERVICE\nseccomp = default\n"
               + hook("p", phase="prepare", command="/bin/act who p")
               + hook("w", phase="wait", command="/bin/act who w")
               + hook("x", phase="wait", user="worker", command="/bin/act who x")
               + hook("e", phase="exit", command="/bin/act who e")
               + hook("y", phase="exit", user="worker", command="/bin/act who y"))
    result = box.result("--", "/bin/act", "who", "main")
    assert result.status == 0, result
    seen = {line.split()[2]: line.split()[3:] for line in result.messages if line.startswith("hook ")}
    main = result.out.split()[1:]
    assert main == ["1000", f"{harness.capbits('NET_BIND_SERVICE'):016x}", "1", "2"]
    assert seen["p"][0] == "0" and int(seen["p"][1], 16) & harness.DOCKER_CAPS == harness.DOCKER_CAPS
    assert seen["w"] == seen["e"] == main
    assert seen["x"][:3] == seen["y"][:3] == ["1001", "0" * 16, "1"]


def test_a_hook_sees_no_secret_but_those_it_lists(box):
    box.file("run/secrets/one", "first\n", 0o644)
    box.file("run/secrets/two", "second\n", 0o644)
    box.config("[secrets]\nONE = one\nTWO = two\n[environment]\nURL = a:${secret:TWO}\nPLAIN = x\n"
               + hook("none", phase="wait", command="/bin/act variable ONE , variable URL , variable PLAIN")
               + hook("some", phase="wait", secrets="TWO", after="none",
                      command="/bin/act variable ONE , variable TWO , variable URL"))
    result = box.result("--", "/bin/act", "variable", "ONE")
    assert result.out.split() == ["ONE=first"]
    assert [line for line in result.messages if line.startswith("hook ")] == [
        "hook none: ONE=(unset)", "hook none: URL=(unset)", "hook none: PLAIN=x",
        "hook some: ONE=(unset)", "hook some: TWO=second", "hook some: URL=a:second"]


def test_a_thousand_hooks_run_side_by_side(any_box):
    any_box.config("".join(hook(f"h{n}", phase="wait", command="/bin/act count /tmp/n") for n in range(1000)))
    result = any_box.result("--", "/bin/act", "exit", "4", deadline=60)
    assert result.status == 4
    assert (any_box.root / "tmp/n").stat().st_size == 1000


def test_when_leaves_hooks_out(any_box):
    any_box.config(says("one", "one", phase="wait", when="act, other") + says("two", "two", phase="wait", when="probe"))
    assert any_box.result("--", "/bin/act", "exit", "0").status == 0
    assert log_of(any_box) == ["one"]


def test_a_program_that_cannot_be_executed_says_so(any_box):
    any_box.file("tmp/none", "nothing", 0o755)
    any_box.config(hook("one", phase="wait", command="/tmp/none"))
    result = any_box.result("--", "/bin/act", "exit", "0")
    assert result.status == 112
    assert "hook one: command /tmp/none: cannot execute '/tmp/none': Exec format error" in result.err
