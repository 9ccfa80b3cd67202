# SPDX-License-Identifier: Apache-2.0
"""What the README and its neighbours say is there is there."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CARDEA = os.environ.get("CARDEA", str(ROOT / "build/cardea"))
PAGES = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md",
         "seccomp-profiles/README.md", "examples/compose/README.md"]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_a_file_leads_somewhere(page):
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / page).parent.joinpath(target).exists(), target


def test_every_make_target_named_exists():
    known = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for page in PAGES:
        for target in re.findall(r"`make ([a-z-]+)`|^ *make ([a-z-]+) ", (ROOT / page).read_text(), re.M):
            assert re.search(rf"^ *{target[0] or target[1]}\b", known, re.M), target


def test_every_line_of_the_table_is_a_key_that_is_accepted():
    rows = re.findall(r"^\| `([a-z_]+ = [^`]+)` \|", (ROOT / "README.md").read_text(), re.M)
    assert len(rows) >= 5
    header = (ROOT / "init/core/config.h").read_text()
    for row in rows:
        assert f'"{row.split(" = ")[0]}"' in header, row


def test_every_link_name_of_the_table_is_one_of_the_binary(tmp_path):
    names = re.findall(r"^\| ((?:`[a-z-]+`(?:, )?)+) \|", (ROOT / "README.md").read_text(), re.M)
    names = [name for row in names for name in re.findall("`([a-z-]+)`", row)]
    assert {"tini", "docker-init", "dumb-init", "catatonit", "gosu", "su-exec"} <= set(names)
    for name in names:
        (tmp_path / name).symlink_to(CARDEA)
        done = subprocess.run([tmp_path / name, "--cardea-is-this"], capture_output=True, text=True,
                              check=False)
        assert "cardea: error" not in done.stderr, name
