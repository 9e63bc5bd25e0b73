"""What a CPU remembers of page tables is gone before a module runs, and before its pages are others'."""
import pytest
from test_threads import by_gdb, started

BATCHES = 3


def flushed(rsp, machine, offset, size):
    """The last request that each CPU has served."""
    return [rsp.read_u64(machine.elf["cpus"].address + n * size + offset) for n in range(4)]


def run_to(rsp, address, thread=None):
    """Until the thread that loads modules is there; or whoever comes first is taken for it."""
    rsp.insert(address)
    while rsp.go().values["thread"] != (thread or rsp.stop.values["thread"]):
        assert rsp.stop.registers[16] == address
    rsp.remove(address)
    assert rsp.stop.registers[16] == address
    return rsp.stop.values["thread"]


@pytest.mark.machine(smp=4, append="workload=off init=off")
def test_all_cpus_forget_a_modules_old_rights_and_its_pages(machine):
    rsp = machine.rsp()
    where = (by_gdb(machine, "(unsigned long)&((struct cpu *)0)->flushed"), by_gdb(machine, "sizeof(struct cpu)"))
    elf = machine.elf
    for _ in range(2):
        rsp.monitor("insmod ramdisk")
        thread = run_to(rsp, elf["module_memory_protect"].address)
        before = flushed(rsp, machine, *where)
        run_to(rsp, elf["guarded_call"].address, thread)
        assert min(flushed(rsp, machine, *where)) > max(before), "before its init"
        rsp.monitor("rmmod ramdisk")
        run_to(rsp, elf["module_memory_free"].address, thread)
        before = flushed(rsp, machine, *where)
        run_to(rsp, elf["page_free"].address, thread)
        assert min(flushed(rsp, machine, *where)) > max(before), "before a page is free"


@pytest.mark.machine(smp=4)
def test_all_cpus_forget_a_dead_threads_stack(machine):
    rsp = started(machine)
    where = (by_gdb(machine, "(unsigned long)&((struct cpu *)0)->flushed"), by_gdb(machine, "sizeof(struct cpu)"))
    for _ in range(3):
        reaper = run_to(rsp, machine.elf["thread_stack_unmap"].address)
        before = flushed(rsp, machine, *where)
        run_to(rsp, machine.elf["thread_stack_free"].address, reaper)
        assert min(flushed(rsp, machine, *where)) > max(before)


@pytest.mark.machine(smp=4, append="workload=full init=off")
def test_modules_come_and_go_while_all_cpus_are_busy(machine):
    rsp = started(machine)
    freed, cpus = machine.elf["module_memory_free"].address, set()
    for _ in range(BATCHES):
        for _ in range(4):
            rsp.monitor("insmod disktest")
            rsp.monitor("rmmod disktest")
        rsp.insert(freed)
        for _ in range(8):  # disktest and ramdisk, which is there because of it
            rsp.go()
            assert rsp.stop.registers[16] == freed
            cpus.add(rsp.stop.values["core"])
        rsp.remove(freed)
    rsp.detach()
    while len(machine.console.find("^disktest: 128 blocks are good")) < 4 * BATCHES:
        machine.deadline.left()
    assert len(cpus) > 1, "the thread has stayed on one CPU"
