"""Modules come and go: clients find their symbols, breakpoints that waited for them hit, bad ones are
refused with the reason and leave nothing behind, and one that faults in its init leaves a kernel that
lives."""
import re
import struct
import subprocess
from pathlib import Path

import pytest
from clients.programs import GDBS
from trapline_pytest.elf import Elf

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = re.compile(r'<library name="([^"]*)"><segment address="0x(\w+)"/></library>')


@pytest.fixture(scope="session")
def modules(settings):
    """Where the modules' ELF files are: beside the kernel's."""
    return Path(settings.elf.path).parent / "modules"


def libraries(rsp):
    """The names and addresses of gdb's list."""
    return {Path(name).name: int(address, 16) for name, address in LIBRARY.findall(rsp.transfer("libraries", ""))}


def run_until_loaded(rsp, name):
    """Go on, through the stops for the list, until it has name; the stops on the way."""
    stops = []
    while name not in libraries(rsp):
        stops.append(rsp.go())
        assert "library" in rsp.stop.values, rsp.stop
    return stops


# Clients of our own

def test_list_stop_and_rights(boot, settings, modules):
    machine = boot(append=f"modules=disktest gdb.file={settings.elf.path}").serving()
    machine.console.wait_for("^disktest: 128 blocks are good")
    rsp = machine.rsp()
    names = libraries(rsp)
    assert list(names) == ["ramdisk.ko", "disktest.ko"]
    assert str(modules / "ramdisk.ko") in rsp.transfer("libraries", "")
    assert re.search(r"^0x\w+-0x\w+  ramdisk  /.*/ramdisk\.ko$", rsp.monitor("lm"), re.M)
    elf = Elf(modules / "ramdisk.ko")
    sections = {".dynsym": "r", ".text": "rx", ".rodata": "r", ".got": "r", ".bss": "rw"}
    for section, rights in sections.items():
        region = rsp.ask(f"qMemoryRegionInfo:{names['ramdisk.ko'] + elf.sections[section].address:x}")
        assert f"permissions:{rights};" in region, (section, region)
    assert rsp.monitor("rmmod ramdisk") and rsp.monitor("rmmod disktest")
    machine_says = machine.console.wait_for
    rsp.go()
    assert list(libraries(rsp)) == ["ramdisk.ko"], "disktest needs it, so it has stayed"
    rsp.go()
    assert libraries(rsp) == {} and rsp.monitor("lm") == "no modules are loaded\n"
    rsp.detach()
    machine_says("^module: ramdisk is needed by 1 others")
    machine_says("^module: ramdisk is gone")


def test_what_came_for_another_goes_with_it_unless_it_was_asked_for(boot):
    machine = boot(append="modules=disktest").serving()

    def run(*commands):
        """The modules that are there when all of these are done."""
        seen, rsp = len(machine.console.lines), machine.rsp()
        for command in (*commands, "insmod last"):
            rsp.monitor(command)
        rsp.detach()
        machine.console.wait_for("^module: last: modules/last.ko is not in the initrd", seen)
        rsp = machine.rsp()
        listed = rsp.monitor("lm")
        rsp.detach()
        return listed

    assert run("rmmod disktest") == "no modules are loaded\n", "ramdisk had come for it only"
    listed = run("insmod disktest", "insmod ramdisk", "rmmod disktest")
    assert "ramdisk" in listed and "disktest" not in listed, "ramdisk was asked for by its name"
    assert machine.console.find("^module: ramdisk is loaded already")


def test_only_a_client_that_has_read_the_list_is_stopped(machine):
    rsp = machine.rsp()
    assert "once" not in rsp.monitor("insmod ramdisk")
    rsp.resume()
    machine.console.wait_for("^ramdisk: 128 blocks")
    assert rsp.interrupt().signal == 2
    libraries(rsp)
    rsp.monitor("rmmod ramdisk")
    assert "library" in rsp.go().values
    assert libraries(rsp) == {}


def test_stop_comes_before_the_first_instruction_and_breakpoints_go_with_the_module(machine, modules):
    rsp = machine.rsp()
    init = Elf(modules / "ramdisk.ko")["ramdisk_init"].address
    assert libraries(rsp) == {}
    for _ in range(2):
        rsp.monitor("insmod ramdisk")
        run_until_loaded(rsp, "ramdisk.ko")
        assert not machine.console.find("^ramdisk: 128 blocks") or _, "it has not begun"
        address = libraries(rsp)["ramdisk.ko"] + init
        rsp.insert(address)
        assert rsp.go().values.get("swbreak") == "" and rsp.pc == address
        rsp.monitor("rmmod ramdisk")
        assert "library" in rsp.go().values and libraries(rsp) == {}
        rsp.monitor("insmod faulty")
        rsp.go()
        assert f"{address:x}" not in rsp.monitor("bp"), "it went with its module"
        rsp.go()
        assert rsp.stop.signal == 11
        rsp.monitor("rmmod faulty")
        rsp.go("vCont;C0b:p1.-1")
        assert libraries(rsp) == {}


def test_break_on_load(machine):
    rsp = machine.rsp()
    assert rsp.monitor("break-on-load") == "modules are loaded without a stop\n"
    assert rsp.monitor("break-on-load nothing") and rsp.monitor("break-on-load disktest")
    assert rsp.monitor("break-on-load") == "stop when one of these is loaded: nothing, disktest\n"
    rsp.monitor("insmod disktest")
    assert rsp.go().signal == 5 and "library" not in rsp.stop.values
    assert re.search(r"module disktest is loaded at 0x\w+, and will begin at 0x\w+", rsp.output)
    rsp.monitor("break-on-load off")
    rsp.monitor("break-on-load *")
    rsp.monitor("insmod faulty")
    assert rsp.go().signal == 5
    assert "module faulty is loaded" in rsp.output
    assert "usage" in rsp.monitor("break-on-load a b")
    assert "too long: of a module's 31 bytes" in rsp.monitor("break-on-load " + 32 * "x")


def test_notes_are_limited_and_checked(machine):
    rsp = machine.rsp()
    for _ in range(8):
        assert "when it runs on" in rsp.monitor("insmod nothing")
    assert "8 commands wait already" in rsp.monitor("insmod nothing")
    for name in ("../ramdisk", "a b", 32 * "x"):
        assert f"{name} is no name of a module: letters, digits, _ and -, at most 31" in rsp.monitor(f"insmod {name}")
    for command in ("insmod", "rmmod "):
        assert rsp.monitor(command) == "which module? its NAME has to follow\n"
    rsp.detach()
    machine.console.wait_for("^module: nothing: modules/nothing.ko is not in the initrd")
    assert "when it runs on" in machine.rsp().monitor("insmod nothing")


# Bad modules

def patched(data, offset, value, size):
    return data[:offset] + value.to_bytes(size, "little") + data[offset + size:]


def bad_modules(good, needy):
    """name -> (file, what the kernel says of it). The program headers are those of ld -z separate-code."""
    phoff = struct.unpack_from("<Q", good, 32)[0]
    header = [phoff + 56 * i for i in range(4)]
    relocations = good.index(struct.pack("<Q", 8), 0x300) - 8  # the first R_X86_64_RELATIVE
    return {
        "cut": (good[:len(good) // 2], "cut off"),
        "empty": (b"", "too short for an ELF header"),
        "text": (b"#!/bin/sh\n" + 100 * b" ", "not an ELF file"),
        "arm": (patched(good, 18, 183, 2), "built for another machine"),
        "overlap": (patched(good, header[2] + 16, 0x1000, 8), "overlaps the one before it"),
        "writable": (patched(good, header[1] + 4, 7, 4), "both writable and executable"),
        "huge": (patched(good, header[3] + 40, 1 << 40, 8), "ends beyond 16 MiB"),
        "range": (patched(good, relocations, 1 << 20, 8), "relocation at 0x100000 lies outside of it"),
        # The first one is of MODULE()'s description.
        "wordless": (patched(good, relocations + 16, 0x1234567800, 8), "its description lies outside of it"),
        "symbol": (good.replace(b"\0kcalloc\0", b"\0kcall0c\0"), "unresolved symbol kcall0c"),
        "selfish": (needy.replace(b"\0ramdisk.ko\0", b"\0selfish.ko\0"), "it needs selfish, which is being loaded"),
        "needy": (needy.replace(b"\0ramdisk.ko\0", b"\0nothing.ko\0"), "it needs nothing, which could not be loaded"),
        "chain": (needy.replace(b"\0ramdisk_write\0", b"\0ramdisk_wr1te\0"), "unresolved symbol ramdisk_wr1te"),
    }


@pytest.fixture
def bad_initrd(tmp_path, modules):
    stripped = modules.parent / "obj/modules"
    good, needy = ((stripped / f"{name}.ko").read_bytes() for name in ("ramdisk", "disktest"))
    bad = bad_modules(good, needy)
    arguments = [f"modules/ramdisk.ko={stripped / 'ramdisk.ko'}"]
    for name, (data, _) in bad.items():
        (tmp_path / name).write_bytes(data)
        arguments.append(f"modules/{name}.ko={tmp_path / name}")
    image = tmp_path / "initrd"
    with open(image, "wb") as out:
        subprocess.run([ROOT / "scripts/mkinitrd.py", *arguments], stdout=out, check=True)
    return image, {name: why for name, (_, why) in bad.items()}


def free_pages(rsp, machine):
    """... once the thread that loads modules has said no and has tidied up behind that."""
    while 'name="modules">blocked' not in rsp.transfer("threads", ""):
        rsp.run_to("demo_stage_hot")  # a turn at least: an 0x03 right behind a resume may come before anybody moves
    return rsp.read_u64(machine.elf["available"].address)


def test_bad_modules_are_refused_with_the_reason_and_leave_nothing(boot, settings, bad_initrd):
    image, bad = bad_initrd
    names = ",".join(bad)
    machine = boot(append=f"init=off workload=off modules={names},{names},last gdb.file={settings.elf.path}", initrd=image,
                   kernel=settings.elf.path).serving()
    machine.console.wait_for("^module: last: modules/last.ko is not in the initrd")
    rsp = machine.rsp()
    libraries(rsp)
    rsp.run_to("demo_stage_heap")
    for stage in ("demo_stage_hash", "demo_stage_list"):  # they take memory, and give it back, as they like
        rsp.write(rsp.elf[stage].address, b"\xc3")
    free = []
    for _ in range(2):
        for name in bad:
            seen = len(machine.console.lines)
            rsp.monitor(f"insmod {name}")
            rsp.resume()
            if name == "chain":  # ramdisk comes for it, and goes with it
                assert "library" in rsp.wait_stop().values
                assert "library" in rsp.go().values
                rsp.resume()
            machine.console.wait_for(rf"^module: {name}: .*{re.escape(bad[name])}", seen)
            rsp.interrupt()
        free.append(free_pages(rsp, machine))
    assert libraries(rsp) == {}
    assert free[0] == free[1], "a leak takes a page each time"


def test_a_long_chain_of_dependencies_is_refused(boot, settings, modules, tmp_path):
    needy = (modules.parent / "obj/modules/disktest.ko").read_bytes()
    arguments = []
    for i in range(60):
        file = tmp_path / f"link{i:03}"
        file.write_bytes(needy.replace(b"\0ramdisk.ko\0", b"\0link%03d.ko\0" % (i + 1)))
        arguments.append(f"modules/{file.name}.ko={file}")
    with open(tmp_path / "initrd", "wb") as out:
        subprocess.run([ROOT / "scripts/mkinitrd.py", *arguments], stdout=out, check=True)
    machine = boot(append="init=off workload=off modules=link000,last", initrd=tmp_path / "initrd",
                   kernel=settings.elf.path).serving()
    machine.console.wait_for("^module: link008: it needs link009, too far down")
    machine.console.wait_for("^module: last: modules/last.ko is not in the initrd")


# gdb

@pytest.fixture
def attach(boot, settings):
    """attach(): gdb without a file in a kernel that waits, and its machine."""

    def start(append="", program="gdb", **options):
        machine = boot(append=f"gdb=wait gdb.file={settings.elf.path} {append}", **options).serving()
        gdb = machine.gdb(attach=False, file="", program=program)
        gdb.execute("set breakpoint pending on", f"target remote {machine.remote}")
        return gdb, machine

    return start


@pytest.fixture
def debugger(attach):
    return attach()


def test_gdb_pending_breakpoints_catch_and_reload(debugger):
    gdb, machine = debugger
    gdb.execute("break ramdisk_init", "break disktest_block if number == 3", "monitor insmod disktest")
    assert "ramdisk_init ()" in gdb.execute("continue")
    assert gdb.frames()[0] == "ramdisk_init" and gdb.frames()[-1] == "thread_start"
    assert "ramdisk.c:" in gdb.execute("frame")
    assert "disktest_block (number=" in gdb.execute("continue")
    assert gdb.frames()[:3] == ["disktest_block", "disktest_init", "guarded_call_here"]
    assert gdb.int("number") == 3 and gdb.int("ramdisk_statistics.writes") == 3
    gdb.execute("catch unload disktest", "catch load ramdisk", "monitor rmmod disktest")
    assert "Inferior unloaded" in gdb.execute("continue")
    assert "disktest" not in gdb.execute("info sharedlibrary")
    gdb.execute("monitor insmod ramdisk")
    assert "Inferior loaded" in gdb.execute("continue"), "the second comes to where the first was"
    assert "ramdisk_init ()" in gdb.execute("continue")
    assert "<PENDING>" in gdb.execute("info breakpoints"), "disktest's waits again"


@pytest.mark.parametrize("program", GDBS, ids=lambda program: Path(program).name)
def test_gdb_break_on_load_and_the_list(attach, program):
    """As a user types them; the module has not begun at the stop, and catch load stops at the same moment."""
    gdb, machine = attach(program=program)
    assert gdb.execute("monitor lm") == "no modules are loaded\n"
    gdb.execute("monitor break-on-load disktest", "monitor insmod disktest")
    assert "SIGTRAP" in gdb.execute("continue")
    assert gdb.frames()[0] == "debugger_break", gdb.frames()
    assert "module disktest is loaded at 0x" in gdb.log.read_text()
    assert gdb.int("blocks_tested") == 0
    listed = gdb.execute("monitor lm")
    assert re.search(r"^0x\w+-0x\w+  disktest  /.*/disktest\.ko$", listed, re.M) and "ramdisk" in listed
    gdb.execute("monitor break-on-load *", "catch load faulty", "monitor insmod faulty")
    assert "Inferior loaded" in gdb.execute("continue")
    assert "SIGTRAP" in gdb.execute("continue") and "faulty" in gdb.execute("monitor lm")
    gdb.execute("monitor break-on-load off")
    assert "SIGSEGV" in gdb.execute("continue")


def test_gdb_loads_a_module_while_four_cpus_work(attach):
    """The stop for the list takes all of them; the breakpoint holds on whichever runs the module's init."""
    gdb, machine = attach("workload=full", smp=4)
    gdb.execute("break disktest_block if number == 100", "break demo_nothing", "continue", "delete 2")
    for _ in range(3):
        gdb.execute("monitor insmod disktest")
        assert "disktest_block (number=100)" in gdb.execute("continue")
        assert gdb.frames()[:2] == ["disktest_block", "disktest_init"]
        assert gdb.int("ramdisk_statistics.writes") == 100
        assert len(re.findall(r"\(running\)", gdb.execute("info threads"))) == 4
        gdb.execute("catch unload ramdisk", "monitor rmmod disktest")
        assert "Inferior unloaded" in gdb.execute("continue")
        gdb.execute("delete $bpnum")


def run_until_said(gdb, machine, line, command="continue"):
    """Modules have a thread of their own: what another does meanwhile says nothing of it."""
    gdb.resume(command)
    machine.console.wait_for(line)
    gdb.interrupt()


def test_gdb_fault_in_init(debugger):
    gdb, machine = debugger
    gdb.execute("monitor insmod faulty")
    assert "SIGSEGV" in gdb.execute("continue")
    assert gdb.frames()[:4] == ["faulty_reset", "faulty_probe", "faulty_init", "guarded_call_here"]
    assert gdb.int("device->resets") == 1 and gdb.int("device->registers") == 0
    run_until_said(gdb, machine, "^module: faulty has failed", "signal SIGSEGV")
    assert "faulty.ko" in gdb.execute("info sharedlibrary"), "its symbols are there as long as its memory is"
    gdb.execute("monitor insmod faulty", "monitor rmmod faulty", "catch unload faulty", "continue")
    machine.console.wait_for("^module: faulty has failed already")
    gdb.execute("delete")
    run_until_said(gdb, machine, "^module: faulty is gone")


def test_fault_in_init_without_a_debugger(boot):
    console = boot(append="gdb=off modules=faulty,ramdisk").console
    console.wait_for("^module: faulty has failed: ")
    console.wait_for("^ramdisk: 128 blocks")
