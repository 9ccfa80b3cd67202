# SPDX-License-Identifier: Apache-2.0
"""launch.py HOW ARG0 ARG... - cardea with those arguments. HOW is JSON: "root", the directory that is
"/" for it; "uid", who it is in a user namespace of its own; "pid1", whether it is PID 1 of its own;
"env". Needs no privileges, and hides what differs between machines: accounts, files, capabilities,
groups as far as that goes, umask."""

import ctypes
import json
import os
import sys

CLONE_NEWUSER, CLONE_NEWPID = 0x10000000, 0x20000000


def write(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def enter(uid, pid1):
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    if outer_uid == 0:
        os.setgroups([outer_gid])
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER | (CLONE_NEWPID if pid1 else 0)) < 0:
        sys.exit(f"launch: cannot make a user namespace: {os.strerror(ctypes.get_errno())}")
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"{uid} {outer_uid} 1")
    write("/proc/self/gid_map", f"{uid} {outer_gid} 1")


def main():
    how = json.loads(sys.argv[1])
    enter(how["uid"], how["pid1"])
    if how["pid1"]:
        child = os.fork()
        if child:
            status = os.waitpid(child, 0)[1]
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    os.chroot(how["root"])
    os.chdir("/")
    os.umask(0o022)
    os.execve("/sbin/cardea", sys.argv[2:], how["env"])


main()
