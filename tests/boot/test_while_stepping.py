"""while-stepping: the instructions behind a tracepoint, each collected, with the kernel running as ever."""
import struct
import time
from pathlib import Path

import pytest
from test_modules import libraries, run_until_loaded
from trapline_pytest.elf import Elf


GENERAL = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
           "r15", "rip", "eflags")
TF, IF = 0x100, 0x200
MASK = f"{(1 << len(GENERAL)) - 1:x}"


class Trace:
    """Tracepoints by raw packets, and all frames at once as tsave gets them."""

    def __init__(self, rsp, elf):
        self.rsp, self.elf = rsp, elf
        assert rsp.ask("QTinit") == "OK"

    def at(self, where, steps=0, number=1, passes=0, condition="", actions=f"R{MASK}"):
        address = where if isinstance(where, int) else self.elf[where].address
        more = f":X{len(condition) // 2:x},{condition}" if condition else ""
        name = f"{number:x}:{address:x}:"
        assert self.rsp.ask(f"QTDP:{name}E:{steps:x}:{passes:x}{more}-") == "OK"
        assert self.rsp.ask(f"QTDP:-{name}{actions}{'-' if steps else ''}") == "OK"
        if steps:
            assert self.rsp.ask(f"QTDP:-{name}S{actions}") == "OK"
        return address

    def start(self):
        assert self.rsp.ask("QTStart") == "OK"

    def status(self):
        head, *fields = self.rsp.ask("qTStatus").split(";")
        return {"running": head == "T1"} | {name: value for name, value in (f.split(":", 1) for f in fields)}

    def frames(self):
        """(tracepoint, registers) of each."""
        data = b""
        while (piece := self.rsp.ask(f"qTBuffer:{len(data):x},4000")) != "l":
            data += bytes.fromhex(piece)
        rows = {name: row.offset for name, row in self.rsp.registers.items() if name in GENERAL}
        found, at = [], 0
        while at < len(data):
            number, size = struct.unpack_from("<HI", data, at)
            block = data[at + 6:at + 6 + size]
            assert not size or block[:1] == b"R"
            words = {name: struct.unpack_from("<I" if name == "eflags" else "<Q", block, 1 + offset)[0]
                     for name, offset in rows.items()} if size else {}
            found.append((number, words))
            at += 6 + size
        return found


@pytest.fixture
def trace(machine):
    return Trace(machine.rsp(), machine.elf)


class Call:
    """The stopped kernel at a function that returns to a breakpoint, with the same registers each time."""

    def __init__(self, rsp, elf, function, **registers):
        self.rsp, self.back = rsp, elf["kernel_main"].address
        self.registers = dict.fromkeys(GENERAL[:16], 0x1111) | {
            "rip": elf[function].address, "rsp": (rsp.register("rsp") - 0x400 & ~15) - 8, "eflags": IF | 2} | registers
        rsp.insert(self.back)

    def begin(self):
        self.rsp.write(self.registers["rsp"], self.back.to_bytes(8, "little"))
        for name, value in self.registers.items():
            assert self.rsp.set_register(name, value) == "OK", name

    def run(self):
        self.begin()
        self.rsp.go()
        assert self.rsp.pc == self.back

    def steps(self):
        """What a client sees that steps by itself, up to the end: rip, rsp and rbp."""
        self.begin()
        rows = []
        while not rows or rows[-1][0] != self.back:
            stop = self.rsp.step()
            assert stop.signal == 5
            rows.append(tuple(stop.registers[n] for n in (16, 7, 6)))
        return rows


@pytest.mark.machine(append="init=off gdb.trace=8M")
def test_the_zoo_of_flags_is_walked_through_as_by_stepi(trace):
    """pushf, popf, iret, int n, cli, sti, hlt, mov ss and traps of its own: it panics if it sees the trap flag, and
    what is seen of it is what a client sees that steps. The end is a breakpoint, within the walk."""
    call = Call(trace.rsp, trace.elf, "step_zoo_turn")
    trace.at("step_zoo_turn", steps=2500)
    trace.start()
    call.run()
    assert trace.rsp.ask("QTStop") == "OK"
    walked = [words for number, words in trace.frames()]
    assert trace.status()["tlost"] == "0", trace.status()
    stepped = call.steps()
    assert len(walked) == 1 + len(stepped) > 600
    assert [(words["rip"], words["rsp"], words["rbp"]) for words in walked[1:]] == stepped
    assert sum(words["eflags"] & TF != 0 for words in walked) < 10, "but for the one who sets it"


def expected(path, hits):
    """The frames' addresses of tracepoints {where: steps}: within its own walk one begins anew."""
    frames, left = [], dict.fromkeys(hits, 0)
    for before, behind in zip(path, path[1:]):
        if before in hits:
            frames.append((before, before))
            left[before] = hits[before]
        for where in hits:
            if left[where]:
                frames.append((where, behind))
                left[where] -= 1
    return frames


@pytest.mark.machine(append="init=off gdb.trace=1M")
def test_other_breakpoints_stops_and_ends_within_a_walk(trace):
    rsp, elf = trace.rsp, trace.elf
    call = Call(rsp, elf, "demo_string_length", rdi=elf["demo_banner"].address)
    start = elf["demo_string_length"].address
    path = [start] + [rip for rip, rsp, rbp in call.steps()]
    loop = next(pc for pc in path if path.count(pc) > 5)
    period = path.index(loop, path.index(loop) + 1) - path.index(loop)
    assert 2 <= period <= 8

    def fresh(*points, **options):
        assert rsp.ask("QTinit") == "OK"
        for number, (where, steps) in enumerate(points, 1):
            trace.at(where, steps, number, **options)
        trace.start()

    def rips():
        return [words["rip"] for number, words in trace.frames()]

    # Two that step, one of them over and over, and a breakpoint that is never true in between.
    assert rsp.ask(f"Z0,{path[-3]:x},1;X3,220027") == "OK"
    fresh((start, 40), (loop, period + 2))
    call.run()
    wanted = expected(path, {start: 40, loop: period + 2})
    assert sorted(rips()) == sorted(pc for where, pc in wanted)
    assert [pc for where, pc in wanted if where == start] == path[:41]
    assert [w["rip"] for number, w in trace.frames() if number == 1] == path[:41]
    assert trace.status()["tlost"] == "0"
    rsp.remove(path[-3])

    # The last hit's walk belongs to it.
    fresh((loop, 1), passes=3)
    call.run()
    assert rips() == [pc for where, pc in expected(path, {loop: 1})][:6]
    assert not trace.status()["running"] and trace.status()["tpasscount"] == "1"

    # A breakpoint in the middle, at the tracepoint itself, and what becomes of the rest of the walk.
    for stop in (path[4], start):
        for ended in (False, True):
            fresh((start, 20))
            call.begin()
            rsp.insert(stop)
            rsp.go()
            assert rsp.pc == stop
            rsp.remove(stop)
            seen = rips()
            assert seen == path[:path.index(stop) + 1]
            assert not ended or rsp.ask("QTStop") == "OK"
            rsp.go()
            assert rsp.pc == call.back
            assert rips() == (seen if ended else path[:21]), (hex(stop), ended)

    # Deleting one of the two leaves the other.
    rsp.insert(start)
    assert rsp.ask(f"QTDisable:1:{start:x}") == "OK"
    call.begin()
    rsp.go()
    assert rsp.pc == start
    rsp.remove(start)
    assert rsp.ask(f"QTEnable:1:{start:x}") == "OK"
    fresh((start, 0))
    call.run()
    assert rips() == [start]

    # No room left on the way.
    assert rsp.ask("QTBuffer:size:1000") == "OK"
    fresh((start, 200))
    call.run()
    got = rips()
    assert got == path[:len(got)] and 8 < len(got) < 200
    assert not trace.status()["running"] and "tfull" in trace.status()


@pytest.mark.machine(append="init=/zoo gdb.trace=4M")
def test_into_a_program_and_back(trace):
    """From within a system call through sysret, the program (which looks at its own flags) and the next call; and
    when interrupts were kept out for long, they are let in."""
    where = trace.at("sys_getpid", steps=400, passes=4)
    trace.start()
    run_until(trace, lambda status: not status["running"])
    assert "tpasscount" in trace.status()
    frames = [words for number, words in trace.frames()]
    assert [words["rip"] for words in frames].count(where) >= 4
    user = [words for words in frames if words["rip"] < 1 << 47]
    assert len(user) > 20 and len(frames) - len(user) > 100
    assert all(words["eflags"] & IF for words in user)
    assert not any(words["eflags"] & TF for words in frames)
    ticks = trace.rsp.read_u64(trace.elf["clock_ticks"].address)
    trace.start()
    run_until(trace, lambda status: not status["running"])
    assert trace.rsp.read_u64(trace.elf["clock_ticks"].address) > ticks


def run_until(trace, done):
    """Not asked too often: the kernel is to get on."""
    while not done(trace.status()):
        trace.rsp.resume()
        time.sleep(0.1)
        assert trace.rsp.interrupt().signal == 2


@pytest.mark.machine(smp=4, append="workload=full init=off gdb.trace=16M")
def test_all_cpus_walk_at_once_and_in_their_timers(machine):
    """Thousands of hits: each call of each hammer, with the same instructions behind it; and those of the clock."""
    machine.console.wait_for(r"^workload: \d+ threads")
    trace = Trace(machine.rsp(), machine.elf)
    rsp, elf = trace.rsp, machine.elf
    hammers = [elf["workload_hammers"].address + 16 * n for n in range(4)]
    hot = trace.at("workload_hot", steps=4, number=1, actions="R10020")
    tick = trace.at("demo_tick", steps=5, number=2, actions="R10020")
    before = [rsp.read_u64(hammer + 8) for hammer in hammers]
    trace.start()
    run_until(trace, lambda status: int(status["tframes"], 16) > 20000)
    status = trace.status()
    assert status["running"] and status["tlost"] == "0"
    assert status["tframes"] == status["tcreated"]
    calls = [rsp.read_u64(hammer + 8) - number for hammer, number in zip(hammers, before)]
    hits = [int(rsp.ask(f"qTP:{number}:{where:x}")[1:].split(":")[0], 16) for number, where in ((1, hot), (2, tick))]
    assert all(calls) and abs(sum(calls) - hits[0]) <= 4 and hits[1] > 5
    whole = 5 * hits[0] + 6 * hits[1]
    assert whole - 4 * 9 <= int(status["tframes"], 16) <= whole, "those of now may be on their way"

    seen = set()
    for first in range(0, whole - 200, whole // 5):
        paths = {}
        for n in range(first, first + 150):
            number = int(rsp.ask(f"QTFrame:{n:x}").split("T")[1])
            paths.setdefault((number, rsp.register("rdi") if number == 1 else 0), []).append(rsp.register("rip"))
        for (number, rdi), path in paths.items():
            start, length = (hot, 5) if number == 1 else (tick, 6)
            path = path[path.index(start):] if start in path else []
            walks = {tuple(path[i:i + length]) for i in range(0, len(path) - length, length)}
            assert len(walks) <= 1 and all(len(set(walk)) == length for walk in walks), walks
            seen |= {(number, rdi, *walk) for walk in walks}
    assert {rdi for number, rdi, *_ in seen if number == 1} <= set(hammers) and len(seen) > 1


@pytest.mark.machine(append="init=off gdb.trace=1M")
def test_a_module_takes_its_tracepoints_along(trace, settings):
    rsp = trace.rsp
    init = Elf(Path(settings.elf.path).parent / "modules" / "ramdisk.ko")["ramdisk_init"].address
    rsp.monitor("insmod ramdisk")
    run_until_loaded(rsp, "ramdisk.ko")
    address = trace.at(libraries(rsp)["ramdisk.ko"] + init, steps=20)
    trace.start()
    rsp.monitor("rmmod ramdisk")
    assert "library" in rsp.go().values and libraries(rsp) == {}
    rsp.monitor("insmod disktest")
    run_until_loaded(rsp, "disktest.ko")
    assert trace.status()["running"] and f"{address:x}" not in rsp.monitor("bp")
    assert len(trace.frames()) == 21 and trace.frames()[0][1]["rip"] == address
    assert rsp.ask("QTStop") == "OK"
