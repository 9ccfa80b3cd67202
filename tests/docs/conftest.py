# SPDX-License-Identifier: Apache-2.0
"""What the tests of the documents share."""

import os
import pathlib
import subprocess

import pytest

import box
from blocks import ROOT


@pytest.fixture(scope="session")
def cardea():
    path = box.cardea_under_test()
    if not path.is_file():
        pytest.fail(f"{path}: no such file; run make first", pytrace=False)
    return path.resolve()


@pytest.fixture
def make_box(tmp_path, cardea):
    return box.Box(tmp_path, cardea)


@pytest.fixture(scope="session")
def engine():
    """The environment in which docker reaches an engine."""
    if not box.IS_ROOT:
        pytest.skip("a Docker engine needs root")
    script = ROOT / "tests" / "docker" / "engine.sh"
    up = subprocess.run(["sh", script, "up"], text=True, check=False, timeout=600,
                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT)
    if up.returncode != 0:
        pytest.skip(f"no Docker engine to be had: {up.stdout.strip()}")
    shell = f'eval "$(sh {script} env)" && env -0'
    shown = subprocess.run(["sh", "-c", shell], text=True, check=True, stdout=subprocess.PIPE)
    env = dict(word.split("=", 1) for word in shown.stdout.split("\0") if "=" in word)
    return {name: value for name, value in env.items() if not name.startswith("CARDEA_")}


@pytest.fixture(scope="session")
def image_context(cardea, tmp_path_factory):
    """A directory with /cardea, as the build context of that name."""
    directory = tmp_path_factory.mktemp("cardea")
    (directory / "cardea").write_bytes(cardea.read_bytes())
    (directory / "cardea").chmod(0o755)
    return pathlib.Path(directory)


def pytest_configure():
    os.environ.pop("CARDEA_CONFIG", None)
