# SPDX-License-Identifier: Apache-2.0
"""Signals: forwarded, rewritten, asking to stop (cardea(8), SIGNALS; cardea.ini(5), [signals])."""

import signal
import time

import pytest

import harness

KILL, STOP, CHLD, TERM = 9, 19, 17, 15
# KILL and STOP no process gets; SIGCHLD is how the kernel tells of children.
FORWARDED = [n for n in range(1, 65) if n not in (KILL, STOP, CHLD)]


def start(box, *main, mode="pid1", **options):
    return box.cardea("--", "/bin/probe", *main, mode=mode, **options).ready()


def send_raw(run, sig):
    """Any number: Python's kill refuses none, but its signal module has no names for 32 and 33."""
    run.send(sig)


def test_every_signal_reaches_main_as_it_is(box, mode):
    # The one that asks to stop comes last: after it a SIGCONT follows each, for a main that is stopped.
    box.config("[main]\nstop_on = SIGUSR1\nstop_signal = SIGUSR1\n")
    run = start(box, "signals", mode=mode)
    for sig in sorted(FORWARDED, key=lambda sig: sig == signal.SIGUSR1):
        send_raw(run, sig)
        assert run.event("signal")["signal"] == sig
    assert run.popen.poll() is None


def test_signals_come_from_cardea_and_from_nobody_else(box, mode):
    run = start(box, "signals", mode=mode)
    run.send(signal.SIGUSR1)
    event = run.event("signal")
    assert event["from"] == (2 if mode == "subreaper" else 1)


def test_sigchld_sent_by_somebody_does_not_disturb(any_box, mode):
    run = start(any_box, "signals", "15=5", mode=mode)
    for _ in range(100):
        run.send(signal.SIGCHLD)
    run.send(signal.SIGTERM)
    assert run.wait().status == 5


def test_a_burst_of_real_time_signals_arrives_whole_and_in_order(any_box, mode):
    run = start(any_box, "signals", "15=0", mode=mode)
    for n in range(200):
        send_raw(run, 34 + n % 10)
    for n in range(200):
        run.event("signal")
    run.send(signal.SIGTERM)
    result = run.wait()
    assert result.status == 0
    got = [event["signal"] for event in result.events if "signal" in event]
    # The kernel hands out low numbers first; main is ended by SIGTERM, which is the lowest.
    assert sorted(got[:-1] if got[-1] == TERM else got) == sorted(34 + n % 10 for n in range(200))


@pytest.mark.parametrize(
    "line, sent, got",
    [
        ("SIGHUP = SIGUSR2", 1, 12),
        ("HUP = USR2", 1, 12),
        ("hup = sigusr2", 1, 12),
        ("1 = 12", 1, 12),
        ("SIGRTMIN+3 = SIGQUIT", 37, 3),
        ("RTMAX-1 = RTMIN", 63, 34),
        ("SIGINT = SIGRTMAX", 2, 64),
        ("64 = 33", 64, 33),
        ("SIGWINCH = SIGKILL", 28, None),
    ],
)
def test_signals_are_rewritten_by_name_number_and_rtmin(any_box, mode, line, sent, got):
    any_box.config(f"[signals]\n{line}\n")
    run = start(any_box, "signals", mode=mode)
    send_raw(run, sent)
    if got is None:
        assert run.wait().status == 137
    else:
        assert run.event("signal")["signal"] == got


def test_an_ignored_signal_never_arrives(box, mode):
    box.config("[signals]\nSIGHUP = ignore\nSIGRTMIN+30 = ignore\n")
    run = start(box, "signals", mode=mode)
    run.send(signal.SIGHUP)
    send_raw(run, 64)
    run.send(signal.SIGUSR1)
    assert run.event("signal")["signal"] == signal.SIGUSR1


def test_two_rewrites_may_swap_two_signals(any_box):
    any_box.config("[signals]\nSIGUSR1 = SIGUSR2\nSIGUSR2 = SIGUSR1\n")
    run = start(any_box, "signals")
    run.send(signal.SIGUSR1)
    assert run.event("signal")["signal"] == signal.SIGUSR2
    run.send(signal.SIGUSR2)
    assert run.event("signal")["signal"] == signal.SIGUSR1


def test_sigterm_asks_to_stop_and_main_gets_sigterm(box, mode):
    run = start(box, "signals", "15=3", mode=mode)
    run.send(signal.SIGTERM)
    result = run.wait()
    assert (result.status, result.err) == (3, "")


def test_stop_signal_is_what_main_gets_then(any_box, mode):
    any_box.config("[main]\nstop_signal = SIGQUIT\n")
    run = start(any_box, "signals", "3=4", "15=5", mode=mode)
    run.send(signal.SIGTERM)
    assert run.wait().status == 4


def test_stop_on_names_other_requests_and_sigterm_is_then_forwarded(any_box, mode):
    any_box.config("[main]\nstop_on = SIGINT, SIGRTMIN+3\nstop_signal = SIGUSR1\n")
    run = start(any_box, "signals", "10=0", mode=mode)
    run.send(signal.SIGTERM)
    assert run.event("signal")["signal"] == signal.SIGTERM
    send_raw(run, 37)
    assert run.wait().status == 0


def test_without_a_limit_main_has_as_long_as_it_takes(any_box, mode):
    run = start(any_box, "signals", "10=6", mode=mode)
    run.send(signal.SIGTERM)
    assert run.event("signal")["signal"] == signal.SIGTERM
    # Two seconds are the default for orphans: they are not main's.
    end = time.monotonic() + 2.3
    while time.monotonic() < end:
        assert run.popen.poll() is None
        time.sleep(0.05)
    run.send(signal.SIGUSR1)
    assert run.wait().status == 6


def test_after_the_grace_period_main_is_killed(box, mode):
    box.config("[main]\nstop_grace_period = 300ms\n")
    run = start(box, "signals", mode=mode)
    begin = time.monotonic()
    run.send(signal.SIGTERM)
    assert run.event("signal")["signal"] == signal.SIGTERM
    result = run.wait()
    assert result.status == 137
    assert 0.3 <= time.monotonic() - begin < 2


def test_a_second_request_repeats_the_stop_signal_and_does_not_prolong_the_grace(any_box, mode):
    any_box.config("[main]\nstop_grace_period = 1s\n")
    run = start(any_box, "signals", mode=mode)
    begin = time.monotonic()
    run.send(signal.SIGTERM)
    run.event("signal")
    time.sleep(0.7)
    run.send(signal.SIGTERM)
    result = run.wait()
    assert result.status == 137
    got = [event["signal"] for event in result.events if "signal" in event]
    assert got == [signal.SIGTERM, signal.SIGCONT] * 2
    assert 1.0 <= time.monotonic() - begin < 1.6


def test_a_grace_period_of_0_kills_at_once(any_box):
    any_box.config("[main]\nstop_grace_period = 0s\n")
    run = start(any_box, "signals")
    run.send(signal.SIGTERM)
    assert run.wait(3).status == 137


def test_a_stopped_main_is_continued_to_get_its_stop_signal(any_box, mode):
    run = any_box.cardea("--", "/bin/probe", "stop", ",", "exit", "9", mode=mode)
    run.event("stopping")
    main = main_of(run)
    wait_stopped(main)
    run.send(signal.SIGTERM)
    assert run.wait().status == 143


def test_sigcont_continues_a_stopped_main(any_box, mode):
    run = any_box.cardea("--", "/bin/probe", "stop", ",", "exit", "9", mode=mode)
    run.event("stopping")
    wait_stopped(main_of(run))
    run.send(signal.SIGCONT)
    assert run.wait().status == 9


def main_of(run):
    return harness.wait_for(lambda: harness.child_of(run.pid), "main")


def wait_stopped(pid):
    harness.wait_for(lambda: harness.status_of(pid)["State"].startswith("T"), "a stopped main")


def test_signals_go_to_main_alone_unless_kill_mode_is_group(any_box, mode):
    run = any_box.cardea("--", "/bin/probe", "child", ",", "signals", mode=mode).ready()
    child = harness.wait_for(lambda: harness.child_of(main_of(run)), "main's child")
    run.send(signal.SIGUSR2)
    assert run.event("signal")["signal"] == signal.SIGUSR2
    assert harness.comm(child) == "probe"


def test_kill_mode_group_reaches_main_s_children(any_box, mode):
    any_box.config("[main]\nkill_mode = group\n")
    run = any_box.cardea("--", "/bin/probe", "child", ",", "signals", mode=mode).ready()
    main = main_of(run)
    child = harness.wait_for(lambda: harness.child_of(main), "main's child")
    run.send(signal.SIGUSR2)
    assert run.event("signal")["signal"] == signal.SIGUSR2
    # The child dies of it; main, which never waits, has a zombie.
    harness.wait_for(lambda: harness.status_of(child)["State"].startswith("Z"), "the child's end")


def test_main_is_in_a_process_group_of_its_own(box, mode):
    report = box.result("--", "/bin/probe", "report", mode=mode).report
    assert report["pgid"] == report["pid"]


def test_a_flood_of_signals_does_not_hide_that_main_ended(any_box, mode):
    any_box.config("[main]\norphan_grace_period = 200ms\n")
    result = any_box.result("--", "/bin/probe", "flood", ",", "sleep", "200", ",", "exit", "7", mode=mode)
    assert result.status == 7, result


def test_a_flood_of_signals_does_not_put_off_the_end_of_the_grace_period(any_box, mode):
    any_box.config("[main]\nstop_grace_period = 300ms\norphan_grace_period = 200ms\n")
    run = start(any_box, "flood", ",", "hold", mode=mode)
    run.send(signal.SIGTERM)
    assert run.wait().status == 128 + KILL


@pytest.mark.parametrize("ignored", [[1], [17], [1, 2, 3, 13, 17, 64]])
def test_ignored_signals_stay_ignored_for_main(box, mode, ignored):
    words = ",".join(map(str, ignored))
    result = box.result("--", "/bin/probe", "report", mode=mode, stage=[f"ignore={words}"])
    assert result.report["ignored"] == ignored
    assert result.status == 0


def test_without_inherited_ignores_main_has_none(box, mode):
    result = box.result("--", "/bin/probe", "report", mode=mode)
    assert (result.report["ignored"], result.report["mask"]) == ([], [])


@pytest.mark.parametrize("blocked", [[2], [15, 17], [1, 10, 33, 34, 64]])
def test_the_inherited_mask_is_main_s(box, mode, blocked):
    words = ",".join(map(str, blocked))
    result = box.result("--", "/bin/probe", "report", mode=mode, stage=[f"block={words}"])
    assert result.report["mask"] == blocked


def test_sigchld_inherited_as_ignored_does_not_keep_cardea_waiting(box, mode):
    result = box.result("--", "/bin/probe", "wait", ",", "exit", "12", mode=mode, stage=["ignore=17"])
    assert result.status == 12
    # Main got it as it came: the kernel reaps its children.
    assert result.events == [{"waited": "E10"}]


def test_signals_blocked_by_who_started_cardea_are_forwarded_all_the_same(any_box, mode):
    run = start(any_box, "signals", "15=2", mode=mode, stage=["block=1,15"])
    run.send(signal.SIGHUP)
    assert run.event("signal")["signal"] == signal.SIGHUP
    run.send(signal.SIGTERM)
    assert run.wait().status == 2


def test_signals_ignored_by_who_started_cardea_are_forwarded_all_the_same(any_box, mode):
    run = start(any_box, "signals", "15=2", mode=mode, stage=["ignore=1,15"])
    run.send(signal.SIGHUP)
    assert run.event("signal")["signal"] == signal.SIGHUP
    run.send(signal.SIGTERM)
    assert run.wait().status == 2


def test_faults_sent_from_outside_do_not_end_cardea(any_box, mode):
    run = start(any_box, "signals", "15=0", mode=mode)
    for sig in (signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT):
        run.send(sig)
        assert run.event("signal")["signal"] == sig
    run.send(signal.SIGTERM)
    assert run.wait().status == 0


def test_nothing_wakes_cardea_while_nothing_happens(any_box, mode):
    run = start(any_box, "signals", "15=0", mode=mode)

    def switches():
        status = harness.status_of(run.pid)
        return int(status["voluntary_ctxt_switches"])

    harness.wait_for(lambda: harness.status_of(run.pid)["State"].startswith("S"), "rest")
    before = switches()
    time.sleep(1)
    assert switches() == before
