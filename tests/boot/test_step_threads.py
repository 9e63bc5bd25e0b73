"""Steps that let interrupts in, and with them other threads: those may have traps of their own coming, hit
breakpoints, or be the ones that run on when the stepped thread comes back on another processor."""
import pytest
from trapline_pytest import ROOT
from trapline_pytest.elf import Elf

TF, IF, ID = 0x100, 0x200, 1 << 21


@pytest.fixture
def attach(boot, settings):
    """A zoo in ring 3 that never sleeps for long, and the demo's in the kernel; interrupts come in at steps."""
    def at_getpid(**options):
        gdb = boot(append="init=/zoo", transport="virtio", **options).serving().gdb()
        gdb.execute("add-symbol-file " + Elf(ROOT / settings.initrd.parent / "user" / "zoo.elf").path,
                    "monitor step irq on")
        return gdb
    return at_getpid


def to_zoo(gdb):
    """The thread of /zoo, in a system call of its."""
    gdb.execute("tbreak sys_getpid", "continue")
    cpu = gdb.int("cpus[1].current && cpus[1].current->process")
    gdb.execute(f"set $cpu = &cpus[{cpu}]", "set $zoo = $cpu->current")


def to_ring_3(gdb):
    gdb.execute("set var $cpu->slice = 1000000", "tbreak zoo_syscall", "continue")
    assert gdb.int("$cs & 3") == 3


def step_with_a_switch(gdb):
    """One instruction; before it a tick ends the thread's slice. Stays in line, on the same thread."""
    thread, pc = gdb.int("$_gthread"), gdb.int("$pc")
    assert gdb.int("$eflags") & IF
    switches = gdb.int("cpus[0].switches + cpus[1].switches")
    gdb.execute("set var $cpu->slice = 1", "stepi")
    assert gdb.int("$_gthread") == thread
    assert 0 < gdb.int("$pc") - pc <= 15
    assert gdb.int("cpus[0].switches + cpus[1].switches") >= switches + 2
    assert gdb.int("$eflags") & (TF | IF | ID) == IF


def to_zoo_while_main_has_a_trap_coming(gdb):
    """The main thread is interrupted behind its popf that sets TF, and waits for its turn."""
    for _ in range(50):
        gdb.execute("tbreak *zoo_trapped", "continue", "set var cpus[0].slice = 1")
        to_zoo(gdb)
        if "zoo_trap" in gdb.execute("thread apply 1 bt 5"):
            return
    pytest.fail("the main thread was never interrupted there")


def test_own_trap_of_another_thread_is_not_the_end_of_a_step(attach):
    """The demo's zoo counts its traps, and would panic."""
    gdb = attach()
    to_zoo_while_main_has_a_trap_coming(gdb)
    step_with_a_switch(gdb)
    to_zoo_while_main_has_a_trap_coming(gdb)
    to_ring_3(gdb)
    step_with_a_switch(gdb)
    gdb.execute("tbreak zoo_trap", "continue", "tbreak demo_stage_hash", "continue")


def test_breakpoints_of_handlers_and_other_threads_during_a_step(attach, settings):
    """Of no interest: the step goes on. Of interest: it is given up, and leaves no trace in what it was to be."""
    gdb = attach()
    to_zoo(gdb)
    to_ring_3(gdb)
    gdb.execute("break demo_tick if demo_ticks.count == 0", "break demo_turn if demo_counter == 0")
    for _ in range(4):
        step_with_a_switch(gdb)
    switched = settings.elf["thread_switch"].end - 1  # its ret, on another stack
    gdb.execute("delete", f"tbreak *{switched}", "set var $cpu->slice = 1", "stepi")
    assert gdb.int("$pc") == switched and gdb.int("$cpu->current != $zoo")
    interrupted = "((struct trap_frame *)$zoo->stack_top - 1)"
    assert gdb.int(f"{interrupted}->cs & 3") == 3
    assert gdb.int(f"{interrupted}->rflags") & (TF | IF | ID) == IF
    to_zoo(gdb)
    to_ring_3(gdb)
    step_with_a_switch(gdb)


def test_a_step_that_another_processor_completes(attach):
    gdb = attach(smp=2)
    for _ in range(10):
        to_zoo(gdb)
        to_ring_3(gdb)
        there = 1 - gdb.int("$zoo->cpu")
        gdb.execute(f"set var $zoo->pinned = {there}")
        step_with_a_switch(gdb)
        assert gdb.int("$zoo->cpu") == there
