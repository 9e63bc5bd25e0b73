"""Steps that stay in line: interrupts, faults that the kernel resolves, breakpoints that handlers share, and
the program's own use of the trap flag. Instruction by instruction: test_step_stress.py."""
import re
import time

import pytest
from trapline_pytest.packet import frame

IF, TF = 0x200, 0x100
# What runs in interrupts and nowhere else.
HANDLERS = {"timer_interrupt", "demo_tick", "debugger_interrupt"}


def ticks(rsp):
    return rsp.read_u64(rsp.elf["clock_ticks"].address)


# Interrupts


def test_no_interrupt_is_served_during_a_step(rsp):
    rsp.run_to("demo_stage_digest")
    before = ticks(rsp)
    for _ in range(300):
        assert rsp.step().signal == 5
    assert ticks(rsp) == before


def test_a_stop_tells_eflags_unless_it_is_a_step(rsp):
    """To who has read the target description. A client that steps does not ask for them."""
    assert set(rsp.step().registers) == {16}
    rsp.transfer("features", "target.xml")
    assert set(rsp.step().registers) == {6, 7, 16}
    stop = rsp.run_to("demo_hot")
    assert set(stop.registers) == {6, 7, 16, 17} and stop.registers[17] == rsp.register("eflags")
    rsp.resume()
    assert set(rsp.interrupt().registers) == {6, 7, 16, 17}


def test_irq_on_serves_interrupts_before_each_step_and_stays_in_line(rsp):
    assert "are served" in rsp.monitor("step irq on")
    rsp.run_to("demo_stage_digest")
    before, steps = ticks(rsp), 0
    handlers = [rsp.elf[name] for name in HANDLERS if name in rsp.elf]
    while steps < 300 or ticks(rsp) <= before + 30:
        pc = rsp.step().registers[16]
        assert not any(f.address <= pc < f.end for f in handlers)
        assert (steps := steps + 1) < 10_000
    assert "wait" in rsp.monitor("step irq off")


def test_monitor_step_says_what_holds_and_how_to_change_it(rsp):
    assert rsp.monitor("step") == "interrupts wait while an instruction is stepped\n"
    for wrong in ("on", "irq", "irq maybe", "irq on off", "x" * 200):
        assert "usage: monitor step" in rsp.monitor(f"step {wrong}")
    assert rsp.monitor("step") == "interrupts wait while an instruction is stepped\n"


def test_a_breakpoint_in_a_handler_stops_a_step_with_irq_on_and_leaves_no_trap_flag(rsp):
    """The step is over then: what the handler returns to must not trap any more."""
    rsp.run_to("demo_stage_digest")
    rsp.monitor("step irq on")
    rsp.insert(rsp.elf["demo_tick"].address)
    deadline = 1000
    while rsp.step().registers[16] != rsp.elf["demo_tick"].address:
        deadline -= 1
        assert deadline
    rsp.remove(rsp.elf["demo_tick"].address)
    rsp.run_to("demo_stage_hot")
    assert rsp.register("eflags") & (IF | TF) == IF


def test_a_range_of_a_million_steps_lets_the_clock_go_on(rsp):
    """1 000 008 instructions in one packet. Code that waits for a tick must not wait for ever."""
    rsp.run_to("demo_stage_hot")
    end = rsp.elf["demo_stage_tutorial"].address
    rsp.insert(end)
    before, started = ticks(rsp), time.monotonic()
    rsp.go(f"vCont;r{rsp.elf['__debugger_text_end'].address:x},{rsp.elf['__text_end'].address:x}:p1.1")
    seconds = time.monotonic() - started
    assert rsp.pc == end
    assert 100 < ticks(rsp) - before
    print(f"{1_000_008 / seconds:.0f} steps a second in a range")


def test_a_range_leaves_what_as_many_steps_of_the_processor_leave(rsp):
    """In a range the plain instructions are emulated. With "step irq on" each one is the processor's: from
    the same registers, the same function has to end with the same ones."""
    first, behind = rsp.elf["demo_add"].address, rsp.elf["demo_stage_tutorial"].address
    for name in ("demo_factorial", "demo_loop_1000", "demo_total", "demo_string_length", "demo_box_around"):
        rsp.run_to(name)
        before, ends, sp = rsp.ask("g"), [], rsp.register("rsp")
        stack = rsp.read(sp, 64)  # the trap behind the return comes over the return address
        for switch in ("on", "off"):
            rsp.monitor(f"step irq {switch}")
            rsp.write(sp, stack)
            assert rsp.ask("G" + before) == "OK" and rsp.ask("g") == before
            assert rsp.go(f"vCont;r{first:x},{behind:x}:p1.1").signal == 5
            assert not first <= rsp.pc < behind
            ends.append(rsp.ask("g"))
        assert ends[0] == ends[1] != before


def test_ctrl_c_ends_a_range(rsp):
    rsp.run_to("demo_stage_hot")
    rsp.resume(f"vCont;r{rsp.elf['__debugger_text_end'].address:x},{rsp.elf['__text_end'].address:x}:p1.1")
    assert rsp.interrupt().signal == 2
    assert rsp.register("eflags") & (IF | TF) == IF


# Breakpoints


def test_breakpoint_in_a_function_of_both_the_timer_and_the_loop_hits_exactly(rsp):
    """Each stop is a call by demo_tick() or by demo_stage_ring(), which count theirs right after it. On a
    loaded host the timer always has the next interrupt ready and the loop would never get its turn: it
    begins with interrupts off, up to its own call."""
    elf = rsp.elf
    calls = {"demo_tick": Calls(rsp, elf["demo_ticks"].address),
             "demo_stage_ring": Calls(rsp, elf["demo_state"].end - 8)}  # .events.next_sequence
    rounds = 0
    while rounds < 20 or calls["demo_tick"].total <= 100:  # the faster we are, the fewer ticks
        rounds += 1
        rsp.run_to("demo_stage_ring")
        rsp.set_register("eflags", rsp.register("eflags") & ~IF)
        for call in calls.values():
            call.lost_sight()
        rsp.insert(elf["event_checksum"].address)
        assert rsp.go().signal == 5
        assert calls["demo_stage_ring"].is_caller("demo_stage_ring")
        rsp.set_register("eflags", rsp.register("eflags") | IF)
        for _ in range(10):
            next(call for name, call in calls.items() if call.is_caller(name)).one_more()
            assert rsp.go().signal == 5
        rsp.remove(elf["event_checksum"].address)
    assert calls["demo_stage_ring"].total >= rounds


class Calls:
    """The calls that a breakpoint saw of one caller, against the counter that this caller has."""

    def __init__(self, rsp, counter):
        self.rsp, self.counter, self.total = rsp, counter, 0
        self.lost_sight()

    def lost_sight(self):
        self.expected = None

    def is_caller(self, name):
        function = self.rsp.elf[name]
        return function.address <= self.rsp.read_u64(self.rsp.register("rsp")) < function.end

    def one_more(self):
        count = self.rsp.read_u64(self.counter)
        assert self.expected in (None, count), "a call was missed, or told twice"
        self.expected = count + 1
        self.total += 1


def test_2000_continues_from_a_breakpoint_in_an_interrupt_storm_each_make_progress(rsp):
    """The timer always has an interrupt waiting, and each packet is followed by bytes that raise more."""
    counter = rsp.elf["demo_counter"].address
    rsp.insert(rsp.elf["demo_hot"].address)
    rsp.go()
    before = rsp.read_u64(counter)
    for _ in range(2000):
        rsp.send_raw(frame(b"vCont;c") + b"zzz")
        assert rsp.wait_stop().registers[16] == rsp.elf["demo_hot"].address
    assert rsp.read_u64(counter) == before + 2000


def test_monitor_bp_warns_of_a_breakpoint_where_no_instruction_begins(rsp):
    """In every function of the demo's that is long enough to know: never at its first byte."""
    inside = rsp.elf["demo_stage_hot"].address + 5 + 3  # push, mov, push, push; in the middle of mov
    rsp.insert(inside)
    assert "warning: no instruction begins there" in rsp.monitor("bp")
    rsp.remove(inside)
    entries = [f.address for name, f in rsp.elf.symbols.items()
               if name.startswith("demo_stage_") and f.size][:8]
    for address in entries:
        rsp.insert(address)
    assert "warning" not in rsp.monitor("bp")


# A breakpoint close ahead of a stop: what steps into a function sets one behind its prologue, and continues. A tick
# is due by then, whose handler takes a lock as well.


@pytest.fixture
def behind_prologue(rsp):
    """The fifth instruction of spin_lock()."""
    rsp.run_to("free_small")
    rsp.run_to("spin_lock")
    for _ in range(4):
        rsp.step()
    return rsp.pc


def test_a_breakpoint_behind_the_prologue_is_hit_before_an_interrupts(rsp, behind_prologue):
    """1000 times. Nobody but who has been stopped there can come."""
    for turn in range(1000):
        rsp.run_to("spin_lock")
        thread, sp, flags, before = rsp.thread, rsp.register("rsp"), rsp.register("eflags"), ticks(rsp)
        rsp.insert(behind_prologue)
        stop = rsp.go()
        rsp.remove(behind_prologue)
        assert (stop.signal, rsp.pc, "swbreak" in stop.values, rsp.thread) == (5, behind_prologue, True, thread)
        assert sp - 64 <= rsp.register("rsp") <= sp and ticks(rsp) == before, turn
        assert rsp.register("eflags") & (IF | TF) == flags & IF


def test_a_condition_of_a_breakpoint_close_ahead_is_looked_at(rsp, behind_prologue):
    """It is false for the caller that was stopped, who runs on; the next one has another lock."""
    rsp.run_to("free_small")
    rsp.run_to("spin_lock")
    lock, rdi = rsp.register("rdi"), rsp.registers["rdi"].number
    other = f"26{rdi:04x}25{lock:016x}130e27"  # reg rdi, const64 lock, equal, log_not, end
    assert rsp.ask(f"Z0,{behind_prologue:x},1;X{len(other) // 2:x},{other}") == "OK"
    assert rsp.go().signal == 5 and rsp.pc == behind_prologue
    assert re.search(r"hit 1 times, passed [1-9]", rsp.monitor("bp"))
    rsp.remove(behind_prologue)
    rsp.run_to("demo_stage_hash")


def test_a_loop_on_the_way_to_the_breakpoint_close_ahead_lets_interrupts_in(rsp):
    """It is no prologue."""
    loop = rsp.elf["demo_loop_1000"]
    rsp.run_to("demo_loop_1000")
    steps, due = 0, time.monotonic() + 0.005  # a tick is
    while steps < 12 or time.monotonic() < due:
        steps += rsp.step().signal == 5
    before, back = ticks(rsp), loop.end - 1  # its ret
    assert rsp.pc < back <= rsp.pc + 64
    rsp.insert(back)
    assert rsp.go().signal == 5 and rsp.pc == back
    assert ticks(rsp) > before


@pytest.mark.machine(smp=2)
def test_gdb_steps_into_what_the_interrupt_calls_too(gdb):
    gdb.execute("break free_small", "continue")
    for _ in range(6):
        while gdb.frames()[0] != "spin_lock":
            gdb.execute("step")
        frames = gdb.frames()
        assert frames[1] == "free_small" and not HANDLERS & set(frames), frames
        gdb.execute("continue")


# Page faults


@pytest.fixture
def at_load(gdb):
    """At demo_string_length()'s load of a byte, with a pointer to a page that nobody has touched yet."""
    gdb.execute("tbreak demo_string_length", "continue")
    gdb.execute("set $page = (unsigned long)demand_page(4321)")
    while "cmpb" not in gdb.execute("x/i $pc"):
        gdb.execute("stepi")
    gdb.execute("set $rdi = $page")
    return gdb


def test_step_over_a_page_fault_that_the_kernel_resolves_stays_in_line(at_load):
    gdb = at_load
    pc, made = gdb.int("$pc"), gdb.int("demand_pages_made")
    gdb.execute("stepi")
    assert gdb.int("$pc") == pc + 4
    assert gdb.int("demand_pages_made") == made + 1
    assert gdb.int("$eflags & 0x300") == IF
    assert gdb.int("$eflags & 0x40")  # it was zero


def test_next_over_a_page_fault_that_the_kernel_resolves_stays_in_the_function(at_load):
    made = at_load.int("demand_pages_made")
    at_load.execute("next")
    assert at_load.frames()[0] == "demo_string_length"
    assert at_load.int("demand_pages_made") == made + 1


@pytest.mark.parametrize("command", ["stepi", "nexti", "next", "continue"])
def test_breakpoint_on_an_instruction_that_faults_is_not_hit_again(at_load, command):
    """While the kernel's handler runs the breakpoint is there; when it returns the step goes on."""
    gdb = at_load
    made = gdb.int("demand_pages_made")
    gdb.execute("break *$pc", "tbreak demo_is_even")
    gdb.execute(command)
    assert gdb.int("demand_pages_made") == made + 1
    assert gdb.frames()[0] == ("demo_is_even" if command == "continue" else "demo_string_length")
    assert "already hit" not in gdb.execute("info breakpoints")
    gdb.execute("delete", "tbreak demo_stage_hash", "continue")


def test_page_fault_first_stops_the_step_at_the_fault(at_load):
    gdb = at_load
    pc = gdb.int("$pc")
    gdb.execute("monitor catch pf first")
    assert "SIGSEGV" in gdb.execute("stepi")
    assert gdb.int("$pc") == pc
    assert gdb.int("$eflags & 0x300") == IF
    gdb.execute("monitor catch pf second", "stepi")
    assert gdb.int("$pc") == pc + 4


def test_page_fault_that_nobody_resolves_stops_the_step_at_the_fault(at_load):
    gdb = at_load
    pc = gdb.int("$pc")
    gdb.execute("set $rdi = 16")
    assert "SIGSEGV" in gdb.execute("stepi")
    assert gdb.int("$pc") == pc
    assert gdb.int("$eflags & 0x300") == IF
    gdb.execute("set $rdi = $page", "stepi")
    assert gdb.int("$pc") == pc + 4


# The program's own trap flag


def test_trap_that_the_kernel_does_not_expect_is_reported(rsp):
    """TF is set by the zoo's popf, but then the client goes to where the zoo's handler knows of none."""
    elf = rsp.elf
    rsp.run_to("zoo_trapped")
    assert rsp.register("eflags") & TF
    assert rsp.set_register("rip", elf["zoo_pushf"].address) == "OK"
    assert rsp.go().signal == 5
    assert elf["zoo_pushf"].address < rsp.pc < elf["zoo_pushf"].end
    assert rsp.register("eflags") & TF
    assert "debug exception" in rsp.output
    assert rsp.set_register("rip", elf["zoo_trapped"].address) == "OK"
    rsp.run_to("demo_stage_hot")
    assert rsp.register("eflags") & (IF | TF) == IF


def test_client_cannot_set_the_trap_flag(rsp):
    rsp.run_to("demo_hot")  # not where the program has set it itself
    flags = rsp.register("eflags")
    assert rsp.set_register("eflags", flags | TF).startswith("E.TF belongs to the debugger")
    assert rsp.register("eflags") == flags


def test_own_trap_stops_first_if_asked(rsp):
    """The zoo's popf sets TF itself. Seen first, and left to the kernel with its signal."""
    assert "first" in rsp.monitor("catch db first")
    stop = rsp.go()
    for _ in range(5):
        assert rsp.elf["zoo_trapped"].address < stop.registers[16] <= rsp.elf["zoo_trapped_end"].address
        stop = rsp.go("vCont;C05")
    assert "second" in rsp.monitor("catch db second")
    rsp.resume("vCont;C05")
    rsp.interrupt()


@pytest.mark.parametrize("step", ["stepi", "nexti", "next"])
def test_own_traps_are_delivered_while_stepped(gdb, step):
    """The zoo counts them, and would panic."""
    gdb.execute("tbreak zoo_trap", "continue")
    while "zoo_trap" in gdb.frames():
        assert "SIGTRAP" not in gdb.execute(step)
    gdb.execute("tbreak demo_stage_hash", "continue", "tbreak demo_stage_hot", "continue")


def trapped_instructions(rsp):
    """Where those begin that the zoo has a trap of its own behind."""
    code = range(rsp.elf["zoo_trapped"].address, rsp.elf["zoo_trapped_end"].address)
    starts = []
    rsp.run_to("zoo_trapped")
    while rsp.pc in code:
        starts.append(rsp.pc)
        rsp.step()
    assert len(starts) == 6
    rsp.run_to("demo_hot")
    return starts


def test_own_traps_are_delivered_on_the_way_to_a_breakpoint_near(rsp):
    """Some instructions there are emulated, which raises no trap by itself."""
    starts = trapped_instructions(rsp)
    for start in [rsp.elf["zoo_trap"].address, *starts[:-1]]:
        rsp.run_to(start)
        rsp.run_to("zoo_trapped_end")
    for start in starts:
        rsp.insert(start)
    for start in starts:
        assert "swbreak" in rsp.go().values and rsp.pc == start
    for start in starts:
        rsp.remove(start)
    rsp.run_to("demo_stage_hash")  # the zoo counts its traps, and would panic


def test_breakpoints_in_debug_registers_leave_own_traps_to_the_program(rsp):
    """QEMU tells both in one exception. The program's handler does not clear DR6."""
    starts = trapped_instructions(rsp)
    for four in (starts[:4], [*starts[4:], rsp.elf["zoo_trapped_end"].address]):
        for start in four:
            rsp.insert(start, 1)
        for start in 2 * four:
            assert "hwbreak" in rsp.go().values and rsp.pc == start
        rsp.run_to("demo_stage_hash")
        for start in four:
            rsp.remove(start, 1)


def test_breakpoints_in_debug_registers_that_do_not_stop_leave_own_traps_to_the_program(rsp):
    starts = trapped_instructions(rsp)
    for start in [*starts[3:], rsp.elf["zoo_trapped_end"].address]:
        assert rsp.ask(f"Z1,{start:x},1;X3,220027") == "OK"  # if 0
    for _ in range(3):
        rsp.run_to("demo_stage_hash")


def test_stop_at_a_breakpoint_behind_a_step_leaves_the_own_trap_of_that_instruction_to_the_program(rsp):
    """It is the same exception, and comes once more with the next resume."""
    *_, andl, cli, _ = trapped_instructions(rsp)
    rsp.run_to(andl)
    rsp.insert(andl)
    rsp.insert(cli, 1)
    for _ in range(2):
        assert "hwbreak" in rsp.go().values and rsp.pc == cli
        assert "swbreak" in rsp.go().values and rsp.pc == andl
    rsp.remove(andl)
    rsp.remove(cli, 1)
    rsp.run_to("demo_stage_hash")


def test_stop_at_a_watchpoint_leaves_the_own_trap_of_that_instruction_to_the_program(rsp):
    """On a stack at the beginning of a page: QEMU 7.2 ends where a frame is pushed to that of a watchpoint."""
    *_, andl, cli, _ = trapped_instructions(rsp)
    rsp.run_to(andl)
    stack = rsp.register("rsp")
    slot = (rsp.elf["demo_scratch"].address & ~0xfff) + 0x4000
    rsp.write(slot, rsp.read(stack, 8))
    assert rsp.set_register("rsp", slot) == "OK"
    rsp.insert(slot, 2, 8)
    assert "watch" in rsp.go().values and rsp.pc == cli
    rsp.remove(slot, 2, 8)
    rsp.run_to("zoo_trapped_end")
    assert rsp.set_register("rsp", stack + 8) == "OK"
    rsp.run_to("demo_stage_hash")


def test_continue_over_breakpoints_among_own_traps(gdb):
    gdb.execute("tbreak demo_hot", "continue")
    gdb.execute("break *zoo_trapped", "break *zoo_trapped + 1", "break *zoo_trapped_end")
    for _ in range(6):
        assert "Breakpoint" in gdb.execute("continue")
    gdb.execute("delete", "tbreak demo_stage_hash", "continue")


def test_continue_from_hardware_breakpoints_among_own_traps(gdb):
    gdb.execute("tbreak demo_hot", "continue", "hbreak *zoo_trapped + 1", "hbreak *zoo_trapped_end - 1")
    for _ in range(4):
        assert "Breakpoint" in gdb.execute("continue")
    gdb.execute("delete", "tbreak demo_stage_hash", "continue")


# Stock gdb


@pytest.mark.machine(transport="virtio")
@pytest.mark.deadline(240)
@pytest.mark.parametrize("command", ["next", "step"])
def test_500_lines_stay_in_line(gdb, command):
    gdb.execute("tbreak demo_turn", "continue")
    for _ in range(500):
        output = gdb.execute(command)
        frames = gdb.frames()
        assert "SIG" not in output, output
        assert "demo_run" in frames and not HANDLERS & set(frames), frames


def test_next_over_every_function_of_the_zoo(gdb):
    gdb.execute("tbreak step_zoo_turn", "continue")
    for _ in range(100):
        gdb.execute("next")
        if gdb.frames()[0] != "step_zoo_turn":
            break
    assert gdb.frames()[0] in ("demo_turn", "demo_run")


def test_stepi_of_int_n_ends_at_its_handler_and_finish_comes_back(gdb):
    """gdb takes the handler's entry for a signal trampoline."""
    gdb.execute("tbreak zoo_int", "continue")
    while "int " not in gdb.execute("x/i $pc").replace("\t", " "):
        gdb.execute("stepi")
    after = gdb.int("$pc") + 2
    gdb.execute("stepi")
    assert "vector_96" in gdb.execute("info symbol $pc")
    assert gdb.frames()[1] == "zoo_int"
    assert gdb.int("*(unsigned long *)$rsp") == after
    assert gdb.int("((unsigned long *)$rsp)[2] & 0x300") == IF
    gdb.execute(f"tbreak *{after}", "continue")
    assert gdb.frames()[0] == "zoo_int"
    assert gdb.int("$ebx") == 1


def test_next_over_the_check_of_the_flags(gdb):
    gdb.execute("tbreak demo_check_flags", "continue")
    for _ in range(4):
        gdb.execute("next")
    assert gdb.frames()[0] in ("demo_turn", "demo_check_flags")
    gdb.execute("tbreak demo_stage_hot", "continue")
