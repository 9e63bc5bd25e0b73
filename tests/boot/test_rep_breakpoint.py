"""Hardware breakpoints on rep instructions, and on what only begins like one."""
import pytest

from test_displaced import Call

LOOP = bytes.fromhex("f390" + 100 * "90" + "e298" "c3")      # pause; nops; loop to the pause; ret
TWICE = bytes.fromhex("e808000000" "31c9" "e801000000" "c3"  # call f; xor %ecx, %ecx; call f; ret
                      "f348a5" "c3")                         # f: rep movsq; ret


@pytest.fixture
def call(rsp):
    rsp.run_to("demo_hot")
    call = Call(rsp, rsp.elf)
    call.place = int(rsp.ask("_M1000,rx"), 16)
    rsp.insert(call.back)
    return call


def hits(call, code, offset, rcx=0):
    """What is in rcx at each hit of a breakpoint there."""
    rsp, seen = call.rsp, []
    rsp.write(call.place, code)
    call.begin(call.place, call.scratch + 0x1000, call.scratch + 0x1100)
    assert rsp.set_register("rcx", rcx) == "OK"
    rsp.insert(call.place + offset, kind=1)
    while rsp.go() and rsp.pc != call.back:
        assert "hwbreak" in rsp.stop.values and rsp.pc == call.place + offset
        seen.append(rsp.register("rcx"))
    rsp.remove(call.place + offset, kind=1)
    return seen


def test_pause_is_hit_in_each_turn_of_its_loop(call):
    """It begins like rep, and rcx counts down. The rest of the loop is too long to be stepped."""
    assert hits(call, LOOP, offset=0, rcx=5) == [5, 4, 3, 2, 1]


def test_rep_is_hit_once_for_each_execution(call):
    for count in (5, 1):
        assert hits(call, TWICE, offset=13, rcx=count) == [count, 0]
