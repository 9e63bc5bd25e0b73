"""The transport rules that every client depends on, each over the real line. The host tests have the same
rules byte by byte; here the kernel, its UART and QEMU are in between."""
import time

import pytest
from trapline_pytest.packet import escape, frame

GDB_FIRST = (b"qSupported:multiprocess+;swbreak+;hwbreak+;qRelocInsn+;fork-events+;vfork-events+;"
             b"exec-events+;vContSupported+;QThreadEvents+;no-resumed+;memory-tagging+;"
             b"xmlRegisters=i386")
LLDB_FIRST = b"QStartNoAckMode"
REPEATED_AFTER = 2  # seconds, by gdb
pytestmark = pytest.mark.parametrize("transport", ["com1", "virtio"], scope="module")


def in_time(act, again=lambda: None):
    """Does it take less than 2 s? A computer that stands still for a while does not do so three times in a row."""
    for _ in range(3):
        started = time.monotonic()
        act()
        if time.monotonic() - started < REPEATED_AFTER:
            return True
        again()
    return False


@pytest.mark.parametrize("first", [GDB_FIRST, LLDB_FIRST], ids=["gdb", "lldb"])
def test_first_packet_breaks_into_running_kernel_and_is_answered_within_2_s(machine, first):
    def attach():
        client = machine.rsp(session=False)
        client.send_raw(b"+" + frame(first))
        assert client.read_byte() == ord("+")
        assert client.receive()
        client.close()

    assert in_time(attach, lambda: machine.rsp().detach())


def test_repeated_first_packet_is_answered_again(machine):
    client = machine.rsp(session=False)
    client.send_raw(b"+" + frame(GDB_FIRST) + b"+" + frame(GDB_FIRST))
    replies = []
    for _ in range(2):
        assert client.read_byte() == ord("+")
        replies.append(client.receive())
    assert replies[0] == replies[1] != b""


def test_every_attach_packet_is_answered_within_2_s(rsp):
    for packet in ("vMustReplyEmpty", "Hgp0.0", "qTStatus", "?", "qfThreadInfo", "qsThreadInfo",
                   "qAttached:1", "Hc-1", "qOffsets", "g", "qSymbol::", "vCont?",
                   "qXfer:features:read:target.xml:0,1000"):
        assert in_time(lambda: rsp.ask(packet)), packet


def test_new_client_after_stale_no_ack_is_acknowledged(machine):
    machine.rsp().close()
    client = machine.rsp(session=False)
    client.send_raw(b"+" + frame(GDB_FIRST))
    assert client.read_byte() == ord("+")
    assert b"PacketSize=" in client.receive()
    client.open()
    assert client.stop.kind == "T"


@pytest.mark.machine(append="gdb=wait")
def test_no_stop_reply_before_a_client_asked(machine):
    """The kernel stopped long before: the first packet on the line is still the answer asked for."""
    client = machine.rsp(session=False)
    client.send_raw(b"+" + frame(b"vMustReplyEmpty"))
    assert client.read_byte() == ord("+")
    assert client.receive() == b""
    assert client.ask("?").startswith("T")


def test_interrupt_is_answered_once_with_signal_2(rsp):
    rsp.resume()
    assert rsp.interrupt().signal == 2
    assert rsp.ask("vMustReplyEmpty") == ""


def test_two_interrupts_in_a_row_make_one_stop(rsp):
    rsp.resume()
    rsp.send_raw(b"\x03\x03")
    assert rsp.wait_stop().signal == 2
    assert rsp.ask("vMustReplyEmpty") == ""


def test_spare_interrupt_while_stopped_is_dropped(rsp, settings):
    rsp.send_raw(b"\x03\x03\x03")
    assert rsp.ask("vMustReplyEmpty") == ""
    rsp.insert(settings.elf["demo_hot"].address)
    assert rsp.go().signal == 5


def test_interrupt_right_behind_a_resume_is_not_lost(rsp):
    for _ in range(50):
        rsp.send_raw(frame(b"vCont;c") + b"\x03")
        assert rsp.wait_stop().signal == 2


def test_interrupt_byte_inside_packet_data_is_data(machine):
    scratch = machine.elf["demo_scratch"].address
    rsp = machine.rsp()
    rsp.write(scratch, b"\x03" * 64)
    assert rsp.read(scratch, 64) == b"\x03" * 64
    rsp.resume()
    assert rsp.ask_bytes(b"X%x,4:\x03\x03\x03\x03" % scratch) == b"OK"
    assert rsp.ask("?").startswith("T05")  # the packet broke in, not its data


def test_client_that_vanished_leaves_a_kernel_that_answers(machine):
    first = machine.rsp()
    pc = first.pc
    first.close()
    second = machine.rsp()
    assert second.pc == pc  # it stayed frozen in between
    second.resume()
    second.close()
    assert machine.rsp().stop.signal == 5  # stopped by the attach


def test_reply_is_sent_again_as_often_as_it_is_refused(machine):
    client = machine.rsp(session=False)
    client.send_raw(b"+" + frame(b"qC"))
    assert client.read_byte() == ord("+")
    client.acks = False  # read the frames without acknowledging them
    first = client.receive()
    for _ in range(3):
        client.send_raw(b"-")
        assert client.receive() == first
    client.send_raw(b"+" + frame(b"vMustReplyEmpty"))
    assert client.receive() == b""


def test_second_qsupported_resets_nothing(rsp):
    rsp.supported()
    rsp.send_raw(frame(b"vMustReplyEmpty"))
    assert rsp.read_byte() == ord("$")  # no "+": no-ack mode holds


GDBS = ("vMustReplyEmpty", "!", "Hgp0.0", "qTStatus", "?", "qXfer:threads:read::0,1000", "qAttached:1", "Hc-1", "qOffsets", "g",
        "vFile:setfs:0", "x0,0")
LLDBS = ("QThreadSuffixSupported", "QListThreadsInStopReply", "qHostInfo", "QEnableErrorStrings", "qProcessInfo", "?",
         "jThreadsInfo", "qMemoryRegionInfo:0", "qXfer:libraries-svr4:read::0,1000", "p0;thread:0001;", "_M1000,rwx", "x0,0")


@pytest.mark.parametrize("first", ["lldb", "gdb"])
def test_client_that_mixes_both_dialects(machine, healthy, first):
    """Each packet has one reply, breakpoints hit however it goes on, and the next client finds all as it should be."""
    client = machine.rsp(session=False)
    for begin in (client.no_ack, client.supported) if first == "lldb" else (client.supported, client.no_ack):
        begin()
    for pair in zip(GDBS, LLDBS):
        for packet in pair:
            client.ask(packet)
    assert client.ask("vMustReplyEmpty") == "", "not one reply too many"
    hot = machine.elf["demo_hot"].address
    client.insert(hot)
    for resume in ("vCont;c:p1.-1", "c", "vCont;c", "C05", "vCont;s:1;c", "vCont;c:0001"):
        client.go(resume)
        assert client.pc == hot or "s:1" in resume and hot < client.pc < hot + 16, resume
    client.remove(hot)
    assert client.ask("vKill;1") == "OK"
    client.close()
    healthy()
    assert machine.gdb().int("demo_sample.negative") == -320000


def test_all_byte_values_survive_both_ways(machine):
    rsp = machine.rsp()
    scratch = machine.elf["demo_scratch"].address
    data = bytes(range(256)) * 4
    rsp.write(scratch, data)
    assert rsp.read(scratch, len(data)) == data


def test_packet_of_the_announced_size_is_taken(machine):
    rsp = machine.rsp()
    scratch = machine.elf["demo_scratch"].address
    size = int(rsp.features["PacketSize"], 16)
    assert size >= 0x4000
    header = b"M%x,%x:" % (scratch, (size - 32) // 2)
    data = bytes(range(1, 251)) * (size // 2)
    packet = header + data[:(size - 32) // 2].hex().encode()
    assert rsp.ask_bytes(packet) == b"OK"
    assert rsp.read(scratch, (size - 32) // 2) == data[:(size - 32) // 2]


@pytest.mark.parametrize("piece", [0x40, 0xffb, 0x1000, 0x3fff])
def test_target_xml_is_the_same_in_pieces_of_any_size(shared_rsp, piece):
    rsp = shared_rsp
    whole = rsp.transfer("features", "target.xml", 0x2000)
    assert rsp.transfer("features", "target.xml", piece) == whole
    assert whole.rstrip().endswith("</target>")


@pytest.mark.parametrize("address", [0, 0x1000_0000_0000, 0x8000_0000_0000, 0xffff_7fff_ffff_ffff,
                                     0x100_0000_0000, 0xffff_ffff_ffff_fff8],
                         ids=["null", "16-TiB", "hole", "hole-end", "1-TiB", "top"])
def test_read_of_forbidden_address_is_E14(shared_rsp, address):
    assert shared_rsp.ask(f"m{address:x},8") == "E14"
    assert shared_rsp.ask(f"M{address:x},8:{'00' * 8}") == "E14"


def test_read_over_the_end_of_a_mapping_is_short(machine):
    rsp = machine.rsp()
    edge = machine.elf["__stacks_start"].address  # the guard page of the first stack
    assert len(rsp.ask(f"m{edge - 8:x},10")) == 16
    assert rsp.ask(f"m{edge:x},8") == "E14"


def test_inserted_breakpoint_is_hidden_and_stays_under_a_write(machine):
    rsp = machine.rsp()
    hot = machine.elf["demo_hot"].address
    code, crc = rsp.read(hot, 8), rsp.crc(hot, 8)
    rsp.insert(hot)
    rsp.insert(hot)  # again replaces
    assert rsp.read(hot, 8) == code
    assert rsp.crc(hot, 8) == crc
    assert rsp.ask_bytes(b"qSearch:memory:%x;8;%s" % (hot, escape(code))) == b"1,%x" % hot
    rsp.write(hot, code)
    assert rsp.go().signal == 5 and rsp.pc == hot
    rsp.remove(hot)
    assert rsp.read(hot, 8) == code
    rsp.detach()


def test_tcp_replies_do_not_wait_for_delayed_acks(boot, transport, tcp_port):
    """44 ms each without nodelay, but for the first, and never less, however busy the computer is."""
    rsp = boot(**{transport: f"tcp:{tcp_port}"}).serving().rsp()
    times = []
    for _ in range(60):
        started = time.monotonic()
        rsp.ask("qC")
        times.append(time.monotonic() - started)
    assert min(times[30:]) < 0.02
