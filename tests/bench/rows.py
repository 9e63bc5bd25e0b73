"""What is measured, each row by the same lines for every stub, and what the ratio has to be."""
import json
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

from actions import at
from line import exchange, flood
from trapline_pytest.rsp import Rsp

ROWS = []
KIB = 1024


@dataclass(frozen=True)
class Row:
    name: str
    unit: str  # "/s" and "KiB/s": more is better; "us": less is
    goal: float  # ratio to QEMU's stub, as "so many times as good"
    measure: Callable
    sides: tuple = ("com1", "stub")  # whose figure, and what it is compared with


def row(name, unit, goal, tcp=None, virtio=None, **options):
    """A row, and the same with the goals of other lines than COM1 on a unix socket."""
    def register(measure):
        ROWS.append(Row(name, unit, goal, measure, **options))
        for side, its in (("tcp", tcp), ("virtio", virtio)):
            if its:
                ROWS.append(Row(f"... over {'TCP' if side == 'tcp' else side}: {name}", unit, its, measure, (side, "stub")))
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

@row("read registers (g)", "us", 1 / 5, tcp=1 / 20, virtio=1)
def registers(machine, side):
    with raw(machine, side) as client:
        return 1e6 * per_call(300, lambda: client.ask("g"))


@row("read 8 bytes", "us", 1 / 5, tcp=1 / 20, virtio=1)
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


@row("tracepoint hit, 2 registers and 64 bytes", "us", 100)
def trace_hit(machine, side):
    """What a hit adds to a turn of the demo, which is 100 000 of them. For QEMU's stub gdb stops at each
    and reads the same."""
    with gdb(machine, side) as client:
        if side == "stub":
            client.execute("break demo_hot",
                           "python gdb.breakpoints()[-1].commands = 'silent\\noutput $rdi\\noutput $rsp\\n"
                           "output demo_points'")
            return 1e6 * in_gdb(client, 60, "continue")
        client.execute("tbreak demo_turn", "continue", "tbreak demo_turn")
        without = in_gdb(client, 1, "continue")
        script = machine.folder / "trace.gdb"
        script.write_text("trace demo_hot\nactions\ncollect $rdi, $rsp, demo_scratch[0]@64\nend\n")
        hits = client.int("demo_counter")
        client.execute(f"source {script}", "set circular-trace-buffer on", "tstart", "tbreak demo_turn")
        took = in_gdb(client, 1, "continue") - without
        hits = client.int("demo_counter") - hits
        client.execute("tstop")
        return 1e6 * took / hits


@row("instructions of a function traced (wt; stepi, info symbol)", "/s", 50)
def traced(machine, side):
    """monitor wt with its tree against what finds out the same with QEMU's stub."""
    with gdb(machine, side) as client:
        client.execute("tbreak demo_stage_hash", "continue")
        if side == "stub":
            return 1 / in_gdb(client, 60, "stepi\ninfo symbol $pc")
        client.execute("monitor wt -max 1000000")
        took = in_gdb(client, 1, "continue")
        return int(json.loads(client.execute("monitor -j wt -show -count"))["instructions"]) / took


@row("next over a loop of 1000 turns", "us", 100)
def next_loop(machine, side):
    with gdb(machine, side) as client:
        client.execute(f"tbreak {at('i < 1000')}", "continue")
        return 1e6 * in_gdb(client, 1, "next")


def stop_and_resume(machine, client):
    """Microseconds from one hit of demo_hot to the next."""
    hot = machine.elf["demo_hot"].address
    client.insert(hot)
    figure = 1e6 * per_call(50, lambda: client.go("vCont;c"))
    client.remove(hot)
    return figure


@row("stop and resume with 1000 breakpoints set; with one", "us", 1 / 3, sides=("com1", "one"))
def many(machine, side):
    """What lies in demo_scratch is never executed."""
    scratch, count = machine.elf["demo_scratch"].address, 999 if side == "com1" else 0
    with raw(machine, side) as client:
        for n in range(count):
            client.insert(scratch + 64 * n)
        figure = stop_and_resume(machine, client)
        for n in range(count):
            client.remove(scratch + 64 * n)
        return figure


@row("step, bare packets, with 1000 threads; with 4", "us", 1 / 3, sides=("crowd", "com1"))
def step_in_a_crowd(machine, side):
    with raw(machine, side) as client:
        return 1e6 * per_call(200, lambda: client.go("vCont;s"))


@row("stop and resume with 8 processors; with one", "us", 1 / 4, sides=("eight", "one"))
def all_stop(machine, side):
    """Seven of them sleep, and are woken for each stop."""
    with raw(machine, side) as client:
        return stop_and_resume(machine, client)


@row("calls of demo_hot while 100 breakpoints are set elsewhere", "/s", 0.99)
def elsewhere(machine, side):
    """In the guest's own time: attached, against attached to QEMU's stub without any."""
    scratch = machine.elf["demo_scratch"].address
    places = [scratch + 64 * n for n in range(100 if side == "com1" else 0)]
    with raw(machine, side) as client:
        for place in places:
            client.insert(place)
        figure = calls_a_second(machine, client)
        for place in places:
            client.remove(place)
        return figure


def calls_a_second(machine, client, seconds=1):
    counter, ticks = machine.elf["demo_counter"].address, machine.elf["clock_ticks"].address
    before = client.read_u64(counter), client.read_u64(ticks)
    client.resume("vCont;c")
    time.sleep(seconds)  # what is measured is how far the guest comes
    client.interrupt()
    return (client.read_u64(counter) - before[0]) * 1000 / (client.read_u64(ticks) - before[1])


@row("calls of demo_hot with gdb=on and nobody attached; gdb=off", "/s", 0.99, sides=("on", "off"))
def unattached(machine, side):
    """In the guest's own time, which is the instructions that it executes, read by QEMU's stub in either case."""
    with raw(machine, "stub") as client:
        return calls_a_second(machine, client, 4)


@row("step in the kernel inside a range; the goal", "/s", 1, sides=("com1", "limit"))
def range_steps(machine, side):
    """vCont;r over the loop of demo_loop_1000. QEMU 7.2 has none."""
    if side == "limit":
        return 500_000
    loop = machine.elf["demo_loop_1000"]
    with raw(machine, side) as client:
        client.insert(loop.address)
        client.go()
        client.remove(loop.address)
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

SIZE = 256 * KIB


def pieces(machine, client, digits, start=None, size=SIZE):
    """(address, size) of each packet that so many bytes (of the image) take, with so many characters for each."""
    start = start or machine.elf["kernel_main"].address
    piece = (int(client.features["PacketSize"], 16) - 32) // digits
    return [(start + at, min(piece, size - at)) for at in range(0, size, piece)]


def passes(side):
    """How often a row reads it: 1 MiB in all, but on a line that takes seconds for that."""
    return 1 if side in ("com1", "tcp") else 4


@row("read memory (m)", "KiB/s", 0.02, tcp=0.005, virtio=1)
def read_memory(machine, side):
    """As gdb 13 does it: pieces as large as the stub's packets."""
    with raw(machine, side) as client:
        packets = [b"m%x,%x" % piece for piece in pieces(machine, client, 2)]
        return SIZE / KIB / per_call(passes(side), lambda: [exchange(client, p) for p in packets])


@row("read memory (x; QEMU: m)", "KiB/s", 0.03, tcp=0.01, virtio=1.5)
def read_binary(machine, side):
    """As gdb 16 does it. QEMU 7.2 has none."""
    with raw(machine, side) as client:
        letter, digits = (b"m", 2) if side == "stub" else (b"x", 1)
        packets = [letter + b"%x,%x" % (at, size - size // 8 if digits == 1 else size)  # escapes need room
                   for at, size in pieces(machine, client, digits)]
        read = sum(int(packet.split(b",")[1], 16) for packet in packets)
        return read / KIB / per_call(passes(side), lambda: [exchange(client, p) for p in packets])


@row("read memory (m), bytes on the wire; the line flat out", "KB/s", 0.9, sides=("com1", "line"))
def wire_of_reads(machine, side):
    """How much of what COM1 can carry a client gets that reads code. The line: our kernel writes its FIFO
    in a loop, 16 bytes whenever it is empty."""
    with raw(machine, side) as client:
        if side == "line":
            return flood(machine, client) / 1000
        started = time.perf_counter()
        count = sum(exchange(client, b"m%x,%x" % piece) for piece in pieces(machine, client, 2))
        return count / 1000 / (time.perf_counter() - started)


@row("write memory (X; QEMU: M)", "KiB/s", 0.01, tcp=0.01, virtio=1)
def write_memory(machine, side):
    start, size = machine.elf["demo_scratch"].address, 32 * KIB
    letter, digits, byte = (b"M", 2, b"61") if side == "stub" else (b"X", 1, b"a")
    with raw(machine, side) as client:
        packets = [letter + b"%x,%x:" % (at, piece) + byte * piece
                   for at, piece in pieces(machine, client, digits, start, size)]
        return size / KIB / per_call(1, lambda: [exchange(client, p) for p in packets])


@row("search memory (qSearch; QEMU: m)", "KiB/s", 1)
def search(machine, side):
    """A pattern that is not there, in the image. QEMU 7.2 has none, and gdb reads all of it."""
    start = machine.elf["kernel_main"].address
    with raw(machine, side) as client:
        packets = [b"m%x,%x" % piece for piece in pieces(machine, client, 2)]
        if side != "stub":
            packets = [b"qSearch:memory:%x;%x;trapline\x01\x02\x03\x04" % (start, SIZE)]
        return SIZE / KIB / per_call(1, lambda: [exchange(client, p) for p in packets])


@row("checksum of memory (qCRC; QEMU: m)", "KiB/s", 1)
def checksum(machine, side):
    """QEMU 7.2 has none, and who wants to know reads all of it."""
    start = machine.elf["kernel_main"].address
    with raw(machine, side) as client:
        packets = [b"m%x,%x" % piece for piece in pieces(machine, client, 2)]
        if side != "stub":
            packets = [b"qCRC:%x,%x" % (start, SIZE)]
        return SIZE / KIB / per_call(1, lambda: [exchange(client, p) for p in packets])


# Breaking in

@row("Ctrl-C until it has stopped; the limit", "us", 1, sides=("com1", "limit"))
def break_in(machine, side):
    if side == "limit":
        return 2000
    with raw(machine, side) as client:
        taken = []
        for _ in range(30):
            client.resume("vCont;c")
            started = time.perf_counter()
            client.interrupt()
            taken.append(time.perf_counter() - started)
        return 1e6 * sorted(taken)[len(taken) // 2]

