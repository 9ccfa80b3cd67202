# SPDX-License-Identifier: Apache-2.0
"""The scenarios of examples/compose: real servers, real requests, on a real engine.

Each runs as its compose.yaml says; with strict.yaml on top; with rootless.yaml; and under the
profile for its kind, found by name as JSON, and compiled beforehand. Tests of one deployment
share its containers, and the last of them stops it.
"""

import http.client
import socket
import threading

import pytest

import proc
from conftest import ROOT
from lab import Compose, Lab, call, docker, wait_until

EXAMPLES = ROOT / "examples" / "compose"
PROFILES = ROOT / "seccomp-profiles"
WAYS = {"plain": [], "strict": ["strict.yaml"], "rootless": ["rootless.yaml"],
        "profile": [], "compiled": []}
STOP_LIMIT = 1.0
NET_BIND_SERVICE = 1 << 10


def http_get(address, path, token=None):
    """(status, body); OSError while nothing answers."""
    connection = http.client.HTTPConnection(*address, timeout=10)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()


def redis_call(address, *commands):
    """The answers of redis to some commands on one connection, one line each."""
    with socket.create_connection(address, timeout=10) as peer, peer.makefile("rb") as file:
        answers = []
        for command in commands:
            peer.sendall(command.encode() + b"\r\n")
            line = file.readline()
            if not line:
                raise OSError("redis hung up")
            if line.startswith(b"$"):
                line = file.readline()
            answers.append(line.decode().strip())
        return answers


class Nginx:
    directory, port, user, account = "nginx", 8080, "33:33", (33, 33)
    secrets = {"api_token": "t0ken-of-the-api"}
    profile = "web"
    program, caps = "nginx", 0
    overrides = {}

    @staticmethod
    def requests(deployed):
        address, token = deployed.address, deployed.secrets["api_token"]
        assert http_get(address, "/") == (200, "hello from nginx\n")
        assert http_get(address, "/api")[0] == 401
        assert http_get(address, "/api", "wrong")[0] == 401
        assert http_get(address, "/api", token) == (200, "authorized\n")
        for _ in range(50):
            assert http_get(address, "/")[0] == 200


class Redis:
    directory, port, user, account = "redis", 6379, "redis", None
    secrets = {"password": "s3cret-of-redis"}
    profile = "database"
    program, caps = "redis-server", 0
    overrides = {}

    @staticmethod
    def requests(deployed):
        login = f"AUTH {deployed.secrets['password']}"
        assert redis_call(deployed.address, "PING") == ["-NOAUTH Authentication required."]
        assert redis_call(deployed.address, "AUTH wrong")[0].startswith("-WRONGPASS")
        assert redis_call(deployed.address, login, "PING", "SET key value", "GET key") == [
            "+OK", "+PONG", "+OK", "value"]
        answers = redis_call(deployed.address, login, *["INCR n"] * 200)
        assert answers[-1] == ":200" or int(answers[-1][1:]) % 200 == 0


class PostgreSQL:
    directory, port, user, account = "postgresql", 5432, "postgres", None
    secrets = {"db_password": "s3cret-of-database", "tls_passphrase": "passphrase-of-key"}
    profile = "database"
    program, caps = "postgres", 0
    overrides = {}

    @staticmethod
    def requests(deployed):
        def query(sql, check=True):
            return deployed.compose("run", "--rm", "--no-deps", "-T", "client", "--no-psqlrc",
                                    "--quiet", "--tuples-only", "--no-align", "--command", sql,
                                    check=check)
        assert query("select ssl, 6 * 7 from pg_stat_ssl where pid = pg_backend_pid()"
                     ).stdout == "t|42\n"
        query("create table if not exists t (n int);"
              "insert into t select generate_series(1, 1000)")
        assert query("select count(*) > 0, sum(n) % 500500 from t").stdout == "t|0\n"
        failed = query("select no_such_column", check=False)
        assert failed.returncode == 1 and "no_such_column" in failed.stderr


class Scratch:
    directory, port, user, account = "scratch", 80, "1000:1000", (1000, 1000)
    secrets = {"token": "t0ken-of-scratch"}
    profile = "strict"
    program, caps = "httpd", NET_BIND_SERVICE
    # a container that does not start as root cannot give capabilities: listen without
    overrides = {"strict": "{cap_add: [NET_BIND_SERVICE]}",
                 "rootless": "{environment: {CARDEA_SECURITY_CAP_ADD: ''},"
                             " sysctls: {net.ipv4.ip_unprivileged_port_start: 0}}"}

    @staticmethod
    def requests(deployed):
        address, token = deployed.address, deployed.secrets["token"]
        assert http_get(address, "/") == (200, "hello from scratch\n")
        assert http_get(address, "/private")[0] == 401
        assert http_get(address, "/private", token) == (200, "authorized\n")
        for _ in range(50):
            assert http_get(address, "/")[0] == 200


SERVERS = [Nginx, Redis, PostgreSQL, Scratch]


class Deployed:
    """One scenario, running in one of the ways."""

    def __init__(self, server, way, lab, cardea_context):
        self.server, self.way, self.secrets = server, way, server.secrets
        directory = lab.scratch / f"{server.directory}-{way}"
        directory.mkdir()
        for name, value in server.secrets.items():
            (directory / f"{name}.txt").write_text(value + "\n", encoding="utf-8")
        files = [EXAMPLES / name for name in WAYS[way]]
        override = self._override(server, way, directory, cardea_context / "cardea")
        if override:
            more = directory / "more.yaml"
            more.write_text(f"services: {{server: {override}}}\n", encoding="utf-8")
            files.append(more)
        self.compose = Compose(
            f"cardea-test-{lab.run_id}-{server.directory}", EXAMPLES / server.directory, files,
            {"CARDEA_CONTEXT": str(cardea_context), "SECRETS": str(directory), "PORT": "",
             "SERVER_USER": server.user})

    @staticmethod
    def _override(server, way, directory, cardea):
        """What this server needs for this way on top, as one line of YAML."""
        source, place = PROFILES / f"{server.profile}.json", "/usr/share/cardea/seccomp-profiles"
        if way == "profile":
            return (f"{{environment: {{CARDEA_SECURITY_SECCOMP: {server.profile}}},"
                    f" volumes: ['{source}:{place}/{source.name}:ro']}}")
        if way == "compiled":
            program = directory / "profile.bpf"
            call([str(cardea), "seccomp", "compile", str(source), "-o", str(program)])
            program.chmod(0o644)
            return (f"{{environment: {{CARDEA_SECURITY_SECCOMP: {place}/own.bpf}},"
                    f" volumes: ['{program}:{place}/own.bpf:ro']}}")
        return server.overrides.get(way)

    def up(self):
        self.container = self.compose.up()
        wait_until("the server listens", self._listens)
        self.main = wait_until("main runs its program", self._main)

    def _listens(self):
        """Connected, and not hung up on at once, as the engine's proxy does for nobody."""
        if not self.container.state["Running"]:
            raise AssertionError(f"server has ended: {self.container.logs()}")
        self.address = self.compose.address(self.server.port)
        with socket.create_connection(self.address, timeout=5) as peer:
            peer.settimeout(0.1)
            try:
                return peer.recv(1) != b""
            except TimeoutError:
                return True

    def _main(self):
        main = self.container.main
        return main if self.server.program in proc.name(main) else None


@pytest.fixture(scope="module", params=[(server, way) for server in SERVERS for way in WAYS],
                ids=lambda pair: f"{pair[0].directory}-{pair[1]}")
def deployed(request, engine, cardea_context, tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("servers"))
    made = Deployed(*request.param, lab, cardea_context)
    try:
        made.up()
        yield made
    finally:
        made.compose.down()


def test_serves_requests(deployed):
    deployed.server.requests(deployed)


def account(deployed):
    """(uid, gid) of the server's user, from its own image's passwd."""
    if deployed.server.account is not None:
        return deployed.server.account
    with open(f"/proc/{deployed.main}/root/etc/passwd", encoding="utf-8") as file:
        rows = (line.split(":") for line in file)
        return next((int(row[2]), int(row[3])) for row in rows if row[0] == deployed.server.user)


def test_runs_as_its_own_user(deployed):
    """Every process of the server, not only the first, has the rights that were asked for."""
    uid, gid = account(deployed)
    caps = 0 if deployed.way == "rootless" else deployed.server.caps
    engines = proc.identity(deployed.container.first)["filters"]
    everybody = (deployed.main, *proc.descendants(deployed.main))
    for pid, rights in proc.seen(proc.identity, everybody).items():
        assert (rights["uids"], rights["gids"]) == ({uid}, {gid}), (pid, rights)
        if deployed.way != "rootless":
            assert rights["groups"] <= {gid}
        for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert rights[name] == caps, (pid, name, rights)
        assert (rights["no_new_privs"], rights["seccomp"]) == (1, 2)
        assert rights["filters"] == engines + 1


def test_pid_1_keeps_no_rights(deployed):
    rights = proc.identity(deployed.container.cardea)
    assert rights["uids"] == {account(deployed)[0]}
    assert (rights["CapPrm"], rights["CapEff"], rights["CapAmb"]) == (0, 0, 0)


def test_secret_is_nowhere_to_be_seen(deployed):
    """That the server has it, the requests show: they need it."""
    container = deployed.container
    image = container.inspect()["Image"]
    places = {
        "docker inspect": str(container.inspect()),
        "the image": docker("image", "inspect", image).stdout
                     + docker("history", "--no-trunc", image).stdout,
        "the log": container.logs(),
        "PID 1's environment": str(proc.environ(container.first)),
        "cardea's environment": str(proc.environ(container.cardea)),
    }
    everybody = (container.first, *proc.descendants(container.first))
    for pid, words in proc.seen(proc.cmdline, everybody).items():
        places[f"arguments of {pid}"] = words
    for secret in deployed.secrets.values():
        assert [place for place, text in places.items() if secret in text] == []


def test_no_zombie_is_left(deployed):
    """After the requests, and after orphans of docker exec where the image has a shell."""
    if deployed.server is not Scratch:
        for _ in range(5):
            deployed.container.exec("sh", "-c", "(sleep 0.02) & (exit 3) & exit 0")
    first = deployed.container.first
    below = {deployed.container.cardea, deployed.main, *proc.descendants(deployed.main)}
    wait_until("no zombie, nothing but the server",
               lambda: not proc.zombies(first) and set(proc.descendants(first)) - below <= {first})


def test_stops_at_once_with_its_status(deployed):
    """Last of all: what comes after it finds no server."""
    status, took = deployed.container.stop()
    print(f"{deployed.server.directory}, {deployed.way}: docker stop took {took:.3f} s")
    assert status == 0, deployed.container.logs()
    assert took < STOP_LIMIT


def test_graceful_stop_finishes_the_request_at_hand(engine, cardea_context, tmp_path):
    made = Deployed(Nginx, "plain", Lab(tmp_path), cardea_context)
    try:
        made.up()
        connection = http.client.HTTPConnection(*made.address, timeout=10)
        connection.request("GET", "/slow")
        answer = connection.getresponse()
        assert answer.readline() == b"begun\n"
        rest = []
        reader = threading.Thread(target=lambda: rest.append(answer.read()))
        reader.start()
        status, took = made.container.stop()
        reader.join()
        assert (rest, status, took < STOP_LIMIT) == ([b"done\n"], 0, True)
    finally:
        made.compose.down()
