"""20 000 instructions of the demo, one step each, under a timer of 1000 Hz that always has an interrupt
waiting, and two system calls of a program. The zoos (kernel/demo/step_zoo.S, kernel/user/zoo_ways.S) look at
their own flags; QEMU's stub looks at the processor."""
import re
import select
import time

import pytest
from trapline_pytest import ROOT
from trapline_pytest.elf import Elf
from trapline_pytest.packet import frame
from trapline_pytest.rsp import Rsp

# So many from each of these on; the first is right before the zoo.
STEPS = 10_000
STARTS = ("demo_check_flags", "demo_stage_hash")
IRETQ = b"\x48\xcf"
RIP = 16
TF, IF, RF, ID = 0x100, 0x200, 0x10000, 1 << 21

# What runs in an interrupt and nowhere else. The zoo's "int n" goes through trap_interrupt in line.
HANDLERS = ("timer_interrupt", "demo_tick", "event_ring_put", "apic_end_of_interrupt",
            "unexpected_interrupt", "debugger_interrupt")
# g of QEMU's stub: sixteen general registers and rip, then eflags, cs, ss of four bytes each.
GENERAL = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12",
           "r13", "r14", "r15", "rip")


class Oracle:
    """QEMU's own stub on the same guest. In place of the iretq with which the debugger leaves, it puts a jump to
    itself: there the processor waits, with the program's registers loaded and the rest in the frame that
    the iretq takes, until it is sent to another iretq. QEMU throws all its translations away at a breakpoint
    or a step of its own stub, and those of a page at a write there, but none at an 0x03 and at P: a step takes
    0.7 ms, and not 6."""

    LOOP = b"\xeb\xfe"
    PATIENCE = 0.0004  # in seconds: as long as most steps take to arrive there

    def __init__(self, machine):
        self.client = Rsp(machine.connect(machine.options["stub"]), machine.deadline)
        machine.clients.append(self.client)
        self.exit = machine.elf["stack_leave_end"].address - len(IRETQ)
        self.other = machine.elf["stack_admit_nmi"].end - len(IRETQ)
        self.debugger = range(machine.elf["__debugger_text_start"].address,
                              machine.elf["__debugger_text_end"].address)
        self.client.receive()  # connecting has stopped the machine
        self.client.acks = False  # a '$' will do, and any byte stops a machine that runs
        self.watches = False
        self.ask(b"qXfer:features:read:target.xml:0,ffb")  # there is no P without
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

    def put(self, code):
        self.stop()
        assert self.ask(b"M%x,2:%s" % (self.exit, code.hex().encode()), b"c") == [b"OK"]
        self.watches = code == self.LOOP

    def watch(self):
        """From now on the processor waits whenever it leaves."""
        if not self.watches:
            self.put(self.LOOP)

    def rest(self):
        self.put(IRETQ)

    def registers(self, rsp):
        """The program's, once the processor waits; it goes on. None: the debugger has stopped again first."""
        while not select.select([rsp.line], [], [], self.PATIENCE)[0]:
            self.stop()
            values = self.parse(self.ask(b"g")[0].decode())
            if values["rip"] == self.exit:
                rip = self.other.to_bytes(8, "little").hex().encode()
                loaded, done = self.ask(b"m%x,28" % values["rsp"], b"P10=" + rip, b"c")
                assert done == b"OK"
                loaded = bytes.fromhex(loaded.decode())
                for i, name in enumerate(("rip", "cs", "eflags", "rsp", "ss")):
                    values[name] = int.from_bytes(loaded[8 * i:8 * i + 8], "little")
                return values
            self.ask(b"c")
        return None

    @staticmethod
    def parse(reply):
        data = bytes.fromhex(reply.replace("x", "0"))
        words = {name: int.from_bytes(data[8 * i:8 * i + 8], "little")
                 for i, name in enumerate(GENERAL)}
        base = 8 * len(GENERAL)
        for i, name in enumerate(("eflags", "cs", "ss")):
            words[name] = int.from_bytes(data[base + 4 * i:base + 4 * i + 4], "little")
        return words


def truth(values, sysret=False):
    """What both must agree about. During a step the processor's TF and IF are not the program's, and sysret
    loads them from r11."""
    hidden = {"eflags": TF | IF | RF | ID, "r11": TF if sysret else 0}
    return {name: value & ~hidden.get(name, 0) for name, value in values.items()}


def step(rsp, oracle, thread="p1.1", sysret=False):
    """One step; true if the processor had in it what the debugger had said. What the debugger carries
    out by itself, such as cli, is in no processor before the next step; and it may leave for code of
    its own, which hands a trap on to the kernel."""
    ours = Oracle.parse(rsp.ask("g"))
    oracle.watch()
    rsp.resume(f"vCont;s:{thread}")
    theirs = oracle.registers(rsp)
    compared = theirs is not None and theirs["rip"] not in oracle.debugger
    if compared:
        assert truth(theirs, sysret) == truth(ours, sysret)
    while oracle.registers(rsp):  # it leaves again
        pass
    rsp.wait_stop()
    return compared


def run_to(rsp, address):
    rsp.insert(address)
    rsp.go()
    rsp.remove(address)
    assert rsp.stop.registers[RIP] == address


# The instructions that have to be made to look as if neither TF nor our IF were there: how each begins.
# mov to ss is 8e with a 2 in the middle of its ModRM byte.
NAMED = {"pushf": rb"(\x66)?\x9c", "popf": rb"(\x66)?\x9d", "cli": rb"\xfa", "sti": rb"\xfb", "iret": rb"\x48\xcf",
         "mov ss": rb"\x8e[\x10-\x17\x50-\x57\x90-\x97\xd0-\xd7]", "hlt": rb"\xf4", "int n": rb"\xcd[^\x80]",
         "rep movs": rb"\xf3\x48?[\xa4\xa5]", "rep stos": rb"\xf3\x48?[\xaa\xab]", "repe cmps": rb"\xf3\x48?[\xa6\xa7]",
         "syscall": rb"\x0f\x05", "sysret": rb"\x48\x0f\x07", "int 0x80": rb"\xcd\x80"}
OF_PROGRAMS = {"syscall", "sysret", "int 0x80"}


def named(codes):
    """Which of them are among some instructions."""
    return {name for code in codes for name, begin in NAMED.items() if re.match(begin, code, re.S)}


def is_in(functions, pc):
    return any(f.address <= pc < f.end for f in functions)


@pytest.mark.machine(stub=True, transport="virtio")
@pytest.mark.deadline(400)
@pytest.mark.parametrize("start", STARTS)
def test_10000_steps_stay_in_line_and_agree_with_the_processor(machine, start):
    """Those that the debugger carries out by itself, as cli, are compared with the step behind them."""
    rsp = machine.rsp()
    elf = machine.elf
    handlers = [elf[name] for name in HANDLERS if name in elf]
    oracle = Oracle(machine)
    run_to(rsp, elf[start].address)
    ticks = rsp.read_u64(elf["clock_ticks"].address)
    compared, started, seen = 0, time.monotonic(), set()
    for number in range(STEPS):
        compared += step(rsp, oracle)
        pc = rsp.stop.registers[RIP]
        assert rsp.stop.signal == 5
        assert not is_in(handlers, pc), f"step {number}: {pc:#x}"
        assert pc not in oracle.debugger, f"step {number}: {pc:#x}"
        seen.add(pc)
    oracle.rest()
    seconds = time.monotonic() - started
    if start == STARTS[0]:
        animals = {name for name in elf.symbols if name.startswith("zoo_") and elf[name].size}
        assert {name for name in animals if elf[name].address in seen} == animals
        assert named(rsp.read(pc, 4) for pc in seen) >= NAMED.keys() - OF_PROGRAMS
    ticked = rsp.read_u64(elf["clock_ticks"].address) - ticks
    rsp.detach()
    machine.console.wait_for("demo: turn")
    print(f"{STEPS} steps in {seconds:.1f} s ({STEPS / seconds:.0f}/s), {compared} comparisons, "
          f"{len(seen)} addresses, {ticked} ticks")
    assert compared > 0.9 * STEPS


# Ring 3, and the ways between it and the kernel


DOORS = {"int $0x80": b"\xcd\x80", "iretq": IRETQ, "syscall": b"\x0f\x05", "sysretq": b"\x48\x0f\x07"}
STEPS_AT_MOST = 4_000


@pytest.mark.machine(stub=True, transport="virtio", append="init=/zoo")
@pytest.mark.deadline(400)
def test_each_step_of_two_system_calls_agrees_with_the_processor(machine, settings):
    """From a program by int 0x80 and back by iret, in by syscall and back by sysret. The two that go in are
    carried out by the debugger: the processor is compared at their first instruction in the kernel."""
    machine.serving().console.wait_for("^zoo: open")
    program = Elf(ROOT / settings.initrd.parent / "user" / "zoo.elf")
    rsp, oracle = machine.rsp(), Oracle(machine)
    run_to(rsp, machine.elf["sys_getpid"].address)  # in the program's address space
    run_to(rsp, program["zoo_int80"].address)
    thread, handlers = rsp.stop.values["thread"], [machine.elf[name] for name in HANDLERS if name in machine.elf]
    compared, number, pc, doors = 0, 0, rsp.stop.registers[RIP], []
    started = time.monotonic()
    while pc != program["zoo_syscall_done"].address:
        code = rsp.read(pc, 3)
        doors += [name for name, opcode in DOORS.items() if code.startswith(opcode)]
        compared += step(rsp, oracle, thread, code == DOORS["sysretq"])
        pc = rsp.stop.registers[RIP]
        assert rsp.stop.signal == 5 and rsp.stop.values["thread"] == thread
        assert not is_in(handlers, pc), f"step {number}: {pc:#x}"
        assert (number := number + 1) < STEPS_AT_MOST
    oracle.rest()
    seconds = time.monotonic() - started
    print(f"{number} steps in {seconds:.1f} s, {compared} comparisons, through {doors}")
    assert doors == list(DOORS)
    assert compared > 0.9 * number


@pytest.mark.machine(append="init=/zoo")
@pytest.mark.deadline(120)
def test_every_named_instruction_is_stepped_with_interrupts_served(machine, settings):
    """With those that wait, the other tests do. The kernel's zoo until all have been seen, then a program's two
    system calls, which look at their flags by themselves."""
    machine.serving().console.wait_for("^zoo: open")
    program = Elf(ROOT / settings.initrd.parent / "user" / "zoo.elf")
    rsp, elf = machine.rsp(), machine.elf
    handlers = [elf[name] for name in HANDLERS if name in elf]
    assert "are served" in rsp.monitor("step irq on")

    def walk(start, end, wanted):
        run_to(rsp, start.address)
        thread, codes, steps = rsp.stop.values["thread"], {}, 0
        while not end.address <= (pc := rsp.stop.registers[RIP]) <= end.end:
            is_new = pc not in codes
            if is_new:
                codes[pc] = rsp.read(pc, 4)
            elif codes[pc][0] == 0xf3:  # one round of a rep has been stepped
                run_to(rsp, pc + (3 if codes[pc][1] == 0x48 else 2))
                continue
            assert rsp.go(f"vCont;s:{thread}").signal == 5 and rsp.stop.values["thread"] == thread
            assert not is_in(handlers, rsp.stop.registers[RIP]), f"behind {pc:#x}"
            assert (steps := steps + 1) < STEPS
            if is_new and named(codes.values()) >= wanted:
                break
        print(f"{steps} steps")
        return set(codes.values())

    codes = walk(elf["step_zoo_turn"], elf["demo_turn"], NAMED.keys() - OF_PROGRAMS)
    run_to(rsp, elf["sys_getpid"].address)
    codes |= walk(program["zoo_int80"], program["zoo_syscall_done"], OF_PROGRAMS)
    assert named(codes) == NAMED.keys()
    run_to(rsp, elf["demo_turn"].address)  # both zoos have nothing to complain of
    rsp.detach()
