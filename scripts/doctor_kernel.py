"""The doctor's look at the kernel: is the file with the symbols there, and of the build that runs; and what
does its log say of the debugger?"""
import re
import struct
from pathlib import Path

NOTE = struct.pack("<III4s", 4, 20, 3, b"GNU\0")  # the header of a build-id, which sha1 makes 20 bytes long
# What a kernel's log says when nobody is to be reached on a line, and what to do about it.
LOG = (
    (r"^debugger: off.*", "boot it with gdb=on, or without gdb=off"),
    (r"^debugger: not serving on.*", "the reason is behind it; gdb.port= names another UART"),
    (r"^debugger: serving gdb on .*", "is this line that UART? QEMU's first -serial is com1, gdb.port= names another"),
    (r".*\bpanic: .*", "it has died: boot again with gdb=wait"),
)


def segments(data):
    """(flags, address, bytes at the beginning) of each PT_LOAD; ValueError if it is no x86-64 program."""
    if data[:5] != b"\x7fELF\x02" or len(data) < 64 or struct.unpack_from("<H", data, 18)[0] != 62:
        raise ValueError("not an x86-64 ELF")
    table, = struct.unpack_from("<Q", data, 32)
    width, count = struct.unpack_from("<HH", data, 54)
    for number in range(count):
        kind, flags, offset, address, _, size = struct.unpack_from("<IIQQQQ", data, table + number * width)
        if kind == 1:
            yield flags, address, data[offset:offset + min(size, 256)]


def first_code(data):
    """(address of the first segment, of the first code, and its bytes)."""
    loaded = list(segments(data))
    for flags, address, code in loaded:
        if flags & 1:
            return loaded[0][1], address, code
    raise ValueError("no code in it")


def build_id_of(data):
    """As hex digits, "" if an ELF has none."""
    at = data.find(NOTE)
    return data[at + len(NOTE):at + len(NOTE) + 20].hex() if at >= 0 else ""


def slide(probe, first):
    """By how much the kernel was moved (KASLR), as far as the stub says so: in gdb's words or lldb's."""
    offsets = re.match("Text(Seg)?=([0-9a-f]+)", probe.ask("qOffsets") or "")
    return int(offsets[2], 16) - (first if offsets[1] else 0) if offsets else 0


def check_build_id(report, probe, elf, data):
    """False: one of the two has none."""
    running, file = probe.file("build-id"), build_id_of(data)  # what the kernel says of itself
    if running and file:
        report.check("build", running == file, f"build-id {running}",
                     f"the kernel's build-id is {running}, that of {elf} {file}: boot that one, or give the"
                     " debugger the file that was booted")
    return bool(running and file)


def check_code(report, probe, elf, data):
    """Only without build-ids: a kernel that was moved has other addresses in its code."""
    first, address, code = first_code(data)
    address += slide(probe, first)
    there = probe.ask(f"m{address:x},{len(code):x}") or ""
    report.check("elf", there == code.hex(), f"{elf} is what runs",
                 f"at {address:x} the machine has other code than {elf}: another build? boot that"
                 " one, or give gdb the ELF that was booted")


def check_named(report, probe):
    """The file on the client's host that the kernel names (gdb.file=). None, and a line says so, if there is none."""
    path = probe.transfer("exec-file", "1")
    if not path:
        refused = re.findall(r"^(?:\[.*?\] )?(gdb\.file=.*, using none)", probe.file("dmesg") or "", re.M)
        report.check("elf", not refused, "the kernel names no file with symbols: give the debugger one",
                     f"{''.join(refused[-1:])}: so clients find no symbols; boot it with a gdb.file= that does")
        return None
    if probe.ask("vFile:setfs:0"):
        report.ok("elf", f"{path} comes from the kernel itself; lldb has to be given a file")
        return None
    return path


def unusable(path):
    """Why this user's debugger can have no symbols from the file, "" if it can."""
    try:
        first_code(Path(path).read_bytes())
    except (OSError, ValueError, struct.error) as error:
        return error.strerror if isinstance(error, OSError) else str(error)
    return ""


def check_symbols(report, probe, elf):
    """The file given, or else the one that clients will look for."""
    path = elf or check_named(report, probe)
    if not path:
        return
    if reason := unusable(path):
        by = "" if elf else ": the kernel names it (gdb.file=), so that clients here find no symbols"
        report.bad("elf", f"{path}: {reason}{by}")
        return
    data = Path(path).read_bytes()
    if not check_build_id(report, probe, path, data):
        check_code(report, probe, path, data)


def log_says(path):
    """What the log has to say of a line on which nothing answers; "" if it is none of our kernel's."""
    lines = Path(path).read_text(errors="replace").splitlines()
    for pattern, remedy in LOG:
        found = [line for line in lines if re.search(pattern, line)]
        if found:
            return f'; its log says "{found[-1].strip()}": {remedy}'
    return ""
