"""Stock gdb runs the kernel: breakpoints, steps, Ctrl-C. The demo checks itself all the time, so that a
step taken twice or a byte not put back ends in a panic, which fails the test."""
import re

import pytest


def at(gdb, function):
    """Run to a function's first call in a turn of the demo, and stop in it: the attach may be within a recursion."""
    gdb.execute("tbreak demo_turn", "continue", f"tbreak {function}")
    assert function in gdb.execute("continue")


def line(gdb):
    """The source line that the selected frame is at, as text."""
    return gdb.execute("frame").splitlines()[-1].split("\t", 1)[1].strip()


def test_break_shows_the_function_and_its_arguments(gdb):
    at(gdb, "demo_stage_tutorial")
    gdb.execute("break demo_add")
    assert "demo_add (a=2, b=3)" in gdb.execute("continue")
    assert gdb.frames()[:2] == ["demo_add", "demo_stage_tutorial"]


def test_break_in_a_file_at_a_line(gdb):
    gdb.execute("break kernel/demo/tutorial.c:demo_factorial")
    gdb.execute("continue")
    assert gdb.frames()[0] == "demo_factorial"
    here = gdb.execute("info line").split()[1]
    gdb.execute("delete", f"tbreak tutorial.c:{int(here) + 3}", "continue")
    assert gdb.frames()[0] == "demo_factorial"


def test_conditional_break_is_evaluated_by_the_host(gdb):
    at(gdb, "demo_stage_hot")
    gdb.execute("break demo_hot if n == 40")
    gdb.execute("continue")
    assert gdb.int("n") == 40
    assert "already hit 1 time" in gdb.execute("info breakpoints")


def test_ignore_count(gdb):
    at(gdb, "demo_stage_hot")
    gdb.execute("break demo_hot", "ignore $bpnum 20", "continue")
    assert gdb.int("n") == 20


def test_disabled_and_deleted_breakpoints_do_not_stop(gdb):
    at(gdb, "demo_stage_tutorial")
    gdb.execute("break demo_add", "disable $bpnum", "break demo_loop_1000", "break demo_factorial",
                "delete $bpnum")
    assert "demo_loop_1000" in gdb.execute("continue")


def test_breakpoint_commands_run(gdb):
    at(gdb, "demo_stage_hot")
    gdb.execute("set $hits = 0")
    gdb.execute("python gdb.Breakpoint('demo_factorial').commands = 'silent\\nset $hits += 1\\ncont'")
    gdb.execute("tbreak demo_stage_hash", "continue")
    assert gdb.int("$hits") == 10


def test_step_goes_into_a_call_and_next_over_it(gdb):
    at(gdb, "demo_total")
    while "demo_accumulate" not in line(gdb):
        gdb.execute("next")
    gdb.execute("next")
    assert gdb.frames()[0] == "demo_total"
    while "demo_accumulate" not in line(gdb):
        gdb.execute("next")
    gdb.execute("step")
    assert gdb.frames()[:2] == ["demo_accumulate", "demo_total"]


def test_next_over_recursion_stops_in_the_same_frame(gdb):
    at(gdb, "demo_factorial")
    depth = len(gdb.frames())
    gdb.execute("next", "next")
    assert len(gdb.frames()) == depth
    assert gdb.int("smaller") == 362880


def test_next_over_a_line_with_a_loop_of_1000_turns(gdb):
    at(gdb, "demo_loop_1000")
    while "sum += i" not in line(gdb):
        gdb.execute("next")
    gdb.execute("next")
    assert gdb.int("sum") == 499500


def test_finish_shows_the_value(gdb):
    at(gdb, "demo_factorial")
    assert "= 3628800" in gdb.execute("finish")
    assert gdb.frames()[0] == "demo_stage_tutorial"


def test_finish_of_a_struct_in_memory(gdb):
    at(gdb, "demo_box_around")
    assert "area = 20" in gdb.execute("finish")


def test_until_runs_out_of_a_loop(gdb):
    at(gdb, "demo_string_length")
    while "length++" not in line(gdb):
        gdb.execute("next")
    while "length++" in line(gdb) or "while" in line(gdb):
        gdb.execute("until")
    assert gdb.int("length") == 8


def test_advance_and_return(gdb):
    at(gdb, "demo_stage_tutorial")
    gdb.execute("advance demo_is_even")
    assert gdb.frames()[0] == "demo_is_even"
    gdb.execute("return (_Bool)1")
    assert gdb.frames()[0] == "demo_stage_tutorial"
    gdb.execute("tbreak demo_stage_hot", "continue")


def test_jump(gdb):
    at(gdb, "demo_nothing")
    gdb.execute("tbreak *$pc", "jump *$pc")
    assert gdb.frames()[0] == "demo_nothing"


@pytest.mark.machine(append="workload=off init=off")  # it is kernel_main() that is interrupted
def test_interrupt_stops_the_running_kernel(gdb):
    gdb.execute("tbreak demo_hot", "continue")
    for _ in range(10):
        gdb.resume()
        assert "SIGINT" in gdb.interrupt()
        assert "kernel_main" in gdb.frames()


SILENT_STOPS = {
    "writes that change nothing": "watch -l *((char *)&demo_counter + 7)",
    "single steps that change nothing": "watch demo_statistics.turns",
    "a condition that gdb evaluates": "break demo_hot if n == 12345678",
}


def test_interrupt_between_stops_that_gdb_passes_without_a_word(gdb):
    """gdb's 0x03 often comes while the machine is stopped: it is the answer to what resumes it next, once. While
    gdb evaluates a condition it sends none, and ends that with "Quit"."""
    for way in SILENT_STOPS.values():
        gdb.execute("set breakpoint condition-evaluation host",
                    f"set can-use-hw-watchpoints {int('-l' in way)}", way)
        for _ in range(20):
            gdb.resume()
            assert re.search("SIGINT|condition:\nQuit", gdb.interrupt())
        gdb.execute("delete")
        for _ in range(3):
            assert "SIGINT" not in gdb.execute("stepi")


def test_kernel_goes_on_between_two_stops(gdb):
    turns = gdb.int("demo_statistics.turns")
    gdb.execute("break demo_stage_hash", "ignore $bpnum 3", "continue")
    assert gdb.int("demo_statistics.turns") >= turns + 3


@pytest.mark.deadline(120)
@pytest.mark.machine(transport="virtio")
def test_1000_stepi(gdb):
    at(gdb, "demo_stage_hash")
    gdb.execute("python for i in range(1000): gdb.execute('stepi', to_string=True)")
    assert "demo_stage_hash" in gdb.frames()
    assert gdb.int("$eflags & 0x100") == 0
    gdb.execute("tbreak demo_stage_hot", "continue")


@pytest.mark.machine(transport="virtio")
def test_stepi_count_and_nexti(gdb):
    at(gdb, "demo_total")
    gdb.execute("stepi 5", "nexti 20")
    assert "demo_total" in gdb.frames() or "demo_stage_tutorial" in gdb.frames()


def test_step_over_a_breakpoint_keeps_it(gdb):
    at(gdb, "demo_stage_hot")
    gdb.execute("break demo_hot")
    for n in range(20):
        gdb.execute("continue")
        assert gdb.int("n") == n


@pytest.mark.deadline(120)
def test_many_breakpoints(gdb, settings):
    """One on each of 200 functions: planted and lifted at every stop."""
    functions = [name for name in settings.elf.symbols if name.startswith(("demo_", "hash_map_"))]
    for name in functions:
        if gdb.text(f"sizeof({name})") == "1" and settings.elf[name].size:
            gdb.execute(f"break {name}")
    for _ in range(10):
        assert "Breakpoint" in gdb.execute("continue")


@pytest.mark.machine(append="gdb=wait")
def test_breakpoint_set_before_the_first_line_hits(gdb):
    gdb.execute("break demo_init")
    assert "demo_init" in gdb.execute("continue")
    assert "kernel_main" in gdb.frames()
