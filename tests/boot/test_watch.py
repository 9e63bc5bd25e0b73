"""Hardware breakpoints and watchpoints: DR0 to DR3, by raw packets and by stock gdb."""
import pytest

DR7_OFF = 0x400
EXECUTE, WRITE, READ, ACCESS = 1, 2, 3, 4
NAMES = {WRITE: "watch", READ: "rwatch", ACCESS: "awatch"}


@pytest.fixture
def rsp(machine):
    """A client whose debug registers are off again in the end, and its memory as it was."""
    client = machine.rsp()
    yield client


def watch_hit(stop):
    """(kind, address) of a watchpoint stop."""
    kind, = set(stop.values) & set(NAMES.values())
    return kind, int(stop.values[kind], 16)


def refusal(client, packet):
    """The text that a request is refused with."""
    reply = client.ask(packet)
    assert reply.startswith("E."), reply
    return reply[2:]


# Where a hit is told


@pytest.mark.parametrize("kind", [WRITE, ACCESS])
def test_watch_stops_behind_the_write_with_the_address_asked_for(machine, kind):
    rsp = machine.rsp()
    counter = machine.elf["demo_counter"].address
    rsp.insert(counter, kind, 8)
    before = rsp.read_u64(counter)
    for n in range(1, 4):
        stop = rsp.go()
        assert stop.signal == 5
        assert watch_hit(stop)[1] == counter
        if kind == WRITE:
            assert rsp.read_u64(counter) == before + n
    rsp.remove(counter, kind, 8)
    assert rsp.register("dr7") == DR7_OFF


def test_hardware_breakpoint_is_hit_each_time_and_passed(machine):
    rsp = machine.rsp()
    hot, counter = machine.elf["demo_hot"].address, machine.elf["demo_counter"].address
    rsp.insert(hot, EXECUTE)
    rsp.go()
    before = rsp.read_u64(counter)
    for n in range(1, 20):
        stop = rsp.go()
        assert "hwbreak" in stop.values and rsp.pc == hot
        assert rsp.read_u64(counter) == before + n
    rsp.remove(hot, EXECUTE)


# What does not work


@pytest.mark.parametrize("packet, words", [
    ("Z2,{counter:x},0", "one byte at least"),
    ("Z2,ffffffffffffffff,2", "end of the address space"),
    ("Z2,7ffffffffffd,8", "not a canonical address"),
    ("Z4,8000000000000000,1", "not a canonical address"),
    ("Z1,8000000000000000,1", "not a canonical address"),
    ("Z1,{counter:x},4", "one byte long"),
    ("Z2,{counter:x},21", "longer than the four debug registers"),
    ("Z2,{counter:x},1e", "this takes 5 debug registers"),
])
def test_bad_request_is_refused_in_words_and_changes_nothing(machine, packet, words):
    rsp = machine.rsp()
    packet = packet.format(counter=machine.elf["demo_counter"].address)
    assert words in refusal(rsp, packet)
    assert rsp.register("dr7") == DR7_OFF
    assert rsp.ask("z" + packet[1:]).startswith("E")
    assert "last refused: " + packet in rsp.monitor("bp")
