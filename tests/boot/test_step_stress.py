"""20 000 instructions of the demo, one step each, under a timer of 1000 Hz that always has an interrupt
waiting. The zoo (kernel/demo/step_zoo.S) looks at its own flags; QEMU's stub looks at the processor."""
import select
import time

import pytest
from trapline_pytest.packet import frame
from trapline_pytest.rsp import Rsp

STEPS = 20_000
# QEMU's stub stops its machine twice for a comparison. What a step gets wrong stays wrong, so that a later
# comparison finds it too; the first one behind it tells which step it was.
EACH_OF = 800  # the zoo, and all that is special about stepping
THEN_EVERY = 50
IRETQ = b"\x48\xcf"
RIP = 16
TF, IF, RF = 0x100, 0x200, 0x10000

# What runs in an interrupt and nowhere else. The zoo's "int n" goes through trap_interrupt in line.
HANDLERS = ("timer_interrupt", "demo_tick", "event_ring_put", "apic_end_of_interrupt",
            "unexpected_interrupt", "debugger_interrupt")
# g of QEMU's stub: sixteen general registers and rip, then eflags, cs, ss of four bytes each.
GENERAL = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12",
           "r13", "r14", "r15", "rip")


def debugger_text(elf):
    return range(elf["__debugger_text_start"].address, elf["__debugger_text_end"].address)


class Oracle:
    """QEMU's own stub on the same guest. It stops the processor where the debugger leaves for the
    program, lets it carry out the iretq, and then sees what the program has."""

    def __init__(self, machine):
        self.client = Rsp(machine.connect(machine.options["stub"]), machine.deadline)
        machine.clients.append(self.client)
        self.debugger = debugger_text(machine.elf)
        self.point = b"1,%x,1" % (machine.elf["stack_leave_end"].address - len(IRETQ))
        self.client.receive()  # connecting has stopped the machine
        self.client.acks = False  # a '$' will do, and any byte stops a machine that runs
        self.ask(b"c")

    def ask(self, *packets):
        """Many packets in one go. One that resumes has no reply, but an acknowledgement: a byte that
        is left lying would look like a stop."""
        self.client.send_raw(b"".join(map(frame, packets)))
        replies = [self.client.receive() for packet in packets if packet != b"c"]
        if packets[-1] == b"c":
            assert self.client.read_byte() == ord("+")
        return replies

    def stop(self):
        self.client.send_raw(b"\x03")
        self.client.receive()

    def watch(self):
        """Stop the processor the next time that it leaves."""
        self.stop()
        assert self.ask(b"Z" + self.point, b"c") == [b"OK"]

    def rest(self):
        self.stop()
        assert self.ask(b"z" + self.point, b"c") == [b"OK"]

    def registers(self):
        """The processor's once it has left: its iretq has been carried out, which a breakpoint keeps."""
        assert self.client.receive().startswith(b"T05")
        done, stop = self.ask(b"z" + self.point, b"s")
        assert done == b"OK" and stop.startswith(b"T05")
        registers, done = self.ask(b"g", b"Z" + self.point, b"c")
        assert done == b"OK"
        return self.parse(registers.decode())

    @staticmethod
    def parse(reply):
        data = bytes.fromhex(reply.replace("x", "0"))
        words = {name: int.from_bytes(data[8 * i:8 * i + 8], "little")
                 for i, name in enumerate(GENERAL)}
        base = 8 * len(GENERAL)
        for i, name in enumerate(("eflags", "cs", "ss")):
            words[name] = int.from_bytes(data[base + 4 * i:base + 4 * i + 4], "little")
        return words


def truth(values):
    """What both must agree about. During a step the processor's TF and IF are not the program's."""
    return {**values, "eflags": values["eflags"] & ~(TF | IF | RF)}


def step(rsp, oracle):
    """One step; true if the processor had in it what the debugger had said. What the debugger carries
    out by itself, such as cli, is in no processor before the next step; and it may leave for code of
    its own, which hands a trap on to the kernel."""
    ours = Oracle.parse(rsp.ask("g"))
    rsp.resume("vCont;s:p1.1")
    compared = False
    while oracle.client.line in select.select([rsp.line, oracle.client.line], [], [])[0]:
        theirs = oracle.registers()
        if theirs["rip"] not in oracle.debugger:
            assert truth(theirs) == truth(ours)
            compared = True
    rsp.wait_stop()
    return compared


@pytest.mark.machine(stub=True)
@pytest.mark.deadline(400)
def test_20000_steps_stay_in_line_and_agree_with_the_processor(machine):
    rsp = machine.rsp()
    elf = machine.elf
    handlers = [elf[name] for name in HANDLERS if name in elf]
    oracle = Oracle(machine)
    rsp.insert(elf["demo_check_flags"].address)
    rsp.go()
    rsp.remove(elf["demo_check_flags"].address)
    ticks = rsp.read_u64(elf["clock_ticks"].address)
    compared, started, seen = 0, time.monotonic(), set()
    oracle.watch()
    for number in range(STEPS):
        if number < EACH_OF:
            compared += step(rsp, oracle)
        elif number % THEN_EVERY == 0:
            oracle.watch()
            compared += step(rsp, oracle)
            oracle.rest()
        else:
            rsp.step()
        pc = rsp.stop.registers[RIP]
        assert rsp.stop.signal == 5
        assert not any(f.address <= pc < f.end for f in handlers), f"step {number}: {pc:#x}"
        assert pc not in oracle.debugger, f"step {number}: {pc:#x}"
        seen.add(pc)
        if number == EACH_OF - 1:
            oracle.rest()
            animals = {name for name in elf.symbols if name.startswith("zoo_") and elf[name].size}
            assert {name for name in animals if elf[name].address in seen} == animals
    seconds = time.monotonic() - started
    ticked = rsp.read_u64(elf["clock_ticks"].address) - ticks
    rsp.detach()
    machine.console.wait_for("demo: turn")
    print(f"{STEPS} steps in {seconds:.1f} s ({STEPS / seconds:.0f}/s), {compared} comparisons, "
          f"{len(seen)} addresses, {ticked} ticks")
    assert compared > 0.9 * (EACH_OF + (STEPS - EACH_OF) / THEN_EVERY)
