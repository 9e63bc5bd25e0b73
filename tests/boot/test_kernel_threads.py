"""The kernel's threads and CPUs, seen through its memory: what the debugger shows is compared with."""
import re

import pytest

THREAD_STATES = ["new", "ready", "running", "sleeping", "blocked", "dead"]
# The light workload's threads that are always there, and their functions.
WORKERS = {"reaper": "reap", "teller/0": "teller", "teller/1": "teller", "teller/2": "teller", "logger/0": "logger",
           "logger/1": "logger", "log_writer/0": "log_writer", "spawner/0": "spawner", "viewer/0": "viewer",
           "viewer/1": "viewer", "mapper/0": "mapper"}
ROUNDS = ["transfers", "records", "children", "mappings", "views"]


def console(machine, pattern):
    return machine.console.wait_for(pattern)


def rounds(rsp, elf):
    base = elf["workload_rounds"].address
    return [rsp.read_u64(base + 8 * i) for i in range(len(ROUNDS))]


def run_until(rsp, holds, turns=400):
    """Let it run, a turn of the demo at a time, until a condition on its memory holds."""
    hot = rsp_symbol(rsp, "demo_stage_hot")
    for _ in range(turns):
        if holds():
            return
        rsp.insert(hot)
        rsp.go()
        rsp.remove(hot)
    pytest.fail("it never came true")


def rsp_symbol(rsp, name):
    return rsp.elf[name].address


@pytest.fixture
def kernel(machine):
    """The machine with a client, whose reads need no symbols file but the ELF."""
    client = machine.rsp()
    return client


@pytest.mark.parametrize("smp", [1, 2, 4])
def test_every_kind_of_work_goes_on(boot, smp):
    machine = boot(smp=smp, append="workload=full").serving()
    console(machine, rf"^smp: {smp} of {smp} cpus online")
    console(machine, r"^workload: \d+ threads")
    rsp = machine.rsp()
    before = rounds(rsp, machine.elf)
    run_until(rsp, lambda: all(now > then for now, then in zip(rounds(rsp, machine.elf), before)))


@pytest.mark.parametrize("smp", [2, 4])
def test_every_cpu_has_its_timer_and_runs_its_hammer(boot, smp):
    machine = boot(smp=smp, append="workload=full").serving()
    console(machine, r"^workload: ")
    gdb = machine.gdb()
    gdb.execute("tbreak demo_stage_hot", "continue")

    def counts():
        return [(gdb.int(f"cpus[{i}].ticks"), gdb.int(f"workload_hammers[{i}].hits")) for i in range(smp)]

    before = counts()
    for _ in range(200):
        gdb.execute("tbreak demo_stage_hot", "continue")
        if all(now[0] > then[0] and now[1] > then[1] for now, then in zip(counts(), before)):
            break
    else:
        pytest.fail(f"a CPU stands still: {before} {counts()}")
    assert [gdb.int(f"cpus[{i}].index") for i in range(smp)] == list(range(smp))
    assert gdb.int("cpu_count") == smp


PERIOD = r"(?s)LVTT.*?\bperiodic\b.*?divide by (\d+)\).*?initial_count = (\d+)"


@pytest.mark.com1("it is the kernel's own")
@pytest.mark.machine(smp=4, qmp=True)
def test_each_cpus_timer_interrupts_a_thousand_times_a_second(machine):
    """QEMU's local APIC counts nanoseconds; the kernel has measured it, on a host that may have been busy."""
    console(machine, r"^workload: ")
    periods = [re.search(PERIOD, machine.monitor(f"info lapic {n}")).groups() for n in range(4)]
    for divisor, count in periods:
        assert 800_000 < int(divisor) * int(count) < 1_200_000
    assert len(set(periods)) == 1


@pytest.mark.parametrize("smp, text", [(1, "1 of 1 cpus online"), (8, "8 of 8 cpus online"),
                                       (64, "8 of 8 cpus online")])
def test_from_one_cpu_to_more_than_we_use(boot, smp, text):
    machine = boot(smp=smp).serving()
    console(machine, "^smp: " + text)
    alone = re.search(r"left alone: ([\d, ]+)", machine.console.text())
    assert (alone is not None) == (smp > 8)
    assert alone is None or alone.group(1) == ", ".join(str(i) for i in range(8, smp))
    rsp = machine.rsp()
    start = rsp.read_u64(machine.elf["demo_counter"].address)
    run_until(rsp, lambda: rsp.read_u64(machine.elf["demo_counter"].address) > start)


def threads(gdb):
    """(id, name, state, queue) of all threads, from the kernel's own list."""
    found, at = [], gdb.int("thread_first")
    while at:
        thread = f"((struct thread *){at})"
        name = gdb.execute(f"printf \"%s\\n\", {thread}->name").strip()
        queue = gdb.int(f"{thread}->waits_for")
        found.append((gdb.int(f"{thread}->id"), name, THREAD_STATES[gdb.int(f"{thread}->state")], queue))
        at = gdb.int(f"{thread}->next")
    return found


def test_the_list_of_threads_is_in_order(gdb):
    gdb.execute("tbreak demo_stage_hot", "continue", "tbreak work_child", "continue")
    every = threads(gdb)
    ids, names, states, queues = zip(*every)
    assert list(ids) == sorted(set(ids)) and ids[0] == 1 and names[0] == "main"
    assert {"idle/0", "child", *WORKERS} <= set(names)
    assert states.count("running") == 1 and states[names.index("child")] in ("running", "ready", "sleeping")
    assert all((queue != 0) == (state == "blocked") for _, _, state, queue in every)
    assert gdb.frames()[:3] == ["work_child", "thread_enter", "thread_start"]


def unwind(gdb, rsp):
    """The functions on the stack of a thread that does not run, from its switch frame."""
    gdb.execute("set $kept_rsp = $rsp", "set $kept_rip = $rip", "set $kept_rbp = $rbp")
    frame = f"((struct switch_frame *){rsp})"
    gdb.execute(f"set $to_rip = {frame}->rip", f"set $to_rbp = {frame}->rbp")
    gdb.execute(f"set $rsp = {rsp} + sizeof(struct switch_frame)", "set $rip = $to_rip", "set $rbp = $to_rbp")
    names = gdb.frames()
    gdb.execute("set $rsp = $kept_rsp", "set $rip = $kept_rip", "set $rbp = $kept_rbp")
    return names


def sleepers(gdb):
    """The frames of each worker that sleeps now, by hand."""
    at, entries = gdb.int("thread_first"), {}
    while at:
        thread = f"((struct thread *){at})"
        name = gdb.execute(f"printf \"%s\\n\", {thread}->name").strip()
        if name in WORKERS and THREAD_STATES[gdb.int(f"{thread}->state")] in ("sleeping", "blocked"):
            entries[name] = unwind(gdb, gdb.int(f"{thread}->rsp"))
        at = gdb.int(f"{thread}->next")
    return entries


def test_the_stack_of_a_sleeper_leads_to_its_function(gdb):
    """What the debugger will show of a thread that does not run, done by hand here."""
    entries = {}
    while len(entries) < 6:  # on a busy machine most of them may want to run
        gdb.execute("tbreak work_child", "continue")
        entries |= sleepers(gdb)
    for name, frames in entries.items():
        assert frames[-3:] == [WORKERS[name], "thread_enter", "thread_start"], (name, frames)


def test_every_instruction_of_a_switch_can_be_unwound(gdb):
    """Step through thread_switch() of one thread, and out of it in another: never a wrong frame."""
    gdb.execute("tbreak thread_switch", "continue")
    outer = gdb.frames()[1:]
    assert outer[0] == "scheduler_switch" and outer[-1] in ("thread_start", "boot_high")
    for _ in range(40):
        frames = gdb.frames()
        if frames[0] != "thread_switch":
            break
        assert frames[-1] in ("thread_start", "boot_high"), frames
        gdb.execute("stepi")
    assert frames[0] in ("scheduler_switch", "thread_start") and frames[-1] in ("thread_start", "boot_high")


@pytest.mark.machine(append="workload=off")
def test_without_the_workload_there_are_only_the_kernels_own(gdb):
    gdb.execute("tbreak demo_stage_hot", "continue")
    names = [name for _, name, _, _ in threads(gdb)]
    assert names[:3] == ["main", "idle/0", "reaper"] and not set(names[3:]) & set(WORKERS)


def test_a_panic_ends_all_cpus(boot):
    machine = boot(panic_expected=True, append="gdb=off panic=exit workload=full fault=page_null_read", smp=2)
    console(machine, r"^panic: ")
    assert machine.wait_exit() == 3
