"""FS and GS bases: each program's own, the selected thread's in the debugger, whether it runs or sleeps."""
import re
import time

import pytest
from test_spaces import processes, run_until
from trapline_pytest.elf import Elf


@pytest.fixture
def tls(settings):
    return Elf(settings.elf.path.replace("kernel.elf", "user/tls.elf"))


BLOCK, SELF = 264, 256  # tls.c: struct block, and where FS points to


def both_live(machine, rsp, tls):
    """From one system call to the next, until each of the two has turned; their threads."""
    found = []

    def reached():
        found[:] = [thread for _, (_, thread) in sorted(processes(rsp).items())]
        return len(found) == 2 and all(value(rsp, tls, thread, "tls_turns") > 8 for thread in found)
    run_until(machine, rsp, reached)
    return found


def value(rsp, tls, thread, name):
    assert rsp.ask(f"Hg{thread}") == "OK"
    reply = rsp.ask(f"m{tls[name].address:x},8")
    return 0 if reply.startswith("E") else int.from_bytes(bytes.fromhex(reply), "little")


def sleeps(rsp, thread):
    return "sleeping" in bytes.fromhex(rsp.ask(f"qThreadExtraInfo,{thread}")).decode()


@pytest.mark.parametrize("smp", [1, 2])
def test_each_program_has_its_own_and_the_debugger_shows_and_changes_a_sleepers(boot, tls, smp):
    machine = boot(append="init=/tls workload=off", smp=smp).serving()
    rsp = machine.rsp()
    parent, child = both_live(machine, rsp, tls)
    blocks, areas = tls["tls_blocks"].address, tls["tls_areas"].address
    for n, thread in enumerate((parent, child)):
        assert rsp.ask(f"Hg{thread}") == "OK"
        assert rsp.register("fs_base") == blocks + n * BLOCK + SELF
        assert rsp.read_u64(rsp.register("fs_base")) == rsp.register("fs_base")
        assert areas + 8 * n in (rsp.register("gs_base"), rsp.register("k_gs_base"))
    # One that sleeps gets another base, and finds it when it wakes. The two may sleep at the same time, and
    # where a stop takes longer than a tick they would never come to it from one call to the next.
    while not sleeps(rsp, child):
        rsp.resume()
        time.sleep(0.005)  # any moment is to do
        rsp.interrupt()
    assert rsp.ask(f"Hg{child}") == "OK"
    spare = blocks + 2 * BLOCK + SELF
    assert "canonical" in rsp.set_register("fs_base", 1 << 63)
    assert rsp.set_register("fs_base", spare) == "OK"
    assert rsp.register("fs_base") == spare
    turns = value(rsp, tls, child, "tls_turns")
    run_until(machine, rsp, lambda: value(rsp, tls, child, "tls_turns") > turns + 8)
    assert value(rsp, tls, child, "tls_seen") == spare
    assert value(rsp, tls, parent, "tls_seen") == blocks + SELF
    assert not machine.console.find("NOT TRUE")


def test_gdb_sees_the_bases_of_the_program_that_it_stops_in(boot, tls):
    """As its source has them: a thread-local variable is at a fixed distance from FS base."""
    machine = boot(append="init=/tls workload=off gdb=wait", smp=2).serving()
    gdb = machine.gdb()
    gdb.execute("tbreak thread_launch if thread->process != 0", "continue", "monitor process 1",
                f"add-symbol-file {tls.path}", "break tls_turn")
    for _ in range(6):
        gdb.execute("continue", "finish")
        assert gdb.int("$fs_base") == gdb.int("(long)&tls_blocks[0].self")
        assert gdb.int("$gs_base") == gdb.int("(long)&tls_areas[0]")
        both = "((unsigned long *)$fs_base)[-1] + ((unsigned long *)$fs_base)[-2]"  # mine and count
        assert gdb.int(both) == 1 + 42 + gdb.int("turn")
    shown = re.findall(r'"/tls".*\s+\$\d+ = 0x(\w+)', gdb.execute("thread apply all -s p/x $fs_base"))
    assert sorted(int(base, 16) for base in shown) == [gdb.int(f"(long)&tls_blocks[{n}].self") for n in (0, 1)]
