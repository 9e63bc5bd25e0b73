"""The doctor's look at this computer: are gdb, lldb and QEMU there, and new enough?"""
import re
import shutil
import subprocess

GDB_OLDEST = 12
LLDB_OLDEST = 14
QEMU_OLDEST = 4  # the first that starts a kernel by its PVH note


def output(command):
    """What a program prints, "" if it does not run."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def version_of(program, pattern):
    """(number, line) of the first line of --version; (0, "") if it does not run."""
    line = output([program, "--version"]).partition("\n")[0]
    found = re.search(pattern, line)
    return (int(found[1]), line) if found else (0, "")


def check_gdb(report, gdb):
    version, line = version_of(gdb, r"(\d+)\.\d+\S*$")
    if not version:
        report.bad("gdb", f"{gdb} does not run: apt-get install gdb, or name one with --gdb")
        return
    report.check("gdb", version >= GDB_OLDEST, line,
                 f"{line} is older than {GDB_OLDEST}: install a newer one, or name one with --gdb")
    unknown = subprocess.run([gdb, "-nx", "-batch", "-ex", "set architecture i386:x86-64"],
                             capture_output=True, text=True, timeout=30, check=False).stderr
    report.check("abi", "Undefined item" not in unknown, "gdb knows i386:x86-64",
                 f"{gdb} was built for other processors: apt-get install gdb-multiarch, --gdb it")


def check_lldb(report, lldb):
    """Nobody needs one: without --lldb, and with none installed, nothing is said."""
    lldb, named = lldb or shutil.which("lldb"), bool(lldb)
    version, line = version_of(lldb, r"(\d+)\.\d+\S*$") if lldb else (0, "")
    if version or named:
        report.check("lldb", version >= LLDB_OLDEST, line,
                     f"{line} is older than {LLDB_OLDEST}: install a newer one" if version else f"{lldb} does not run")


def check_qemu(report, qemu):
    version, line = version_of(qemu, r"version (\d+)\.")
    if not version:
        report.bad("qemu", f"{qemu} does not run: make deps")
        return
    report.check("qemu", version >= QEMU_OLDEST, line,
                 f"{line} is older than {QEMU_OLDEST}, and starts no kernel by its PVH note: install a newer one")
    accelerators = output([qemu, "-accel", "help"]).split()
    report.check("qemu", "tcg" in accelerators, "it emulates x86-64 (tcg)",
                 f"{qemu} has no tcg, which scripts/qemu.sh uses: install Debian's qemu-system-x86")
