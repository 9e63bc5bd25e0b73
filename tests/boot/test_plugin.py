"""The lldb of the plugin, driven as the gdb is."""
import re


def test_lldb_runs_stops_and_is_interrupted(boot, settings, lldb_program):
    machine = boot(append=f"gdb=wait gdb.file={settings.elf.path}").serving()
    lldb = machine.lldb(program=lldb_program)
    assert lldb.frames()[0] == "kernel_main"
    lldb.execute("breakpoint set -n demo_add")
    assert "stop reason = breakpoint 1.1" in lldb.execute("continue")
    assert (lldb.int("a + b"), lldb.text("demo_banner")[1:6]) == (5, "demo:")
    assert "error" in lldb.refused("breakpoint set --nothing").lower()
    lldb.execute("breakpoint delete -f")
    lldb.resume()
    assert re.search("stop reason = signal SIGINT", lldb.interrupt())
    assert lldb.frames()[-1] == "boot_high"
    assert any("vCont;c" in line for line in lldb.packet_log())
