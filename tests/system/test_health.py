# SPDX-License-Identifier: Apache-2.0
"""Health hooks, what is done about them, and restarts of main in place (cardea.ini(5), HOOKS)."""

import signal
import time

import harness
from test_hooks import hook, log_of

SERVE = ("--", "/bin/act", "append", "/tmp/log=main", ",", "until", "15", ",", "exit", "0")


def sick(name="web", **keys):
    """Healthy as long as /tmp/sick is not there."""
    return hook(name, phase="health", command="/bin/act lacks /tmp/sick",
                **{"interval": "20ms", "retries": "2", **keys})


def test_a_restart_makes_main_healthy_again(box, mode):
    box.config("[main]\nrestart_delay = 10ms\n" + sick(on_failure="restart"))
    run = box.cardea("-vv", "--", "/bin/act", "remove", "/tmp/sick", ",", "append", "/tmp/log=main", ",", "until", "15",
                     mode=mode)
    run.error("hook web: healthy")
    (box.root / "tmp/sick").touch()
    harness.wait_for(lambda: log_of(box) == ["main", "main"], "the restart")
    assert "hook web: unhealthy: command /bin/act lacks /tmp/sick: exit status 1: /tmp/sick is there (2 failures" in run.err
    assert "hook web: restarting main" in run.err
    run.send(signal.SIGTERM)
    assert run.wait().status == 0


def test_a_hung_main_is_killed_for_its_restart(any_box):
    any_box.config("[main]\nrestart_delay = 10ms\nstop_grace_period = 100ms\n" + sick(on_failure="restart"))
    run = any_box.cardea("--", "/bin/act", "append", "/tmp/log=main", ",", "remove", "/tmp/sick", ",", "ignore", "15",
                         ",", "print", "up", ",", "until", "12")
    run.line(lambda line: line == "waiting", "main")
    (any_box.root / "tmp/sick").touch()
    harness.wait_for(lambda: log_of(any_box) == ["main", "main"], "the restart")


def test_the_ladder_ends_with_113(any_box):
    any_box.config("[main]\nrestart_delay = 10ms\n" + sick(on_failure="none, signal:SIGUSR1, restart, shutdown"))
    run = any_box.cardea("--", "/bin/act", "append", "/tmp/log=main", ",", "until", "10", ",", "append", "/tmp/log=usr1",
                         ",", "until", "15", ",", "exit", "7")
    run.line(lambda line: line == "waiting", "main")
    (any_box.root / "tmp/sick").touch()
    # After the restart main waits for the first signal, and dies of the one that stops it.
    assert run.wait().status == 113
    assert log_of(any_box) == ["main", "usr1", "main"]
    assert "error: hook web: shutting down" in run.err


def test_restarts_that_do_not_help_end_with_113(any_box):
    any_box.config("[main]\nrestart = on-failure:2\nrestart_delay = 10ms\n" + sick(on_failure="restart"))
    (any_box.root / "tmp/sick").touch()
    assert any_box.result(*SERVE).status == 113
    assert log_of(any_box) == ["main"] * 3


def test_a_remedy_may_be_a_hook(any_box):
    any_box.config(sick(on_failure="hook:mend") + hook("mend", command="/bin/act append /tmp/log=mend , remove /tmp/sick"))
    run = any_box.cardea(*SERVE)
    run.line(lambda line: line == "waiting", "main")
    (any_box.root / "tmp/sick").touch()
    run.error("hook web: healthy again")
    assert log_of(any_box) == ["main", "mend"]
    run.send(signal.SIGTERM)
    assert run.wait().status == 0


def test_failures_of_the_start_period_do_not_count(any_box):
    any_box.config(sick(start_period="10s", start_interval="10ms", on_failure="shutdown"))
    (any_box.root / "tmp/sick").touch()
    run = any_box.cardea("-vv", *SERVE)
    run.line(lambda line: line == "waiting", "main")
    time.sleep(0.3)
    assert "unhealthy" not in run.err
    (any_box.root / "tmp/sick").unlink()
    run.error("hook web: healthy")
    # Having been healthy once, the start is over.
    (any_box.root / "tmp/sick").touch()
    assert run.wait().status == 113


def test_main_is_started_again_when_it_fails(box, mode):
    box.config("[main]\nrestart = on-failure\nrestart_delay = 10ms\n")
    result = box.result("--", "/bin/act", "append", "/tmp/log=main", ",", "count", "/tmp/n", ",", "from", "4", mode=mode)
    assert result.status == 0
    assert log_of(box) == ["main"] * 4


def test_and_not_more_often_than_it_says(any_box):
    any_box.config("[main]\nrestart = on-failure:2\nrestart_delay = 10ms\n")
    result = any_box.result("--", "/bin/act", "append", "/tmp/log=main", ",", "exit", "9")
    assert result.status == 9
    assert log_of(any_box) == ["main"] * 3


def test_a_start_again_gives_main_what_it_had_before(root_box):
    root_box.config("[main]\nuser = app\nrestart = always\nrestart_delay = 10ms\nulimits = nofile=100\numask = 027\n"
                    "[security]\nseccomp = default\ncap_drop = ALL\ncap_add = NET_BIND_SERVICE\n")
    run = root_box.cardea("--", "/bin/probe", "report")
    first, second = run.event("argv"), run.event("argv")
    run.kill()
    for key in first:
        if key not in ("pid", "pgid", "sid", "stat"):
            assert first[key] == second[key], key


def test_a_start_again_reads_the_secrets_again(box):
    box.file("run/secrets/token", "old\n", 0o644)
    box.config("[main]\nrestart = always\nrestart_delay = 10ms\n[secrets]\nTOKEN = token\n")
    run = box.cardea("--", "/bin/act", "variable", "TOKEN", ",", "await", "/tmp/go", ",", "remove", "/tmp/go")
    run.line(lambda line: line == "TOKEN=old", "the secret")
    box.file("run/secrets/token", "new\n", 0o644)
    (box.root / "tmp/go").touch()
    run.line(lambda line: line == "TOKEN=new", "the new secret")
    (box.root / "run/secrets/token").unlink()
    (box.root / "tmp/go").touch()
    run.line(lambda line: line == "TOKEN=new", "the secret as it was")
    assert "main starts with what was read before" in run.err


def test_what_main_left_is_gone_before_it_starts_again(box, mode):
    box.config("[main]\nrestart = always\nrestart_delay = 10ms\norphan_grace_period = 100ms\n")
    run = box.cardea("--", "/bin/act", "behind", "300", ",", "append", "/tmp/log=main", ",", "sleep", "20",
                     mode=mode)
    harness.wait_for(lambda: len(log_of(box)) >= 3, "restarts")
    assert "from behind" not in run.out


def test_a_stop_between_two_starts(any_box):
    any_box.config("[main]\nrestart = always\nrestart_delay = 30s\n")
    run = any_box.cardea("-vv", "--", "/bin/act", "exit", "6")
    run.error("ended with status 6")
    run.send(signal.SIGTERM)
    assert run.wait(5).status == 6


def test_readiness_by_notification(box, mode):
    box.config("[main]\nnotify = systemd\n" + sick(on_failure="none"))
    run = box.cardea("-vv", "--", "/bin/act", "sleep", "50", ",", "notify", "STATUS=loading", ",", "await", "/tmp/go", ",",
                     "notify", "READY=1", ",", "until", "15", mode=mode)
    time.sleep(0.2)
    assert "healthy" not in run.err
    (box.root / "tmp/go").touch()
    run.error("hook web: healthy")
    run.send(signal.SIGTERM)
    assert run.wait().status == 0


def test_readiness_by_a_newline(any_box):
    any_box.config("[main]\nnotify = fd:3\nrestart = on-failure:1\nrestart_delay = 10ms\n" + sick())
    run = any_box.cardea("-vv", "--", "/bin/act", "await", "/tmp/go", ",", "remove", "/tmp/go", ",", "newline", "3", ",",
                         "await", "/tmp/end", ",", "remove", "/tmp/end", ",", "exit", "5")
    for _ in range(2):
        (any_box.root / "tmp/go").touch()
        harness.wait_for(lambda: run.err.count("hook web: healthy") == _ + 1, "health")
        (any_box.root / "tmp/end").touch()
    assert run.wait().status == 5


def test_never_ready_is_112(any_box):
    any_box.config("[main]\nnotify = systemd\nnotify_deadline = 200ms\n")
    result = any_box.result("--", "/bin/act", "until", "15", ",", "exit", "0")
    assert result.status == 112
    assert "hook notify: READY=1 from main: main has not said that it is ready" in result.err


def test_more_time_to_be_ready(any_box):
    any_box.config("[main]\nnotify = systemd\nnotify_deadline = 200ms\n")
    result = any_box.result("--", "/bin/act", "notify", "EXTEND_TIMEOUT_USEC=5000000", ",", "sleep", "400", ",",
                            "notify", "READY=1", ",", "exit", "3")
    assert result.status == 3


def test_more_time_to_end(any_box):
    any_box.config("[main]\nnotify = systemd\nstop_grace_period = 300ms\n")
    run = any_box.cardea("--", "/bin/act", "notify", "READY=1", ",", "until", "15", ",",
                         "notify", "EXTEND_TIMEOUT_USEC=5000000", ",", "sleep", "600", ",", "exit", "3")
    run.line(lambda line: line == "waiting", "main")
    run.send(signal.SIGTERM)
    assert run.wait().status == 3


def test_a_main_that_moves(box, mode):
    box.config("[main]\nnotify = systemd\n")
    run = box.cardea("-vv", "--", "/bin/act", "daemon", "READY=1", ",", "until", "15", ",", "exit", "8", mode=mode)
    run.line(lambda line: line == "waiting", "main")
    run.error("main is ")
    harness.wait_for(lambda: "no longer" in run.err, "the new main")
    run.send(signal.SIGTERM)
    assert run.wait().status == 8


def test_a_silent_main_is_aborted_and_starts_again(any_box):
    any_box.config("[main]\nnotify = systemd\nwatchdog = 150ms\nrestart = on-failure:1\nrestart_delay = 10ms\n")
    run = any_box.cardea("--", "/bin/act", "variable", "WATCHDOG_USEC", ",", "notify", "READY=1", ",", "sleep", "100", ",",
                         "notify", "WATCHDOG=1", ",", "sleep", "100", ",", "print", "alive", ",", "sleep", "60000")
    result = run.wait()
    assert result.status == 128 + signal.SIGABRT
    assert result.out.split() == ["WATCHDOG_USEC=150000", "alive"] * 2
    assert "has not said for too long that it is alive" in result.err


def test_no_secret_reaches_a_process_that_looks_at_a_network(root_box):
    """Probes are forked: memory that holds secrets is not copied to them (madvise(2), MADV_DONTFORK)."""
    root_box.file("run/secrets/token", "a very special value", 0o644)
    root_box.config("[main]\nrestart = always\n[secrets]\nTOKEN = token\n"
                    + hook("file", phase="health", file="/tmp/log", interval="20ms", retries="1"))
    run = root_box.cardea("-vv", *SERVE)
    run.error("hook file: healthy")
    # The kernel's word for it among a mapping's flags is "dc": do not copy on fork (proc(5)).
    text = (harness.pathlib.Path("/proc") / str(run.pid) / "smaps").read_text()
    kept = [line for line in text.splitlines() if line.startswith("VmFlags") and " dc" in line]
    assert kept and all(" dd" in line for line in kept), "the vault"
    memory = open(f"/proc/{run.pid}/mem", "rb")
    for line in open(f"/proc/{run.pid}/maps"):
        begin, end = (int(part, 16) for part in line.split()[0].split("-"))
        if "rw" in line and line.split()[0] not in vault_of(text):
            memory.seek(begin)
            assert b"a very special value" not in memory.read(end - begin), line


def vault_of(smaps):
    """The address ranges of mappings that are not copied."""
    found, place = set(), None
    for line in smaps.splitlines():
        if "-" in line.split()[0]:
            place = line.split()[0]
        elif line.startswith("VmFlags") and " dc" in line:
            found.add(place)
    return found
