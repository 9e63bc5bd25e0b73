"""64 GiB of memory, of which the kernel uses little: what walks it goes by the tables, not by the page."""
import pytest
from test_core import open_file, pread, size_of

GIB = 1 << 30
DIRECT_MAP = 0xffff800000000000
HOLE = 0xffffa00000000000  # between the mapping of all RAM and the stacks


def regions(rsp):
    """(start, size, mapped) of all that lldb sees when it asks for one behind another."""
    address = 0
    while address < (1 << 64) - 1:
        pairs = dict(pair.split(":") for pair in rsp.ask(f"qMemoryRegionInfo:{address:x}").split(";") if pair)
        start, size = int(pairs["start"], 16), int(pairs["size"], 16)
        assert start == address and size > 0
        yield start, size, "permissions" in pairs
        address += size


@pytest.mark.machine(sparse="64G", append="workload=off", transport="virtio")
def test_64_gib_are_listed_searched_and_put_into_a_core_without_being_walked(machine):
    rsp = machine.rsp()
    seen = list(regions(rsp))
    assert len(seen) < 300
    assert sum(size for start, size, mapped in seen if mapped and start >= DIRECT_MAP) > 63 * GIB
    assert any(size > 1 << 40 and not mapped for start, size, mapped in seen if start <= HOLE < start + size)
    assert len(rsp.monitor("maps").splitlines()) < 100
    assert rsp.ask(f"qSearch:memory:{HOLE:x};{64 * GIB:x};trapline").startswith("E")
    assert rsp.ask(f"qCRC:{HOLE:x},{64 * GIB:x}").startswith("E")
    fd = open_file(rsp, "core-small")
    size = size_of(rsp, fd)
    assert pread(rsp, fd, 4, 0) == b"\x7fELF" and 0x10000 < size < 64 << 20
    assert len(pread(rsp, fd, 0x1000, size - 0x1000)) == 0x1000
    place = DIRECT_MAP + 60 * GIB  # nobody was ever given that: it is not looked at
    size = size_of(rsp, open_file(rsp, "core"))
    assert 0x10000 < size < GIB
    for page in range(4):
        rsp.write(place + (page << 30) + 0x5000, b"a wild pointer was here")
    assert size_of(rsp, open_file(rsp, "core")) == size
    last = DIRECT_MAP + 64 * GIB  # the last of RAM lies behind the hole below 4 GiB
    rsp.write(last, b"far away")
    assert rsp.read(last, 8) == b"far away"
    rsp.insert(machine.elf["demo_hot"].address)
    rsp.go()
    assert rsp.pc == machine.elf["demo_hot"].address
