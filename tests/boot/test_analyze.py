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
    "overflow": ("overflow", "INTO"),
    "bound": ("bound", "BOUND"),
    "machine_check": ("machine-check", "hardware"),
    "invalid_tss": ("task-state", "task state segment"),
    "alignment_check": ("unaligned", "not aligned"),
    "control_protection": ("control-flow", "enforcement"),
}
# Where faults are delivered with rsp already elsewhere, callers are not on the stack.
NO_CALLERS = {"bad_stack", "noncanonical_rsp", "smashed_return"}

# kernel/sync.h: where a struct mutex has the next one that its owner holds.
HELD_NEXT = 64

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
        assert text.startswith(rsp.output.splitlines()[0]), (kind, text)
        if kind not in NO_CALLERS:
            assert f" fault_{kind}" in text or kind == "stack_overflow" and " recurse+" in text, (kind, text)
        mend_tables(rsp)
        trigger.restore()
    assert rsp.monitor("analyze").startswith("no fault has stopped the machine here")
    assert "usage" in rsp.monitor("analyze now")
    assert rsp.step()


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
    held = [row for row in result if isinstance(row, dict) and "lock" in row]
    assert int(held[0]["at"], 16) == mutex and held[0]["kind"] == "mutex" and len(held) < 5, held
    log = rsp.monitor("log 5").splitlines()
    assert result[-5:] == log and result[-6] == "the last lines of the log:"
    rsp.write(mutex + HELD_NEXT, mutex.to_bytes(8, "little"))
    spoiled = rsp.monitor("analyze")
    assert spoiled.count("holds mutex") == 8, "a list that goes round in a circle is cut"
    rsp.write(mutex + HELD_NEXT, (1 << 63).to_bytes(8, "little"))
    assert rsp.monitor("analyze").count("holds mutex") == 1
    rsp.write(mutex + HELD_NEXT, int(held[1]["at"], 16).to_bytes(8, "little") if len(held) > 1 else bytes(8))
    rsp.remove(unlock)
    rsp.insert(wait)
    assert rsp.go()
