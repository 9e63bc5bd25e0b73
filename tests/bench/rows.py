"""What is measured, each row by the same lines for every stub, and what the ratio has to be."""
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

from actions import at
from trapline_pytest.rsp import Rsp

ROWS = []
KIB = 1024


@dataclass(frozen=True)
class Row:
    name: str
    unit: str  # "/s" and "KiB/s": more is better; "us": less is
    goal: float  # ratio to QEMU's stub, as "so many times as good"
    measure: Callable
    sides: tuple = ("com1", "stub")


def row(name, unit, goal, **options):
    def register(measure):
        ROWS.append(Row(name, unit, goal, measure, **options))
        return measure
    return register


# Sessions

@contextmanager
def raw(machine, side):
    """Our own client in session with a stub, the guest stopped in demo_hot."""
    client = Rsp(machine.connect(machine.options[side] if side == "stub" else None), machine.deadline)
    if side == "stub":
        client.receive()  # connecting has stopped the machine, and it says so
    client.open(no_ack=side != "stub")  # QEMU 7.2 has no such mode
    hot = machine.elf["demo_hot"].address
    client.insert(hot)
    client.go()
    client.remove(hot)
    yield client
    client.detach()


@contextmanager
def gdb(machine, side):
    """gdb at a stub, stopped in demo_hot."""
    client = machine.gdb(attach=False)
    path = machine.options["stub"] if side == "stub" else machine.remote
    client.execute(f"target remote {path}", "tbreak demo_hot", "continue")
    yield client
    client.execute("delete", "detach")
    client.close()


def per_call(count, call):
    """Seconds that one call takes."""
    started = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - started) / count


def in_gdb(client, count, command):
    """Seconds that one of so many commands takes, timed inside gdb: no pipe of ours is in it."""
    client.execute("python import time; started = time.perf_counter()",
                   f"python [gdb.execute({command!r}, to_string=True) for _ in range({count})]",
                   "python gdb.set_convenience_variable('ns', int((time.perf_counter() - started) * 1e9))")
    return client.int("$ns") / 1e9 / count


# Round trips

@row("read registers (g)", "us", 1 / 5)
def registers(machine, side):
    with raw(machine, side) as client:
        return 1e6 * per_call(300, lambda: client.ask("g"))


@row("read 8 bytes", "us", 1 / 5)
def read_8(machine, side):
    address = machine.elf["demo_sample"].address
    with raw(machine, side) as client:
        return 1e6 * per_call(300, lambda: client.ask(f"m{address:x},8"))


# Running

@row("step, bare packets", "/s", 1.2)
def steps(machine, side):
    with raw(machine, side) as client:
        return 1 / per_call(400, lambda: client.go("vCont;s"))


@row("stepi in gdb", "/s", 1.2)
def stepi(machine, side):
    with gdb(machine, side) as client:
        return 1 / in_gdb(client, 150, "stepi")


@row("breakpoint hit, bare packets", "/s", 1)
def hits(machine, side):
    hot = machine.elf["demo_hot"].address
    with raw(machine, side) as client:
        client.insert(hot)

        def hit():
            client.go("vCont;c")
            client.remove(hot)
            client.go("vCont;s")
            client.insert(hot)

        figure = 1 / per_call(100, hit)
        client.remove(hot)
        return figure


@row("breakpoint hit in gdb", "/s", 1.2)
def gdb_hits(machine, side):
    with gdb(machine, side) as client:
        client.execute("break demo_hot")
        return 1 / in_gdb(client, 60, "continue")


@row("false condition", "/s", 100)
def false_condition(machine, side):
    count = 200 if side == "stub" else 50_000
    with gdb(machine, side) as client:
        client.execute(f"break demo_hot if demo_counter >= {client.int('demo_counter') + count}")
        return count / in_gdb(client, 1, "continue")


@row("next over a loop of 1000 turns", "us", 100)
def next_loop(machine, side):
    with gdb(machine, side) as client:
        client.execute(f"tbreak {at('i < 1000')}", "continue")
        return 1e6 * in_gdb(client, 1, "next")


@row("stop and step with 1000 breakpoints set", "us", 1 / 3)
def many(machine, side):
    """Our own with 1000 against QEMU's with one: what lies in demo_scratch is never executed. QEMU's stub
    leaves its breakpoints where they are."""
    scratch, count = machine.elf["demo_scratch"].address, 999 if side == "com1" else 0
    with raw(machine, side) as client:
        for n in range(count):
            client.insert(scratch + 64 * n)
        figure = 1e6 * per_call(50, lambda: client.go("vCont;s"))
        for n in range(count):
            client.remove(scratch + 64 * n)
        return figure


@row("calls of demo_hot while 100 breakpoints are set elsewhere", "/s", 0.99)
def elsewhere(machine, side):
    """In the guest's own time: attached, against attached to QEMU's stub without any."""
    scratch, counter = machine.elf["demo_scratch"].address, machine.elf["demo_counter"].address
    ticks = machine.elf["clock_ticks"].address
    places = [scratch + 64 * n for n in range(100 if side == "com1" else 0)]
    with raw(machine, side) as client:
        for place in places:
            client.insert(place)
        before = client.read_u64(counter), client.read_u64(ticks)
        client.resume("vCont;c")
        time.sleep(1)  # what is measured is how far the guest comes
        client.interrupt()
        figure = (client.read_u64(counter) - before[0]) * 1000 / (client.read_u64(ticks) - before[1])
        for place in places:
            client.remove(place)
        return figure


@row("step in the kernel inside a range", "/s", 1)
def range_steps(machine, side):
    """vCont;r over the loop of demo_loop_1000; QEMU 7.2 has none, and gdb steps by itself."""
    loop = machine.elf["demo_loop_1000"]
    with raw(machine, side) as client:
        client.insert(loop.address)
        client.go()
        client.remove(loop.address)
        if side == "stub":
            return 1 / per_call(400, lambda: client.go("vCont;s"))
        taken, period = turn(client)
        started = time.perf_counter()
        client.go(f"vCont;r{loop.address:x},{loop.address + loop.size:x}:p1.1")
        return (1000 * period - taken) / (time.perf_counter() - started)


def turn(client):
    """(steps taken so far, instructions of one turn of the loop), by stepping until an address comes again."""
    seen = []
    while (pc := client.go("vCont;s").registers[16]) not in seen:
        seen.append(pc)
    return len(seen) + 1, len(seen) - seen.index(pc)


# Memory

@row("read memory", "KiB/s", 0.02)
def read_memory(machine, side):
    """As gdb 13 does it: m, pieces as large as the stub's packets."""
    address, size = machine.elf["kernel_main"].address, 256 * KIB
    with raw(machine, side) as client:
        piece = (int(client.features["PacketSize"], 16) - 16) // 2
        started = time.perf_counter()
        for at in range(0, size, piece):
            assert not client.ask(f"m{address + at:x},{piece:x}").startswith("E")
        return size / KIB / (time.perf_counter() - started)


# Breaking in

@row("Ctrl-C until it has stopped", "us", 1)
def break_in(machine, side):
    with raw(machine, side) as client:
        taken = []
        for _ in range(30):
            client.resume("vCont;c")
            started = time.perf_counter()
            client.interrupt()
            taken.append(time.perf_counter() - started)
        return 1e6 * sorted(taken)[len(taken) // 2]

