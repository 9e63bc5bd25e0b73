"""Bad input on the line: a clear answer, nothing lost, memory as it was, the next client served."""
import random

import pytest
from trapline_pytest.packet import frame

PACKET_MAX = 0x4000
pytestmark = pytest.mark.parametrize("transport", ["com1", "virtio"], scope="module")


def noise(seed, size):
    """Random bytes, none of which can be the end of a packet with a right checksum by accident."""
    return random.Random(seed).randbytes(size).replace(b"#", b"?")


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_64_kib_of_noise(machine, healthy, state):
    client = machine.rsp()
    if state == "running":
        client.resume()
    stream = noise(1, 0x10000)
    for start in range(0, len(stream), 0x1000):
        client.send_raw(stream[start:start + 0x1000])
    client.close()
    healthy()


@pytest.mark.parametrize("checksum", [b"00", b"zz", b"6", b""], ids=["wrong", "no-hex", "half", "none"])
def test_resume_with_bad_checksum_does_not_resume(machine, checksum):
    """'c' has the sum 63. A '$' in the place of a digit is the start of the next packet."""
    client = machine.rsp(session=False)
    client.supported()
    pc = client.pc
    client.send_raw(b"$c#" + checksum)
    if len(checksum) == 2:
        assert client.read_byte() == ord("-")
    assert client.ask("vMustReplyEmpty") == ""
    assert client.pc == pc


def test_bad_checksum_while_running_does_not_stop(machine):
    client = machine.rsp()
    client.resume()
    client.send_raw(b"$g#00")
    assert client.read_byte() == ord("-")
    hot = machine.elf["demo_hot"].address
    assert client.interrupt().signal == 2
    client.insert(hot)
    assert client.go().signal == 5


def test_overlong_packets_are_refused_and_the_session_lives(machine, healthy):
    client = machine.rsp()
    for size in (PACKET_MAX + 1, PACKET_MAX + 1024, 4 * PACKET_MAX):
        reply = client.ask(b"m" + b"0" * (size - 1))
        assert reply == "" or reply.startswith("E")
    assert client.ask("qC").startswith("QC")
    client.close()
    healthy()


@pytest.mark.parametrize("start", [b"$", b"$m", b"$mffff", b"$qSupported:swbreak+#", b"$vCont;c#c",
                                   b"$X0,100:" + bytes(50)])
def test_packet_cut_in_the_middle_then_new_client(machine, healthy, start):
    client = machine.rsp()
    client.send_raw(start)
    client.close()
    healthy()


def test_two_clients_one_after_the_other(machine, healthy):
    hot = machine.elf["demo_hot"].address
    for _ in range(2):
        client = machine.rsp()
        client.insert(hot)
        assert client.go().signal == 5
        client.close()  # the breakpoint is still in
    client = machine.rsp()
    client.detach()
    healthy()


def test_breakpoints_of_a_client_that_vanished_are_forgotten(machine):
    first = machine.rsp()
    first.insert(machine.elf["demo_factorial"].address)
    first.resume()
    first.close()
    second = machine.rsp()
    second.insert(machine.elf["demo_stage_hash"].address)
    for _ in range(3):  # each turn of the demo calls both
        second.go()
        assert second.pc == machine.elf["demo_stage_hash"].address
        second.remove(second.pc)
        second.step()
        second.insert(machine.elf["demo_stage_hash"].address)


@pytest.mark.parametrize("packet", [
    "m", "m,", "mzz,4", "m0", "m0,", "m0,zz", "M0,4", "M0,4:0", "M0,4:zz", "X0", "Xzz,1:a", "p", "pzz",
    "P", "P0", "P0=", "P0=0", "Pzz=00", "G", "G00", "Z0", "Z0,", "Z0,zz,1", "z0", "Hgzz", "Tzz", "T",
    "qCRC:", "qCRC:0", "qCRC:zz,1", "qSearch:memory:", "qSearch:memory:0;0;", "qRcmd,1", "qRcmd,zz",
    "qXfer:features:read:target.xml", "qXfer:features:read:nosuch.xml:0,100", "vCont;", "vCont;x",
    "vCont;c:zz", "s zz", "Czz"])
def test_malformed_packet_gets_an_error(shared_rsp, packet):
    reply = shared_rsp.ask(packet)
    assert reply.startswith("E") and reply != "E", f"{packet}: {reply!r}"


@pytest.mark.parametrize("packet", [
    "mffffffffffffffff,ffffffffffffffff", "m0,ffffffffffffffffffff", "m11111111111111111,1",
    "Mffffffffffffffff,2:0000", "qCRC:ffffffffffffff00,200", "qCRC:0,ffffffffffffffff",
    "qSearch:memory:ffffffffffffff00;200;ab", "Z0,10000000000000000,1", "pffffffff", "pffffffffffffffff"])
def test_overflow_gets_an_error(shared_rsp, packet):
    reply = shared_rsp.ask(packet)
    assert reply.startswith("E"), f"{packet}: {reply!r}"


@pytest.mark.parametrize("packet", [
    "vMustReplyEmpty", "vUnknown", "qUnknown", "QUnknown", "jUnknown", "y", "b", "_U"])
def test_unknown_packet_gets_the_empty_reply(shared_rsp, packet):
    assert shared_rsp.ask(packet) == ""
