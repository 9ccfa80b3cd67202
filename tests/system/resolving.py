# SPDX-License-Identifier: Apache-2.0
"""resolving.py MODE COMMAND... - run COMMAND where 127.0.0.1:53 is the name server and nothing else is there.

Runs in new user, mount and network namespaces. MODE: silent (never answers), slow (after 0.4 s), refusing (nobody
listens), empty (no such name), wrong (garbage), good. Then service.test is 127.0.0.1, test a search domain, and hosts knows listed.test.
"""

import fcntl
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        name, flags = struct.unpack("16sH", fcntl.ioctl(sock, SIOCGIFFLAGS, struct.pack("16sH", b"lo", 0)))
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH", name, flags | IFF_UP))


def replace(path, text):
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write(text)
    pathlib.Path(file.name).chmod(0o644)
    subprocess.run(["mount", "--bind", file.name, path], check=True)
    pathlib.Path(file.name).unlink()


def answer(query, mode):
    """To a question for A the address; to others that there is none of that type."""
    end = query.index(b"\0", 12) + 5
    kind = struct.unpack(">H", query[end - 4:end - 2])[0]
    known = query[12:end - 4].lower() == b"\x07service\x04test\0" and mode in ("good", "slow")
    found = known and kind == 1
    status = 0x8180 if known else 0x8183
    record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([127, 0, 0, 1])
    return query[:2] + struct.pack(">HHHHH", status, 1, int(found), 0, 0) + query[12:end] + (record if found else b"")


def serve(sock, mode):
    while True:
        query, peer = sock.recvfrom(4096)
        if mode == "slow":
            time.sleep(0.4)
        if mode == "wrong":
            sock.sendto(query[:2] + b"\xff" * 500, peer)
        elif mode != "silent":
            sock.sendto(answer(query, mode), peer)


def main(mode, command):
    loopback_up()
    replace("/etc/resolv.conf", "nameserver 127.0.0.1\nsearch elsewhere.test test\n")
    replace("/etc/hosts", "127.0.0.1 listed.test\n::1 listed.test\n")
    if mode != "refusing":
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 53))
        threading.Thread(target=serve, args=(sock, mode), daemon=True).start()
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        listener = socket.socket(family)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        # Of the second port nobody listens on IPv6: both addresses have to be tried.
        listener.bind((address, 8000))
        listener.listen()
        globals()[f"listener{family}"] = listener
    only = socket.socket()
    only.bind(("127.0.0.1", 8001))
    only.listen()
    sys.exit(subprocess.run(command, check=False).returncode)


main(sys.argv[1], sys.argv[2:])
