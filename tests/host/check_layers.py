"""The arrows of the architecture, checked: check_layers.py CORE.o ROOT

gdbstub -> nothing; arch/x86_64/debug -> gdbstub. Each check is one test in run.py's sense.
"""
import re
import subprocess
import sys
from pathlib import Path

LIBC = {"memcpy", "memmove", "memset", "memcmp", "strlen"}
STANDARD = {"stdarg.h", "stdbool.h", "stddef.h", "stdint.h"}
PREFIXES = ("gdb_", "rx_", "tx_")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def symbols(obj):
    """(type letter, name) of every external or undefined symbol."""
    out = subprocess.run(["nm", "-g", obj], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [tuple(line.split()[-2:]) for line in out.splitlines() if line.strip()]


def needs_nothing(core, _):
    return {name for kind, name in symbols(core) if kind == "U"} - LIBC


def names_are_its_own(core, _):
    return {name for kind, name in symbols(core)
            if kind != "U" and not name.startswith(PREFIXES)}


def has_no_variables(core, _):
    out = subprocess.run(["nm", core], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {line for line in out.splitlines() if line.split()[-2] in "BbCDdGgSs"}


def foreign_includes(folder, allowed):
    return {f"{path.name}: {header}"
            for path in sorted(folder.iterdir()) if path.suffix in (".c", ".h", ".S")
            for header in INCLUDE.findall(path.read_text())
            if header not in allowed and not (folder / header).exists()}


def core_includes_only_its_own(_, root):
    return foreign_includes(root / "gdbstub", STANDARD)


def core_does_not_know_its_machine(_, root):
    word = re.compile(r"x86|amd64|\brip\b|\brsp\b|rflags|\bint3\b|\bcr[0-48]\b", re.I)
    return {f"{path.name}: {line.strip()}"
            for path in sorted((root / "gdbstub").iterdir()) if path.suffix == ".c"
            for line in path.read_text().splitlines() if word.search(line)}


def target_includes_only_the_core(_, root):
    folder = root / "arch/x86_64/debug"
    return {line for line in foreign_includes(folder, STANDARD | {"gdbstub.h", "agent.h", "target.h", "trace.h", "string.h"})
            if not line.split()[1].startswith("Zydis/")}


CHECKS = [needs_nothing, names_are_its_own, has_no_variables, core_includes_only_its_own,
          core_does_not_know_its_machine, target_includes_only_the_core]


def main():
    core, root = sys.argv[1], Path(sys.argv[2])
    failed = 0
    for check in CHECKS:
        wrong = check(core, root)
        failed += bool(wrong)
        name = f"layers {check.__name__}"
        print(f"not ok {name}: {'; '.join(sorted(wrong))}" if wrong else f"ok {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
