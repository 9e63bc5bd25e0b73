"""while-stepping: the instructions behind a tracepoint, each collected, with the kernel running as ever."""
import struct

import pytest

pytestmark = pytest.mark.deadline(180)

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


def state(rsp):
    data = bytes.fromhex(rsp.ask("g").replace("x", "0"))
    return {name: int.from_bytes(data[row.offset:row.offset + row.size], "little")
            for name, row in rsp.registers.items() if name in GENERAL}


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
        """What a client sees that steps by itself, up to the end."""
        self.begin()
        rows = []
        while not rows or rows[-1]["rip"] != self.back:
            assert self.rsp.step().signal == 5
            rows.append(state(self.rsp))
        return rows


def shown(words):
    """What no counter of the kernel's changes."""
    return *(words[name] for name in ("rip", "rsp", "rbp", "rdi", "r12")), words["eflags"] & (TF | IF)


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
    for n, (ours, theirs) in enumerate(zip(walked[1:], stepped)):
        assert shown(ours) == shown(theirs), (n, ours, theirs)
