# SPDX-License-Identifier: Apache-2.0
"""The manual has what the program has: keys, options, commands, statuses, names."""

import re
import subprocess

import pytest

from blocks import ROOT, plain

MAN = ROOT / "man"
CORE = ROOT / "init" / "core"


def source(name):
    return (CORE / name).read_text()


def manual(name):
    return (MAN / name).read_text()


def section(text, name):
    """The text between .Sh NAME and the next section."""
    return re.search(rf"^\.Sh {re.escape(name)}\n(.*?)(?=^\.Sh |\Z)", text, re.M | re.S)[1]


def items(text):
    """{argument of .It Ic: text up to the next one}, in order."""
    parts = re.split(r"^\.It Ic (\S+) .*\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


# ---- keys -------------------------------------------------------------------------------------


KEYS = re.findall(r'KEY\((\w+), "(\w+)", "(\w+)"\)', source("config.h"))
MANUAL_KEYS = {(name, key): text for name in ("main", "security")
               for key, text in items(section(manual("cardea.ini.5"), f"[{name}]")).items()}


def test_the_manual_has_exactly_the_keys():
    assert len(KEYS) > 20
    assert list(MANUAL_KEYS) == [(where, key) for _, where, key in KEYS]


def test_variables_are_made_as_the_manual_says():
    for variable, where, key in KEYS:
        assert variable == f"{where}_{key}".upper()


# What an example is no configuration without.
NEEDS = {
    ("main", "watchdog"): "notify = systemd\n",
    ("main", "notify_deadline"): "notify = systemd\n",
}


@pytest.mark.parametrize("where", MANUAL_KEYS, ids=".".join)
def test_every_key_has_its_default_and_an_example(where, make_box):
    name, key = where
    text = MANUAL_KEYS[where]
    assert "Default:" in text
    examples = [plain(line) for line in re.findall(r"^\.Dl (.*)$", text, re.M)]
    assert examples and all(line.startswith(f"{key} = ") for line in examples)
    for line in examples:
        make_box.file("example.ini", f"[{name}]\n{NEEDS.get(where, '')}{line}\n")
        make_box.file("/etc/app.env", "X=1\n")
        make_box.file("/etc/app.local.env", "Y=1\n")
        seen = make_box.run("cardea check example.ini && echo right")
        assert seen == "right\n"


HOOK_KEYS = re.findall(r'KEY\(\w+, "(\w+)"\)', source("config.h"))
MANUAL_HOOK_KEYS = items(section(manual("cardea.ini.5"), "[hook:NAME]"))

PROBE = "phase = wait\nfile = /x\n"
ACTION = "[hook:example]\nphase = wait\n"
COMMAND = f"{ACTION}command = true\n"
HEALTH = "[hook:example]\nphase = health\nfile = /x\n"

# What such an example follows; for what is not here, a probe.
HOOK_NEEDS = {
    "phase": "[hook:example]\nfile = /x\n",
    "after": f"[hook:database]\n{PROBE}[hook:cache]\n{PROBE}[hook:example]\n{PROBE}",
    "secrets": f"[secrets]\nPASSWORD = password\n{COMMAND}",
    **dict.fromkeys(("command", "tcp", "http", "unix", "file", "delay"), ACTION),
    **dict.fromkeys(("send", "expect"), f"{ACTION}tcp = localhost:1\n"),
    **dict.fromkeys(("expect_status", "headers", "method"), f"{ACTION}http = http://localhost/\n"),
    **dict.fromkeys(("start_period", "start_interval", "on_failure"), HEALTH),
    **dict.fromkeys(("user", "working_dir"), COMMAND),
}


def test_the_manual_has_exactly_the_keys_of_hooks():
    assert len(HOOK_KEYS) > 20
    assert list(MANUAL_HOOK_KEYS) == HOOK_KEYS


@pytest.mark.parametrize("key", MANUAL_HOOK_KEYS)
def test_every_key_of_a_hook_has_its_default_and_an_example(key, make_box):
    text = MANUAL_HOOK_KEYS[key]
    assert "Default:" in text
    example, = (plain(line) for line in re.findall(r"^\.Dl (.*)$", text, re.M))
    assert example.startswith(f"{key} = ")
    before = HOOK_NEEDS.get(key, f"[hook:example]\n{PROBE}")
    make_box.file("example.ini", f"{before}{example}\n")
    assert make_box.run("cardea check example.ini && echo right") == "right\n"


def test_the_phases():
    names = re.findall(r'\{"(\w+)", PHASE', source("plan_hooks.c"))
    assert len(names) == 6
    text = section(manual("cardea.ini.5"), "[hook:NAME]")
    assert re.findall(r"^\.It Cm (\w+)$", text, re.M) == names
    assert f".It Ic phase No = Cm {' | '.join(names)}\n" in text


def test_the_sections():
    known = re.search(r"sections\[\] = \{(.*?)\};", source("config.c"), re.S)[1]
    names = re.findall(r'= "(\w+)"', known)
    assert names[:2] == ["main", "security"] and len(names) == 5
    for name in names:
        assert section(manual("cardea.ini.5"), f"[{name}]")


def test_ulimits_and_securebits():
    limits = re.findall(r'\{"(\w+)", RLIMIT', source("limits.c"))
    bits = re.findall(r'\{"([\w-]+)", SECBIT', source("plan_rights.c"))
    assert len(limits) == 15 and len(bits) == 8
    text = MANUAL_KEYS["main", "ulimits"]
    listed = re.findall(r"\w+", " ".join(re.findall(r"^\.Cm (.*)$", text, re.M)))
    assert listed == sorted(limits)
    text = MANUAL_KEYS["security", "securebits"]
    listed = re.search(r"^\.Cm (.*) ,$", text, re.M)[1].split(" , ")
    assert {*listed, *(f"{name}-locked" for name in listed)} == set(bits)


# ---- the command line ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def usage(cardea):
    return subprocess.run([cardea, "--help"], text=True, check=True, stdout=subprocess.PIPE).stdout


def test_the_options(usage):
    printed = re.findall(r"-(\w), --(\w+)", usage)
    listed = re.search(r"^\.Ss Options\n(.*?)^\.S", manual("cardea.8"), re.M | re.S)[1]
    assert len(printed) == 7
    assert re.findall(r"^\.It Fl (\w) , -(\w+)", listed, re.M) == printed


def test_the_commands(usage):
    words = re.findall(r'\{"(\w+)", COMMAND_(\w+), (\w+)\}', source("options.c"))
    there = [word for word, _, kind in words if kind != "LATER"]
    later = [word for word, _, kind in words if kind == "LATER"]
    listed = re.search(r"^\.Ss Commands\n(.*?)^\.S", manual("cardea.8"), re.M | re.S)[1]
    found = [word for line in re.findall(r"^\.It Cm (.*)$", listed, re.M)
             for word in re.findall(r"[a-z]+", line) if word in there]
    assert found == there and later
    block = usage[usage.index("Commands:"):usage.index("Options:")]
    assert re.findall(r"^  (\w+)(?:, (\w+))?", block, re.M) == [
        ("check", ""), ("plan", ""), ("seccomp", ""), ("help", "version")]
    for word in later:
        assert f".Ql {word}" in manual("cardea.8")


def test_the_exit_statuses():
    enum = re.search(r"enum exit_status \{(.*?)\};", source("types.h"), re.S)[1]
    numbers = [int(number) for number in re.findall(r"= (\d+)", enum)]
    assert len(numbers) == 7
    listed = section(manual("cardea.8"), "EXIT STATUS")
    tags = " ".join(re.findall(r"^\.It (.*)$", listed, re.M))
    assert sorted({int(n) for n in re.findall(r"\d+", tags)} - {0, 255}) == numbers


# ---- personalities -----------------------------------------------------------------------------


def test_the_personalities():
    names = re.findall(r'\{"([\w-]+)", PERSONALITY_\w+\}', source("personality.c"))
    assert len(names) == 8
    text = section(manual("cardea.8"), "PERSONALITIES")
    rows = " ".join(re.findall(r"^\.It ([^.]*?) Ta", text, re.M))
    assert set(names) <= set(re.findall(r"[\w-]+", rows))


def test_their_options():
    table = section(manual("cardea.8"), "PERSONALITIES").split(".El")[0]
    for name in ("tini", "dumb_init", "catatonit"):
        found = re.search(r"options\[\] = \{(.*?)\};", source(f"persona_{name}.c"), re.S)[1]
        row = table[table.index(f"It {name.replace('_', '-')}"):]
        for letter, word in re.findall(r"\{'(\w)', \w+, (?:\"([\w-]+)\"|NULL)\}", found):
            assert re.search(rf" {letter}\b", row), f"{name}: -{letter}"
            assert not word or f"-{word}" in row, f"{name}: --{word}"


def test_their_statuses():
    rows = dict(re.findall(r"^\.It (not there|not executable) Ta (.*)$",
                           section(manual("cardea.8"), "PERSONALITIES"), re.M))
    assert rows == {"not there": "127 Ta 2 Ta 1 Ta 1", "not executable": "126 Ta 2 Ta 1 Ta 1"}


# ---- the pages ---------------------------------------------------------------------------------


@pytest.mark.parametrize("page", sorted(MAN.glob("*.[1-9]")), ids=lambda path: path.name)
def test_mandoc_has_nothing_to_say(page):
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert (done.returncode, done.stdout) == (0, "")


def test_help_fits_one_screen(usage):
    assert usage.count("\n") <= 24
    assert max(map(len, usage.split("\n"))) <= 80
