"""gdb in a program of ring 3, with a copy of it running the same pages all the time, and children of both:
only the process that was meant stops. Each copy looks at its own code: "NOT TRUE" if that changes."""
import random
import re
import select
import xml.etree.ElementTree as ElementTree

import pytest
from trapline_pytest.elf import Elf

SMP = pytest.mark.parametrize("smp", [1, 4])
MANY = 1 << 40  # calls: nobody comes that far
BEGIN = "init=/twin workload=off gdb=wait"


@pytest.fixture
def user(settings):
    return lambda name: Elf(settings.elf.path.replace("kernel.elf", f"user/{name}.elf"))


@pytest.fixture
def at_main(boot, user):
    """gdb at main() of process 1, before its first line, from before there was a process."""
    def start(smp, append=BEGIN, program="twin"):
        machine = boot(smp=smp, append=append, transport="virtio").serving()
        gdb = machine.gdb()
        gdb.machine = machine
        gdb.execute("tbreak thread_launch if thread->process != 0", "continue", "monitor process 1",
                    f"add-symbol-file {user(program).path}", "tbreak main")
        assert "hit Temporary breakpoint 2, main (argc=" in gdb.execute("continue")
        assert gdb.text("argv[0]").endswith(f'"/{program}"')
        return gdb
    return start


def where(gdb):
    """The process that stopped, by its thread, and the function it is in."""
    number = re.search(r"Thread 1\.(\d+)", gdb.execute("thread"))[1]
    rows = re.findall(rf"^[* ] (\d+)  \S+  cr3 0x\w+  thread {number}$", gdb.execute("monitor ps"), re.M)
    return int(rows[0]), gdb.frames(1)[0]


def both_run(gdb):
    """From main() of the first to where it has forked, and both have called. It adds up its code on the way, an
    int3 would count."""
    gdb.execute("thbreak twin_call", "continue", "tbreak twin_call", "continue")
    assert where(gdb) == (1, "twin_call")


def calls_of(gdb, pid):
    """gdb keeps code and stack until the machine runs, data never."""
    gdb.execute(f"monitor process {pid}")
    calls = gdb.int("twin_calls")
    gdb.execute("monitor process 1")
    return calls


def undisturbed(gdb, since):
    """The other one has gone on, and neither it nor a child has found anything changed."""
    gdb.execute("delete", "tbreak twin_call", "ignore $bpnum 10", "continue")
    assert calls_of(gdb, 2) > since
    gdb.execute("detach")
    assert not gdb.machine.console.find("NOT TRUE|killed")


@SMP
def test_a_program_is_debugged_by_its_source_next_to_its_twin(at_main, smp):
    gdb = at_main(smp)
    both_run(gdb)
    other = calls_of(gdb, 2)
    # From a call to the next, over one, over system calls, to the end of a loop, and out again.
    before = gdb.int("twin_calls")
    assert "main" in gdb.execute("finish") and gdb.int("twin_calls") == before + 1
    assert f"twin_work (start={before + 1})" in gdb.execute("step")
    assert gdb.frames()[:2] == ["twin_work", "main"]
    assert "strlen(program_name)" in gdb.execute("next")
    assert "for (size_t i" in gdb.execute("next")  # strlen is a call
    assert gdb.int("length") == 4 and "sum += i" in gdb.execute("next")
    while "getpid()" not in (said := gdb.execute("until")):
        assert "sum += i" in said or "for (size_t i" in said, said
    assert gdb.int("sum") == before + 1 + 0 + 1 + 2 + 3
    assert "getpid_by_int()" in gdb.execute("next") and gdb.int("sum") == before + 8
    assert "return sum" in gdb.execute("next") and gdb.int("sum") == before + 9
    assert where(gdb) == (1, "twin_work")
    assert f"Value returned is $1 = {before + 9}" in gdb.execute("finish")
    assert where(gdb) == (1, "main")
    # Conditions; the twin calls with 100, which would fulfil this one.
    gdb.execute("break twin_work if start % 5 == 0")
    for turn in range(3):
        gdb.execute("continue")
        assert where(gdb) == (1, "twin_work")
        assert gdb.int("start") == (before // 5 + 1 + turn) * 5
    # Memory: ours alone.
    gdb.execute("delete", "watch twin_result")
    result = gdb.int("twin_result")
    gdb.execute(f"set var twin_calls = {MANY}")
    for turn in range(3):
        said = gdb.execute("continue")
        new = int(re.search(r"New value = (\d+)", said)[1])
        assert f"Old value = {result}" in said and where(gdb) == (1, "main")
        result = new
    assert gdb.int("twin_calls") == MANY + 2 and result == MANY + 2 + 8
    assert calls_of(gdb, 2) < MANY
    undisturbed(gdb, other)


def test_a_condition_is_about_the_process_of_its_breakpoint(at_main):
    """... whatever process is chosen: by the debugger, and once more by gdb, which finds the memory of the program
    that has stopped."""
    gdb = at_main(2)
    both_run(gdb)
    gdb.execute("set breakpoint always-inserted on", "monitor process 2", f"set var twin_calls = {MANY}",
                "monitor process 1", f"break twin_work if twin_calls < {MANY} && twin_calls % 10 == 7",
                f"tbreak twin_call if twin_calls >= {MANY}", "monitor process 2")
    for calls in (7, 17):
        said = gdb.execute("continue")
        assert "hit Breakpoint" in said and ("not the process that was chosen" in said) == (calls == 7)
        assert where(gdb) == (1, "twin_work") and gdb.int("twin_calls") == gdb.int("start") == calls
        assert gdb.frames()[1] == "main"
    resumed = [line for line in gdb.packet_log() if line.startswith("w $vCont;c")]
    assert any(line.startswith("w $Z0,") and ";X" in line for line in gdb.packet_log())
    assert len(resumed) < 12  # a false condition is not for gdb to see
    gdb.execute("delete", "monitor process 2", "hbreak twin_work if start == 100", "monitor process 1", "continue")
    assert where(gdb) == (2, "twin_work") and gdb.int("twin_calls") >= MANY
    gdb.execute("delete", "detach")
    assert not gdb.machine.console.find("NOT TRUE|killed")


def step_to(gdb, mnemonic, limit=600):
    """The functions on the way there, an instruction at a time."""
    seen = set()
    while True:
        place, instruction = gdb.execute("x/i $pc").split(":\t", 1)
        if mnemonic in instruction:
            return seen
        seen.add(re.search(r"<(\w+)", place)[1])
        assert len(seen) < limit
        gdb.execute("stepi")


STATE = ("rip", "rsp", "rbx", "rbp", "r12", "r13", "r14", "r15", "eflags", "cs", "ss", "fs_base", "gs_base")


def registers(gdb):
    return {name: gdb.int(f"${name}") for name in STATE}


@SMP
def test_stepi_through_both_ways_into_the_kernel_and_out(at_main, smp):
    """syscall and sysretq, int 0x80 and iretq: one step each; main() at the end of each backtrace."""
    gdb = at_main(smp)
    both_run(gdb)
    other = calls_of(gdb, 2)
    for function, enter, entry, leave in (("getpid", "syscall", "syscall_entry", "sysret"),
                                          ("getpid_by_int", "int    $0x80", "vector_128", "iretq")):
        gdb.execute("tbreak twin_work", "continue", f"tbreak {function}", "continue")
        step_to(gdb, enter)
        before = registers(gdb)
        assert where(gdb)[0] == 1 and before["cs"] & 3 == 3 and before["ss"] & 3 == 3
        gdb.execute("stepi")
        assert gdb.int(f"$pc == (long)&{entry}") and gdb.int("$cs & 3") == 0
        assert "twin_work" in gdb.frames() and "main" in gdb.frames()
        assert {"syscall_dispatch", "sys_getpid"} <= step_to(gdb, leave)
        gdb.execute("stepi")
        assert registers(gdb) == {**before, "rip": before["rip"] + 2} and where(gdb)[0] == 1
        assert gdb.int("$rax") == 1 and "twin_work" in gdb.frames() and "main" in gdb.frames()
    undisturbed(gdb, other)


# Wherever it stops

ROUNDS = 300
KERNEL_CODE = 8
TF, IF = 0x100, 0x200


def around_swapgs(elf, rip):
    """The ways in and out, where GS and the stack may still be the program's, or are again."""
    vectors = elf["trap_vectors"].address
    return vectors <= rip < vectors + 256 * 16 or any(
        elf[name].address <= rip < elf[name].end for name in ("trap_entry", "interrupt_entry", "syscall_entry",
                                                              "user_enter"))


def consistent(rsp, elf):
    """What every stop has to show; true: it is one in ring 3."""
    rip, stack, cs, ss, gs = (rsp.register(name) for name in ("rip", "rsp", "cs", "ss", "gs_base"))
    cpus, what = elf["cpus"], f"rip {rip:#x} rsp {stack:#x} cs {cs:#x} ss {ss:#x} gs {gs:#x}"
    if cs & 3:
        assert cs & 3 == ss & 3 == 3 and rip < 1 << 47 and stack < 1 << 47 and gs == 0, what
        assert rsp.register("eflags") & (TF | IF) == IF, what
        return True
    assert cs == KERNEL_CODE and ss & 3 == 0 and rip >= 1 << 63, what
    assert (cpus.address <= gs < cpus.end and stack >= 1 << 63) or around_swapgs(elf, rip), what
    return False


def running(rsp):
    rows = ElementTree.fromstring(rsp.transfer("threads", ""))
    return [row.get("id") for row in rows if row.text == "running"]


@pytest.mark.virtio("so many stops: each costs COM1 its bytes")
@pytest.mark.deadline(240)
@SMP
def test_300_stops_at_random_with_programs_running_each_stepped_on(boot, smp):
    """Any of the threads that run, five instructions from wherever it has stopped. More than 300, if by
    then few of those were of a program."""
    machine = boot(smp=smp, append="init=/zoo workload=off").serving()
    machine.console.wait_for("^zoo: open")
    rsp, rounds, user, between, dice = machine.rsp(), 0, 0, 0, random.Random(4)
    while rounds < ROUNDS or user <= ROUNDS // 60:
        rounds += 1
        rsp.resume()
        select.select([rsp.line], [], [], dice.uniform(0, 0.008))  # nobody tells when it is a good time
        rsp.interrupt()
        thread = dice.choice(running(rsp))
        for _ in range(5):
            assert rsp.ask(f"Hg{thread}") == "OK"
            if rsp.register("cs") is None:  # the scheduler has just taken it from its CPU
                between += 1
                break
            user += consistent(rsp, machine.elf)
            stop = rsp.go(f"vCont;s:{thread}")
            thread = stop.values["thread"]
            assert stop.signal == 5
    assert between < rounds // 10
    rsp.detach()
    machine.console.wait_for("^demo: turn")
    assert not machine.console.find("NOT TRUE|killed")


# Breakpoints that outlive what they were set in


def test_processes_end_by_exit_and_fault_and_fork_with_breakpoints_in_them(at_main):
    """The first /crash forks a child for each way to go wrong: breakpoints are its own, and each child dies of
    what it was meant to die of; the last one dies with breakpoints of its own planted, and so does the parent."""
    gdb = at_main(2, "init=/crash workload=off gdb=wait", "crash")
    gdb.execute("set breakpoint always-inserted on", "break wait", "break undefined", "break breakpoint")
    for _ in range(4):
        assert "hit Breakpoint" in gdb.execute("continue") and where(gdb) == (1, "wait")
    assert gdb.execute("monitor bp").count("in process 1 (/crash)  int3") == 3
    # In a child: one that is about to fault, with its own breakpoints, and where it is.
    gdb.execute("delete", "monitor process off", "break process_end if status > 128", "continue")
    pid = where(gdb)[0]
    assert pid > 1
    gdb.execute("break null", "break exit")
    assert gdb.execute("monitor bp").count(f"in process {pid} (/crash)  int3") == 2
    gdb.execute("continue")
    assert where(gdb)[0] > pid and gdb.frames(1) == ["process_end"]
    assert gdb.execute("monitor bp").count("in a process that has ended") == 2
    assert f"there is no process {pid} with memory" in gdb.execute(f"monitor process {pid}")
    gdb.execute("delete", "detach")
    for way in ("ud", "bp", "null", "rsp"):
        gdb.machine.console.wait_for(rf"^crash: {way} 1[2-4]\d$")
    gdb.machine.console.wait_for("^crash: still here")
    gdb.machine.console.wait_for(r"^process: /crash \(pid 1\) has ended: 0")


def leads_to_main(stack):
    """... or to where its thread or its program begins. The kernel may just have given its memory back, or have its
    hands on the page that the stack is in."""
    return ("main" in stack or stack[-1] in ("thread_start", "user_enter", "run", "_start")
            or not {"process_end", "process_resolve"}.isdisjoint(stack))


def test_every_stack_of_a_program_leads_to_its_main(at_main):
    gdb, both = at_main(4), 0
    both_run(gdb)
    gdb.execute("delete", "monitor process off", "break sys_yield")
    while both < 4:
        gdb.execute("continue")
        names = dict(zip(range(99), zip(gdb.request("threads", ""), gdb.request("stacks", ""))))
        stacks = [stack for name, stack in names.values() if name == "/twin"]
        assert len(stacks) >= 2 and all(map(leads_to_main, stacks)), stacks
        both += sum("main" in stack for stack in stacks) >= 2
    assert gdb.execute("thread apply all -s bt -5").count(" in main (argc=") >= 2


def test_a_trace_goes_on_from_an_interrupt_into_the_program(at_main):
    """Into the zoo, whose turns are long: a tick may not meet a twin for seconds, which begins its turn at one."""
    gdb = at_main(1, BEGIN.replace("twin", "zoo"), "zoo")
    gdb.execute("monitor process off", "break timer_interrupt if (frame->cs & 3) == 3")
    for _ in range(5):
        assert "hit Breakpoint" in gdb.execute("continue")
        frames = gdb.frames()
        assert frames[0] == "timer_interrupt" and "<signal handler called>" in frames, frames
        assert "main" in frames[frames.index("<signal handler called>"):] or frames[-1] == "_start", frames


def test_exec_leaves_no_breakpoint_of_the_old_image(at_main):
    """A child of /init has one where the worker that it becomes has other code; it is never hit, and harms nobody."""
    gdb = at_main(1, "init=/init workload=off gdb=wait", "init")
    gdb.execute("break process_exec", "continue")
    pid, name = where(gdb)[0], gdb.execute('printf "%s", argument')
    assert pid > 1
    gdb.execute("delete", "set breakpoint always-inserted on", f"monitor process {pid}", "break child_turn", "break series")
    assert gdb.execute("monitor bp").count(f"in process {pid} (/init)  int3") == 2
    gdb.resume()
    gdb.machine.console.wait_for(f"^worker: {name}$")  # it is one of two
    assert "SIGINT" in gdb.interrupt()
    assert gdb.execute("monitor bp").count("in a process that has ended") == 2
    assert f"{pid}  /worker" in gdb.execute("monitor ps")
    assert not gdb.machine.console.find("killed|fault")
