"""Programs in ring 3: what the guest proves by itself, what kills a program, and system calls seen from both
sides. Their ELFs with symbols are in build/user, the initrd has them stripped."""
import functools
import re
import subprocess
import sys

import pytest
from trapline_pytest import ROOT
from trapline_pytest.elf import Elf

TF, IF, DF, RF, AC = 0x100, 0x200, 0x400, 0x10000, 0x40000
PROOFS = ("pages are made when they are touched", "pages are copied when they are written",
          "floating point registers stay a program's own", "all of it is true")


@pytest.fixture
def user(settings):
    """The ELF of a program by its name."""
    return lambda name: Elf(ROOT / settings.initrd.parent / "user" / f"{name}.elf")


# What the guest proves


@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_check_finds_all_that_is_promised_to_programs(boot, cpus):
    console = boot(append="init=/check", smp=cpus).console
    for proof in PROOFS:
        console.wait_for(f"^check: {proof}")
    console.wait_for(r"^process: /check \(pid 1\) has ended: 0")
    assert "NOT TRUE" not in console.text()


@pytest.mark.machine(append="init=/init")
def test_init_starts_two_workers_and_looks_after_children(machine, user):
    console = machine.console
    console.wait_for("^init: the first program, pid 1")
    for name in ("first", "second"):
        console.wait_for(f"^worker: {name}")
    console.wait_for("^demo: turn")
    assert "killed" not in console.text()


CRASHES = {"de": "divide error", "gp": "general protection fault", "ud": "invalid opcode",
           "bp": "breakpoint", "db": "debug exception", "tf": "debug exception", "ss": "breakpoint",
           "null": "cannot write 0x0", "kernel": "cannot write 0xffffffff80100000", "text": "cannot write 0x40",
           "hole": "general protection fault", "stack": "cannot write 0x7fffffef", "rsp": "invalid opcode"}


@pytest.mark.parametrize("cpus", [1, 2])
def test_a_fault_ends_its_program_with_one_line_and_nothing_else(boot, cpus):
    console = boot(append="init=/crash", smp=cpus).console
    for pid, (way, words) in enumerate(CRASHES.items(), 2):
        console.wait_for(rf"^process: /crash \(pid {pid}\) killed: .*{words}.*")
        console.wait_for(rf"^crash: {way} 1[2-4]\d$")  # 128 and the vector
    console.wait_for("^crash: still here")
    console.wait_for("^demo: turn")


# /init as it should not be


def make_initrd(folder, settings, spoil):
    """An initrd whose only file is init, spoiled."""
    data = spoil((settings.initrd.parent / "user/stripped/init").read_bytes())
    path = folder / "init"
    if data is not None:
        path.write_bytes(data)
    image = folder / "initrd.img"
    names = ["init=" + str(path)] if data is not None else [str(ROOT / "kernel/initrd/README")]
    image.write_bytes(subprocess.run([sys.executable, ROOT / "scripts/mkinitrd.py", *names], check=True,
                                     stdout=subprocess.PIPE).stdout)
    return image


def field(data, offset, value, size):
    return data[:offset] + value.to_bytes(size, "little") + data[offset + size:]


BAD = {
    "no such file": lambda data: None,
    "too short for an ELF header": lambda data: data[:40],
    "its program headers are cut off": lambda data: data[:100],
    "a segment is cut off": lambda data: data[:0x1010],
    "not an ELF file": lambda data: b"#!/bin/sh\n" + data,
    "not an ELF for x86-64": lambda data: field(data, 18, 183, 2),
    "not a static executable at a fixed address": lambda data: field(data, 16, 3, 2),
    "its entry point is not in its text": lambda data: field(data, 24, 0x10, 8),
    "a segment outside the memory of programs": lambda data: field(data, 64 + 16, 0xffffffff80100000, 8),
    "segments that overlap, or are not sorted": lambda data: field(data, 64 + 56 + 16, 0x400000, 8),
    "a segment with more in the file than in memory": lambda data: field(data, 64 + 40, 1, 8),
    "a segment both writable and executable": lambda data: field(data, 64 + 56 + 4, 7, 4),
}


@pytest.mark.com1("it is the loader's: its packets are those of every test")
@pytest.mark.parametrize("why", BAD)
def test_a_bad_init_is_refused_with_a_reason_and_the_kernel_lives(boot, settings, tmp_path, why):
    image = make_initrd(tmp_path, settings, BAD[why])
    machine = boot(kernel=settings.elf.path, initrd=image)
    machine.console.wait_for(f"^process: cannot execute /init: {why}; there will be no programs")
    rsp = machine.serving().rsp()
    for _ in range(2):
        rsp.run_to("demo_turn")
    rsp.detach()


def test_init_off_and_another_init(boot):
    off = boot(append="init=off").console
    boot(append="init=/nobody").console.wait_for("cannot execute /nobody: no such file")
    off.wait_for("^demo: turn")
    assert "process:" not in off.text() and "init:" not in off.text()


# System calls, one instruction at a time


@pytest.fixture
def zoo(boot, user):
    machine = boot(append="init=/zoo").serving()
    machine.console.wait_for("^zoo: open")
    rsp = machine.rsp()
    rsp.program = user("zoo")
    rsp.run_to("sys_getpid")  # in the program's address space
    return rsp


def step_to(rsp, wanted, limit):
    """Step until the instruction begins with these bytes; the addresses on the way. In ring 3 TF is never
    seen and IF always, whatever the debugger and the timer do."""
    trail = []
    while not rsp.read(rsp.pc, len(wanted)).startswith(wanted):
        trail.append(one_step(rsp))
        assert len(trail) < limit
    return trail


class Preempted(Exception):
    """The steps have gone through the scheduler, and lead another thread now."""


def retried(test):
    """A time slice may end on the way out of the kernel: then from the start."""
    @functools.wraps(test)
    def run(zoo):
        for _ in range(5):
            try:
                return test(zoo)
            except Preempted:
                zoo.run_to("sys_getpid")
        pytest.fail("preempted five times in a row")
    return run


def one_step(rsp):
    thread = rsp.stop.values["thread"]
    stop = rsp.go(f"vCont;s:{thread}")
    if stop.values["thread"] != thread:
        raise Preempted
    assert stop.signal == 5
    assert not rsp.register("eflags") & (TF | RF)
    if stop.registers[16] < 1 << 47:
        assert rsp.register("eflags") & IF
    return stop.registers[16]


SYSCALL, SYSRET, INT80, IRET = b"\x0f\x05", b"\x48\x0f\x07", b"\xcd\x80", b"\x48\xcf"


@retried
def test_step_through_syscall_and_sysret(zoo):
    """In at syscall_entry on the program's stack, through all of the kernel, and out by sysret: each with one
    step, nothing of the debugger's to be seen in rflags, r11 and the red zone (which the zoo checks)."""
    zoo.run_to(zoo.program["zoo_syscall"].address)
    step_to(zoo, SYSCALL, 20)
    rsp_before, flags, behind = zoo.register("rsp"), zoo.register("eflags"), zoo.pc + 2
    assert one_step(zoo) == zoo.elf["syscall_entry"].address
    assert zoo.register("cs") & 3 == 0 and zoo.register("rsp") == rsp_before
    assert zoo.register("rcx") == behind and zoo.register("r11") == flags
    assert zoo.register("eflags") & (TF | IF | DF | RF | AC) == 0  # IA32_FMASK
    trail = step_to(zoo, SYSRET, 4000)
    assert zoo.elf["syscall_dispatch"].address in trail and zoo.elf["sys_getpid"].address in trail
    assert zoo.register("r11") == flags and zoo.register("rsp") == rsp_before
    assert one_step(zoo) == behind == zoo.program["zoo_syscall_done"].address
    assert zoo.register("cs") & 3 == 3 and zoo.register("rsp") == rsp_before
    assert zoo.register("r11") == flags and zoo.register("rcx") == behind
    assert zoo.register("eflags") == flags
    assert zoo.register("rax") == 1
    run_on(zoo)


def run_on(rsp):
    """The zoo looks at everything once more, and finds nothing."""
    turns = []
    for _ in range(3):
        rsp.run_to(rsp.program["zoo_syscall"].address)
        turns.append(rsp.read_u64(rsp.program["zoo_turns"].address))
    assert turns == list(range(turns[0], turns[0] + 3))


@retried
def test_step_through_int_0x80_and_iret_to_ring_3(zoo):
    zoo.run_to(zoo.program["zoo_int80"].address)
    step_to(zoo, INT80, 20)
    rsp_before, flags, behind = zoo.register("rsp"), zoo.register("eflags"), zoo.pc + 2
    assert one_step(zoo) == zoo.elf["vector_128"].address
    assert zoo.register("cs") & 3 == 0 and zoo.register("rsp") > 1 << 63
    image = [zoo.read_u64(zoo.register("rsp") + 8 * i) for i in range(5)]
    assert image[0] == behind and image[2] == flags and image[3] == rsp_before
    trail = step_to(zoo, IRET, 4000)
    assert zoo.elf["syscall_dispatch"].address in trail
    assert one_step(zoo) == behind
    assert zoo.register("cs") & 3 == 3 and zoo.register("rsp") == rsp_before
    assert zoo.register("eflags") == flags and zoo.register("r11") == 0x2222
    run_on(zoo)


def test_4000_steps_of_the_zoo_stay_in_line(zoo):
    """Around and around under the timer of 1000 Hz: ring 3, both doors, the kernel's side of them."""
    zoo.run_to(zoo.program["zoo_syscall"].address)
    handlers = [zoo.elf[name] for name in ("timer_interrupt", "demo_tick") if name in zoo.elf]
    seen, ours = set(), zoo.stop.values["thread"]
    for number in range(4000):
        stop = zoo.step()
        if stop.values["thread"] != ours:  # the steps have gone through the scheduler
            zoo.run_to("sys_getpid")
            continue
        pc = stop.registers[16]
        assert stop.signal == 5
        assert not any(f.address <= pc < f.end for f in handlers), f"step {number}: {pc:#x}"
        seen.add(pc)
    for name in ("zoo_syscall", "zoo_syscall_done", "zoo_syscall_flags", "zoo_int80"):
        assert zoo.program[name].address in seen, name
    for name in ("syscall_entry", "vector_128", "syscall_dispatch"):
        assert zoo.elf[name].address in seen, name
    run_on(zoo)


# Faults of programs that a client wants to see


def test_monitor_catch_user_stops_at_a_programs_fault_and_lets_it_go(boot):
    machine = boot(append="gdb=wait init=/crash:ud").serving()
    rsp = machine.rsp()
    assert "ignore" in rsp.monitor("catch user ud") and "first" in rsp.monitor("catch ud")
    for wrong in ("catch user nobody", "catch user ud never", "catch users ud"):
        assert "usage" in rsp.monitor(wrong)
    assert "nmi" not in rsp.monitor("catch user").lower()
    assert "first" in rsp.monitor("catch user ud first") and "first" in rsp.monitor("catch ud")
    stop = rsp.go()
    assert stop.signal == 4 and rsp.register("cs") & 3 == 3 and rsp.read(rsp.pc, 2) == b"\x0f\x0b"
    rsp.resume("vCont;C04")
    machine.console.wait_for(r"^process: /crash \(pid 1\) killed: invalid opcode")
    machine.console.wait_for("^demo: turn")


# With gdb


def frames(gdb):
    return [re.sub(r" .*", "", name) for name in gdb.frames()]


def test_backtraces_go_on_from_the_kernel_into_the_program(boot, user):
    """From a system call's function, from each instruction of its entry, from a page fault within it."""
    gdb = boot(append="init=/zoo").serving().gdb()
    gdb.execute("add-symbol-file " + user("zoo").path, "tbreak sys_getpid", "continue")
    assert frames(gdb)[:2] == ["sys_getpid", "syscall_dispatch"]
    assert frames(gdb)[-4:-2] == ["turn", "main"] or "main" in frames(gdb), frames(gdb)
    gdb.execute("tbreak zoo_syscall", "continue")
    while "syscall" not in gdb.execute("x/i $pc").split(":", 1)[1]:
        gdb.execute("stepi")
    for _ in range(30):
        gdb.execute("stepi")
        assert "zoo_syscall" in frames(gdb)[1:3], frames(gdb)
    assert "main" in frames(gdb), frames(gdb)
    gdb.execute("tbreak *zoo_syscall_done", "continue")
    assert frames(gdb)[0] == "zoo_syscall"


def test_a_page_fault_inside_a_system_call_is_traced_back_to_main(boot, user):
    gdb = boot(append="gdb=wait init=/check").serving().gdb()
    gdb.execute("add-symbol-file " + user("check").path,
                "tbreak sys_write", "continue",
                "tbreak process_resolve", "continue")
    names = frames(gdb)
    assert names[0] == "process_resolve" and "main" in names, names
