#!/usr/bin/env python3
"""relocations.py LINKED.elf >OUT.S: where a kernel has addresses of itself.

LINKED.elf was linked with --emit-relocs. What comes out is read by arch/x86_64/boot/relocate.c: for each
place its offset from __kernel_start, times two, plus one if the address there has 64 bits and not 32.

relocations.py --check LINKED.elf FINAL.elf: the same places are right for FINAL.elf, into which they were
linked: nothing before them has moved.
"""
import struct
import sys
from collections import namedtuple

Section = namedtuple("Section", "name type flags address offset size link info")
SHT_SYMTAB, SHT_RELA, SHF_ALLOC, SHN_ABS = 2, 4, 2, 0xFFF1
R_64, R_PC32, R_PLT32, R_32, R_32S, R_PC64 = 1, 2, 4, 10, 11, 24
KERNEL = 0xFFFFFFFF80000000
# Before paging the code has physical addresses, which do not change.
PHYSICAL = {".boot", ".note.pvh"}


class Elf:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        start, = struct.unpack_from("<Q", self.data, 40)
        size, count, names = struct.unpack_from("<HHH", self.data, 58)
        rows = [struct.unpack_from("<IIQQQQII", self.data, start + i * size) for i in range(count)]
        self.sections = [Section(self.text(rows[names][4] + row[0]), *row[1:]) for row in rows]
        self.symbols = next((s for s in self.sections if s.type == SHT_SYMTAB), None)

    def text(self, offset):
        return self.data[offset:self.data.index(b"\0", offset)].decode()

    def symbol(self, index):
        """Name, section index and value of a symbol."""
        name, _, _, section, value, _ = struct.unpack_from("<IBBHQQ", self.data, self.symbols.offset + 24 * index)
        strings = self.sections[self.symbols.link]
        return self.text(strings.offset + name) or self.sections[section].name, section, value

    def address(self, name):
        for index in range(self.symbols.size // 24):
            its_name, _, value = self.symbol(index)
            if its_name == name:
                return value
        sys.exit(f"relocations.py: no symbol {name}")

    def relocations(self):
        """(section, address, type, symbol's index, addend) of all that is loaded."""
        for table in self.sections:
            if table.type != SHT_RELA or not self.sections[table.info].flags & SHF_ALLOC:
                continue
            for offset in range(table.offset, table.offset + table.size, 24):
                address, info, addend = struct.unpack_from("<QQq", self.data, offset)
                yield self.sections[table.info], address, info & 0xFFFFFFFF, info >> 32, addend


def is_address(elf, section, place, kind, symbol, addend):
    """Whether what is there changes when the kernel moves. Ends the build where that cannot be said."""
    name, home, value = elf.symbol(symbol)
    if kind in (R_PC32, R_PLT32, R_PC64):
        if home == SHN_ABS:
            sys.exit(f"relocations.py: {place:#x} in {section.name} is relative to {name}, which does not move")
        return False
    if home == SHN_ABS:
        return False
    target = (value + addend) % (1 << 64)
    if kind in (R_64, R_32S) and target >= KERNEL:
        return True
    if kind == R_32 and target < 1 << 32 or kind == R_64 and section.name in PHYSICAL:
        return False
    sys.exit(f"relocations.py: {place:#x} in {section.name}, type {kind}: {name}{addend:+#x} is neither an address "
             "of the kernel nor a physical one before paging")


def collect(elf):
    start = elf.address("__kernel_start")
    places = set()
    for relocation in elf.relocations():
        if is_address(elf, *relocation):
            _, address, kind, _, _ = relocation
            places.add((address - start) << 1 | (kind == R_64))
    return sorted(places)


def check(first, final):
    """Everything that is loaded and not NOBITS is where it was."""
    before, after = ({s.name: s[:5] for s in elf.sections if s.flags & SHF_ALLOC and s.type == 1} for elf in (first, final))
    before.pop(".relocations", None)
    wrong = [name for name in before if before[name][3] != after.get(name, (0,) * 5)[3]]
    if wrong:
        sys.exit(f"relocations.py: {', '.join(wrong)} moved when the relocations came in")


def main(arguments):
    if arguments[:1] == ["--check"]:
        check(Elf(arguments[1]), Elf(arguments[2]))
        return
    print('    .section .relocations, "a"\n    .balign 4')
    for place in collect(Elf(arguments[0])):
        print(f"    .long {place:#x}")
    print('    .section .note.GNU-stack, "", @progbits')


if __name__ == "__main__":
    main(sys.argv[1:])
