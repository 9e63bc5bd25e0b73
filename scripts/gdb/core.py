"""What a core file of the kernel knows and gdb does not ask for: where kaslr had moved the kernel, which modules
were loaded and where, and what the threads are called and wait for.

    $ gdb build/kernel.elf crash.core

gdb runs this when it loads the kernel's file, if it may trust it; else: source scripts/gdb/core.py. The words
are in the core's note "TRAPLINE" (arch/x86_64/debug/core_notes.c). A module's file is where it was, or beside
the kernel's own in modules/.
"""
import copy
import os
import re
import struct

import gdb

PT_NOTE = 4
NOTES_MAX = 1 << 24  # bytes: more are not looked at


def notes_in(data):
    """(name, contents) of each note."""
    at = 0
    while at + 12 <= len(data):
        name_size, size, _ = struct.unpack_from("<III", data, at)
        name = data[at + 12:at + 12 + name_size].rstrip(b"\0")
        at += 12 + (name_size + 3 & ~3)
        yield name, data[at:at + size]
        at += size + 3 & ~3


def own_note(path):
    """The text of our note in an ELF64 core file; "" if it is another's."""
    with open(path, "rb") as file:
        head = file.read(64)
        file.seek(struct.unpack_from("<Q", head, 32)[0])
        size, count = struct.unpack_from("<HH", head, 54)
        rows = [struct.unpack_from("<I4xQ16xQ", row) for row in struct.iter_unpack(f"{size}s", file.read(size * count))
                for row in row]
        for _, offset, length in (row for row in rows if row[0] == PT_NOTE):
            file.seek(offset)
            for name, data in notes_in(file.read(min(length, NOTES_MAX))):
                if name == b"TRAPLINE":
                    return data.decode(errors="replace")
    return ""


def core_path():
    """The core file's; gdb says it only in words."""
    found = re.search(r"^Local core dump file:\n\s*`(.*)', file type", gdb.execute("info target", to_string=True), re.M)
    return found[1] if found else None


class CoreFile:
    """What one of them says, told to gdb."""

    def __init__(self, path):
        self.path = self.origin = path
        self.threads, self.modules, self.slide = {}, [], 0
        self.users, self.lower, self.levels = {}, None, 4  # core_process.py
        try:
            lines = own_note(path).splitlines()
        except (OSError, struct.error) as error:
            gdb.write(f"warning: {path}: its notes cannot be read: {error}\n", gdb.STDERR)
            lines = []
        for line in lines:
            word, *rest = line.split(" ", 3)
            if word == "slide" and rest:
                self.slide = int(rest[0], 0)
            elif word == "module" and len(rest) == 3:
                self.modules.append((int(rest[0], 0), rest[2]))
            elif word == "thread" and rest:
                self.threads[int(rest[0])] = " ".join(rest[1:])
            elif word == "lower" and len(rest) == 2:
                self.lower, self.levels = int(rest[0], 0), int(rest[1])
            elif word == "user" and len(rest) == 3:
                pid, _, name = rest[2].partition(" ")
                self.users[int(rest[0])] = int(rest[1], 0), int(pid), name

    def processes(self):
        """pid -> CR3, name, threads"""
        found = {}
        for thread, (cr3, pid, name) in self.users.items():
            found.setdefault(pid, (cr3, name, []))[2].append(thread)
        return dict(sorted(found.items()))

    def shows(self, thread):
        """Its user memory, if it has any, is what gdb reads."""
        return thread not in self.users or self.users[thread][0] == self.lower

    def place_files(self):
        """The kernel's symbols where it was, and those of its modules."""
        kernel = gdb.current_progspace().filename
        if kernel:
            gdb.execute(f"symbol-file -o {self.slide:#x} {kernel}", to_string=True)
        for bias, name in self.modules:
            beside = os.path.join(os.path.dirname(kernel or ""), "modules", os.path.basename(name))
            file = next(filter(os.path.exists, (name, beside)), None)
            if file:
                gdb.execute(f"add-symbol-file {file} -o {bias:#x}", to_string=True)
            else:
                gdb.write(f"warning: no symbols of a module: there is no {beside}; "
                          f"add-symbol-file FILE -o {bias:#x}\n", gdb.STDERR)


class Watcher:
    """Told of each thread that gdb finds. In the middle of that it stands no new symbols: they come before the
    next prompt, and with -batch by: python trapline_cores.place()"""

    def __init__(self):
        self.core = self.placed = None

    def place(self):
        if self.core is None or self.core is self.placed:
            return
        self.placed = self.core
        if self.core.slide or self.core.modules:
            self.core.place_files()
            gdb.execute("frame")

    def read_on(self, path, lower):
        """The same core goes on in another file, with another lower half."""
        self.core = copy.copy(self.core)
        self.core.path, self.core.lower = path, lower
        self.placed = self.core

    def __call__(self, event):
        self.look_at(event.inferior_thread)

    def look_at(self, thread):
        connection = thread.inferior.connection
        path = core_path() if connection is not None and connection.type == "core" else None
        if path is None:
            self.core = None
            return
        if self.core is None or self.core.path != path:
            self.core = CoreFile(path)
        thread.name = self.core.threads.get(thread.ptid[1]) or thread.name


# Once, however often gdb loads the kernel's file: that is what a moved one's symbols take.
if "trapline_cores" not in globals() and hasattr(gdb.events, "new_thread"):
    trapline_cores = Watcher()
    gdb.events.new_thread.connect(trapline_cores)
    gdb.events.before_prompt.connect(trapline_cores.place)
    # threads() has gdb read the list again. A remote one it may be reading now, as it loads the file that the kernel
    # names: the thread that stopped would be in it twice, and get a new number.
    here = gdb.selected_inferior()
    if here.connection is not None and here.connection.type == "core":
        for each in here.threads():
            trapline_cores.look_at(each)
