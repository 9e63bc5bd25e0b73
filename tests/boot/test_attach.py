"""Attach: at the first line, while it runs, on every kind of machine, from the CD, again and again."""
import random

import pytest
from trapline_pytest.gdb import GdbError
from trapline_pytest.packet import frame
from trapline_pytest.relay import Relay

OUTERMOST = ("boot_high", "thread_start")  # the first code at the kernel's own addresses, or of a thread
MACHINES = {
    "default": {},
    "128M": {"memory": "128M"},
    "4G": {"memory": "4G"},
    "qemu64": {"cpu": "qemu64"},
    "smp-2": {"smp": 2},
}


@pytest.mark.machine(append="gdb=wait")
def test_attach_before_the_first_line_of_kernel_main(machine, gdb):
    assert gdb.frames()[0] == "kernel_main"
    line = gdb.execute("frame")
    assert "kernel_main" in line and "main.c:" in line
    first = gdb.int("$pc")
    assert machine.elf["kernel_main"].address <= first < machine.elf["kernel_main"].end
    gdb.execute("next")
    assert gdb.int("$pc") > first


@pytest.mark.parametrize("options", MACHINES.values(), ids=MACHINES)
def test_attach_while_it_runs(boot, options):
    gdb = boot(**options).serving().gdb()
    assert gdb.frames()[-1] in OUTERMOST
    gdb.execute("tbreak demo_hot")
    assert "demo_hot" in gdb.execute("continue")


def test_attach_over_tcp(boot, tcp_port):
    gdb = boot(com1=f"tcp:{tcp_port}").serving().gdb()
    assert gdb.frames()[-1] in OUTERMOST


def test_grub_iso_boots_and_attaches(boot, settings):
    machine = boot(iso=settings.initrd.with_name("trapline.iso")).serving()
    gdb = machine.gdb()  # anywhere: there are programs, too
    gdb.execute("tbreak demo_turn", "continue", "tbreak demo_factorial")
    assert "demo_factorial (n=10)" in gdb.execute("continue")
    assert gdb.frames()[-1] in OUTERMOST


def test_silent_client_disturbs_nobody(machine, healthy):
    machine.connect().close()
    healthy()
    quiet = machine.connect()
    machine.console.wait_for(r"demo: turn", start=len(machine.console.lines))
    quiet.close()
    healthy()


def test_detach_and_reattach_50_times(machine, healthy):
    gdb = machine.gdb(attach=False)
    for turn in range(50):
        gdb.execute(f"target remote {machine.remote}")
        gdb.execute("break demo_hot")
        if turn % 2:
            assert "demo_hot" in gdb.execute("continue")
        gdb.execute("delete", "detach")
    healthy()


BEHIND = {
    "in one piece": lambda client: client.send_raw(frame(b"vCont;c") + b"\x03"),
    "in two": lambda client: (client.send(b"vCont;c"), client.send_raw(b"\x03")),
    "before it": lambda client: (client.ask("qC"), client.send_raw(b"\x03"), client.send(b"vCont;c")),
}


def test_an_interrupt_right_behind_an_attach_is_never_lost(machine, healthy):
    """Hundreds of clients, whose first act it is. gdb asks for more than why it stopped before a user can type:
    an 0x03 with nothing but that before it is a spare one of the stop."""
    for turn in range(100):
        for how, act in BEHIND.items():
            client = machine.rsp()
            act(client)
            assert client.wait_stop().signal == 2, (turn, how)
            assert client.ask("vMustReplyEmpty") == "", (turn, how)
            client.detach()
    healthy()


def test_gdb_interrupts_right_behind_an_attach(machine, healthy):
    gdb = machine.gdb(attach=False)
    for _ in range(6):
        gdb.execute(f"target remote {machine.remote}")
        gdb.resume()
        assert "SIGINT" in gdb.interrupt()
        gdb.execute("detach")
    healthy()


def converse(gdb, remote):
    """A session long enough to be cut anywhere."""
    gdb.execute(f"target remote {remote}", "break demo_hot", "continue", "backtrace", "stepi",
                "info registers", "set var demo_scratch[0] = 0", "finish", "delete",
                "break demo_factorial", "continue", "x/8i $pc", "next", "detach")


@pytest.mark.deadline(600)
def test_sigkill_gdb_at_50_random_points(machine, healthy):
    """The relay ends gdb after a random number of bytes, so the cut is often inside a packet."""
    rng = random.Random(20)
    cut = 0
    for turn in range(50):
        gdb = machine.gdb(attach=False)
        path = machine.folder / f"relay{turn}"
        relay = Relay(path, machine.connect(), rng.randrange(1, 2500), gdb.process.kill)
        try:
            converse(gdb, path)
        except (GdbError, pytest.fail.Exception, OSError):
            cut += 1
        gdb.kill()
        relay.join(10)
    assert cut > 25
    healthy()
