"""Breakpoints, watchpoints and memory of one user program among others at the same addresses."""
import contextlib
import re

import pytest
from trapline_pytest.elf import Elf
from trapline_pytest.gdb import GdbError

ROUNDS = 300
TWINS = "init=/twin workload=off"


@pytest.fixture
def user(settings):
    return lambda name: Elf(settings.elf.path.replace("kernel.elf", f"user/{name}.elf"))


@pytest.fixture
def twin(user):
    return user("twin")


def processes(rsp):
    """{pid: (name, thread)} of those that have memory."""
    rows = re.findall(r"^[* ] (\d+)  (\S+)  cr3 0x([0-9a-f]+)  thread (\d+)", rsp.monitor("ps"), re.M)
    return {int(pid): (name, f"p1.{int(thread):x}") for pid, name, cr3, thread in rows if int(cr3, 16)}


def run_until(machine, rsp, reached, call="sys_yield"):
    """From one call of this function of the kernel's to the next."""
    address = machine.elf[call].address
    while not reached():
        rsp.insert(address)
        rsp.go()
        rsp.remove(address)


def calls_of(rsp, twin, pid):
    rsp.monitor(f"process {pid}")
    reply = rsp.ask(f"m{twin['twin_calls'].address:x},8")
    return 0 if reply.startswith("E") else int.from_bytes(bytes.fromhex(reply), "little")


def twins(machine, twin):
    """Both run, and have come so far as to call."""
    rsp = machine.serving().rsp()
    run_until(machine, rsp, lambda: all(calls_of(rsp, twin, pid) > 2 for pid in (1, 2)))
    return rsp


@pytest.mark.parametrize("smp", [1, 2])
def test_breakpoint_in_one_of_two(boot, twin, smp):
    """The other one and hundreds of children look at their code all the time: "NOT TRUE" if it changes."""
    machine = boot(smp=smp, append=TWINS)
    rsp = twins(machine, twin)
    other = calls_of(rsp, twin, 2)
    rsp.monitor("process 1")
    thread, counts = processes(rsp)[1][1], []
    rsp.insert(twin["twin_call"].address)
    rsp.insert(twin["exec"].address)  # never called, but in a page that each child is given
    for _ in range(ROUNDS):
        stop = rsp.go()
        assert ("swbreak" in stop.values, stop.values["thread"], rsp.pc) == (True, thread, twin["twin_call"].address)
        counts.append(rsp.read_u64(twin["twin_calls"].address))
    assert counts == list(range(counts[0], counts[0] + ROUNDS))
    assert f"in process 1 (/twin)  int3  hit {ROUNDS} times" in rsp.monitor("bp")
    rsp.remove(twin["twin_call"].address)
    rsp.remove(twin["exec"].address)
    run_until(machine, rsp, lambda: calls_of(rsp, twin, 2) > other + 10)
    rsp.monitor("process 1")
    assert rsp.read_u64(twin["twin_children"].address) > ROUNDS // 16
    assert not machine.console.find("NOT TRUE")


@pytest.mark.parametrize("smp", [1, 2])
def test_debug_registers_are_one_programs(boot, twin, smp):
    rsp = twins(boot(smp=smp, append=TWINS), twin)
    thread = processes(rsp)[2][1]
    rsp.monitor("process 2")
    for kind, symbol, length, word in ((2, "twin_calls", 8, "watch"), (1, "twin_call", 1, "hwbreak")):
        rsp.insert(twin[symbol].address, kind, length)
        before = calls_of(rsp, twin, 2)
        for _ in range(50):
            stop = rsp.go()
            assert (word in stop.values, stop.values["thread"]) == (True, thread)
        assert 49 <= calls_of(rsp, twin, 2) - before <= 50
        rsp.remove(twin[symbol].address, kind, length)


@pytest.mark.parametrize("smp", [1, 2])
def test_floating_point_registers_are_one_programs_over_switches(boot, twin, smp):
    """Of two that take turns, and have children: what the debugger writes in one stays there, and only there."""
    machine = boot(smp=smp, append=TWINS)
    rsp = twins(machine, twin)
    wanted = {pid: {"xmm15": pid << 100, "st3": pid << 70 | pid, "mxcsr": 0x1f80 | pid << 13} for pid in (1, 2)}
    for turn in range(6):
        pid = turn % 2 + 1
        rsp.monitor(f"process {pid}")
        rsp.insert(twin["twin_call"].address, kind=1)  # it looks at its code
        for _ in range(3):
            rsp.go()
        for name, value in wanted[pid].items():
            assert turn > 1 or rsp.set_register(name, value) == "OK"
            assert rsp.register(name) == value, f"{name} of {pid}"
        rsp.remove(twin["twin_call"].address, kind=1)
        rsp.run_to("sys_yield")  # or it would go back to the process that it was in
    for pid, (_, thread) in processes(rsp).items():
        if thread != rsp.stop.values["thread"]:
            assert rsp.ask(f"Hg{thread}") == "OK"
            assert rsp.register("cs") is not None or "saved no such register" in rsp.set_register("xmm15", pid)
    assert not machine.console.find("NOT TRUE")


CHANGING = ("rip", "rsp", "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r11")


def registers_in_ring_3(rsp, thread):
    """From stop to stop of another thread, until this one is on the other processor, in its program."""
    while True:
        assert rsp.go().values["thread"] != thread and rsp.ask(f"Hg{thread}") == "OK"
        if (rsp.register("cs") or 0) & 3:
            return [rsp.register(name) for name in CHANGING]


def test_a_processor_forgets_the_page_that_another_one_has_replaced(boot, twin):
    """What is written makes a copy; it is a jump to itself, and the next instruction of the program's."""
    machine = boot(smp=2, append=TWINS)
    rsp = twins(machine, twin)
    rsp.monitor("process 1")
    rsp.insert(twin["twin_call"].address, kind=1)
    rsp.monitor("process off")
    thread = processes(rsp)[2][1]
    before = registers_in_ring_3(rsp, thread)
    code = rsp.read(before[0], 2)
    rsp.write(before[0], b"\xeb\xfe")
    for _ in range(2):
        assert registers_in_ring_3(rsp, thread) == before
    rsp.write(before[0], code)
    rsp.remove(twin["twin_call"].address, kind=1)
    other = calls_of(rsp, twin, 2)
    run_until(machine, rsp, lambda: calls_of(rsp, twin, 2) > other + 10)
    assert not machine.console.find("NOT TRUE")


@pytest.mark.machine(append="init=/init")
def test_memory_is_the_selected_threads_or_the_chosen_process(machine, user):
    """Of sleepers as well. What is written is written for one: constants are all processes' page."""
    rsp, worker = machine.serving().rsp(), user("worker")
    run_until(machine, rsp, lambda: sum(name == "/worker" for name, _ in processes(rsp).values()) == 2, "sys_sleep")
    found = [(pid, thread) for pid, (name, thread) in processes(rsp).items() if name == "/worker"]
    turns, text = worker["worker_turns"].address, worker["is_prime"].address
    run_until(machine, rsp, lambda: all(rsp.ask(f"Hg{thread}") == "OK" and not rsp.ask(f"m{at:x},8").startswith("E")
                                        for _, thread in found for at in (turns, text)), "sys_sleep")
    for n, (_, thread) in enumerate(found):
        assert rsp.ask(f"Hg{thread}") == "OK"
        assert rsp.ask(f"X{turns:x},8:".encode() + (0x1000 * (n + 1)).to_bytes(8, "little")) == "OK"
    code = rsp.read(text, 32)
    assert rsp.ask(f"M{text + 16:x},2:9090") == "OK"  # the second one's alone
    sums = []
    for n, (pid, thread) in enumerate(found):
        assert rsp.ask("Hgp1.1") == "OK"
        # A thread of the kernel's sees nothing, or where the boot's mapping of low memory has got so far, the image.
        assert rsp.ask(f"m{turns:x},8") not in [(0x1000 * k).to_bytes(8, "little").hex() for k in range(1, 3)]
        assert f"process {pid}'s, /worker" in rsp.monitor(f"process {pid}")
        assert rsp.read_u64(turns) == 0x1000 * (n + 1)
        expected = code if n == 0 else code[:16] + b"\x90\x90" + code[18:]
        assert rsp.read(text, 32) == expected
        assert rsp.ask_bytes(f"x{text:x},20") == b"b" + expected
        sums.append(rsp.ask(f"qCRC:{text:x},20"))
        assert rsp.ask(f"qSearch:memory:{text:x};20;".encode() + b"\x90\x90")[0] == str(n)
        assert rsp.ask(f"qMemoryRegionInfo:{text:x}").split(";")[2] == "permissions:rx"
        assert "selected thread" in rsp.monitor("process off")
    assert re.fullmatch("C[0-9a-f]+ C[0-9a-f]+", " ".join(sums)) and sums[0] != sums[1]
    assert rsp.ask(f"Hg{found[1][1]}") == "OK"
    assert rsp.ask(f"M{text + 16:x},2:{code[16:18].hex()}") == "OK"


def test_a_process_that_has_ended_keeps_its_name_until_its_parent_asks(boot, twin):
    machine = boot(append=TWINS)
    rsp = twins(machine, twin)
    rsp.insert(machine.elf["thread_exit"].address)
    for _ in range(3):
        rsp.go()
        assert re.search(r"^  \d+  /twin  cr3 0x0  ended$", rsp.monitor("ps"), re.M)


def test_what_is_not_there_is_refused_and_may_come_later(boot, twin):
    machine = boot(append=TWINS + " gdb=wait").serving()
    rsp = machine.rsp()
    assert "no process 77" in rsp.monitor("process 77") and "no process 0" in rsp.monitor("process 0")
    assert "usage" in rsp.monitor("process x") and "usage" in rsp.monitor("ps x")
    assert "no processes" in rsp.monitor("ps")
    call = twin["twin_call"].address
    rsp.insert(call)  # nobody's memory, or the kernel's that may come
    assert re.search(r"with cr3 0x\w+  int3, pending", rsp.monitor("bp"))
    rsp.remove(call)
    assert rsp.monitor("bp pending off") and rsp.ask(f"Z0,{call:x},1").startswith("E")
    launch = machine.elf["thread_launch"].address
    rsp.insert(launch)
    while not processes(rsp):
        rsp.go()
    rsp.remove(launch)
    assert "process 1's" in rsp.monitor("process 1")
    rsp.insert(call)
    assert "in process 1 (/twin)  int3, pending" in rsp.monitor("bp")
    assert (rsp.go().values.get("swbreak"), rsp.pc) == ("", call)
    assert "hit 1 times" in rsp.monitor("bp")
    # A client that lets go takes all of it along.
    rsp.detach()
    rsp = machine.rsp()
    assert "no breakpoints" in rsp.monitor("bp") and "selected thread" in rsp.monitor("process")


def test_a_process_ends_while_its_breakpoint_is_planted(boot, twin):
    """Its tables' page may be the next one's: the child after it must not hit."""
    machine = boot(append=TWINS)
    rsp = twins(machine, twin)
    end, call = machine.elf["process_end"].address, twin["twin_call"].address
    rsp.monitor("process off")
    rsp.insert(end)
    stop = rsp.go()
    pid = next(p for p, (_, thread) in processes(rsp).items() if thread == stop.values["thread"])
    assert pid > 2
    rsp.insert(call)  # of the thread that is about to end
    assert f"in process {pid} (/twin)  int3" in rsp.monitor("bp")
    for _ in range(3):
        stop = rsp.go()
        assert rsp.pc == end
    assert "in a process that has ended" in rsp.monitor("bp")
    pid = next(p for p, (_, thread) in processes(rsp).items() if thread == stop.values["thread"])
    rsp.monitor(f"process {pid}")
    for _ in range(3):
        rsp.go()
    assert f"process {pid} has ended" in rsp.monitor("process")
    rsp.remove(call)
    rsp.insert(call)  # as gdb does at each stop; one that is new would never be hit
    for fresh in (f"Z0,{twin['exec'].address:x},1", f"Z1,{call:x},1", f"Z2,{twin['twin_calls'].address:x},8"):
        assert rsp.ask(fresh).startswith("E.the process that was chosen has ended")
    rsp.remove(call)
    rsp.remove(end)
    assert not machine.console.find("NOT TRUE")


def test_exec_takes_the_old_images_breakpoints_away(boot, user):
    """init's children become workers: what was set in the copy of init is not set in the worker."""
    machine = boot(append="init=/init workload=off gdb=wait").serving()
    rsp = machine.rsp()
    rsp.insert(machine.elf["process_exec"].address)
    stop = rsp.go()
    pid = next(p for p, (_, thread) in processes(rsp).items() if thread == stop.values["thread"])
    rsp.monitor(f"process {pid}")
    rsp.insert(user("worker")["is_prime"].address)  # whatever that is in init
    rsp.remove(machine.elf["process_exec"].address)
    rsp.insert(machine.elf["sys_sleep"].address)
    for _ in range(4):
        rsp.go()
        assert rsp.pc == machine.elf["sys_sleep"].address
    assert "in a process that has ended" in rsp.monitor("bp")


def current(gdb):
    return gdb.execute("print $_thread").split()[-1]


def test_gdb_debugs_one_program_by_its_source(boot, twin):
    machine = boot(smp=2, append=TWINS)
    twins(machine, twin).detach()
    gdb = machine.gdb()
    gdb.execute(f"add-symbol-file {twin.path}", "monitor process 1", "break twin_call")
    assert "hit Breakpoint 1, twin_call" in gdb.execute("continue")
    first = current(gdb)
    assert "in main (argc=" in gdb.execute("backtrace")
    before = int(gdb.execute("print/d twin_calls").split()[-1])
    assert "main" in gdb.execute("finish")
    assert int(gdb.execute("print/d twin_calls").split()[-1]) == before + 1
    # It stays where it was set, whoever runs when gdb puts it back.
    gdb.execute("monitor process off", "break sys_yield", "continue")
    while current(gdb) == first:
        gdb.execute("continue")
    assert "hit Breakpoint 1, twin_call" in gdb.execute("delete 2", "continue")
    assert current(gdb) == first
    gdb.execute("delete", "watch twin_calls")
    for _ in range(2):
        assert "Old value" in gdb.execute("continue")
        assert current(gdb) == first
    gdb.execute("delete", "detach")
    assert not machine.console.find("NOT TRUE")


def test_a_spoiled_list_and_garbage_for_page_tables_are_survived(boot, twin):
    """Restored, as the kernel believes its own list."""
    machine = boot(append=TWINS)
    twins(machine, twin).detach()
    gdb = machine.gdb()
    gdb.execute("tbreak demo_hot", "continue")  # where a program runs, it is the processor's CR3 that counts
    gdb.execute("set $next = process_first->next", "set var process_first->next = process_first")
    assert "goes round in a circle" in gdb.execute("monitor ps")
    gdb.execute("set var process_first->next = (struct process *)0x123456789")
    assert gdb.execute("monitor ps").count("/twin") == 1
    gdb.execute("set var process_first->next = $next")
    gdb.execute("set $twin = process_first")  # which may be a child that has ended
    while gdb.int("$twin->pid") != 1:
        gdb.execute("set $twin = $twin->next")
    gdb.execute("monitor process 1", "set $root = $twin->space.root")
    look = f"x/16gx {twin['twin_area'].address:#x}"
    for root in ("0xfffffffffffff000", "0x123456789000", "0xfee00000", "0xfebff000"):
        gdb.execute(f"set var $twin->space.root = {root}")
        with pytest.raises(GdbError, match="Cannot access memory"):
            gdb.execute(look)
    gdb.execute("set var $twin->space.root = 0x1000")  # RAM, with whatever the firmware has left there
    with contextlib.suppress(GdbError):
        gdb.execute(look)
    gdb.execute("set var $twin->space.root = $root")
    assert "twin_calls" in gdb.execute(f"x/gx {twin['twin_calls'].address:#x}",
                                       f"add-symbol-file {twin.path}", "info symbol &twin_calls")


@pytest.mark.machine(append=TWINS)
def test_breakpoint_at_a_programs_address_says_that_a_thread_of_it_has_to_be_selected(rsp):
    """Thread 1 is the kernel's own: its page tables have other memory at low addresses."""
    rsp.run_to("syscall_dispatch")
    assert rsp.ask("Hgp1.1") == "OK"
    assert "(select a thread of one)" in rsp.ask("Z0,401000,1")
    assert "(select a thread of one)" in rsp.monitor("bp")
