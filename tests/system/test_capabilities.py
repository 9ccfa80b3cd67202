# SPDX-License-Identifier: Apache-2.0
"""cap_drop, cap_add, securebits, no_new_privs (cardea.ini(5), [security])."""

import json
import pytest

import harness
from harness import DOCKER_CAPS, capbits

SETS = ("effective", "permitted", "inheritable", "bounding", "ambient")


def run(box, config, *steps, stage=(), **more):
    box.config(config)
    return box.result("--", "/bin/probe", *(steps or ("report",)), stage=stage, **more)


def caps(result):
    assert result.status == 0, result
    return {name: int(result.report["caps"][name], 16) for name in SETS}


def engine(bits=DOCKER_CAPS):
    """As a container engine starts root with these."""
    return [f"bound={bits:x}", f"caps={bits:x}"]


def test_without_configuration_capabilities_stay_as_they_are(root_box, mode):
    seen = caps(run(root_box, "", stage=engine(), mode=mode))
    assert seen == {"effective": DOCKER_CAPS, "permitted": DOCKER_CAPS, "inheritable": 0,
                    "bounding": DOCKER_CAPS, "ambient": 0}


def test_cap_drop_all_leaves_none_in_any_set(box, mode):
    seen = caps(run(box, "[security]\ncap_drop = ALL\n", mode=mode))
    assert seen == dict.fromkeys(SETS, 0)


@pytest.mark.parametrize("text", ["NET_RAW", "CAP_NET_RAW", "net_raw", "cap_net_raw"])
def test_cap_drop_takes_one_away(root_box, text):
    seen = caps(run(root_box, f"[security]\ncap_drop = {text}\n", stage=engine()))
    left = DOCKER_CAPS & ~capbits("NET_RAW")
    assert seen == {"effective": left, "permitted": left, "inheritable": 0, "bounding": left,
                    "ambient": 0}


def test_cap_drop_takes_several_away(root_box):
    seen = caps(run(root_box, "[security]\ncap_drop = NET_RAW, MKNOD AUDIT_WRITE\n", stage=engine()))
    assert seen["permitted"] == DOCKER_CAPS & ~capbits("NET_RAW", "MKNOD", "AUDIT_WRITE")


def test_cap_drop_all_and_cap_add_leave_root_exactly_those(root_box):
    seen = caps(run(root_box, "[security]\ncap_drop = ALL\ncap_add = NET_BIND_SERVICE, CHOWN\n"))
    bits = capbits("NET_BIND_SERVICE", "CHOWN")
    assert (seen["effective"], seen["permitted"], seen["bounding"]) == (bits, bits, bits)


def test_cap_add_is_ambient_for_a_user_and_survives_exec(root_box, mode):
    bits = capbits("NET_BIND_SERVICE")
    config = "[main]\nuser = app\n[security]\ncap_drop = ALL\ncap_add = NET_BIND_SERVICE\n"
    result = run(root_box, config, "report", ",", "forbidden", stage=engine(), mode=mode)
    assert caps(result) == dict.fromkeys(SETS, bits)
    assert result.report["uids"] == [1000] * 4
    assert result.events[1]["low_port"] == "ok"
    assert result.events[1]["chroot"] == "EPERM"


def test_cap_add_without_cap_drop_leaves_the_bounding_set(root_box):
    seen = caps(run(root_box, "[main]\nuser = app\n[security]\ncap_add = NET_BIND_SERVICE\n", stage=engine()))
    assert seen["ambient"] == seen["permitted"] == capbits("NET_BIND_SERVICE")
    assert seen["bounding"] == DOCKER_CAPS


def test_a_user_without_cap_add_has_none(root_box):
    seen = caps(run(root_box, "[main]\nuser = app\n", stage=engine()))
    assert (seen["permitted"], seen["ambient"], seen["inheritable"]) == (0, 0, 0)


def test_inherited_ambient_capabilities_do_not_reach_a_user(root_box):
    bits = f"{DOCKER_CAPS:x}"
    seen = caps(run(root_box, "[main]\nuser = app\n", stage=[f"bound={bits}", f"caps={bits}:{bits}"]))
    assert (seen["permitted"], seen["ambient"], seen["inheritable"]) == (0, 0, 0)


def test_inherited_ambient_capabilities_stay_where_nothing_is_configured(root_box):
    bits = capbits("NET_BIND_SERVICE")
    stage = ["groups=", "gid=5000", "uid=5000", f"caps={bits:x}:{bits:x}"]
    seen = caps(run(root_box, "", stage=stage))
    assert seen["ambient"] == seen["permitted"] == bits


@pytest.mark.parametrize("config", ["[main]\nuser = 5000:5000\n", "[main]\nuser = 5000:5000\n[security]\ncap_drop = ALL\n"])
def test_nor_do_they_when_the_user_is_who_we_are(root_box, config):
    bits = capbits("NET_BIND_SERVICE", "SETUID")
    stage = ["groups=5000", "gid=5000", "uid=5000", f"caps={bits:x}:{bits:x}"]
    seen = caps(run(root_box, config, stage=stage))
    assert (seen["permitted"], seen["ambient"], seen["inheritable"]) == (0, 0, 0)


def test_a_non_root_start_drops_what_it_has(root_box):
    bits = capbits("NET_BIND_SERVICE", "CHOWN")
    stage = ["groups=", "gid=5000", "uid=5000", f"caps={bits:x}:{bits:x}"]
    seen = caps(run(root_box, "[security]\ncap_drop = ALL\ncap_add = CHOWN\n", stage=stage))
    assert seen["ambient"] == seen["permitted"] == capbits("CHOWN")


def test_what_cannot_be_added_is_said_and_main_runs_without(root_box):
    result = run(root_box, "[main]\nuser = app\n[security]\ncap_add = SYS_TIME\n", stage=engine())
    assert caps(result)["permitted"] == 0
    (message,) = result.messages
    for word in ("warning", "CAP_SYS_TIME", "security.cap_add"):
        assert word in message


def test_what_cannot_be_dropped_without_setpcap_stops_a_start_as_root(root_box):
    bits = DOCKER_CAPS & ~capbits("SETPCAP")
    result = run(root_box, "[security]\ncap_drop = NET_RAW\n", stage=engine(bits))
    assert (result.status, result.out) == (100, "")
    assert "CAP_SETPCAP" in result.err and "CAP_NET_RAW" in result.err


def test_root_with_no_capabilities_may_ask_for_cap_drop_all(root_box, mode):
    result = run(root_box, "[security]\ncap_drop = ALL\n", stage=["bound=0", "caps=0"], mode=mode)
    assert caps(result) == dict.fromkeys(SETS, 0)
    assert result.err == ""


def test_any_user_may_ask_for_cap_drop_all(root_box, mode):
    # The bounding set cannot be reduced without CAP_SETPCAP; nothing can be gained from it either.
    stage = ["groups=", "gid=5000", "uid=5000", "caps=0"]
    result = run(root_box, "[security]\ncap_drop = ALL\n", stage=stage, mode=mode)
    seen = caps(result)
    assert (seen["permitted"], seen["ambient"], result.report["no_new_privs"]) == (0, 0, 1)


@pytest.mark.parametrize("name", ["NET_BIND_SERVISE", "CAP_", "KILLL", "64", "none"])
def test_an_unknown_capability_is_100_and_named(box, name):
    result = run(box, f"[security]\ncap_add = {name}\n")
    assert (result.status, result.out) == (100, "")
    assert "/etc/cardea/cardea.ini:2: " in result.err and name in result.err


def test_an_unknown_capability_has_a_suggestion(any_box):
    assert "NET_BIND_SERVICE" in run(any_box, "[security]\ncap_add = NET_BIND_SERVISE\n").err


# ---- no_new_privs -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "config, on",
    [
        ("", 0),
        ("[security]\nno_new_privs = auto\n", 0),
        ("[security]\nno_new_privs = true\n", 1),
        ("[security]\nno_new_privs = false\n", 0),
        ("[security]\ncap_drop = NET_RAW\n", 1),
        ("[security]\nseccomp = default\n", 1),
        ("[security]\nno_new_privs = auto\ncap_drop = NET_RAW\n", 1),
        ("[security]\nno_new_privs = false\ncap_drop = NET_RAW\n", 0),
        ("[main]\nuser = root\n", 1),
    ],
)
def test_no_new_privs_is_on_when_something_is_hardened_or_asked_for(root_box, config, on):
    result = run(root_box, config)
    assert result.status == 0, result
    assert result.report["no_new_privs"] == on


def test_no_new_privs_that_is_on_already_cannot_be_switched_off(root_box):
    result = run(root_box, "[security]\nno_new_privs = false\n", stage=["nnp"])
    assert result.report["no_new_privs"] == 1
    assert "no_new_privs" in result.messages[0]


# ---- securebits -------------------------------------------------------------------------------


def test_securebits_are_set(root_box, mode):
    config = "[security]\nsecurebits = noroot noroot-locked no-setuid-fixup\n"
    result = run(root_box, config, mode=mode)
    assert result.report["securebits"] == 0b0111
    # Root by number only: its exec gave it nothing.
    assert result.report["caps"]["effective"] == "0" * 16


def test_securebits_with_a_user_and_a_capability(root_box):
    config = """[main]
user = app
[security]
cap_drop = ALL
cap_add = NET_BIND_SERVICE
securebits = noroot, noroot-locked, no-cap-ambient-raise, no-cap-ambient-raise-locked
"""
    result = run(root_box, config)
    assert result.status == 0, result
    assert result.report["securebits"] == 0b11000011
    assert int(result.report["caps"]["ambient"], 16) == capbits("NET_BIND_SERVICE")


def test_noroot_leaves_root_what_cap_add_says(root_box):
    config = "[security]\ncap_drop = ALL\ncap_add = NET_BIND_SERVICE\nsecurebits = noroot\n"
    result = run(root_box, config)
    assert result.status == 0, result
    for name in SETS:
        assert int(result.report["caps"][name], 16) == capbits("NET_BIND_SERVICE"), name


def test_securebits_without_setpcap_are_an_error(root_box):
    result = run(root_box, "[security]\nsecurebits = noroot\n", stage=engine(DOCKER_CAPS & ~capbits("SETPCAP")))
    assert (result.status, result.out) == (100, "")
    assert "CAP_SETPCAP" in result.err


def test_keepcaps_is_off_again_for_main(root_box):
    config = "[main]\nuser = app\n[security]\ncap_add = NET_BIND_SERVICE\n"
    result = run(root_box, config)
    assert (result.report["keepcaps"], result.report["securebits"]) == (0, 0)


# ---- seccomp ----------------------------------------------------------------------------------


def test_seccomp_default_is_loaded_last(root_box, mode):
    config = "[main]\nuser = app\n[security]\nseccomp = default\n"
    result = run(root_box, config, "report", ",", "forbidden", mode=mode)
    assert result.status == 0, result
    assert result.report["seccomp"] == 2
    assert result.events[1]["unshare"] == "EPERM"


def test_seccomp_unconfined_is_none(root_box):
    assert run(root_box, "[security]\nseccomp = unconfined\n").report["seccomp"] == 0


def test_seccomp_works_without_any_capability(root_box):
    result = run(root_box, "[security]\nseccomp = default\n", stage=["groups=", "gid=5000", "uid=5000", "caps=0"])
    assert (result.status, result.report["seccomp"], result.err) == (0, 2, "")


def test_a_profile_that_forbids_the_exec_itself_is_refused(any_box):
    profile = {"defaultAction": "SCMP_ACT_ALLOW",
               "syscalls": [{"names": ["execve"], "action": "SCMP_ACT_ERRNO"}]}
    any_box.file("etc/deny.json", json.dumps(profile))
    result = run(any_box, "[security]\nseccomp = /etc/deny.json\n")
    assert (result.status, result.out) == (100, "")
    assert "execve" in result.err and "/etc/deny.json" in result.err


@pytest.mark.parametrize("text", ["{", "[]", "", '{"defaultAction": "SCMP_ACT_ALOW"}', "\0", '{"a":1,"a":2}'])
def test_a_malformed_profile_is_100_with_its_place(any_box, text):
    any_box.file("etc/bad.json", text)
    result = run(any_box, "[security]\nseccomp = /etc/bad.json\n")
    assert (result.status, result.out) == (100, ""), result
    assert "/etc/bad.json" in result.err


@pytest.mark.parametrize("name", ["/etc/nothing.json", "dafault"])
def test_a_profile_that_is_not_there_is_100(any_box, name):
    result = run(any_box, f"[security]\nseccomp = {name}\n")
    assert (result.status, result.out) == (100, "")
    assert name in result.err
