"""monitor analyze: a verdict on each of the mistakes that the kernel can be made to make."""
import json
import re
from pathlib import Path

import pytest
from test_faults import Trigger, mend_tables, stop_in_task

# kind of fault: verdict, and what a line of the screen says. From kernel/demo/fault_kinds.h.
VERDICTS = {
    "divide": ("divide", r"=> 0x\w+ fault_divide\+0x\w+ \[kernel\]:  div"),
    "invalid_opcode": ("ud2", r"=> 0x\w+ fault_invalid_opcode.*:  ud2"),
    "gp_selector": ("selector", "no such segment: 0x1000"),
    "gp_noncanonical": ("non-canonical", r"8 bytes read at 0x8000000000000000: cannot be read   <-- this one"),
    "ss_noncanonical": ("non-canonical", "8000000000000000"),
    "np_gate": ("gate", "not present"),
    "page_null_read": ("null", r"8 bytes read at 0x0: cannot be read   <-- this one"),
    "page_null_write": ("null", r"8 bytes written at 0x0: cannot be read   <-- this one"),
    "page_nx_exec": ("execute-nx", r"data is executed: .*: 0x\w+ zero \[kernel\]"),
    "page_rodata_write": ("write-to-constant", r"1 bytes written at 0x\w+ .*<-- this one"),
    "not_mapped": ("not-mapped", r"8 bytes read at 0xffffc00000000000: cannot be read   <-- this one"),
    "user_address": ("user-address", "an address of the user half, in the kernel: 0x7fff00000000"),
    "text_write": ("write-to-code", r"1 bytes written at 0x\w+ .*<-- this one"),
    "stack_guard": ("stack-guard", "the stack has run over its end"),
    "reserved_bit": ("page-tables", r"PTE at 0x\w+: 0x8008\w+ .*page at 0x8000000000000"),
    "unaligned": ("unaligned", r"16 bytes read at 0x\w+[19]( \S+ \[kernel\])?: .*<-- this one"),
    "no_code": ("no-code", "what is executed is no code"),
    "use_after_free": ("use-after-free", "8 bytes read at 0x6b6b6b6b6b6b6b93: cannot be read   <-- this one"),
    "smashed_return": ("wild-jump", "a return address or function pointer was overwritten: 0xffffc00000000000"),
    "wild_call": ("wild-jump", "a return address or function pointer was overwritten: 0x8000000000000000"),
    "null_call": ("null-call", r"=> 0x0:  no instruction is there"),
    "stack_overflow": ("stack-overflow", "no room on the stack"),
    "bad_stack": ("stack-pointer", "rsp points where nothing is mapped: 0x"),
    "noncanonical_rsp": ("stack-pointer", "rsp is no address: 0x8000000000000000"),
    "bad_gate": ("gate", "could not be delivered"),
    "x87": ("floating-point", "not masked"),
    "no_fpu": ("no-fpu", "CR0.TS"),
    "breakpoint": ("breakpoint", r"=> 0x\w+ fault_breakpoint(\+0x\w+)? \[kernel\]:  int3"),
    "overflow": ("int-instruction", r"=> 0x\w+ fault_overflow(\+0x\w+)? \[kernel\]:  int \$0x4"),
    "bound": ("int-instruction", r"=> 0x\w+ fault_bound(\+0x\w+)? \[kernel\]:  int \$0x5"),
    "machine_check": ("int-instruction", r"=> 0x\w+ fault_machine_check(\+0x\w+)? \[kernel\]:  int \$0x12"),
    "invalid_tss": ("task-state", "task state segment"),
    "alignment_check": ("unaligned", "not aligned"),
    "control_protection": ("control-flow", "enforcement"),
}
# Where faults are delivered with rsp already elsewhere, callers are not on the stack.
NO_CALLERS = {"bad_stack", "noncanonical_rsp", "smashed_return"}

# kernel/sync.h: where a struct mutex has the next one that its owner holds.
HELD_NEXT = 64

LOCK_CMPXCHG = rb"\xf0[\x40-\x4f]?\x0f\xb0"  # of a byte

KMALLOC = Path(__file__).resolve().parents[2] / "kernel" / "kmalloc.h"


def test_verdicts(machine, settings):
    rsp = machine.rsp()
    assert rsp.monitor("analyze").startswith("no fault has stopped the machine here\ncpu 0, thread ")
    stop_in_task(rsp, settings)
    trigger = Trigger(rsp, settings)
    for kind, (verdict, line) in VERDICTS.items():
        trigger.call(kind)
        text = rsp.monitor("analyze")
        result = json.loads(rsp.monitor("-j analyze"))
        assert result["ok"] and result["verdict"] in (verdict, "gate" if kind == "np_gate" else verdict), (kind, text)
        assert int(result["rip"], 16) == rsp.pc, kind
        assert re.search(line, text) or kind == "np_gate", (kind, text)
        assert text.startswith((rsp.output.splitlines() or ["breakpoint at rip 0x"])[0]), (kind, text)
        if kind not in NO_CALLERS:
            assert f" fault_{kind}" in text or kind == "stack_overflow" and " recurse+" in text, (kind, text)
        mend_tables(rsp)
        trigger.restore()
    assert rsp.monitor("analyze").startswith("no fault has stopped the machine here")
    assert "usage" in rsp.monitor("analyze now")
    assert rsp.step()


def test_an_int_instruction_is_what_has_raised_it(machine, settings):
    """rip is behind it. (int 2 is an NMI without a cause.)"""
    rsp, place = machine.rsp(), settings.elf["fault_invalid_opcode"].address
    stop_in_task(rsp, settings)
    assert rsp.monitor("analyze").startswith("no fault has stopped the machine here"), "a breakpoint of the client's"
    before, trigger = rsp.read(place, 2), Trigger(rsp, settings)
    for vector in (0, 1, 3, 4, 8, 14, 18):
        rsp.write(place, bytes([0xcd, vector]))
        trigger.call("invalid_opcode")
        text, result = rsp.monitor("analyze"), json.loads(rsp.monitor("-j analyze"))
        assert result["verdict"] == ("breakpoint" if vector == 3 else "int-instruction"), (vector, text)
        assert re.search(rf"^=> {place:#x} fault_invalid_opcode \[kernel\]:  int (3|\$0x{vector:x})$", text, re.M), (vector, text)
        assert int(result["rip"], 16) == rsp.pc == place + 2
        trigger.restore()
    rsp.write(place, before)
    rsp.step()
    assert rsp.monitor("analyze").startswith("no fault has stopped the machine here")


def test_a_pointer_out_of_free_memory(machine, settings):
    poison = int(re.search(r"define KMALLOC_POISON +(0x\w+)", KMALLOC.read_text())[1], 16)
    rsp = machine.rsp()
    stop_in_task(rsp, settings)
    trigger = Trigger(rsp, settings)
    trigger.call("page_null_read")
    base = re.search(r"\(%(\w+)\)", rsp.monitor("dis $rip 1"))[1]
    rsp.set_register(base, int.from_bytes(bytes([poison]) * 8, "little") + 0x28)
    rsp.go()
    result = json.loads(rsp.monitor("-j analyze"))
    assert result["verdict"] == "use-after-free", result
    assert int(result["address"], 16) & 0xffff == poison * 0x101 + 0x28
    trigger.restore()
    assert rsp.step()


@pytest.mark.machine(append="fault=page_null_write")
def test_at_a_stop_with_gdb(machine):
    gdb = machine.gdb()
    text = gdb.execute("monitor analyze")
    if "no fault" in text:
        gdb.execute("continue")
        text = gdb.execute("monitor analyze")
    assert re.search(r"^page fault: write to 0x0 .*\nverdict: a null pointer, and an offset: 0x0\n"
                     r"=> 0x\w+ fault_page_null_write\+0x\w+ \[kernel\]:  mov.*\n"
                     r"   8 bytes written at 0x0: cannot be read   <-- this one\n"
                     r"PML4E at 0x\w+: ", text, re.M), text
    assert re.search(r"^#1  0x\w+ fault_here\+0x\w+ \[kernel\]\n#2  0x\w+ kernel_main", text, re.M), text


def test_locks_that_are_held_and_the_end_of_the_log(machine, settings):
    rsp = machine.rsp()
    unlock, wait = settings.elf["mutex_unlock"].address, settings.elf["wait_on"].address
    rsp.insert(unlock)
    rsp.go()
    mutex = rsp.register("rdi")
    result = json.loads(rsp.monitor("-j analyze"))["output"]
    held = [row for row in result if isinstance(row, dict) and row.get("kind") == "mutex"]
    assert int(held[0]["at"], 16) == mutex and len(held) < 5, held
    log = rsp.monitor("log 5").splitlines()
    assert result[-5:] == log and result[-6] == "the last lines of the log:"
    rsp.write(mutex + HELD_NEXT, mutex.to_bytes(8, "little"))
    spoiled = rsp.monitor("analyze")
    assert spoiled.count("\nholds ") == 8 and "holds mutex" in spoiled, "a list that goes round in a circle is cut"
    rsp.write(mutex + HELD_NEXT, (1 << 63).to_bytes(8, "little"))
    assert rsp.monitor("analyze").count("holds mutex") == 1
    rsp.write(mutex + HELD_NEXT, int(held[1]["at"], 16).to_bytes(8, "little") if len(held) > 1 else bytes(8))
    rsp.remove(unlock)
    rsp.insert(wait)
    assert rsp.go()


def spinlocks(text):
    """Of each line about one: cpu and thread (empty: of this processor), what, which, since where, who has it."""
    return re.findall(r"^(?:cpu (\d), thread (\d+) )?(holds|waits for) spinlock (\w+) at 0x\w+ \4 \[kernel\]"
                      r", since 0x\w+ (\w+)\+0x\w+ \[kernel\](?:, held by thread (\d+))?$", text, re.M)


def test_a_spinlock_is_held_from_the_instruction_on_that_takes_it(machine, settings):
    rsp, elf = machine.rsp(), settings.elf
    stop_in_task(rsp, settings)
    lock, holds = elf["first_lock"].address, ("", "", "holds", "first_lock", "fault_spinlock", "")
    code = rsp.read(elf["spin_lock"].address, elf["spin_lock"].size)
    takes = elf["spin_lock"].address + re.search(LOCK_CMPXCHG, code).start()
    trigger = Trigger(rsp, settings)
    trigger.call("spinlock", "vCont;s:p1.1")
    while rsp.pc != takes:
        assert rsp.step().signal == 5
    assert rsp.read(lock, 1) == b"\0" and spinlocks(rsp.monitor("analyze")) == []
    rsp.step()
    assert rsp.read(lock, 1) == b"\1" and spinlocks(rsp.monitor("analyze")) == [holds]
    assert rsp.go().signal == 11
    text = rsp.monitor("analyze")
    assert spinlocks(text) == [holds] and "verdict: a null pointer" in text, text
    rsp.set_register(re.search(r"\(%(\w+)\)", rsp.monitor("dis $rip 1"))[1], elf["demo_counter"].address)
    while rsp.read(lock, 1) == b"\1":
        assert rsp.step().signal == 5
    assert spinlocks(rsp.monitor("analyze")) == []
    trigger.restore()
    assert rsp.step()


@pytest.mark.machine(smp=2, append="gdb=wait fault=deadlock")
def test_two_processors_that_wait_for_each_others_spinlock(machine, settings):
    rsp, first, spin = machine.rsp(), settings.elf["first_lock"].address, settings.elf["spin_lock"]
    rsp.run_to("fault_deadlock")
    pause = spin.address + rsp.read(spin.address, spin.size).index(b"\xf3\x90")
    rsp.insert(pause)
    text = ""
    while text.count("waits for spinlock") < 2:
        assert rsp.go().signal == 5
        text = rsp.monitor("analyze")
    rsp.remove(pause)
    rows = spinlocks(text)
    rival = next(row[5] for row in rows if row[3] == "second_lock" and row[5])
    threads = {"fault_deadlock": "1", "rival": rival}
    assert {row[2:] for row in rows} == {
        ("holds", "first_lock", "fault_deadlock", ""), ("waits for", "second_lock", "fault_deadlock", rival),
        ("holds", "second_lock", "rival", ""), ("waits for", "first_lock", "rival", "1")} and len(rows) == 4, text
    assert all(row[1] in ("", threads[row[4]]) for row in rows) and sum(row[1] == "" for row in rows) == 2, text

    was = rsp.read(first, 16)
    rsp.write(first, b"\xee" + was[1:8] + (1 << 63).to_bytes(8, "little"))
    spoiled = rsp.monitor("analyze")
    assert len(re.findall(r"waits for spinlock  at .*\+0x\w+ \[kernel\]$", spoiled, re.M)) == 2, spoiled
    rsp.write(first, was)
    rsp.close()
    gdb = machine.gdb()
    assert set(row[2:] for row in spinlocks(gdb.execute("monitor analyze"))) == {row[2:] for row in rows}
