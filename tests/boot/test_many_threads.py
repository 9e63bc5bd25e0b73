"""A thousand threads: what does not name them all costs what it costs with four, and gdb shows every one."""
import re

import pytest
from test_threads import rows, thread_list

pytestmark = [pytest.mark.deadline(240), pytest.mark.machine(append="workload=crowd", transport="virtio")]
COUNT = 1000


def crowded(machine):
    machine.console.wait_for(r"^workload: 1\d\d\d threads")


def test_each_of_a_thousand_threads_is_listed_once_in_pieces_of_any_size(machine):
    crowded(machine)
    rsp = machine.rsp()
    table = rows(rsp)
    assert sum(row["name"].startswith("crowd/") for row in table.values()) == COUNT
    assert thread_list(rsp) == list(table)
    assert rsp.transfer("threads", "", 0x123) == rsp.transfer("threads", "", 0x3000)
    first, *_, last = (thread for thread, row in table.items() if row["name"].startswith("crowd/"))
    for thread in (last, first, last):
        assert rsp.ask(f"Hg{thread}") == rsp.ask(f"T{thread}") == "OK"
        assert rsp.register("rip") == rsp.register("rip") != 0
        assert bytes.fromhex(rsp.ask(f"qThreadExtraInfo,{thread}")).decode() == \
            f"{table[thread]['name']}, {table[thread]['state']}"
    rsp.insert(machine.elf["crowd_turn"].address)  # they are not the same ones for long: they run
    for _ in range(3):
        rsp.go("vCont;c")
        assert rows(rsp)[rsp.stop.values["thread"]]["state"] == "running"
        for _ in range(5):
            before = rsp.pc
            rsp.go(f"vCont;s:{rsp.thread};c:p1.-1")
            assert rsp.pc != before


def test_gdb_shows_a_thousand_threads_and_the_stack_of_the_last(machine):
    crowded(machine)
    gdb = machine.gdb()
    listed = re.findall(r'^[* ]+(\d+) +Thread 1\.\d+ "crowd/(\d+)"', gdb.execute("info threads"), re.M)
    assert [int(number) for _, number in listed] == list(range(COUNT))
    for number, name in (listed[-1], listed[0]):
        while "(sleeping)" not in gdb.execute(f"info threads {number}"):  # it may not have begun
            gdb.execute("tbreak demo_stage_hot", "continue")
        gdb.execute(f"thread {number}")
        assert gdb.execute("p $_thread").split()[-1] == number
        assert gdb.frames()[-3:] == ["crowd", "thread_enter", "thread_start"], name
    gdb.execute("break crowd_turn", "continue")
    assert gdb.frames()[:2] == ["crowd_turn", "crowd"]
    gdb.execute("stepi", "stepi")
