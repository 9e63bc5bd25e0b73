"""What lldb's calls are made of, packet by packet: scratch memory, and registers that are put aside.
test_lldb.py has the calls themselves."""
import pytest

pytestmark = pytest.mark.machine(append="gdb=wait")
CODE = bytes.fromhex("b82a000000" "c3")  # mov $42, %eax; ret


@pytest.fixture
def rsp(machine):
    client = machine.rsp()
    client.run_to("demo_add")
    return client


def region(rsp, address):
    pairs = (pair.split(":") for pair in rsp.ask(f"qMemoryRegionInfo:{address:x}").split(";") if pair)
    return dict(pairs)["permissions"]


def test_code_of_a_client_runs_in_scratch_memory_and_leaves_no_trace(machine, healthy, rsp):
    before = rsp.ask("g")
    saved = rsp.ask("QSaveRegisterState")
    code = int(rsp.ask("_M1000,rwx"), 16)
    data = int(rsp.ask("_M10,rw"), 16)
    assert (region(rsp, code), region(rsp, data)) == ("rx", "rw")
    rsp.write(code, CODE)
    stack = rsp.register("rsp") - 0x100
    back = machine.elf["boot_high"].address
    rsp.write(stack, back.to_bytes(8, "little"))
    assert rsp.set_register("rsp", stack) == rsp.set_register("rip", code) == "OK"
    rsp.insert(back)
    rsp.go()
    rsp.remove(back)
    assert (rsp.pc, rsp.register("rax"), rsp.register("rsp")) == (back, 42, stack + 8)
    assert rsp.ask(f"QRestoreRegisterState:{saved}") == "OK"
    assert rsp.ask("g") == before
    assert rsp.ask(f"_m{code:x}") == rsp.ask(f"_m{data:x}") == "OK"
    rsp.detach()
    healthy()


def test_scratch_memory_is_nobody_elses_and_ends(machine, rsp):
    blocks = {}
    while not (reply := rsp.ask("_M20000,rw")).startswith("E"):
        blocks[int(reply, 16)] = 0x20000
    assert "not so much scratch memory" in reply
    assert len(blocks) == 0x120000 // 0x20000
    starts = sorted(blocks)
    assert all(one + 0x20000 <= two for one, two in zip(starts, starts[1:]))
    assert rsp.ask("QSaveRegisterState").startswith("E")
    assert rsp.ask(f"_m{starts[3]:x}") == "OK"
    assert int(rsp.ask("_M1ffff,rw"), 16) == starts[3]
    assert int(rsp.ask("_M10000,rx"), 16) not in blocks
    for size in ("10001,rx", "120001,rw", "ffffffffffffffff,rw", "fffffffffffff001,rwx", "0,rw"):
        assert rsp.ask(f"_M{size}").startswith("E."), size
    for packet in ("_M", "_M,", "_M1000", "_M1000,q", "_M-1,rw", "_m", "_mzz", "QRestoreRegisterState:"):
        assert rsp.ask(packet) == "E01", packet
    for packet in ("_m0", f"_m{starts[0] + 1:x}", "QRestoreRegisterState:1", "QRestoreRegisterState:ffffffffffffffff"):
        assert rsp.ask(packet).startswith("E."), packet
    rsp.detach()
    again = machine.rsp()
    assert int(again.ask("_M120000,rw"), 16) == starts[0], "the memory of a client that is gone is free"


def test_many_small_blocks_find_an_end(rsp):
    replies = [rsp.ask("_M1,rw") for _ in range(40)]
    refused = [reply for reply in replies if reply.startswith("E")]
    assert 0 < len(refused) < 40 and len(set(replies)) == 40 - len(refused) + 1
