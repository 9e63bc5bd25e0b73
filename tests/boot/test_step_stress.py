"""20 000 instructions of the demo, one step each, under a timer of 1000 Hz that always has an interrupt
waiting. The zoo (kernel/demo/step_zoo.S) looks at its own flags; QEMU's stub looks at the processor."""
import time

import pytest
from trapline_pytest.rsp import Rsp

STEPS = 20_000
COMPARE_EVERY = 50
RIP, RSP = 16, 7
TF, IF, RF = 0x100, 0x200, 0x10000

# What runs in an interrupt and nowhere else. The zoo's "int n" goes through trap_dispatch in line.
HANDLERS = ("timer_interrupt", "line_interrupt", "demo_tick", "event_ring_put", "apic_end_of_interrupt",
            "unexpected_interrupt", "debugger_interrupt")
# Carried out by the debugger on the frame: the processor is never at them.
EMULATED = ("\xfa", "\xfb", "\xf4", "\xcd", "\x0f\x05", "\x8e", "\x66\x8e")

# g of QEMU's stub: sixteen general registers and rip, then eflags, cs, ss of four bytes each.
GENERAL = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12",
           "r13", "r14", "r15", "rip")


class Oracle:
    """QEMU's own stub on the same guest: it sees what the processor has when it is at an address."""

    def __init__(self, machine):
        self.client = Rsp(machine.connect(machine.options["stub"]), machine.deadline)
        machine.clients.append(self.client)
        self.client.receive()  # connecting has stopped the machine
        self.client.send(b"c")

    def at(self, ours, resume):
        """The registers when resume() has let the processor get to where ours were taken. The debugger
        and handlers come by at functions that all share, such as memcpy, on another stack or deeper."""
        client = self.client
        point = f"1,{ours['rip']:x},1"
        client.send_raw(b"\x03")
        client.receive()
        assert client.ask("Z" + point) == "OK"
        client.send(b"c")
        resume()
        while (theirs := self.registers())["rsp"] != ours["rsp"]:
            assert client.ask("z" + point) == "OK"
            assert client.ask("s").startswith("T05")
            assert client.ask("Z" + point) == "OK"
            client.send(b"c")
        assert client.ask("z" + point) == "OK"
        client.send(b"c")
        return theirs

    def registers(self):
        assert self.client.receive().startswith(b"T05")
        return self.parse(self.client.ask("g"))

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


@pytest.mark.machine(stub=True)
@pytest.mark.deadline(300)
def test_20000_steps_stay_in_line_and_agree_with_the_processor(machine):
    rsp = machine.rsp()
    oracle = Oracle(machine)
    elf = machine.elf
    handlers = [elf[name] for name in HANDLERS if name in elf]
    debugger = (elf["__debugger_text_start"].address, elf["__debugger_text_end"].address)
    rsp.insert(elf["demo_check_flags"].address)
    rsp.go()
    rsp.remove(elf["demo_check_flags"].address)
    ticks = rsp.read_u64(elf["clock_ticks"].address)
    compared, started, seen = 0, time.monotonic(), set()
    for number in range(STEPS):
        if number % COMPARE_EVERY == 0 and not emulated(rsp):
            ours = {name: rsp.register(name) for name in (*GENERAL, "eflags", "cs", "ss")}
            theirs = oracle.at(ours, lambda: rsp.resume("vCont;s:p1.1"))
            assert truth(ours) == truth(theirs), f"step {number}"
            compared += 1
            stop = rsp.wait_stop()
        else:
            stop = rsp.step()
        pc = stop.registers[RIP]
        assert stop.signal == 5
        assert not any(f.address <= pc < f.end for f in handlers), f"step {number}: {pc:#x}"
        assert not debugger[0] <= pc < debugger[1], f"step {number}: {pc:#x}"
        seen.add(pc)
    seconds = time.monotonic() - started
    ticked = rsp.read_u64(elf["clock_ticks"].address) - ticks
    rsp.detach()
    machine.console.wait_for("demo: turn")
    print(f"{STEPS} steps in {seconds:.1f} s ({STEPS / seconds:.0f}/s), {compared} comparisons, "
          f"{len(seen)} addresses, {ticked} ticks")
    assert compared > STEPS / COMPARE_EVERY / 2
    for animal in (name for name in elf.symbols if name.startswith("zoo_")):
        assert elf[animal].address in seen or not elf[animal].size, animal


def emulated(rsp):
    return rsp.read(rsp.pc, 2).decode("latin-1").startswith(EMULATED)
