"""Past a breakpoint whose condition is false: emulated or executed elsewhere, as if it were not there."""
import re
import time
from collections import Counter

import pytest
from test_threads import started

pytestmark = pytest.mark.deadline(240)

GENERAL = "rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip".split()
FLAGS = 0x200 | 0xcd5  # IF, DF, OF, SF, ZF, AF, PF, CF
IF = 0x200
ALL_ONES = 2**64 - 1
AT_A_TIME = 60  # breakpoints
STACK = 0x3000  # in demo_scratch; what is worked on is at its other end,
WORK = 0x1800   # which handlers of exceptions do not reach

FALSE = "220027"
TRUE = "220127"


@pytest.fixture
def symbol(settings):
    return lambda name: settings.elf[name].address


def condition(rsp, address, code, kind=0):
    assert rsp.ask(f"Z{kind},{address:x},1;X{len(code) // 2:x},{code}") == "OK"


def passed(rsp):
    """By address: how often, and how often it had to be lifted for that."""
    rows = re.findall(r"^(?:\d+|-)  0x(\w+) .*passed (\d+) times(?: \((\d+) of them lifted)?", rsp.monitor("bp"), re.M)
    return {int(address, 16): (int(times), int(lifted or 0)) for address, times, lifted in rows}


class Call:
    """The stopped kernel's processor at the first instruction of a function, on a stack of its own, with
    the same registers and memory each time. It returns to a breakpoint."""

    def __init__(self, rsp, elf, flags=2):
        self.rsp, self.scratch, self.flags = rsp, elf["demo_scratch"].address, flags
        self.back = elf["kernel_main"].address

    def begin(self, function, rdi, rsi=0):
        start = dict.fromkeys(GENERAL, 0x1111)
        start |= {"rip": function, "rdi": rdi, "rsi": rsi, "rsp": self.scratch + STACK - 8,
                  "eflags": self.flags}
        self.rsp.write(self.scratch, bytes(STACK - 8) + self.back.to_bytes(8, "little"))
        self.rsp.write(self.scratch + 0x1000, b"2*(3+4)\0")
        for name, value in start.items():
            assert self.rsp.set_register(name, value) == "OK", name

    def outcome(self):
        return self.registers(), self.rsp.crc(self.scratch, WORK)

    def registers(self):
        rows = self.rsp.registers
        data = bytes.fromhex(self.rsp.ask("g").replace("x", "0"))
        values = {name: int.from_bytes(data[rows[name].offset:][:rows[name].size], "little")
                  for name in (*GENERAL, "eflags")}
        values["eflags"] &= FLAGS
        return values


def hashed(values, start=0):
    for name in (*GENERAL, "eflags"):
        start = (start * 31 & ALL_ONES) ^ values[name]
    return start


def hash_code(rsp, variable):
    """hashed(), as an agent expression that is false."""
    code = f"2c{variable:04x}"
    for name in (*GENERAL, "eflags"):
        code += f"221f0426{rsp.registers[name].number:04x}" + (f"23{FLAGS:04x}0f" if name == "eflags" else "")
        code += "11"
    return code + f"2d{variable:04x}29{FALSE}"


def print_code(variable):
    text = b"hash %lx\n\0"
    return f"2c{variable:04x}2200220034" + f"01{len(text):04x}" + text.hex() + TRUE


def steps_of(call, rsp):
    """Registers before each instruction until it returns. One that repeats is one."""
    rows = []
    while (values := call.registers())["rip"] != call.back:
        if not rows or rows[-1]["rip"] != values["rip"]:
            rows.append(values)
        rsp.step()
    return rows


def pass_each(call, places, steps, expected, variable):
    """Let a call that has begun run with a false condition on each of places: before each of them and in the
    end registers and memory are as with the plain steps, and each is one hit. How often each was lifted."""
    rsp, sum_of_all = call.rsp, 0
    steps = [values for values in steps if values["rip"] in places]
    for values in steps:
        sum_of_all = hashed(values, sum_of_all)
    for place in places:
        condition(rsp, place, hash_code(rsp, variable))
    condition(rsp, call.back, print_code(variable))
    rsp.output = ""
    rsp.go()
    assert call.outcome() == expected
    assert rsp.output == f"hash {sum_of_all:x}\n"
    counts = passed(rsp)
    for place in (*places, call.back):
        rsp.remove(place)
    assert {place: times for place, (times, _) in counts.items()} == Counter(values["rip"] for values in steps)
    return {place: lifted for place, (_, lifted) in counts.items()}


@pytest.mark.parametrize("function", ["expression_parse", "sha256_init"])
def test_registers_at_each_instruction_are_those_of_plain_steps(machine, symbol, function):
    rsp = machine.rsp()
    call = Call(rsp, machine.elf)
    arguments = symbol(function), call.scratch, call.scratch + 0x1000
    call.begin(*arguments)
    steps = steps_of(call, rsp)
    expected = call.outcome()
    places = sorted({values["rip"] for values in steps})
    assert len(steps) > (500 if function == "expression_parse" else 10)
    for turn in range(0, len(places), AT_A_TIME):
        call.begin(*arguments)
        lifted = pass_each(call, places[turn:turn + AT_A_TIME], steps, expected, turn // AT_A_TIME + 1)
        assert set(lifted.values()) == {0}


def test_a_displaced_instruction_that_faults_is_told_where_it_is(machine, symbol):
    rsp = machine.rsp()
    call = Call(rsp, machine.elf)
    hot = symbol("workload_hot")
    call.begin(hot, rdi=0xdead << 48)
    before = call.registers()
    condition(rsp, hot, FALSE)
    stop = rsp.go()
    assert stop.signal == 11 and call.registers() == before
    assert passed(rsp)[hot] == (1, 0)


def test_a_fault_that_the_kernel_resolves_is_no_second_hit(machine, symbol):
    rsp = machine.rsp()
    call = Call(rsp, machine.elf, flags=IF | 2)
    rsp.insert(call.back)
    call.begin(symbol("demand_page"), rdi=77)
    rsp.go()
    page, hot = rsp.register("rax"), symbol("workload_hot")
    call.begin(hot, rdi=page)
    condition(rsp, hot, FALSE)
    rsp.go()
    assert rsp.pc == call.back and rsp.read_u64(page + 8) == 1
    assert passed(rsp)[hot][0] == 1


def test_watchpoints_hit_within_what_is_passed(machine, symbol):
    """What is emulated is seen by no debug register."""
    rsp = machine.rsp()
    call = Call(rsp, machine.elf)
    hot = symbol("workload_hot")
    call.begin(hot, rdi=call.scratch)
    for place in range(hot, hot + 12, 4):
        condition(rsp, place, FALSE)
    rsp.insert(call.scratch + 8, kind=2, length=8)
    stop = rsp.go()
    assert int(stop.values["watch"], 16) == call.scratch + 8
    assert rsp.pc == hot + 12 and rsp.read_u64(call.scratch + 8) == 1
    assert not rsp.register("eflags") & IF
    rsp.remove(call.scratch + 8, kind=2, length=8)


def hits_of(rsp, machine, smp):
    base = machine.elf["workload_hammers"].address
    return [rsp.read_u64(base + 16 * n + 8) for n in range(smp)]


def run_for(rsp, seconds):
    rsp.resume()
    time.sleep(seconds)
    return rsp.interrupt()


def rips(rsp):
    """Of all processors."""
    return [rsp.register("rip") for n in range(1, 5) if rsp.ask(f"Hgp1.{n:x}") == "OK"]


@pytest.mark.parametrize("smp", [1, 4])
def test_every_false_hit_of_every_cpu_is_counted_once(boot, smp):
    machine = boot(smp=smp, append="workload=full").serving()
    rsp = started(machine)
    hot, slots = machine.elf["workload_hot"].address, machine.elf["displaced_slots"]
    condition(rsp, hot, FALSE)
    before, times, rounds = sum(hits_of(rsp, machine, smp)), 0, 0
    while rounds < 20 or times < 1000:
        stop, rounds = run_for(rsp, 0.05), rounds + 1
        assert stop.signal == 2
        times, lifted = passed(rsp).get(hot, (0, 0))  # none yet, if the host gave it no time
        assert 0 <= times - (sum(hits_of(rsp, machine, smp)) - before) <= smp
        assert lifted == 0
        assert not any(slots.address <= rip < slots.address + slots.size for rip in rips(rsp))


@pytest.mark.machine(smp=4, append="workload=full")
def test_true_conditions_among_false_ones_are_all_told(machine):
    """Each CPU's every 128th turn: none is lost, none comes twice, and what lies between is counted."""
    rsp = started(machine)
    hot, rdi = machine.elf["workload_hot"].address, rsp.registers["rdi"].number
    before = hits_of(rsp, machine, 4)
    condition(rsp, hot, f"26{rdi:04x}2208021a227f0f0e27")
    seen = {}
    for _ in range(200):
        stop = rsp.go()
        assert stop.signal == 5 and rsp.pc == hot
        hammer = rsp.register("rdi")
        done = rsp.read_u64(hammer + 8)
        assert done % 128 == 0 and done == seen.get(hammer, done)
        seen[hammer] = done + 128
    told = int(re.search(r"hit (\d+) times", rsp.monitor("bp"))[1])
    turns = sum(hits_of(rsp, machine, 4)) - sum(before)
    assert 200 <= told <= 203
    assert 0 <= told + passed(rsp)[hot][0] - turns <= 4


@pytest.mark.machine(smp=4, append="workload=full")
def test_what_can_only_be_executed_elsewhere_is_passed_by_all_cpus(machine):
    """The lock cmpxchg of a lock that all of them want."""
    rsp = started(machine)
    lock = machine.elf["spin_lock"]
    code = rsp.read(lock.address, lock.size)
    place = lock.address + re.search(rb"\xf0[\x40-\x4f]?\x0f\xb0", code).start()
    condition(rsp, place, FALSE)
    times = 0
    while times < 100:
        run_for(rsp, 0.05)
        times, lifted = passed(rsp).get(place, (0, 0))
        assert lifted == 0
