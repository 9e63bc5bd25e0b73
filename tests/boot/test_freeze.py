"""A processor that freezes all others again and again, as the kernel does when an address space goes: what others
are in the middle of goes on behind that."""
import pytest

HERE = "demo_broken"  # nobody calls it


def freezer(rsp):
    """What the second processor does from now on: for ever, debugger_space_gone() of a space that there never was."""
    idle = next(thread for thread in rsp.ask("qfThreadInfo")[1:].split(",")
                if rsp.ask(f"qThreadExtraInfo,{thread}") and
                bytes.fromhex(rsp.ask(f"qThreadExtraInfo,{thread}")).startswith(b"idle/1,"))
    call = rsp.elf["debugger_space_gone"].address
    code = b"\x48\xbf" + (0x123000).to_bytes(8, "little")  # loop: mov $0x123000, %rdi
    code += b"\x48\xb8" + call.to_bytes(8, "little") + b"\xff\xd0"  # mov $call, %rax; call *%rax
    code += b"\xeb" + bytes([0x100 - len(code) - 2])  # jmp loop
    place = rsp.elf[HERE]
    assert place.size >= len(code)
    rsp.write(place.address, code)
    assert rsp.ask(f"Hg{idle}") == "OK"
    rsp.set_register("rip", place.address)
    rsp.set_register("rsp", rsp.register("rsp") & ~15)
    assert rsp.ask(f"Hg{rsp.thread}") == "OK"


@pytest.fixture
def frozen(machine):
    rsp = machine.rsp()
    rsp.run_to("demo_stage_tutorial")
    freezer(rsp)
    rsp.insert(rsp.elf["demo_image_fill"].address)  # else there is nothing to do: it is called at boot only
    return rsp


@pytest.mark.machine(smp=2, append="workload=off", transport="virtio")
def test_traces_and_ranges_end(frozen):
    """Each of them lets interrupts in every 1024 instructions."""
    rsp = frozen
    for _ in range(10):
        rsp.run_to("demo_stage_tutorial")
        rsp.monitor("wt -count")
        stop = rsp.go()
        assert (stop.signal, stop.values["thread"]) == (5, "p1.1")
        rsp.run_to("demo_stage_tutorial")
        behind, text = rsp.read_u64(rsp.register("rsp")), rsp.elf["__debugger_text_end"].address
        rsp.insert(behind)
        stop = rsp.go(f"vCont;r{text:x},{rsp.elf['__text_end'].address:x}:p1.1;c")
        rsp.remove(behind)
        assert (stop.signal, rsp.pc, stop.values["thread"]) == (5, behind, "p1.1")
