"""Z and z packets that cannot be, or that contradict each other: afterwards all is as it was before."""
import itertools
import re

import pytest
from test_doors import stop_in_task
from test_protect import DEMAND_MAP, DIRECT_MAP, call

DR7_OFF = 0x400
BIOS = 0xffff_f000  # its last page, with the jump that a processor begins with
PRESENT_WRITABLE = 3


class Unchanged:
    """What is compared: code, constants, idle memory, all registers; and nothing is set."""

    def __init__(self, rsp, memory):
        self.rsp, self.memory = rsp, memory
        self.before = self.state()

    def state(self):
        return self.memory.checksums(self.rsp), self.rsp.ask("g")

    def check(self):
        assert self.state() == self.before
        assert self.rsp.register("dr7") == DR7_OFF
        assert re.search("^(no breakpoints are|none of them is) set", self.rsp.monitor("bp"), re.M)


@pytest.fixture
def unchanged(rsp, settings, memory):
    stop_in_task(rsp, settings)
    return Unchanged(rsp, memory)


def map_rom(rsp, elf):
    """The BIOS, where the kernel has memory on demand: by an entry next to one that the kernel made."""
    call(rsp, elf, "demo_string_length", DEMAND_MAP + 0x1064)
    table = int(re.search(r"^PTE at (0x\w+): ", rsp.monitor(f"pte {DEMAND_MAP + 0x1064:#x}"), re.M)[1], 16)
    rsp.write(DIRECT_MAP + table + 8, (BIOS | PRESENT_WRITABLE).to_bytes(8, "little"))
    return DEMAND_MAP + 0x2000


def refused(rsp, packet, words):
    reply = rsp.ask(packet)
    assert reply.startswith("E.") and words in reply, (packet, reply)
    assert rsp.ask("z" + packet[1:]).startswith("E."), packet
    assert f"last refused: {packet}: {reply[2:]}" in rsp.monitor("bp")


def test_a_breakpoint_in_rom_is_refused_and_hbreak_is_not(machine, rsp, settings, unchanged):
    rom = map_rom(rsp, settings.elf) + 0xff0
    before = rsp.read(rom, 16)
    assert before[0] == 0xea and rsp.ask(f"M{rom:x},1:00").startswith(("E", "OK"))
    for packet in (f"Z0,{rom:x},1", f"Z0,{rom + 3:x},1"):
        refused(rsp, packet, "does not keep what is written to it (ROM or a device); try hbreak")
    assert rsp.read(rom, 16) == before
    rsp.insert(rom, 1)
    rsp.remove(rom, 1)
    unchanged.check()
    rsp.close()

    gdb = machine.gdb()
    gdb.execute(f"break *{rom:#x}")
    gdb.refused("continue")
    assert "ROM or a device" in gdb.execute("monitor bp")
    gdb.execute("delete", f"hbreak *{rom:#x}", "tbreak demo_hot", "continue")
    assert gdb.frames()[0] == "demo_hot"


def test_a_breakpoint_in_a_devices_registers_is_refused_and_nothing_written(rsp, settings, unchanged):
    for name, select in (("local_apic", None), ("io_apic", 0x10)):
        page = rsp.read_u64(settings.elf[name].address)
        if select is not None:
            rsp.write(page, select.to_bytes(4, "little"))
        before = [rsp.read(page + at, 4) for at in (0x00, 0x10, 0x20, 0x30, 0xf0, 0x320)]
        for at in (0, 1, 0x10, 0xb0, 0xf0, 0x300, 0x320):
            refused(rsp, f"Z0,{page + at:x},1", "this memory is uncached, as a device's registers are")
        assert [rsp.read(page + at, 4) for at in (0x00, 0x10, 0x20, 0x30, 0xf0, 0x320)] == before, name
    unchanged.check()
    stop_in_task(rsp, settings)


def test_kinds_that_share_an_address_go_in_any_order(rsp, settings, unchanged):
    """Each takes its own along, and only that."""
    hot = settings.elf["demo_hot"].address
    kinds = {0: 1, 1: 1, 2: 1, 4: 1}
    for n, order in enumerate(itertools.permutations(kinds)):
        for kind in order if n % 2 else kinds:
            rsp.insert(hot, kind, kinds[kind])
        assert bin(rsp.register("dr7") & 0xff).count("1") == 3
        for i, kind in enumerate(order):
            rsp.remove(hot, kind, kinds[kind])
            assert rsp.ask(f"z{kind},{hot:x},{kinds[kind]}").startswith("E."), "twice"
            left = set(order[i + 1:]) - {0}
            assert bin(rsp.register("dr7") & 0xff).count("1") == len(left)
        unchanged.check()


@pytest.mark.parametrize("kinds", [(0, 1), (1, 0), (0, 1, 4)])
def test_a_breakpoint_that_is_set_twice_over_hits_once_and_is_passed(rsp, settings, unchanged, kinds):
    hot, counter = settings.elf["demo_hot"].address, settings.elf["demo_counter"].address
    for kind in kinds:
        rsp.insert(hot, kind)
    count = rsp.read_u64(counter)
    for n in range(1, 6):
        assert {"swbreak", "hwbreak"} & set(rsp.go().values) and rsp.pc == hot
        assert rsp.read_u64(counter) == count + n
    for kind in kinds:
        rsp.remove(hot, kind)
        if kind != kinds[-1] and kinds[-1] != 4:
            assert {"swbreak", "hwbreak"} & set(rsp.go().values) and rsp.pc == hot
    assert rsp.register("dr7") == DR7_OFF


def test_removal_of_what_was_never_set(rsp, settings, unchanged):
    hot = settings.elf["demo_hot"].address
    for kind, address, length in itertools.product(range(5), (hot, 0, 0x10, 1 << 47, 1 << 63, (1 << 64) - 1), (0, 1, 8)):
        assert rsp.ask(f"z{kind},{address:x},{length:x}").startswith("E."), (kind, address, length)
    unchanged.check()


def test_what_cannot_be_watched(rsp, settings, unchanged):
    """Nothing at all, the hole and its edges, over the end of the address space; and a fifth."""
    counter, scratch = (settings.elf[name].address for name in ("demo_counter", "demo_scratch"))
    for kind in (2, 3, 4):
        for address, length, words in ((counter, 0, "one byte at least"), (0x8000_0000_0000, 1, "canonical"),
                                       (0x7fff_ffff_fff8, 9, "canonical"), (0xffff_7fff_ffff_fffe, 4, "canonical"),
                                       ((1 << 64) - 1, 2, "end of the address space"), (counter, 1 << 63, "longer|end"),
                                       (counter, (1 << 64) - 1, "end of the address space"), (0, 0, "one byte")):
            reply = rsp.ask(f"Z{kind},{address:x},{length:x}")
            assert reply.startswith("E.") and re.search(words, reply), (kind, address, length, reply)
            assert rsp.ask(f"z{kind},{address:x},{length:x}").startswith("E.")
        for n in range(4):
            rsp.insert(scratch + 8 * n, kind, 8)
        for other in (2, 3, 4):
            reply = rsp.ask(f"Z{other},{scratch + 64:x},1")
            assert reply.startswith("E.all four debug registers are in use"), reply
        for n in range(4):
            rsp.remove(scratch + 8 * n, kind, 8)
        unchanged.check()
