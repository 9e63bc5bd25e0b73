"""KASLR: the kernel is elsewhere each time, and clients with or without a file find it, with breakpoints
that were set before they connected, protected ranges, guarded accesses and the debugger of the early boot."""
import re

import pytest

FIXED = 0x5600000


@pytest.fixture
def moved(boot, settings):
    """moved(append): a kernel that waits in kernel_main, moved up by FIXED."""

    def start(append=""):
        return boot(append=f"gdb=wait kaslr={FIXED:x} gdb.file={settings.elf.path} {append}").serving()

    return start


def slide_of(machine):
    return int(machine.console.wait_for(r"^boot: moved up by 0x(\w+)").group(1), 16)


def test_random_slides_differ_and_are_multiples_of_2_mib(boot):
    slides = {slide_of(boot(append="kaslr gdb=off")) for _ in range(3)}
    assert len(slides) > 1, "three of 489 places were the same"
    assert all(slide % 0x200000 == 0 and 0x1000000 <= slide <= 0x3e000000 for slide in slides)


@pytest.mark.parametrize("append, line", [
    ("kaslr=1000000", "moved up by 0x1000000"),
    ("kaslr=0x3e000000", "moved up by 0x3e000000"),
    ("kaslr=5600000 kaslr=1200000", "moved up by 0x1200000"),
])
def test_fixed_slides_up_to_the_limits(boot, append, line):
    machine = boot(append=f"{append} gdb=off")
    machine.console.wait_for(line)
    machine.console.wait_for("^demo: a work loop")


@pytest.mark.parametrize("append", ["", "nokaslr", "kaslr=off", "kaslr=0", "kaslr nokaslr", "notkaslr", "kaslr=1000001",
                                    "kaslr=e00000", "kaslr=40000000", "kaslr=zz", "kaslr=", "kaslr=10000000000000000"])
def test_everything_else_stays_where_it_was_linked(boot, append):
    machine = boot(append=f"{append} gdb=off")
    machine.console.wait_for("^memory: ")
    assert not machine.console.find("moved up")
    wrong = append.startswith("kaslr=") and append not in ("kaslr=off", "kaslr=0")
    assert bool(machine.console.find("not a multiple of 2 MiB")) == wrong


def test_offsets(moved):
    rsp = moved().rsp()
    text = int(re.fullmatch("TextSeg=([0-9a-f]+)", rsp.ask("qOffsets")).group(1), 16)
    assert text == 0xffffffff80100000 + FIXED
    assert rsp.pc - FIXED >> 32 == 0xffffffff
    assert rsp.ask(f"m{rsp.pc - FIXED:x},1").startswith("E"), "nothing is where it was linked"


def test_what_is_protected_has_moved_along(moved):
    machine = moved()
    rsp = machine.rsp()
    start = machine.elf["__debugger_text_start"].address
    for address in (start + FIXED, 0xffff800000000000 + start - 0xffffffff80000000, start - 0xffffffff80000000):
        assert rsp.ask(f"Z0,{address:x},1").startswith("E."), hex(address)
        assert rsp.ask(f"M{address:x},1:90").startswith("E"), hex(address)
    hot = machine.elf["demo_hot"].address + FIXED
    rsp.insert(hot)
    assert rsp.go().values.get("swbreak") == "" and rsp.pc == hot
    assert rsp.ask("m10,4").startswith("E"), "its table of guarded accesses has moved along"


def test_gdb_without_a_file(moved, settings):
    machine = moved("modules=ramdisk")
    gdb = machine.gdb(attach=False, file="")
    gdb.execute(f"target remote {machine.remote}")
    assert gdb.frames() == ["kernel_main", "kernel_start", "boot_main", "boot_high"]
    gdb.execute("break demo_add", "continue")
    assert gdb.frames()[0] == "demo_add" and gdb.int("a") == 2
    assert gdb.text("demo_banner").startswith('"')
    assert gdb.int("(unsigned long)&demo_counter") % 2**64 == machine.elf["demo_counter"].address + FIXED
    assert "ramdisk.ko" in gdb.execute("info sharedlibrary")


def test_breakpoints_that_were_set_before_connecting_move(moved):
    machine = moved()
    gdb = machine.gdb(attach=False)
    gdb.execute("break demo_add", "tbreak demo_stage_hot", f"target remote {machine.remote}", "continue")
    assert gdb.frames()[0] in ("demo_add", "demo_stage_hot")
    assert gdb.int("$pc") - FIXED >= machine.elf["__text_start"].address
    before = machine.elf[gdb.frames()[0]]
    assert before.address <= gdb.int("$pc") - FIXED < before.end


def test_a_fault_of_the_early_boot_is_where_gdb_says(boot, settings):
    machine = boot(append=f"kaslr={FIXED:x} fault=invalid_opcode@boot")
    gdb = machine.gdb(attach=False)
    gdb.execute(f"target remote {machine.remote}")
    frames = gdb.frames()
    assert frames[-3:] == ["kernel_start", "boot_main", "boot_high"], frames


@pytest.mark.machine(append=f"kaslr={FIXED:x}", smp=4)
def test_other_processors_start(machine):
    machine.console.wait_for("^smp: 4 of 4 cpus online")


def test_grub_starts_a_kernel_that_moves(boot, settings, tmp_path):
    """The CD's second entry: nobody is there to choose it, so it is made the first choice on a copy."""
    data = settings.initrd.with_name("trapline.iso").read_bytes()
    assert data.count(b"\nset default=0\n") == 1
    iso = tmp_path / "moved.iso"
    iso.write_bytes(data.replace(b"\nset default=0\n", b"\nset default=1\n"))
    machine = boot(iso=iso).serving()
    slide = slide_of(machine)
    gdb = machine.gdb(attach=False)
    gdb.execute("break demo_factorial", f"target remote {machine.remote}")
    while "demo_factorial (n=10)" not in gdb.execute("continue"):  # the attach may have been within it
        pass
    assert gdb.frames()[-1] == "boot_high"
    code = machine.elf["demo_factorial"]
    assert slide and code.address <= gdb.int("$pc") % 2**64 - slide < code.end
    assert gdb.int("(unsigned long)&demo_counter") % 2**64 == machine.elf["demo_counter"].address + slide
