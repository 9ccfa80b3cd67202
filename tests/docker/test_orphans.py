# SPDX-License-Identifier: Apache-2.0
"""A storm of orphans: all of them are reaped, and main's status is still main's."""

import pytest

import proc
from lab import wait_until


def test_storm_leaves_nothing_behind(lab, image):
    done = lab.run(image, "orphans", "50000", "200", "42", deadline=180)
    assert (done.stdout, done.returncode) == ("made 50000, left 0\n", 42)


def test_storm_in_a_container_with_little_memory_and_few_pids(lab, image):
    done = lab.run(image, "orphans", "5000", "2", "43", deadline=180,
                   options=["--memory", "32m", "--memory-swap", "32m", "--pids-limit", "32"])
    assert (done.stdout, done.returncode) == ("made 5000, left 0\n", 43)


def test_storm_without_being_pid_1(lab, image):
    done = lab.run(image, "orphans", "5000", "200", "44", deadline=180, options=["--init"])
    assert (done.stdout, done.returncode) == ("made 5000, left 0\n", 44)


@pytest.mark.parametrize("status", [0, 17])
def test_main_that_ends_amid_the_storm(lab, image, status):
    """The others still end, in all ways, when main does: none of theirs is taken for its."""
    script = f"orphans 100000 200 99 & sleep 0.2; exit {status}"
    done = lab.run(image, "sh", "-c", script, ini="[main]\norphan_grace_period = 2s\n")
    assert done.returncode == status


def test_orphan_of_docker_exec_is_reaped(lab, image):
    container = lab.start(image, "sleep", "1000")
    main = container.main
    container.exec("sh", "-c", "(sleep 0.05; exit 7) & exit 0")
    wait_until("only main is left", lambda: set(proc.descendants(container.first)) == {main})
