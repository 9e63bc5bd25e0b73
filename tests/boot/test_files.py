"""gdb.file=target: the kernel brings its own symbols along, and clients read them over the line; so can
users read files, the kernel's log among them."""
import subprocess
import sys
from pathlib import Path

import pytest
from clients.programs import GDBS



def initrd(settings, folder, *files):
    """An initial RAM disk of these files."""
    path = folder / "initrd.img"
    script = settings.qemu.with_name("mkinitrd.py")
    path.write_bytes(subprocess.run([sys.executable, script, *map(str, files)], check=True,
                                    capture_output=True).stdout)
    return path


@pytest.mark.parametrize("program", GDBS, ids=lambda program: Path(program).name)
def test_symbols_travel_with_the_kernel(boot, program, tmp_path):
    machine = boot(append="gdb=wait gdb.file=target").serving()
    gdb = machine.gdb(attach=False, file="", program=program, logged=False)
    gdb.execute(f"target remote {machine.remote}")
    assert gdb.frames()[0] == "kernel_main"
    assert "main.c:" in gdb.execute("frame")
    assert "target:/kernel.elf" in gdb.execute("info files")
    gdb.execute("break demo_add")
    assert "demo_add (a=2, b=3)" in gdb.execute("continue")

    log = tmp_path / "log"
    gdb.execute(f"remote get dmesg {log}")
    assert log.read_text().startswith("Trapline kernel ")
    assert "debugger: serving gdb" in log.read_text()
    assert "No such file" in gdb.refused(f"remote get nothing {log}")
    assert "Read-only file system" in gdb.refused(f"remote put {log} dmesg")


@pytest.mark.parametrize("program", GDBS, ids=lambda program: Path(program).name)
def test_symbols_of_modules_travel_with_the_kernel(boot, program):
    """The initrd's modules have no lines, but the names of their functions."""
    machine = boot(append="gdb=wait gdb.file=target kaslr modules=disktest", transport="virtio").serving()
    gdb = machine.gdb(attach=False, file="", program=program, logged=False)
    gdb.execute("set breakpoint pending on", f"target remote {machine.remote}",
                "break disktest_init", "continue")
    assert gdb.frames()[0] == "disktest_init"
    assert "target:/modules/ramdisk.ko" in gdb.execute("info sharedlibrary")


def test_what_is_read_is_the_file(boot, settings):
    """Every byte, in pieces of any size, at any offset."""
    machine = boot(append="gdb.file=target").serving()
    rsp = machine.rsp()
    assert rsp.transfer("exec-file", "1") == "/kernel.elf"
    kernel = settings.initrd.with_name("initrd") / "kernel.elf"
    expected = kernel.read_bytes()
    fd = rsp.ask("vFile:open:" + b"/kernel.elf".hex() + ",0,0")[1:]
    for size, offset in ((0x10000, 0), (0x3000, 1), (7, len(expected) - 7), (0x1000, len(expected) - 1),
                         (0x4000, len(expected) // 2)):
        reply = rsp.ask_bytes(f"vFile:pread:{fd},{size:x},{offset:x}".encode())
        head, _, data = reply.partition(b";")
        assert data == expected[offset:offset + int(head[1:], 16)] and data
    assert rsp.ask(f"vFile:pread:{fd},10,{len(expected):x}") == "F0;"


def test_other_files_are_there_while_symbols_are_on_the_host(boot, settings):
    machine = boot(append=f"gdb.file={settings.elf.path}").serving()
    rsp = machine.rsp()
    assert rsp.ask("vFile:setfs:0") == "" == rsp.ask("vFile:open:" + b"just probing".hex() + ",0,1c0")
    assert rsp.ask("vFile:open:" + b"/nosuch".hex() + ",0,0") == "F-1,2"
    fd = rsp.ask("vFile:open:" + b"README".hex() + ",0,0")[1:]
    assert "This archive is" in rsp.ask(f"vFile:pread:{fd},100,0")


def test_a_file_that_is_not_there_is_no_end_of_files(gdb, tmp_path):
    """With symbols of the host's."""
    assert "No such file" in gdb.refused(f"remote get /nosuch {tmp_path / 'x'}")
    gdb.execute(f"remote get /dmesg {tmp_path / 'log'}")
    assert (tmp_path / "log").read_text().startswith("Trapline kernel ")


def test_no_kernel_in_the_initrd(boot, settings, tmp_path):
    readme = tmp_path / "README"
    readme.write_text("nothing here\n")
    machine = boot(append="gdb.file=target", initrd=initrd(settings, tmp_path, readme)).serving()
    machine.console.wait_for("gdb.file=target: no kernel.elf in the initrd, using none")
    assert "qXfer:exec-file:read" not in machine.rsp().features


def test_a_damaged_kernel_file_leaves_a_session_without_symbols(boot, settings, tmp_path):
    kernel = tmp_path / "kernel.elf"
    note = tmp_path / "note"  # or else it would be refused at once
    subprocess.run(["objcopy", "-O", "binary", "--only-section=.note.gnu.build-id", settings.elf.path, note], check=True)
    kernel.write_bytes(Path(settings.elf.path).read_bytes()[:5000] + note.read_bytes())
    machine = boot(append="gdb.file=target", initrd=initrd(settings, tmp_path, kernel)).serving()
    gdb = machine.gdb(attach=False, file="")
    gdb.execute(f"target remote {machine.remote}")
    before = gdb.int("$pc")
    gdb.execute("stepi")
    assert before >> 32 == 0xffffffff and gdb.int("$pc") != before
