"""lldb in a program of ring 3. Its model is one address space: it never tells whose memory it wants, so that
is the stopped thread's, or monitor process says it."""
import pytest
from clients.programs import program
from trapline_pytest.elf import Elf



@pytest.fixture(params=(16, 19, 22))
def lldb(request, boot, settings):
    """Before the first of two twins becomes two, with its symbols. What it keeps of its code, for its children to
    compare theirs with, is from before there is a breakpoint in it."""
    machine = boot(append="init=/twin workload=off gdb=wait").serving()
    lldb = machine.lldb(file=settings.elf.path, program=program(f"lldb-{request.param}"))
    twin = Elf(settings.elf.path.replace("kernel.elf", "user/twin.elf"))
    run_to(lldb, "process_fork")
    lldb.execute("process plugin packet monitor process 1", f"target modules add {twin.path}",
                 "target modules load --file twin.elf --slide 0", "process plugin packet monitor process off",
                 "settings set target.process.disable-memory-cache true")
    lldb.machine, lldb.elf, lldb.program = machine, machine.elf, twin
    return lldb


def run_to(lldb, function):
    lldb.execute(f"breakpoint set -o true -n {function}", "continue")
    assert lldb.frames(1) == [function]


def test_source_lines_memory_and_backtraces_of_a_program(lldb):
    lldb.execute("process plugin packet monitor process 1")
    run_to(lldb, "twin_work")
    lldb.execute("process plugin packet monitor process off")
    assert lldb.frames()[:3] == ["twin_work", "main", "start_main"]
    (file, line), (caller, _) = (lldb.request("position", number) for number in (0, 1))
    assert file == caller == "twin.c"
    calls = lldb.int("(int)twin_calls")
    assert lldb.int("(int)start") == calls
    lldb.execute("thread step-over", "thread step-over")  # strlen is a call
    assert lldb.request("position", 0) == ["twin.c", line + 4]
    lldb.execute("thread step-out")
    assert lldb.frames(1) == ["main"]
    # From the kernel into the program: out of a system call, and of the interrupt that comes into one.
    run_to(lldb, "sys_getpid")
    assert lldb.frames()[:3] == ["sys_getpid", "syscall_dispatch", "syscall_entry"]
    assert "getpid" in lldb.frames() and lldb.frames()[-3:] == ["main", "start_main", "_start"]
    run_to(lldb, "trap_interrupt")
    names = lldb.frames()
    assert names[1] == "interrupt_entry" and {"kernel_main", "start_main", "scheduler_idle", "thread_start"} & set(names), names


def words(lldb, address):
    return lldb.execute(f"memory read -c 1 -s 8 -f x {address:#x}").split()[-1]


def test_memory_is_the_stopped_threads_or_the_chosen_process(lldb):
    """A selected thread is told to nobody: the log of the line proves it."""
    calls = lldb.program["twin_calls"].address
    lldb.execute("process plugin packet monitor process 1")
    run_to(lldb, "twin_work")
    lldb.execute("process plugin packet monitor process off", f"memory write -s 8 {calls:#x} 0x5eed")
    assert words(lldb, calls).endswith("5eed")
    before = len(lldb.packet_log())
    lldb.execute("thread select 1")
    assert words(lldb, calls).endswith("5eed")
    sent = [line.split("send packet: ")[1] for line in lldb.packet_log()[before:] if "send packet" in line]
    assert any(f"{calls:x}," in packet for packet in sent) and not any("$Hg" in packet for packet in sent)
    lldb.execute("process plugin packet monitor process 2")
    assert not words(lldb, calls).endswith("5eed")
    lldb.execute("process plugin packet monitor process 1")
    assert words(lldb, calls).endswith("5eed")
