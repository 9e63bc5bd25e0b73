"""rsp_decode: what packets mean, in words."""
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
STUB = ROOT / "gdbstub"
sys.path.insert(0, str(ROOT / "scripts"))
from rsp_decode import Decoder, shown  # noqa: E402
from rsp_frames import Token, frame  # noqa: E402
from rsp_packets import ROWS, find_row, resumes  # noqa: E402

# Request, what it means, reply, what that means
EXCHANGES = [
    ("qSupported:multiprocess+;swbreak+", "features: multiprocess+ swbreak+",
     "PacketSize=4000;swbreak+", "features: PacketSize=4000 swbreak+"),
    ("QStartNoAckMode", "no acknowledgements from now on", "OK", "done"),
    ("vMustReplyEmpty", "test: an unknown packet", "", "not supported"),
    ("!", "stay when the program ends (extended mode)", "OK", "done"),
    ("?", "why did it stop", "T05thread:p1.1;swbreak:;", "stopped by SIGTRAP, thread 1.1, swbreak"),
    ("?", "why did it stop", "S02", "stopped by SIGINT"),
    ("?", "why did it stop", "W00", "ended with status 0"),
    ("?", "why did it stop", "X09;process:1", "ended by SIGKILL"),
    ("g", "read all registers", "0102" * 4, "8 bytes"),
    ("g", "read all registers", "00" * 48 + "11" * 8 + "22" * 8 + "00" * 64 + "3300000000000000",
     "rbp=1111111111111111, rsp=2222222222222222, rip=0000000000000033"),
    ("G0011", "write all registers", "E22", "error 22: argument"),
    ("p10", "read rip", "00001080ffffffff", "rip = ffffffff80100000"),
    ("p11;thread:0001;", "read eflags", "xxxxxxxx", "eflags = unavailable"),
    ("p99", "read register 153", "E01", "error 01: malformed"),
    ("P0=efbe000000000000", "write rax = 000000000000beef", "E.read-only", "error: read-only"),
    ("mffffffff80100000,40", "read 64 bytes at ffffffff80100000", "cc" * 64, "64 bytes"),
    ("m0,1", "read 1 byte at 0", "E14", "error 14: memory"),
    ("x1000,3", "read 3 bytes at 1000", "b}$#", "3 bytes"),
    ("M1000,2:0102", "write 2 bytes at 1000", "OK", "done"),
    ("X1000,2:\x00\x01", "write 2 bytes at 1000", "OK", "done"),
    ("c", "continue", "T02thread:1;", "stopped by SIGINT, thread 1"),
    ("s1000", "step at 1000", "S05", "stopped by SIGTRAP"),
    ("C0b;1000", "continue with SIGSEGV at 1000", "S0b", "stopped by SIGSEGV"),
    ("S05", "step with SIGTRAP", "S05", "stopped by SIGTRAP"),
    ("vCont?", "which ways to resume are there", "vCont;c;s", "vCont;c;s"),
    ("vCont;s:p1.2;c:p1.-1", "step (thread 1.2), continue (all threads)",
     "T05watch:ffff8000;", "stopped by SIGTRAP, watch hit at ffff8000"),
    ("vCont;r1000,1010:1", "step while in 1000..1010 (thread 1)",
     "T0510:10100000;library:;", "stopped by SIGTRAP, rip=00001010, library"),
    ("vCont;C0b", "continue with SIGSEGV", "O4869210a", 'console "Hi!\\n"'),
    ("Z0,1000,1", "insert breakpoint at 1000", "OK", "done"),
    ("Z0,1000,1;X3,220127", "insert breakpoint at 1000, evaluated on the target", "OK", "done"),
    ("z1,1000,1", "remove hardware breakpoint at 1000", "", "not supported"),
    ("Z2,1000,8", "insert watchpoint on writes at 1000, 8 bytes", "E01", "error 01: malformed"),
    ("Hgp1.2", "registers and memory mean thread 1.2", "OK", "done"),
    ("Hc-1", "resuming mean all threads", "OK", "done"),
    ("Tp1.1", "is thread 1.1 alive", "OK", "done"),
    ("qC", "which thread is current", "QCp1.1", "thread 1.1"),
    ("qfThreadInfo", "which threads are there", "mp1.1,p1.2", "threads 1.1 1.2"),
    ("qsThreadInfo", "which threads are there", "l", "no more threads"),
    ("qThreadExtraInfo,p1.1", "describe thread 1.1", "69646c65", 'text "idle"'),
    ("qXfer:threads:read::0,1000", "read threads from offset 0", "l<threads/>",
     "10 bytes, the end"),
    ("qXfer:features:read:target.xml:1000,1000", "read features target.xml from offset 4096",
     "m1234", "4 bytes, more follow"),
    ("qRcmd,68656c70", "monitor help", "O6f6b0a", 'console "ok\\n"'),
    ("qRcmd,68656c70", "monitor help", "6f6b", 'text "ok"'),
    ("qCRC:1000,10", "checksum of 16 bytes at 1000", "C1234abcd", "C1234abcd"),
    ("qSearch:memory:1000;40;abc", "search 40 (hex) bytes from 1000", "1,1010", "found at 1010"),
    ("qSearch:memory:1000;40;abc", "search 40 (hex) bytes from 1000", "0", "not found"),
    ("qAttached:1", "was it running before", "1", "yes: quit detaches"),
    ("D;1", "detach", "OK", "done"),
    ("k", "kill", "X09", "ended by SIGKILL"),
    ("vKill;1", "kill", "OK", "done"),
    ("vFile:open:6b,0,0", 'open the file "k"', "F5", "it is file 5"),
    ("vFile:open:6b,601,1b6", 'open the file "k" to write', "F-1,1e", "error 30: for reading only"),
    ("vFile:open:6b,0,0", 'open the file "k"', "F-1,2", "error 2: no such file"),
    ("vFile:pread:5,100,2000", "read 256 bytes of file 5 from offset 8192", "F3;abc", "3 bytes"),
    ("vFile:pread:5,100,2000", "read 256 bytes of file 5 from offset 8192", "F0;", "0 bytes"),
    ("vFile:fstat:5", "size and kind of file 5", "F40;" + 34 * "\0" + "\1\0" + 28 * "\0",
     "a file of 256 bytes"),
    ("vFile:stat:6b", 'size and kind of "k"', "F40;" + 34 * "\0" + "\2\1" + 28 * "\0", "a file of 513 bytes"),
    ("vFile:lstat:6b", 'size and kind of "k"', "F-1,2", "error 2: no such file"),
    ("vFile:close:5", "close file 5", "F0", "done"),
    ("vFile:setfs:0", "files as the stub sees them", "", "not supported"),
    ("vFile:setfs:1", "files as process 1 sees them", "F0", "done"),
    ("vFile:unlink:6b", 'delete "k"', "F-1,63", "error 99: unknown"),
    ("vFile:mkdir:6b", "mkdir, of files", "F1", "result 1"),
    ("vFile:open:6b", "malformed", "E01", "error 01: malformed"),
    ("qHostInfo", "what machine is this (lldb)", "triple:7838362d36342d2d;ptrsize:8;",
     "triple=x86-64--, ptrsize=8"),
    ("qProcessInfo", "what machine is this (lldb)", "pid:1;", "pid=1"),
    ("_M1000,rwx", "memory to execute in: 1000 (hex) bytes, rwx (lldb)", "ffff8000", "at ffff8000"),
    ("QSaveRegisterState;thread:1;", "keep a copy of all registers (lldb)", "3", "copy 3"),
    ("qOffsets", "where is it loaded", "TextSeg=ffffffff80100000", "TextSeg=ffffffff80100000"),
    ("qTStatus", "is there a trace", "", "not supported"),
    ("qTStatus", "is there a trace", "T0;tnotrun:0;tframes:0;tsize:40000;notes:;", "not run yet, tframes=0, tsize=262144"),
    ("qTStatus", "is there a trace", "T1;tstop:6d65:0;tframes:1f", "the trace runs, stopped by its user, tframes=31"),
    ("qTStatus", "is there a trace", "T0;tpasscount:2;username:6d65",
     'stopped by the pass count of tracepoint 2, username "me"'),
    ("QTinit", "forget all tracepoints", "OK", "done"),
    ("QTDP:1:1000:E:0:0-", "define tracepoint 1 at 1000", "OK", "done"),
    ("QTDP:a:1000:D:2:3:F5:X2,2227-", "define tracepoint 10 at 1000, disabled, 2 steps, stop at pass 3, with a condition",
     "OK", "done"),
    ("QTDP:-1:1000:R01FFM-1,2000,8X2,2227", "tracepoint 1 collects registers, 8 bytes at 2000, an expression",
     "E.no room", "error: no room"),
    ("QTDP:-1:1000:SM7,10,8", "tracepoint 1 collects 8 bytes at rsp + 10 at each step", "OK", "done"),
    ("QTDPsrc:1:1000:cmd:0:9:636f6c6c6563742061", 'tracepoint 1 was written as cmd "collect a"', "OK", "done"),
    ("QTDV:1:a:0:78", 'define variable 1, "x", begins with 10', "OK", "done"),
    ("QTEnable:1:1000", "enable tracepoint 1", "OK", "done"),
    ("QTDisable:1:1000", "disable tracepoint 1", "OK", "done"),
    ("QTDisconnected:1", "go on tracing when the client leaves", "OK", "done"),
    ("QTDisconnected:0", "stop tracing when the client leaves", "OK", "done"),
    ("QTFrame:5", "look at frame 5", "F5T1", "frame 5, of tracepoint 1"),
    ("QTFrame:ffffffff", "leave the frames", "F-1", "no such frame"),
    ("QTFrame:range:1000:2000", "next frame in 1000..2000", "F-1", "no such frame"),
    ("QTNotes:user:6d65;notes:;", 'notes: user "me", notes ""', "OK", "done"),
    ("QTStart", "start the trace", "OK", "done"),
    ("QTStop", "stop the trace", "OK", "done"),
    ("QTro:1000,2000", "this memory never changes:1000,2000", "OK", "done"),
    ("QTBuffer:circular:1", "a full buffer loses its oldest frames", "OK", "done"),
    ("QTBuffer:size:-1", "a buffer of any size", "OK", "done"),
    ("QTBuffer:size:4000", "a buffer of 16384 bytes", "OK", "done"),
    ("QTSave:78", 'save the trace in "x"', "", "not supported"),
    ("qTBuffer:10,100", "read 256 bytes of the trace from offset 16", "0102", "2 bytes"),
    ("qTBuffer:10,100", "read 256 bytes of the trace from offset 16", "l", "the end"),
    ("qTP:1:1000", "how often was tracepoint 1 hit", "V3:100", "hit 3 times, 256 bytes"),
    ("qTV:1", "value of variable 1", "V10", "16"),
    ("qTV:1", "value of variable 1", "U", "not known"),
    ("qTfP", "which tracepoints are there", "T1:1000:E:0:0", "tracepoint 1 at 1000"),
    ("qTsP", "which tracepoints are there", "A1:1000:R01ff", "tracepoint 1 collects registers"),
    ("qTsP", "which tracepoints are there", "S1:1000:M-1,2000,8", "tracepoint 1 collects 8 bytes at 2000 at each step"),
    ("qTsP", "which tracepoints are there", "Z1:1000:at:0:1:78", 'tracepoint 1 was written as at "x"'),
    ("qTsP", "which tracepoints are there", "l", "no more"),
    ("qTfV", "which trace variables are there", "1:a:0:78", 'variable 1, "x", begins with 10'),
    ("qTsV", "which trace variables are there", "l", "no more"),
    ("qTfSTM", "which markers has the program", "", "not supported"),
    ("qTMinFTPILen", "where may fast tracepoints be", "", "not supported"),
    ("qSymbol::", "symbols may be looked up", "OK", "done"),
    ("vAttach;1", "attach to process 1", "T05", "stopped by SIGTRAP"),
    ("QThreadSuffixSupported", "thread ids will follow register packets (lldb)", "OK", "done"),
    ("QListThreadsInStopReply", "stop replies are to list all threads (lldb)", "OK", "done"),
    ("QEnableErrorStrings", "errors are to have text (lldb)", "OK", "done"),
    ("qMemoryRegionInfo:1000", "what is mapped around 1000 (lldb)",
     "start:0;size:2000;permissions:rwx;", "start=0, size=2000, permissions=rwx"),
    ("qWatchpointSupportInfo:", "is this supported (lldb)", "num:4;", "num:4;"),
    ("qThreadStopInfo1", "why did thread 1 stop (lldb)", "T05", "stopped by SIGTRAP"),
    ("jThreadsInfo", "all threads as JSON (lldb)", "[]", "[]"),
    ("_mffff8000", "give back the memory at ffff8000 (lldb)", "OK", "done"),
    ("QRestoreRegisterState:3;thread:1;", "put back the copy 3 of all registers (lldb)",
     "OK", "done"),
    ("qNobodyKnows", "", "1234", ""),
    ("vCont;q", "malformed", "E01", "error 01: malformed"),
]


@pytest.mark.parametrize("request_text, asked, reply, answered", EXCHANGES)
def test_exchange(request_text, asked, reply, answered):
    decoder = Decoder()
    assert decoder.meaning("->", request_text.encode()) == asked
    assert decoder.meaning("<-", reply.encode()) == answered


def test_register_names_come_from_the_target_description():
    decoder = Decoder()
    text = '<reg name="rip" bitsize="64"/><reg name="cr3" bitsize="64" regnum="7"/><reg name="dr7" '
    for part, offset in ((b"m" + text.encode(), 0), (b'lbitsize="32"/>', len(text))):
        decoder.meaning("->", b"qXfer:features:read:target.xml:%x,1000" % offset)
        decoder.meaning("<-", part)
    assert decoder.meaning("->", b"p7") == "read cr3"
    assert decoder.meaning("->", b"p8") == "read dr7"
    decoder.meaning("->", b"?")
    assert decoder.meaning("<-", b"T0500:0100000000000000;") == (
        "stopped by SIGTRAP, rip=0000000000000001")


def test_line_is_cut_and_printable():
    assert shown(b"X0,1:\x00\xff") == "X0,1:\\x00\\xff"
    assert shown(b"a" * 50) == "a" * 40 + "...(10 more)"
    assert Decoder().line("->", b"g") == "-> g" + " " * 41 + "read all registers"


def test_acknowledgements_and_interrupts():
    decoder = Decoder()
    assert decoder.token("->", Token("ack", b"+")) is None
    assert "send again" in decoder.token("<-", Token("nak", b"-"))
    assert "stop" in decoder.token("->", Token("interrupt", b"\x03"))
    assert decoder.token("<-", Token("packet", b"$OK#00")).endswith("(bad checksum)")
    assert "bad" not in decoder.token("<-", Token("packet", frame(b"OK")))


PACKETS = st.one_of(st.binary(max_size=60), st.builds(
    lambda text, rest: text.encode() + rest,
    st.sampled_from([row for exchange in EXCHANGES for row in (exchange[0], exchange[2])]),
    st.binary(max_size=12)))


@given(st.lists(st.tuples(st.sampled_from(["->", "<-"]), PACKETS), max_size=8))
def test_nothing_raises(session):
    decoder = Decoder()
    for way, payload in session:
        line = decoder.line(way, payload)
        assert line.startswith(way) and "\n" not in line


@pytest.mark.parametrize("payload, runs", [
    (b"c", True), (b"vCont;c", True), (b"s", True), (b"vCont?", False), (b"g", False),
    (b"D;1", False), (b"qSupported", False), (b"cats and dogs", False),
])
def test_which_requests_let_the_machine_run(payload, runs):
    assert resumes(payload) == runs


def test_every_row_has_an_exchange():
    assert {find_row(exchange[0])[0] for exchange in EXCHANGES} == {None, *ROWS}


def test_every_packet_of_the_stub_has_words():
    """As its own tables have them; each is in an exchange above."""
    named = [name for table in ("command.c", "trace_command.c")
             for name in re.findall(r'^    \{"(.+?)", gdb_do_\w+\},$', (STUB / table).read_text(), re.M)]
    assert len(named) > 70
    for name in named:
        end = r"(?!\w)" if len(name) > 1 else ""
        known = [asked for request, asked, *_ in EXCHANGES if re.match(re.escape(name) + end, request)]
        assert known and all(known), name
