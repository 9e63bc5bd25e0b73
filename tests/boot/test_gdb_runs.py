"""Runs of bytes that mean something in a packet, there and back through gdb: what it has written is what it reads,
however the replies were encoded. What the encoder does to the packets: tests/host/test_rle.c."""
import pytest
from clients.programs import GDBS

SPECIAL = b"}*#$"
RUNS = bytes([0x00, 0x20, 0xff]) + SPECIAL + bytes(byte ^ 0x20 for byte in SPECIAL)
# A count says 97 at most, or 48 bytes in hex. The line where a byte costs has those about which counts are in doubt.
LENGTHS = {"virtio": range(1, 210), "com1": (*range(1, 18), *range(46, 52), *range(94, 100))}


def runs_of(byte, lengths):
    """Each run lies between two others of the bytes that are special."""
    between = bytes(other for other in RUNS if other != byte)
    return b"".join(bytes([byte] * n + [between[n % len(between)]]) for n in lengths)


def runs_behind_escapes():
    """What follows an escaped byte looks like more of it, wherever the encoder begins to look for long runs."""
    return b"".join(b"abcdefghijklmnopqrstuvwxyz01234"[:n] + bytes([byte] + [byte ^ 0x20] * 40)
                    for byte in SPECIAL for n in range(16, 32)) + bytes(0x2000)


@pytest.mark.parametrize("transport", ["com1", "virtio"])
@pytest.mark.parametrize("program", GDBS, ids=("gdb13", "gdb16"))
def test_runs_of_every_length_come_back_as_they_were_written(machine, program, transport):
    """On the fast line in one read of 22 KB, whose reply is a long one, and in small pieces."""
    gdb = machine.gdb(program=program, logged=False)
    written, read = machine.folder / "written", machine.folder / "read"
    for data in (*(runs_of(byte, LENGTHS[transport]) for byte in RUNS), runs_behind_escapes()):
        written.write_bytes(data)
        gdb.execute(f"restore {written} binary &demo_scratch[0]")
        for size in (0, 777):
            gdb.execute(f"set remote memory-read-packet-size {size}",
                        f"dump binary memory {read} &demo_scratch[0] &demo_scratch[{len(data)}]")
            assert read.read_bytes() == data, (data[:2], size)
