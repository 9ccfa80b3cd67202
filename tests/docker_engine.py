# SPDX-License-Identifier: Apache-2.0
"""A Docker engine for the tests that need one; see docker/engine.sh."""

import os
import pathlib
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parent / "docker" / "engine.sh"
NAMES = "PATH DOCKER_HOST DOCKER_CONFIG".split()


def environment(directory=None, **settings):
    """Bring an engine up; the variables that reach it. Skips, with the reason, if none can."""
    if os.geteuid() != 0:
        pytest.skip("a Docker engine, and the processes of its containers in /proc, need root")
    where = [str(directory)] if directory else []
    env = {**os.environ, **settings}
    up = subprocess.run(["sh", str(SCRIPT), "up", *where], env=env, text=True, check=False,
                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT, timeout=600)
    if up.returncode != 0:
        pytest.skip(f"no Docker engine to be had: {up.stdout.strip()}")
    shell = f'eval "$(sh {SCRIPT} env {" ".join(where)})" && env -0'
    shown = subprocess.run(["sh", "-c", shell], env=env, text=True, check=True,
                           stdout=subprocess.PIPE).stdout
    pairs = dict(word.split("=", 1) for word in shown.split("\0") if "=" in word)
    return {name: pairs[name] for name in NAMES if name in pairs}
