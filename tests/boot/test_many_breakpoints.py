"""More breakpoints than fit the debugger's own table: the embedder gives the room (kernel/debug.c)."""
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
