"""What is particular to a line: a virtio console that is there or not, clients that read slowly, and
the rate of a serial one. What all lines have in common is in test_rules.py and test_noise.py."""
import re
import time
from random import Random

import pytest
from trapline_pytest.packet import escape, frame

virtio = pytest.mark.parametrize("transport", ["virtio"])


@pytest.mark.com1("what there is without a virtio console")
@pytest.mark.machine(append="gdb.port=virtio")
def test_without_a_virtio_console_it_is_com1_and_says_so(machine):
    assert machine.console.find(r"^gdb\.port=virtio: no virtio console .* using com1$")
    assert machine.console.find(r"^debugger: serving gdb on com1 \(0x3f8\)$")
    assert machine.rsp().stop.signal == 5


@virtio
def test_gdb_on_a_virtio_console(gdb):
    """A stop, memory by the largest packets there are, Ctrl-C, and a breakpoint."""
    gdb.execute("break demo_hot", "continue")
    assert gdb.frames()[0] == "demo_hot"
    assert "matched" in gdb.execute("compare-sections .rodata")
    gdb.execute("delete")
    gdb.execute("dump binary memory /dev/null demo_scratch demo_scratch+65536")
    assert "no baud rate" in gdb.execute("monitor baud")
    assert re.search(r"timer interrupt +armed", gdb.execute("monitor doors"))


def is_answered(machine):
    """Whether a new client has its reply, behind what nobody has read.

    If the last one goes away while QEMU 7.2 writes to it, QEMU holds the port up and watches nothing that
    would let it go on before the next client has left too (docs/transports.md)."""
    with machine.connect() as line:
        line.settimeout(10)
        line.sendall(b"+" + frame(b"qSupported"))
        heard = b""
        try:
            while b"PacketSize=" not in heard:
                heard = heard[-20:] + line.recv(65536)
        except TimeoutError:
            return False
        return True


@virtio
def test_nothing_is_lost_for_a_client_that_reads_slowly(machine):
    """Replies beyond what the socket holds, asked for without reading one: the kernel waits, and goes on
    where it was. The same for a client that goes away meanwhile."""
    rsp = machine.rsp()
    piece, count = 0x1000, 100
    text = machine.elf.sections[".text"]
    whole = rsp.read(text.address, piece).hex()
    packet = f"m{text.address:x},{piece:x}"
    for _ in range(count):
        rsp.send(packet.encode())
    time.sleep(0.2)  # for the line to fill up; nothing waits for it
    for _ in range(count):
        assert rsp.receive().decode() == whole
    for _ in range(count):
        rsp.send(packet.encode())
    rsp.close()
    assert any(is_answered(machine) for _ in range(2))
    again = machine.rsp()
    assert again.read(text.address, piece).hex() == whole
    assert again.step().signal == 5


@virtio
def test_the_memory_that_the_device_writes_is_protected(rsp, settings):
    memory = settings.elf["virtio_memory"]
    assert rsp.ask(f"M{memory.address:x},1:00").startswith("E")
    assert rsp.read(memory.address, 16)


def test_the_longest_packets(rsp, settings, transport):
    """Bytes of all kinds and runs of them, more than a virtio console takes or gives at a time, each way; a
    packet that is too long by one is refused, and the line goes on."""
    longest, scratch = int(rsp.features["PacketSize"], 16), settings.elf["demo_scratch"].address
    assert longest == {"com1": 0x4000, "virtio": 0x10000}[transport]
    data = Random(7).randbytes(longest // 4) + bytes(longest // 4) + bytes(range(256)) * (longest // 1024)
    packet = b"X%x,%x:" % (scratch, len(data)) + escape(data)
    assert len(packet) < longest and rsp.ask_bytes(packet) == b"OK"
    assert rsp.ask(f"m{scratch:x},{longest:x}") == data[:longest // 2].hex()
    read = rsp.ask_bytes(b"x%x,%x" % (scratch, len(data)))
    assert read == b"b" + data
    plain = bytes(b"abcdefg"[n % 7] for n in range(longest))
    for at in (0, longest // 2):
        rsp.write(scratch + at, plain[at:at + longest // 2])
    read = rsp.ask_bytes(b"x%x,%x" % (scratch, longest))
    assert read == b"b" + plain[:longest - 1]
    rest = b"X%x,%x:" % (scratch, longest)
    rsp.send(rest + b"a" * (longest + 1 - len(rest)))
    assert rsp.receive().startswith(b"E")
    assert rsp.read(scratch, longest) == plain


def rate(rsp):
    return int(re.match(r"(\d+) baud", rsp.monitor("baud"))[1])


@pytest.mark.com1("a virtio console has no rate")
def test_another_rate_is_kept_if_the_client_follows(rsp):
    assert rate(rsp) == 115200
    assert "57600 baud after this reply" in rsp.monitor("baud 57600")
    assert rate(rsp) == 57600  # this packet was the proof
    assert rsp.monitor("baud") == "57600 baud, divisor 2\n"
    assert "it was to be" not in rsp.monitor("baud 9601 1")  # 0.01 % off
    assert rsp.monitor("baud") == "9600 baud, divisor 12\n"


STEADY, AGREED, TRIED = range(3)


def wait_for(machine, state):
    address = machine.elf["baud_state"].address
    while not machine.monitor(f"x /1bx {address:#x}").rstrip().endswith(f"0x{state:02x}"):
        machine.deadline.left()


def latch(machine):
    """What QEMU has in the UART's divisor latch."""
    machine.monitor("o /1b 0x3fb 0x83")
    low, high = (int(machine.monitor(f"i /1b {port:#x}").split("=")[1], 16) for port in (0x3f8, 0x3f9))
    machine.monitor("o /1b 0x3fb 3")
    return high << 8 | low


@pytest.mark.com1("a virtio console has no rate")
@pytest.mark.machine(qmp=True)
def test_another_rate_is_given_up_if_nobody_follows(machine):
    """What is no good packet is no proof of it, and a kernel that runs gives it up as well."""
    rsp = machine.rsp()
    assert latch(machine) == 1
    for noise in (b"", b"\xf8\x80\x00$m\x00#", b"$g#00"):
        rsp.monitor("baud 300 1")
        wait_for(machine, TRIED)
        assert latch(machine) == 384
        rsp.send_raw(noise)
        if noise.endswith(b"#00"):
            assert rsp.read_byte() == ord("-")
        wait_for(machine, STEADY)
        assert latch(machine) == 1
        assert rsp.monitor("baud") == ("115200 baud, divisor 1\n"
                                       "it was to be 300, but no packet came at that rate\n")
    rsp.close()
    rsp = machine.rsp(session=False)  # one that acknowledges: its '+' for the OK comes at the old rate
    rsp.send_raw(b"+")
    rsp.supported()
    since = time.monotonic()
    rsp.send(b"qRcmd," + b"baud 9600 1".hex().encode())
    rsp.receive()
    rsp.acks = False
    assert rsp.receive() == b"OK"
    assert latch(machine) == 1 or time.monotonic() - since > 0.24, "so long it waits for the '+'"
    rsp.send_raw(b"+")
    wait_for(machine, TRIED)
    assert latch(machine) == 12
    wait_for(machine, STEADY)
    assert latch(machine) == 1


@pytest.mark.parametrize("args", ["56000", "128000", "0", "1", "99999999999999999999", "fast", "9600 0", "9600 601",
                                  "9600 1 1", "9600 s"])
@pytest.mark.com1("a virtio console has no rate")
def test_a_rate_that_cannot_be_is_refused(shared_rsp, args):
    said = shared_rsp.monitor(f"baud {args}")
    assert "2 % or more from any 115200/N" in said or said.startswith("usage:"), said
    assert rate(shared_rsp) == 115200
