"""A kernel that goes wrong with nobody there: it says why, as "monitor analyze" would, and does what panic=
says."""
import re
from dataclasses import replace

import pytest
from test_faults import stop_in_task
from trapline_pytest import machines
from trapline_pytest.rsp import Rsp

HEAD = r"^---- no debugger is attached; why the machine has stopped:$"
WAITING = r"waiting for gdb on com1$"
END = r"^----$"


def told(machine, end=END, count=1):
    """What the console says of the crash, once it has said all of it."""
    machine.console.wait_for(HEAD)
    machine.console.wait_for(end)
    lines = machine.console.text().splitlines()
    first = next(i for i, line in enumerate(lines) if re.search(HEAD, line))
    last = next(i for i, line in enumerate(lines) if i > first and re.search(r"^----( a fault again.*)?$", line))
    assert len(machine.console.find(HEAD)) == count
    return "\n".join(lines[first + 1:last]) + "\n"


# Where it goes wrong, who is on the line, what then: the verdict, a caller, QEMU's exit status.
ENDS = [
    ("gdb=off panic=exit fault=page_null_write@boot", "a null pointer", "kernel_start", 3),
    ("gdb=off panic=exit fault=stack_overflow@task", "no room on the stack", "recurse", 3),
    ("gdb=off panic=reboot fault=gp_noncanonical@irq", "no address", "trap_interrupt", 0),
    ("gdb=off panic=exit fault=panic", "the kernel has given up: the demo gives up", "fault_panic", 3),
    ("gdb=off panic=exit fault=spinlock", "holds spinlock first_lock at 0x", "fault_spinlock", 3),
    ("gdb=on panic=reboot fault=divide@boot", "div", "fault_divide", 0),
    ("gdb=on panic=exit fault=panic@irq", "the kernel has given up: the demo gives up", "trap_interrupt", 3),
]


@pytest.mark.parametrize("append, verdict, caller, status", ENDS, ids=lambda value: str(value).replace(" ", ","))
def test_it_is_told_and_the_machine_ends_as_asked(boot, append, verdict, caller, status):
    machine = boot(panic_expected=True, append=append, smp=2)
    assert machine.wait_exit() == status
    text = told(machine)
    assert verdict in text, text
    if "given up" in verdict:
        assert text.startswith("verdict: the kernel has given up"), text
        assert re.search(r"^#\d+  0x\w+ (\w+)", text, re.M)[1] == "debug_panic", "not the debugger's own frames"
    assert re.search(rf"^#\d+  0x\w+ {caller}\+0x\w+ \[kernel\]$", text, re.M), text
    assert re.search(r"^cpu \d, thread \d+ (main|cpu0)$", text, re.M), text


@pytest.mark.com1("the one that waits for a client polls a virtio console")
@pytest.mark.parametrize("append", ["gdb=off", "panic=halt"])
def test_all_processors_halt(boot, append):
    machine = boot(panic_expected=True, append=f"{append} workload=full fault=page_null_read", smp=2, qmp=True)
    told(machine)
    while machine.deadline.left() and machine.monitor("info registers -a").count("HLT=1") < 2:
        pass
    if "panic" in append:
        assert machine.rsp().stop.signal == 11


def attach(machine, text):
    """A client finds the stop that the console has told of, with all processors in it."""
    rsp = machine.rsp()
    assert rsp.stop.signal == 11
    assert rsp.monitor("analyze").split("the last lines of the log:\n")[0] == text
    assert {re.search(r"cpu(\d)", line)[1] for line in rsp.monitor("threads").splitlines()} == {"0", "1"}
    ticks = machine.elf["clock_ticks"].address
    before = rsp.read_u64(ticks)
    assert rsp.register("cr2") == 0 and "page_null_read" in rsp.monitor("dis $rip 1")
    assert rsp.read_u64(ticks) == before
    return rsp


@pytest.mark.parametrize("append", ["gdb=off panic=gdb", "gdb=on"])
def test_a_debugger_that_comes_later_finds_all_as_it_was(boot, append):
    machine = boot(panic_expected=True, append=f"{append} workload=full fault=page_null_read", smp=2)
    machine.console.wait_for(WAITING)
    attach(machine, told(machine)).close()

    gdb = machine.gdb()
    assert gdb.frames()[:3] == ["fault_page_null_read", "fault_here", "kernel_main"]
    assert "Thread" in gdb.execute("info threads")
    gdb.execute("set $rip = $rip + 3", "tbreak demo_hot", "continue")  # mended, it goes on
    assert gdb.frames()[0] == "demo_hot"


@pytest.mark.parametrize("mode, place", [("gdb", "task"), ("dump", "irq"), ("halt", "task")])
def test_a_debugger_gets_in_after_the_end(boot, mode, place):
    """Its client has seen the panic, and has let the kernel go on to its end; there, interrupts are off."""
    machine = boot(panic_expected=True, append=f"gdb=wait panic={mode} workload=full fault=panic@{place}",
                   smp=2).serving()
    rsp = machine.rsp()
    assert rsp.go().signal == 6 and rsp.output == "the demo gives up, as it was asked to\n"
    rsp.resume()
    for _ in range(5):
        assert rsp.interrupt().signal == 2
        rsp.resume()
    rsp.close()
    for _ in range(3):
        later = machine.rsp()
        assert later.stop.signal in (2, 5)
        later.detach()
    gdb = machine.gdb()
    frames = gdb.frames()
    assert {"debug_panic_wait", "panic", "fault_panic"} <= set(frames), frames


@pytest.mark.parametrize("append", ["gdb=off", "gdb=on"])
def test_a_panic_while_the_kernel_tells_of_the_first(boot, append):
    machine = boot(panic_expected=True, append=f"{append} panic=exit fault=panic_again", smp=2)
    assert machine.wait_exit() == 3
    text = told(machine)
    assert "no address: it is in the hole" in text and " fault_panic_again+" in text, text
    assert len(machine.console.find("panic: again, while telling of the first")) == (append == "gdb=off")


@pytest.mark.machine(panic_expected=True, append="panic=exit workload=off", smp=2, stub=True)
@pytest.mark.parametrize("spoil", ["threads", "stack", "symbols", "hook"])
def test_what_it_looks_at_is_spoiled(machine, spoil):
    rsp, elf = machine.rsp(), machine.elf
    stop_in_task(rsp, machine)
    places = machine.gdb(attach=False)
    if spoil == "threads":
        rsp.write(elf["thread_first"].address, (0xdead << 48).to_bytes(8, "little"))
    elif spoil == "stack":
        rsp.set_register("rbp", 0x8000000000000000)
        rsp.set_register("rsp", 0x8000000000000000)
    else:  # our own stub does not let a client write to these
        oracle = Rsp(machine.connect(machine.options["stub"]), machine.deadline)
        oracle.receive()  # connecting has stopped the machine
        symbols, console = places.int("&debugger_settings.symbols"), places.int("&debugger_settings.console")
        assert oracle.ask(f"M{symbols if spoil == 'symbols' else console:x},8:{'00' * 6 + 'adde'}") == "OK"
        assert oracle.ask("D;1") == "OK"
    rsp.set_register("rip", elf["fault_divide"].address)
    rsp.detach()
    assert machine.wait_exit() == 3
    if spoil == "hook":
        assert not machine.console.find(HEAD)
        return
    text = told(machine)
    assert "verdict: " in text and re.search(r"^#0  0x\w+( fault_divide(\+0x\w+)? \[kernel\])?$", text, re.M), text
    assert ("once more, without symbols" in text) == (spoil == "symbols"), text


@pytest.mark.parametrize("append", ["gdb=off", "gdb=on"])
def test_panic_exit_on_a_machine_that_has_no_such_device(settings, deadline, request, tmp_path, append):
    """It halts, and where a debugger may come, that gets in: nobody has to start it anew for that."""
    script = tmp_path / "qemu.sh"
    text, device = settings.qemu.read_text(), "-device isa-debug-exit,iobase=0xf4,iosize=0x04 "
    assert text.count(device) == 1
    script.write_text(text.replace(device, ""))
    script.chmod(0o755)
    with machines(replace(settings, qemu=script), deadline) as start:
        request.node.machines = start.machines
        machine = start(panic_expected=True, append=f"{append} panic=exit fault=page_null_read", smp=2, qmp=True)
        assert "a null pointer" in told(machine)
        if append == "gdb=on":
            gdb = machine.gdb()
            assert "fault_page_null_read" in gdb.frames()
            gdb.execute("detach")
            assert machine.rsp().stop.signal
        while machine.deadline.left() and append == "gdb=off":
            if machine.monitor("info registers -a").count("HLT=1") == 2:
                break
        assert machine.process.poll() is None
