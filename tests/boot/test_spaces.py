"""Breakpoints, watchpoints and memory of one user program among others at the same addresses."""
import re

import pytest
from trapline_pytest.elf import Elf

ROUNDS = 300


@pytest.fixture
def twin(settings):
    return Elf(settings.elf.path.replace("kernel.elf", "user/twin.elf"))


def processes(rsp):
    """{pid: (name, thread)} of those that have memory."""
    rows = re.findall(r"^[* ] (\d+)  (\S+)  cr3 0x([0-9a-f]+)  thread (\d+)", rsp.monitor("ps"), re.M)
    return {int(pid): (name, int(thread)) for pid, name, cr3, thread in rows if int(cr3, 16)}


def run_until_processes(rsp, count):
    while len(processes(rsp)) < count:
        rsp.resume()
        rsp.interrupt()
    return processes(rsp)


@pytest.mark.parametrize("smp", [1, 2])
def test_breakpoint_in_one_of_two(boot, twin, smp):
    machine = boot(smp=smp, append="init=/twin workload=off").serving()
    rsp = machine.rsp()
    found = run_until_processes(rsp, 2)
    print(found)
    print(rsp.monitor("process 1"))
    call, calls = twin["twin_call"].address, twin["twin_calls"].address
    rsp.insert(call)
    before = rsp.read_u64(calls)
    for n in range(ROUNDS):
        stop = rsp.go()
        assert "swbreak" in stop.values, (n, stop)
        assert rsp.pc == call
        assert stop.values["thread"] == f"p1.{found[1][1]:x}"
    assert rsp.read_u64(calls) - before == ROUNDS - 1, rsp.monitor("bp")
    print(rsp.monitor("bp"), rsp.monitor("ps"))
    rsp.monitor("process 2")
    assert rsp.read_u64(calls) > 0
    assert not machine.console.find("NOT TRUE")
