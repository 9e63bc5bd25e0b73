"""gdbmux: one serial line for a console and a debugger. No kernel here: the machine is a socket."""
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from clients.programs import program
from hypothesis import given
from hypothesis import strategies as st
from trapline_pytest.lldb import LldbError

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
from rsp_frames import ClientScanner, StubScanner, escape, expand, frame  # noqa: E402
from rsp_mux import Mux  # noqa: E402

STOP = frame(b"T05thread:p1.1;swbreak:;")
HELLO = frame(b"O" + b"hello\n".hex().encode())


class Ends:
    """A Mux with a list at each of its ends."""

    def __init__(self, **options):
        self.console, self.client, self.line, self.notes = (bytearray() for _ in range(4))
        self.mux = Mux(self.console.extend, self.client.extend, self.line.extend,
                       lambda text: self.notes.extend(text.encode()), **options)

    def says(self, *pieces):
        """The machine sends these, and then nothing for a while."""
        for piece in pieces:
            self.mux.from_line(piece)
        self.mux.idle()
        return self

    def asks(self, *pieces):
        for piece in pieces:
            self.mux.from_client(piece)
        return self

    def attached(self, no_ack=False):
        self.mux.attach()
        if no_ack:
            self.asks(b"+", frame(b"QStartNoAckMode")).says(b"+" + frame(b"OK")).asks(b"+")
            self.client.clear()
            self.line.clear()
        return self


def chunks(data, sizes):
    """data in pieces of the given sizes, again and again."""
    at = 0
    while at < len(data):
        size = sizes[at % len(sizes)]
        yield data[at:at + size]
        at += size


SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=7)


# No debugger

@given(st.binary(max_size=300).filter(lambda text: b"$" not in text), SIZES)
def test_text_reaches_the_console_unchanged(text, sizes):
    assert Ends().says(*chunks(text, sizes)).console == text


@pytest.mark.parametrize("text", [
    b"costs $5, item #12\n", b"$", b"$O", b"$Offline\n", b"$O48#00", b"$T05 is text#zz\n",
    b"a+b-c\x03\n", b"$$$#aa$", b"$O48656c6c6f", b"$W00#00", b"\xff\xfe $T0\n", b"$OK#9a",
])
def test_text_that_looks_like_a_packet_is_text(text):
    assert Ends().says(text).console == text
    assert Ends().says(*chunks(text, [1])).console == text


def test_text_with_a_dollar_does_not_wait():
    """Only what may still become a packet is held back."""
    ends = Ends()
    ends.mux.from_line(b"costs $5\n")
    assert ends.console == b"costs $5\n"
    ends.mux.from_line(b"$O4")
    assert ends.console == b"costs $5\n"


def test_output_packet_without_a_debugger_is_decoded():
    ends = Ends().says(b"before\n" + HELLO + b"after\n")
    assert ends.console == b"before\nhello\nafter\n"


def test_nothing_is_sent_to_a_machine_that_no_debugger_has_talked_to():
    assert Ends().says(HELLO, STOP).line == b""


def test_stop_without_a_debugger_is_noted():
    ends = Ends().says(b"log\n" + STOP)
    assert ends.console == b"log\n" and b"no debugger is attached" in ends.notes


def test_typing_reaches_the_machine_only_without_a_debugger():
    ends = Ends()
    ends.mux.from_console(b"help\n")
    ends.attached().mux.from_console(b"lost\n")
    assert ends.line == b"help\n"


# A debugger

def test_replies_reach_the_debugger():
    ends = Ends().attached().asks(b"+" + frame(b"?")).says(b"+" + STOP)
    assert ends.line == b"+" + frame(b"?")
    assert (ends.client, ends.console) == (b"+" + STOP, b"")


def test_what_keeps_the_debugger_waiting_reaches_it():
    """A '+' every half second while the stub works: gdb gives the reply up else."""
    ends = Ends().attached(no_ack=True).asks(frame(b"qSearch:memory:0;40000000;x")).says(b"tick\n", b"+", b"+", b"+")
    assert (ends.client, ends.console) == (b"+++", b"tick\n")
    ends.says(b"+" + frame(b"0"), b"a+b\n+")
    assert (ends.client, ends.console) == (b"++++" + frame(b"0"), b"tick\na+b\n+")


@given(st.binary(min_size=1, max_size=200), SIZES)
def test_binary_reply_reaches_the_debugger_whole(data, sizes):
    reply = frame(escape(data))
    ends = Ends().attached(no_ack=True).asks(frame(b"x0,40")).says(*chunks(reply, sizes))
    assert (ends.client, ends.console) == (reply, b"")


PIECES = st.sampled_from([b"text\n", b"1 + 1 - 0\n", b"\xc3\xa4 $ # \n", HELLO])


@given(st.lists(PIECES, max_size=8), SIZES)
def test_log_of_a_running_machine_reaches_the_console(pieces, sizes):
    ends = Ends().attached(no_ack=True).asks(frame(b"vCont;c:p1.-1"))
    ends.says(*chunks(b"".join(pieces) + STOP, sizes))
    assert ends.client == STOP
    assert ends.console == b"".join(b"hello\n" if piece == HELLO else piece for piece in pieces)


@pytest.mark.parametrize("at", range(1, len(STOP)))
def test_pause_within_a_stop_reply_does_not_make_it_text(at):
    ends = Ends().attached(no_ack=True).asks(frame(b"vCont;c:p1.-1")).says(STOP[:at]).says(STOP[at:])
    assert (ends.client, ends.console) == (STOP, b"")


def test_text_that_begins_as_a_packet_is_shown_when_it_goes_on_or_the_debugger_goes():
    ends = Ends().attached(no_ack=True).asks(frame(b"c")).says(b"$T05").says(b" is text\n").says(b"$T0")
    assert ends.console == b"$T05 is text\n"
    ends.mux.detach()
    assert ends.says().console == b"$T05 is text\n$T0" and ends.client == b""


def test_text_before_the_first_acknowledgement_reaches_the_console():
    ends = Ends().attached().asks(b"+" + frame(b"qSupported"))
    ends.says(b"tick 1+2\n+" + frame(b"PacketSize=400"))
    assert (ends.console, ends.client) == (b"tick 1+2\n", b"+" + frame(b"PacketSize=400"))


def test_text_with_a_dollar_before_a_reply():
    ends = Ends().attached(no_ack=True).asks(frame(b"m0,2")).says(b"costs $5 " + frame(b"0000"))
    assert (ends.console, ends.client) == (b"costs $5 ", frame(b"0000"))


def test_acknowledgement_in_the_middle_of_a_line_of_text():
    ends = Ends().attached().asks(frame(b"?")).says(b"half a line+" + STOP)
    assert (ends.console, ends.client) == (b"half a line", b"+" + STOP)


def test_output_packet_is_acknowledged_for_the_debugger():
    ends = Ends().attached().asks(frame(b"c")).says(b"+" + HELLO)
    assert (ends.console, ends.client, ends.line) == (b"hello\n", b"+", frame(b"c") + b"+")


def test_output_packet_is_not_acknowledged_in_no_ack_mode():
    ends = Ends().attached(no_ack=True).asks(frame(b"c")).says(HELLO)
    assert (ends.console, ends.line) == (b"hello\n", frame(b"c"))


def test_acknowledgement_waits_for_the_end_of_a_packet():
    ends = Ends().attached().asks(frame(b"c")).says(b"+")
    begun, rest = frame(b"D;1")[:3], frame(b"D;1")[3:]
    ends.asks(begun).says(HELLO).asks(rest)
    assert ends.line == frame(b"c") + b"+" + frame(b"D;1")


def test_output_packet_may_go_to_both():
    ends = Ends(output_to_client=True).attached().asks(frame(b"c")).says(b"+" + HELLO)
    assert (ends.console, ends.client, ends.line) == (b"hello\n", b"+" + HELLO, frame(b"c"))


def test_output_of_a_monitor_command_is_the_debuggers():
    ends = Ends().attached(no_ack=True).asks(frame(b"qRcmd,68656c70")).says(HELLO + frame(b"OK"))
    assert (ends.client, ends.console) == (HELLO + frame(b"OK"), b"")
    ends.asks(frame(b"vCont;c")).says(HELLO)
    assert ends.console == b"hello\n"


def test_ok_is_not_output():
    ends = Ends().attached(no_ack=True).asks(frame(b"Z0,1000,1")).says(frame(b"OK"))
    assert (ends.client, ends.console) == (frame(b"OK"), b"")


def test_damaged_reply_reaches_the_debugger_and_so_does_the_next():
    damaged = b"$00g0#" + frame(b"0000")[-2:]
    ends = Ends().attached().asks(frame(b"m0,2")).says(b"+" + damaged)
    ends.asks(b"-").says(frame(b"0000"))
    assert ends.client == b"+" + damaged + frame(b"0000")
    assert ends.line == frame(b"m0,2") + b"-"


def test_damaged_output_packet_is_the_debuggers_to_refuse():
    ends = Ends().attached().asks(frame(b"m0,2")).says(b"+$O4141#00")
    assert (ends.client, ends.console) == (b"+$O4141#00", b"")


def test_refused_packet_is_sent_again():
    ends = Ends().attached().asks(frame(b"g")).says(b"-")
    ends.asks(frame(b"g")).says(b"+" + frame(b"0011"))
    assert ends.client == b"-+" + frame(b"0011")


def test_interrupt_goes_out_at_once_and_only_between_packets():
    ends = Ends().attached(no_ack=True).asks(frame(b"c"), b"\x03\x03")
    assert ends.line == frame(b"c") + b"\x03\x03"
    ends.asks(frame(b"X0,1:\x03")[:-2])
    assert ends.line.count(b"\x03") == 2


def test_vanished_debugger_leaves_no_half_packet_and_the_console_works():
    ends = Ends().attached(no_ack=True).asks(frame(b"m0,4"), b"$vCon")
    ends.mux.detach()
    ends.says(b"still here\n")
    assert ends.line == frame(b"m0,4")
    assert ends.console == b"still here\n" and b"stopped" in ends.notes


@pytest.mark.parametrize("last", [b"vCont;c:p1.-1", b"D;1", b"vKill;1"])
def test_debugger_that_let_the_machine_run_is_not_blamed(last):
    ends = Ends().attached(no_ack=True).asks(frame(last)).says(frame(b"OK"))
    ends.mux.detach()
    assert not ends.notes


def test_output_after_no_ack_mode_is_not_acknowledged_when_the_debugger_is_gone():
    ends = Ends().attached(no_ack=True).asks(frame(b"c"))
    ends.mux.detach()
    ends.line.clear()
    assert ends.says(HELLO).console == b"hello\n" and ends.line == b""


def test_output_in_acknowledgement_mode_is_acknowledged_when_the_debugger_is_gone():
    ends = Ends(output_to_client=True).attached().asks(frame(b"c")).says(b"+")
    ends.mux.detach()
    ends.line.clear()
    assert ends.says(HELLO).console == b"hello\n" and ends.line == b"+" and not ends.notes


def test_reply_that_a_vanished_debugger_was_owed_leaves_the_console_alone():
    ends = Ends().attached(no_ack=True).asks(frame(b"m0,2"))
    ends.mux.detach()
    assert ends.says(b"$5 for item #12\n").console == b"$5 for item #12\n"


def test_new_debugger_begins_in_acknowledgement_mode():
    ends = Ends().attached(no_ack=True)
    ends.mux.detach()
    ends.attached().asks(b"+" + frame(b"qSupported")).says(b"+" + frame(b"PacketSize=400"))
    assert ends.client == b"+" + frame(b"PacketSize=400")


# Frames

@given(st.binary(max_size=100))
def test_expand_undoes_escape(data):
    assert expand(escape(data)) == data
    assert not set(escape(data)) & set(b"$#*")


def test_run_lengths():
    assert expand(b"0* ") == b"0000"
    assert expand(b"x*\"y}\x03") == b"xxxxxxy#"
    assert expand(b"}]*\x20") == b"}]]]", "what is repeated is the byte on the line"
    assert expand(b"0* * ") == b"0000000"
    assert expand(b"}") == b"\x20" and expand(b"*") == b""


@given(st.binary(max_size=200), SIZES)
def test_no_byte_is_lost(data, sizes):
    for scanner in (ClientScanner(), StubScanner()):
        tokens = [token for chunk in chunks(data, sizes) for token in scanner.feed(chunk)]
        assert b"".join(token.raw for token in tokens) + scanner.held == data


# The program

class Program:
    """gdbmux as a process. The machine's end of the line is self.machine."""

    def __init__(self, folder, deadline, *arguments, line=None):
        self.folder, self.deadline = Path(folder), deadline
        server = None if line else self._serve_line()
        line = line or f"unix:{self.folder / 'line'}"
        command = [SCRIPTS / "gdbmux", line, "--gdb", f"unix:{self.folder / 'gdb'}", *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        if server:
            with server:
                self.machine = server.accept()[0]
            self.machine.settimeout(deadline.left())

    def _serve_line(self):
        server = socket.socket(socket.AF_UNIX)
        server.settimeout(self.deadline.left())
        server.bind(str(self.folder / "line"))
        server.listen()
        return server

    def notes_until(self, text):
        """Lines of standard error up to the one with text."""
        for line in self.process.stderr:
            if text in line.decode():
                return line.decode()
        pytest.fail(f"gdbmux ended before it said {text!r}")

    def serving(self):
        self.notes_until("is shared")
        return self

    def debugger(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(self.deadline.left())
        client.connect(str(self.folder / "gdb"))
        return client

    def end(self):
        self.process.terminate()
        return self.process.wait(self.deadline.left())

    def close(self):
        """Whatever the test did, gdbmux ends when told and has raised nothing."""
        self.process.terminate()
        _, notes = self.process.communicate(timeout=60)
        assert b"Traceback" not in notes


def receive(line, size):
    """Exactly size bytes of a socket."""
    data = b""
    while len(data) < size:
        piece = line.recv(size - len(data))
        assert piece, f"the line was closed after {data!r}"
        data += piece
    return data


def expect(line, data):
    assert receive(line, len(data)) == data


@pytest.fixture
def start(deadline):
    programs = []
    with tempfile.TemporaryDirectory(prefix="gdbmux-") as folder:

        def start(*arguments, **options):
            programs.append(Program(folder, deadline, *arguments, **options))
            return programs[-1].serving()

        start.folder = Path(folder)
        yield start
        for program in programs:
            program.close()


def converse(program):
    """A short session, as gdb would have it; returns the debugger's end."""
    machine, client = program.machine, program.debugger()
    client.sendall(b"+" + frame(b"qSupported:swbreak+"))
    expect(machine, b"+" + frame(b"qSupported:swbreak+"))
    machine.sendall(b"+" + frame(b"PacketSize=4000;QStartNoAckMode+"))
    expect(client, b"+" + frame(b"PacketSize=4000;QStartNoAckMode+"))
    client.sendall(b"+" + frame(b"QStartNoAckMode"))
    expect(machine, b"+" + frame(b"QStartNoAckMode"))
    machine.sendall(b"+" + frame(b"OK"))
    expect(client, b"+" + frame(b"OK"))
    client.sendall(b"+" + frame(b"vCont;c"))
    expect(machine, b"+" + frame(b"vCont;c"))
    machine.sendall(HELLO + STOP)
    expect(client, STOP)
    return client


def lines_of_console(program, count):
    return b"".join(program.process.stdout.readline() for _ in range(count))


def test_program_shares_a_line(start):
    program = start()
    program.machine.sendall(b"booting\n")
    assert lines_of_console(program, 1) == b"booting\n"
    converse(program).close()
    program.machine.sendall(b"alone\n")
    assert lines_of_console(program, 2) == b"hello\nalone\n"


def test_program_ends_with_its_line(start):
    program = start()
    program.machine.close()
    assert program.process.wait(program.deadline.left()) == 0
    assert not (start.folder / "gdb").exists()


def test_program_ends_when_told_and_cleans_up(start):
    program = start("--console", f"unix:{start.folder / 'console'}")
    assert program.end() == 0
    assert not (start.folder / "gdb").exists() and not (start.folder / "console").exists()


def test_second_debugger_is_turned_away_and_the_first_works_on(start):
    program = start()
    client = converse(program)
    assert program.debugger().recv(1) == b""
    assert "turned away" in program.notes_until("second debugger")
    client.sendall(frame(b"g"))
    expect(program.machine, frame(b"g"))


def test_debugger_may_come_back_at_once(start):
    program = start()
    for _ in range(20):
        converse(program).close()


def test_much_text_and_long_replies(start):
    """More than any socket buffers: nothing is lost or out of order."""
    program = start()
    client = converse(program)
    reply = frame(bytes(ord("0") + number % 10 for number in range(16000)))
    for number in range(20):
        client.sendall(frame(b"m0,%x" % (8000 + number)))
        expect(program.machine, frame(b"m0,%x" % (8000 + number)))
        program.machine.sendall(reply)
        expect(client, reply)
    client.close()
    log = b"".join(b"line %d\n" % number for number in range(20000))
    sender = threading.Thread(target=program.machine.sendall, args=(log,))
    sender.start()
    assert lines_of_console(program, 20001) == b"hello\n" + log
    sender.join()


def test_program_on_tcp_and_tty(start, deadline):
    """The line is a tty, the debugger comes over TCP."""
    master, slave = os.openpty()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = start("--gdb", f"tcp:{port}", line=os.ttyname(slave) + ",9600")
    os.write(master, b"\r\nbooting\x04\n")
    assert lines_of_console(program, 2) == b"\r\nbooting\x04\n"
    client = socket.create_connection(("127.0.0.1", port), deadline.left())
    client.sendall(frame(b"?"))
    assert os.read(master, 100) == frame(b"?")
    os.write(master, b"+" + STOP)
    expect(client, b"+" + STOP)
    client.close()
    os.close(master)
    os.close(slave)


def test_console_on_a_pty(start):
    program = start("--console", f"pty:{start.folder / 'console'}")
    console = os.open(start.folder / "console", os.O_RDWR | os.O_NOCTTY)
    program.machine.sendall(b"login: ")
    assert os.read(console, 100) == b"login: "
    os.write(console, b"root\n")
    expect(program.machine, b"root\n")
    os.close(console)
    program.machine.sendall(b"nobody reads this\n")
    converse(program)


def test_console_on_a_pty_that_nobody_reads(start):
    """The machine is not held up, and of a long log the end is kept."""
    program = start("--console", f"pty:{start.folder / 'console'}")
    log = b"".join(b"line %06d\n" % number for number in range(100000))
    program.machine.sendall(log)
    converse(program)
    console = os.open(start.folder / "console", os.O_RDWR | os.O_NOCTTY)
    kept = b""
    while not kept.endswith(b"hello\n"):
        kept += os.read(console, 65536)
    os.close(console)
    assert len(kept) < len(log) / 2 and kept.endswith(log[-1000:] + b"hello\n")


def test_console_on_a_socket_begins_with_what_was_missed(start, deadline):
    program = start("--console", f"unix:{start.folder / 'console'}")
    program.machine.sendall(b"early\n")
    converse(program).close()
    for text in (b"early\nhello\n", b"later\n"):
        with socket.socket(socket.AF_UNIX) as console:
            console.settimeout(deadline.left())
            console.connect(str(start.folder / "console"))
            expect(console, text)
            console.sendall(b"typed\n")
            expect(program.machine, b"typed\n")
        program.machine.sendall(b"later\n")


@pytest.mark.parametrize("line, reason", [
    ("unix:/nowhere", "No such file"), ("tcp:0", "not a port"), ("tcp:127.0.0.1:nan", "not a port"),
    ("/dev/null", "Inappropriate ioctl"), ("/dev/null,12", "baud rate 12"),
])
def test_line_that_cannot_be_opened(line, reason):
    result = subprocess.run([SCRIPTS / "gdbmux", line], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("gdbmux: ") and reason in result.stderr
    assert result.stderr.count("\n") == 1


def test_port_of_debuggers_in_use():
    master, slave = os.openpty()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [SCRIPTS / "gdbmux", os.ttyname(slave), "--gdb", str(taken.getsockname()[1])]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "address already in use" in result.stderr and result.stderr.count("\n") == 1
    os.close(master)
    os.close(slave)


# Records

def recorded_session(start):
    folder = start.folder
    program = start("--transcript", folder / "transcript", "--pcap", folder / "pcap")
    program.machine.sendall(b"booting\n")
    converse(program).close()
    converse(program).sendall(b"\x03")
    expect(program.machine, b"\x03")
    assert program.end() == 0
    return folder


def test_transcript(start):
    lines = (recorded_session(start) / "transcript").read_text().splitlines()
    times = [float(line.split()[0]) for line in lines]
    assert times == sorted(times) and times[-1] < 60
    session = [
        "-- debugger attached",
        "-> qSupported:swbreak+                       features: swbreak+",
        "<- PacketSize=4000;QStartNoAckMode+          features: PacketSize=4000 QStartNoAckMode+",
        "-> QStartNoAckMode                           no acknowledgements from now on",
        "<- OK                                        done",
        "-> vCont;c                                   continue",
        '<- O68656c6c6f0a                             console "hello\\n"',
        "<- T05thread:p1.1;swbreak:;                  stopped by SIGTRAP, thread 1.1, swbreak",
    ]
    interrupt = "-> ^C                                        stop, please"
    assert [line[10:] for line in lines] == [
        *session, "-- debugger gone", *session, interrupt, "-- debugger gone"]


def tshark(capture, *arguments):
    command = ["tshark", "-r", capture, "-d", "tcp.port==1234,gdb", "-o", "ip.check_checksum:TRUE",
               "-o", "tcp.check_checksum:TRUE", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return result.stdout.splitlines()


# A packet that is malformed, out of order or wrong in its sums.
TROUBLE = "_ws.malformed || tcp.analysis.flags || ip.checksum.status == 0 || tcp.checksum.status == 0"


def test_capture_opens_in_tshark(start):
    capture = recorded_session(start) / "pcap"
    payloads = [bytes.fromhex(line) for line in tshark(capture, "-Y", "gdb.payload", "-T", "fields",
                                                       "-e", "gdb.payload")]
    once = [b"qSupported:swbreak+", b"PacketSize=4000;QStartNoAckMode+", b"QStartNoAckMode", b"OK",
            b"vCont;c", b"O68656c6c6f0a", b"T05thread:p1.1;swbreak:;"]
    assert payloads == once * 2
    assert tshark(capture, "-Y", TROUBLE) == []
    streams = tshark(capture, "-Y", "tcp.flags.syn == 1 && tcp.flags.ack == 0", "-T", "fields",
                     "-e", "tcp.stream")
    assert streams == ["0", "1"]


# The real kernel, its stub, and gdb

def test_gdb_through_gdbmux(start, machine):
    """gdb sees the same kernel through gdbmux; the transcript tells what it did, and tshark reads every packet."""
    capture = start.folder / "pcap"
    program = start("--transcript", start.folder / "transcript", "--pcap", capture, line=machine.options["com1"])
    gdb = machine.gdb(attach=False)
    gdb.execute(f"target remote {start.folder / 'gdb'}")
    gdb.execute("break demo_hot")
    assert "demo_hot" in gdb.execute("continue")
    assert "demo_hot" in gdb.execute("backtrace 1")
    gdb.execute("delete")
    gdb.execute("detach")
    assert program.end() == 0
    transcript = (start.folder / "transcript").read_text()
    address = machine.elf["demo_hot"].address
    assert f"insert breakpoint at {address:x}"[:30] in transcript
    assert f"rip={address:x}" in transcript and "detach" in transcript
    packets = [bytes.fromhex(line) for line in tshark(capture, "-Y", "gdb.payload", "-T", "fields", "-e", "gdb.payload")]
    told = [line for line in transcript.splitlines() if re.match("(->|<-) [^ ]", line[10:])]
    assert len(packets) == len(told) > 30, "tshark shows no empty replies"
    assert f"Z0,{address:x},1".encode() in packets and packets[-2:] == [b"D;1", b"OK"]
    assert tshark(capture, "-Y", TROUBLE) == []


def wordless(transcript):
    """Packets of which a transcript does not say what they mean."""
    lines = [line[10:] for line in transcript.read_text().splitlines()]
    assert len(lines) > 60
    return [line for line in lines if line[:2] in ("->", "<-") and not line[45:].strip()]


def use_gdb(machine, port, name, folder):
    gdb, script = machine.gdb(attach=False, file="", program=program(name)), folder / "trace.gdb"
    script.write_text("set trace-stop-notes enough\ntrace demo_add\nactions\ncollect $args, $regs\nend\n")
    gdb.execute(f"target remote :{port}", "tbreak demo_stage_hot", "continue",  # not between what is traced and the stop
                f"source {script}", "tvariable $n = 3", "tstart", "tstatus",
                "break demo_factorial if n == 3", "continue", "tstop", "tfind", "tdump",
                "tfind none", "info tvariables", "watch demo_counter", "continue", "delete", "info threads",
                "set remote hostio-open-packet on", f"remote get dmesg {folder}/{name}.txt",
                "find &demo_sample, +64, (char) 1", "compare-sections .text", "print demo_add(2, 3)")
    gdb.refused("remote get nothing nowhere")
    gdb.execute("set remote hostio-open-packet auto", "disconnect")
    gdb.execute(f"target remote :{port}", "info tracepoints", "detach")


def use_lldb(machine, port, name, _folder):
    lldb = machine.lldb(attach=False, file="", program=program(name))
    lldb.execute(f"gdb-remote 127.0.0.1:{port}", "breakpoint set -n demo_factorial", "continue", "thread step-over",
                 "thread list", "register write rax 1", "memory region $pc", "breakpoint delete -f",
                 "watchpoint set variable demo_counter", "continue", "watchpoint delete -f",
                 "process plugin packet monitor lm")
    try:
        lldb.execute("expression (int)demo_add(2, 3)", "detach")
    except LldbError as error:  # seldom it gives up as its packets are answered (docs/limits.md), and is out of step
        assert "Resume timed out" in str(error)
        lldb.close()


def test_every_packet_of_a_session_has_words(start, boot, settings, tcp_port):
    """Of what gdb and lldb say to the real stub, and it to them."""
    machine = boot(append=f"gdb.file={settings.elf.path}").serving()
    program = start("--gdb", f"tcp:{tcp_port}", "--transcript", start.folder / "transcript", line=machine.options["com1"])
    for use, name in ((use_gdb, "gdb"), (use_gdb, "gdb-16"), (use_lldb, "lldb-16"), (use_lldb, "lldb-22")):
        use(machine, tcp_port, name, start.folder)
    assert program.end() == 0
    assert wordless(start.folder / "transcript") == []
