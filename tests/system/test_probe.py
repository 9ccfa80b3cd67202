# SPDX-License-Identifier: Apache-2.0
"""Probes, carried out by cardea's own code against servers that the tests make, the hostile ones included."""

import os
import pathlib
import re
import resource
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest

import harness

HTTP_OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(scope="module")
def look_path(shared):
    path = shared / "look"
    shutil.copy(harness.TOOLS / "look", path)
    path.chmod(0o755)
    return path


class Look:
    """The program, run as somebody."""

    def __init__(self, path, world):
        self.words = [str(path)]
        if world == "user" and harness.IS_ROOT:
            who = str(harness.UNPRIVILEGED)
            self.words = ["setpriv", f"--reuid={who}", f"--regid={who}", "--clear-groups", *self.words]

    def start(self, *args, wrap=(), **options):
        return subprocess.Popen([*wrap, *self.words, *args], stdout=subprocess.PIPE, text=True, **options)

    def __call__(self, *args, **options):
        """What came of it, without the line about the pid."""
        process = self.start(*args, **options)
        out, _ = process.communicate(timeout=harness.DEADLINE)
        assert process.returncode == 0, (process.returncode, out)
        return re.sub(r"\Apid \d+\n", "", out).strip()


@pytest.fixture(params=["root", "user"])
def look(request, look_path):
    if request.param == "root" and not harness.IS_ROOT:
        pytest.skip("needs real root")
    return Look(look_path, request.param)


@pytest.fixture
def user_look(look_path):
    return Look(look_path, "user")


@pytest.fixture
def root_look(look_path):
    if not harness.IS_ROOT:
        pytest.skip("needs real root")
    return Look(look_path, "root")


class Server:
    """Accepts, reads what comes and does what it is told with the connection."""

    def __init__(self, act, family=socket.AF_INET, address=("127.0.0.1", 0)):
        self.act, self.requests = act, []
        self.socket = socket.socket(family)
        self.socket.bind(address)
        self.socket.listen()
        self.address = self.socket.getsockname()
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def port(self):
        return self.address[1]

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                try:
                    self.act(self, connection)
                except OSError:  # the probe has gone, as it should in the endless cases
                    pass

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


@pytest.fixture
def serve():
    servers = []

    def make(act, *args, **options):
        servers.append(Server(act, *args, **options))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


def answering(*pieces, pause=0.0):
    def act(server, connection):
        server.requests.append(connection.recv(65536))
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
    return act


def endless(head, piece):
    def act(_, connection):
        connection.recv(65536)
        connection.sendall(head)
        while True:
            connection.sendall(piece)
    return act


def slow(text):
    """A byte every 50 ms, for ever."""
    def act(_, connection):
        connection.recv(65536)
        while True:
            for byte in text:
                connection.sendall(bytes([byte]))
                time.sleep(0.05)
    return act


def silent(_, connection):
    while connection.recv(65536):
        pass


def reset(_, connection):
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


# ---- tcp -------------------------------------------------------------------------------------------

def test_connects(look, serve):
    assert look(f"tcp=127.0.0.1:{serve(silent).port}") == "passed"


def test_connects_over_ipv6(look, serve):
    server = serve(silent, socket.AF_INET6, ("::1", 0))
    assert look(f"tcp=[::1]:{server.port}", "timeout=5s") == "passed"


def test_refused(look):
    assert look(f"tcp=127.0.0.1:{free_port()}", "timeout=5s") == "failed connection refused"


SELF = """
set -e
echo 40000 40003 >/proc/sys/net/ipv4/ip_local_port_range
for port in 40000 40001 40002 40003; do
    for try in 1 2 3 4 5; do "$@" tcp=127.0.0.1:$port timeout=5s; done
done
"""


def test_never_connects_to_itself(user_look):
    """With so few ports for the kernel to choose from, the socket is often given the one it connects to."""
    out = resolve(user_look, "silent", run=["sh", "-c", SELF, "sh"])
    results = [line for line in out.splitlines() if not line.startswith("pid ")]
    assert results == ["failed connection refused"] * 20


def test_send_and_expect(look, serve):
    server = serve(answering(b"+PO", b"NG\r\n", pause=0.05))
    assert look(f"tcp=127.0.0.1:{server.port}", r"send=PING\r\n", r"expect=+PONG\r\n", "timeout=5s") == "passed"
    assert server.requests == [b"PING\r\n"]


@pytest.mark.parametrize("act, reason", [
    (answering(b"-LOADING\r\n"), "the answer does not contain 'PONG'"),
    (answering(), "the connection was closed without an answer"),
    (silent, "no answer within 300ms"),
    (slow(b"\xff\x00PIN"), "the answer does not contain 'PONG' within 300ms"),
    (endless(b"", b"PON" * 1000), "the answer does not contain 'PONG' in its first MiB"),
    (reset, "connection reset by peer"),
])
def test_answers_that_fail(look, serve, act, reason):
    timeout = "300ms" if "300ms" in reason else "10s"
    server = serve(act)
    assert look(f"tcp=127.0.0.1:{server.port}", "send=PING", "expect=PONG", f"timeout={timeout}") == f"failed {reason}"


# ---- http ------------------------------------------------------------------------------------------

def test_http(look, serve):
    server = serve(answering(b"HTTP/1.0 200 OK\r\n\r\n"))
    assert look(f"http=http://127.0.0.1:{server.port}/healthz?x=1", "headers='Host: a.test'", "timeout=5s") == "passed"
    request = server.requests[0].decode()
    assert request.startswith("GET /healthz?x=1 HTTP/1.1\r\n") and request.endswith("\r\n\r\n")
    assert "\r\nHost: a.test\r\n" in request and "\r\nConnection: close\r\n" in request


@pytest.mark.parametrize("answer", [
    HTTP_OK + b"Content-Length: 100\r\n\r\nall is well",
    HTTP_OK + b"Transfer-Encoding: chunked\r\n\r\n6\r\nall is\r\n5\r\n well\r\n0\r\n\r\n",
    HTTP_OK + b"\r\nall is well",
    b"HTTP/1.1 100 Continue\r\n\r\n" + HTTP_OK + b"Content-Length: 11\r\n\r\nall is well",
])
def test_http_expect(look, serve, answer):
    server = serve(answering(*(bytes([byte]) for byte in answer)))
    assert look(f"http=http://127.0.0.1:{server.port}/", "expect=is well", "timeout=5s") == "passed"


@pytest.mark.parametrize("act, reason", [
    (answering(b"HTTP/1.1 503 Busy\r\n\r\n"), "status 503, expected 200-399"),
    (answering(HTTP_OK + b"\r\nelse"), "the answer does not contain 'well'"),
    (answering(b"\x00\xff\x80binary"), "the answer is not HTTP"),
    (answering(HTTP_OK + b"Content-Length: 99999999999999999999\r\n\r\n"),
     "the answer has a Content-Length beyond all bounds"),
    (answering(HTTP_OK + b"Content-Length: 999999999999999999\r\n\r\nx"),
     "the answer broke off after 1 bytes of its body"),
    (answering(HTTP_OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n"),
     "the answer has a bad chunk size"),
    (answering(), "the connection was closed without an answer"),
    (endless(HTTP_OK, b"X-More: and more\r\n"), "the answer has more than 16384 bytes of headers"),
    (endless(HTTP_OK + b"\r\n", b"wel wel " * 500), "the answer does not contain 'well' in its first MiB"),
    (slow(HTTP_OK), "no whole answer within 300ms"),
    (silent, "no answer within 300ms"),
    (reset, "connection reset by peer"),
])
def test_http_that_fails(look, serve, act, reason):
    server = serve(act)
    timeout = "300ms" if "300ms" in reason else "10s"
    begin = time.monotonic()
    args = (f"http=http://127.0.0.1:{server.port}/", "expect=well", f"timeout={timeout}")
    assert look(*args) == f"failed {reason}"
    assert time.monotonic() - begin < 5


def test_a_redirect_is_what_it_is(user_look, serve):
    server = serve(answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"))
    url = f"http=http://127.0.0.1:{server.port}/"
    assert user_look(url) == "passed"
    assert user_look(url, "expect_status=200, 204") == "failed status 302, expected 200, 204"


# ---- unix, file ------------------------------------------------------------------------------------

def test_unix(look, serve, tmp_path):
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    path = str(tmp_path / "socket")
    serve(answering(HTTP_OK + b"\r\n"), socket.AF_UNIX, path)
    os.chmod(path, 0o666)
    assert look(f"unix={path}") == "passed"
    assert look(f"http=http://unix:{path}:/x") == "passed"
    assert look(f"unix={path}x") == "failed no such file or directory"
    os.chmod(path, 0o600)
    assert look(f"unix={path}", *(["uid=64399"] if harness.IS_ROOT and len(look.words) == 1 else [])) == (
        "failed permission denied" if harness.IS_ROOT else "passed")


def test_unix_abstract(look, serve):
    name = f"cardea-test-{os.getpid()}-{len(look.words)}"
    serve(answering(b"hello"), socket.AF_UNIX, "\0" + name)
    assert look(f"unix=@{name}", "send=x", "expect=hello") == "passed"
    assert look(f"unix=@{name}x") == "failed connection refused"


def test_file(root_look, tmp_path):
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    (tmp_path / "there").write_text("x")
    (tmp_path / "there").chmod(0)
    (tmp_path / "link").symlink_to("there")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "closed").mkdir(mode=0o700)
    (tmp_path / "closed/in").write_text("x")
    for path, found in (("there", "passed"), ("link", "passed"), ("", "passed"),
                        ("dangling", "failed no such file or directory"),
                        ("closed/in", "failed permission denied"),
                        ("there/in", "failed not a directory")):
        assert root_look(f"file={tmp_path}/{path}", "uid=64399") == found, path


def test_root_without_capabilities_is_no_root(root_look, tmp_path):
    """Even as uid 0 a probe does not pass by permissions, having no capability to."""
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed/in").write_text("x")
    os.chown(tmp_path / "closed", 64399, 64399)
    (tmp_path / "closed").chmod(0o700)
    assert root_look(f"file={tmp_path}/closed/in") == "failed permission denied"


# ---- names -----------------------------------------------------------------------------------------

def resolve(look, mode, *args, run=()):
    wrap = ["unshare", "--user", "--map-root-user", "--mount", "--net", sys.executable,
            str(pathlib.Path(__file__).parent / "resolving.py"), mode, *run]
    return Look(pathlib.Path(look.words[-1]), "root")(*args, wrap=wrap)


@pytest.mark.parametrize("mode, host, result", [
    ("good", "service.test:8000", "passed"),
    ("good", "service.test:1", "failed connection refused"),
    ("good", "Service.Test.:8000", "passed"),
    ("good", "service:8000", "passed"),  # in the second search domain
    ("good", "service.:8000", "failed no such host"),  # no search for a name that ends so
    ("good", "other.test:8000", "failed no such host"),
    ("slow", "service.test:8000", "passed"),
    ("silent", "listed.test:8000", "passed"),
    ("silent", "listed.test:8001", "passed"),  # IPv6 refuses, IPv4 does not
    ("silent", "service.test:8000", "failed no answer within 1s500ms (resolving)"),
    ("empty", "service.test:8000", "failed no such host"),
    ("refusing", "127.0.0.1:8000", "passed"),
    ("refusing", "service.test:8000", "failed the name server failed"),
])
def test_names(user_look, mode, host, result):
    begin = time.monotonic()
    assert resolve(user_look, mode, f"tcp={host}", "timeout=1500ms") == result
    assert time.monotonic() - begin < 5


def test_garbage_from_the_name_server(user_look):
    assert resolve(user_look, "wrong", "tcp=service.test:8000", "timeout=1s").startswith("failed ")


# ---- what the process is allowed -------------------------------------------------------------------

@pytest.mark.parametrize("call, result", [
    *((call, "passed") for call in ("close", "open-read", "socket-inet")),
    *((call, "killed 31") for call in (
        "open-write", "open-create", "write", "socket-netlink", "listen", "execve", "clone", "kill", "ptrace",
        "mmap-exec", "setuid", "unlink", "ioctl")),
])
def test_filter(user_look, call, result):
    assert user_look(f"call={call}") == result


def test_process(root_look, serve):
    """While it waits for an answer: whose it is, what it may and what it holds."""
    server = serve(silent)
    extra = os.open("/etc/passwd", os.O_RDONLY)
    process = root_look.start("uid=64399", f"tcp=127.0.0.1:{server.port}", "expect=x", "timeout=5s",
                              pass_fds=[extra])
    os.close(extra)
    pid = int(process.stdout.readline().split()[1])
    harness.wait_for(lambda: harness.status_of(pid)["Seccomp"] == "2", "filter")
    status = harness.status_of(pid)
    assert status["Uid"].split() == status["Gid"].split() == ["64399"] * 4
    assert status["Groups"].split() == []
    for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(status[kind], 16) == 0, kind
    assert status["NoNewPrivs"] == "1"
    harness.wait_for(lambda: os.listdir(f"/proc/{pid}/fd"), "socket")
    assert [os.readlink(f"/proc/{pid}/fd/{fd}")[:7] for fd in os.listdir(f"/proc/{pid}/fd")] == ["socket:"]
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
    for name, value in (("Max core file size", 0), ("Max file size", 0), ("Max processes", 0), ("Max open files", 16)):
        assert re.search(rf"{name} +{value} +{value} ", limits), limits
    assert os.stat(f"/proc/{pid}/environ").st_uid == 0, "its memory can be read by its user"
    process.kill()
    process.communicate(timeout=harness.DEADLINE)
    os.kill(pid, 9)


def test_where_next_to_nothing_is_allowed(look, serve):
    """With the limits of a strict container, its descriptors closed."""
    server = serve(answering(HTTP_OK + b"\r\nwell"))

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (6, 6))
        resource.setrlimit(resource.RLIMIT_AS, (16 << 20, 16 << 20))
        resource.setrlimit(resource.RLIMIT_STACK, (256 << 10, 256 << 10))
        os.close(0)

    assert look(f"http=http://127.0.0.1:{server.port}/", "expect=well", preexec_fn=limit) == "passed"


def test_read_only_root(user_look):
    before = ["sh", "-c", 'mount --rbind / / && mount -o remount,bind,ro / && ! touch /x 2>/dev/null && exec "$@"', "sh"]
    out = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", *before, user_look.words[-1],
         "tcp=127.0.0.1:1", "timeout=5s"], stdout=subprocess.PIPE, text=True, check=True, timeout=30).stdout
    assert out.endswith("failed connection refused\n")
