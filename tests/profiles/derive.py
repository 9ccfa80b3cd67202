#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""derive.py PROFILE - the system calls that the servers of PROFILE make, one a line, with the servers.
How the shipped profiles were begun; what was added to it, and why, the profiles say themselves."""

import collections
import pathlib
import pwd
import re
import sys
import tempfile

from servers import SCENARIOS, Run


def main():
    made = collections.defaultdict(set)
    for scenario, user in SCENARIOS[sys.argv[1]].items():
        with tempfile.TemporaryDirectory() as d:
            pathlib.Path(d).chmod(0o755)
            log = pathlib.Path(d) / "trace"
            log.mkdir(mode=0o777)
            log.chmod(0o777)
            group = str(pwd.getpwnam(user).pw_gid)
            run = Run(d, ["setpriv", "--reuid", user, "--regid", group, "--init-groups", "strace", "-D", "-ff", "-qq", "-o",
                          str(log / "t")], user)
            try:
                scenario(run)
            except AssertionError as e:
                print(f"{scenario.__name__}: {e}\n{run.logs()}", file=sys.stderr)
            finally:
                run.close()
            for f in log.iterdir():
                for name in re.findall(r"^(\w+)\(", f.read_text(errors="replace"), re.M):
                    made[name].add(scenario.__name__)
    for name in sorted(made):
        print(name, *sorted(made[name]))


if __name__ == "__main__":
    main()
