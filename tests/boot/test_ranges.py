"""vCont;r beyond what gdb makes of it: ranges that hold nothing, faults on the way, and who runs meanwhile.
Steps in general are in test_step.py."""
import re

import pytest
from test_smp import hits_of, stop_hammer_on
from test_threads import by_gdb, started
from trapline_pytest.elf import Elf

IF, TF = 0x200, 0x100
TRAP, SEGV = 5, 11
PAGE = 0x1000
HOLE = 0xffff900000000000
MOV_RAX = b"\x48\xb8"
JMP_RAX = b"\xff\xe0"
NOP = b"\x90"
INT80 = b"\xcd\x80"


def steps_in(rsp, start, end, others=""):
    return rsp.go(f"vCont;r{start % 2**64:x},{end % 2**64:x}:{rsp.thread}{others}")


def starts_of(rsp, name, count):
    """Where the first instructions of a function of the demo's begin."""
    rsp.run_to(name)
    return [rsp.pc, *(rsp.step().registers[16] for _ in range(count - 1))]


# Ranges that hold little


def test_a_range_that_holds_nothing_is_one_step(rsp):
    """Its end is not in it, and one that ends before it begins does not go round the end of all addresses."""
    hot, *behind = starts_of(rsp, "demo_hot", 3)
    for start, end in ((hot, hot), (0, 0), (hot + 1, hot), (hot + 64, hot), (hot + 64, 0), (hot, 0), (-1, 0),
                       (-1, hot + 64), (-1, -1)):
        rsp.run_to("demo_hot")
        for expected in behind:
            assert steps_in(rsp, start, end).signal == TRAP
            assert rsp.pc == expected, (hex(start), hex(end))


def test_a_range_ends_at_its_first_instruction_outside(rsp):
    """However little of an instruction is in it; one step is made even from outside."""
    first, second, third = starts_of(rsp, "demo_hot", 3)
    for start, end, expected in ((first, first + 1, second), (first, second, second), (first, second + 1, third),
                                 (second, second + 1, third), (second + 1, third, second), (third, third + 1, second)):
        rsp.run_to("demo_hot")
        assert steps_in(rsp, start, end).signal == TRAP
        assert rsp.pc == expected, (hex(start), hex(end))


# Faults on the way


@pytest.fixture
def string_length(rsp):
    """The function, stopped in at its first instruction."""
    rsp.run_to("demo_string_length")
    return rsp.elf["demo_string_length"]


def test_a_fault_that_nobody_resolves_ends_a_range_like_a_step(rsp, string_length):
    """What the client makes good goes on in a range of its own."""
    good, back = rsp.register("rdi"), rsp.read_u64(rsp.register("rsp"))
    assert rsp.set_register("rdi", 16) == "OK"
    before = rsp.ask("g")
    while rsp.step().signal == TRAP:
        assert rsp.pc in range(string_length.address, string_length.end)
    expected = rsp.ask("g")
    assert expected != before and rsp.ask("G" + before) == "OK"
    stop = steps_in(rsp, string_length.address, string_length.end)
    assert stop.signal == SEGV and rsp.ask("g") == expected
    assert string_length.address < rsp.pc < string_length.end
    assert rsp.register("eflags") & (IF | TF) == IF
    assert rsp.set_register("rdi", good) == "OK"
    assert steps_in(rsp, string_length.address, string_length.end).signal == TRAP
    assert rsp.pc == back


def test_a_range_goes_on_behind_a_page_that_is_made_when_it_is_touched(rsp, string_length):
    """The string begins in a page that is there, and ends in the next one."""
    before, back = rsp.ask("g"), rsp.read_u64(rsp.register("rsp"))
    assert rsp.set_register("rdi", 5432) == rsp.set_register("rip", rsp.elf["demand_page"].address) == "OK"
    rsp.run_to(back)
    page, made = rsp.register("rax"), rsp.read_u64(rsp.elf["demand_pages_made"].address)
    for text, length in ((page, 0), (page + PAGE - 64, 64)):
        assert rsp.ask("G" + before) == rsp.set_register("rdi", text) == "OK"
        rsp.write(rsp.register("rsp"), back.to_bytes(8, "little"))
        if length:
            rsp.write(text, b"a" * length)
        assert steps_in(rsp, string_length.address, string_length.end).signal == TRAP
        assert (rsp.pc, rsp.register("rax")) == (back, length)
        assert rsp.register("eflags") & (IF | TF) == IF
    assert rsp.read_u64(rsp.elf["demand_pages_made"].address) == made + 2


@pytest.mark.machine(append="gdb=wait")
@pytest.mark.parametrize("where", ["hole", "data", "null"])
def test_a_range_that_leaves_for_where_no_code_is_stops_there(rsp, where):
    """Although the range goes on there, and has no end."""
    goal = {"hole": HOLE, "data": rsp.elf["demo_scratch"].address, "null": 0}[where]
    rsp.run_to("demo_add")
    code = int(rsp.ask("_M1000,rx"), 16)
    rsp.write(code, NOP * 8 + MOV_RAX + goal.to_bytes(8, "little") + JMP_RAX)
    before = rsp.ask("g")
    assert rsp.set_register("rip", code) == "OK"
    assert steps_in(rsp, 0, -1).signal == SEGV
    assert (rsp.pc, rsp.register("rax")) == (goal, goal)
    assert rsp.register("eflags") & (IF | TF) == IF
    assert rsp.ask("G" + before) == "OK"
    assert rsp.step().signal == TRAP


SENSITIVE = {"cli": "fa", "sti": "fb", "hlt": "f4", "int80": "cd80", "syscall": "0f05", "pushf": "9c", "nop": "90"}


@pytest.mark.parametrize("code", SENSITIVE.values(), ids=SENSITIVE)
def test_no_step_is_emulated_where_no_code_is(rsp, code):
    """Alone and in a range: what the debugger does in the processor's place would need no right to execute it."""
    rsp.run_to("demo_hot")
    before, data = rsp.ask("g"), rsp.elf["demo_scratch"].address
    rsp.write(data, bytes.fromhex(code) + NOP * 16)
    assert rsp.set_register("rip", data) == "OK"
    for go in (rsp.step, lambda: steps_in(rsp, 0, -1)):
        assert go().signal == SEGV and rsp.pc == data
    assert rsp.ask("G" + before) == "OK"
    assert rsp.step().signal == TRAP


@pytest.mark.machine(append="init=/zoo")
def test_a_range_of_the_kernels_stops_where_a_program_has_code(rsp, settings):
    """The code could be read, and emulated."""
    program = Elf(settings.initrd.parent / "user" / "zoo.elf")["zoo_syscall"].address
    rsp.run_to("sys_getpid")
    assert rsp.set_register("rip", program) == "OK"
    assert steps_in(rsp, 0, -1).signal == SEGV
    assert rsp.pc == program


@pytest.mark.machine(append="init=/zoo gdb=wait")
def test_no_step_is_emulated_where_code_is_another_rings(rsp, settings):
    """int 0x80 in a program's page for the kernel (SMEP), and in the kernel's for a program."""
    program = Elf(settings.initrd.parent / "user" / "zoo.elf")["zoo_int80"]
    kernels = int(rsp.ask("_M1000,rx"), 16)
    rsp.write(kernels, INT80 + NOP * 8)
    rsp.run_to("sys_getpid")
    programs = program.address + rsp.read(program.address, program.size).index(INT80)
    for place, foreign in (("sys_getpid", programs), (program.address, kernels)):
        rsp.run_to(place)
        before = rsp.ask("g")
        assert rsp.set_register("rip", foreign) == "OK"
        for go in (rsp.step, lambda: steps_in(rsp, 0, -1)):
            assert go().signal == SEGV and rsp.pc == foreign
        assert rsp.ask("G" + before) == "OK"
        assert rsp.step().signal == TRAP


# The others meanwhile


def run_a_loop(rsp, others):
    """The stopped thread calls demo_loop_1000() in one range, some 4000 instructions, and is put back."""
    loop, saved, stack = rsp.elf["demo_loop_1000"], rsp.ask("g"), rsp.register("rsp") - 256 & -16
    back = rsp.pc
    rsp.write(stack - 8, back.to_bytes(8, "little"))
    assert rsp.set_register("rsp", stack - 8) == rsp.set_register("rip", loop.address) == "OK"
    assert steps_in(rsp, loop.address, loop.end, others).signal == TRAP
    assert (rsp.pc, rsp.register("rax")) == (back, 499500)
    assert rsp.ask("G" + saved) == "OK"


@pytest.mark.parametrize("interrupts", ["on", "off"])
@pytest.mark.machine(smp=4, append="workload=full init=off")
def test_the_others_stand_still_during_a_range_unless_they_are_to_run(machine, interrupts):
    """Now and then a range lets interrupts in, or the others run for a moment if they are off: those only that
    may run. The thread keeps its processor, which the threads of all four would want."""
    rsp = started(machine)
    slice_left = by_gdb(machine, "(unsigned long)&cpus[1].slice")
    thread = stop_hammer_on(rsp, machine, 1)
    if interrupts == "off":
        assert rsp.set_register("eflags", rsp.register("eflags") & ~IF) == "OK"
    first = hits_of(rsp, machine, 4)

    def moved(others):
        rsp.write(slice_left, (1 << 20).to_bytes(4, "little"))
        run_a_loop(rsp, others)
        assert rsp.thread == thread
        return [now != then for now, then in zip(hits_of(rsp, machine, 4), first)]

    for others in ("", ";t", "", ";t"):
        assert moved(others) == [False] * 4
    assert any(any(moved(";c")) for _ in range(200))


# Breakpoints in a range, and at its end


@pytest.mark.parametrize("kind, word", [(0, "swbreak"), (1, "hwbreak")])
@pytest.mark.parametrize("code, holds", [("220127", True), ("220027", False)])
def test_a_breakpoint_at_the_end_of_a_range_is_asked(rsp, kind, word, code, holds):
    """A client that gave a condition asks it again at a plain stop; a hardware breakpoint says so by itself."""
    first, second, third = starts_of(rsp, "demo_hot", 3)
    for end in (second, third):
        rsp.run_to("demo_hot")
        assert rsp.ask(f"Z{kind},{end:x},1;X3,{code}") == "OK"
        stop = steps_in(rsp, first, end)
        assert stop.signal == TRAP and rsp.pc == end
        assert ("hwbreak" in stop.values) == (holds and kind == 1)
        assert ("counted 1 times" in rsp.monitor("bp")) == holds
        rsp.monitor(f"bp {end:#x} count 0")
        rsp.remove(end, kind)


@pytest.fixture
def in_loop(gdb):
    """Where demo_loop_1000() has counted, as gdb writes an address: stopped there at i == 1."""
    gdb.execute("tbreak demo_loop_1000", "continue", "stepi", "stepi", "stepi")  # into the block that has i
    while gdb.int("i") != 1:
        gdb.execute("stepi")
    return f"*{gdb.int('(unsigned long)$pc'):#x}"


@pytest.mark.parametrize("kind", ["break", "hbreak"])
def test_gdb_next_over_a_loop_stops_where_the_kernel_finds_a_condition_true(gdb, in_loop, kind):
    gdb.execute("set breakpoint always-inserted on", f"{kind} {in_loop} if i == 500")
    assert "Breakpoint" in gdb.execute("next")
    assert gdb.int("i") == 500
    assert "Breakpoint" not in gdb.execute("next")
    assert gdb.int("sum") == 499500
    if kind == "break":
        assert "passed 500 times" in gdb.execute("monitor bp")  # since the last stop


def test_gdb_next_over_a_loop_asks_the_rules_of_a_breakpoint(gdb, in_loop):
    gdb.execute(f"break {in_loop}", f"monitor bp {in_loop[1:]} every 300")
    for expected in (301, 601, 901):
        assert "Breakpoint" in gdb.execute("next")
        assert gdb.int("i") == expected
    assert "Breakpoint" not in gdb.execute("next")
    assert "counted 999 times" in gdb.execute("monitor bp")


def numbers(text):
    return [int(number) for number in re.findall(r"^n=(\d+)$", text, re.M)]


def test_gdb_steps_and_dprintf_prints_once_where_it_is_passed(gdb, in_loop):
    gdb.execute("set dprintf-style agent", f'dprintf {in_loop},"n=%d\\n",i', f"condition $bpnum i % 250 == 3")
    assert numbers(gdb.execute("next")) == [3, 253, 503, 753]


def test_gdb_steps_and_dprintf_prints_once_where_a_step_ends(gdb, in_loop):
    gdb.execute("set dprintf-style agent", f'dprintf {in_loop},"n=%d\\n",i')
    printed = []
    while gdb.int("i") < 6:
        printed += numbers(gdb.execute("stepi"))
    assert printed == [2, 3, 4, 5, 6]


def test_gdb_steps_over_a_function_and_dprintf_prints_where_the_step_into_it_ends(gdb):
    gdb.execute("set dprintf-style agent", 'dprintf demo_factorial,"n=%d\\n",n')
    gdb.execute("tbreak demo_stage_tutorial", "continue")
    printed = []
    while not printed:
        printed = numbers(gdb.execute("next"))
    assert printed == list(range(10, 0, -1))
