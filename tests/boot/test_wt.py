"""monitor wt and monitor until: what they find is compared with QEMU's own stub, step by step on the same code."""
import json
import re
import subprocess
from bisect import bisect_right
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from trapline_pytest.rsp import Rsp

RIP, RSP = 16, 7
WT2SVG = Path(__file__).resolve().parents[2] / "scripts/wt2svg"
LINE = re.compile(r"^ *(\d+) +(\d+) \[ *(\d+)\] ( *)(\S+) \[(\w+)\]$", re.M)
ROW = re.compile(r"^ *(\d+) +(\d+) +(\d+|-) +(\d+|-) +(\d+)  (\S+) \[(\w+)\](.*)$", re.M)


def trace(rsp, options=""):
    """One trace from here: what the client was told before the stop reply."""
    assert "continue" in rsp.monitor(f"wt {options}")
    rsp.output = ""
    assert rsp.go().signal == 5
    assert rsp.pc == rsp.stop.registers[RIP]
    return rsp.output


def facts(rsp):
    return json.loads(rsp.monitor("-j wt -show -count"))


def table(text):
    """By function: calls, instructions in all, the least and the most of a call."""
    return {row[5]: tuple(int(n) if n != "-" else None for n in row[:4]) for row in ROW.findall(text)}


class Names:
    """Which function an address is in, as nm has it."""

    def __init__(self, elf):
        rows = sorted((s.address, s.end, s.name) for s in elf.symbols.values() if s.size)
        self.starts, self.rows = [row[0] for row in rows], rows

    def __call__(self, address):
        start, end, name = self.rows[bisect_right(self.starts, address) - 1]
        assert start <= address < end, f"{address:#x}"
        return name


class Qemu(Rsp):
    """QEMU's own stub, which executes one instruction for each step, or none if an interrupt waits."""

    def state(self):
        registers = self.ask("g")
        words = [int.from_bytes(bytes.fromhex(registers[at:at + 16]), "little") for at in (16 * RIP, 16 * RSP)]
        return registers, *words

    @property
    def pc(self):
        return self.state()[1]


def qemu_steps(machine, start):
    """The program counters of a call of a function."""
    client = Qemu(machine.connect(machine.options["stub"]), machine.deadline, machine.elf)
    machine.clients.append(client)
    client.receive()
    client.open(no_ack=False)
    client.run_to(start)
    registers, pc, rsp = client.state()
    back, counters, top = client.read_u64(rsp), [], rsp
    while pc != back or rsp <= top:
        client.step()
        before, executed, (registers, after, rsp) = registers, pc, client.state()
        if registers != before:
            counters.append(executed)
        pc = after
    client.detach()
    return counters


@pytest.mark.machine(stub=True)
@pytest.mark.deadline(240)
@pytest.mark.parametrize("start", ["demo_stage_tutorial"])
def test_counts_are_those_of_a_pure_single_step(machine, start):
    counters = qemu_steps(machine, start)
    name = Names(machine.elf)
    own = Counter(map(name, counters))
    calls = Counter(name(pc) for pc in counters if machine.elf[name(pc)].address == pc)
    rsp = machine.rsp()
    rsp.run_to(start)
    text = trace(rsp)
    assert {f: row[1] for f, row in table(text).items()} == own
    assert {f: row[0] for f, row in table(text).items()} == calls
    assert table(text)[start][2:] == (own[start], own[start]) and "has not returned" not in text
    assert facts(rsp)["instructions"] == len(counters) and "it has returned" in text
    depth0 = [line for line in LINE.findall(text) if line[2] == "0"]
    assert sum(map(int, depth0[-1][:2])) == len(counters), "its own and what is below it"
    folded = [line.rsplit(" ", 1) for line in rsp.monitor("wt -show -folded").splitlines()]
    assert sum(int(n) for _, n in folded) == len(counters)
    below = Counter()
    for stack, n in folded:
        below[stack.split(";")[-1]] += int(n)
    assert below == own
    assert rsp.step().signal == 5


def wt2svg(text):
    return subprocess.run([WT2SVG], input=text, capture_output=True, text=True, check=False)


def test_flame_graph_shows_what_was_traced(rsp):
    rsp.run_to("demo_stage_tutorial")
    total = {name: row[1] for name, row in table(trace(rsp)).items()}
    folded = rsp.monitor("wt -show -folded")
    drawn = wt2svg("(gdb) monitor wt -show -folded\n" + folded)
    assert "1 other lines" in drawn.stderr
    titles = [title.text for title in ElementTree.fromstring(drawn.stdout).iter("{http://www.w3.org/2000/svg}title")]
    assert titles[0].startswith(f"all: {sum(total.values()):,} instructions (100.0 %)".replace(",", " "))
    names = {title.partition(":")[0] for title in titles}
    assert names <= {"all", *total} and "demo_stage_tutorial" in names and len(names) > 3
    own = Counter()
    for title in titles:
        whole, *rest = [int(n.replace(" ", "")) for n in re.findall(r"(\d[\d ]*) (?:instructions|of its own)", title)]
        own[title.partition(":")[0]] += rest[0] if rest else whole
    assert {name: n for name, n in own.items() if n} == {name: total[name] for name in own if own[name]}


@pytest.mark.parametrize("text", ["", "\n", "demo_turn 0\n", "a;;b 3\n", "a b c\n", "; 7\n"])
def test_what_is_no_folded_stack_is_refused_with_words(text):
    drawn = wt2svg(text)
    assert drawn.returncode == 1 and drawn.stdout == ""
    assert "wt -show -folded" in drawn.stderr


def test_recursion_depth_and_a_breakpoint_at_its_begin(rsp):
    rsp.run_to("demo_stage_tutorial")
    rsp.run_to("demo_factorial")
    n, back, sp = rsp.register("rdi") & 0xffffffff, rsp.read_u64(rsp.register("rsp")), rsp.register("rsp")
    rsp.insert(rsp.elf["demo_factorial"].address)
    text = trace(rsp)
    rsp.remove(rsp.elf["demo_factorial"].address)
    assert rsp.pc == back and rsp.register("rsp") == sp + 8
    assert table(text)["demo_factorial"][0] == n > 3
    lines = LINE.findall(text)
    assert max(int(line[2]) for line in lines) == n - 1
    assert all(len(line[3]) == 2 * int(line[2]) for line in lines)
    rsp.run_to("demo_factorial")
    short = trace(rsp, "-depth 1")
    assert {line[2] for line in LINE.findall(short)} == {"0", "1"}
    assert table(short) == table(text)
    assert {line[2] for line in LINE.findall(rsp.monitor("wt -show -depth 0"))} == {"0"}
    assert {line[2] for line in LINE.findall(rsp.monitor("wt -show"))} == {"0", "1"}
    rsp.run_to("demo_factorial")
    assert not LINE.findall(trace(rsp, "-count")) and table(rsp.output) == table(text)


def test_until(rsp):
    rsp.run_to("demo_stage_tutorial")
    assert "there it is" in trace(rsp, f"-until demo_factorial+0")
    assert rsp.pc == rsp.elf["demo_factorial"].address
    for what, codes in (("branch", b"\x70\x7f\xeb\xe9\x0f"), ("call", b"\xe8"), ("ret", b"\xc3")):
        trace(rsp, f"-until {what}")
        code = rsp.read(rsp.pc, 1)[0]
        assert code in codes or what == "branch" and 0x70 <= code <= 0x7f, (what, code)
    rsp.run_to("demo_factorial")
    n = rsp.register("rdi") & 0xffffffff
    assert "until it holds" in rsp.monitor(f"until $rip == demo_factorial && $rdi <= {n - 2}")
    rsp.go()
    assert rsp.pc == rsp.elf["demo_factorial"].address and rsp.register("rdi") & 0xffffffff == n - 2
    rsp.run_to("demo_hot")
    counter = rsp.elf["demo_counter"].address
    now = rsp.read_u64(counter)
    rsp.monitor(f"until *demo_counter > {now + 3}")
    rsp.go()
    assert rsp.read_u64(counter) == now + 4 and "there it is" in rsp.output
    rsp.output = ""
    rsp.monitor("until $rax == 1 && $rax == 2 -max 1000")
    rsp.go()
    assert "1000 instructions" in rsp.output and "-max" in rsp.output
    for wrong, why in {"": "usage", "demo_counter > 10": "nothing in it that changes", "$rxx": "rxx: no such register",
                       "*demo_counter >": "no number", "no_such == $rax": "no such symbol", "$rax = 5": "no number",
                       "$rax == 5 -max": "usage" , "$rax == 1 && $rbx || $rcx": "not mixed",
                       "$rax == 5 -max 0": "0: not a number from 1"}.items():
        assert why in rsp.monitor(f"until {wrong}"), wrong


def test_bad_input_and_what_is_not_traced(rsp):
    for wrong, why in {"-nonsense": "no such option", "-depth": "nothing: not a number", "-depth -1": "not a number",
                       "-depth 99999": "from 0 to 256", "-max 0": "not a number", "-max x": "x: not a number",
                       "-module nonsense": "no such module", "-until": "usage", "-until no_such": "no such symbol",
                       "-until debugger_exception": "the debugger's own code", "extra": "no such option",
                       "-show": "nothing was traced so far"}.items():
        assert why in rsp.monitor(f"wt {wrong}"), wrong
        assert json.loads(rsp.monitor(f"-j wt {wrong}"))["ok"] is False
    assert rsp.step().signal == 5, "nothing was armed"
    assert "monitor wt" in rsp.monitor("help wt")
    rsp.monitor("wt")
    assert "waits for continue" in rsp.monitor("wt -show")
    assert "nothing" in rsp.monitor("wt -off")
    rsp.run_to("demo_factorial")
    assert rsp.output == ""


def test_a_function_that_never_returns(rsp):
    """-max, then Ctrl-C; both leave a session that goes on."""
    rsp.run_to("demo_turn")
    assert facts_of(trace(rsp, "-max 5000")) == 5000 and "-max" in rsp.output
    rsp.run_to("demo_turn")
    rsp.monitor("wt -count")
    rsp.output = ""
    rsp.resume()
    rsp.interrupt()
    assert rsp.stop.signal == 2 and "interrupted: now at" in rsp.output
    assert rsp.step().signal == 5
    rsp.run_to("demo_turn")


def facts_of(text):
    return int(re.search(r"^(\d+) instructions", text, re.M)[1])


def test_a_fault_that_the_kernel_handles(rsp):
    """As if demo_hot's caller had called it: its first access makes the page. The handler is not traced."""
    rsp.run_to("demo_hot")
    made = rsp.elf["demand_pages_made"].address
    before, sp = rsp.read_u64(made), rsp.register("rsp")
    rsp.write(sp - 8, rsp.elf["demo_hot"].address.to_bytes(8, "little"))
    assert rsp.set_register("rsp", sp - 8) == "OK"
    assert rsp.set_register("rip", rsp.elf["fault_demand"].address) == "OK"
    text = trace(rsp)
    assert "it has returned" in text and rsp.pc == rsp.elf["demo_hot"].address
    assert set(table(text)) == {"fault_demand", "demand_page"} and facts_of(text) < 60
    assert rsp.read_u64(made) == before + 1


@pytest.mark.machine(smp=2, append="workload=full")
def test_a_function_that_sleeps(rsp):
    """Others run until its thread is back, and what they execute does not count."""
    for name, least in (("thread_sleep", 1), ("mutex_lock", 0), ("thread_sleep", 1)):
        stop = rsp.run_to(name)
        thread, back = stop.values["thread"], rsp.read_u64(rsp.register("rsp"))
        text = trace(rsp)
        assert rsp.stop.values["thread"] == thread and rsp.pc == back, text
        assert facts(rsp)["away"] >= least and facts_of(text) < 20000
        assert "thread_start" not in table(text)


def sleeper(rsp, place, names):
    """One of these threads that runs nowhere when the machine is there, but has run before; where its callers go on."""
    while True:
        rsp.run_to(place)
        for thread, name, state in re.findall(r"^(\d+)  (\w+)\S*  \w+  (.*)$", rsp.monitor("threads"), re.M):
            if name not in names or state == "running":
                continue
            frames = [int(frame, 16) for frame in re.findall(r"^#\d+  (\w+)", rsp.monitor(f"bt {thread}"), re.M)]
            if len(frames) > 3:
                assert rsp.ask(f"Hgp1.{int(thread):x}") == "OK"
                return int(thread), frames


@pytest.mark.machine(smp=2, append="workload=full")
def test_a_thread_that_sleeps_is_waited_for(rsp):
    """From where it went to sleep, and on whichever processor it wakes."""
    for turn in range(6):
        thread, frames = sleeper(rsp, ("demo_turn", "thread_yield")[turn % 2], {"teller", "logger", "viewer"})
        deep = turn % 3 == 2
        said = rsp.monitor(f"wt -until {frames[2]:#x}" if deep else "wt")
        assert said.startswith(f"thread {thread} sleeps: continue waits for it"), said
        rsp.output = ""
        stop = rsp.go()
        assert stop.signal == 5 and int(stop.values["thread"].removeprefix("p1."), 16) == thread, rsp.output
        assert rsp.pc == frames[2 if deep else 1] and ("there it is" if deep else "it has returned") in rsp.output
        assert check_rows(rsp) >= 1 + deep, rsp.output
    assert not rsp.register("eflags") & 0x100


def check_rows(rsp):
    """What the functions have executed is what was executed. How many they are."""
    result = facts(rsp)
    rows = [row["total"] for row in result["output"] if isinstance(row, dict)]
    assert sum(rows) == result["instructions"] > 0, result
    return len(rows)


@pytest.mark.machine(smp=2)
def test_a_thread_that_never_wakes_is_waited_for_until_a_client_breaks_in(rsp):
    thread, _ = sleeper(rsp, "demo_turn", {"modules"})
    flags = rsp.register("eflags")
    for command in ("wt", "until $rax == $rax"):
        assert "continue" in rsp.monitor(command)
        rsp.output = ""
        rsp.resume()
        assert rsp.interrupt().signal == 2
        assert "the machine has stopped before its thread was woken" in rsp.output
        assert rsp.ask(f"Hgp1.{thread:x}") == "OK" and rsp.register("eflags") == flags
    rsp.insert(rsp.elf["demo_hot"].address)
    rsp.monitor("wt")
    assert rsp.go().signal == 5 and rsp.pc == rsp.elf["demo_hot"].address


def test_gdb_sees_the_machine_as_it_is_afterwards(machine):
    """From a breakpoint, which gdb steps over by itself first: that instruction counts as well."""
    gdb = machine.gdb()
    gdb.execute("tbreak demo_turn", "continue", "break demo_factorial", "continue")
    n, back = gdb.int("n"), gdb.int("*(unsigned long *)$rsp")
    assert "continue traces" in gdb.execute("monitor wt")
    said = gdb.execute("continue")
    assert table(said)["demo_factorial"][0] == n and "it has returned" in said and "SIGTRAP" in said
    assert gdb.int("$pc") == back and gdb.frames(1)[0] == "demo_stage_tutorial"
    gdb.execute("delete", "stepi")
    assert gdb.int("$pc") != back
    gdb.execute("tbreak work_transfer", "continue")
    teller = gdb.int("$_thread")
    gdb.execute("tbreak demo_turn", "continue", f"thread {teller}")
    frames = gdb.frames(3)
    assert "sleeps: continue waits for it" in gdb.execute("monitor wt") and "it has returned" in gdb.execute("continue")
    assert gdb.int("$_thread") == teller and gdb.frames(1)[0] in frames[1:], frames
