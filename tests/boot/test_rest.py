"""A stopped kernel halts until its client speaks, where the line is sure to wake it, and polls where it is not."""
import contextlib
import re
import time
from pathlib import Path

import pytest

LONG = 2  # seconds of silence: what is asked is how much of a processor they cost
CHEAP = 0.2  # of one: QEMU's own timers take 0.03, and twice that beside ten others; who polls gets 0.22 even there


def processor_time(machine):
    """Seconds that QEMU has had so far."""
    with open(f"/proc/{machine.process.pid}/stat") as stat:
        user, system = stat.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / 100


def wanted_time(machine):
    """And those in which one of its threads could have run, had not others."""
    waited = 0
    for thread in Path(f"/proc/{machine.process.pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):  # threads of QEMU's come and go
            waited += int(thread.read_text().split()[1])
    return processor_time(machine) + waited / 1e9


def cost_of_silence(machine, seconds_of=processor_time):
    started, before = time.monotonic(), seconds_of(machine)
    time.sleep(LONG)
    return (seconds_of(machine) - before) / (time.monotonic() - started)


@pytest.mark.parametrize("machine_options", [
    pytest.param({}, id="one"),
    pytest.param({"append": "gdb=wait"}, id="first-line"),
    pytest.param({"append": "fault=page_null_write gdb=wait"}, id="fault"),
])
@pytest.mark.com1("a virtio console is polled")
def test_silence_costs_no_processor(boot, machine_options):
    machine = boot(**machine_options).serving()
    rsp = machine.rsp()
    if "fault" in machine_options.get("append", ""):
        assert rsp.go("vCont;c").signal == 11
    elif machine_options:
        rsp.insert(machine.elf["demo_hot"].address)
        rsp.go("vCont;c")
    assert cost_of_silence(machine) < CHEAP
    assert rsp.ask("qC").startswith("QC")


@pytest.mark.machine(smp=4, append="workload=full", qmp=True)
def test_processors_that_wait_for_the_others_halt(machine):
    """All four are busy; the one that serves a virtio console polls it."""
    machine.console.wait_for(r"^workload: \d+ threads")
    rsp = machine.rsp()
    for _ in range(3):
        while machine.monitor("info registers -a").count("HLT=1") < 3:
            machine.deadline.left()
        rsp.resume()
        assert rsp.interrupt().signal == 2


@pytest.mark.com1("a virtio console is polled")
def test_who_cannot_be_woken_polls(machine):
    """The interrupt is switched off at the UART, and on again: each time there is an answer."""
    rsp = machine.rsp()
    rsp.monitor("unsafe on")
    for enabled in (0, 1, 0, 1):
        rsp.monitor(f"port 0x3f9.b {enabled}")
        time.sleep(0.2)  # longer than what it looks at the line before it halts
        assert rsp.ask("qC").startswith("QC")
    assert cost_of_silence(machine) < CHEAP


def test_the_task_priority_is_that_of_the_program(machine):
    rsp = machine.rsp()
    time.sleep(0.2)
    assert re.search(r"^cr8 +0x0$", rsp.monitor("cr"), re.M)
    assert re.search(r"task priority 0x00\b", rsp.monitor("apic"))
    assert rsp.go("vCont;s").signal == 5


@pytest.mark.machine(append="gdb.rest=off")
def test_it_polls_if_told_to(machine):
    rsp = machine.rsp()
    assert cost_of_silence(machine, wanted_time) > 0.5
    assert rsp.ask("qC").startswith("QC")
