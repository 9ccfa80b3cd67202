# SPDX-License-Identifier: Apache-2.0
"""What the tests of the documents share."""

import os
import pathlib

import pytest

import box
import docker_engine


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
    env = {**os.environ, **docker_engine.environment()}
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
