"""The scenarios: one function each, its docstring is the row of docs/clients.md. They are played one
behind the other, in this order, in the session that they name; each begins wherever the one before has
left the kernel, stopped and without breakpoints."""
from .client import ROOT, TUTORIAL, Lacks, line_of

SOURCE = TUTORIAL.name
DISKTEST = ROOT / "kernel/modules/disktest.c"
STOPPED = "stopped"  # gdb=wait, attached with no file
RUNNING = "running"  # attached to while it runs, moved by KASLR, with a file
ROWS = []
SLIDE = 0x12600000


def row(session, keep=False):
    """keep: begins with the breakpoints of the row before."""
    def register(play):
        play.keep = keep
        ROWS.append((session, play))
        return play
    return register


def call_of(function):
    """The line of the tutorial that calls a function, as a place."""
    return SOURCE, line_of(f', {function}(')


def enter_add(c):
    """Stop in demo_add(2, 3): the tutorial has another call of it."""
    c.enter(call_of("demo_add"))
    c.enter("demo_add")


# Attached to a kernel that waits

@row(STOPPED)
def attach_waiting(c):
    """attach to a kernel that waits for it (`gdb=wait`)"""
    assert c.function == c.waits_in


@row(STOPPED)
def no_file(c):
    """given no file, it has the kernel's symbols, sources and lines"""
    if c.needs_file:
        raise Lacks(c.needs_file)
    assert c.position()[0].endswith(".c")
    assert c.evaluate("demo_sample.negative") == -320000


@row(STOPPED)
def backtrace(c):
    """backtrace down to the boot code"""
    assert c.frames()[-4:] == ["kernel_main", "kernel_start", "boot_main", "boot_high"]


@row(STOPPED)
def break_function(c):
    """breakpoint on a function"""
    c.break_at("demo_add")
    c.go()
    assert c.function == "demo_add"
    assert c.frames()[1] == "demo_stage_tutorial"


@row(STOPPED)
def break_line(c):
    """breakpoint on a line of a source file"""
    place = call_of("demo_loop_1000")
    c.break_at(place)
    c.go()
    assert c.position() == place


@row(STOPPED)
def break_again(c):
    """a breakpoint hits each time, and not any more when it is deleted"""
    c.break_at("demo_nothing")
    turns = []
    for _ in range(3):
        c.go()
        assert c.function == "demo_nothing"
        turns.append(c.evaluate("demo_statistics.turns"))
    assert turns == list(range(turns[0], turns[0] + 3))
    c.clear()
    c.break_at("demo_add")
    c.go()
    assert c.function == "demo_add"


@row(STOPPED)
def break_condition(c):
    """conditional breakpoint"""
    c.break_at((SOURCE, line_of("if (n <= 1)")), condition="n == 4")
    c.go()
    assert c.evaluate("n") == 4
    assert c.frames()[:8] == 7 * ["demo_factorial"] + ["demo_stage_tutorial"]


@row(STOPPED)
def break_hardware(c):
    """hardware breakpoint"""
    place = SOURCE, line_of("return number % 2 == 0;")
    c.break_at(place, hardware=True)
    c.go()
    assert c.position() == place


@row(STOPPED)
def run_to_line(c):
    """run to a line"""
    c.enter("demo_stage_tutorial")
    c.run_to(call_of("demo_total"))
    assert c.position() == call_of("demo_total")


@row(STOPPED)
def step_in(c):
    """step into a call"""
    c.enter(call_of("demo_add"))
    c.step_in()
    assert c.function == "demo_add"


@row(STOPPED)
def step_over(c):
    """step over a call"""
    c.enter(call_of("demo_add"))
    c.step_over()
    assert c.position() == call_of("demo_factorial")


@row(STOPPED)
def step_over_breakpoint(c):
    """step over a call that hits a breakpoint inside"""
    c.enter(call_of("demo_factorial"))
    c.break_at((SOURCE, line_of("if (n <= 1)")), condition="n == 6")
    c.step_over()
    assert c.evaluate("n") == 6


@row(STOPPED)
def step_loop(c):
    """step over a loop of 1000 turns on one line"""
    c.enter("demo_loop_1000")
    loop = line_of("i < 1000")
    while c.position()[1] <= loop:
        c.step_over()
    assert c.function in ("demo_loop_1000", "demo_stage_tutorial"), "the end of the loop, or beyond"


@row(STOPPED)
def step_instruction(c):
    """step one instruction"""
    c.enter("demo_add")
    before = c.evaluate("$pc")
    c.step_instruction()
    assert 0 < c.evaluate("$pc") - before < 16


@row(STOPPED)
def step_out(c):
    """run until the function returns (finish, step out)"""
    c.enter("demo_add")
    c.step_out()
    assert c.function == "demo_stage_tutorial"


@row(STOPPED)
def return_value(c):
    """... and show what it returned"""
    enter_add(c)
    returned = c.step_out()
    if returned is None:
        raise Lacks(c.needs_return)
    assert returned == 5


@row(STOPPED)
def watch_write(c):
    """watchpoint on writes"""
    c.enter("demo_nothing")
    before = c.evaluate("demo_pair.low")
    c.watch("demo_pair.low", "write")
    c.go()
    assert c.function == "write_watched"
    assert c.evaluate("demo_pair.low") == before + 1


@row(STOPPED)
def watch_read(c):
    """watchpoint on reads"""
    c.enter("demo_nothing")
    c.watch("demo_points[1].x", "read")
    c.go()
    assert c.function == "write_watched"


@row(STOPPED)
def watch_access(c):
    """watchpoint on any access"""
    c.enter("demo_nothing")
    c.watch("demo_unaligned.value", "access")
    c.go()
    assert c.function == "write_watched"


@row(STOPPED)
def pause(c):
    """pause the running kernel (Ctrl-C)"""
    c.enter("demo_nothing")
    c.monitor("insmod missing")
    before = len(c.machine.console.lines)
    c.resume()
    c.machine.console.wait_for("missing.ko is not in the initrd", before)
    c.pause()
    assert c.frames()


@row(STOPPED)
def break_while_running(c):
    """set a breakpoint while the kernel runs"""
    c.enter("demo_nothing")
    c.resume()
    c.break_running("demo_add")
    c.wait_stop()
    assert c.function == "demo_add"


@row(STOPPED)
def threads(c):
    """the kernel's threads, by name"""
    c.enter("demo_add")
    names = c.threads()
    assert any("main" in name for name in names) and any("idle" in name for name in names), names


@row(STOPPED)
def stacks(c):
    """a backtrace of every thread"""
    stacks = c.stacks()
    assert len(stacks) == len(c.threads()) >= 2
    assert any(stack[0] == "demo_add" for stack in stacks)
    assert sum("demo_add" in stack for stack in stacks) == 1


@row(STOPPED)
def outer_frame(c):
    """arguments and variables of an outer frame"""
    c.break_at((SOURCE, line_of("if (n <= 1)")), condition="n == 3")
    c.go()
    assert c.locals(0)["n"] == 3 and c.locals(2)["n"] == 5
    assert c.position(2) == (SOURCE, line_of("smaller = demo_factorial(n - 1);"))


@row(STOPPED)
def read_memory(c):
    """read memory"""
    banner = b"demo: a work loop that checks itself"
    assert c.read(c.address("demo_banner"), len(banner)) == banner


@row(STOPPED)
def read_nothing(c):
    """read memory that is not there: an error, and the session goes on"""
    assert c.read(0xffff900000000000, 16) is None
    assert c.evaluate("demo_sample.negative") == -320000


@row(STOPPED)
def write_memory(c):
    """write memory"""
    address = c.address("demo_scratch") + 4096 - 3
    data = bytes([1, 0x7d, 0x23, 0x24, 0x2a, 255])
    for written in (data, bytes(6)):
        c.write(address, written)
        assert c.read(address, 6) == written


@row(STOPPED)
def disassemble(c):
    """disassemble a function"""
    instructions = c.disassemble("demo_add")
    assert any("ret" in text for text in instructions), instructions
    assert any("rsi" in text for text in instructions), instructions


@row(STOPPED)
def evaluate(c):
    """evaluate an expression"""
    assert c.evaluate("demo_sample.matrix[1][2] * 2 + demo_sample.self->point.y") == 42


@row(STOPPED)
def call(c):
    """call a function of the kernel"""
    c.enter("demo_nothing")
    before = c.frames()
    assert c.evaluate("demo_factorial(5)") == 120
    assert c.frames() == before


@row(STOPPED)
def local_variables(c):
    """local variables"""
    enter_add(c)
    assert c.locals() == {"a": 2, "b": 3}


@row(STOPPED)
def set_variable(c):
    """set a variable"""
    c.assign("demo_statistics.surprises", 77)
    assert c.evaluate("demo_statistics.surprises") == 77
    assert c.evaluate(f"*(unsigned long *){c.address('demo_statistics') + 16:#x}") == 77
    c.assign("demo_statistics.surprises", 0)


@row(STOPPED)
def registers(c):
    """registers"""
    enter_add(c)
    registers = c.registers()
    assert registers["rip"] == c.evaluate("$pc")
    assert (registers["rdi"], registers["rsi"]) == (2, 3)


@row(STOPPED)
def system_registers(c):
    """control registers"""
    registers = c.registers()
    assert registers["cr0"] & 0x80000001 == 0x80000001, "paging and protection are on"
    assert registers["cr3"] and registers["cr3"] & 0xfff == 0


@row(STOPPED)
def write_register(c):
    """write a register"""
    enter_add(c)
    c.set_register("rdi", 40)
    assert c.registers()["rdi"] == 40
    c.set_register("rdi", 2)
    c.enter("demo_nothing")
    assert c.evaluate("demo_statistics.surprises") == 0


@row(STOPPED)
def monitor(c):
    """commands to the stub (`monitor`)"""
    assert "break-on-load" in c.monitor("help")


def turns_until(c, happened):
    """Let the kernel do turns of its work until something has happened; False if it does not."""
    for _ in range(8):
        if happened():
            return True
        c.enter("demo_nothing")
    return False


@row(STOPPED)
def console(c):
    """the kernel's console, while it runs"""
    c.monitor("insmod nothing")
    assert turns_until(c, lambda: "nothing.ko is not in the initrd" in c.printed())


@row(STOPPED)
def break_in_module(c):
    """breakpoint in a module that is not loaded yet"""
    c.break_at((DISKTEST.name, line_of("if (!ramdisk_write(", DISKTEST)), pending=True)
    c.monitor("insmod disktest")
    c.go()
    assert c.function == "disktest_block"
    assert c.position()[0] == "disktest.c"


@row(STOPPED)
def module_list(c):
    """modules are listed, their variables are there"""
    assert {"ramdisk.ko", "disktest.ko"} <= set(c.modules())
    assert c.evaluate("blocks_tested") == 0


@row(STOPPED)
def module_unload(c):
    """a module that is unloaded is gone"""
    c.monitor("rmmod disktest")
    assert turns_until(c, lambda: "disktest.ko" not in c.modules())


@row(STOPPED)
def module_unload_last(c):
    """... and so is the last one"""
    assert turns_until(c, lambda: "ramdisk.ko" not in c.modules())


@row(STOPPED)
def fault(c):
    """a fault in a module stops with the function and the line"""
    c.monitor("insmod faulty")
    said = c.go()
    assert c.frames()[:3] == ["faulty_reset", "faulty_probe", "faulty_init"]
    assert "SIGSEGV" in said or "signal" in said, said


@row(STOPPED)
def live_on(c):
    """... and the kernel's own handler gets it: the kernel lives on"""
    c.break_at("demo_nothing")
    c.continue_with_fault()
    assert c.function == "demo_nothing"


# Attached to a kernel that runs, and was moved

def is_running(c):
    """As a client of our own sees it: the demo counts on between two looks."""
    seen = set()
    for _ in range(200):
        rsp = c.machine.rsp()
        seen.add(rsp.read_u64(c.address("demo_counter") + SLIDE))
        rsp.detach()
        if len(seen) > 1:
            return
    raise AssertionError("the kernel does not run")


@row(RUNNING, keep=True)
def attach_running(c):
    """attach to a running kernel"""
    assert c.frames()


@row(RUNNING, keep=True)
def kaslr(c):
    """KASLR: a kernel that was moved has its symbols where it is"""
    assert c.evaluate("(unsigned long)&demo_counter") == c.address("demo_counter") + SLIDE
    assert c.evaluate("demo_sample.negative") == -320000


@row(RUNNING, keep=True)
def break_before_attach(c):
    """a breakpoint set before it has connected hits"""
    c.go()
    assert c.function == "demo_total"


@row(RUNNING)
def kaslr_break(c):
    """... and so do those set later"""
    enter_add(c)
    assert c.function == "demo_add" and c.locals() == {"a": 2, "b": 3}


@row(RUNNING)
def detach(c):
    """detach: the kernel runs on"""
    c.break_at("demo_add")
    c.detach()
    is_running(c)


@row(RUNNING, keep=True)
def attach_again(c):
    """attach again"""
    c.attach(file=c.machine.elf.path)
    c.enter("demo_add")
    assert c.function == "demo_add"


@row(RUNNING)
def vanish(c):
    """it is killed with the kernel running and a breakpoint set, and attaches again"""
    c.break_at("demo_broken")
    c.resume()
    c.vanish()
    c.attach(file=c.machine.elf.path)
    c.enter("demo_add")
    assert c.function == "demo_add"


@row(RUNNING)
def stop_button(c):
    """kill, or VS Code's Stop button: the kernel runs on"""
    c.stop_button()
    is_running(c)
