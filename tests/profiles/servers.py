# SPDX-License-Identifier: Apache-2.0
"""Debian's servers, each with a day's work in a minute: started in a directory of its own as the user
it is meant to run as, used the way clients use it, stopped the way an engine stops it.

A Run starts programs behind a prefix: cardea with a profile in the tests, strace when a profile is
derived (derive.py)."""

import contextlib
import http.client
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).parent
PG = pathlib.Path("/usr/lib/postgresql/15/bin")
DEADLINE = 30


def wait_for(what, condition, process=None):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if condition():
                return
        if process is not None and process.poll() is not None:
            raise AssertionError(f"{what}: ended with {process.returncode}")
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {DEADLINE} s")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Run:
    """Programs that share a directory and a prefix. user: whose rights they have."""

    def __init__(self, directory, prefix, user):
        self.dir = pathlib.Path(directory)
        self.prefix = prefix
        self.user = user
        self.processes = []
        if os.geteuid() == 0:
            entry = pwd.getpwnam(user)
            os.chown(self.dir, entry.pw_uid, entry.pw_gid)

    def file(self, name, text, mode=0o644):
        path = self.dir / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def start(self, *argv, env=None):
        log = open(self.dir / f"log.{len(self.processes)}", "wb")
        p = subprocess.Popen([*self.prefix, *map(str, argv)], stdin=subprocess.DEVNULL, stdout=log,
                             stderr=log, cwd=self.dir, env={**os.environ, **(env or {})})
        log.close()
        self.processes.append(p)
        return p

    def call(self, *argv, input=None, status=0):
        r = subprocess.run([*self.prefix, *map(str, argv)], input=input, capture_output=True,
                           cwd=self.dir, text=True, timeout=120)
        assert r.returncode == status, f"{argv}: {r.returncode}\n{r.stdout}\n{r.stderr}"
        return r.stdout

    def stop(self, process, sig, status=0):
        process.send_signal(sig)
        assert process.wait(DEADLINE) == status, self.logs()

    def logs(self):
        return "\n".join(p.read_text(errors="replace")[-3000:] for p in sorted(self.dir.glob("log.*")))

    def close(self):
        for p in self.processes:
            if p.poll() is None:
                p.send_signal(signal.SIGTERM)
                try:
                    p.wait(10)
                except subprocess.TimeoutExpired:
                    p.kill()
                    p.wait()


def get(port, path, method="GET", body=None, headers=None):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    c.request(method, path, body, headers or {})
    r = c.getresponse()
    text = r.read()
    c.close()
    return r.status, text


# ---- web ------------------------------------------------------------------------------------

APP = '''
import os, sqlite3, socket, subprocess, tempfile, threading, time, urllib.request
from flask import Flask, request

app = Flask(__name__)

@app.get("/")
def index():
    return "hello"

@app.post("/upload")
def upload():
    with tempfile.NamedTemporaryFile() as f:
        f.write(request.get_data())
        f.flush()
        os.fsync(f.fileno())
        return str(os.stat(f.name).st_size)

@app.get("/database")
def database():
    with sqlite3.connect("app.db") as db:
        db.execute("pragma journal_mode=wal")
        db.execute("create table if not exists t (x)")
        db.execute("insert into t values (1)")
        return str(db.execute("select count(*) > 0 from t").fetchone()[0])

@app.get("/thread")
def thread():
    done = []
    t = threading.Thread(target=lambda: (time.sleep(0.01), done.append(1)))
    t.start(); t.join()
    return str(done)

@app.get("/name")
def name():
    return str(bool(socket.getaddrinfo("localhost", 80)))

@app.get("/program")
def program():
    return subprocess.run(["/bin/echo", "run"], capture_output=True, text=True).stdout
'''

NGINX = '''
daemon off;
worker_processes 2;
pid {dir}/nginx.pid;
error_log stderr;
events {{ }}
http {{
    access_log {dir}/access.log;
    include /etc/nginx/mime.types;
    sendfile on;
    gzip on;
    aio threads;
    client_max_body_size 20m;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    proxy_cache_path {dir}/cache keys_zone=one:1m;
    server {{
        listen 127.0.0.1:{port};
        root {dir}/www;
        location /app/ {{ proxy_pass http://127.0.0.1:{app}/; proxy_cache one; }}
    }}
}}
'''


def nginx(run):
    port, app = free_port(), free_port()
    (run.dir / "www").mkdir()
    run.file("www/index.html", "welcome\n")
    run.file("www/big.txt", "0123456789" * 200_000)
    run.file("app.py", APP)
    conf = run.file("nginx.conf", NGINX.format(dir=run.dir, port=port, app=app))
    backend = run.start("/usr/bin/gunicorn", "-w", "2", "--threads", "2", "-b", f"127.0.0.1:{app}", "app:app")
    server = run.start("/usr/sbin/nginx", "-p", run.dir, "-c", conf, "-e", "stderr")
    wait_for("gunicorn", lambda: get(app, "/")[0] == 200, backend)
    wait_for("nginx", lambda: get(port, "/")[0] == 200, server)
    for _ in range(2):
        assert get(port, "/")[1] == b"welcome\n"
        assert len(get(port, "/big.txt")[1]) == 2_000_000
        assert get(port, "/big.txt", headers={"Range": "bytes=5-9"}) == (206, b"56789")
        assert get(port, "/big.txt", headers={"Accept-Encoding": "gzip"})[0] == 200
        assert get(port, "/missing")[0] == 404
        assert get(port, "/app/", "HEAD")[0] == 200
        assert get(port, "/app/")[1] == b"hello"
        assert get(port, "/app/upload", "POST", b"x" * 3_000_000)[1] == b"3000000"
        assert get(port, "/app/database")[1] == b"1"
        assert get(port, "/app/thread")[1] == b"[1]"
        assert get(port, "/app/name")[1] == b"True"
        assert get(port, "/app/program")[1] == b"run\n"
        server.send_signal(signal.SIGHUP)
        backend.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        wait_for("nginx after reload", lambda: get(port, "/")[0] == 200, server)
        wait_for("gunicorn after reload", lambda: get(app, "/")[0] == 200, backend)
    run.stop(server, signal.SIGQUIT)
    run.stop(backend, signal.SIGTERM)


# ---- database -------------------------------------------------------------------------------

def postgres(run):
    port, data = free_port(), run.dir / "data"
    run.call(PG / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-locale", "-E", "UTF8")
    server = run.start(PG / "postgres", "-D", data, "-p", port, "-h", "127.0.0.1", "-k", run.dir,
                       "-c", "log_min_messages=warning", "-c", "max_parallel_workers_per_gather=2",
                       "-c", "min_parallel_table_scan_size=0", "-c", "parallel_setup_cost=0",
                       "-c", "parallel_tuple_cost=0")

    def psql(sql, host="127.0.0.1"):
        return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", host, "-p",
                               str(port), "-U", "postgres", "-c", sql], capture_output=True, text=True,
                              check=True, timeout=60).stdout.strip()

    def ready():
        return subprocess.run([PG / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]).returncode == 0

    wait_for("postgres", ready, server)
    psql("create table t as select i, md5(i::text) h from generate_series(1, 50000) i")
    assert psql("select count(*) from t where h like 'a%'", str(run.dir)) != "0"
    psql("create index on t (h)")
    psql("vacuum full analyze t")
    psql("checkpoint")
    psql("create extension if not exists pg_stat_statements; create role app login")
    assert psql("copy (select 1) to program 'cat >/dev/null'") == ""
    assert psql("select pg_reload_conf()") == "t"
    assert psql("select pg_size_pretty(pg_database_size('postgres'))")
    subprocess.run(["pgbench", "-q", "-i", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "postgres"],
                   check=True, capture_output=True, timeout=60)
    subprocess.run(["pgbench", "-c", "4", "-t", "50", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres",
                    "postgres"], check=True, capture_output=True, timeout=60)
    subprocess.run([PG / "pg_basebackup", "-D", str(run.dir / "copy"), "-h", "127.0.0.1", "-p", str(port), "-U",
                    "postgres", "-c", "fast"], check=True, capture_output=True, timeout=60)
    run.stop(server, signal.SIGINT)


def redis(run):
    port = free_port()
    server = run.start("/usr/bin/redis-server", "--port", port, "--dir", run.dir, "--bind", "127.0.0.1",
                       "--appendonly", "yes", "--io-threads", "2", "--unixsocket", run.dir / "redis.sock")

    def cli(*words):
        return subprocess.run(["redis-cli", "-p", str(port), *words], capture_output=True, text=True,
                              check=True, timeout=20).stdout.strip()

    wait_for("redis", lambda: socket.create_connection(("127.0.0.1", port)).close() is None, server)
    wait_for("redis answers", lambda: cli("ping") == "PONG", server)
    assert cli("set", "k", "v") == "OK"
    assert cli("get", "k") == "v"
    assert cli("eval", "return redis.call('incr','n')", "0") == "1"
    cli("bgsave")
    wait_for("bgsave", lambda: "rdb_bgsave_in_progress:0" in cli("info", "persistence"))
    cli("bgrewriteaof")
    wait_for("aof", lambda: "aof_rewrite_in_progress:0" in cli("info", "persistence"))
    assert "rdb_last_bgsave_status:ok" in cli("info", "persistence")
    assert "aof_last_bgrewrite_status:ok" in cli("info", "persistence")
    subprocess.run(["redis-benchmark", "-p", str(port), "-n", "2000", "-q", "-t", "set,get,lpush"], check=True,
                   capture_output=True, timeout=60)
    run.stop(server, signal.SIGTERM)


# ---- worker ---------------------------------------------------------------------------------

TASKS = '''
import os, subprocess, tempfile, urllib.request, zipfile
from celery import Celery

app = Celery("tasks", broker="redis://127.0.0.1:{port}/0", backend="redis://127.0.0.1:{port}/1")

@app.task
def add(x, y):
    return x + y

@app.task
def files():
    with tempfile.TemporaryDirectory() as d:
        with zipfile.ZipFile(os.path.join(d, "a.zip"), "w") as z:
            z.writestr("a", b"x" * 100000)
        os.symlink("a.zip", os.path.join(d, "b"))
        os.rename(os.path.join(d, "b"), os.path.join(d, "c"))
        return sorted(os.listdir(d))

@app.task
def program():
    return subprocess.run(["/bin/sh", "-c", "echo one; sleep 0.01 & wait"], capture_output=True, text=True).stdout
'''

ASK = '''
import tasks
a = tasks.add.delay(2, 3); f = tasks.files.delay(); p = tasks.program.delay()
assert a.get(20) == 5 and f.get(20) == ["a.zip", "c"] and p.get(20) == "one\\n"
'''


def celery(run):
    port = free_port()
    broker = subprocess.Popen(["redis-server", "--port", str(port), "--save", "", "--dir", str(run.dir)],
                              stdout=subprocess.DEVNULL)
    try:
        wait_for("broker", lambda: socket.create_connection(("127.0.0.1", port)).close() is None, broker)
        run.file("tasks.py", TASKS.format(port=port))
        run.file("ask.py", ASK)
        worker = run.start("/usr/bin/celery", "-A", "tasks", "worker", "-c", "2", "--loglevel", "warning",
                           "--max-tasks-per-child", "2", env={"PYTHONDONTWRITEBYTECODE": "1"})
        for _ in range(2):
            asked = subprocess.run(["/usr/bin/python3", "ask.py"], cwd=run.dir, timeout=60, capture_output=True)
            assert asked.returncode == 0, asked.stderr.decode()
        run.stop(worker, signal.SIGTERM)
    finally:
        broker.terminate()
        broker.wait()


# ---- strict ---------------------------------------------------------------------------------

def static_program(run):
    """strict.c: an echo server without threads, files of its own and a libc from elsewhere."""
    port = free_port()
    exe = run.dir / "strict"
    subprocess.run(["cc", "-O2", "-static", "-o", exe, HERE / "strict.c"], check=True)
    server = run.start(exe, port)
    wait_for("echo server", lambda: socket.create_connection(("127.0.0.1", port)).close() is None, server)
    for n in (1, 70_000):
        with socket.create_connection(("127.0.0.1", port), 10) as s:
            s.sendall(b"x" * n)
            s.shutdown(socket.SHUT_WR)
            got = b"".join(iter(lambda: s.recv(65536), b""))
            assert len(got) == n
    run.stop(server, signal.SIGTERM, 7)


SCRIPT = r'''
set -e
echo one two >a; cp a b; mv b c; ln -s c d; mkdir -p e/f; cat a c d | sort | uniq -c | grep -q "3 one"
find . -type f | wc -l >/dev/null; ls -l >/dev/null; stat a >/dev/null; chmod 600 a; touch -d @0 a; rm -r e
tar cf x.tar a c; tar tf x.tar >/dev/null; gzip -c a | gunzip | sha256sum >/dev/null
sed -i s/one/1/ a; awk '{ print $2 }' a; head -c 10 /dev/zero | od >/dev/null; df . >/dev/null; ps >/dev/null
( sleep 0.05; exit 3 ) & wait $! || test $? = 3
x=$(date +%s); test "$x" -gt 0; id -u >/dev/null; uname -r >/dev/null; env | wc -l >/dev/null
trap 'echo caught' USR1; kill -USR1 $$; timeout 1 true
'''


def busybox(run):
    exe = shutil.which("busybox")
    script = run.file("script", SCRIPT)
    bin = run.dir / "bin"
    bin.mkdir()
    for name in subprocess.run([exe, "--list"], capture_output=True, text=True, check=True).stdout.split():
        (bin / name).symlink_to(exe)
    out = run.call("/usr/bin/env", f"PATH={bin}", exe, "sh", script)
    assert out == "two\ncaught\n", out


# profile: its scenarios, each with the user it runs as
SCENARIOS = {
    "web": {nginx: "www-data"},
    "database": {postgres: "postgres", redis: "redis"},
    "worker": {celery: "nobody"},
    "strict": {static_program: "nobody", busybox: "nobody"},
}
