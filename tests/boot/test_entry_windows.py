"""An NMI at each instruction of the ways into the kernel and back, where the stack or the GS base is still, or
already, the program's. QEMU's own stub holds the processor there while the NMI is sent, and says what it has."""
import re

import pytest
from test_programs import running
from trapline_pytest.rsp import Rsp

CALL, IRETQ, SYSRETQ = "e8", "48cf", "480f07"
RF = 0x10000
FRAME_CS = 144  # arch/x86_64/debug/frame.h

# Where QEMU's g has them: offset and size in bytes. Up to the segments both stubs have the same.
RSP, RIP, FLAGS, SEGMENTS, BASES = (56, 8), (128, 8), (136, 4), (140, 24), {"gs_base": (172, 8), "k_gs_base": (180, 8)}


def piece(registers, where):
    begin, size = where
    return int.from_bytes(registers[begin:begin + size], "little")


class Holder:
    """QEMU's stub. It steps with interrupts and the clock held back."""

    def __init__(self, machine):
        self.client = Rsp(machine.connect(machine.options["stub"]), machine.deadline)
        machine.clients.append(self.client)
        self.client.receive()  # connecting has stopped the machine

    def run_to(self, address, is_it=lambda: True):
        assert self.client.ask(f"Z1,{address:x},1") == "OK"
        self.client.ask("c")
        while not is_it():
            self.client.ask("s")  # or it hits where it stands
            self.client.ask("c")
        assert self.client.ask(f"z1,{address:x},1") == "OK"

    def registers(self):
        return bytes.fromhex(self.client.ask("g").replace("x", "0"))

    def walk(self, *ends):
        """The addresses of the instructions from here to the first of one of these opcodes."""
        passed = [piece(self.registers(), RIP)]
        while not (code := self.client.ask(f"m{passed[-1]:x},3")).startswith(ends):
            assert len(passed) < 200, code
            self.client.ask("s")
            passed.append(piece(self.registers(), RIP))
        return passed

    def leaves_for_program(self):
        """At the end of the kernel's C code: whether ring 3 was interrupted, or the kernel in a system call."""
        return int(self.client.ask(f"m{piece(self.registers(), RSP) + FRAME_CS:x},1"), 16) & 3 == 3

    def passage(self, begin):
        """Up to the call of the kernel's C code, and from there back to the program."""
        self.run_to(begin)
        entry = self.walk(CALL)
        self.run_to(entry[-1] + 5, self.leaves_for_program)
        return entry + self.walk(IRETQ, SYSRETQ)


@pytest.mark.parametrize("door", ["syscall_entry", "vector_128"])
@pytest.mark.machine(stub=True, qmp=True, append="init=/zoo workload=off")
def test_an_nmi_at_each_instruction_of_a_system_call_is_a_stop_right_there(machine, door):
    machine.serving().console.wait_for("^zoo: open")
    rsp = machine.rsp()
    rsp.resume()
    holder = Holder(machine)
    places, owners = holder.passage(machine.elf[door].address), set()
    assert len(places) > 40
    for place in places:
        holder.run_to(place)
        there = holder.registers()
        machine.monitor("nmi")
        holder.client.send(b"c")
        assert rsp.wait_stop().signal == 2
        seen = bytes.fromhex(rsp.ask("g").replace("x", "0"))
        for where in ((0, RIP[0]), RIP, SEGMENTS):
            assert piece(seen, where) == piece(there, where), f"{place:#x}"
        assert piece(seen, FLAGS) & ~RF == piece(there, FLAGS) & ~RF, f"{place:#x}"
        bases = [piece(there, where) for where in BASES.values()]
        assert [rsp.register(name) for name in BASES] == bases, f"{place:#x}"
        owners.add(bases[0] >> 63)
        rsp.resume()
        holder.client.send_raw(b"\x03")
        holder.client.receive()
    assert owners == {0, 1}  # the program's, and the kernel's
    assert holder.client.ask("D;1") == "OK"
    assert rsp.interrupt().signal == 2
    assert re.findall("^zoo: .*$", machine.console.text(), re.M) == ["zoo: open"]  # it says what it finds changed


@pytest.mark.parametrize("door, place", [("syscall_entry", 0), ("vector_128", -1)], ids=["first", "last"])
@pytest.mark.machine(stub=True, qmp=True, append="init=/zoo workload=off")
def test_an_nmi_there_that_is_handed_to_the_kernel_finds_its_gs(machine, door, place):
    machine.serving().console.wait_for("^zoo: open")
    rsp, cpus = machine.rsp(), machine.elf["cpus"]
    rsp.resume()
    holder = Holder(machine)
    holder.run_to(holder.passage(machine.elf[door].address)[place])
    assert piece(holder.registers(), BASES["gs_base"]) >> 63 == 0
    machine.monitor("nmi")
    holder.client.send(b"D;1")
    assert rsp.wait_stop().signal == 2
    rsp.insert(machine.elf["panic_at"].address)
    rsp.go("vCont;C02")
    assert rsp.pc == machine.elf["panic_at"].address
    assert cpus.address <= rsp.register("gs_base") < cpus.end


def is_of_zoo(holder, elf):
    """At the debug trap's entry: the program has set TF itself."""
    rip = int.from_bytes(bytes.fromhex(holder.client.ask(f"m{piece(holder.registers(), RSP):x},8")), "little")
    return elf["zoo_trapped"].address <= rip < elf["zoo_trapped_end"].address


@pytest.mark.deadline(60)
@pytest.mark.machine(stub=True, qmp=True)
def test_a_debug_trap_that_an_nmi_and_steps_came_before_is_still_the_programs(machine):
    """Until the handler has read DR6, nothing else says what the trap is about."""
    rsp, elf = machine.rsp(), machine.elf
    entry, behind = elf["vector_1"].address, elf["zoo_trapped_end"].address
    rsp.resume()
    holder = Holder(machine)
    holder.run_to(entry, lambda: is_of_zoo(holder, elf))
    for count in range(len(holder.walk(CALL))):
        holder.run_to(entry, lambda: is_of_zoo(holder, elf))
        for _ in range(count):
            holder.client.ask("s")
        machine.monitor("nmi")
        holder.client.send(b"c")
        assert rsp.wait_stop().signal == 2
        for _ in range(2):
            assert rsp.step().signal == 5
        rsp.insert(behind)
        assert rsp.go().registers[16] == behind, f"after {count} instructions"
        rsp.remove(behind)
        rsp.resume()
        holder.client.send_raw(b"\x03")
        holder.client.receive()
    assert holder.client.ask("D;1") == "OK"
    assert rsp.interrupt().signal == 2


@pytest.mark.deadline(120)
@pytest.mark.machine(smp=2, stub=True)
def test_a_processor_that_has_just_entered_the_debugger_is_not_parked_there(machine):
    """By another processor's NMI, on its way to decide about a trap. A step would step the debugger itself.
    QEMU's stub holds the one back until the other has sent its NMI."""
    rsp, elf = machine.rsp(), machine.elf
    debugger = range(elf["__debugger_text_start"].address, elf["__debugger_text_end"].address)
    rsp.resume()
    holder = Holder(machine)
    for more in range(0, 48, 3):
        holder.run_to(elf["vector_1"].address, lambda: is_of_zoo(holder, elf))
        stepped = 0
        while stepped < more or piece(holder.registers(), RIP) not in debugger:
            stepped += piece(holder.registers(), RIP) in debugger
            holder.client.ask("s")
        rsp.send_raw(b"\x03")
        calls = elf["seat_round_up"]
        while not calls.address <= piece(holder.registers(), RIP) < calls.end:
            holder.client.send(b"vCont;c:2")
            holder.client.send_raw(b"\x03")
            holder.client.receive()
            assert holder.client.ask("Hg2") == "OK"
        holder.client.send(b"c")
        assert rsp.wait_stop().signal == 2
        for thread in running(rsp):
            for _ in range(2):
                assert rsp.go(f"vCont;s:{thread}").signal == 5
        assert "does not answer" not in rsp.output
        rsp.resume()
        holder.client.send_raw(b"\x03")
        holder.client.receive()
        assert holder.client.ask("Hg1") == "OK"
    assert holder.client.ask("D;1") == "OK"
    assert rsp.interrupt().signal == 2
