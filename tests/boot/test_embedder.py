"""docs/porting.md, by a kernel that does what the page asks for and nothing else (tests/boot/embedder): the stub is
lifted out of here, with no hook but the line. And the page itself: it names each hook, and none that there is not."""
import re
import subprocess
from pathlib import Path

import pytest
from trapline_pytest import LAUNCHER, ROOT, Settings
from trapline_pytest.elf import Elf

PAGE = (ROOT / "docs/porting.md").read_text()
SEAM = (ROOT / "arch/x86_64/debug/debugger.h").read_text()
CORE = (ROOT / "gdbstub/target.h").read_text()


def members(text, structure):
    """The names of a structure's members; those of pointers to functions among them."""
    body = re.search(rf"^struct {structure} {{\n(.*?)^}};", re.sub(r"/\*.*?\*/", "", text, flags=re.S), re.M | re.S)[1]
    pairs = re.findall(r"\(\*(\w+)\)\([^;]*;|(\w+)(?=[,;])", body)
    return {pointer or plain for pointer, plain in pairs}


def functions(text):
    return set(re.findall(r"^\w[^\n(]*?[ *](debugger_\w+)\(", re.sub(r"/\*.*?\*/", "", text, flags=re.S), re.M))


def rows(title):
    """The names in the first columns of a section's tables."""
    section = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)[1]
    return [name for row in re.findall(r"^\| (`.*?) \|", section, re.M) for name in re.findall(r"`(\w+)[^`]*`", row)]


@pytest.mark.parametrize("title, names", [
    ("Every setting", members(SEAM, "debugger_config") | members(SEAM, "debugger_transport")),
    ("Every call", functions(SEAM)),
    ("Another machine", members(CORE, "gdb_target")),
])
def test_the_page_names_each_once(title, names):
    assert len(names) > 15
    assert sorted(rows(title)) == sorted(names)


@pytest.fixture(scope="session")
def settings(settings, tmp_path_factory):
    """The debugger as it was compiled for the kernel here, in another one."""
    build, folder = Path(settings.elf.path).parent / "obj", tmp_path_factory.mktemp("embedder")
    objects = [str(file) for room in ("gdbstub", "arch/x86_64/debug") for file in (build / room).glob("*.o")
               if file.name == "zydis.o" or (ROOT / room / file.stem).exists()]
    make = ["make", "-s", "-C", str(ROOT / "tests/boot/embedder"), f"BUILD={folder}", f"OBJECTS={' '.join(objects)}"]
    made = subprocess.run(make, capture_output=True, text=True)
    assert len(objects) > 100 and made.returncode == 0, made.stderr
    return Settings(LAUNCHER, Elf(folder / "kernel.elf"), banner="embedder: booting")


# What a command says that would need a hook.
WITHOUT = {
    "apic": "the kernel has not told where that is mapped", "irq": "has not told where its APICs are mapped",
    "log": "no way to read its log", "lm": "no modules are loaded", "maps": "has not told where physical memory is",
    "poweroff": "no way to switch the machine off", "reset": "no way to reset the machine",
    "pte $rip": "has not told where physical memory is", "ps": "tells of no processes", "process 1": "no process 1",
    "threads": "1  cpu0  cpu0  running", "watchdog 3": "no clock for a watchdog", "wt": "debugger_config.wt_memory",
    "print main": "main", "bt": "#0  0x", "analyze": "page fault: write to 0x200000000000", "version": "Trapline",
}


def test_a_kernel_with_no_hook_but_its_line(machine, gdb):
    assert gdb.frames() == ["debugger_break", "main"]
    assert re.findall(r"Thread .*?\)", gdb.execute("info threads")) == ['Thread 1.1 "cpu0" (running)']
    gdb.execute("break count_to")
    assert "count_to (n=" in gdb.execute("continue") and gdb.frames() == ["count_to", "work", "main"]
    assert "Value returned is $1 = 55" in gdb.execute("finish")
    gdb.execute("delete", "watch counter")
    assert "New value = 2" in gdb.execute("continue") and "New value = 3" in gdb.execute("continue")
    gdb.execute("delete", "stepi", "next", "next")
    assert gdb.int("count_to(4)") == 10
    gdb.execute("break count_to if counter == 100", "continue", "delete")
    assert gdb.int("counter") == 100

    gdb.resume()
    assert "SIGINT" in gdb.interrupt() and gdb.frames()[-1] == "main"
    assert gdb.int("ticks") > 0

    gdb.execute("set var wanted_fault = 0x200000000000")
    assert "SIGSEGV" in gdb.execute("continue") and gdb.frames() == ["work", "main"]
    answers = {command: gdb.execute(f"monitor {command}") for command in WITHOUT}
    assert [command for command, says in WITHOUT.items() if says not in answers[command]] == [], answers
    gdb.execute("set var wanted_fault = 0", "set var $rax = &ticks", "detach")

    rsp = machine.rsp()
    rsp.insert(machine.elf["count_to"].address)
    rsp.go()
    assert rsp.pc == machine.elf["count_to"].address
    rsp.detach()
