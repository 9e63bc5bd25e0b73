"""Bits of control registers that the processor does not take are refused in words: QEMU 7.2 would leave
the machine for ever if they were written."""
import pytest
from trapline_pytest.gdb import GdbError

RESERVED = {"cr0": (6, 15, 17, 19, 28, 29, 32, 63), "cr4": (13, 15, 23, 26, 31, 32, 47, 63),
            "efer": (1, 7, 9, 16, 31, 32, 63)}
WORDS = ("reserved, or of a feature", "NW without CD")


@pytest.mark.parametrize("name", RESERVED)
def test_reserved_bits_are_refused_and_nothing_has_changed(shared_rsp, name):
    before = shared_rsp.register(name)
    for bit in RESERVED[name]:
        reply = shared_rsp.set_register(name, before | 1 << bit)
        assert reply.startswith("E.") and any(words in reply for words in WORDS), (bit, reply)
        assert shared_rsp.register(name) == before
    # All registers at once are no way round it.
    row = shared_rsp.registers[name]
    whole = shared_rsp.ask("g")
    at = 2 * row.offset
    value = (before | 1 << 63).to_bytes(row.size, "little").hex()
    assert shared_rsp.ask(f"G{whole[:at]}{value}{whole[at + 2 * row.size:]}").startswith("E")
    assert shared_rsp.register(name) == before
    assert shared_rsp.step().signal == 5


def test_bits_that_the_processor_has_can_be_set_and_taken_back(shared_rsp):
    for name, bit in (("cr0", 18), ("cr4", 2), ("cr4", 11), ("efer", 0)):
        before = shared_rsp.register(name)
        assert shared_rsp.set_register(name, before ^ 1 << bit) == "OK", (name, bit)
        shared_rsp.step()
        assert shared_rsp.register(name) == before ^ 1 << bit
        assert shared_rsp.set_register(name, before) == "OK"
        shared_rsp.step()
        assert shared_rsp.register(name) == before


@pytest.mark.parametrize("register, bit", [("cr4", 13), ("cr4", 23), ("cr0", 33), ("efer", 16)])
def test_gdb_shows_the_sentence(shared_gdb, register, bit):
    before = shared_gdb.int(f"(unsigned long)${register}")
    with pytest.raises(GdbError, match="reserved, or of a feature"):
        shared_gdb.execute(f"set ${register} = (unsigned long)${register} | 1UL << {bit}")
    shared_gdb.execute("maintenance flush register-cache", "stepi")
    assert shared_gdb.int(f"(unsigned long)${register}") == before
