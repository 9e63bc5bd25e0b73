"""Modules and the clients that Debian's gdb is not: what they find by themselves."""
import subprocess

import pytest
from clients.programs import program


@pytest.fixture
def lldb(request, boot, settings, tcp_port, deadline):
    """lldb(version, command...): what they print, in a kernel that waits in kernel_main."""

    def run(version, *commands):
        arguments = [program(f"lldb-{version}"), "-x", "-b", "-o", "settings set plugin.process.gdb-remote.packet-timeout 60",
                     "-o", f"gdb-remote 127.0.0.1:{tcp_port}"]
        for command in commands:
            arguments += ["-o", command]
        result = subprocess.run(arguments, capture_output=True, text=True, timeout=deadline.left())
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    marker = request.node.get_closest_marker("machine")
    append = f"gdb=wait gdb.file={settings.elf.path} {marker.kwargs['append'] if marker else ''}"
    run.machine = boot(append=append, com1=f"tcp:{tcp_port}").serving()
    return run


@pytest.mark.parametrize("version", [16, 19, 22])
def test_lldb_pending_breakpoints_and_unload(lldb, version):
    output = lldb(version, "breakpoint set -n ramdisk_write", "breakpoint set -n disktest_block",
                  "process plugin packet monitor insmod disktest", "c", "bt 3", "breakpoint delete 1 2",
                  "process plugin packet monitor rmmod disktest", "b demo_add", "c")
    assert "1 location added to breakpoint 1" in output
    assert "disktest.ko`disktest_block(number=0) at disktest.c:" in output
    assert "disktest.ko`disktest_init at disktest.c:" in output
    assert "stop reason = signal SIGTRAP" not in output.split("insmod")[1], "the stop for the list is silent"
    lldb.machine.console.wait_for("^module: ramdisk is gone")


@pytest.mark.parametrize("version", [16, 19, 22])
def test_lldb_and_the_module_that_comes_after_the_last_one(boot, settings, version):
    """lldb is told that there are no modules, and goes on showing the last one. The next is not loaded where
    that was: its symbols would go with the old one's."""
    machine = boot(append=f"gdb=wait modules=ramdisk gdb.file={settings.elf.path}").serving()
    lldb = machine.lldb(program=program(f"lldb-{version}"))
    lldb.execute("breakpoint set -n demo_nothing", "continue")
    assert "ramdisk.ko" in lldb.execute("image list")
    before = len(lldb.packet_log())
    lldb.execute("process plugin packet monitor rmmod ramdisk")
    while not machine.console.find("^module: ramdisk is gone"):  # the thread of modules has its turn when it has it
        lldb.execute("continue")
    lists = [line for line in lldb.packet_log()[before:] if "<library-list-svr4" in line]
    assert lists and all(line.endswith('<library-list-svr4 version="1.0"></library-list-svr4>#f9') for line in lists)
    assert "ramdisk.ko" in lldb.execute("image list"), "docs/clients.md says otherwise"

    lldb.execute("process plugin packet monitor insmod faulty", "breakpoint delete -f")
    assert "SIGSEGV" in lldb.execute("continue") + lldb.execute("process status")
    assert lldb.frames()[:3] == ["faulty_reset", "faulty_probe", "faulty_init"]
    images = lldb.execute("image list")
    assert "faulty.ko" in images and "ramdisk.ko" not in images


def test_gdb_16_pending_breakpoint(boot, settings):
    machine = boot(append=f"gdb=wait gdb.file={settings.elf.path}").serving()
    gdb = machine.gdb(attach=False, file="", program=program("gdb-16"))
    gdb.execute("set breakpoint pending on", f"target remote {machine.remote}", "break disktest_block",
                "catch unload", "monitor insmod disktest")
    assert "disktest_block (number=" in gdb.execute("continue")
    assert gdb.frames()[:2] == ["disktest_block", "disktest_init"]
    gdb.execute("delete 1", "monitor rmmod disktest")
    assert "Inferior unloaded" in gdb.execute("continue")


# A kernel that has moved, by clients that have no file

@pytest.mark.parametrize("version", [16, 19, 22])
@pytest.mark.machine(append="kaslr modules=ramdisk")
def test_lldb_finds_a_moved_kernel_and_its_modules(lldb, version):
    output = lldb(version, "bt", "b demo_add", "c", "frame variable a b", "image list")
    assert "kernel.elf`kernel_main(boot=0x" in output and "kernel.elf`boot_high" in output
    assert "kernel.elf`demo_add(a=2, b=3) at tutorial.c:" in output
    assert "(int) a = 2" in output and "ramdisk.ko" in output


def test_gdb_16_finds_a_moved_kernel(boot, settings):
    machine = boot(append=f"gdb=wait kaslr gdb.file={settings.elf.path}").serving()
    gdb = machine.gdb(attach=False, file="", program=program("gdb-16"))
    gdb.execute(f"target remote {machine.remote}", "break demo_add", "continue")
    assert gdb.frames()[0] == "demo_add" and gdb.int("b") == 3
