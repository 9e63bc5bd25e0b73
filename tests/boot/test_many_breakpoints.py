"""More breakpoints than fit the debugger's own table: the embedder gives the room (kernel/debug.c)."""
import re

import pytest
from trapline_pytest.packet import frame

ROOM = 1024
APART = 60  # in demo_scratch, which nobody executes: some page each


def ask_all(rsp, packets):
    """The replies, with all packets on their way before the first one is awaited."""
    for start in range(0, len(packets), 100):
        some = packets[start:start + 100]
        rsp.send_raw(b"".join(frame(packet.encode()) for packet in some))
        yield from (rsp.receive().decode() for _ in some)


def test_a_thousand_breakpoints_are_set_never_seen_and_one_of_them_hits(machine):
    rsp, hot = machine.rsp(), machine.elf["demo_hot"].address
    scratch, size = machine.elf["demo_scratch"].address, APART * ROOM
    before = rsp.crc(scratch, size)
    places = [f"0,{scratch + APART * n:x},1" for n in range(ROOM - 1)]
    assert set(ask_all(rsp, ["Z" + place for place in places])) == {"OK"}
    rsp.insert(hot)
    assert "full" in rsp.ask(f"Z0,{hot + 1:x},1")
    for go in (rsp.go, rsp.step, rsp.go):
        go()
        assert rsp.crc(scratch, size) == before
    assert rsp.pc == hot and "swbreak" in rsp.stop.values
    assert set(ask_all(rsp, ["z" + place for place in reversed(places)])) == {"OK"}
    assert rsp.ask("z" + places[0]).startswith("E")
    assert rsp.ask(f"M{machine.elf['rooms'].address:x},1:00").startswith("E")  # the table's own place
    rsp.go()
    assert rsp.pc == hot and rsp.crc(scratch, size) == before
    assert rsp.monitor("bp").count("int3") == 1


def counting(variable, ends):
    """Agent code: the variable and 1 becomes its value; then it is compared with a number."""
    return f"2c{variable:04x}2201022d{variable:04x}22{ends:02x}1327"


@pytest.mark.machine(append="gdb=wait")
def test_each_of_a_thousand_conditions_is_asked_at_each_hit_of_its_own_breakpoint(machine):
    """A loop of nops, with a breakpoint at each: all the same condition, but for the last one's."""
    rsp, passes = machine.rsp(), 5
    rsp.run_to("demo_add")
    code = int(rsp.ask("_M1000,rx"), 16)
    jump = code + ROOM - 1
    rsp.write(code, b"\x90" * (ROOM - 1) + b"\xe9" + (code - jump - 5).to_bytes(4, "little", signed=True))
    conditions = [counting(1, 0)] * (ROOM - 1) + [counting(2, passes)]
    packets = [f"Z0,{code + n:x},1;X{len(text) // 2:x},{text}" for n, text in enumerate(conditions)]
    assert set(ask_all(rsp, packets)) == {"OK"}
    assert rsp.set_register("rip", code) == "OK"
    rsp.go()
    assert rsp.pc == jump
    assert (rsp.ask("qTV:1"), rsp.ask("qTV:2")) == (f"V{passes * (ROOM - 1):x}", f"V{passes:x}")
    table = rsp.monitor("bp")
    assert table.count(f"passed {passes} times") == ROOM - 1 and table.count(f"passed {passes - 1} times") == 1
    assert set(ask_all(rsp, [f"z{packet[1:].split(';')[0]}" for packet in packets])) == {"OK"}
    assert re.search(r"of that used +0 bytes", rsp.monitor("features"))
