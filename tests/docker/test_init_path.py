# SPDX-License-Identifier: Apache-2.0
"""cardea as the init that an engine gives to its containers: dockerd --init-path, podman --init."""

import os
import shutil
import subprocess

import pytest

import docker_engine
import lab as laboratory
import proc
from lab import call, wait_until

SECOND = "/var/tmp/cardea-engine2"


@pytest.fixture(scope="module")
def archive(engine, image, tmp_path_factory):
    """The general image as a file, to be loaded elsewhere."""
    path = tmp_path_factory.mktemp("archive") / "image.tar"
    laboratory.docker("save", "--output", str(path), image, deadline=120)
    return path


@pytest.fixture(scope="module")
def second_engine(engine, archive, cardea_context):
    """An engine of our own whose containers get cardea as /sbin/docker-init."""
    first = os.environ.get("ENGINE_DIR", "/var/tmp/cardea-engine")
    init = cardea_context.parent / "docker-init"  # the name makes it answer as tini does
    shutil.copy(cardea_context / "cardea", init)
    settings = {"ENGINE_PRIVATE": "1", "ENGINE_BASES": "", "ENGINE_BRIDGE": "none",
                "ENGINE_ARGS": f"--init-path={init}"}
    if os.path.exists(f"{first}/sw/ok"):
        settings["ENGINE_SW"] = f"{first}/sw"
    down = ["sh", str(docker_engine.SCRIPT), "down", SECOND]
    env = {**os.environ, **settings}
    call(down, env=env, deadline=60)  # one left by an interrupted run has another init
    before = dict(os.environ)
    os.environ.update(docker_engine.environment(SECOND, **settings))
    laboratory.docker("load", "--input", str(archive), deadline=120)
    yield init
    os.environ.clear()
    os.environ.update(before)
    call(down, env=env, deadline=60)
    shutil.rmtree(SECOND)


@pytest.fixture
def init_lab(second_engine, tmp_path):
    made = laboratory.Lab(tmp_path)
    yield made
    made.close()


def version_of(binary):
    return call([binary, "version"]).stdout


PLAIN = ["--network", "none", "--init"]


def test_docker_info_knows_the_init(second_engine):
    """dockerd runs INIT --version, and understands what tini prints."""
    printed = call([str(second_engine), "--version"]).stdout
    assert printed.startswith("tini version ")
    commit = laboratory.docker("info", "--format", "{{.InitCommit.ID}}").stdout.strip()
    assert commit not in ("", "N/A") and f"git.{commit}" in printed
    assert f"init version: {commit}" in laboratory.docker("info").stdout


def test_docker_run_init(init_lab, image):
    container = init_lab.start(image, "entry", "server",
                               options=[*PLAIN, "--entrypoint", ""])
    container.wait_for_log("ready")
    first = container.first
    assert proc.cmdline(first).split("\0")[0] == "/sbin/docker-init"
    assert "cardea" in version_of(f"/proc/{first}/exe")
    assert container.stop()[0] == 21


def test_docker_run_init_of_an_image_with_cardea(init_lab, image):
    """The image's own ENTRYPOINT is cardea too: one is PID 1, the other is its child."""
    container = init_lab.start(image, "sleep", "1000", options=PLAIN,
                               ini="[main]\nuser = app\nstop_signal = SIGKILL\n")
    assert proc.identity(container.main)["uids"] == {1234}
    assert container.stop()[0] == 137


def test_docker_run_init_reaps(init_lab, image):
    done = init_lab.run(image, "orphans", "2000", "100", "46", deadline=60,
                        options=[*PLAIN, "--entrypoint", ""])
    assert (done.stdout, done.returncode) == ("made 2000, left 0\n", 46)


class Podman:
    """Podman with everything it writes below one directory."""

    def __init__(self, directory, cardea):
        self.directory = directory
        helpers = directory / "helpers"
        helpers.mkdir()
        for name in ("catatonit", "podman-init"):
            shutil.copy(cardea, helpers / name)
        conf = directory / "containers.conf"
        conf.write_text(f'''[containers]
init = false
init_path = "{helpers}/podman-init"
cgroupns = "host"
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
helper_binaries_dir = ["{helpers}", "/usr/libexec/podman", "/usr/lib/podman"]
infra_image = ""
''', encoding="utf-8")
        self.pids = []
        self.env = {**os.environ, "CONTAINERS_CONF": str(conf), "TMPDIR": str(directory)}
        for name in ("DOCKER_HOST", "CONTAINER_HOST", "XDG_RUNTIME_DIR"):
            self.env.pop(name, None)

    def __call__(self, *words, check=True, deadline=60):
        base = ["podman", "--root", str(self.directory / "root"), "--storage-driver", "vfs",
                "--runroot", str(self.directory / "run"), "--tmpdir", str(self.directory / "tmp")]
        return call([*base, *words], check=check, deadline=deadline, env=self.env)

    def close(self):
        self("pod", "rm", "--force", "--all", "--time", "0", check=False)
        self("rm", "--force", "--all", "--time", "0", check=False)


@pytest.fixture(scope="module")
def podman(archive, cardea, tmp_path_factory):
    if not shutil.which("podman") or not shutil.which("runc"):
        pytest.skip("no podman or no runc: apt-get install podman runc")
    made = Podman(tmp_path_factory.mktemp("podman"), cardea)
    made("load", "--input", str(archive), deadline=120)
    yield made
    made.close()


@pytest.fixture(scope="module")
def podman_image(podman, image):
    return f"docker.io/{image}:latest"


def test_podman_run_init(podman, podman_image):
    name = podman("run", "--detach", "--init", "--network", "none", "--entrypoint", "",
                  podman_image, "entry", "server").stdout.strip()
    wait_until("main is ready", lambda: "ready" in podman("logs", name).stdout)
    first = int(podman("inspect", "--format", "{{.State.Pid}}", name).stdout)
    assert proc.cmdline(first).split("\0")[:3] == ["/run/podman-init", "--", "entry"]
    assert "cardea" in version_of(f"/proc/{first}/exe")
    podman("stop", "--time", "20", name)
    assert podman("inspect", "--format", "{{.State.ExitCode}}", name).stdout.strip() == "21"


def test_podman_run_init_reaps(podman, podman_image):
    done = podman("run", "--rm", "--init", "--network", "none", "--entrypoint", "",
                  podman_image, "orphans", "2000", "100", "47", check=False)
    assert (done.stdout, done.returncode) == ("made 2000, left 0\n", 47)


def test_podman_pod_pause(podman, podman_image):
    """The pause process of a pod is catatonit -P, found through helper_binaries_dir."""
    podman("pod", "create", "--name", "pod1", "--network", "none", "--share", "pid,ipc,uts")
    name = podman("run", "--detach", "--pod", "pod1", "--entrypoint", "", podman_image,
                  "sleep", "1000").stdout.strip()
    infra = podman("pod", "inspect", "--format", "{{.InfraContainerID}}", "pod1").stdout.strip()
    first = int(podman("inspect", "--format", "{{.State.Pid}}", infra).stdout)
    assert proc.cmdline(first).split("\0")[:2] == ["/catatonit", "-P"]
    assert proc.read_status(first)["NSpid"].split()[-1] == "1"
    podman("exec", name, "sh", "-c", "(sleep 0.05) & exit 0")
    wait_until("orphans of the pod are reaped", lambda: not proc.zombies(first))
    podman("stop", "--time", "20", infra)
    assert podman("inspect", "--format", "{{.State.ExitCode}}", infra).stdout.strip() == "0"
