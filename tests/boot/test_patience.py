"""Work that takes longer than its client waits: a search, a checksum, a core of gigabytes."""
import time

import pytest
from test_core import open_file
from test_large_memory import DIRECT_MAP, GIB
from trapline_pytest.packet import frame

RAM = DIRECT_MAP + 4 * GIB  # behind the hole below 4 GiB
SEARCH = f"qSearch:memory:{RAM:x};{59 * GIB:x};UD3".encode()
CRC = f"qCRC:{RAM:x},{59 * GIB:x}".encode()


def ask_and_interrupt(rsp, packet):
    rsp.send_raw(frame(packet) + b"\x03")
    return rsp.receive().decode()


def begin(rsp, packet, beats=1):
    """The machine is at it for half a second for each that it says."""
    rsp.send(packet)
    for _ in range(beats):
        assert rsp.read_byte() == ord("+")


@pytest.mark.machine(sparse="64G", append="workload=off", transport="virtio")
def test_what_a_client_does_not_wait_for(machine):
    rsp = machine.rsp()
    for packet in (SEARCH, CRC):
        assert ask_and_interrupt(rsp, packet) == "E14"
        assert rsp.go("vCont;s").signal == 5  # the interrupt was for that and no other
    rsp.write(machine.elf["page_unused"].address, bytes.fromhex("31c0c3"))  # returns 0: look at all RAM for a core
    core = f"vFile:fstat:{open_file(rsp, 'core')}".encode()
    assert ask_and_interrupt(rsp, core) == "F-1,4"
    begin(rsp, core, 2)
    rsp.send_raw(b"\x03")
    assert rsp.receive() == b"F-1,4"
    begin(rsp, SEARCH)
    rsp.close()  # who comes next finds a machine that works for nobody
    assert machine.rsp().read(RAM, 2) == b"\0\0"


@pytest.mark.machine(sparse="64G", append="workload=off", transport="virtio")
def test_gdb_waits_and_dies(machine):
    """It gave up after three times its timeout, 6 s, was out of step then, and gdb 13 ended itself."""
    gdb = machine.gdb()
    gdb.type(f"find {RAM:#x}, +{59 * GIB:#x}, (short)0x3355")
    while not gdb.packet_log()[-1].startswith("r ++"):
        time.sleep(0.05)
    gdb.kill()
    assert machine.gdb().int("2 * demo_sample.small") == 2 * 1600
