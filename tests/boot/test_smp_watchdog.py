"""A CPU that does not tick any more is noticed, though the others do; and late CPUs have what was set
before they came."""
import pytest
from test_smp import hits_of, stop_hammer_on
from test_threads import started

RIP, BITES = 16, "hang: no timer tick for 1 s on cpu1\n"


def spin(rsp, machine):
    """Let CPU 1 go round with interrupts off."""
    thread = stop_hammer_on(rsp, machine, 1)
    rsp.monitor("watchdog 1s")
    assert rsp.ask(f"Hg{thread}") == "OK"
    rsp.set_register("rip", machine.elf["fault_spin_cli"].address)
    return thread


@pytest.mark.machine(smp=2, append="workload=full")
def test_watchdog_bites_where_interrupts_are_off_while_another_cpu_ticks(machine):
    rsp = started(machine)
    loop = machine.elf["fault_spin_cli"]
    thread = spin(rsp, machine)
    ticks = rsp.read_u64(machine.elf["clock_ticks"].address)
    stop = rsp.go()
    assert rsp.output == BITES
    assert (stop.signal, stop.values["thread"], stop.values["core"]) == (2, thread, "1")
    assert loop.address <= stop.registers[RIP] < loop.end
    assert rsp.read_u64(machine.elf["clock_ticks"].address) > ticks + 20
    rsp.output = ""
    rsp.write(machine.elf["debug_deaf_cpu"].address, b"\x01")
    assert rsp.go().values["core"] == "0"
    assert rsp.output == f"cpu1 does not answer the NMI, and runs on\n{BITES}"
    rsp.write(machine.elf["debug_deaf_cpu"].address, b"\xff")


@pytest.mark.machine(smp=2, append="workload=off init=off")
def test_watchdog_does_not_mind_a_cpu_that_the_client_holds(machine):
    """The first one has run 1.3 s of the kernel's time alone when this is over."""
    rsp = machine.rsp()
    rsp.monitor("watchdog 1s")
    ticks, stage = machine.elf["clock_ticks"].address, machine.elf["demo_stage_hash"].address
    rsp.insert(stage)
    rsp.go()
    while rsp.read(machine.elf["scheduler_lock"].address, 1) != b"\0":  # a held one would keep it from each tick
        rsp.go()
    thread = rsp.stop.values["thread"]
    start, core = rsp.read_u64(ticks), rsp.stop.values["core"]
    while rsp.read_u64(ticks) < start + 1300:
        stop = rsp.go(f"vCont;c:{thread}")
        assert (stop.signal, stop.values["core"], rsp.output) == (5, core, "")


@pytest.mark.parametrize("kind, reason", [(2, "watch"), (1, "hwbreak")])
def test_a_late_cpu_has_the_debug_registers_that_were_set_at_the_first_line(boot, kind, reason):
    machine = boot(smp=4, append="gdb=wait workload=full init=off").serving()
    rsp = machine.rsp()
    assert len(rsp.transfer("threads", "").split("<thread ")) == 2, "there is one CPU so far"
    elf = machine.elf
    if kind == 1:
        rsp.insert(elf["workload_hot"].address, kind=1)
    for cpu in range(3, 0, -1) if kind == 2 else ():
        rsp.insert(elf["workload_hammers"].address + 16 * cpu + 8, kind=2, length=8)
    seen = {}
    while len(seen) < 3:
        stop = rsp.go()
        assert stop.signal == 5 and reason in stop.values, stop
        core = int(stop.values["core"])
        assert hits_of(rsp, machine, 4)[core] == seen.get(core, 0) + (kind == 2)
        seen[core] = seen.get(core, 0) + 1
    assert rsp.register("dr7") not in (0, 0x400)
