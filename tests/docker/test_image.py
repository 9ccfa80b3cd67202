# SPDX-License-Identifier: Apache-2.0
"""The project's own Dockerfile: an image that holds the binary, for COPY --from."""

import hashlib

import pytest

from conftest import ROOT
from lab import docker


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def binary_image(session_lab):
    return session_lab.build("binary", ROOT, deadline=900)


def test_image_holds_the_same_binary(lab, binary_image, cardea, tmp_path):
    """Built in a container, from Debian's packages alone, it is the same to the last bit."""
    docker("create", "--name", f"cardea-test-{lab.run_id}-copy", binary_image)
    lab.containers.append(f"cardea-test-{lab.run_id}-copy")
    docker("cp", f"cardea-test-{lab.run_id}-copy:/cardea", str(tmp_path / "copy"))
    assert digest(tmp_path / "copy") == digest(cardea)


def test_image_has_nothing_to_run_but_cardea(lab, binary_image):
    done = lab.run(binary_image, "version")
    assert done.returncode == 0 and "cardea" in done.stdout
    done = lab.run(binary_image, "/bin/sh")
    assert done.returncode == 127


def test_other_images_copy_it_from_there(lab, binary_image, tmp_path):
    (tmp_path / "Dockerfile").write_text(
        'FROM debian:bookworm-slim\nCOPY --from=cardea /cardea /sbin/cardea\n'
        'ENTRYPOINT ["/sbin/cardea", "--"]\nCMD ["sh", "-c", "echo $$; exit 6"]\n',
        encoding="utf-8")
    image = lab.build("copied", tmp_path, contexts={"cardea": f"docker-image://{binary_image}"})
    done = lab.run(image)
    assert done.returncode == 6
    assert int(done.stdout) > 1
