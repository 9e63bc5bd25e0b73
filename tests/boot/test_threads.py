"""The kernel's threads as clients see them: who there is, where their registers are, and a list that
is not to be trusted."""
import re
import xml.etree.ElementTree as ElementTree

import pytest

SMP = pytest.mark.parametrize("smp", [1, 2, 4])
FULL = pytest.mark.machine(smp=4, append="workload=full")
# Each thread's function: it has to be in the thread's backtrace, however it was switched away from.
ENTRIES = {"main": "kernel_main", "reaper": "reap", "teller": "teller", "logger": "logger", "log_writer": "log_writer",
           "spawner": "spawner", "viewer": "viewer", "mapper": "mapper", "hammer": "hammer", "child": "work_child",
           "idle": "scheduler_idle", "modules": "work"}
FIRST_CPU = 0x7fff0000  # the id of a CPU that runs none of the threads
NEVER = ["p1.7fffffff", "7fffffff", "p1.ffffffffffffff00", "p2.1"]


def started(machine):
    """A session with all CPUs and all work under way."""
    machine.console.wait_for(r"^workload: \d+ threads")
    return machine.rsp()


def thread_list(rsp):
    """Ids by qfThreadInfo, in order."""
    ids, reply = [], rsp.ask("qfThreadInfo")
    while reply.startswith("m"):
        ids += reply[1:].split(",")
        reply = rsp.ask("qsThreadInfo")
    assert reply == "l"
    return ids


def rows(rsp):
    """The XML list: {id: attributes, with "state"}."""
    root = ElementTree.fromstring(rsp.transfer("threads", ""))
    return {row.get("id"): {**row.attrib, "state": row.text} for row in root}


def of_thread(rsp, thread, name):
    """A register of any thread."""
    assert rsp.ask(f"Hg{thread}") == "OK"
    return rsp.register(name)


def named(rsp, name):
    return next(thread for thread, row in rows(rsp).items() if row["name"].startswith(name))


def by_gdb(machine, expression):
    """What only the debug information knows."""
    gdb = machine.gdb(attach=False)
    value = gdb.int(expression)
    gdb.close()
    return value


@SMP
def test_lists_agree_with_the_kernel_in_a_storm_of_threads(boot, smp):
    machine = boot(smp=smp, append="workload=full").serving()
    rsp = started(machine)
    count = by_gdb(machine, "(unsigned long)&'thread_table.c'::count")
    before = set(thread_list(rsp))
    rsp.insert(machine.elf["thread_table_remove"].address)
    for _ in range(12):
        rsp.go()
        ids, table = thread_list(rsp), rows(rsp)
        assert ids == list(table) and len(set(ids)) == len(ids)
        assert len(ids) == rsp.read_u64(count)
        monitor = [line.split()[0] for line in rsp.monitor("threads").splitlines()]
        assert [f"p1.{int(number):x}" for number in monitor] == ids
        running = [row for row in table.values() if row["state"] == "running"]
        cores = [str(n) for n in range(smp)] if smp > 1 else [None]  # one is not worth a word at each stop
        assert sorted(row.get("core") for row in running) == cores
        for thread in ids:
            assert rsp.ask(f"T{thread}") == "OK"
            extra = bytes.fromhex(rsp.ask(f"qThreadExtraInfo,{thread}")).decode()
            assert extra == f"{table[thread]['name']}, {table[thread]['state']}"
        before |= set(ids)
        gone = before - set(ids)
    assert len(gone) >= 10
    for thread in gone:
        assert rsp.ask(f"T{thread}") == rsp.ask(f"Hg{thread}") == "E22"
    assert rsp.ask(f"vCont;c:{gone.pop()}") == "E22"


@FULL
def test_ids_that_never_were_and_those_that_mean_any_or_all(machine):
    rsp = started(machine)
    current = rsp.stop.values["thread"]
    for thread in NEVER:
        assert rsp.ask(f"T{thread}") == rsp.ask(f"Hg{thread}") == rsp.ask(f"Hc{thread}") == "E22"
        assert rsp.ask(f"qThreadExtraInfo,{thread}") == "E22"
        assert rsp.ask(f"vCont;s:{thread}") == "E22"
    assert rsp.ask("T0") == rsp.ask("T-1") == "E22"
    for thread in ("0", "-1", "p1.0", "p1.-1"):
        assert rsp.ask(f"Hg{thread}") == "OK"
        assert rsp.ask("qC") == f"QC{current}"
    assert rsp.go("vCont;s:0").values["thread"] == current


@FULL
def test_a_sleeper_has_the_registers_of_its_switch_and_no_others(machine):
    rsp = started(machine)
    sleeper = named(rsp, "modules")
    while rows(rsp)[sleeper]["state"] != "blocked on queue module commands":  # it may not have begun
        rsp.run_to("thread_table_remove")
    switch = machine.elf["scheduler_switch"]
    assert switch.address < of_thread(rsp, sleeper, "rip") <= switch.end
    for name in ("rbx", "rbp", "rsp", "r12", "r13", "r14", "r15", "eflags"):
        assert of_thread(rsp, sleeper, name) is not None
    for name in ("rax", "rcx", "rdx", "rsi", "rdi", "r8", "r11", "cs", "fs_base", "cr0", "xmm0"):
        assert of_thread(rsp, sleeper, name) is None
    r12 = of_thread(rsp, sleeper, "r12")
    assert rsp.set_register("r12", r12 ^ 0xff) == "OK"
    assert of_thread(rsp, sleeper, "r12") == r12 ^ 0xff
    assert rsp.set_register("r12", r12) == "OK"
    assert "saved no such register" in rsp.set_register("rax", 1)
    assert "rsp is where its switch" in rsp.set_register("rsp", of_thread(rsp, sleeper, "rsp"))
    assert "cr3 is what its switch" in rsp.set_register("cr3", of_thread(rsp, sleeper, "cr3"))
    assert "debugger's own" in rsp.set_register("rip", machine.elf["debugger_init"].address)
    reply = rsp.ask(f"vCont;s:{sleeper}")
    assert "on no processor now" in reply
    assert rsp.ask(f"vCont;c:{sleeper}") == reply


@FULL
def test_registers_of_a_thread_on_another_cpu_are_that_cpus(machine):
    rsp = started(machine)
    rsp.resume()
    rsp.interrupt()
    bases, tables = set(), rows(rsp)
    for thread, row in tables.items():
        if row["state"] != "running":
            continue
        bases.add(of_thread(rsp, thread, "gs_base"))
        for name in ("rax", "rip", "cs", "ds", "cr3", "xmm3", "st0", "fctrl", "mxcsr"):
            assert of_thread(rsp, thread, name) is not None, (row, name)
        mxcsr = of_thread(rsp, thread, "mxcsr")
        assert rsp.set_register("mxcsr", mxcsr ^ 0x40) == "OK"
        assert of_thread(rsp, thread, "mxcsr") == mxcsr ^ 0x40
        assert rsp.set_register("mxcsr", mxcsr) == "OK"
        assert rsp.set_register("r15", of_thread(rsp, thread, "r15")) == "OK"
        assert "reserved" in rsp.set_register("mxcsr", mxcsr | 1 << 16)
        assert of_thread(rsp, thread, "mxcsr") == mxcsr
    assert len(bases) == 4
    cpus = machine.elf["cpus"]
    assert all(cpus.address <= base < cpus.end for base in bases)


def spoil(rsp, machine, thread, make):
    """Write to the next pointer of a thread, as gdb knows its place, and put it back."""
    offset = by_gdb(machine, "(unsigned long)&((struct thread *)0)->next")
    first = rsp.read_u64(machine.elf["thread_first"].address)
    addresses = [first]
    for _ in range(thread):
        addresses.append(rsp.read_u64(addresses[-1] + offset))
    before = rsp.read(addresses[-1] + offset, 8)
    rsp.write(addresses[-1] + offset, make(addresses).to_bytes(8, "little"))
    return lambda: rsp.write(addresses[-1] + offset, before)


@FULL
@pytest.mark.parametrize("make, words", [
    (lambda addresses: addresses[0], "goes round in a circle"),
    (lambda addresses: addresses[3], "goes round in a circle"),
    (lambda addresses: addresses[-1], "goes round in a circle"),
    (lambda addresses: 0x1230, "the next one cannot be read"),
    (lambda addresses: 1 << 63, "the next one cannot be read"),
], ids=["to the first", "to the fourth", "to itself", "unmapped", "not canonical"])
def test_a_spoiled_list_is_cut_with_a_note_and_goes_on_where_it_is_good(machine, make, words):
    rsp = started(machine)
    whole = thread_list(rsp)
    repair = spoil(rsp, machine, 6, make)
    ids = thread_list(rsp)
    # Those behind the damage that a CPU runs are still there: as CPUs.
    listed = [thread for thread in ids if int(thread[3:], 16) < FIRST_CPU]
    assert listed == whole[:7]
    assert list(rows(rsp)) == ids
    assert f"cut behind thread {int(whole[6][3:], 16)}: " in rsp.monitor("threads")
    assert words in rsp.monitor("threads")
    # The kernel itself does not doubt its list: let it do no more than two instructions.
    thread = next(thread for thread, row in rows(rsp).items() if row["state"] == "running")
    rsp.go(f"vCont;s:{thread}")
    assert words in rsp.output
    rsp.output = ""
    rsp.go(f"vCont;s:{thread}")
    assert rsp.output == ""
    repair()
    assert thread_list(rsp) == whole


@pytest.mark.machine(smp=4, append="workload=full init=off")
def test_gdb_has_the_registers_of_each_cpu_behind_a_cut(machine):
    machine.console.wait_for(r"^workload: \d+ threads")
    gdb = machine.gdb()
    gdb.execute("set $next = thread_first->next", "set variable thread_first->next = 0x1230")
    rows = re.findall(r'(\d+) +Thread 1\.(\d+) "cpu(\d)"', gdb.execute("info threads"))
    assert [int(cpu) for _, _, cpu in rows] in ([1, 2, 3], [0, 1, 2, 3])
    for number, thread, cpu in rows:
        assert int(thread) == FIRST_CPU + int(cpu)
        gdb.execute(f"thread {number}")
        assert gdb.int(f"$gs_base == (unsigned long)&cpus[{cpu}]")
    gdb.execute("set variable thread_first->next = $next")


@pytest.mark.machine(smp=4, append="workload=full init=off")
def test_every_stack_leads_to_its_threads_function(machine):
    machine.console.wait_for(r"^workload: \d+ threads")
    gdb = machine.gdb()
    seen = set()
    for _ in range(4):
        gdb.resume()
        gdb.interrupt()
        text = gdb.execute("thread apply all backtrace")
        parts = re.split(r'^Thread [\d.]+ \(Thread [\d.]+ "([a-z_]+)[/\d]*" \(.*\)\):$', text, flags=re.M)[1:]
        assert len(parts) // 2 == text.count("\nThread ")
        for name, stack in zip(parts[::2], parts[1::2]):
            # One that has not run yet will begin there; one that ends has left it.
            entry = rf"\b{ENTRIES[name]} \(|run=\S+ <{ENTRIES[name]}>|^#0  thread_start \(|\bthread_exit \("
            assert re.search(entry, stack, flags=re.M), f"{name}: {stack}"
            assert "corrupt" not in stack and "??" not in stack, stack
        seen |= set(parts[::2])
    assert seen >= set(ENTRIES) - {"child"}
