# SPDX-License-Identifier: Apache-2.0
"""Every way a container can be started: users, capabilities, read-only, closed, full, small."""

import pytest

import proc

HARD = ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only"]
NET_BIND_SERVICE = 1 << 10
REPORT = "echo uid=$(id -u) gid=$(id -g) home=$HOME; exit 5"


@pytest.mark.parametrize("options, told", [
    ([], "uid=0 gid=0 home=/root"),
    (HARD, "uid=0 gid=0 home=/root"),
    (["--user", "1234", *HARD], "uid=1234 gid=1234 home=/home/app"),
    (["--user", "4321:4322", *HARD], "uid=4321 gid=4322 home=/"),
    (["--init", "--user", "4321:4322", *HARD], "uid=4321 gid=4322 home=/"),
])
def test_without_configuration(lab, image, options, told):
    done = lab.run(image, "sh", "-c", REPORT, options=options)
    assert (done.stdout, done.returncode, done.stderr) == (told + "\n", 5, "")


@pytest.mark.parametrize("options", [
    [], ["--init"],
    ["--cap-drop", "ALL", "--cap-add", "SETUID", "--cap-add", "SETGID", "--cap-add", "SETPCAP",
     "--cap-add", "NET_BIND_SERVICE", "--security-opt", "no-new-privileges", "--read-only"]])
def test_root_start_with_everything_asked_for(lab, image, options):
    ini = ("[main]\nuser = app:app\ngroup_add = extra 1700\nworking_dir = /home/app\n"
           "umask = 027\noom_score_adj = 300\nulimits = nofile=500:600 core=0\n"
           "[security]\ncap_drop = ALL\ncap_add = NET_BIND_SERVICE\nseccomp = default\n")
    container = lab.start(image, "sleep", "1000", options=options, ini=ini)
    main = container.main
    engine_filters = proc.identity(container.first)["filters"]
    assert proc.identity(main) == {
        "uids": {1234}, "gids": {1234}, "groups": {1234, 1500, 1700}, "no_new_privs": 1, "seccomp": 2,
        "filters": engine_filters + 1, "CapInh": NET_BIND_SERVICE, "CapPrm": NET_BIND_SERVICE,
        "CapEff": NET_BIND_SERVICE, "CapBnd": NET_BIND_SERVICE, "CapAmb": NET_BIND_SERVICE}
    assert proc.read_status(main)["Umask"] == "0027"
    assert read(f"/proc/{main}/oom_score_adj") == "300\n"
    assert limit(main, "Max open files") == ("500", "600")
    assert limit(main, "Max core file size") == ("0", "0")
    assert proc.environ(main)["HOME"] == "/home/app"
    cardea = proc.identity(container.cardea)
    assert (cardea["uids"], cardea["CapPrm"], cardea["CapEff"]) == ({1234}, 0, 0)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def limit(pid, what):
    line = next(line for line in read(f"/proc/{pid}/limits").splitlines() if line.startswith(what))
    return tuple(line[len(what):].split()[:2])


def test_user_that_cannot_be_had_is_refused(lab, image):
    """Root without CAP_SETUID cannot become anybody: main must not run as root instead."""
    done = lab.run(image, "sh", "-c", "echo main ran", options=HARD, ini="[main]\nuser = app\n")
    assert done.returncode in (100, 111)
    assert "main ran" not in done.stdout
    assert "SETUID" in done.stderr or "SETGID" in done.stderr


def test_container_that_is_not_root_keeps_its_user(lab, image):
    done = lab.run(image, "sh", "-c", REPORT, options=["--user", "4321:4322", *HARD],
                   ini="[main]\nuser = app\n")
    assert done.stdout.startswith("uid=4321 gid=4322")
    assert done.returncode == 5
    assert done.stderr.startswith("cardea: warning: ") and "app" in done.stderr


@pytest.mark.parametrize("options", [["--user", "4321", *HARD], HARD], ids=["user", "root"])
def test_capability_that_cannot_be_had_is_told(lab, image, options):
    """A right that is missing is no protection that is missing: main runs, without it."""
    done = lab.run(image, "grep", "CapEff", "/proc/self/status", options=options,
                   ini="[security]\ncap_add = NET_BIND_SERVICE\n")
    assert (done.stdout, done.returncode) == ("CapEff:\t0000000000000000\n", 0)
    assert done.stderr.startswith("cardea: warning: /etc/cardea/cardea.ini:2: security.cap_add: ")
    assert "NET_BIND_SERVICE" in done.stderr


def test_main_can_open_its_output_by_name(lab, image):
    """Servers log to /dev/stdout and /dev/stderr: pipes that belong to the engine's user."""
    done = lab.run(image, "sh", "-c", "echo one >/dev/stdout; echo two >/dev/stderr",
                   ini="[main]\nuser = app\n")
    assert (done.stdout, done.stderr, done.returncode) == ("one\n", "two\n", 0)


def test_little_memory(lab, image):
    done = lab.run(image, "sh", "-c", "exit 5", options=["--memory", "6m", "--memory-swap", "6m"],
                   ini="[main]\nuser = app\n[security]\ncap_drop = ALL\nseccomp = default\n")
    assert (done.returncode, done.stderr) == (5, "")


def test_full_disk(lab, image):
    """Nothing that could be written to has room, when cardea starts and when it stops."""
    options = ["--read-only", "--tmpfs", "/run:size=4k", "--tmpfs", "/tmp:size=4k",
               "--entrypoint", "sh"]
    fill = ("cat /dev/zero >/run/full 2>/dev/null; cat /dev/zero >/tmp/full 2>/dev/null; "
            "echo x 2>/dev/null >/tmp/more && exit 99; exec /sbin/cardea -- sh -c 'exit 5'")
    done = lab.run(image, "-c", fill, options=options,
                   ini="[main]\nuser = app\n[security]\nseccomp = default\n")
    assert (done.returncode, done.stderr) == (5, "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_descriptors(lab, image, closed):
    """What was closed is not taken by something of cardea's own, and main can run."""
    script = ("for fd in /proc/self/fd/*; do case $(readlink $fd) in *socket*|*anon*|*sock*) "
              "exit 77;; esac; done; exit 5")
    done = lab.run(image, "-c", f"exec /sbin/cardea -- sh -c '{script}' {closed}",
                   options=["--entrypoint", "sh"])
    assert done.returncode == 5


def test_ignored_signals_stay_ignored_for_main(lab, image):
    """What the engine itself was started with may be among them: main sees what PID 1 would."""
    def ignored(program):
        done = lab.run(image, "-c", f"trap '' HUP USR1; exec {program} grep SigIgn /proc/self/status",
                       options=["--entrypoint", "sh"])
        return int(done.stdout.split()[1], 16)

    with_cardea = ignored("/sbin/cardea --")
    assert with_cardea & (1 << 0 | 1 << 9) == (1 << 0 | 1 << 9)
    assert with_cardea == ignored("")


def test_without_proc(lab, image):
    options = ["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined",
               "--entrypoint", "sh"]
    ini = "[main]\nuser = app\n[security]\ncap_drop = ALL\nseccomp = default\n"
    done = lab.run(image, "-c", "umount -l /proc && exec /sbin/cardea -- sh -c 'id -u; exit 5'",
                   options=options, ini=ini)
    assert (done.stdout, done.returncode) == ("1234\n", 5), done.stderr


def test_cardea_variables_do_not_reach_main(lab, image):
    done = lab.run(image, "env", options=["--env", "CARDEA_MAIN_USER=app", "--env", "OTHER=1"])
    assert "OTHER=1" in done.stdout
    assert "CARDEA" not in done.stdout
    assert "HOME=/home/app" in done.stdout


def test_secret_of_pid_1_cannot_be_read_from_inside(lab, image):
    """Main has the secret; PID 1 lets nobody look into it, not even the container's root."""
    secret = lab.file("s3cret-of-main\n", mode=0o444)
    ini = "[main]\nuser = app\n[secrets]\nTOKEN = token\n"
    container = lab.start(image, "sleep", "1000", ini=ini,
                          options=["--volume", f"{secret}:/run/secrets/token:ro"])
    main, cardea = container.main, container.cardea
    assert proc.environ(main)["TOKEN"] == "s3cret-of-main"
    assert "s3cret" not in str(proc.environ(cardea)) + proc.cmdline(cardea)
    for user in ("0", "app"):
        looked = container.exec("cat", "/proc/1/environ", options=["--user", user], check=False)
        assert looked.returncode != 0 and "Permission denied" in looked.stderr
        looked = container.exec("ls", "-l", "/proc/1/fd/", options=["--user", user], check=False)
        assert looked.returncode != 0
    assert "s3cret" not in str(container.inspect()) + container.logs()
