#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""size.py FILE MAP - what the bytes of FILE are spent on, from the linker's map."""

import collections
import os
import re
import sys

ENTRY = re.compile(r"\s*\S+\s+\S+\s+([0-9a-f]+)\s+\d+ (\s*)(\S.*)$")
LIBRARY = re.compile(r"([\w.-]+\.a)\(")


def main():
    binary, linker_map = sys.argv[1:]
    sizes = collections.Counter()
    section = ""
    with open(linker_map, encoding="utf-8") as lines:
        for line in lines:
            match = ENTRY.match(line)
            if not match:
                continue
            size, indent, what = int(match[1], 16), len(match[2]), match[3]
            if indent == 0:
                section = what
            elif indent == 8 and not re.match(r"\.(bss|debug|comment|symtab|strtab)", section):
                library = LIBRARY.search(what)
                sizes[library[1] if library else re.sub(r":\(.*", "", what)] += size
    groups = collections.Counter()
    for name, size in sizes.items():
        groups[name if name.endswith(".a") else "init/ outside core and the rest"] += size
    total = os.path.getsize(binary)
    for name, size in groups.most_common():
        print(f"{size:8d}  {name}")
    print(f"{total - sum(groups.values()):8d}  headers, alignment")
    print(f"{total:8d}  {binary}")


main()
