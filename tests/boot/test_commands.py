"""Every command of the monitor with good and bad input, by raw packets and through gdb: each bad one gets a
line that says what is wrong, and the session lives. A command without a row here fails the test."""
import json
import re

import pytest
from trapline_pytest.gdb import GdbError

MANY, NO_SYMBOL, NO_REGISTER = "1 2 3 4 5 6 7", "no_such_thing", "$no_such"
# What no command knows, but those that take any name: a module may come later.
UNKNOWN = [NO_SYMBOL, NO_REGISTER, "-1", "0x", "(1", '"x', "\\"]
ANY_NAME = {"break-on-load", "insmod", "rmmod"}
NEEDS = {"cpuid", "crash", "break-me", "insmod", "iowatch", "msr", "pa", "port", "print", "pte", "rmmod", "selftest",
         "until", "va2pa"}

FAULTED = r"^E\.|Protocol error"  # the debugger itself has, and lives
# name: [arguments of a good call, what a line of its output is]. Together they leave the machine as it was.
GOOD = {
    "help": [("", "^analyze: why"), ("analyze", "^monitor analyze: why"), ("all", r"^monitor msr NUMBER \[VALUE\]: ")],
    "analyze": [("", "^no fault has stopped the machine here$")],
    "apic": [("", "^  in service")],
    "baud": [("", r"^115200 baud")],
    "bp": [("", r"^(no breakpoints are|none of them is) set"), ("pending", "pending|known|off|on")],
    "break-on-load": [("", "without a stop"), ("later", "later"), ("*", r"\*"), ("off", "without a stop")],
    "bt": [("", r"^#0  0x\w+ demo_turn"), ("1", r"^#1 "), ("0x1", r"^#1 ")],
    "catch": [("", "divide error"), ("user", "divide error"), ("ud", "invalid opcode"), ("6 first", "first"), ("user ud", "invalid opcode")],
    "comm": [("", "bytes|packets")],
    "cpuid": [("0", "0x"), ("7 0", "0x"), ("0x80000000", "0x")],
    "cr": [("", r"^cr0 .*PE MP")],
    "crash": [("demand", "")],
    "dis": [("", r"^=> 0x\w+ demo_turn"), ("demo_hot 2", "demo_hot"), ("intel", "like that"), ("att", "like that")],
    "doors": [("", "^line interrupt")],
    "efer": [("", "SCE")],
    "fault": [("", "^no fault so far$")],
    "features": [("", "bytes at most")],
    "gdt": [("", "^0x08")],
    "idt": [("", "vector_0"), ("14", "vector_14"), ("0x20", "vector_32")],
    "ioapic": [("", "^pin  0 ")],
    "irq": [("", "timer")],
    "iowatch": [("0x80 1", ""), ("0x80 off", ""), ("0x81 2", "watched"), ("0x81 off", "")],
    "lm": [("", "^no modules are loaded$")],
    "log": [("", "cpus online|work loop"), ("2", ".")],
    "maps": [("", r"^0x\w+-0x\w+  r"), ("demo_hot", r"r-x"), ("demo_hot demo_hot+1", "r-x")],
    "msr": [("0xc0000080", r"^msr 0xc0000080: 0x\w+$"), ("0x174", "0x0")],
    "pa": [("0x100000", "^0x"), ("0x100000 16", "^0x")],
    "port": [("0x3fd", r"^port 0x3fd: 0x\w+$"), ("0x60.b", "^port 0x60"), ("0xcf8.l", "^port 0xcf8")],
    "print": [("demo_hot+4", r"^0x\w+ demo_hot\+0x4 \[kernel\], \d+$"), ("$rip", "demo_turn"), ("*demo_counter", r"\d+")],
    "process": [("", "selected thread"), ("off", "selected thread")],
    "ps": [("", "^there are no processes$")],
    "pte": [("demo_hot", "^PML4E"), ("demo_hot $cr3", "^PML4E"), ("0", "PML4E"), ("demo_hot 0xfffffff000", "cannot be read")],
    "selftest": [("ud2", FAULTED), ("fault", FAULTED), ("int3", FAULTED), ("stack", FAULTED)],
    "step": [("", "interrupts wait"), ("irq on", "served|interrupts"), ("irq off", "interrupts wait")],
    "threads": [("", "^1  main")],
    "tss": [("", "rsp0")],
    "unsafe": [("", "refused"), ("on", "allowed|may|write"), ("off", "refused")],
    "until": [("$rax == 1 && *demo_counter > 2 -max 10", "^continue steps until it holds, or 10 "), ("off", "^nothing")],
    "va2pa": [("demo_hot", r"0x\w+"), ("demo_hot $cr3", r"0x\w+")],
    "version": [("", r"0\.1")],
    "watch": [("", "each write"), ("changed on", "chang"), ("changed off", "each write")],
    "watchdog": [("", "the watchdog is off"), ("10", "10 s"), ("10s", "10 s"), ("off", "the watchdog is off")],
    "wt": [("-depth 3 -module kernel -until ret -count -max 10", "^continue traces"), ("-off", "^nothing")],
    "dmesg": [("", "booting"), ("3", ".")],
    "break-me": [("demand", FAULTED), ("divide", FAULTED)],
    "insmod": [("no_such_module", "when it runs on")],
    "rmmod": [("no_such_module", "when it runs on")],
    "mend": [("", "as they were")],
    "demo": [("", "turns")],
    "reset": [], "poweroff": [],  # each is the last word of a session
}
# name: arguments that are wrong for it alone, and what a line says then.
WRONG = {
    "help": [("p", "more than one command begins like that: pa port")],
    "baud": [("115200 0", "usage"), ("115200 601", "usage")],
    "bp": [("1 ignore", "usage|no breakpoint"), ("0xdead every", "usage"), ("fallback maybe", "usage")],
    "bt": [("99", "99|no such thread")],
    "catch": [("32", "usage"), ("ud maybe", "usage")],
    "cpuid": [("0x100000000", "usage"), ("0 0x100000000", "usage")],
    "crash": [("", "divide by zero"), ("x", "divide by zero")],
    "dis": [("demo_hot 0", "usage"), ("demo_hot 4097", "usage"), ("0x8000000000000000", "cannot be read")],
    "idt": [("256", "usage")],
    "ioapic": [("0xfed00001", "at a multiple of 16")],
    "iowatch": [("0x80 3", "usage"), ("0x10000 1", "the last one is 0xffff")],
    "log": [("0", "usage"), ("10001", "usage")],
    "maps": [("demo_hot no_such_thing", "no_such_thing: no such symbol")],
    "msr": [("0x100000000", "usage"), ("0x174 5", "^refused: say monitor unsafe")],
    "pa": [("0x100000 0", "usage"), ("0x100000 4097", "usage"), ("0xfffffffffffff000", "cannot|no |not")],
    "port": [("0x10000", "usage"), ("0xffff.w", "usage"), ("0x80.q", "usage"), ("0x80 0x100", "usage"), ("0x80 1", "^refused: say")],
    "print": [("*0x8000000000000000", "cannot be read"), ("demo_hot+", "no number")],
    "process": [("99", "99|usage"), ("-", "usage")],
    "step": [("irq", "usage"), ("irq maybe", "usage"), ("off", "usage")],
    "until": [("$rax = 5", "no number"), ("demo_counter > 10", "nothing in it that changes"), ("$rax == 1 -max 0", "not a number"), ("$rax == 1 -max", "usage: monitor until")],
    "unsafe": [("maybe", "usage")],
    "va2pa": [("0xffffc00000000000", "not mapped|not present|nowhere|no page")],
    "watchdog": [("0s", "usage"), ("3601s", "usage"), ("s", "usage")],
    "watch": [("changed maybe", "usage")],
    "wt": [("-depth", "not a number"), ("-module no_such", "no such module"), ("-until no_such", "no such symbol")],
}


class Raw:
    """Commands by raw packets."""

    unknown, each, last, status = UNKNOWN, 9, "reset", 0

    def __init__(self, machine):
        self.client = machine.rsp()
        self.client.insert(machine.elf["demo_turn"].address)
        self.client.go()
        self.client.remove(machine.elf["demo_turn"].address)

    def __call__(self, line):
        text, reply = "", self.client.ask("qRcmd," + line.encode().hex())
        while reply.startswith("O") and reply != "OK":
            text += bytes.fromhex(reply[1:]).decode()
            reply = self.client.receive().decode()
        return text if reply == "OK" else reply

    def end(self):
        self.client.send(b"qRcmd," + self.last.encode().hex().encode())

    def lives(self):
        assert self.client.step().signal == 5


class Gdb:
    """The same as gdb's monitor, and less of it: that takes its time."""

    unknown, each, last, status = UNKNOWN[:1], 2, "poweroff", 1

    def __init__(self, machine):
        self.client = machine.gdb()
        self.client.execute("tbreak *demo_turn", "continue")

    def __call__(self, line):
        try:
            return self.client.execute(f"monitor {line}")
        except GdbError as error:
            return str(error)

    def end(self):
        self(self.last)

    def lives(self):
        before = self.client.int("$pc")
        self.client.execute("stepi")
        assert self.client.int("$pc") != before


def asked(run, line):
    result = json.loads(run(f"-j {line}"))
    words = line.split()
    assert result["command"] == words[0], result
    return result


def refusal(run, line, says):
    """What is wrong with how a bad line is refused: a line that is no row says why, for people the same."""
    result, text = asked(run, line), run(line)
    lines = [row for row in result.get("output", []) if isinstance(row, str)]
    good = (result["ok"] is False and lines and 3 < len(lines[0]) < 200 and text.startswith(lines[0])
            and re.search(says, text, re.M))
    return [] if good else [(line, text, result)]


def answer(run, line, says):
    text = run(line)
    good = text and not text.startswith("usage") and re.search(says, text, re.M)
    if good and run.each > 2:  # the same once more for a program, in one line
        reply = run(f"-j {line}")
        good = reply.endswith("}\n") and reply.count("\n") == 1 and json.loads(reply)["ok"] is (says != FAULTED)
        text = f"{text}{reply}"
    return [] if good else [(line, text)]


@pytest.mark.parametrize("how", [Raw, Gdb])
@pytest.mark.machine(append="workload=off")
def test_every_command_with_good_and_bad_input(machine, how):
    run, problems = how(machine), []
    names = [row["name"] for row in asked(run, "help")["output"]]
    assert set(names) == set(GOOD), "each command has a row in GOOD"
    assert set(WRONG) | ANY_NAME | NEEDS <= set(names)
    for name in names:
        bad = [(MANY, "")] + ([(word, "") for word in run.unknown] if name not in ANY_NAME else []) + WRONG.get(name, [])[:run.each]
        if name in NEEDS:
            bad.append(("", "^which module|^usage: monitor " + name))
        for arguments, says in bad:
            problems += refusal(run, f"{name} {arguments}".strip(), says)
        for arguments, says in GOOD[name][-run.each:]:
            problems += answer(run, f"{name} {arguments}".strip(), says)
        if names.index(name) % 10 == 0:
            run.lives()
    assert not run("unsafe on").startswith("usage")
    problems += refusal(run, "msr 0x6e1 0x100000000", "^msr 0x6e1: a write of 0x100000000 faults$")
    problems += answer(run, "msr 0xc0000102 0x1234", "^msr 0xc0000102: 0x1234$") + answer(run, "unsafe off", "refused")
    assert not problems, "\n".join(map(str, problems))
    run.lives()
    run.end()
    assert machine.wait_exit() == run.status
