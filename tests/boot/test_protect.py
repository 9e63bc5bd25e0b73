"""No way to kill the debugger from within: what a client may not touch, and what happens if it tries."""
import json
import os
import random
import re
import subprocess
from pathlib import Path

import pytest

from trapline_pytest.gdb import GdbError
from trapline_pytest.packet import escape

DIRECT_MAP = 0xffff800000000000
KERNEL_VMA = 0xffffffff80000000
DEMAND_MAP = 0xffffe00000000000

# A symbol in each part that is protected, and what it is called.
PARTS = {
    "debugger_exception": "the debugger's own code",
    "gdb_receive": "the debugger's own code",
    "register_machine": "the debugger's own constants",
    "__ex_table_start": "the debugger's own constants",
    "debugger_gdb": "the debugger's own memory",
    "trap_vectors": "the entry code of exceptions",
    "trap_exception": "the entry code of exceptions",
    "idt": "the interrupt descriptor table",
    "gdt": "the global descriptor table",
    "task_states": "a task state segment",
}


@pytest.fixture
def symbol(settings):
    return lambda name: settings.elf[name].address


def own_code(elf):
    return range(elf["__debugger_text_start"].address, elf["__debugger_text_end"].address)


# Refusals


@pytest.mark.parametrize("slide", [0, DIRECT_MAP - KERNEL_VMA, -KERNEL_VMA],
                         ids=["image", "direct map", "low"])
@pytest.mark.parametrize("name", PARTS)
def test_nothing_can_be_set_or_written_there(shared_rsp, settings, name, slide):
    rsp = shared_rsp
    address = settings.elf[name].address + slide
    before = rsp.read(address, 16)
    for packet in ("Z0,{:x},1", "Z1,{:x},1", "Z2,{:x},8", "Z3,{:x},1", "Z4,{:x},4", "M{:x},1:00",
                   "X{:x},4:abcd"):
        reply = rsp.ask(packet.format(address))
        assert reply.startswith(f"E.{address:#x} is {PARTS[name]}"), (packet, reply)
    assert rsp.read(address, 16) == before
    assert rsp.register("dr7") == 0x400


def test_a_write_that_runs_into_it_stops_before(machine, settings, symbol):
    rsp = machine.rsp()
    start = symbol("__debugger_data_start")
    before = rsp.read(start - 8, 16)
    assert rsp.ask(f"M{start - 8:x},10:{'5a' * 16}").startswith(f"E.{start:#x} is the debugger's own")
    assert rsp.read(start - 8, 16) == b"Z" * 8 + before[8:]
    rsp.write(start - 8, before[:8])


def test_a_client_that_does_not_read_texts_gets_a_number(machine, symbol):
    rsp = machine.rsp(session=False)
    rsp.send_raw(b"+")
    rsp.supported("qSupported:swbreak+")
    assert rsp.ask(f"M{symbol('debugger_gdb'):x},1:00") == "E14"


def test_rip_cannot_be_set_into_the_debugger(machine, symbol):
    rsp = machine.rsp()
    rip = rsp.pc
    assert "own code" in rsp.set_register("rip", symbol("debugger_stop"))
    assert rsp.pc == rip
    assert rsp.set_register("rip", symbol("demo_hot")) == "OK"
    assert rsp.set_register("rip", rip) == "OK"


def test_gdb_is_told_why(gdb):
    gdb.execute("break debugger_exception")
    gdb.refused("continue")
    assert "the debugger's own code" in gdb.execute("monitor bp")
    gdb.execute("delete")
    assert "own code" in gdb.refused("set $rip = debugger_stop")
    gdb.execute("tbreak demo_hot", "continue")


# What it does not depend on


def test_the_debugger_calls_nothing_of_the_kernel(settings):
    """So a client may break on any function of the kernel: none of them is on the debugger's way."""
    objects = Path(settings.elf.path).parent / "obj"
    files = [*objects.glob("gdbstub/*.o"), *objects.glob("arch/x86_64/debug/*.o")]
    assert len(files) > 40
    defined, needed = set(), set()
    for line in subprocess.run(["nm", "-g", *files], check=True, capture_output=True,
                               text=True).stdout.splitlines():
        words = line.split()
        if len(words) >= 2 and words[-2] == "U":
            needed.add(words[-1])
        elif len(words) == 3:
            defined.add(words[-1])
    linker_script = {name for name in needed if name.startswith("__")}
    assert needed - defined - linker_script == set()


@pytest.mark.parametrize("name, call", [("memcpy", "memcpy(&demo_scratch[0], &demo_scratch[64], 32)"),
                                        ("memset", "memset(&demo_scratch[0], 0, 32)"),
                                        ("memmove", "memmove(&demo_scratch[0], &demo_scratch[8], 32)"),
                                        ("strlen", "strlen(demo_banner)")])
def test_gdb_breaks_on_functions_that_every_debugger_needs(gdb, name, call):
    gdb.execute("tbreak demo_stage_hash", "continue", f"break {name}")
    with pytest.raises(GdbError):
        gdb.execute(f"print {call}")
    assert gdb.frames()[0] == name
    gdb.execute("stepi", "next", "info registers", "x/64xb demo_scratch", "finish", "delete",
                "tbreak demo_stage_hash", "continue")


# Inside


@pytest.mark.parametrize("kind", ["fault", "int3", "ud2", "stack"])
def test_a_fault_of_the_debugger_is_an_error_and_the_session_lives(machine, symbol, kind):
    rsp = machine.rsp()
    registers = rsp.ask("g")
    for _ in range(3):
        assert rsp.ask("qRcmd," + f"selftest {kind}".encode().hex()).startswith("E")
        assert json.loads(rsp.monitor(f"-j selftest {kind}")) == {
            "command": "selftest", "kind": kind, "output": ["the debugger itself faulted; see monitor comm"], "ok": False}
    assert rsp.ask("g") == registers
    assert "faults of the debugger itself: 6" in rsp.monitor("comm")
    rsp.insert(symbol("demo_hot"))
    assert rsp.go().signal == 5 and rsp.pc == symbol("demo_hot")


def test_selftest_with_bad_arguments_says_how(machine):
    rsp = machine.rsp()
    for arguments in ("", "nonsense", "ud2 ud2"):
        assert rsp.monitor("selftest " + arguments).startswith("usage: ")


@pytest.mark.machine(append="workload=off")  # else it may switch to another thread on its way out
def test_steps_through_the_timer_interrupt_never_stop_in_the_debugger(machine, settings, symbol):
    """Its handler calls debugger_interrupt() last: that is one step."""
    rsp = machine.rsp()
    code = own_code(settings.elf)
    tick = symbol("demo_tick")
    rsp.insert(tick)
    rsp.go()
    rsp.remove(tick)
    outside = rsp.register("rsp") + 2048
    places = set()
    while rsp.register("rsp") < outside and len(places) < 1000:
        assert rsp.step().signal == 5
        assert rsp.pc not in code
        places.add(rsp.pc)
        if rsp.read(rsp.pc, 2) == b"\x48\xcf":  # iretq
            break
    assert rsp.read(rsp.pc, 2) == b"\x48\xcf"


def test_a_step_out_of_the_debugger_ends_in_its_caller(boot, settings):
    """Where a client comes in by debugger_poll() or the like, the machine stops inside the debugger."""
    gdb = boot(append="gdb=wait fault=breakpoint@task").serving().gdb()
    gdb.execute("continue", "stepi")
    assert gdb.int("(unsigned long)$pc") not in own_code(settings.elf)


# Breakpoints that wait


def call(rsp, elf, function, argument):
    """Run a function of the kernel to its end, which is a breakpoint at demo_nothing; its result."""
    saved = rsp.ask("g")
    end = elf["demo_nothing"].address
    stack = (rsp.register("rsp") - 256) & ~15
    rsp.write(stack - 8, end.to_bytes(8, "little"))
    for name, value in (("rsp", stack - 8), ("rdi", argument), ("rip", elf[function].address)):
        assert rsp.set_register(name, value) == "OK"
    rsp.insert(end)
    rsp.go()
    rsp.remove(end)
    assert rsp.pc == end
    result = rsp.register("rax")
    assert rsp.ask("G" + saved) == "OK"
    return result


def stop_in_the_loop(rsp, elf):
    rsp.insert(elf["demo_hot"].address)
    rsp.go()
    rsp.remove(elf["demo_hot"].address)


NOWHERE = (0, 0x10, 0x1000_0000_0000, 0x7fff_ffff_ffff, DEMAND_MAP + 0x9000, (1 << 64) - 1)


def test_a_breakpoint_where_no_memory_is_waits_and_the_client_is_told_once(machine, settings, memory, healthy):
    rsp, elf = machine.rsp(), settings.elf
    before = memory.checksums(rsp)
    rsp.insert(elf["demo_hot"].address)
    for go in (rsp.go, rsp.step):
        for address in NOWHERE:
            rsp.insert(address)
            assert re.search(rf"{address:#x}( with cr3 0x\w+)?  int3, pending: no memory is mapped there  hit 0", rsp.monitor("bp"))
        rsp.output = ""
        assert go().signal == 5
        told = re.findall("^breakpoint at (0x[0-9a-f]+): pending, as no memory is mapped there so far$", rsp.output,
                          re.M)
        assert {int(address, 16) for address in told} == (set(NOWHERE) if go == rsp.go else set())
        for address in NOWHERE:
            rsp.remove(address)
            assert "no breakpoint is set" in rsp.ask(f"z0,{address:x},1")
    rsp.remove(elf["demo_hot"].address)
    assert memory.checksums(rsp) == before and rsp.register("dr7") == 0x400
    rsp.detach()
    healthy()


def test_with_pending_off_it_is_refused_in_words(machine):
    rsp = machine.rsp()
    assert rsp.monitor("bp pending off") == "pending is off\n"
    for address in NOWHERE:
        assert rsp.ask(f"Z0,{address:x},1") == "E.no memory is mapped at this address"
    assert "no breakpoints" in rsp.monitor("bp")


def test_a_breakpoint_never_waits_where_no_address_is(shared_rsp):
    for address in (0x8000_0000_0000, 0xffff_7fff_ffff_ffff, 1 << 63):
        assert shared_rsp.ask(f"Z0,{address:x},1") == "E.this is not a canonical address"
        assert "no breakpoint is set" in shared_rsp.ask(f"z0,{address:x},1")
    assert "no breakpoints" in shared_rsp.monitor("bp")


def test_gdb_goes_on_with_a_breakpoint_nowhere_and_is_told_once(gdb):
    gdb.execute("tbreak demo_hot", "break *0x10")
    said = gdb.execute("continue")
    assert "breakpoint at 0x10: pending, as no memory" in said and gdb.frames()[0] == "demo_hot"
    assert "breakpoint at" not in gdb.execute("stepi", "tbreak demo_stage_hash", "continue")
    assert gdb.frames()[0] == "demo_stage_hash"
    gdb.execute("tbreak demo_hot", "continue", "set var *(long *)$rsp = 0x20")  # where it returns to
    said = gdb.execute("finish")
    assert "breakpoint at 0x20: pending" in said and "page fault: execute 0x20" in said
    assert gdb.int("$rip") == 0x20


def test_a_breakpoint_that_waits_is_planted_when_the_page_appears(machine, settings):
    """The kernel makes the page when it counts the characters of a string there: of none, as new memory is
    zero, but for the int3 of the breakpoint."""
    rsp, elf = machine.rsp(), settings.elf
    stop_in_the_loop(rsp, elf)
    assert call(rsp, elf, "demo_string_length", DEMAND_MAP + 0x1064) == 0
    rsp.insert(DEMAND_MAP + 0x2064)
    assert "int3, pending: no memory is mapped there" in rsp.monitor("bp")
    assert call(rsp, elf, "demo_string_length", DEMAND_MAP + 0x2064) == 1
    assert "pending" not in rsp.monitor("bp")
    assert rsp.read(DEMAND_MAP + 0x2064, 2) == b"\0\0"
    rsp.remove(DEMAND_MAP + 0x2064)
    assert call(rsp, elf, "demo_string_length", DEMAND_MAP + 0x2064) == 0
    stop_in_the_loop(rsp, elf)


# Ten thousand packets


class Monkey:
    """Random requests, mostly where something begins or ends. What could be written is put back."""

    def __init__(self, rsp, elf, seed):
        self.rsp = rsp
        self.random = random.Random(seed)
        self.edges = [0, 1 << 47, 0xffff << 48, DIRECT_MAP, DIRECT_MAP + (256 << 20), DEMAND_MAP,
                      KERNEL_VMA, 1 << 64, elf["demo_scratch"].address, elf["demo_scratch"].end]
        self.edges += [section.address for section in elf.sections.values()]
        self.edges += [symbol.address for name, symbol in elf.symbols.items()
                       if name.startswith("__") and symbol.address > KERNEL_VMA]
        self.set = set()
        self.written = 0

    def address(self):
        if self.random.random() < 0.25:
            return self.random.getrandbits(64)
        return (self.random.choice(self.edges) + self.random.randint(-64, 64)) % (1 << 64)

    def length(self):
        if self.random.random() < 0.02:
            return self.random.choice((0x2000, 1 << 32, (1 << 64) - 1))
        return self.random.choice((0, 1, 2, 3, 4, 7, 8, 16, 30, 32, 33, 200))

    def ask(self, packet):
        reply = self.rsp.ask(packet)
        assert reply == "OK" or reply.startswith("E") or packet[:1] in ("m", b"m"), (packet, reply)
        return reply

    def read(self):
        address, length = self.address(), self.length()
        reply = self.ask(f"m{address:x},{length:x}")
        assert reply.startswith("E") or len(reply) <= 2 * length

    def write(self):
        address, length = self.address(), self.random.randint(1, 64)
        reply = self.rsp.ask(f"m{address:x},{length:x}")
        before = b"" if reply.startswith("E") else bytes.fromhex(reply)
        data = self.random.randbytes(length)
        if self.random.random() < 0.5:
            self.ask(f"M{address:x},{length:x}:{data.hex()}")
        else:
            self.ask(b"X%x,%x:%s" % (address, length, escape(data)))
        if before and self.ask(f"M{address:x},{len(before):x}:{before.hex()}") == "OK":
            self.written += len(before)

    def insert(self):
        request = f"{self.random.randint(0, 4)},{self.address():x},{self.length():x}"
        if self.ask("Z" + request) == "OK":
            self.set.add(request)

    def remove(self):
        if self.set and self.random.random() < 0.8:
            request = self.set.pop()
            assert self.ask("z" + request) == "OK", request
        else:
            self.ask(f"z{self.random.randint(0, 4)},{self.address():x},{self.length():x}")

    def run(self, packets):
        actions = [self.read, self.write, self.insert, self.remove]
        for _ in range(packets):
            self.random.choice(actions)()
        for request in self.set:
            assert self.ask("z" + request) == "OK", request


@pytest.mark.deadline(240)
def test_10000_random_packets_leave_memory_and_debug_registers_as_they_were(machine, settings, memory, healthy,
                                                                            transport):
    """So many over COM1; some over virtio, which has nothing to do with what they ask for."""
    count = {"com1": 10000, "virtio": 2000}[transport]
    rsp = machine.rsp()
    before = memory.checksums(rsp)
    registers = rsp.ask("g")
    seed = int(os.environ.get("SEED", "0"), 0) or random.randrange(1 << 32)
    print(f"SEED={seed}")
    monkey = Monkey(rsp, settings.elf, seed)
    monkey.run(count)
    assert monkey.written > count // 10
    assert memory.checksums(rsp) == before
    assert rsp.ask("g") == registers
    assert rsp.register("dr7") == 0x400
    assert "none of them is set now" in rsp.monitor("bp")
    rsp.detach()
    healthy()
