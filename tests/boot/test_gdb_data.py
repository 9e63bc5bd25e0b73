"""Stock gdb looks at the kernel and changes it: variables, registers, memory, calls."""
import re

import pytest

FORBIDDEN = {
    "null": "0", "unmapped": "0x100000000000", "hole": "0x800000000000", "beyond-1-TiB": "0x10000000000",
    "user-top": "0x7ffffffffff8", "hole-end": "0xffff7ffffffffff8", "top": "0xffffffffffffffc0",
}


@pytest.mark.parametrize("expression, text", [
    ("demo_sample.tiny", "-8 '\\370'"),
    ("demo_sample.small", "1600"),
    ("demo_sample.negative", "-320000"),
    ("demo_sample.large", "18364758544493064720"),
    ("demo_sample.yes", "true"),
    ("demo_sample.letter", "84 'T'"),
    ("demo_sample.text", '"sixteen letters"'),
    ("demo_sample.colour", "DEMO_GREEN"),
    ("demo_sample.colours", "(DEMO_RED | DEMO_BLUE)"),
    ("demo_sample.five_bits", "21"),
    ("demo_sample.three_bits", "-3"),
    ("demo_sample.word.halves", "{67305985, 134678021}"),
    ("demo_sample.point", "{x = 3, y = -4}"),
    ("demo_sample.matrix", "{{11, 12, 13}, {21, 22, 23}}"),
    ("demo_sample.self->self->point.y", "-4"),
    ("*demo_sample.function", "{int (int, int)} %s <demo_add>"),
])
def test_print(shared_gdb, expression, text):
    expected = text % hex(shared_gdb.int("(unsigned long)demo_add")) if "%s" in text else text
    assert shared_gdb.text(expression) == expected


@pytest.mark.parametrize("place, value, reads", [
    ("tiny", "-1", "-1"),
    ("large", "0x1122334455667788", str(0x1122334455667788)),
    ("text[3]", "'X'", "88"),
    ("colour", "DEMO_BLUE", "4"),
    ("five_bits", "9", "9"),
    ("matrix[1][2]", "demo_sample.matrix[0][0] + 1", "12"),
    ("point.y", "-77", "-77"),
    ("word.bytes[7]", "0xff", "255"),
])
def test_set(shared_gdb, place, value, reads):
    field = f"((struct demo_sample *)demo_scratch)->{place}"
    shared_gdb.execute(f"set var {field} = {value}", "maintenance flush dcache")
    assert shared_gdb.int(field) == int(reads)


def test_locals_and_arguments(gdb):
    gdb.execute("tbreak demo_turn", "continue", "break demo_accumulate", "continue", "up")
    assert gdb.execute("info args").splitlines()[-1].startswith("n = ")
    assert "total = 0" in gdb.execute("info locals")
    gdb.execute("set var total = 100", "delete", "tbreak demo_accumulate", "continue", "up")
    assert gdb.int("total") >= 100
    assert gdb.int("values[0]") == 3


def test_set_changes_what_the_kernel_does(machine, gdb):
    """A changed argument changes the answer, which the demo notices and counts."""
    gdb.execute("tbreak demo_turn", "continue", "tbreak demo_factorial", "continue", "set var n = 5", "finish")
    gdb.execute("tbreak demo_stage_hash", "continue")
    assert gdb.int("demo_statistics.surprises") == 1
    machine.console.wait_for(r"demo_factorial\(10\) is 120 and was always 3628800")


def test_disassemble(gdb):
    gdb.execute("tbreak demo_hot", "continue")
    lines = gdb.execute("x/6i $pc").splitlines()
    assert len(lines) == 6
    assert lines[0].startswith("=> ") and "<demo_hot" in lines[0]
    assert any("demo_counter" in row for row in gdb.execute("disassemble demo_hot").splitlines())


def test_info_registers(machine, gdb):
    gdb.execute("tbreak demo_hot", "continue")
    rows = dict(re.findall(r"^(\w+) +(\S+)", gdb.execute("info registers"), re.M))
    assert int(rows["rip"], 16) == machine.elf["demo_hot"].address
    assert int(rows["cr3"], 16) & ~0xFFF and int(rows["cr3"], 16) & 0xFFF == 0
    for name in ("rax", "r15", "eflags", "cs", "ss", "fs_base", "gs_base", "k_gs_base", "cr0", "cr2",
                 "cr4", "cr8", "efer", "dr7"):
        assert name in rows, name


def test_control_registers_show_their_flags(gdb):
    assert {"PG", "WP", "PE"} <= set(gdb.text("$cr0").strip("[] ").split())
    assert {"LMA", "LME", "NXE"} <= set(gdb.text("$efer").strip("[] ").split())
    assert "PAE" in gdb.text("$cr4")
    assert gdb.int("$cr3") != 0


@pytest.mark.parametrize("register, value", [
    ("$rax", 0x1122334455667788), ("$r15", 0x8877665544332211 - 2**64), ("$xmm0.v2_int64[1]", -7),
    ("$xmm15.v4_int32[2]", 41), ("$mxcsr", 0x1F00), ("$st0", 3), ("$st7", -5), ("$k_gs_base", 0x1234),
    ("$cr2", 0x5678), ("$fctrl", 0x27F)])
def test_register_keeps_what_is_written(shared_gdb, register, value):
    before = shared_gdb.int(register)
    for now in (value, before):
        shared_gdb.execute(f"set var {register} = {now}", "maintenance flush register-cache")
        assert shared_gdb.int(register) == now


def test_program_survives_a_step_with_all_registers_rewritten(gdb):
    gdb.execute("tbreak demo_hot", "continue")
    for name in ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r9", "r10", "r11", "r12",
                 "r13", "r14", "r15", "rip", "eflags"):
        gdb.execute(f"set var ${name} = ${name}")
    gdb.execute("stepi", "tbreak demo_stage_hash", "continue")


@pytest.mark.parametrize("call, value", [
    ("demo_add(20, 22)", 42), ("demo_factorial(12)", 479001600), ("demo_is_even(3)", 0),
    ('demo_string_length("trapline")', 8),
    ("demo_apply(demo_add, 1, 2)", 3), ("demo_point_add(demo_sample.point, demo_sample.point).x", 6),
    ("demo_box_area(demo_box_around(demo_sample.point, demo_sample.point))", 0), ("demo_loop_1000()", 499500)])
def test_call(shared_gdb, call, value):
    before = shared_gdb.execute("info registers rip rsp rbp rax rbx eflags")
    assert shared_gdb.int(call) == value
    assert shared_gdb.execute("info registers rip rsp rbp rax rbx eflags") == before


def test_call_that_hits_a_breakpoint_can_be_finished(gdb):
    gdb.execute("tbreak demo_hot", "continue")  # where the program has not set TF itself, which the call would inherit
    gdb.execute("break demo_add")
    assert "demo_add" in gdb.refused("print demo_add(1, 2)")
    assert "<function called from gdb>" in gdb.execute("backtrace")
    assert "= 3" in gdb.execute("finish")


def test_find(gdb):
    gdb.execute("set var demo_scratch[40000] = 0x5a", "set var demo_scratch[40001] = 0xa5")
    found = gdb.execute("find /b &demo_scratch[0], +sizeof(demo_scratch), 0x5a, 0xa5")
    assert "<demo_scratch+40000>" in found and "1 pattern found" in found
    assert "not found" in gdb.execute("find /b &demo_scratch[0], +100, 0x77")


def test_compare_sections(gdb):
    rows = gdb.execute("compare-sections -r").splitlines()
    assert len(rows) >= 2
    assert all(row.endswith("matched.") for row in rows), rows


@pytest.mark.parametrize("transport", ["com1", "virtio"])
def test_sections_that_nobody_writes_are_those_of_the_file_with_breakpoints_set(machine, transport):
    """Also while they stay planted, and after they were passed by: gdb looks at the physical addresses."""
    gdb = machine.gdb()
    gdb.execute("tbreak demo_turn", "continue", "set breakpoint always-inserted on")
    gdb.execute("break demo_hot if n == 50", "hbreak demo_add", "break demo_factorial", "break demo_turn", "continue")
    for section in (".text", ".rodata", ".relocations"):
        assert gdb.execute(f"compare-sections {section}").endswith(": matched.\n"), section
    gdb.execute("delete", "stepi")
    assert gdb.execute("compare-sections .text").endswith(": matched.\n")


@pytest.mark.machine(smp=2, append="init=/init workload=off")
def test_sections_of_a_kernel_thread_are_those_of_the_file_while_a_program_runs(gdb):
    """The program's page tables map no low addresses, where gdb looks; the thread's do."""
    gdb.execute("tbreak syscall_dispatch", "continue")
    assert "memory" in gdb.refused("compare-sections .text")
    gdb.execute("info threads 1")
    assert gdb.execute("compare-sections .text").endswith(": matched.\n")


def test_monitor_help(gdb):
    assert "help" in gdb.execute("monitor help")
    assert gdb.execute("monitor no-such-command").strip()


@pytest.mark.parametrize("address", FORBIDDEN.values(), ids=FORBIDDEN)
def test_forbidden_memory_is_refused_and_gdb_goes_on(shared_gdb, address):
    assert "Cannot access memory" in shared_gdb.refused(f"x/8gx {address}")
    assert "Cannot access memory" in shared_gdb.refused(f"set var *(long *){address} = 1")
    assert shared_gdb.int("demo_sample.point.x") == 3


def test_write_to_code_and_constants(machine, gdb):
    """Read-only for the kernel, not for its debugger; and the processor runs what was written."""
    assert gdb.text("demo_banner[0]") == "100 'd'"
    gdb.execute("set var *(char *)&demo_banner[0] = 'D'")
    assert gdb.text("demo_banner[0]") == "68 'D'"
    gdb.execute("tbreak demo_stage_hash", "continue")
    nothing = machine.elf["demo_nothing"].address
    first = gdb.int(f"*(unsigned char *){nothing}")
    gdb.execute(f"set var *(unsigned char *){nothing} = 0xcc")
    assert "SIGTRAP" in gdb.execute("continue")
    assert gdb.int("$pc") in (nothing, nothing + 1)
    gdb.execute(f"set var *(unsigned char *){nothing} = {first}", f"set var $pc = {nothing}",
                "tbreak demo_stage_hash", "continue")


def test_dump_and_restore(machine, gdb):
    image = machine.folder / "image"
    gdb.execute(f"dump binary value {image} demo_image")
    size = gdb.int("sizeof(demo_image)")
    assert len(image.read_bytes()) == size
    gdb.execute(f"restore {image} binary &demo_scratch")
    assert gdb.int(f"$_memeq(&demo_scratch, &demo_image, {size})") == 1
