"""The kernel command line: what each value of gdb= does, and that a bad one is named and survived."""
import re
import select

import pytest
from trapline_pytest.packet import frame

RUNNING = r"^demo: "  # the kernel got as far as its work loop


def answers(machine, seconds):
    """True if the stub acknowledges a packet within so many seconds."""
    with machine.connect() as line:
        line.sendall(b"+" + frame(b"vMustReplyEmpty"))
        return bool(select.select([line], [], [], seconds)[0])


def test_off_is_really_off(boot):
    machine = boot(append="gdb=off")
    machine.console.wait_for(RUNNING)
    assert not answers(machine, 1)
    assert machine.process.poll() is None


@pytest.mark.parametrize("append", ["", "gdb=on", "quiet gdb=on nonsense=1"])
def test_on_serves_and_does_not_wait(boot, append):
    machine = boot(append=append)
    machine.console.wait_for(RUNNING)
    assert answers(machine, machine.deadline.left())


def test_wait_waits(boot):
    machine = boot(append="gdb=wait").serving()
    main = machine.elf["kernel_main"]
    assert main.address <= machine.rsp().pc < main.end
    assert not machine.console.find(RUNNING)


@pytest.mark.parametrize("value", ["wait:1s", "wait:0s"])
def test_wait_with_a_limit_goes_on(boot, value):
    machine = boot(append=f"gdb={value}")
    machine.console.wait_for(RUNNING)
    assert machine.rsp().stop.signal == 5  # by the attach


def test_wait_with_a_limit_stops_for_a_client_in_time(boot):
    machine = boot(append="gdb=wait:30s").serving()
    assert machine.gdb().frames()[-1] == "boot_high"
    assert not machine.console.find(RUNNING)


@pytest.mark.parametrize("append", [
    "gdb=maybe", "gdb=", "gdb=wait:soon", "gdb=wait:-1s", "gdb=wait:99999999999999999999s",
    "gdb.port=com9", "gdb.port=0x", "gdb.baud=fast", "gdb.baud=0"])
def test_bad_value_is_named_and_the_default_used(boot, append):
    machine = boot(append=append)
    machine.console.wait_for(RUNNING)
    assert machine.console.find(f"^{re.escape(append)}: .*, using ")
    assert answers(machine, machine.deadline.left())


@pytest.mark.parametrize("append", ["gdb.port=com1", "gdb.port=0x3f8", "gdb.baud=9600"])
def test_port_and_baud_are_taken(boot, append):
    machine = boot(append=append)
    machine.console.wait_for(RUNNING)
    assert not machine.console.find("using")
    assert answers(machine, machine.deadline.left())


def test_port_without_a_uart_is_said_and_the_kernel_runs(boot):
    machine = boot(append="gdb.port=0x2e8")
    machine.console.wait_for(RUNNING)
    assert machine.console.find(r"2e8")
    assert not answers(machine, 1)
