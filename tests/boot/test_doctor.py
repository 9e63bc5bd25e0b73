"""doctor: whatever keeps a debugger from a kernel is named. Mostly against fakes on sockets."""
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
from rsp_frames import ClientScanner, frame  # noqa: E402
from rsp_probe import Probe, kind_of  # noqa: E402

CORE = ("rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip eflags "
        "cs ss ds es fs gs st0 st1 st2 st3 st4 st5 st6 st7 "
        "fctrl fstat ftag fiseg fioff foseg fooff fop").split()
FEWER = [name for name in CORE if name not in ("eflags", "fop")]


def target_xml(names=CORE, architecture="i386:x86-64"):
    rows = "".join(f'<reg name="{name}" bitsize="64"/>' for name in names)
    return f"<target><architecture>{architecture}</architecture><feature>{rows}</feature></target>"


class Stub:
    """What a healthy stub replies; tests change single replies."""

    def __init__(self, **replies):
        self.xml = {"target.xml": target_xml()}
        self.files = {}
        self.replies = {"?": "T05thread:p1.1;", "vCont?": "vCont;c;C;s;S;t;r", "D;1": "OK",
                        "qOffsets": "", **replies}
        self.asked = []

    def reply(self, text):
        self.asked.append(text)
        if text.startswith("qSupported"):
            return self.replies.get("qSupported", "PacketSize=400;qXfer:features:read+")
        if match := re.fullmatch("qXfer:features:read:(.*):(.*),(.*)", text):
            xml, offset, size = self.xml.get(match[1], ""), int(match[2], 16), int(match[3], 16)
            return ("l" if offset + size >= len(xml) else "m") + xml[offset:offset + size]
        if match := re.fullmatch("vFile:(open|pread):(.*?),(.*),(.*)", text):
            return self.file(match[1], match[2], int(match[3], 16), int(match[4], 16))
        return self.replies.get(text, "")

    def file(self, verb, which, size, offset):
        """A descriptor is the name, in hex as it was asked for."""
        data = self.files.get(bytes.fromhex(which).decode())
        if data is None:
            return ""
        data = data[offset:offset + size]
        return f"F{which}" if verb == "open" else f"F{len(data):x};{data}"

    def serve(self, line):
        scanner = ClientScanner()
        while data := line.recv(4096):
            for token in scanner.feed(data):
                if token.kind == "packet":
                    self.answer(line, token.payload.decode())

    def answer(self, line, text):
        line.sendall(b"+" + frame(self.reply(text).encode()))


class Noisy(Stub):
    """Refuses the first packet, damages a later reply."""

    def answer(self, line, text):
        count = len(self.asked)
        reply = frame(self.reply(text).encode())
        if count == 0:
            line.sendall(b"-")
        else:
            line.sendall(b"+" + (reply[:-1] + b"z" if count == 6 else reply))


class Slow(Stub):
    """A reply takes so long, each or the first few."""

    def __init__(self, seconds, first=1000):
        super().__init__()
        self.seconds, self.first = seconds, first

    def answer(self, line, text):
        if len(self.asked) < self.first:
            time.sleep(self.seconds)  # the delay is what is looked for
        super().answer(line, text)


class Late(Stub):
    """Answers the first question only when it is asked again, and then twice."""

    def answer(self, line, text):
        reply = b"+" + frame(self.reply(text).encode())
        if len(self.asked) > 1:
            line.sendall(reply)
            time.sleep(0.05)  # so that no two packets arrive as one
        if len(self.asked) == 2:
            line.sendall(reply)


class Says:
    """No stub: sends the same whatever comes. A text is sent unasked as well."""

    def __init__(self, answer, unasked=b""):
        self.text, self.unasked = answer, unasked
        self.asked = b""

    def serve(self, line):
        line.sendall(self.unasked)
        while data := line.recv(4096):
            self.asked += data
            line.sendall(data if self.text == "echo" else self.text)


@pytest.fixture
def doctor(deadline):
    """doctor(fake) runs the doctor against it, over a unix socket: (exit status, its lines)."""
    with tempfile.TemporaryDirectory(prefix="doctor-") as folder:
        path = Path(folder, "line")
        gdb = Path(folder, "gdb")
        gdb.write_text("#!/bin/sh\necho 'GNU gdb (Debian 13.1-3) 13.1'\n")
        gdb.chmod(0o755)
        lldb = Path(folder, "lldb")
        lldb.write_text("#!/bin/sh\necho 'lldb version 19.1.7'\n")
        lldb.chmod(0o755)

        def diagnose(target, *arguments):
            command = [SCRIPTS / "doctor", str(target), "--gdb", gdb, "--lldb", lldb,
                       "--patience", "0.3", *arguments]
            result = subprocess.run(command, capture_output=True, text=True, check=False,
                                    timeout=deadline.left())
            assert not result.stderr
            return result.returncode, result.stdout.splitlines()

        def examine(fake, *arguments):
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(str(path))
                server.listen()
                thread = threading.Thread(target=serve_one, args=(server, fake))
                thread.start()
                result = diagnose(path, *arguments)
                thread.join(deadline.left())
            path.unlink()
            return result

        examine.diagnose = diagnose
        examine.folder = Path(folder)
        yield examine


def serve_one(server, fake):
    line = server.accept()[0]
    with line:
        try:
            fake.serve(line)
        except ConnectionError:  # the doctor has left
            pass


def only_bad(result, name, text):
    """Exactly one line is BAD, and it is this one."""
    status, lines = result
    bad = [line for line in lines if not line.startswith("ok ")]
    assert status == 1 and len(bad) == 1, lines
    assert bad[0].startswith(f"BAD  {name} ") and text in bad[0], bad


def test_healthy_stub(doctor):
    stub = Stub()
    status, lines = doctor(stub)
    assert status == 0 and all(line.startswith("ok ") for line in lines), lines
    assert stub.asked[0] == "?" and stub.asked[-1] == "D;1"


# What is not a stub

@pytest.mark.parametrize("fake, text", [
    (Says(b""), "nothing answers"),
    (Says("echo"), "what is sent comes back"),
    (Says("echo", b"login: "), "what is sent comes back"),
    (Says(b"+"), "the stub hangs"),
    (Says(b"-"), "refuses every packet"),
    (Says(b"\xf8\x00\xe0\xfe\x1c\x80"), "baud rates differ"),
    (Says(b"", b"\xf8\x00\xe0\xfe\x1c\x80"), "baud rates differ"),
    (Says(b"sh: +: not found\r\n# "), "text, but no packets"),
    (Says(b"", b"[    0.123456] tick\n"), "text, but no packets"),
])
def test_what_is_not_a_stub(doctor, fake, text):
    only_bad(doctor(fake), "answer", text)


def test_detach_is_sent_when_a_stub_may_have_stopped(doctor):
    fake = Says(b"+")
    doctor(fake)
    assert fake.asked.endswith(frame(b"D"))
    fake = Says(b"", b"# ")
    doctor(fake)
    assert frame(b"D") not in fake.asked


def test_line_closed_in_the_middle(doctor):
    class Quits(Stub):
        def serve(self, line):
            line.recv(100)

    only_bad(doctor(Quits()), "answer", "nothing answers")


def test_somebody_else_is_connected(doctor):
    """As QEMU does: one is served, the next one waits in the queue."""
    path = doctor.folder / "busy"
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as first:
        server.bind(str(path))
        server.listen()
        first.connect(str(path))
        with server.accept()[0]:
            only_bad(doctor.diagnose(path), "answer", "somebody else is connected")


def test_somebody_else_is_connected_over_tcp(doctor):
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()):
            port = server.getsockname()[1]
            only_bad(doctor.diagnose(f":{port}"), "answer", "somebody else is connected")


# What is a stub with something wrong

@pytest.mark.parametrize("fake, name, text", [
    (Noisy(), "errors", "1 packets were refused, 1 replies damaged"),
    (Stub(qSupported="qXfer:features:read+"), "features", "PacketSize="),
    (Stub(qSupported="PacketSize=400"), "features", "qXfer:features:read+"),
    (Stub(**{"vCont?": "vCont;c;C"}), "resume", "s, S"),
    (Stub(**{"vCont?": ""}), "resume", "c, C, s, S"),
    (Stub(vMustReplyEmpty="E01"), "unknown", "'E01'"),
    (Stub(**{"D;1": "E01", "D": ""}), "left", "left stopped"),
])
def test_stub_with_something_wrong(doctor, fake, name, text):
    only_bad(doctor(fake), name, text)


AS_GDB = "--patience", "2"  # a computer that is busy makes a slow reply so late that 0.3 s are over


def test_speed(doctor):
    only_bad(doctor(Slow(0.05), *AS_GDB), "speed", "ms for a reply at best, gdb needs hundreds: a slow baud rate")


@pytest.mark.parametrize("fake, text", [
    (Slow(0.045), "nodelay=on"), (Slow(0.1), "too busy"), (Slow(0.1, first=4), None)])
def test_speed_over_tcp(doctor, fake, text):
    """A computer that is busy makes some replies late, a TCP that waits each of them, and by as much."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve_one, args=(server, fake))
        thread.start()
        result = doctor.diagnose(server.getsockname()[1], *AS_GDB)
        thread.join()
    if text:
        only_bad(result, "speed", text)
    else:
        assert result[0] == 0, result


def test_reply_that_comes_twice_is_not_taken_for_the_next_one():
    """As from a kernel that was still booting when it was asked first."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    stub = Late(a="first", b="second")
    thread = threading.Thread(target=stub.serve, args=(theirs,))
    thread.start()
    probe = Probe(ours.fileno(), patience=0.3)
    assert [probe.ask("a"), probe.ask("b")] == ["first", "second"]
    ours.close()
    thread.join()
    theirs.close()


@pytest.mark.parametrize("xml, text", [
    ({"target.xml": target_xml(FEWER)}, "eflags fop"),
    ({"target.xml": target_xml(architecture="aarch64")}, "architecture aarch64"),
    ({"target.xml": "<target>"}, "no valid one"),
    ({}, "no target.xml"),
])
def test_wrong_description(doctor, xml, text):
    stub = Stub()
    stub.xml = xml
    only_bad(doctor(stub), "abi", text)


@pytest.mark.parametrize("declaration", [' xmlns:xi="http://www.w3.org/2001/XInclude"', ""])
def test_description_in_pieces(doctor, declaration):
    """As QEMU sends it: the registers are in a file of their own, the prefix is not declared."""
    stub = Stub()
    stub.xml = {"target.xml": f"<target{declaration}><architecture>i386:x86-64</architecture>"
                              '<xi:include href="core.xml"/></target>',
                "core.xml": target_xml()}
    assert doctor(stub)[0] == 0


# The machine afterwards

@pytest.mark.parametrize("stop, detached", [
    ("T05thread:p1.1;", True), ("T02thread:p1.1;", True), ("S05", True),
    ("T05thread:p1.1;swbreak:;", False), ("T05watch:1000;thread:p1.1;", False),
    ("T0bthread:p1.1;", False), ("W00", False),
])
def test_how_the_machine_is_left(doctor, stop, detached):
    stub = Stub(**{"?": stop})
    status, lines = doctor(stub)
    assert status == 0 and ("D;1" in stub.asked) == detached
    assert ("running" in lines[-1]) == detached and ("stopped" in lines[-1]) != detached


def test_machine_is_let_go_although_something_is_wrong(doctor):
    stub = Stub(vMustReplyEmpty="E01", **{"vCont?": ""})
    stub.xml = {}
    assert doctor(stub)[0] == 1
    assert stub.asked[-1] == "D;1"


# The line

@pytest.mark.parametrize("target, text", [
    ("/nowhere/com1", "is the machine up"), ("unix:/nowhere/com1", "is the machine up"),
    ("/dev/null", "no serial port"), (str(SCRIPTS / "doctor"), "no serial port"), ("/dev", "a folder"),
    ("/dev/null,12", "no baud rate 12"),
    (":70000", "not a port number"), ("no..host:1234", "check the address"),
])
def test_line_that_cannot_be_opened(doctor, target, text):
    only_bad(doctor.diagnose(target), "line", text)


def test_port_that_nobody_serves(doctor):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        only_bad(doctor.diagnose(unused.getsockname()[1]), "line", "nothing listens there")


def test_socket_that_is_left_over(doctor):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(doctor.folder / "old"))
    only_bad(doctor.diagnose(doctor.folder / "old"), "line", "leftover")


def test_tty(doctor):
    """A pty stands in for the UART; nobody is at its other end."""
    master, slave = os.openpty()
    only_bad(doctor.diagnose(os.ttyname(slave) + ",9600"), "answer", "nothing answers")
    os.close(master)
    os.close(slave)


# Programs

@pytest.mark.parametrize("version, text", [
    ("GNU gdb (GDB) 10.2", "older than 12"), ("", "does not run"), ("GNU gdb (GDB) 12.1", None),
    ("GNU gdb (GDB) Fedora Linux 16.3-1.fc42", None), ("GNU gdb (GDB) 18.0.50.20260101-git", None),
])
def test_version_of_gdb(doctor, version, text):
    (doctor.folder / "gdb").write_text(f"#!/bin/sh\necho '{version}'\n")
    if text:
        only_bad(doctor(Stub()), "gdb", text)
    else:
        assert doctor(Stub())[0] == 0


def test_gdb_for_other_processors(doctor):
    (doctor.folder / "gdb").write_text(
        "#!/bin/sh\necho 'GNU gdb 13.1'\necho 'Undefined item: \"i386:x86-64\".' >&2\n")
    only_bad(doctor(Stub()), "abi", "gdb-multiarch")


def test_no_gdb(doctor):
    only_bad(doctor(Stub(), "--gdb", "/nowhere/gdb"), "gdb", "does not run")


@pytest.mark.parametrize("says, text", [
    ("echo lldb version 13.0.1", "older than 14"), ("exit 1", "does not run"), ("echo lldb version 22.1.8", None),
    ("echo 'lldb version 14.0.6'", None)])
def test_version_of_lldb(doctor, says, text):
    (doctor.folder / "lldb").write_text(f"#!/bin/sh\n{says}\n")
    if text:
        only_bad(doctor(Stub()), "lldb", text)
    else:
        assert doctor(Stub())[0] == 0


@pytest.mark.parametrize("version, accelerators, text", [
    ("", "tcg", "does not run"), ("QEMU emulator version 3.1.0", "tcg", "starts no kernel by its PVH note"),
    ("QEMU emulator version 7.2.22 (Debian)", "kvm", "has no tcg"),
    ("QEMU emulator version 10.0.0", "tcg kvm", None)])
def test_qemu(doctor, version, accelerators, text):
    qemu = doctor.folder / "qemu"
    qemu.write_text(f"#!/bin/sh\n[ $1 = -accel ] && echo {accelerators} || echo '{version}'\n")
    qemu.chmod(0o755)
    if text:
        only_bad(doctor(Stub(), "--qemu", qemu), "qemu", text)
    else:
        assert doctor(Stub(), "--qemu", qemu)[0] == 0


def test_no_qemu(doctor):
    only_bad(doctor(Stub(), "--qemu", "/nowhere/qemu"), "qemu", "make deps")


# The kernel

def elf_with_code(path, code, machine=62, build_id=b""):
    """The smallest ELF64 with one executable segment at 0x1000."""
    header = (b"\x7fELF\x02\x01\x01" + bytes(9) + (2).to_bytes(2, "little")
              + machine.to_bytes(2, "little") + bytes(12) + (64).to_bytes(8, "little") + bytes(14)
              + (56).to_bytes(2, "little") + (1).to_bytes(2, "little") + bytes(6))
    segment = ((1).to_bytes(4, "little") + (5).to_bytes(4, "little")
               + b"".join(value.to_bytes(8, "little")
                          for value in (120, 0x1000, 0x1000, len(code), len(code), 16)))
    note = b"\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0" + build_id if build_id else b""
    path.write_bytes(header + segment + code + note)


@pytest.mark.parametrize("replies, machine, text", [
    ({"m1000,4": "90909090"}, 62, None),
    ({"m3000,4": "90909090", "qOffsets": "Text=2000;Data=2000;Bss=2000"}, 62, None),
    ({"m3000,4": "90909090", "qOffsets": "TextSeg=3000"}, 62, None),
    ({"m1000,4": "90909091"}, 62, "another build"),
    ({"m1000,4": "E14"}, 62, "another build"),
    ({}, 40, "not an x86-64 ELF"),
])
def test_kernel_that_runs(doctor, replies, machine, text):
    elf_with_code(doctor.folder / "elf", b"\x90" * 4, machine)
    if text:
        only_bad(doctor(Stub(**replies), "--elf", doctor.folder / "elf"), "elf", text)
    else:
        assert doctor(Stub(**replies), "--elf", doctor.folder / "elf")[0] == 0


@pytest.mark.parametrize("build_id, text", [(20 * b"\xab", None), (20 * b"\xac", "the kernel's build-id is abab"),
                                            (b"", None)])
def test_build_id(doctor, build_id, text):
    elf_with_code(doctor.folder / "elf", b"\x90" * 4, build_id=build_id)
    stub = Stub(**{"m1000,4": "90909090"})
    stub.files = {"build-id": 20 * "ab"}
    if text:
        only_bad(doctor(stub, "--elf", doctor.folder / "elf"), "build", text)
    else:
        assert doctor(stub, "--elf", doctor.folder / "elf")[0] == 0


@pytest.mark.parametrize("kind, text", [("missing", "No such file or directory: the kernel names it (gdb.file=)"),
                                        ("directory", "Is a directory: the kernel names it"),
                                        ("no ELF", "not an x86-64 ELF: the kernel names it"), ("good", None)])
def test_file_that_the_kernel_names(doctor, kind, text):
    path = doctor.folder / "kernel.elf"
    if kind == "directory":
        path.mkdir()
    elif kind == "good":
        elf_with_code(path, b"\x90" * 4)
    elif kind == "no ELF":
        path.write_text("hello\n")
    stub = Stub(**{"qXfer:exec-file:read:1:0,400": f"l{path}", "m1000,4": "90909090"})
    if text:
        only_bad(doctor(stub), "elf", text)
    else:
        assert doctor(stub)[0] == 0


@pytest.mark.parametrize("log, text", [
    ("gdb.file=kernel.elf: not target or an absolute path, using none",
     "gdb.file=kernel.elf: not target or an absolute path, using none: so clients find no symbols"),
    ("gdb.file=target: no kernel.elf in the initrd, using none", "no kernel.elf in the initrd"),
    ("booting", None)])
def test_file_that_the_kernel_refused(doctor, log, text):
    stub = Stub()
    stub.files = {"dmesg": f"hello\n[  0.00] {log}\n" + 2000 * "."}
    if text:
        only_bad(doctor(stub), "elf", text)
    else:
        assert doctor(stub)[0] == 0


@pytest.mark.parametrize("log, text", [
    ("debugger: off, as the command line says", "boot it with gdb=on"),
    ("debugger: not serving on com3 (0x3e8): no UART there", "gdb.port= names another"),
    ("debugger: serving gdb on com2 (0x2f8)", 'says "debugger: serving gdb on com2 (0x2f8)": is this line that UART?'),
    ("[  1.0] panic: main: no memory", "it has died"),
    ("hello", "nothing answers"),
])
def test_log_of_a_kernel_that_does_not_answer(doctor, log, text):
    (doctor.folder / "log").write_text(f"booting\n{log}\nmore\n")
    only_bad(doctor(Says(b""), "--log", doctor.folder / "log"), "answer", text)


# The real kernel, healthy and with each fault planted that it can have

def test_real_kernel(doctor, boot, settings):
    """Moved, with the file that it names: the doctor finds nothing, twice, and the kernel runs on."""
    machine = boot(append=f"kaslr=5600000 gdb.file={settings.elf.path}").serving()
    for arguments in ([], ["--elf", machine.elf.path]):
        status, lines = doctor.diagnose(machine.options["com1"], *arguments, "--patience", "2")
        assert status == 0, lines
        assert any(re.match("ok   build +build-id [0-9a-f]{40}$", line) for line in lines), lines
    machine.console.wait_for("^demo: ", len(machine.console.lines) - 1)


@pytest.mark.parametrize("append, text", [
    ("gdb=off", 'its log says "debugger: off'),
    ("gdb.port=com2", "says \"debugger: not serving on com2 (0x2f8)"),
])
def test_real_kernel_that_is_not_reached(doctor, boot, append, text):
    """A stub that is off; one that was told another UART, which this machine has not."""
    machine = boot(append=append)
    machine.console.wait_for("^demo: ")
    log = doctor.folder / "log"
    log.write_text(machine.console.text())
    only_bad(doctor.diagnose(machine.options["com1"], "--log", log), "answer", text)


def test_real_kernel_that_refused_its_file(doctor, boot):
    machine = boot(append="gdb.file=build/kernel.elf").serving()
    only_bad(doctor.diagnose(machine.options["com1"], "--patience", "2"), "elf",
             "gdb.file=build/kernel.elf: not target or an absolute path of at most 255 bytes, using none: so clients")


def test_real_kernel_whose_file_was_built_again(doctor, boot, settings, tmp_path):
    file = tmp_path / "kernel.elf"
    data = Path(settings.elf.path).read_bytes()
    note = data.index(b"\x14\0\0\0\3\0\0\0GNU\0") + 12
    file.write_bytes(data[:note] + bytes(20) + data[note + 20:])
    machine = boot(append=f"gdb.file={file}").serving()
    status, lines = doctor.diagnose(machine.options["com1"], "--patience", "2")
    bad = [line for line in lines if line.startswith("BAD")]
    assert status == 1 and len(bad) == 1 and bad[0].startswith("BAD  build ") and 40 * "0" in bad[0], lines


@pytest.mark.parametrize("heard, kind", [
    (b"", "silence"), (b"++", "acks"), (b"+-", "naks"), (b"x$?#3f", "echo"),
    (b"\x1b[1mhi\r\n", "text"), ("\u043b\u043e\u0433\n".encode(), "text"), (b"\0\0\0", "noise"),
    (bytes(range(128, 160)), "noise"),
])
def test_kinds(heard, kind):
    assert kind_of(heard, b"$?#3f") == kind
