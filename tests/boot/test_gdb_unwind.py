"""Backtraces across what the processor does by itself."""
import pytest


def in_timer_interrupt(gdb):
    """From a stop of the demo's: gdb goes on by itself from the ticks of other threads, and is slower than the
    clock. One that cannot be preempted just then would not get on."""
    gdb.execute("tbreak demo_tick thread 1")
    assert "demo_tick" in gdb.execute("continue")


@pytest.mark.machine(append="workload=off init=off")
def test_backtrace_from_the_timer_interrupt_to_the_interrupted_code(gdb):
    """Nothing but the demo runs, and has begun to: so that is what a tick finds."""
    gdb.execute("tbreak demo_stage_hot", "continue")
    in_timer_interrupt(gdb)
    frames = gdb.frames()
    entry = frames.index("<signal handler called>")
    assert frames[0] == "demo_tick"
    assert "demo_run" in frames[entry:] or "demo_turn" in frames[entry:]
    assert "kernel_main" in frames[entry:] and frames[-1] == "boot_high"
    assert "corrupt" not in gdb.execute("backtrace") and "??" not in gdb.execute("backtrace")


def test_interrupt_in_the_middle_of_a_recursion(gdb):
    """A tick is pending after any stop, so it arrives where the kernel goes on."""
    gdb.execute("break demo_factorial if n == 1", "continue")
    in_timer_interrupt(gdb)
    names = gdb.frames()
    inner = names.index("<signal handler called>") + 1
    assert names[inner:inner + 11] == ["demo_factorial"] * 10 + ["demo_stage_tutorial"]
    for number in range(2, 11):
        gdb.execute(f"frame {inner + number - 1}")
        assert gdb.int("n") == number


@pytest.mark.parametrize("count", [1, 5])
def test_finish_out_of_the_interrupt(gdb, count):
    """To the frame that was interrupted, which then goes on as if nothing had been."""
    gdb.execute("tbreak demo_hot", "continue")
    for _ in range(count):
        in_timer_interrupt(gdb)
        entry = gdb.frames().index("<signal handler called>")
        gdb.execute(f"frame {entry + 1}", "tbreak *$pc", "frame 0", "continue")
        assert "<signal handler called>" not in gdb.frames()
    gdb.execute("tbreak demo_stage_hash", "continue")


def test_finish_out_of_each_frame_of_the_interrupt(gdb):
    """Handler by handler, through the entry code, and back into what was interrupted."""
    gdb.execute("tbreak demo_hot", "continue")
    in_timer_interrupt(gdb)
    frames = gdb.frames()
    entry = frames.index("<signal handler called>")
    for expected in frames[1:entry + 2]:
        gdb.execute("finish")
        assert gdb.frames()[0] == expected
    gdb.execute("tbreak demo_stage_hash", "continue")


@pytest.mark.machine(append="workload=off init=off")  # it is kernel_main() that is interrupted
def test_breakpoints_on_the_way_of_interrupts(gdb):
    """Each is hit once for each tick; not by the line's interrupts, which gdb's own packets raise."""
    gdb.execute("tbreak demo_stage_hot", "continue")  # the threads that begin have begun
    gdb.execute("break interrupt_entry", "break trap_interrupt")
    before = gdb.int("clock_ticks")
    for function in ("<signal handler called>", "trap_interrupt") * 5:
        gdb.execute("continue")
        frames = gdb.frames()
        assert frames[0] == function and "kernel_main" in frames and frames[-1] == "boot_high"
    assert gdb.int("clock_ticks") >= before + 4


def test_backtrace_inside_recursion(gdb):
    gdb.execute("tbreak demo_factorial if n == 1", "continue")
    assert gdb.frames()[:11] == ["demo_factorial"] * 10 + ["demo_stage_tutorial"]


def test_up_and_down_keep_callee_saved_registers(gdb):
    gdb.execute("tbreak demo_accumulate", "continue")
    inner = gdb.int("$rsp")
    gdb.execute("up")
    assert gdb.int("$rsp") > inner
    gdb.execute("down")
    assert gdb.int("$rsp") == inner


def test_outermost_frame_ends_the_backtrace(gdb):
    gdb.execute("tbreak demo_hot", "continue")  # in the first thread, which the boot code has become
    frames = gdb.frames(100)
    assert frames[-1] == "boot_high" and frames.count("boot_high") == 1
    assert frames.index("kernel_main") < frames.index("kernel_start") < len(frames) < 20
