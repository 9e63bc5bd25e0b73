"""Past a breakpoint whose condition is false: what can neither be emulated nor executed elsewhere is lifted for it,
which is nobody's business but that of monitor bp."""
import re
from collections import Counter

import pytest

from test_displaced import IF, Call, pass_each, steps_of

ZOO = ("zoo_pushf", "zoo_pushfw", "zoo_popf", "zoo_popfw", "zoo_cli_sti", "zoo_sti_hlt", "zoo_iret", "zoo_mov_ss",
       "zoo_int", "zoo_rep", "zoo_lock", "zoo_trap")
OF_THE_ZOO = r"pushf|popf|cli$|sti$|hlt|iret|int \$|mov \S+, %ss"

CODE = bytes.fromhex(  # what the zoo has not; rdi points to memory
    "dbe3d93fd9e8d97710dd5f30"            # fninit; fnstcw (%rdi); fld1; fnstenv 16(%rdi); fstpl 48(%rdi)
    "31c0b903000000ffc0e2fc"              # inc %eax and loop, three times
    "e300"                                # jrcxz to the next
    "6a07e830000000"                      # push $7; call the ret $8 at the end
    "8cc951488d0d030000005148cb"          # to what follows by lretq
    "b9800000c00f320f20d80f013f31c00fa2"  # rdmsr of EFER; mov %cr3, %rax; invlpg (%rdi); cpuid
    "0fae5f40f048ff4748"                  # stmxcsr 64(%rdi); lock incq 72(%rdi)
    "0fba25b1ffffff05c3"                  # btl $5, of the first byte here; ret
    "c20800")
OF_CODE = r"f|loop|jrcxz|lret|invlpg|ret \$"


def instructions(rsp, start, end):
    """By address, as the kernel prints them."""
    rows = re.findall(r"^(?:  |=>) 0x(\w+).*?:  (.*)", rsp.monitor(f"dis {start:#x} {end - start}"), re.M)
    return {int(address, 16): text for address, text in rows if int(address, 16) < end}


def lifted_in(call, start, end, variable):
    """The texts of those instructions of a function that were lifted when it passed a false condition on each."""
    rsp, text = call.rsp, instructions(call.rsp, start, end)
    begin(call, start)
    steps = [values for values in steps_of(call, rsp) if values["rip"] in text]
    expected, counts = call.outcome(), Counter(values["rip"] for values in steps)
    begin(call, start)
    lifted = pass_each(call, text, steps, expected, variable)
    assert all(times in (0, counts[place]) for place, times in lifted.items()), lifted
    return [text[place] for place, times in lifted.items() if times]


def begin(call, start):
    call.begin(start, call.scratch + 0x1000, call.scratch + 0x1100)
    assert call.rsp.set_register("rdx", 10) == "OK"


@pytest.mark.virtio("100 KB of conditions, which take 13 s over COM1")
def test_each_instruction_of_the_zoo_is_passed_as_if_nothing_were_there(rsp):
    rsp.run_to("step_zoo_turn")  # its handlers are in place
    call, trapped = Call(rsp, rsp.elf, flags=IF | 2), rsp.elf["zoo_trapped"].address
    for variable, name in enumerate(ZOO, 2):
        start, end = rsp.elf[name].address, rsp.elf[name].end
        text = instructions(rsp, start, end)
        traps = range(trapped, rsp.elf["zoo_trapped_end"].address)  # with TF set by the program
        expected = [words for place, words in text.items() if place in traps or re.match(OF_THE_ZOO, words)]
        assert lifted_in(call, start, end, variable) == expected, name
        assert call.registers()["rax"] == 0, f"{name} complains"


def test_the_x87_and_other_jumps_are_passed_as_if_nothing_were_there(rsp):
    rsp.run_to("step_zoo_turn")
    start = int(rsp.ask("_M1000,rx"), 16)
    end = start + len(CODE)
    rsp.write(start, CODE)
    call = Call(rsp, rsp.elf, flags=IF | 2)
    expected = [words for words in instructions(rsp, start, end).values() if re.match(OF_CODE, words)]
    assert lifted_in(call, start, end, variable=2) == expected
