# SPDX-License-Identifier: Apache-2.0
"""Becoming somebody under the names gosu and su-exec: ids, groups, HOME, and what is refused."""

import re
import stat

import pytest

from peers import PROBE, WHICH, view
from peers import installed, root_both_box  # fixtures

ACCOUNTS = """root:x:0:0:root:/root:/bin/sh
app:x:1000:1001:an application:/home/app:/bin/sh
other:x:1000:7:the same uid:/wrong:/bin/sh
nohome:x:43:44:::/bin/sh
bare:x:45:46
77:x:78:79:digits:/digits:/bin/sh
"""
GROUPS = """root:x:0:
app:x:1001:
audio:x:29:games,app
video:x:44:app,root
render:x:20:apple
last:x:3000:app"""

SPECS = ["", ":", ":29", ":audio", "root", "root:", "0", "app", "app:", "1000", "app:audio",
         "app:4242", "1000:audio", "other", "4711", "4711:", "4711:audio", "4711:4712", "43",
         "nohome", "45", "bare", "78", "77", "2147483647:2147483647", "007"]


def become(box, which, name, spec, **options):
    box.file("etc/passwd", ACCOUNTS)
    box.file("etc/group", GROUPS)
    return box.run(f"/{which}/{name}", spec, PROBE, "report",
                   env={"HOME": "/elsewhere", "USER": "u", "LOGNAME": "l", "SHELL": "s"}, **options)


@pytest.mark.parametrize("spec", SPECS)
def test_gosu_becomes_the_same(root_both_box, spec):
    """Also the gid it came with counts where passwd has none: 5 here."""
    seen = {}
    for which in WHICH:
        done = become(root_both_box, which, "gosu", spec,
                      stage=["cd=/tmp", "open=5:/etc/passwd:r", "umask=027", "block=10",
                             "ignore=13", "groups=8,9", "gid=5"])
        assert done.status == 0, done
        seen[which] = view(done.report, "pid1")
    assert seen["ours"]["ids"][2] == sorted(set(seen["peer"]["ids"][2]))
    for seen_by in seen.values():
        seen_by["ids"] = seen_by["ids"][:2]
        del seen_by["mask"], seen_by["ignored"], seen_by["limits"]  # Go's run-time has its own
    assert seen["ours"] == seen["peer"]


REFUSED = ["nosuch", "app:nosuch", "-1", "app:-1", " 1000", "4294967295", "4294967296",
           "99999999999999999999", "app:4294967295", "+nis", "a:b:c"]


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("spec", REFUSED)
def test_gosu_refuses(root_both_box, which, spec):
    done = become(root_both_box, which, "gosu", spec)
    assert (done.status, done.out) == (1, "")
    assert re.match(r"error: ", done.err)


@pytest.mark.parametrize("spec", ["+1000", "4294967294"])
def test_difference_gosu_and_signs_and_ids_above_2147483647(root_both_box, spec):
    """gosu reads a sign as part of an id, and takes only half of the ids there are."""
    peer, ours = (become(root_both_box, which, "gosu", spec) for which in WHICH)
    assert (peer.status, ours.status) == ((0, 1) if spec[0] == "+" else (1, 0))


# gosu looks at the setgid bit since 1.17; Debian 12 has 1.14.
@pytest.mark.parametrize("which, bit", [
    ("peer", stat.S_ISUID), ("ours", stat.S_ISUID), ("ours", stat.S_ISGID),
])
@pytest.mark.parametrize("words", [["root", PROBE, "exit", "0"], ["--version"], []], ids=str)
def test_gosu_refuses_to_be_setuid(root_both_box, which, bit, words):
    source = root_both_box.root / ("peer/gosu" if which == "peer" else "sbin/cardea")
    root_both_box.file("flagged/gosu", source.read_bytes(), mode=0o755 | bit)
    done = root_both_box.run("/flagged/gosu", *words)
    assert (done.status, done.out) == (1, "")
    assert re.match(r"error: .*set[ug]id", done.err), done


def test_difference_gosu_s_switch_to_be_setuid_all_the_same(root_both_box):
    """Ours has none."""
    source = root_both_box.root / "sbin/cardea"
    root_both_box.file("flagged/gosu", source.read_bytes(), mode=0o4755)
    done = root_both_box.run("/flagged/gosu", "root", PROBE, "exit", "0", env={
        "GOSU_PLEASE_LET_ME_BE_COMPLETELY_INSECURE_I_GET_TO_KEEP_ALL_THE_PIECES": "yes"})
    assert done.status == 1


# su-exec is not in Debian: what su-exec.c 0.3 does, spec -> uid, gid, groups, HOME.
SU_EXEC = {
    "": (0, 0, [0, 44], "/root"),
    ":29": (0, 29, [29], "/root"),
    ":audio": (0, 29, [29], "/root"),
    "root": (0, 0, [0, 44], "/root"),
    "app": (1000, 1001, [29, 44, 1001, 3000], "/home/app"),
    "app:": (1000, 1001, [29, 44, 1001, 3000], "/home/app"),
    "1000": (1000, 1001, [29, 44, 1001, 3000], "/home/app"),
    "app:audio": (1000, 29, [29], "/home/app"),
    "app:4242": (1000, 4242, [4242], "/home/app"),
    "other": (1000, 7, [7], "/wrong"),
    "4711": (4711, 5, [5], "/"),
    "4711:audio": (4711, 29, [29], "/"),
    "4711:4712": (4711, 4712, [4712], "/"),
    "nohome": (43, 44, [44], ""),
    "77": (77, 5, [5], "/"),
}


@pytest.mark.parametrize("spec", SU_EXEC)
def test_su_exec_becomes(root_both_box, spec):
    done = become(root_both_box, "ours", "su-exec", spec, stage=["groups=8,9", "gid=5"])
    assert done.status == 0, done
    uid, gid, groups, home = SU_EXEC[spec]
    report = done.report
    assert report["uids"] == [uid] * 4
    assert report["gids"] == [gid] * 4
    assert report["groups"] == groups
    assert f"HOME={home}" in report["environ"]
    assert {"USER=u", "LOGNAME=l", "SHELL=s"} <= set(report["environ"])


@pytest.mark.parametrize("spec", REFUSED)
def test_su_exec_refuses(root_both_box, spec):
    # Its own strtol takes signs and wraps ids around: a bug that is not kept.
    done = become(root_both_box, "ours", "su-exec", spec)
    assert (done.status, done.out) == (1, "")
    assert re.match(r"su-exec: ", done.err)


@pytest.mark.parametrize("name", ["gosu", "su-exec"])
def test_without_account_files_ids_work(root_both_box, name):
    for which in WHICH if name == "gosu" else ["ours"]:
        for file in ("etc/passwd", "etc/group"):
            (root_both_box.root / file).unlink(missing_ok=True)
        done = root_both_box.run(f"/{which}/{name}", "4711:4712", PROBE, "report")
        assert done.report["uids"] == [4711] * 4
        assert done.report["groups"] == ([4712] if name == "su-exec" else [])
        assert "HOME=/" in done.report["environ"]


@pytest.mark.parametrize("name", ["gosu", "su-exec"])
def test_a_name_without_account_files_is_an_error(root_both_box, name):
    for which in WHICH if name == "gosu" else ["ours"]:
        (root_both_box.root / "etc/passwd").unlink(missing_ok=True)
        done = root_both_box.run(f"/{which}/{name}", "app", PROBE, "report")
        assert (done.status, done.out) == (1, "")


@pytest.mark.parametrize("which", WHICH)
def test_gosu_looks_the_program_up_in_path(root_both_box, which):
    done = root_both_box.run(f"/{which}/gosu", "app", "probe", "exit", "9")
    assert done.status == 9


@pytest.mark.parametrize("which", WHICH)
def test_gosu_without_the_right_to_is_an_error(root_both_box, which):
    done = become(root_both_box, which, "gosu", "app", stage=["uid=4711", "caps=0"])
    assert (done.status, done.out) == (1, "")
    assert re.match(r"error: ", done.err)
