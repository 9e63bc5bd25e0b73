#!/usr/bin/env python3
"""symbols.py KERNEL.elf >OUT.S: a kernel's names and addresses, for the debugger within it.

The table (arch/x86_64/debug/symbols.h) goes into a section of its own, which the linker script puts among
the constants; the kernel is linked anew with it. As that may move what lies behind it, the room is a
little larger than what is in it, and the addresses are filled in at last:

symbols.py --fill KERNEL.elf: ... with those that it has now.
"""
import struct
import sys
from collections import Counter

from relocations import SHN_ABS, Elf

MAGIC = 0x31534C54  # "TLS1"
HEADER = struct.Struct("<IIQIIII")
PER_MARKER = 16  # names from one place that is known to the next
NAME_MAX = 63
SPARE = 0x80  # bytes: addresses that move may reorder names, and so their codes
STT_NOTYPE, STT_OBJECT, STT_FUNC, STB_GLOBAL = 0, 1, 2, 1
PAGE = 4096
GAP = 16  # bytes that belong to nobody before this is worth an entry: below, it is alignment


def named(elf):
    """(address, rank, name, size) of what has a place in the image; of equal addresses the best name last."""
    for index in range(elf.symbols.size // 24):
        name, info, _, section, value, size = struct.unpack_from("<IBBHQQ", elf.data, elf.symbols.offset + 24 * index)
        kind, bind = info & 15, info >> 4
        name = elf.text(elf.sections[elf.symbols.link].offset + name)
        if not section or section >= SHN_ABS or not name or len(name) > NAME_MAX or value < elf.base:
            continue
        if kind in (STT_OBJECT, STT_FUNC) or kind == STT_NOTYPE and bind == STB_GLOBAL:
            yield value, (kind != STT_NOTYPE, bind == STB_GLOBAL, -len(name)), name, size


def entries(elf):
    """(offset from the base, name), ascending; no name where nothing is."""
    rows, free = sorted(named(elf)), None
    for i, (address, _, name, size) in enumerate(rows):
        if free is not None and address - free >= GAP:
            yield free - elf.base, ""
        yield address - elf.base, name
        last = i + 1 == len(rows) or rows[i + 1][0] != address
        free = address + size if size and last else None
    address, _, _, size = rows[-1]
    yield address + max(size, 1) - elf.base, ""


def compress(names):
    """Names as bytes, and what each byte stands for: the commonest pair becomes a byte of its own, again and again."""
    texts = {c: bytes([c]) for name in names for c in name.encode()}
    coded = [list(name.encode()) for name in names]
    for code in (c for c in range(1, 256) if c not in dict(texts)):
        pairs = Counter(pair for name in coded for pair in zip(name, name[1:]))
        if not pairs:
            break
        pair, count = min(pairs.items(), key=lambda item: (-item[1], item[0]))
        if count < 4:
            break
        texts[code] = texts[pair[0]] + texts[pair[1]]
        coded = [replace(name, pair, code) for name in coded]
    return coded, texts


def replace(name, pair, code):
    out, i = [], 0
    while i < len(name):
        hit = i + 1 < len(name) and (name[i], name[i + 1]) == pair
        out.append(code if hit else name[i])
        i += 2 if hit else 1
    return out


def table(elf):
    """The bytes that symbols.c reads."""
    rows = list(entries(elf))
    coded, texts = compress([name for _, name in rows])
    names, markers = b"", []
    for i, name in enumerate(coded):
        if i % PER_MARKER == 0:
            markers.append(len(names))
        names += bytes([len(name), *name])
    words, starts = b"", []
    for code in range(256):
        starts.append(len(words))
        words += texts.get(code, b"")
    starts.append(len(words))
    addresses = struct.pack(f"<{len(rows)}I", *(address for address, _ in rows))
    marks = struct.pack(f"<{len(markers)}I", *markers)
    codes = struct.pack("<257H", *starts)
    at = [HEADER.size + len(addresses)]
    for part in (marks, codes, words):
        at.append(at[-1] + len(part))
    return HEADER.pack(MAGIC, len(rows), elf.base // PAGE, *at) + addresses + marks + codes + words + names


def fill(path, elf):
    start, end = elf.address("__debugger_symbols_start"), elf.address("__debugger_symbols_end")
    bytes_ = table(elf)
    if len(bytes_) > end - start:
        sys.exit(f"symbols.py: {len(bytes_)} bytes of symbols, room for {end - start}")
    section = next(s for s in elf.sections if s.flags & 2 and s.address <= start < s.address + s.size)
    with open(path, "r+b") as file:
        file.seek(section.offset + start - section.address)
        file.write(bytes_.ljust(end - start, b"\0"))


def main(arguments):
    elf = Elf(arguments[-1])
    elf.base = elf.address("__kernel_start")
    if arguments[0] == "--fill":
        fill(arguments[1], elf)
        return
    print(f'    .section .debugger_symbols, "a"\n    .balign 8\n    .zero {len(table(elf)) + SPARE:#x}')
    print('    .section .note.GNU-stack, "", @progbits')


if __name__ == "__main__":
    main(sys.argv[1:])
