# SPDX-License-Identifier: Apache-2.0
"""Every example of the documents is executed."""

import shutil
import socket
import subprocess
import uuid

import pytest

import session
from blocks import KINDS, ROOT, blocks
from box import IS_ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "man").glob("*.[1-9]"))]
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
BUILD_DEADLINE = 300

HEAD = """FROM {base}
COPY --from=cardea /cardea /sbin/cardea
ENV PATH=/usr/local/bin:/usr/bin:/bin:/sbin
"""


def of_kind(path, kind, *worlds):
    return [block for block in blocks(path)
            if block.kind == kind and (not worlds or block.world in worlds)]


def with_kind(kind, *worlds):
    """The documents that have such blocks; marks for pytest."""
    return pytest.mark.parametrize(
        "path", [path for path in DOCUMENTS if of_kind(path, kind, *worlds)],
        ids=lambda path: path.name)


@pytest.mark.parametrize("name", NAMES)
def test_every_block_says_what_it_is(name):
    for block in blocks(ROOT / name):
        assert block.kind in KINDS, f"{block.where}: {block.kind or 'nothing'} before the block"
        assert block.kind != "none" or len(block.words) > 1, f"{block.where}: no reason"
        assert block.kind != "file" or len(block.words) == 1, f"{block.where}: no path"


def test_there_are_examples():
    assert sum(len(blocks(path)) for path in DOCUMENTS) >= 20


@with_kind("session", "any", "root")
def test_sessions(path, make_box):
    worlds = ("any", "root") if IS_ROOT else ("any",)
    todo = [block for block in blocks(path)
            if block.kind == "file" or block.kind == "session" and block.world in worlds]
    wrong = session.differences(todo, make_box.run)
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
    missed = [block.where for block in of_kind(path, "session", "root") if block not in todo]
    if missed:
        pytest.skip(f"not done, they need root: {', '.join(missed)}")


@pytest.mark.parametrize(
    "block", [block for path in DOCUMENTS for kind in ("config", "file")
              for block in of_kind(path, kind)
              if kind == "config" or block.words[0].endswith(".ini")],
    ids=lambda block: block.where)
def test_configurations(block, make_box):
    make_box.file("example.ini", block.text)
    assert make_box.run("cardea check example.ini && echo right") == "right\n"


@pytest.mark.parametrize("block", [block for path in DOCUMENTS
                                   for block in of_kind(path, "dockerfile")],
                         ids=lambda block: block.where)
def test_dockerfiles(block, engine, image_context, tmp_path):
    for profile in (ROOT / "seccomp-profiles").glob("*.json"):
        shutil.copy(profile, tmp_path)
    base = block.words[0] if block.words else "scratch"
    (tmp_path / "Dockerfile").write_text(HEAD.format(base=base) + block.text)
    done = subprocess.run(
        ["docker", "buildx", "build", "--no-cache", "--quiet", "--output=type=cacheonly",
         f"--build-context=cardea={image_context}", str(tmp_path)],
        env=engine, text=True, timeout=BUILD_DEADLINE, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def checkout(directory):
    """This tree, as if it had been cloned there: what is built, here or there, is the same."""
    directory.mkdir()
    for entry in ROOT.iterdir():
        if entry.name != ".git":
            (directory / entry.name).symlink_to(entry)
    return directory


@with_kind("session", "docker")
def test_sessions_with_docker(path, engine, tmp_path):
    """Word for word, but that port 8080 may be taken here: a free one stands for it."""
    port, project = str(free_port()), f"cardea-test-{uuid.uuid4().hex[:8]}"
    env = {**engine, "COMPOSE_PROJECT_NAME": project}
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        env.pop(name, None)  # the document's make is nobody's child
    directory = checkout(tmp_path / "cardea")
    todo = [block for block in blocks(path) if block.kind == "file"
            or block.kind == "session" and block.world == "docker"]

    def run(script):
        done = subprocess.run(["sh", "-c", script.replace("8080", port)], cwd=directory, env=env,
                              text=True, timeout=BUILD_DEADLINE, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return done.stdout.replace(port, "8080")

    try:
        wrong = session.differences(todo, run)
    finally:
        for compose in tmp_path.glob("*/compose.yaml"):
            subprocess.run(["docker", "compose", "down", "--rmi", "local", "--timeout", "0"],
                           cwd=compose.parent, env=env, check=False, capture_output=True,
                           timeout=BUILD_DEADLINE)
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
