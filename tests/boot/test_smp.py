"""Several CPUs stop together, step alone, go on together, and no hit of any of them is lost."""
import collections
import time

import pytest
from test_threads import FULL, of_thread, rows, started

SMP = pytest.mark.parametrize("smp", [1, 2, 4])
EFLAGS_IF = 0x200
RIP = 16


def run_until(rsp, machine, holds):
    """Until something is so, from one thread's end to the next: how long it takes until a processor
    that is let go does something is the host's affair."""
    ends = machine.elf["thread_table_remove"].address
    while not holds():
        rsp.insert(ends)
        rsp.go()
        rsp.remove(ends)


def hits_of(rsp, machine, smp):
    """How often each hammer has been through, by the kernel's own count."""
    base = machine.elf["workload_hammers"].address
    return [rsp.read_u64(base + 16 * n + 8) for n in range(smp)]


@pytest.mark.virtio("so many stops: each costs COM1 its bytes")
@SMP
@pytest.mark.deadline(240)
def test_2000_hits_that_all_cpus_race_for_are_those_that_the_kernel_counts(boot, smp):
    machine = boot(smp=smp, append="workload=full").serving()
    rsp = started(machine)
    hot = machine.elf["workload_hot"].address
    seen, counts = {}, collections.Counter()
    rsp.insert(hot)
    for _ in range(2000):
        stop = rsp.go()
        assert stop.signal == 5 and "swbreak" in stop.values and stop.registers[RIP] == hot
        hammer = rsp.register("rdi")
        done = rsp.read_u64(hammer + 8)
        assert done == seen.get(hammer, done), "a hit was lost, or came twice"
        seen[hammer] = done + 1
        counts[stop.values.get("core")] += 1
    assert f"hit {sum(counts.values())} times" in rsp.monitor("bp")
    assert len(counts) == smp, counts
    rsp.remove(hot)
    run_until(rsp, machine, lambda: all(rsp.read_u64(hammer + 8) > done for hammer, done in seen.items()))


# (hammer->hits & 7) == 7, in the bytecode of GDB's agent expressions; rdi is the hammer.
EVERY_EIGHTH = "26{rdi:04x}2208021a22070f22071327"


@SMP
@pytest.mark.deadline(240)
def test_2000_hits_of_which_the_kernel_filters_seven_in_eight(boot, smp):
    """One that passed unseen would make a gap of 16, one that came twice none."""
    machine = boot(smp=smp, append="workload=full init=off").serving()
    rsp = started(machine)
    hot = machine.elf["workload_hot"].address
    code = EVERY_EIGHTH.format(rdi=rsp.registers["rdi"].number)
    assert rsp.ask(f"Z0,{hot:x},1;X{len(code) // 2:x},{code}") == "OK"
    seen, stops, first = {}, 250, {}
    for _ in range(stops):
        assert "swbreak" in rsp.go().values and rsp.stop.registers[RIP] == hot
        hammer = rsp.register("rdi")
        done = rsp.read_u64(hammer + 8)
        assert done & 7 == 7 and done == seen.get(hammer, done), "a hit was lost, or came twice"
        seen[hammer] = done + 8
        first.setdefault(hammer, done)
    assert sum(seen.values()) - sum(first.values()) == 8 * stops
    assert len(seen) == smp, "a CPU was never let through"
    assert f"hit {stops} times" in rsp.monitor("bp")


@SMP
@pytest.mark.deadline(240)
def test_gdb_counts_what_the_kernel_counts(boot, smp):
    machine = boot(smp=smp, append="workload=full init=off", transport="virtio").serving()
    machine.console.wait_for(r"^workload: \d+ threads")
    gdb = machine.gdb()
    gdb.execute("break workload_hot", "continue")
    for condition, gap in ((None, 1), ("(hammer->hits & 7) == 7", 8)):
        seen = {}
        if condition:
            gdb.execute(f"condition 1 {condition}", "continue")
        for _ in range(20):
            cpu, done = gdb.int("hammer->cpu"), gdb.int("hammer->hits")
            assert done == seen.get(cpu, done)
            seen[cpu] = done + gap
            gdb.execute("continue")
    assert "already hit 42 times" in gdb.execute("info breakpoints")
    gdb.execute("delete")
    gdb.resume()
    gdb.interrupt()


def stop_at(rsp, address):
    rsp.insert(address)
    stop = rsp.go()
    rsp.remove(address)
    assert stop.signal == 5 and stop.registers[RIP] == address


def stop_right_behind(rsp):
    """The Ctrl-C is on the line before the kernel goes on."""
    rsp.send(b"vCont;c")
    rsp.send_raw(b"\x03")
    assert rsp.wait_stop().signal == 2


def stop_anywhere(rsp):
    rsp.resume()
    assert rsp.interrupt().signal == 2


def rounds(rsp, machine):
    """How far each kind of work is."""
    base = machine.elf["workload_rounds"].address
    return [rsp.read_u64(base + 8 * n) for n in range(5)]


@pytest.mark.virtio("so many stops: each costs COM1 its bytes")
@pytest.mark.parametrize("smp, stops", [(1, 125), (2, 125), (4, 250)])
@pytest.mark.deadline(300)
def test_500_stops_under_load_break_none_of_the_kernels_promises(boot, smp, stops):
    """In all: the workload checks its locks and its memory all the time, and panics."""
    machine = boot(smp=smp, append="workload=full init=off").serving()
    rsp = started(machine)
    busy = [machine.elf[name].address for name in ("check_pair", "scheduler_switch", "mutex_unlock", "thread_sleep")]
    ways = [stop_anywhere, stop_right_behind, lambda rsp: stop_at(rsp, busy[n // 2 % len(busy)])]
    for n in range(stops):
        ways[0 if n % 5 == 0 else 1 + n % 2](rsp)
        if n % 50 == 0:
            running = [row.get("core", "0") for row in rows(rsp).values() if row["state"] == "running"]
            assert sorted(running) == [str(n) for n in range(smp)]
    assert "does not answer" not in rsp.output
    rsp.detach()
    rsp = machine.rsp()
    before = rounds(rsp, machine)
    run_until(rsp, machine, lambda: all(now > then for now, then in zip(rounds(rsp, machine), before)))


@pytest.mark.parametrize("smp, cpus", [(1, 1), (64, 8)])
def test_one_cpu_and_more_than_we_have_room_for(boot, smp, cpus):
    machine = boot(smp=smp, append="workload=full init=off").serving()
    rsp = started(machine)
    for _ in range(5):
        stop_right_behind(rsp)
        running = [row.get("core", "only") for row in rows(rsp).values() if row["state"] == "running"]
        assert sorted(running) == ([str(n) for n in range(cpus)] if cpus > 1 else ["only"])
    assert "does not answer" not in rsp.output
    if cpus > 1:  # the first one hears the line, though this one waits for a spinlock that a held one has
        stop_hammer_on(rsp, machine, cpus - 1)
    thread, core = rsp.stop.values["thread"], rsp.stop.values.get("core")
    assert rsp.go(f"vCont;s:{thread}").values.get("core") == core
    rsp.resume(f"vCont;c:{thread}")
    assert rsp.interrupt().signal == 2


@FULL
def test_a_watchpoint_is_hit_by_another_cpu_than_the_one_that_set_it(machine):
    rsp = started(machine)
    for cpu in (3, 1, 2, 3):
        address = machine.elf["workload_hammers"].address + 16 * cpu + 8
        before = rsp.read_u64(address)
        rsp.insert(address, kind=2, length=8)
        stop = rsp.go()
        assert int(stop.values["watch"], 16) == address and stop.values["core"] == str(cpu)
        assert rsp.read_u64(address) == before + 1
        stop = rsp.go()
        assert stop.values["core"] == str(cpu) and rsp.read_u64(address) == before + 2
        rsp.remove(address, kind=2, length=8)


@FULL
def test_hits_of_watchpoints_by_all_cpus_are_told_one_after_the_other(machine):
    rsp = started(machine)
    addresses = [machine.elf["workload_hammers"].address + 16 * cpu + 8 for cpu in range(4)]
    for address in addresses:
        rsp.insert(address, kind=2, length=8)
    seen = [rsp.read_u64(address) for address in addresses]
    for _ in range(200):
        stop = rsp.go()
        cpu = int(stop.values["core"])
        assert int(stop.values["watch"], 16) == addresses[cpu]
        seen[cpu] += 1
        # The others have perhaps written, and wait to say so: by one at most.
        for address, told in zip(addresses, seen):
            assert rsp.read_u64(address) - told in (0, 1)
        assert rsp.read_u64(addresses[cpu]) == seen[cpu]


@FULL
@pytest.mark.parametrize("kind, length", [(1, 1), (2, 8)], ids=["hbreak", "watch"])
def test_a_queued_hit_goes_with_its_debug_register(machine, kind, length):
    rsp = started(machine)
    counts = [machine.elf["workload_hammers"].address + 16 * cpu + 8 for cpu in range(4)]
    addresses = counts if kind == 2 else [machine.elf["workload_hot"].address]
    for _ in range(20):
        for address in addresses:
            rsp.insert(address, kind=kind, length=length)
        rsp.go()
        for address in addresses:
            rsp.remove(address, kind=kind, length=length)
        rsp.resume()
        assert rsp.interrupt().signal == 2


@FULL
def test_a_cpu_that_keeps_interrupts_off_is_stopped(machine):
    rsp = started(machine)
    for cpu in (1, 2, 3):
        thread = stop_hammer_on(rsp, machine, cpu)
        assert rsp.ask(f"Hg{thread}") == "OK"
        rsp.set_register("eflags", rsp.register("eflags") & ~EFLAGS_IF)
        before = hits_of(rsp, machine, 4)[cpu]
        run_until(rsp, machine, lambda: hits_of(rsp, machine, 4)[cpu] > before + 1)
        assert "does not answer" not in rsp.output
        assert not of_thread(rsp, thread, "eflags") & EFLAGS_IF or in_lock(rsp, machine, thread)
        rsp.set_register("eflags", rsp.register("eflags") | EFLAGS_IF)


def in_lock(rsp, machine, thread):
    return not machine.elf["workload_hot"].address <= of_thread(rsp, thread, "rip") < machine.elf["workload_hot"].end


def stop_hammer_on(rsp, machine, cpu):
    """The thread that has hit a breakpoint in workload_hot() there."""
    hot = machine.elf["workload_hot"].address
    rsp.insert(hot)
    while rsp.go().values["core"] != str(cpu):
        pass
    rsp.remove(hot)
    return rsp.stop.values["thread"]


@FULL
def test_a_cpu_that_does_not_answer_is_named_and_the_rest_can_be_debugged(machine):
    rsp = started(machine)
    deaf = machine.elf["debug_deaf_cpu"].address
    stop_hammer_on(rsp, machine, 2)
    rsp.write(deaf, b"\x02")
    run_until(rsp, machine, lambda: "cpu2 does not answer" in rsp.output)
    assert rsp.stop.values["core"] != "2"
    lost = [t for t, row in rows(rsp).items() if "does not answer" in row["state"]]
    assert len(lost) == 1
    assert of_thread(rsp, lost[0], "rip") is None
    assert "does not answer" in rsp.set_register("rip", 0)
    before = hits_of(rsp, machine, 4)
    assert rsp.ask(f"vCont;s:{lost[0]}") == "E.a processor has to run that answers"
    assert rsp.step().signal == 5
    after = hits_of(rsp, machine, 4)
    assert after[1] == before[1] and after[3] == before[3]
    rsp.write(deaf, b"\xff")
    while any("does not answer" in row["state"] for row in rows(rsp).values()):
        rsp.resume()  # it is summoned with the others, but nobody waits for it
        rsp.interrupt()
    assert rsp.output.count("does not answer") == 1


def running(rsp):
    """{cpu: its thread, and all its registers}"""
    on = {int(row["core"]): thread for thread, row in rows(rsp).items() if row["state"].startswith("running")}
    return {cpu: (thread, rsp.ask(f"Hg{thread}") == "OK" and rsp.ask("g")) for cpu, thread in on.items()}


# Who is let go may wait for a lock that a held one has, with interrupts off: only an NMI gets in then.
@pytest.mark.com1("its interrupt may be an NMI")
@pytest.mark.machine(smp=4, append="workload=full gdb.breakin=nmi")
def test_a_step_holds_the_other_cpus_and_scheduler_locking_all_but_those_let_go(machine):
    rsp = started(machine)
    thread = stop_hammer_on(rsp, machine, 1)
    for packet in (f"vCont;s:{thread}", f"vCont;s:{thread};c", f"vCont;s:{thread};t"):
        for _ in range(20):
            before = hits_of(rsp, machine, 4)
            stop = rsp.go(packet)
            after = hits_of(rsp, machine, 4)
            assert stop.signal == 5 and stop.values["core"] == "1"
            assert [n for n in (0, 2, 3) if after[n] != before[n]] == []
    for let_go in ({1}, {1, 2}, {3, 0, 2}):
        moved = set()
        while moved != let_go:
            before, ran = hits_of(rsp, machine, 4), running(rsp)
            if not let_go <= ran.keys():  # one is between two threads
                stop_hammer_on(rsp, machine, 1)
                continue
            rsp.resume("vCont" + "".join(f";c:{ran[cpu][0]}" for cpu in let_go))
            time.sleep(0.01)  # any moment is to do
            assert rsp.interrupt().signal == 2
            after, runs = hits_of(rsp, machine, 4), running(rsp)
            moved |= {cpu for cpu in ran if after[cpu] != before[cpu] or runs.get(cpu) != ran[cpu]}
            assert moved <= let_go
    run_until(rsp, machine, lambda: all(now > then for now, then in zip(hits_of(rsp, machine, 4), after)))


def to_hammer_without_locks(gdb, cpu):
    """To where nobody has a spinlock: if a held one had, the one that runs alone would wait for it for ever."""
    notes = "+".join(f"(cpus[{n}].spinlocks[{i}].lock != 0)" for n in range(4) for i in range(8))
    gdb.execute(f"tbreak workload_hot if hammer->cpu == {cpu}", "continue")
    while gdb.int(f"{notes} + scheduler_lock.holder"):
        gdb.execute(f"tbreak workload_hot if hammer->cpu == {cpu}", "continue")


@FULL
def test_gdbs_scheduler_locking(machine):
    machine.console.wait_for(r"^workload: \d+ threads")
    gdb = machine.gdb()
    to_hammer_without_locks(gdb, 2)
    gdb.execute("set scheduler-locking on")
    count = "workload_hammers[{}].hits"
    before = [gdb.int(count.format(n)) for n in range(4)]
    gdb.execute("next", "next", "step", "stepi")
    gdb.execute("tbreak check_pair", "continue")
    assert gdb.int("$_thread") and "check_pair" in gdb.execute("frame")
    after = [gdb.int(count.format(n)) for n in range(4)]
    assert after[2] > before[2]
    assert [after[n] for n in (0, 1, 3)] == [before[n] for n in (0, 1, 3)]
    gdb.execute("set scheduler-locking step", "tbreak workload_hot if hammer->cpu == 3", "continue")
    assert gdb.int("hammer->cpu") == 3
    before = [gdb.int(count.format(n)) for n in range(4)]
    gdb.execute("next")
    after = [gdb.int(count.format(n)) for n in range(4)]
    assert [after[n] for n in (0, 1, 2)] == [before[n] for n in (0, 1, 2)]
    for n, mode in enumerate(("off", "replay")):
        gdb.execute(f"set scheduler-locking {mode}", f"tbreak workload_hot if hammer->cpu == {n}", "continue")
        assert gdb.int("hammer->cpu") == n


def wait_until_it_ticks(machine):
    """Until the first CPU has left the debugger: one that is parked takes interrupts outside of it, but no ticks."""
    def ticks():
        return int(machine.monitor(f"x /1gx {machine.elf['clock_ticks'].address:#x}").split()[-1], 16)

    begin = ticks()
    while ticks() < begin + 2:
        machine.deadline.left()


@pytest.mark.deadline(240)  # until a certain CPU hits
@pytest.mark.machine(smp=4, append="workload=full", qmp=True)
def test_every_press_of_the_nmi_button_is_one_stop(machine):
    """Also the first one after the CPU that it goes to was summoned by NMI, perhaps more than once."""
    rsp = started(machine)
    for n in range(1, 5):
        stop_hammer_on(rsp, machine, n % 4)
        rsp.resume()
        wait_until_it_ticks(machine)
        machine.monitor("nmi")
        assert (rsp.wait_stop().signal, rsp.stop.values["core"]) == (2, "0")
        assert rsp.output.count("non-maskable interrupt at rip 0x") == n
        run_until(rsp, machine, lambda: rsp.stop.signal == 5)
