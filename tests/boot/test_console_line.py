"""One serial line for the kernel's log and its debugger: plain text while nobody waits there, O packets
for a client that does, and the whole log for one that came late."""
import re
import shutil
import socket
import tempfile

import pytest
from trapline_pytest.packet import frame
from trapline_pytest.rsp import Rsp

SERVING = rb"debugger: serving gdb on com1 \(0x3f8\)\r\n"
RUNNING = rb"demo: [^\n]*\r\n"


@pytest.fixture
def wired(boot, deadline):
    """A machine and our end of its COM1, which has seen every byte since power-on."""
    folder = tempfile.mkdtemp(prefix="trapline-")

    def start(**options):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.settimeout(deadline.left())
            listener.bind(f"{folder}/line")
            listener.listen()
            machine = boot(com1=f"to:{folder}/line", **options)
            line = listener.accept()[0]
        line.settimeout(deadline.left())
        return machine, line

    yield start
    shutil.rmtree(folder)


def read_until(line, pattern):
    text = b""
    while not re.search(pattern, text):
        data = line.recv(4096)
        assert data, f"the line was closed after {text!r}"
        text += data
    return text


def attach(machine, line):
    """A client that comes while the kernel may be writing: text ends where the first reply begins."""
    line.sendall(frame(b"vMustReplyEmpty"))
    read_until(line, rb"\+\$#00$")
    rsp = Rsp(line, machine.deadline).open()
    machine.clients.append(rsp)
    return rsp


def test_plain_text_until_a_client_comes(wired):
    machine, line = wired(append="gdb.console=share")
    assert re.search(SERVING, read_until(line, RUNNING))
    assert not machine.console.text()
    rsp = attach(machine, line)
    assert rsp.stop.signal == 5
    assert rsp.step().signal == 5 and rsp.output == ""


def test_packets_while_a_client_waits_and_plain_text_when_it_has_gone(wired):
    machine, line = wired(append="gdb.console=share gdb=wait")
    read_until(line, rb"waiting for a client\r\n")
    rsp = attach(machine, line)
    rsp.insert(machine.elf["apic_init"].address)
    rsp.go()
    assert re.search(r"^memory: \d+ KiB managed", rsp.output, re.M) and "\r" not in rsp.output
    seen = rsp.output
    assert rsp.ask("D;1") == "OK"
    assert b"clock: " in read_until(line, RUNNING)
    rsp = attach(machine, line)
    log = rsp.monitor("dmesg")
    assert log.startswith("Trapline kernel ") and seen in log and "\ndemo: " in log
    assert rsp.monitor("dmesg 2") == "".join(log.splitlines(keepends=True)[-2:])
    assert rsp.monitor("dmesg 100000") == log
    assert "usage" in rsp.monitor("dmesg -1")


def test_gdb_shows_the_log_as_it_comes(boot):
    machine = boot(append="gdb.console=on gdb=wait").serving()
    gdb = machine.gdb()
    gdb.execute("break demo_run")
    output = gdb.execute("continue")
    assert re.search(r"^memory: \d+ KiB managed", gdb.log.read_text() + output, re.M)
    machine.console.wait_for(r"^memory: \d+ KiB managed")


def test_a_panic_is_told_on_the_shared_line(wired):
    machine, line = wired(append="gdb.console=share gdb=wait fault=null_call", panic_expected=True)
    read_until(line, rb"waiting for a client\r\n")
    rsp = attach(machine, line)
    assert rsp.go("vCont;c").signal == 11
    assert rsp.go("vCont;C0b:p1.1").signal == 6
    assert "panic: " in rsp.output


def test_without_another_console_the_line_is_shared(wired):
    """A machine with COM1 and nothing else: no debug console, no second UART."""
    _, line = wired(append="", console="none")
    assert re.search(SERVING, read_until(line, RUNNING))


@pytest.mark.com1("a virtio console is never shared")
def test_a_line_that_is_not_shared_is_quiet(boot):
    machine = boot(append="gdb=wait").serving()
    rsp = machine.rsp()
    rsp.insert(machine.elf["demo_run"].address)
    rsp.go()
    assert rsp.output == ""
