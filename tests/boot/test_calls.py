"""Functions that a client calls in a thread that sleeps in them, and may wake on another processor."""
import pytest
from trapline_pytest.elf import Elf

CPUS = 8  # that the kernel has room for


@pytest.mark.machine(smp=2, append="workload=light init=off")
def test_a_called_function_that_sleeps_may_return_on_another_processor(machine):
    """gdb puts all registers back, also those of the processor that it was called on."""
    gdb = machine.gdb()
    gdb.execute("tbreak work_transfer", "continue")
    thread, here = gdb.int("$_thread"), "((struct cpu *) $gs_base)"
    for _ in range(6):
        cpu = gdb.int(f"{here}->index")
        gdb.execute(f"set var {here}->current->pinned = {1 - cpu}", "call (void) thread_sleep(2)", "maint flush register-cache")
        assert gdb.int("$_thread") == thread and gdb.frames()[0] == "work_transfer"
        assert gdb.int(f"{here}->index") == 1 - cpu
    gdb.execute(f"set var {here}->current->pinned = -1", "tbreak demo_turn", "continue", "tbreak demo_turn", "continue")
    assert gdb.frames()[0] == "demo_turn"


@pytest.mark.machine(smp=2, append="gdb=wait init=off")
def test_only_another_processors_own_base_is_left_as_it_is(machine):
    rsp = machine.rsp()
    rsp.run_to("demo_hot")
    mine, others = (machine.elf["cpus"].address + n * (machine.elf["cpus"].size // CPUS) for n in (0, 1))
    assert rsp.register("gs_base") == mine
    assert rsp.set_register("gs_base", others) == "OK" and rsp.register("gs_base") == mine
    assert rsp.set_register("k_gs_base", others) == "OK" and rsp.register("k_gs_base") != others
    assert rsp.set_register("k_gs_base", others + 8) == "OK" and rsp.register("k_gs_base") == others + 8
    assert rsp.set_register("k_gs_base", 0x1000) == "OK" and rsp.register("k_gs_base") == 0x1000


@pytest.mark.machine(append="init=/zoo workload=off gdb=wait")
def test_a_call_of_the_kernels_code_in_a_program_ends_in_a_fault_that_gdb_takes_back(machine, settings):
    """For a string gdb calls malloc(), which it finds in the kernel: that was the program's end."""
    gdb = machine.gdb()
    gdb.execute("tbreak sys_getpid", "continue", f"add-symbol-file {settings.initrd.parent / 'user' / 'zoo.elf'}",
                "tbreak zoo_syscall", "continue", "set unwindonsignal on")
    before = gdb.frames(), gdb.int("$rip"), gdb.int("$rsp")
    said = gdb.refused('print strlen("abc")')
    assert "signaled while in a function called from GDB" in said
    assert (gdb.frames(), gdb.int("$rip"), gdb.int("$rsp")) == before
    gdb.execute("tbreak zoo_int80", "continue")
    assert gdb.frames()[:3] == ["zoo_int80", "turn", "main"]
    assert not machine.console.find("killed")
