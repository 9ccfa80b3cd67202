# SPDX-License-Identifier: Apache-2.0
"""What every container test needs: an engine, the binary, and a place to make things in."""

import os
import pathlib
import shutil
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

import docker_engine  # noqa: E402
import lab as laboratory  # noqa: E402
import proc  # noqa: E402


@pytest.fixture(scope="session")
def engine():
    """An engine on this machine, reached by docker and docker compose as they are called."""
    before = dict(os.environ)
    os.environ.update(docker_engine.environment())
    yield os.environ["DOCKER_HOST"] if "DOCKER_HOST" in os.environ else "default"
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def cardea():
    """The binary under test: $CARDEA, else build/cardea."""
    path = pathlib.Path(os.environ.get("CARDEA", ROOT / "build" / "cardea")).resolve()
    if not path.is_file():
        pytest.fail(f"{path}: no such file; run make first")
    return path


@pytest.fixture(scope="session")
def cardea_context(cardea, tmp_path_factory):
    """A build context that holds the binary and nothing else, for COPY --from=cardea."""
    directory = tmp_path_factory.mktemp("context")
    shutil.copy(cardea, directory / "cardea")
    (directory / "cardea").chmod(0o755)
    return directory


@pytest.fixture(scope="session")
def session_lab(engine, tmp_path_factory):
    made = laboratory.Lab(tmp_path_factory.mktemp("lab"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def image(session_lab, cardea_context):
    """Debian with cardea as ENTRYPOINT, accounts, and the programs of images/general."""
    name = session_lab.build("general", HERE / "images" / "general",
                             contexts={"cardea": cardea_context})
    first = session_lab.start(name, "sleep", "60")
    if not pathlib.Path(f"/proc/{first.first}/status").exists() \
            or proc.name(first.cardea) != "cardea":
        pytest.skip("the engine does not run its containers on this machine")
    first.remove()
    return name


@pytest.fixture
def lab(engine, tmp_path):
    """A laboratory whose containers end with the test."""
    made = laboratory.Lab(tmp_path)
    yield made
    made.close()
