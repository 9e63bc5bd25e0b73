"""monitor wt where a function is not just called and returns: jumps out of it, other stacks, ring 3, modules,
processors, a client that has seen enough, and memory that is full."""
import random
import re
import time

import pytest
from clients.programs import program
from test_modules import run_until_loaded
from test_wt import LINE, ROW, facts, facts_of, table, trace
from trapline_pytest import ROOT
from trapline_pytest.elf import Elf
from trapline_pytest.rsp import Rsp

WT_CODE_SIZE, CALL_TREE_MIN = 0x8000, 0x10000  # wt_state.h, call_tree.h
# f: call g; ret    g: xchg %rsp, %rdi; jmp *%rsi    back: xchg %rsp, %rdi; jmp *%rdx
F = bytes.fromhex("e8 01 00 00 00  c3  48 87 fc  ff e6  48 87 fc  ff e2".replace(" ", ""))
F_RETURNS, G_BACK = 5, 11


def check_sums(rsp):
    """Each instruction is one function's, whatever has become of its calls."""
    result = facts(rsp)
    rows = [row for row in result["output"] if isinstance(row, dict)]
    assert result["ok"] and sum(row["total"] for row in rows) == result["instructions"] > 0, result
    return result


@pytest.mark.machine(append="gdb=wait fault=spin_poll")
def test_hooks_that_the_debugger_calls_are_no_part_of_it(rsp):
    """A call of the debugger is one instruction, whatever the kernel has to tell it meanwhile."""
    rsp.run_to("fault_spin_poll")
    text = trace(rsp, "-max 12")
    assert table(text) == {"fault_spin_poll": (1, 12, None, None)} and check_sums(rsp)["calls"] == 0, text
    assert [line[:3] for line in LINE.findall(text)] == [("12", "0", "0")], text


def test_longjmp_within_it_and_out_of_it_and_another_stack(rsp):
    """In code of the client's own, called from demo_add's beginning instead of it."""
    rsp.run_to("demo_add")
    code, stack = int(rsp.ask("_M1000,rwx"), 16), int(rsp.ask("_M1000,rw"), 16) + 0x800
    rsp.write(code, F)
    sp, saved = rsp.register("rsp"), rsp.ask("QSaveRegisterState")
    back = rsp.read_u64(sp)

    def call(**registers):
        assert rsp.ask(f"QRestoreRegisterState:{saved}") == "OK"
        saved_again = rsp.ask("QSaveRegisterState")
        for name, value in {"rip": code, **registers}.items():
            assert rsp.set_register(name, value) == "OK"
        return saved_again

    saved = call(rdi=sp, rsi=code + F_RETURNS)
    assert "it has returned" in trace(rsp) and (rsp.pc, rsp.register("rsp")) == (back, sp + 8)
    assert facts_of(rsp.output) == 4 and check_sums(rsp)["calls"] == 1
    assert {line[2] for line in LINE.findall(re.sub(r"0x\w+ \[\?\]", "f [q]", rsp.output))} == {"0", "1"}

    saved = call(rdi=sp + 0x80, rsi=rsp.elf["demo_nothing"].address)
    assert "its frame is gone, and it has not returned (longjmp?)" in trace(rsp)
    assert rsp.pc == rsp.elf["demo_nothing"].address and rsp.register("rsp") == sp + 0x80
    assert check_sums(rsp)["instructions"] == 3

    # g goes on on another stack, calls nothing there, and comes back with a jump to f's return.
    saved = call(rdi=stack, rsi=code + G_BACK, rdx=code + F_RETURNS)
    text = trace(rsp, "-max 6")
    assert rsp.register("rsp") in (sp - 8, sp) and "its frame is gone" not in text, text
    check_sums(rsp)
    call()
    assert rsp.step().signal == 5


@pytest.mark.machine(append="init=/zoo")
def test_into_ring_3_and_from_there_into_the_kernel_and_back(machine):
    """By sysret and by iret, from within a system call and from a program; and the first way to ring 3."""
    machine.console.wait_for("^zoo: open")
    rsp = machine.rsp()
    zoo = Elf(ROOT / machine.settings.initrd.parent / "user/zoo.elf")
    rsp.run_to("sys_getpid")
    assert "it has returned" in trace(rsp)
    for name, least in (("zoo_syscall", 1), ("zoo_int80", 0)):
        address = zoo[name].address
        rsp.insert(address)
        rsp.go()
        rsp.remove(address)
        back = rsp.read_u64(rsp.register("rsp"))
        text = trace(rsp)
        assert "it has returned" in text and rsp.pc == back < 1 << 47 and rsp.register("cs") & 3 == 3, text
        assert table(text)["sys_getpid"][0] == 1 and re.search(rf"0x{address:x} \[user\]", text), text
        assert check_sums(rsp)["system_calls"] == least
    rsp.run_to("sys_getpid")
    text = trace(rsp, f"-until {zoo['zoo_syscall'].address:#x}")
    assert "there it is" in text and re.search(r" \[user\]", text), "out of the kernel, and on"
    assert check_sums(rsp)["at"] == f"0x{rsp.pc:x}"
    rsp.monitor(f"until $rip == {zoo['zoo_syscall_done'].address:#x}")
    rsp.go()
    assert rsp.pc == zoo["zoo_syscall_done"].address
    rsp.monitor("wt -count")
    rsp.resume()
    if rsp.interrupt().signal != 2:  # it has returned meanwhile: the call is kept for what is resumed next
        assert rsp.step().signal == 2
    assert step(rsp)


@pytest.mark.parametrize("command", ["wt", "until $rip == $rip"])
def test_a_ctrl_c_that_crosses_the_end_is_told_then_or_at_the_next_step(machine, rsp, command):
    """While it runs, while its report goes out, or behind it: one SIGINT, and one only."""
    for turn in range(300):
        rsp.run_to("demo_random")
        rsp.monitor(command)
        rsp.output = ""
        rsp.resume()
        if turn % 3 == 0:
            time.sleep(turn / 100000)
        elif turn % 3 == 1:
            rsp.receive()  # the report's first words
        signals = [rsp.interrupt().signal, rsp.step().signal, rsp.step().signal]
        assert signals in ([2, 5, 5], [5, 2, 5]), (turn, signals, rsp.output)


def step(rsp):
    return rsp.step().signal == 5


@pytest.mark.machine(append="gdb=wait init=/zoo")
def test_the_first_way_to_ring_3_and_pages_made_on_it(machine, rsp):
    run = machine.gdb(attach=False).int("&'process.c'::run")
    rsp.insert(run)
    rsp.go()
    rsp.remove(run)
    text = trace(rsp, "-max 4000")
    assert " [user]" in text and "page_fault" not in text and "process_resolve" not in text, text
    assert check_sums(rsp)["instructions"] == 4000
    assert step(rsp)


def test_a_modules_functions(machine, rsp):
    rsp.monitor("insmod disktest")
    run_until_loaded(rsp, "disktest.ko")
    block = int(rsp.monitor("print disktest_block").split()[0], 16)
    traces = []
    for options in ("", "-module ramdisk", "-module disktest -depth 0", "-module kernel"):
        rsp.insert(block)
        rsp.go()
        rsp.remove(block)
        assert rsp.pc == block
        traces.append((trace(rsp, options), check_sums(rsp)["instructions"]))
    (all_of_it, _), (ramdisk, _), (disktest, _), _ = traces
    homes = {line[5] for line in LINE.findall(all_of_it)}
    assert {"disktest", "ramdisk"} <= homes, all_of_it
    for (text, count), home in zip(traces[1:], ("ramdisk", "disktest", "kernel")):
        assert {line[5] for line in LINE.findall(text)} <= {home}
        shown = sum(row[1] for row in table(text).values())
        others = int(re.search(r"^ +(\d+)  in other modules$", text, re.M)[1])
        assert shown + others == count and {row[6] for row in ROW.findall(text)} <= {home}
    assert {line[2] for line in LINE.findall(disktest)} == {"0"}
    assert "ramdisk_write" in table(ramdisk) and "disktest_block" not in table(ramdisk)


@pytest.mark.machine(smp=4, append="workload=full")
def test_ctrl_c_anywhere(rsp):
    """Whatever the trace is in the middle of: it says so, its sums are right, and the session goes on."""
    random.seed(6)
    for turn in range(6):
        function = ("demo_turn", "thread_sleep", "mutex_lock")[turn % 3]
        rsp.run_to(function)
        rsp.monitor(f"wt -count -max {10 ** 8}")
        rsp.output = ""
        rsp.resume()
        time.sleep(random.random() / 20)  # any moment is to do
        rsp.interrupt()
        ended, sent = check_sums(rsp)["ended"], rsp.output
        if ended == "it has returned":  # and Ctrl-C has ended what was printed of it, or came later
            assert function != "demo_turn", "whose turn is seconds long"
            assert rsp.stop.signal == 2 or f"\n{ended}: now at" in sent
        else:
            assert rsp.stop.signal == 2 and f"\n{ended}: now at" in sent
            assert ended in ("interrupted", "the machine has stopped while its thread was not running")
        assert step(rsp)
        rsp.output = ""


@pytest.mark.machine(stub=True, append="workload=off")
def test_memory_that_is_full_and_none_at_all(machine, rsp):
    """Our own stub does not let a client write to what it works with: QEMU's does."""
    size = machine.gdb(attach=False).int("&debugger_settings.wt_size")
    rsp.run_to("demo_turn")
    for bytes_, said in ((0, "there is no memory for it"), (WT_CODE_SIZE + CALL_TREE_MIN - 1, "no memory"),
                         (WT_CODE_SIZE + CALL_TREE_MIN, "continue traces")):
        oracle = Rsp(machine.connect(machine.options["stub"]), machine.deadline)
        oracle.receive()
        assert oracle.ask(f"M{size:x},8:{bytes_.to_bytes(8, 'little').hex()}") == "OK"
        assert oracle.ask("D;1") == "OK"
        oracle.close()
        assert said in rsp.monitor("wt -max 200000")
    rsp.output = ""
    rsp.go()
    lost = int(re.search(r"^\.\.\. (\d+) lines for which there was no memory; the table has them all$",
                         rsp.output, re.M)[1])
    assert lost > 100 and facts_of(rsp.output) == 200000 == check_sums(rsp)["instructions"]
    folded = [line.rsplit(" ", 1) for line in rsp.monitor("wt -show -folded").splitlines() if line[0] != "#"]
    assert sum(int(n) for _, n in folded) == 200000


CLIENTS = {"gdb 16": "gdb-16", "lldb 14": "lldb-14", "lldb 22": "lldb-22"}


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.machine(smp=2, append="workload=off")
def test_what_other_clients_see_afterwards(machine, name):
    """They stand where the function has returned to, and step on from there."""
    if name.startswith("gdb"):
        gdb = machine.gdb(program=program(CLIENTS[name]))
        gdb.execute("tbreak demo_turn", "continue", "break demo_factorial", "continue")
        n = gdb.int("n")
        assert "continue traces" in gdb.execute("monitor wt")
        said = gdb.execute("continue")
        assert gdb.frames(1)[0] == "demo_stage_tutorial" and "SIGTRAP" in said
        gdb.execute("delete", "next")
        assert gdb.frames(1)[0] == "demo_stage_tutorial"
    else:
        lldb = machine.lldb(program=program(CLIENTS[name]), file=machine.elf.path)
        lldb.execute("breakpoint set -o true -n demo_turn", "continue", "breakpoint set -n demo_factorial", "continue")
        n = lldb.int("n")
        assert "continue traces" in lldb.execute("process plugin packet monitor wt")
        said = lldb.execute("continue") + lldb.printed()
        assert lldb.frames()[0] == "demo_stage_tutorial"
        lldb.execute("breakpoint delete -f", "next")
        assert lldb.frames()[0] == "demo_stage_tutorial"
        said = said if table(said) else lldb.execute("process plugin packet monitor wt -show")
    assert table(said)["demo_factorial"][0] == n and "it has returned" in said
