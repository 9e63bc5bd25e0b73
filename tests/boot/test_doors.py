"""The ways in: the line's interrupt, the timer, the NMI, the watchdog."""
import re
import select

import pytest
from trapline_pytest.packet import frame

TIMES = 200
RIP = 16
INTERRUPT_AND_TRAP_FLAG = 0x300


def doors(client):
    """{name: (armed, tried, let in)} of monitor doors."""
    rows = re.findall(r"^(.+?) +(armed|not armed) +tried (\d+) times, let in (\d+)$",
                      client.monitor("doors"), re.MULTILINE)
    return {name: (armed == "armed", int(tried), int(entries)) for name, armed, tried, entries in rows}


def break_in(client, times=TIMES):
    for _ in range(times):
        client.resume()
        assert client.interrupt().signal == 2


def in_the_loop(client, settings):
    spin = settings.elf["fault_spin_cli"]
    assert spin.address <= client.stop.registers[RIP] < spin.end
    assert not client.register("eflags") & INTERRUPT_AND_TRAP_FLAG
    return True


def stop_in_task(client, settings):
    hot = settings.elf["demo_hot"].address
    client.insert(hot)
    client.go()
    client.remove(hot)


def step_over_cli(client):
    while client.register("eflags") & INTERRUPT_AND_TRAP_FLAG:
        client.step()


def go_into(client, loop):
    client.insert(loop)
    client.go()
    client.remove(loop)
    step_over_cli(client)


@pytest.mark.com1("a virtio console has no NMI")
@pytest.mark.machine(append="gdb=wait fault=spin_cli gdb.breakin=nmi")
def test_200_times_by_nmi_into_a_loop_with_interrupts_off(rsp, settings):
    go_into(rsp, settings.elf["fault_spin_cli"].address)
    for _ in range(TIMES):
        rsp.resume()
        assert rsp.interrupt().signal == 2
        in_the_loop(rsp, settings)
    armed, tried, entries = doors(rsp)["line NMI"]
    assert armed and tried >= entries >= TIMES


@pytest.mark.com1("a virtio console has no NMI")
@pytest.mark.machine(append="gdb.breakin=nmi")
def test_200_times_by_nmi_into_a_kernel_that_runs(machine, healthy):
    rsp = machine.rsp()
    break_in(rsp)
    known = doors(rsp)
    assert known["line NMI"][2] + known["timer interrupt"][2] >= TIMES
    assert known["line NMI"][2] > 0 and not known["line interrupt"][0]
    rsp.detach()
    healthy()


@pytest.mark.com1("its own interrupt")
def test_200_times_by_the_lines_interrupt_or_the_timer(rsp):
    break_in(rsp)
    known = doors(rsp)
    assert known["line interrupt"][0] and known["timer interrupt"][0] and not known["line NMI"][0]
    assert known["line interrupt"][2] + known["timer interrupt"][2] >= TIMES
    assert known["line interrupt"][2] > 0 and known["timer interrupt"][1] > 0


def mask_line(client, settings):
    """Close the I/O APIC's input for COM1, by its two registers."""
    io_apic = client.read_u64(settings.elf["io_apic"].address)
    for register, value in ((0x00, 0x10 + 2 * 4), (0x10, 1 << 16)):
        client.write(io_apic + register, value.to_bytes(4, "little"))


def shut_timer(client, settings):
    """Mask the local APIC's timer (Intel SDM vol. 3, 10.5.4)."""
    entry = client.read_u64(settings.elf["local_apic"].address) + 0x320
    value = int.from_bytes(client.read(entry, 4), "little")
    client.write(entry, (value | 1 << 16).to_bytes(4, "little"))


@pytest.mark.com1("its own interrupt")
def test_200_times_by_the_lines_interrupt_alone(rsp, settings):
    """In a thread that needs no clock."""
    stop_in_task(rsp, settings)
    shut_timer(rsp, settings)
    before, ticks = doors(rsp), rsp.read_u64(settings.elf["clock_ticks"].address)
    break_in(rsp, TIMES + 20)  # one that comes before the kernel runs needs no door
    after = doors(rsp)
    assert after["line interrupt"][2] - before["line interrupt"][2] >= TIMES
    assert after["timer interrupt"][2] - before["timer interrupt"][2] <= 1  # it was on its way
    assert rsp.read_u64(settings.elf["clock_ticks"].address) - ticks <= 1


def test_200_times_by_the_timer_alone(rsp, settings):
    mask_line(rsp, settings)
    before = doors(rsp)
    break_in(rsp)
    after = doors(rsp)
    assert after["timer interrupt"][2] - before["timer interrupt"][2] >= TIMES - 1
    assert after["line interrupt"][2] - before["line interrupt"][2] <= 1  # it was on its way


@pytest.mark.com1("a virtio console has no NMI")
@pytest.mark.machine(append="gdb.breakin=nmi")
def test_interrupt_right_behind_a_resume_gets_in_by_nmi(rsp, settings):
    """It arrives while the debugger leaves, and its edge may be gone before the kernel runs."""
    rsp.ask("vCont?")
    stop_in_task(rsp, settings)  # where it was attached to, TF may have been set
    rsp.set_register("rip", settings.elf["fault_spin_cli"].address)
    step_over_cli(rsp)
    for _ in range(TIMES):
        rsp.send(b"vCont;c")
        rsp.send_raw(b"\x03")
        assert rsp.wait_stop().signal in (2, 5)
        assert rsp.ask("vMustReplyEmpty") == ""
    rsp.resume()
    assert rsp.interrupt().signal == 2
    in_the_loop(rsp, settings)


def wait_until_it_runs(machine):
    """Until QEMU sees the processor in the demo: in the debugger, and in the entry code on the way out of it, an NMI
    means nothing."""
    function = machine.elf["demo_stage_hot"]
    while not function.address <= int(re.search("RIP=([0-9a-f]+)", machine.monitor("info registers"))[1], 16) < function.end:
        machine.deadline.left()


@pytest.mark.machine(qmp=True)
def test_nmi_button_stops_and_is_named(machine, rsp):
    rsp.resume()
    wait_until_it_runs(machine)
    machine.monitor("nmi")
    assert rsp.wait_stop().signal == 2
    assert rsp.output.startswith("non-maskable interrupt at rip 0x")


@pytest.mark.parametrize("append", ["", "gdb.breakin=nmi"])
def test_watchdog_bites_a_loop_with_interrupts_off(boot, append, settings):
    rsp = boot(append=append).serving().rsp()
    break_in(rsp, 1)
    assert rsp.monitor("watchdog 1s") == "the watchdog bites after 1 s without a timer tick\n"
    assert "bites after 1 s" in rsp.monitor("doors")
    stop_in_task(rsp, settings)
    rsp.set_register("rip", settings.elf["fault_spin_cli"].address)
    rsp.resume()
    assert rsp.wait_stop().signal == 2
    assert rsp.output == "hang: no timer tick for 1 s on cpu0\n"
    in_the_loop(rsp, settings)


@pytest.mark.machine(append="gdb=wait fault=spin_cli")
def test_200_times_by_the_watchdog(rsp, settings):
    go_into(rsp, settings.elf["fault_spin_cli"].address)
    assert rsp.monitor("watchdog 20ms") == "the watchdog bites after 20 ms without a timer tick\n"
    before = {name: entries for name, (_, _, entries) in doors(rsp).items()}
    for _ in range(TIMES):
        rsp.output = ""
        assert rsp.go().signal == 2
        assert rsp.output == "hang: no timer tick for 20 ms on cpu0\n"
        in_the_loop(rsp, settings)
    assert {name: entries for name, (_, _, entries) in doors(rsp).items()} == before  # nobody asked to get in


def test_watchdog_leaves_a_kernel_alone_that_ticks(rsp, settings):
    """Its NMIs come 100 times a second: so many ticks later it must have looked, and not bitten."""
    break_in(rsp, 1)
    rsp.monitor("watchdog 1s")
    ticks = settings.elf["clock_ticks"].address
    start = rsp.read_u64(ticks)
    before = doors(rsp)["line NMI"][1]
    while rsp.read_u64(ticks) < start + 1300:
        rsp.insert(settings.elf["demo_stage_hash"].address)
        assert rsp.go().signal == 5
    assert doors(rsp)["line NMI"][1] - before > 5
    assert rsp.monitor("watchdog off") == "the watchdog is off\n"
    before = doors(rsp)["line NMI"][1]
    start = rsp.read_u64(ticks)
    while rsp.read_u64(ticks) < start + 300:
        assert rsp.go().signal == 5
    assert doors(rsp)["line NMI"][1] - before <= 1


@pytest.mark.parametrize("args", ["0s", "-1", "5m", "s", "ms", "5 s", "3601s", "19ms", "3600001ms", "99999999999999", "20msec", "on"])
def test_watchdog_with_a_bad_argument_says_how(shared_rsp, args):
    assert shared_rsp.monitor(f"watchdog {args}").startswith("usage: monitor watchdog")
    assert shared_rsp.monitor("watchdog") == "the watchdog is off\n"


def test_doors_with_an_argument_says_how(shared_rsp):
    assert shared_rsp.monitor("doors open") == "usage: monitor doors\n"


def test_bad_breakin_is_named(boot):
    machine = boot(append="gdb.breakin=door").serving()
    assert machine.console.find("^gdb.breakin=door: not irq or nmi, using irq")


@pytest.mark.machine(append="gdb.breakin=nmi")
def test_gdb_interrupts_a_loop_with_interrupts_off(gdb):
    gdb.execute("tbreak demo_hot", "continue", "set var $rip = fault_spin_cli")
    gdb.resume()
    assert "SIGINT" in gdb.interrupt()
    assert gdb.frames()[0] == "fault_spin_cli"


@pytest.mark.machine(append="gdb.breakin=nmi")
def test_200_times_by_nmi_beside_a_watchdog_that_is_an_nmi_as_well(machine, healthy):
    """The demo looks for a trap flag that is not its own."""
    rsp = machine.rsp()
    rsp.monitor("watchdog 30s")
    break_in(rsp)
    rsp.monitor("watchdog off")
    rsp.detach()
    healthy()


@pytest.mark.machine(append="gdb=wait fault=spin_poll")
def test_200_times_by_debugger_poll_in_a_loop_with_interrupts_off(rsp, settings):
    go_into(rsp, settings.elf["fault_spin_poll"].address)
    before = doors(rsp)["debugger_poll"][2]
    break_in(rsp)
    assert doors(rsp)["debugger_poll"][2] - before == TIMES
    assert not rsp.register("eflags") & INTERRUPT_AND_TRAP_FLAG


BY_INTERRUPT_AND_NMI = pytest.mark.parametrize("append", ["", "gdb.breakin=nmi"], ids=["interrupt", "nmi"])


@BY_INTERRUPT_AND_NMI
def test_what_is_sent_right_behind_the_call_is_not_lost(boot, append):
    """One processor hears the call and the other one the rest, before the first has stopped it; the other
    one comes online meanwhile."""
    machine = boot(smp=2, append=append).serving()
    call = frame(b"?") + b"+" + frame(b"qSupported:swbreak+")
    for number in range(TIMES):
        with machine.connect() as line:
            line.settimeout(10)
            line.sendall(call)
            heard = b""
            while not re.search(rb"PacketSize=.*#[0-9a-f]{2}$", heard):
                try:
                    heard += line.recv(4096)
                except TimeoutError:
                    pytest.fail(f"round {number}: {heard}")
            line.sendall(b"+" + frame(b"vCont;c"))
            assert line.recv(4096) == b"+"


@BY_INTERRUPT_AND_NMI
def test_a_call_is_not_lost_while_another_processor_passes_a_breakpoint(boot, append, settings):
    """It has the seat for that, as has who stops the machine. Noise makes the look at the line a long one."""
    machine = boot(smp=2, append=append).serving()
    machine.console.wait_for("^workload: ")
    rsp = machine.rsp()
    assert rsp.ask(f"Z0,{settings.elf['scheduler_idle'].address:x},1;X3,220027") == "OK"
    for number in range(TIMES):
        rsp.resume()
        rsp.send_raw(b"-" * (2 * number) + b"\x03")
        assert rsp.wait_stop().signal == 2
    assert "lifted" in rsp.monitor("bp")


@BY_INTERRUPT_AND_NMI
def test_a_call_while_breakpoints_are_changed_comes_in_afterwards(boot, append, settings):
    """At the end of each process the kernel has them taken out: with all processors stopped, and no client."""
    machine = boot(smp=2, append=f"init=/cow workload=off {append}").serving()
    rsp, rounds = machine.rsp(), machine.elf["sys_wait"].address
    rsp.run_to(rounds)
    rsp.insert(settings.elf["demo_broken"].address)
    for number in range(TIMES):
        rsp.resume()
        if number % 3:
            select.select([rsp.line], [], [], number % 20 / 5000)
        rsp.send_raw(b"\x03")
        assert rsp.wait_stop().signal == 2
    rsp.remove(settings.elf["demo_broken"].address)
    rsp.run_to(rounds)
    rsp.detach()
    assert not machine.console.find("NOT TRUE|killed|panic")
