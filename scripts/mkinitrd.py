#!/usr/bin/env python3
"""mkinitrd.py [NAME=]FILE... >OUT: pack files into a "newc" cpio archive, an initial RAM disk.

Byte for byte the same for the same files: no times, no owners, inodes numbered from 1.
"""
import os
import sys


def entry(name, data, inode, mode):
    """One member: magic, thirteen fields of 8 hex digits, name and data each padded to 4 bytes."""
    name = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return pad(header + name) + pad(data)


def pad(data):
    return data + b"\0" * (-len(data) % 4)


def main(arguments):
    archive = b""
    for inode, argument in enumerate(arguments, 1):
        name, _, path = argument.rpartition("=")
        with open(path, "rb") as file:
            mode = 0o100755 if os.access(path, os.X_OK) else 0o100644
            archive += entry(name or os.path.basename(path), file.read(), inode, mode)
    sys.stdout.buffer.write(archive + entry("TRAILER!!!", b"", 0, 0))


if __name__ == "__main__":
    main(sys.argv[1:])
