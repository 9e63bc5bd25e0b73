"""The stopped machine as a core file: what gdb shows of it is what it has shown of the machine."""
import os
import re
import resource
import socket
import struct
import subprocess
import threading
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest
from test_faults import stop_in_task
from test_panic import told
from trapline_pytest.gdb import GdbError

GDBS = ["gdb"]
if "TRAPLINE_CLIENTS" in os.environ:
    GDBS.append(str(Path(os.environ["TRAPLINE_CLIENTS"], "bin", "gdb-16")))

SHOWN = ["info threads", "thread apply all bt", "p demo_counter", "p cpus", "p *thread_first", "p *cpus[1].current",
         "x/4i $pc", "x/s cmdline.init", "p demo_state.words.map->entry_count", "p ramdisk_statistics",
         "info symbol ramdisk_read", "info line disktest_block", "info address demo_counter"]
# gdb has other words for a core's threads, and no place for their states but the name.
LIVE = re.compile(r'Thread 1\.(\d+)(?: "([^"]*)"(?: \(([^)\n]*)\))?)?')


def as_in_core(match):
    number, name, state = match.groups()
    return f"LWP {number}" + (f' "{name} ({state})"' if state else f' "{name}"' if name else "")


def shown(gdb):
    texts = [gdb.execute(command) for command in SHOWN]
    for thread in re.findall(r"^\*?\s+(\d+)\s", texts[0], re.M)[:3]:
        gdb.execute(f"thread {thread}")
        texts.append(gdb.execute("info registers rip rsp rbp rbx r12 r13 r14 r15"))
    gdb.execute("thread 1")
    texts.append(gdb.execute("info registers rax rcx rdx rsi rdi r8 r9 r10 r11 eflags cs ss ds es"))
    texts.append(gdb.execute("p $xmm0.uint128"))
    return [re.sub(r"[ \t]+|^\$\d+", " ", LIVE.sub(as_in_core, text)) for text in texts]


def trusting(machine, program):
    """A gdb that runs the scripts in the kernel's file."""
    gdb = machine.gdb(attach=False, program=program, file="", logged=False)
    gdb.execute("set auto-load safe-path /", f"file {machine.elf.path}")
    return gdb


@pytest.mark.parametrize("program", GDBS, ids=lambda program: Path(program).name)
def test_gdb_shows_of_the_core_what_it_shows_of_the_machine(boot, settings, program, tmp_path):
    """Nothing is said about where kaslr and the modules were: the kernel's file has a script that reads it."""
    machine = boot(smp=2, transport="virtio",  # the core is 2 MiB, which take 20 s over COM1
                   append=f"fault=page_null_write modules=disktest kaslr=12000000 gdb.file={settings.elf.path}")
    machine.console.wait_for("waiting for gdb")
    live = trusting(machine, program)
    live.execute(f"target remote {machine.remote}")
    expected = shown(live)
    live.execute("set remote hostio-open-packet on")  # it has probed for files that are on its own host
    names = {"gdb": ("/core", "core-small")}.get(program, ("core-small",))  # all of it once: it takes its time
    for name in names:
        live.execute(f"remote get {name} {tmp_path / name.strip('/')}")
    assert shown(live) == expected
    for name in names:
        gdb = trusting(machine, program)
        text = gdb.execute(f"core-file {tmp_path / name.strip('/')}")
        assert "may not match" not in text and "kernel.elf" in text, text
        for ours, theirs in zip(shown(gdb), expected):
            assert [(one, two) for one, two in zip(ours.splitlines(), theirs.splitlines()) if one != two] == []
            assert len(ours) == len(theirs)
    sizes = [(tmp_path / name.strip("/")).stat().st_size for name in names]
    assert 0x10000 < sizes[-1] < 0x800000 and (len(sizes) == 1 or sizes[1] < sizes[0] / 2), sizes


def user_stack(gdb, thread):
    """What gdb shows of a thread in a system call of a program's: callers down to its main, and its memory."""
    gdb.execute(f"thread {thread}", "frame function main")
    return [LIVE.sub(as_in_core, gdb.execute(command))
            for command in ("bt", "x/s argv[1]", "output jobs", "output worker_turns", "x/6i $pc", "x/8gx $sp", "info registers rsp")]


@pytest.mark.parametrize("program", GDBS, ids=lambda program: Path(program).name)
def test_user_memory_of_each_process_is_in_the_core(boot, settings, program, tmp_path):
    """Two processes of one program, at the same addresses: the chosen one's memory is there for any gdb, the
    other's by core-process; and never one's stack with the other's memory."""
    machine = boot(transport="virtio", append="init=/init workload=off")
    for name in ("first", "second"):
        machine.console.wait_for(f"^worker: {name}")
    symbols = f"add-symbol-file {settings.initrd.parent}/user/worker.elf"
    live = trusting(machine, program)
    live.execute("set remotetimeout 20", f"target remote {machine.remote}", symbols)
    rows = re.findall(r"^\*?\s+(\d+)\s+/worker .* thread (\d+)", live.execute("monitor ps"), re.M)
    assert len(rows) == 2
    expected = {}
    for pid, thread in rows:
        live.execute(f"monitor process {pid}", "maint flush dcache")
        expected[pid] = user_stack(live, thread)
        assert " in main (argc" in expected[pid][0], expected[pid][0]
    (mine, my_thread), (other, other_thread) = rows[::-1]
    assert expected[mine][1].split(":")[1] != expected[other][1].split(":")[1]
    live.execute("set remote hostio-open-packet on", *(f"remote get {name} {tmp_path / name}"
                                                      for name in ("core", "core-small")))
    live.execute("monitor process off", f"thread {other_thread}", f"remote get core-small {tmp_path / 'no-user'}")

    gdb = trusting(machine, program)
    for name in ("core-small", "core"):
        gdb.execute(f"core-file {tmp_path / name}", *([symbols] if name == "core-small" else []))
        assert user_stack(gdb, my_thread) == expected[mine], name
        cut = gdb.execute(f"thread {other_thread}", "bt")
        assert "system_call" in cut and "main" not in cut, cut
    listed = gdb.execute("core-process")
    assert re.search(rf"^\* {mine}  /worker  cr3 0x[0-9a-f]+  thread {my_thread}$", listed, re.M), listed
    moved = listed.replace("*", " ").replace(f"  {other}  /", f"* {other}  /")
    assert gdb.execute(f"core-process {other}").endswith(moved)
    assert user_stack(gdb, other_thread) == expected[other]
    assert "main" not in gdb.execute(f"thread {my_thread}", "bt")
    gdb.execute(f"core-process {mine}")
    assert user_stack(gdb, my_thread) == expected[mine]
    gdb.execute(f"core-file {tmp_path / 'no-user'}")
    for argument, words in ((mine, "take /core, not /core-small"), ("99", "no thread of this core is of a process 99"),
                            ("x", "no thread of this core is of a process x")):
        with pytest.raises(GdbError, match=words):
            gdb.execute(f"core-process {argument}")


# By raw packets


def open_file(rsp, name):
    reply = rsp.ask(f"vFile:open:{name.encode().hex()},0,0")
    assert reply.startswith("F") and reply != "F-1,2", reply
    return reply[1:]


def pread(rsp, fd, size, offset):
    reply = rsp.ask_bytes(f"vFile:pread:{fd},{size:x},{offset:x}".encode())
    head, _, data = reply.partition(b";")
    assert len(data) == int(head[1:], 16), reply[:40]
    return data


def size_of(rsp, fd):
    return struct.unpack(">Q", rsp.ask_bytes(f"vFile:fstat:{fd}".encode()).partition(b";")[2][28:36])[0]


def read_all(rsp, fd):
    data = b""
    while piece := pread(rsp, fd, 0x4000, len(data)):
        data += piece
    return data


def segments(core):
    offset, = struct.unpack_from("<Q", core, 32)
    count, = struct.unpack_from("<H", core, 56)
    return [struct.unpack_from("<IIQQQQQQ", core, offset + 56 * i) for i in range(count)]


def memory(core, address, size):
    """What a reader of the core finds: bytes of it, and zeros where it says that there is no more than that."""
    _, _, offset, start, _, here, _, _ = next(kind for kind in segments(core)
                                              if kind[0] == 1 and kind[3] <= address < kind[3] + kind[6])
    within = address - start
    return core[offset + within:offset + here][:size].ljust(size, b"\0")


@pytest.mark.machine(append="workload=off", transport="virtio")
def test_each_byte_is_the_same_however_it_is_read(machine):
    rsp = machine.rsp()
    stop_in_task(rsp, machine)
    for name in ("core", "/core-small"):
        fd = open_file(rsp, name)
        core = read_all(rsp, fd)
        assert len(core) == size_of(rsp, fd)
        assert name == "core" or read_all(rsp, fd) == core
        for size, offset in ((1, 0), (100, 60), (0x3001, 0x7ff), (5000, len(core) - 4000), (7, len(core) // 2)):
            data = pread(rsp, fd, size, offset)
            assert data == core[offset:offset + len(data)] and data
        assert pread(rsp, fd, 1, len(core)) == b""

        kinds = segments(core)
        assert kinds[0][0] == 4 and all(kind[0] == 1 for kind in kinds[1:])
        addresses = [kind[3] for kind in kinds[1:]]
        assert addresses == sorted(addresses)
        assert all(kind[2] + kind[5] <= len(core) and kind[5] <= kind[6] for kind in kinds[1:])
        for symbol in ("cmdline", "cpus", "main_thread", "demo_counter", "ring"):
            address = machine.elf[symbol].address
            assert memory(core, address, 64) == rsp.read(address, 64), symbol


@pytest.mark.machine(transport="virtio")
def test_a_core_that_changes_under_the_reader_is_an_error_and_the_session_lives(machine):
    rsp = machine.rsp()
    fd, scratch = open_file(rsp, "core"), machine.elf["demo_scratch"].address
    assert pread(rsp, fd, 4, 0) == b"\x7fELF"
    rsp.resume()
    rsp.interrupt()
    assert rsp.ask(f"vFile:pread:{fd},4,0") == rsp.ask(f"vFile:fstat:{fd}") == "F-1,5"
    fd = open_file(rsp, "core")
    assert pread(rsp, fd, 4, 0) == b"\x7fELF"
    rsp.write(scratch, b"changed")
    assert rsp.ask(f"vFile:pread:{fd},4,0") == "F-1,5"
    assert pread(rsp, open_file(rsp, "core"), 4, 0) == b"\x7fELF"
    assert rsp.step()
    rsp.detach()
    machine.console.wait_for("demo: turn")


# scripts/coredump


class BadLine(threading.Thread):
    """Listens on path for one client, of whose bytes from the machine one of every so many is wrong; ends after
    so many bytes."""

    def __init__(self, path, line, wrong_every, end_after):
        super().__init__(daemon=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.line, self.wrong_every, self.left, self.count = line, wrong_every, end_after, 0
        self.start()

    def run(self):
        client, _ = self.listener.accept()
        back = threading.Thread(target=self.copy_to_machine, args=(client,), daemon=True)
        back.start()
        while self.left > 0 and (data := bytearray(self.line.recv(4096))):
            for i in range(len(data)):
                self.count += 1
                if self.count % self.wrong_every == 0:
                    data[i] ^= 1 << self.count % 7
            self.left -= len(data)
            try:
                client.sendall(data)
            except OSError:
                break
        for end in (client, self.line):
            end.close()

    def copy_to_machine(self, client):
        try:
            while data := client.recv(4096):
                self.line.sendall(data)
        except OSError:
            pass


def coredump(machine, *arguments, **options):
    script = machine.settings.qemu.with_name("coredump")
    return subprocess.run([str(script), *map(str, arguments)], capture_output=True, text=True,
                          timeout=machine.deadline.left(), **options)


def small_files():
    """As on a disk that has no more room."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0x20000, 0x20000))


def test_a_core_of_a_machine_without_a_client_over_a_bad_line_and_in_two_goes(boot, tmp_path):
    machine = boot(panic_expected=True, smp=2, append="gdb=off panic=dump fault=page_null_write")
    told(machine)
    out, place = tmp_path / "crash.core", machine.folder / "bad"
    BadLine(place, machine.connect(), 3_011, 80_000)  # no packet of the usual length comes whole
    first = coredump(machine, "--wait", "--small", place, out)
    assert first.returncode == 1 and "the line was closed" in first.stderr, first.stderr
    assert not out.exists() and out.with_suffix(".core.part").stat().st_size > 10_000

    full = coredump(machine, "--small", machine.remote, out, preexec_fn=small_files)
    assert full.returncode == 1 and "coredump: [Errno 27] File too large" in full.stderr, full.stderr
    second = coredump(machine, "--small", machine.remote, out)
    assert second.returncode == 0 and "going on at 128 of" in second.stderr, second.stderr
    gdb = machine.gdb(attach=False)
    gdb.execute(f"core-file {out}")
    assert gdb.frames()[:3] == ["fault_page_null_write", "fault_here", "kernel_main"]

    (tmp_path / "other.core.part").write_bytes(b"\x7fELF of another")
    other = coredump(machine, "--small", machine.remote, tmp_path / "other.core")
    assert other.returncode == 1 and "another stop or another machine" in other.stderr, other.stderr
    third = coredump(machine, "--small", "--reset", machine.remote, tmp_path / "again.core")
    assert third.returncode == 0 and (tmp_path / "again.core").read_bytes() == out.read_bytes()
    assert machine.wait_exit() == 0


def test_a_machine_that_is_gone_before_the_end_of_its_reset_is_no_failure(settings):
    loader = SourceFileLoader("coredump", str(settings.qemu.with_name("coredump")))
    script = module_from_spec(spec_from_loader("coredump", loader))
    loader.exec_module(script)
    for unread, half in ((b"", False), (b"x", False), (b"", True)):  # EPIPE, ECONNRESET, the end
        here, there = socket.socketpair()
        here.send(unread)
        (there.shutdown(socket.SHUT_WR) if half else there.close())
        line = script.Line.__new__(script.Line)
        line.fd = here.fileno()
        line.drop()
        machine = script.Machine.__new__(script.Machine)
        machine.line = line
        for touch in (lambda line=line: line.read(1), lambda line=line: line.ask(b"?")):
            with pytest.raises(script.Closed, match="the line was closed"):
                touch()
        machine.leave(reset=True)
