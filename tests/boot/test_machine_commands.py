"""What the kernel shows of itself without a client's help: code, callers, page tables, MSRs, ports."""
import json
import re

import pytest

DIRECT_MAP = 0xffff800000000000


@pytest.fixture
def demo(machine, settings):
    """A client that has stopped at the first instruction of demo_hot()."""
    rsp = machine.rsp()
    hot = settings.elf["demo_hot"].address
    rsp.insert(hot)
    rsp.go()
    rsp.remove(hot)
    return rsp


def fails(rsp, command, why):
    result = json.loads(rsp.monitor(f"-j {command}"))
    assert result["ok"] is False and why in "\n".join(result["output"]), (command, result)


def test_disassembly_is_gdbs(machine, settings):
    gdb = machine.gdb()
    gdb.execute("tbreak demo_stage_hash", "continue")
    for style, flavor in (("att", "att"), ("intel", "intel")):
        gdb.execute(f"monitor dis {style}", f"set disassembly-flavor {flavor}")
        theirs = re.findall(r"^\s*(?:=> )?0x(\w+) <\S+>:\t(\S+)", gdb.execute("x/40i demo_stage_hash"), re.M)
        ours = re.findall(r"^(?:  |=>) 0x(\w+) demo_\S+ \[kernel\]:  (\S+)", gdb.execute("monitor dis demo_stage_hash 40"),
                          re.M)
        assert len(theirs) == len(ours) == 40
        assert [address for address, _ in ours] == [address for address, _ in theirs]
        if style == "intel":
            same = {"je": "jz", "jne": "jnz", "ja": "jnbe", "jae": "jnb"}
            assert [text for _, text in ours] == [same.get(text, text) for _, text in theirs]
    gdb.execute("monitor dis att")
    assert re.match(r"=> 0x\w+ demo_stage_hash \[kernel\]:  pushq? +%rbp\n   8 bytes written at 0x\w+( \S+ \[kernel\])?: 0x",
                    gdb.execute("monitor dis"))
    assert "<demo_" in gdb.execute("monitor dis demo_turn 20"), "where calls lead to has names"


def test_disassembly_of_what_is_none(demo, settings):
    fails(demo, "dis 0x8000000000000000", "cannot be read")
    fails(demo, "dis 0 1", "cannot be read")
    fails(demo, "dis demo_hot 0", "usage")
    fails(demo, "dis demo_hot 5000", "usage")
    scratch = settings.elf["demo_scratch"].address
    demo.write(scratch, b"\x06")
    fails(demo, f"dis {scratch:#x}", "0x6, which begins no instruction")


def names(text):
    """The functions of a backtrace's lines, and whether each is a guess."""
    return [(bool(guess), name) for guess, name in
            re.findall(r"^(\? )?#\d+  0x\w+ (\w+)(?:\+0x\w+)? \[kernel\]$", text, re.M)]


def test_backtrace_is_gdbs_at_each_instruction(machine):
    gdb = machine.gdb()
    gdb.execute("tbreak demo_stage_hash", "continue")
    for _ in range(25):
        theirs = re.findall(r"^#\d+ +(?:0x\w+ in )?(\w+) \(", gdb.execute("bt"), re.M)
        ours = names(gdb.execute("monitor bt"))
        assert not any(guess for guess, _ in ours)
        assert [name for _, name in ours] == theirs[:len(ours)] and len(ours) >= 3, (ours, theirs)
        gdb.execute("stepi")


def test_backtrace_of_sleepers_and_of_a_spoiled_chain(demo, settings):
    whole = names(demo.monitor("bt"))
    assert [name for _, name in whole[:3]] == ["demo_hot", "demo_stage_hot", "demo_turn"]
    rip = demo.pc
    demo.insert(settings.elf["demo_stage_hash"].address)
    while not (asleep := re.findall(r"^(\d+) .* (?:blocked on|sleeping)", demo.monitor("threads"), re.M)):
        demo.go()
    demo.remove(settings.elf["demo_stage_hash"].address)
    sleeper = names(demo.monitor(f"bt {asleep[0]}"))
    assert sleeper[0] == (False, "scheduler_switch") and sleeper[-1][1].startswith("thread_start"), sleeper
    fails(demo, "bt 123456", "there is no thread 123456")
    demo.insert(rip)
    demo.go()
    demo.remove(rip)
    rbp = demo.register("rbp")
    demo.set_register("rbp", 0x1234567)
    guessed = names(demo.monitor("bt"))
    demo.set_register("rbp", rbp)
    assert (True, "demo_turn") in guessed and guessed[0] == (False, "demo_hot"), guessed
    rsp = demo.register("rsp")
    demo.set_register("rsp", 0x8000000000000000)
    demo.set_register("rbp", 0x8000000000000000)
    assert names(demo.monitor("bt")) == [(False, "demo_hot")]
    demo.set_register("rsp", rsp)
    demo.set_register("rbp", rbp)


def test_page_tables_in_words(demo, settings):
    hot, scratch = settings.elf["demo_hot"].address, settings.elf["demo_scratch"].address
    text = demo.monitor("pte demo_hot")
    assert re.match(r"PML4E at 0x\w+: 0x\w+ .*, table at 0x\w+\nPDPTE at 0x.*\nPDE at 0x", text), text
    assert re.search(r"read-only kernel.* executable, (4 KiB|2 MiB) page at 0x", text.splitlines()[-1]), text
    assert re.search(r" writable .*no-execute, ", demo.monitor("pte demo_scratch").splitlines()[-1])
    assert demo.monitor("pte 0").splitlines()[-1].endswith("not present")
    assert "not canonical" in demo.monitor("pte 0x8000000000000000")
    assert "cannot be read" in demo.monitor("pte demo_hot 0xffffffffff000"), "tables that are nowhere"
    physical = int(json.loads(demo.monitor("-j va2pa demo_scratch"))["physical"], 16)
    assert physical == scratch & 0x7fffffff
    demo.write(scratch, bytes(range(64, 96)))
    assert demo.monitor(f"pa {physical:#x} 20") == (
        f"{physical:#x}:  " + " ".join(f"{i:02x}" for i in range(64, 80)) + "  @ABCDEFGHIJKLMNO\n"
        f"{physical + 16:#x}:  50 51 52 53" + "   " * 12 + "  PQRS\n")
    fails(demo, "va2pa 0", "is not mapped")
    fails(demo, "va2pa", "usage")
    fails(demo, "pa 0xfffffffff000", "cannot be read")
    fails(demo, "pa 0 100000", "usage")
    assert hot


def test_processor_and_what_it_refuses(demo):
    text = demo.monitor("cr")
    assert re.search(r"^cr0  0x\w+ PE .*WP.* PG$", text, re.M) and re.search(r"^efer 0x\w+ SCE LME LMA NXE$", text, re.M)
    assert f"{demo.register('cr3'):#x}" in text
    efer = json.loads(demo.monitor("-j msr 0xc0000080"))
    assert int(efer["value"], 16) == demo.register("efer")
    fails(demo, "msr 0x100000000", "usage")
    fails(demo, "msr 0xc0000102 5", "refused: say monitor unsafe on first")
    fails(demo, "port 0x80 1", "refused")
    assert int(json.loads(demo.monitor("-j port 0x64"))["value"], 16) & 1 == 0
    assert "0x" in demo.monitor("port 0xcf8.l")
    for wrong in ("port 0x10000", "port 0xffff.l", "port 1.x", "port 0x80 0x100", "port 0x80.w 0x10000"):
        fails(demo, wrong, "usage")
    assert demo.monitor("unsafe on") == "writes to MSRs and ports are allowed\n"
    assert demo.monitor("port 0x80 0x5a") == "port 0x80: 0x5a was written\n"
    assert demo.monitor("msr 0xc0000103 5") == "msr 0xc0000103: 0x5\n", "TSC_AUX"
    fails(demo, "msr 0x6e1 0x100000000", "a write of 0x100000000 faults")
    demo.monitor("unsafe off")
    fails(demo, "msr 0xc0000103 5", "refused")
    vendor = re.findall(r"0x(\w{8})", demo.monitor("cpuid 0"))
    text = b"".join(int(vendor[i], 16).to_bytes(4, "little") for i in (1, 3, 2))
    assert text.isascii() and len(text.strip()) == 12, text
    assert demo.step()
