"""Hardware breakpoints, watchpoints and watched ports: DR0 to DR3, by raw packets and by stock gdb."""
import re

import pytest

DR7_OFF, IF = 0x400, 0x200
EXECUTE, WRITE, READ, ACCESS = 1, 2, 3, 4
KINDS = {WRITE: "watch", READ: "rwatch", ACCESS: "awatch"}


@pytest.fixture
def symbol(settings):
    return lambda name: settings.elf[name].address


@pytest.fixture
def variable(gdb_session, deadline):
    """Address and size of a variable, or of a part of it, as gdb knows them."""
    gdb, _ = gdb_session
    gdb.deadline = deadline  # the session lasts longer than its own
    return lambda name: (gdb.int(f"(unsigned long)&({name})"), gdb.int(f"sizeof({name})"))


def watch_hit(stop):
    """(kind, address) of a watchpoint stop."""
    assert stop.signal == 5
    (kind,) = set(stop.values) & set(KINDS.values())
    return kind, int(stop.values[kind], 16)


def refusal(client, packet):
    """The text that a request is refused with."""
    reply = client.ask(packet)
    assert reply.startswith("E."), reply
    return reply[2:]


def inside(symbol, address):
    return symbol.address <= address < symbol.end


def gone(client):
    """Nothing is armed any more."""
    return client.register("dr7") == DR7_OFF and re.search("^(no breakpoints are|none of them is) set", client.monitor("bp"), re.M)


# What hits, and what is told


@pytest.mark.parametrize("kind", [WRITE, ACCESS])
@pytest.mark.parametrize("name, registers", [
    ("demo_counter", 1), ("demo_ticks.count", 1), ("demo_pair", 2), ("demo_unaligned.value", 3),
    ("demo_unaligned.after[0]", 1), ("demo_points[3]", 1)])
def test_watch_names_the_address_asked_for_and_takes_as_few_registers_as_fit(
        machine, variable, kind, name, registers):
    rsp = machine.rsp()
    address, size = variable(name)
    rsp.insert(address, kind, size)
    assert bin(rsp.register("dr7") & 0xff).count("1") == registers
    for _ in range(5):
        assert watch_hit(rsp.go()) == (KINDS[kind], address)
    rsp.remove(address, kind, size)
    assert gone(rsp)


def test_write_watch_stops_behind_each_write(machine, symbol):
    rsp = machine.rsp()
    counter = symbol("demo_counter")
    rsp.insert(counter, WRITE, 8)
    before = rsp.read_u64(counter)
    for n in range(1, 20):
        rsp.go()
        assert rsp.read_u64(counter) == before + n
        assert inside(machine.elf["demo_hot"], rsp.pc)


def test_both_halves_of_a_watched_pair_hit(machine, symbol):
    rsp = machine.rsp()
    pair = symbol("demo_pair")
    rsp.insert(pair, WRITE, 16)
    seen = set()
    for _ in range(4):
        rsp.go()
        seen.add(rsp.read_u64(pair) ^ rsp.read_u64(pair + 8) == 2 ** 64 - 1)
    assert seen == {True, False}  # the second write makes them complements again


def test_read_watch_reports_the_read_and_not_the_write(machine, variable):
    """The loop writes its stage, the timer interrupt reads it."""
    rsp = machine.rsp()
    stage, size = variable("demo_stage")
    tick, turn = machine.elf["demo_tick"], machine.elf["demo_turn"]
    rsp.insert(stage, READ, size)
    for _ in range(4):
        assert watch_hit(rsp.go()) == ("rwatch", stage)
        assert inside(tick, rsp.pc)
    rsp.remove(stage, READ, size)
    rsp.run_to("demo_turn")  # whose write no interrupt comes before
    assert rsp.set_register("eflags", rsp.register("eflags") & ~IF) == "OK"
    rsp.insert(stage, ACCESS, size)
    assert watch_hit(rsp.go()) == ("awatch", stage) and inside(turn, rsp.pc)
    assert rsp.set_register("eflags", rsp.register("eflags") | IF) == "OK"
    while inside(turn, rsp.pc):
        assert watch_hit(rsp.go()) == ("awatch", stage)
    assert inside(tick, rsp.pc)


def test_read_watch_takes_an_increment_for_a_write(machine, symbol):
    rsp = machine.rsp()
    rsp.insert(symbol("demo_counter"), READ, 8)
    rsp.resume()
    assert rsp.interrupt().signal == 2
    assert "dr0 read, 8 bytes  hit 0 times" in rsp.monitor("bp")


def test_write_watch_may_leave_out_what_did_not_change(machine, symbol):
    """The highest byte of a counter of turns is written each turn, and is 0 each time."""
    rsp = machine.rsp()
    top = symbol("demo_pair") + 7
    rsp.insert(top, WRITE, 1)
    assert watch_hit(rsp.go()) == ("watch", top)
    assert "has changed" in rsp.monitor("watch changed on")
    rsp.insert(symbol("demo_stage_hash"))
    for _ in range(3):
        assert "swbreak" in rsp.go().values
    assert "each write" in rsp.monitor("watch changed off")
    rsp.remove(symbol("demo_stage_hash"))
    assert watch_hit(rsp.go()) == ("watch", top)


def test_hardware_breakpoint_is_hit_each_time_and_passed(machine, symbol):
    rsp = machine.rsp()
    hot, counter = symbol("demo_hot"), symbol("demo_counter")
    rsp.insert(hot, EXECUTE)
    rsp.go()
    before = rsp.read_u64(counter)
    for n in range(1, 20):
        assert "hwbreak" in rsp.go().values
        assert rsp.pc == hot
        assert rsp.read_u64(counter) == before + n
        assert rsp.register("eflags") & 0x10000 == 0
    rsp.remove(hot, EXECUTE)
    assert gone(rsp)


@pytest.mark.parametrize("step", ["vCont;s:{thread}", "vCont;r{hot:x},{end:x}:{thread}"])
def test_step_away_from_a_hardware_breakpoint_and_onto_one(machine, symbol, step):
    rsp = machine.rsp()
    hot, counter = symbol("demo_hot"), symbol("demo_counter")
    rsp.insert(hot, EXECUTE)
    rsp.go()
    rsp.step()
    second = rsp.pc
    assert second > hot
    rsp.insert(second, EXECUTE)
    rsp.go()
    assert rsp.pc == hot
    count = rsp.read_u64(counter)
    rsp.go(step.format(hot=hot, end=machine.elf["demo_hot"].end, thread=rsp.thread))
    assert rsp.pc == second
    rsp.go()
    assert rsp.pc == hot and rsp.read_u64(counter) == count + 1


def test_hardware_breakpoint_that_the_client_jumps_to_is_hit(machine, symbol):
    rsp = machine.rsp()
    rsp.insert(symbol("demo_hot"), EXECUTE)
    rsp.insert(symbol("demo_nothing"), EXECUTE)
    rsp.go()
    rip = rsp.pc
    assert rsp.set_register("rip", symbol("demo_nothing")) == "OK"
    rsp.go()
    assert rsp.pc == symbol("demo_nothing")
    assert rsp.set_register("rip", rip) == "OK"
    rsp.go()
    assert rsp.pc == symbol("demo_hot")


def test_watch_hit_ends_a_silent_range_step(machine, symbol):
    rsp = machine.rsp()
    rsp.insert(symbol("demo_stage_tutorial"))
    rsp.go()
    rsp.remove(symbol("demo_stage_tutorial"))
    rsp.insert(symbol("demo_unaligned"), WRITE, 1)
    rsp.insert(symbol("demo_pair") + 8, WRITE, 8)
    text = machine.elf.sections[".text"]
    stop = rsp.go(f"vCont;r{text.address:x},{text.end:x}:p1.1")
    assert watch_hit(stop) == ("watch", symbol("demo_pair") + 8)


def test_watch_hit_in_a_single_step_is_told_instead_of_the_step_whether_it_came_as_one_trap_or_two(
        machine, symbol):
    rsp = machine.rsp()
    hot, counter = machine.elf["demo_hot"], symbol("demo_counter")
    rsp.insert(hot.address)
    rsp.go()
    rsp.remove(hot.address)
    rsp.insert(counter, WRITE, 8)
    before, hits = rsp.read_u64(counter), 0
    while inside(hot, rsp.pc):
        stop = rsp.step()
        hits += "watch" in stop.values
        assert rsp.read_u64(counter) == before + hits
    assert hits == 1


# What they do to a slot, and how far rsp is from it
STACK = {"mov to": ("4889442410", "w", -16), "mov from": ("488b442410", "r", -16), "add": ("4801442410", "rw", -16),
         "push": ("50", "w", 8), "call": ("e800000000", "w", 8), "two bytes": ("6689442410", "w", -16),
         "xchg": ("4887442410", "rw", -16), "lock xadd": ("f0480fc1442410", "rw", -16), "stosq": ("48ab", "w", -16),
         "movups": ("0f11442410", "w", -16), "in": ("ec", "", -16), "nop": ("90", "", -16), "nop above": ("90", "", 40),
         "pushf": ("9c", "w", 8), "push fs": ("0fa0", "w", 8), "enter": ("c8100000", "w", 8), "popf": ("9d", "", 0),
         "unaligned": ("4889442419", "", -16), "two bytes, unaligned": ("6689442419", "", -16)}


@pytest.mark.parametrize("packet", ["vCont;s:{thread}", "vCont;r{here:x},{next:x}:{thread}"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_watched_slot_of_the_stack_that_is_in_use_hits_in_a_step(machine, kind, packet):
    """The frame of the step's own trap is pushed onto the same page: QEMU 7.2 ends at that, if the processor is to
    look for hits in the step."""
    rsp = machine.rsp()
    rsp.run_to("demo_hot")
    code, thread = int(rsp.ask("_M1000,rx"), 16), rsp.stop.values["thread"]
    slot = (rsp.register("rsp") - 0x400) & ~0xf
    for name, (text, access, away) in STACK.items():
        text = bytes.fromhex(text)
        rsp.write(code, text)
        rsp.write(slot, (0x246).to_bytes(32, "little"))  # as flags they change nothing
        registers = {"rip": code, "rsp": slot + away, "rax": 0x1122334455667788, "rdi": slot, "rdx": 0x80}
        assert [rsp.set_register(*row) for row in registers.items()] == ["OK"] * len(registers)
        rsp.insert(slot, kind, 8)
        stop = rsp.go(packet.format(here=code, next=code + len(text), thread=thread))
        rsp.remove(slot, kind, 8)
        hits = {WRITE: "w" in access, READ: access == "r", ACCESS: bool(access)}[kind]
        assert stop.signal == 5 and rsp.pc == code + len(text), name
        assert [int(stop.values[word], 16) for word in KINDS.values() if word in stop.values] == [slot] * hits, name


@pytest.mark.parametrize("kind", [WRITE, ACCESS])
def test_what_a_steps_trap_and_the_way_to_the_debugger_push_hits_nothing(machine, kind):
    rsp = machine.rsp()
    rsp.run_to("demo_hot")
    registers, code = rsp.ask("g"), int(rsp.ask("_M1000,rx"), 16)
    rsp.write(code, b"\x90" * 16)
    assert rsp.set_register("rip", code) == "OK"
    for n, below in enumerate((8, 40, 56, 64, 72, 120, 200, 256, 304, 400, 504, 600), 1):
        slot = rsp.register("rsp") - below & -8
        rsp.insert(slot, kind, 8)
        stop = rsp.step()
        rsp.remove(slot, kind, 8)
        assert (stop.signal, rsp.pc, [word for word in KINDS.values() if word in stop.values]) == (5, code + n, []), below
    assert rsp.ask("G" + registers) == "OK"
    rsp.run_to("demo_hot")


def test_the_debuggers_own_accesses_never_hit(machine, symbol):
    rsp = machine.rsp()
    scratch = symbol("demo_scratch")
    rsp.insert(scratch, ACCESS, 8)
    rsp.insert(symbol("demo_hot"), EXECUTE)
    for _ in range(10):
        rsp.write(scratch, rsp.read(scratch, 64))
        rsp.crc(scratch, 64)
        assert "hwbreak" in rsp.go().values
        assert "hwbreak" in rsp.step().values or rsp.pc != symbol("demo_hot")


def test_set_while_it_runs_and_gone_with_the_client(machine, symbol):
    rsp = machine.rsp()
    rsp.resume()
    rsp.interrupt()
    rsp.insert(symbol("demo_counter"), WRITE, 8)
    assert watch_hit(rsp.go()) == ("watch", symbol("demo_counter"))
    rsp.detach()
    rsp = machine.rsp()
    assert gone(rsp)
    rsp.resume()
    assert rsp.interrupt().signal == 2


# What does not work


@pytest.mark.parametrize("packet, words", [
    ("Z2,{counter:x},0", "one byte at least"),
    ("Z2,ffffffffffffffff,2", "end of the address space"),
    ("Z2,7ffffffffffd,8", "not a canonical address"),
    ("Z4,8000000000000000,1", "not a canonical address"),
    ("Z1,8000000000000000,1", "not a canonical address"),
    ("Z1,{counter:x},4", "one byte long"),
    ("Z2,{counter:x},21", "longer than the four debug registers"),
    ("Z2,{counter:x},1e", "this takes 5 debug registers"),
    ("Z3,{counter:x},ffffffffffffffff", "end of the address space"),
])
def test_bad_request_is_refused_in_words_and_changes_nothing(machine, packet, words, symbol):
    rsp = machine.rsp()
    packet = packet.format(counter=symbol("demo_counter"))
    assert words in refusal(rsp, packet)
    assert rsp.ask("z" + packet[1:]).startswith("E")
    assert f"last refused: {packet}: " in rsp.monitor("bp")
    assert gone(rsp)


def test_fifth_watchpoint_is_refused_and_the_registers_in_use_are_named(machine, symbol):
    rsp = machine.rsp()
    scratch, hot = symbol("demo_scratch"), symbol("demo_hot")
    rsp.insert(hot, EXECUTE)
    for n in range(3):
        rsp.insert(scratch + 8 * n, WRITE + n, 8)
    armed = rsp.register("dr7")
    text = refusal(rsp, f"Z2,{scratch + 64:x},4")
    assert text == (f"all four debug registers are in use: dr0 execute {hot:#x}, dr1 write {scratch:#x}, "
                    f"dr2 read {scratch + 8:#x}, dr3 access {scratch + 16:#x}")
    assert rsp.register("dr7") == armed
    rsp.remove(hot, EXECUTE)
    assert ("this takes 2 debug registers (1, 2, 4 or 8 aligned bytes each), and 1 is free: dr0 " in
            refusal(rsp, f"Z2,{scratch + 64:x},10"))
    rsp.insert(scratch + 64, WRITE, 4)


def test_equal_request_changes_nothing_and_removal_twice_is_an_error(machine, symbol):
    rsp = machine.rsp()
    scratch = symbol("demo_scratch")
    for _ in range(6):
        rsp.insert(scratch, WRITE, 8)
    rsp.insert(scratch, ACCESS, 8)
    rsp.insert(scratch, EXECUTE)
    assert bin(rsp.register("dr7") & 0xff).count("1") == 3
    for kind, length in ((WRITE, 8), (ACCESS, 8), (EXECUTE, 1)):
        assert "no such" in refusal(rsp, f"z{kind},{scratch + 1:x},{length:x}")
        rsp.remove(scratch, kind, length)
        assert "no such" in refusal(rsp, f"z{kind},{scratch:x},{length:x}")
    assert gone(rsp)


def test_fifth_hardware_breakpoint_becomes_an_int3_and_says_so(machine, symbol, memory):
    rsp = machine.rsp()
    before = memory.checksums(rsp)
    places = [symbol(name) for name in ("demo_add", "demo_factorial", "demo_loop_1000", "demo_is_even",
                                        "demo_apply")]
    for place in places:
        rsp.insert(place, EXECUTE)
    assert re.search(f"{places[4]:#x}  int3, as no debug register was free", rsp.monitor("bp"))
    seen = set()
    for _ in range(16):
        assert "hwbreak" in rsp.go().values
        seen.add(rsp.pc)
    assert seen == set(places)
    for place in places:
        rsp.remove(place, EXECUTE)
    assert gone(rsp)
    assert memory.checksums(rsp) == before


def test_fallback_can_be_turned_off(machine, symbol):
    rsp = machine.rsp()
    hot = symbol("demo_hot")
    assert "off" in rsp.monitor("bp fallback off")
    for n in range(4):
        rsp.insert(hot + n, EXECUTE)
    assert "all four debug registers are in use" in refusal(rsp, f"Z1,{hot + 4:x},1")


@pytest.mark.parametrize("command", ["bp nonsense", "bp fallback maybe", "bp pending on on", "watch",
                                     "watch changed perhaps", "iowatch", "iowatch 0x80", "iowatch 0x80 3",
                                     "iowatch hello 1", "iowatch 0x80 1 1"])
def test_bad_arguments_get_the_usage(machine, command):
    rsp = machine.rsp()
    text = rsp.monitor(command)
    assert text.startswith("usage: monitor ") or command == "watch"
    assert gone(rsp)


# Ports


@pytest.mark.parametrize("port, last", [("0xffff 2", "0x10000"), ("0x10000 1", "0x10000"), ("0x12345 off", "0x12345"),
                                        ("0xffffffffffffffff 1", "0xffffffffffffffff")])
def test_a_port_that_is_none_is_refused_by_its_number(machine, port, last):
    assert machine.rsp().monitor(f"iowatch {port}") == f"port {last}: the last one is 0xffff\n"


def test_iowatch_stops_at_an_access_to_a_port_and_says_where(machine, variable):
    """The console's port, which the loop writes to after every 1024 turns."""
    rsp = machine.rsp()
    turns, _ = variable("demo_statistics.turns")
    cr4 = rsp.register("cr4")
    assert "watched" in rsp.monitor("iowatch 0xe9 1")
    assert "port 0xe9  dr0 access, 1 byte" in rsp.monitor("bp")
    rsp.write(turns, (1023).to_bytes(8, "little"))
    assert rsp.go().signal == 5
    assert f"iowatch: port 0xe9 accessed, rip {rsp.pc:#x}\n" in rsp.output
    assert "hit 1 times" in rsp.monitor("bp")
    assert rsp.register("cr4") == cr4
    assert "off" in rsp.monitor("iowatch 0xe9 off")
    assert "not watched" in rsp.monitor("iowatch 0xe9 off")
    assert gone(rsp)


def test_iowatch_of_the_debuggers_own_line_is_refused(machine, transport):
    """A virtio console's registers are where the firmware has put them."""
    rsp = machine.rsp()
    first, count = 0x3f8, 8
    if transport == "virtio":
        first, count = int.from_bytes(rsp.read(machine.elf["io"].address, 2), "little"), 20
    for port in (first - 1, first, first + count - 1):
        assert "own line" in rsp.monitor(f"iowatch {port:#x} 2")
    for port in (first - 1, first + count):
        assert "watched" in rsp.monitor(f"iowatch {port:#x} 1")
        assert "off" in rsp.monitor(f"iowatch {port:#x} off")
    assert gone(rsp)


# gdb


def old_and_new(output):
    """The two values that gdb shows at a watchpoint."""
    return re.search(r"Old value = (.*)\nNew value = (.*)\n", output).groups()


def test_gdb_watch(gdb):
    gdb.execute("watch demo_counter")
    for _ in range(5):
        old, new = old_and_new(gdb.execute("continue"))
        assert int(new) == int(old) + 1
        assert gdb.frames()[0] == "demo_hot"


def test_gdb_watches_a_struct_of_16_bytes(gdb):
    gdb.execute("watch demo_pair")
    for _ in range(4):
        assert "demo_pair" in gdb.execute("continue")
        assert "demo_stage_tutorial" in gdb.frames()


def test_gdb_watches_an_unaligned_member_and_not_its_neighbours(gdb):
    gdb.execute("watch demo_unaligned.value")
    for _ in range(4):
        old, new = old_and_new(gdb.execute("continue"))
        assert int(new) == int(old) - 1


def test_gdb_watches_what_the_timer_interrupt_writes(gdb):
    gdb.execute("watch demo_ticks.count")
    for _ in range(5):
        old, new = old_and_new(gdb.execute("continue"))
        assert int(new) == int(old) + 1
        assert "demo_tick" in gdb.frames()[:2]
        assert "<signal handler called>" in gdb.frames()
        assert gdb.frames()[-1] in ("boot_high", "thread_start")  # the demo's thread or another


def test_gdb_rwatch_and_awatch(gdb):
    gdb.execute("rwatch demo_image[100]")
    for _ in range(3):
        assert "Value = " in gdb.execute("continue")
        assert "demo_stage_digest" in gdb.frames()
    gdb.execute("delete", "awatch demo_counter")
    for _ in range(3):
        old, new = old_and_new(gdb.execute("continue"))
        assert int(new) == int(old) + 1
        assert gdb.frames()[0] == "demo_hot"


@pytest.mark.parametrize("command", ["watch total", "watch -l total"])
def test_gdb_watches_a_local(gdb, command):
    """3, 1, 4, 1, 5 ... are added to it. The watchpoint comes behind its stack slot, and goes before that does:
    what an interrupt pushes over a watched slot ends QEMU 7.2."""
    gdb.execute("tbreak demo_total", "continue", "next", command)
    seen = []
    while not seen or seen[-1] < 9:
        seen.append(int(old_and_new(gdb.execute("continue"))[1]))
    assert seen[-4:] == [3, 4, 8, 9]
    gdb.execute("delete", "tbreak demo_string_length", "continue")


def test_gdb_stops_behind_the_call_when_the_block_of_a_watched_local_is_left(gdb):
    """Not in the entry of gdb's own breakpoint there, which pushes over the variable."""
    gdb.execute("tbreak check_nested", "continue")
    caller = gdb.frames()[1]
    gdb.execute("next", "watch value")
    while "left the block" not in (text := gdb.execute("continue")):
        assert "Hardware watchpoint" in text
    assert gdb.frames()[0] == caller


@pytest.mark.parametrize("step", ["next", "stepi", "monitor wt"])
def test_gdb_steps_where_a_local_is_written_that_it_watches(gdb, step):
    gdb.execute("tbreak demo_total", "continue", "next", "watch total")
    seen = []
    while not seen or seen[-1] < 9:
        text = gdb.execute(step)
        if step == "monitor wt":
            text = gdb.execute("continue")
        if "Hardware watchpoint" in text:
            seen.append(int(old_and_new(text)[1]))
    assert seen == [0, 3, 4, 8, 9]
    gdb.execute("delete", "tbreak demo_hot", "continue")


def test_gdb_hbreak(gdb):
    gdb.execute("tbreak demo_hot", "continue", "hbreak demo_factorial")  # from its first call on
    for n in range(10, 0, -1):
        gdb.execute("continue")
        assert gdb.int("n") == n
    gdb.execute("finish", "delete", "thbreak demo_add", "continue")
    assert gdb.frames()[0] == "demo_add"


def test_gdb_five_hbreaks(gdb):
    for name in ("demo_add", "demo_factorial", "demo_loop_1000", "demo_is_even", "demo_apply"):
        gdb.execute(f"hbreak {name}")
    for _ in range(16):
        assert "Breakpoint" in gdb.execute("continue")


def test_gdb_is_told_why_a_watchpoint_cannot_be(gdb):
    for n in range(4):
        gdb.execute(f"watch *(long *)&demo_scratch[{8 * n}]")
    gdb.execute("watch demo_counter")
    gdb.refused("continue")
    assert "last refused: Z2" in gdb.execute("monitor bp")
    gdb.execute("delete", "tbreak demo_hot", "continue")


def test_gdb_calls_a_function_with_a_hardware_breakpoint(gdb):
    gdb.execute("tbreak demo_stage_hash", "continue", "hbreak demo_add")
    assert "stopped while in a function called from GDB" in gdb.refused("print demo_add(20, 22)")
    assert gdb.frames()[0] == "demo_add"
    assert "42" in gdb.execute("finish")


@pytest.mark.machine(append="gdb=wait")
def test_an_old_single_step_bit_does_not_turn_a_filtered_hit_into_a_stop(rsp, settings):
    """The zoo's popf has set DR6.BS, which stays; each write of demo_counter changes its value."""
    turn, counter = settings.elf["demo_turn"].address, settings.elf["demo_counter"].address
    for _ in range(2):
        rsp.insert(turn)
        assert rsp.go().signal == 5
        rsp.remove(turn)
    assert rsp.ask(f"Z3,{counter:x},8") == "OK"
    rsp.resume()
    assert rsp.interrupt().signal == 2
