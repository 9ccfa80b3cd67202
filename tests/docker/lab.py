# SPDX-License-Identifier: Apache-2.0
"""Containers for tests: start them, watch them against a deadline, and leave none behind."""

import json
import os
import subprocess
import time
import uuid

import proc

LABEL = "cardea.test"
DEADLINE = 30.0


class LabError(AssertionError):
    """The surroundings, not the program under test, did something else than expected."""


def wait_until(what, condition, deadline=DEADLINE, pause=0.01):
    """Poll until condition() is true and return its value; a condition may raise OSError."""
    end = time.monotonic() + deadline
    last = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last = value
        except OSError as error:
            last = error
        if time.monotonic() > end:
            raise LabError(f"not within {deadline:g} s: {what} (last: {last!r})")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


def call(argv, deadline=DEADLINE, check=True, **options):
    """Run a program; its exit status is 0 unless check is off."""
    done = subprocess.run(argv, stdin=options.pop("stdin", subprocess.DEVNULL),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          errors="replace", timeout=deadline, check=False, **options)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(argv)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def docker(*words, **options):
    return call(["docker", *words], **options)


class Container:
    """One container that exists, by its full id or its name."""

    def __init__(self, name):
        self.name = name

    def inspect(self):
        return json.loads(docker("inspect", "--type", "container", self.name).stdout)[0]

    @property
    def state(self):
        return self.inspect()["State"]

    @property
    def first(self):
        """The pid, on this machine, of the container's PID 1."""
        pid = self.state["Pid"]
        if pid == 0:
            raise LabError(f"container has ended: {self.state}\n{self.logs()}")
        return pid

    @property
    def cardea(self):
        """The pid of cardea: the container's PID 1, or what the engine's init started."""
        first = self.first
        return first if proc.name(first) == "cardea" else self._only_child(first)

    @property
    def main(self):
        """The pid of main, once it is more than a copy of cardea."""
        def started():
            pid = self._only_child(self.cardea)
            return pid if proc.name(pid) != "cardea" else None
        return wait_until("main runs", started)

    @staticmethod
    def _only_child(parent):
        def one():
            children = [pid for pid, row in proc.table().items() if row[1] == parent]
            return children[0] if len(children) == 1 else None
        return wait_until(f"one child of {parent}", one)

    def logs(self):
        done = docker("logs", self.name)
        return done.stdout + done.stderr

    def wait_for_log(self, text, deadline=DEADLINE):
        return wait_until(f"{text!r} in the log of {self.name}",
                          lambda: text in self.logs() and self.logs(), deadline)

    def exec(self, *words, options=(), check=True, deadline=DEADLINE):
        return docker("exec", *options, self.name, *words, check=check, deadline=deadline)

    def kill(self, signal):
        docker("kill", "--signal", signal, self.name)

    def wait(self, deadline=DEADLINE):
        """Wait for its end; its exit status."""
        docker("wait", self.name, deadline=deadline)
        return self.state["ExitCode"]

    def stop(self, engine_limit=20):
        """docker stop: (exit status, seconds it took)."""
        begin = time.monotonic()
        docker("stop", "--time", str(engine_limit), self.name, deadline=engine_limit + DEADLINE)
        return self.state["ExitCode"], time.monotonic() - begin

    def remove(self):
        docker("rm", "--force", "--volumes", self.name, check=False)


class Lab:
    """Makes what a test asks for, and removes all of it in close()."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.run_id = uuid.uuid4().hex[:8]
        self.containers = []
        self.images = []

    def file(self, text, mode=0o644, suffix=""):
        path = self.scratch / (uuid.uuid4().hex[:8] + suffix)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def build(self, name, context, contexts=(), deadline=300):
        """Build an image from a directory; contexts: {name: where} for COPY --from."""
        tag = f"cardea-test-{self.run_id}/{name}"
        words = ["buildx", "build", "--load", "--quiet", "--tag", tag]
        for key, directory in dict(contexts).items():
            words += ["--build-context", f"{key}={directory}"]
        docker(*words, str(context), deadline=deadline)
        self.images.append(tag)
        return tag

    def _create(self, image, words, options, ini):
        name = f"cardea-test-{self.run_id}-{len(self.containers)}"
        options = ["--name", name, "--label", f"{LABEL}={self.run_id}", *options]
        if ini is not None:
            options += ["--volume", f"{self.file(ini, suffix='.ini')}:/etc/cardea/cardea.ini:ro"]
        self.containers.append(name)
        return Container(name), [*options, image, *words]

    def run(self, image, *words, options=(), ini=None, deadline=DEADLINE):
        """Run a container to its end; .returncode, .stdout, .stderr are the container's."""
        container, argv = self._create(image, words, options, ini)
        try:
            done = docker("run", *argv, check=False, deadline=deadline)
        except subprocess.TimeoutExpired:
            state = {name: proc.cmdline(name) for name in proc.descendants(container.first)}
            raise LabError(f"still runs after {deadline:g} s: {words}\n{container.logs()}\n"
                           f"{state}") from None
        state = container.state
        if state["Error"] or done.returncode != state["ExitCode"]:
            raise LabError(f"docker run: {done.returncode}, {state}\n{done.stderr}")
        container.remove()
        return done

    def start(self, image, *words, options=(), ini=None):
        """Start a container and leave it running."""
        container, argv = self._create(image, words, options, ini)
        docker("run", "--detach", *argv)
        return container

    def interactive(self, image, *words, options=(), ini=None):
        """(container, argv): the docker run -it to be given to a terminal."""
        container, argv = self._create(image, words, ["--interactive", "--tty", *options], ini)
        return container, ["docker", "run", *argv]

    def close(self):
        for name in self.containers:
            Container(name).remove()
        if self.images:
            docker("image", "rm", "--force", *self.images, check=False)


class Compose:
    """One Compose project; files are those after compose.yaml, env what they interpolate."""

    def __init__(self, project, directory, files=(), env=()):
        self.project = project
        self.directory = directory
        self.files = ["compose.yaml", *(str(file) for file in files)]
        self.env = {**os.environ, **dict(env)}

    def __call__(self, *words, check=True, deadline=300):
        files = [word for file in self.files for word in ("--file", file)]
        return call(["docker", "compose", "--project-name", self.project, "--progress", "plain",
                     *files, *words], check=check, deadline=deadline, cwd=self.directory,
                    env=self.env)

    def up(self, service="server"):
        self("up", "--build", "--detach", service)
        return self.container(service)

    def container(self, service="server"):
        return Container(self("ps", "--all", "--quiet", service).stdout.strip())

    def address(self, port, service="server"):
        """(host, port) that a published port is reached at."""
        host, _, number = self("port", service, str(port)).stdout.strip().rpartition(":")
        return host, int(number)

    def down(self):
        self("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "0",
             "--rmi", "all", check=False)
