"""monitor bp N ...: which hits of a breakpoint stop, decided in the kernel."""
import json
import re
from collections import Counter

import pytest


HOT = "demo_hot"


def row(rsp, address):
    rows = [r for r in json.loads(rsp.monitor("-j bp"))["output"] if isinstance(r, dict)]
    return next(r for r in rows if int(r["address"], 16) == address)


def says(rsp, command):
    result = json.loads(rsp.monitor(f"-j bp {command}"))
    assert result["ok"], result
    return result["output"][0]


def test_gdb_ignores_a_thousand_hits_in_no_time(gdb):
    gdb.execute("tbreak demo_stage_hot", "continue", f"break {HOT}", "continue")  # its n counts up to 100000
    n = gdb.int("n")
    known = gdb.execute("monitor bp")
    number = re.search(rf"^(\d+)  0x\w+  not set now", known, re.M)[1]
    assert "no breakpoints" not in known and "set breakpoint always-inserted on" in known.splitlines()[-1]
    assert ", ignores the next 1000\n" in gdb.execute(f"monitor bp {number} ignore 1000")
    before = len(gdb.packet_log())
    gdb.execute("continue")
    assert gdb.int("n") == n + 1001
    assert sum("vCont;c" in line for line in gdb.packet_log()[before:]) <= 2, "one stop"
    gdb.execute("continue")
    assert gdb.int("n") == n + 1002, "the rule is used up"
    gdb.execute(f"monitor bp {number} every 50", "continue")
    n = gdb.int("n")
    gdb.execute("stepi", "continue")
    assert gdb.int("n") == n + 50, "it outlives that gdb takes its breakpoints out at each stop"
    gdb.execute(f"monitor bp {number} every 1", "continue")
    assert gdb.int("n") == n + 51


def test_what_gdb_has_deleted_has_no_line_any_more_and_a_new_one_begins_anew(gdb):
    def numbers():
        return {words[1]: words[0] for words in map(str.split, gdb.execute("monitor bp").splitlines()) if "0x" in words[1]}

    hot, turn = (gdb.execute(f"output/x &{name}") for name in (HOT, "demo_turn"))
    gdb.execute(f"break *{hot}", f"break *{turn}", "continue", "continue", "stepi")
    both = numbers()
    assert {hot, turn} <= set(both)
    gdb.execute(f"monitor bp {both[turn]} every 2", "delete")
    assert numbers() == both, "it may be the usual taking out at a stop"
    gdb.execute("tbreak demo_stage_hash", "continue")
    assert hot not in numbers() and numbers()[turn] == both[turn], "a rule is kept"
    gdb.execute(f"break *{hot}", "continue")
    assert re.search(rf"{hot}  not set now, counted 1 times$", gdb.execute("monitor bp"), re.M)


def test_what_was_hit_long_ago_makes_room(rsp, settings):
    """Each step of gdb's sets a breakpoint of its own somewhere, which is hit and counted; a rule stays."""
    rsp.run_to("demo_stage_tutorial")
    says(rsp, "demo_stage_hash every 1000000")
    places = []
    while len(places) < 50:
        rsp.step()
        if rsp.pc not in places:
            places.append(rsp.pc)
    for place in places:
        rsp.run_to(place)
    rsp.insert(settings.elf[HOT].address)
    says(rsp, f"{HOT} ignore 7")
    counter = settings.elf["demo_counter"].address
    rsp.go()
    start = rsp.read_u64(counter)
    says(rsp, f"{HOT} ignore 7")
    rsp.go()
    assert rsp.read_u64(counter) - start == 8
    assert "stops at one in 1000000" in rsp.monitor("bp")


def test_counts_and_conditions(rsp, settings):
    hot, counter = settings.elf[HOT].address, settings.elf["demo_counter"].address
    rsp.insert(hot)
    rsp.go()
    number = row(rsp, hot)["number"]
    assert row(rsp, hot)["counted"] == 1
    assert "counted" not in says(rsp, f"{number} count 0")
    says(rsp, f"{number} ignore 7")
    start = rsp.read_u64(counter)
    rsp.go()
    assert rsp.read_u64(counter) - start == 8
    assert row(rsp, hot)["counted"] == 8 and "ignore" not in row(rsp, hot)
    says(rsp, f"{HOT} every 5")
    says(rsp, f"{number} ignore 2")
    start = rsp.read_u64(counter)
    rsp.go()
    assert rsp.read_u64(counter) - start == 2 + 5
    rsp.remove(hot)
    assert row(rsp, hot) == {"number": number, "address": hex(hot), "kind": "not set now", "counted": 15, "every": 5}
    rsp.insert(hot)
    assert row(rsp, hot)["every"] == 5 and row(rsp, hot)["kind"] == "int3"
    rsp.remove(hot)
    rsp.insert(hot, kind=1)
    start = rsp.read_u64(counter)
    rsp.go()
    assert rsp.read_u64(counter) - start == 5, "of a debug register's as well"
    rsp.remove(hot, kind=1)
    says(rsp, f"{number} every 0")
    rsp.insert(counter, kind=2, length=8)
    says(rsp, "demo_counter ignore 3")
    start = rsp.read_u64(counter)
    rsp.go()
    assert rsp.read_u64(counter) - start == 4, "... and of a watchpoint"


def test_what_it_refuses_and_when_it_ends(rsp, settings):
    hot = settings.elf[HOT].address
    rsp.insert(hot)
    number = row(rsp, hot)["number"]
    for wrong in ("31 ignore 1", f"{number} ignore", f"{number} ignore x", f"{number} sometimes 3", f"{number} every 2 3",
                  f"{number} thread 9999", f"{number} thread x", f"{number} cr3", f"{number} cr3 no_such", "no_such ignore 1",
                  f"{number} count 5", f"{number} ignore -1"):
        result = json.loads(rsp.monitor(f"-j bp {wrong}"))
        assert result["ok"] is False and result["output"], (wrong, result)
    assert "ignore" not in row(rsp, hot)
    for nothing in ("every", "every 1", "thread 9999", "sometimes 3"):
        rsp.monitor(f"bp {hot + 1:#x} {nothing}")
        assert f"{hot + 1:x}" not in rsp.monitor("bp")
    says(rsp, f"{number} ignore 1000000")
    says(rsp, f"{number} cr3 this")
    assert int(row(rsp, hot)["only_cr3"], 16) == rsp.register("cr3") & ~0xfff
    rsp.ask("D")
    rsp.open()
    assert "no breakpoints" in rsp.monitor("bp") and "ignore" not in rsp.monitor("bp")


def test_hits_with_the_address_space_that_is_meant_stop_and_others_do_not(rsp, settings):
    hot, later, counter = (settings.elf[name].address for name in (HOT, "demo_stage_hash", "demo_counter"))
    rsp.run_to("demo_stage_hot")
    start = rsp.read_u64(counter)
    rsp.insert(hot)
    rsp.go()
    rsp.insert(later)
    assert int(says(rsp, f"{HOT} cr3 this")["only_cr3"], 16) == rsp.register("cr3") & ~0xfff
    for n in range(1, 4):
        rsp.go()
        assert rsp.pc == hot and rsp.read_u64(counter) == start + n
    counted = row(rsp, hot)["counted"]
    says(rsp, f"{HOT} cr3 {rsp.register('cr3') + 0x1000:#x}")
    rsp.go()
    assert rsp.pc == later and row(rsp, hot)["counted"] == counted
    assert row(rsp, hot)["passed"] == rsp.read_u64(counter) - start - 4, "the others"


@pytest.mark.machine(smp=2)
def test_one_threads_hits_on_two_processors(machine, settings):
    rsp = machine.rsp()
    lock = settings.elf["mutex_lock"].address
    rsp.insert(lock)
    seen = Counter()
    while len(seen) < 2 or max(seen.values()) < 3:
        rsp.go()
        thread = int(rsp.stop.values["thread"].removeprefix("p1."), 16)
        seen.update([thread] if thread != 1 else [])  # main is done with locks, once it has begun
    number, one = row(rsp, lock)["number"], seen.most_common(1)[0][0]
    assert says(rsp, f"{number} thread {one}")["thread"] == one
    for _ in range(2):
        rsp.go()
        assert int(rsp.stop.values["thread"].removeprefix("p1."), 16) == one
    counted = row(rsp, lock)["counted"]
    says(rsp, f"{number} ignore 3")
    rsp.go()
    assert row(rsp, lock)["counted"] == counted + 4
    says(rsp, f"{number} thread any")
    says(rsp, f"{number} cr3 0x1000")
    rsp.insert(hot := settings.elf[HOT].address)
    rsp.go()
    assert rsp.pc == hot and row(rsp, lock)["counted"] == counted + 4, "no hit with another cr3 counts"
    says(rsp, f"{number} cr3 any")
    rsp.remove(hot)
    rsp.go()
    assert rsp.pc == lock
