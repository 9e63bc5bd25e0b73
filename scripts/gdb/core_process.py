"""User memory of a core file of the kernel: one program's is in its lower half, that of the thread which comes first
or of the one that "monitor process" had chosen. Those of the others are in it as well, page by page, as all RAM is:

    (gdb) core-process          which there are
    (gdb) core-process 3        user memory is process 3's

The pages are found as the processor finds them, by the tables that the process's CR3 names; gdb gets a file of its
own, in the folder for temporary files, with these in the lower half. Where a thread is in its program and that
is not the one, its backtrace ends: what gdb would read is another one's stack. Behind core.py, which it uses.
"""
import atexit
import bisect
import os
import shutil
import struct
import tempfile

import gdb
import gdb.unwinder

PT_LOAD, PN_XNUM = 1, 0xffff
PRESENT, WRITABLE, LARGE, NX = 1, 2, 0x80, 1 << 63
FRAME = 0x000ffffffffff000  # of an entry: the page's physical address
PAGE = 0x1000
UPPER_HALF = 1 << 63
PAGES_MAX = 1 << 22  # of one program: tables that map more are garbage
SEGMENT = struct.Struct("<IIQQQQQQ")  # type, flags, offset, address, physical, size in the file, in memory, alignment


class CoreImage:
    """The bytes of a core file by their physical address."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.header = file.read(64)
            at, = struct.unpack_from("<Q", self.header, 32)
            size, count = struct.unpack_from("<HH", self.header, 54)
            if count == PN_XNUM or size != SEGMENT.size:
                raise gdb.GdbError("this core has more segments than can be looked through")
            file.seek(at)
            self.segments = list(SEGMENT.iter_unpack(file.read(size * count)))
        rows = sorted({(physical, here, there, offset) for kind, _, offset, _, physical, here, there, _ in self.segments
                       if kind == PT_LOAD})
        self.rows, self.end = [], 0
        for physical, here, there, offset in rows:  # RAM that is mapped twice is in it twice: once is enough
            if physical >= self.end:
                self.rows.append((physical, here, there, offset))
                self.end = physical + there
            elif physical + there > self.end:
                skipped = self.end - physical
                self.rows.append((self.end, max(here - skipped, 0), there - skipped, offset + skipped))
                self.end = physical + there
        self.starts = [row[0] for row in self.rows]

    def find(self, physical):
        """(offset, bytes in a row): offset is None where they are zeros; None: that is no RAM, or not in the core."""
        n = bisect.bisect_right(self.starts, physical) - 1
        if n < 0:
            return None
        start, here, there, offset = self.rows[n]
        within = physical - start
        if within < here:
            return offset + within, here - within
        return (None, there - within) if within < there else None

    def table(self, file, physical):
        found = self.find(physical)
        if found is None or found[0] is None:
            return ()
        file.seek(found[0])
        data = file.read(PAGE)
        return struct.unpack("<512Q", data) if len(data) == PAGE else ()

    def pages(self, file, physical, level, address=0, rights=WRITABLE):
        """(address, physical address, size, writable, executable) of each page below a table."""
        size = PAGE << 9 * level
        for n, entry in enumerate(self.table(file, physical)):
            if not entry & PRESENT:
                continue
            here = rights & entry & WRITABLE | (rights | entry) & NX
            if level and not (level <= 2 and entry & LARGE):
                yield from self.pages(file, entry & FRAME, level - 1, address + n * size, here)
            else:
                yield address + n * size, entry & FRAME & -size, size, bool(here & WRITABLE), not here & NX

    def lower_half(self, cr3, levels):
        """Its program headers."""
        found = []
        with open(self.path, "rb") as file:
            for count, (address, physical, size, writable, executable) in enumerate(
                    self.pages(file, cr3, levels - 1)):
                if count == PAGES_MAX:
                    raise gdb.GdbError("its page tables are garbage")
                if address >= 1 << 9 * levels + 11:
                    break
                self.add(found, address, physical, size, 4 | writable << 1 | executable)
        return found

    def add(self, found, address, physical, size, flags):
        """A page, in as many pieces as the core has it in."""
        end = physical + size
        while physical < end:
            offset, n = self.find(physical) or (None, 0)
            n = min(n, end - physical)
            if not n:
                return  # a device, or what a small core has left out
            here = 0 if offset is None else n
            last = found[-1] if found else None
            if last and here and last[1] == flags and last[3] + last[5] == address and last[2] + last[5] == offset:
                found[-1] = (*last[:5], last[5] + n, last[6] + n, PAGE)
            else:
                found.append((PT_LOAD, flags, offset or 0, address, physical, here, n, PAGE))
            physical, address = physical + n, address + n

    def write(self, path, lower):
        """The same core with another lower half: what it was is behind its new program headers."""
        kept = [row for row in self.segments if row[0] != PT_LOAD or row[3] >= UPPER_HALF]
        rows = [row for row in kept if row[0] != PT_LOAD] + lower + [row for row in kept if row[0] == PT_LOAD]
        if len(rows) >= PN_XNUM:
            raise gdb.GdbError("this core would have more segments than gdb can read")
        shift = -(-(64 + SEGMENT.size * len(rows)) // PAGE) * PAGE
        header = bytearray(self.header)
        struct.pack_into("<Q", header, 32, 64)
        struct.pack_into("<H", header, 56, len(rows))
        with open(path, "wb") as out, open(self.path, "rb") as file:
            out.write(header)
            for kind, flags, offset, *rest in rows:
                out.write(SEGMENT.pack(kind, flags, offset + shift, *rest))
            out.seek(shift)
            shutil.copyfileobj(file, out)


class CoreProcess(gdb.Command):
    """core-process [PID]: user memory of the core file is that process's; without PID: which there are."""

    def __init__(self):
        super().__init__("core-process", gdb.COMMAND_DATA)
        self.file = None

    def invoke(self, argument, _from_tty):
        core = trapline_cores.core
        if core is None:
            raise gdb.GdbError("this is no core file of the kernel")
        if argument:
            self.choose(core, argument)
        self.tell(trapline_cores.core)

    def tell(self, core):
        if not core.users:
            gdb.write("no thread of this core has user memory\n")
        for pid, (cr3, name, threads) in core.processes().items():
            gdb.write(f"{'*' if cr3 == core.lower else ' '} {pid}  {name}  cr3 {cr3:#x}  "
                      f"thread {' '.join(map(str, threads))}\n")

    def choose(self, core, argument):
        processes = core.processes()
        if not argument.isdecimal() or int(argument) not in processes:
            raise gdb.GdbError(f"no thread of this core is of a process {argument}")
        cr3, _, _ = processes[int(argument)]
        if cr3 == core.lower:
            return
        image = CoreImage(core.origin)
        lower = image.lower_half(cr3, core.levels)
        if not lower:
            raise gdb.GdbError("the pages of this process are not in this core: take /core, not /core-small")
        descriptor, path = tempfile.mkstemp(prefix="trapline-", suffix=".core")
        os.close(descriptor)
        atexit.register(remove, path)
        image.write(path, lower)
        number = getattr(gdb.selected_thread(), "num", 1)
        trapline_cores.read_on(path, cr3)
        gdb.execute(f"core-file {path}", to_string=True)
        gdb.execute(f"thread {number}")
        remove(self.file)
        self.file = path


def remove(path):
    if path is not None and os.path.exists(path):
        os.remove(path)


class ForeignStack(gdb.unwinder.Unwinder):
    """Ends the backtrace of a thread in a program whose memory is not the core's lower half."""

    class Id:
        def __init__(self, sp, pc):
            self.sp, self.pc = sp, pc

    def __init__(self):
        super().__init__("trapline-core")

    def __call__(self, frame):
        core, thread = trapline_cores.core, gdb.selected_thread()
        if core is None or thread is None or core.shows(thread.ptid[1]):
            return None
        pc, sp = frame.read_register("rip"), frame.read_register("rsp")
        if int(pc) % (1 << 64) >= UPPER_HALF:
            return None
        info = frame.create_unwind_info(self.Id(sp, pc))
        for name, value in (("rip", pc), ("rsp", sp)):
            info.add_saved_register(name, value)  # who calls itself with nothing on the stack ends a backtrace
        return info


if "trapline_core_process" not in globals() and "trapline_cores" in globals():
    trapline_core_process = CoreProcess()
    gdb.unwinder.register_unwinder(None, ForeignStack(), replace=True)
