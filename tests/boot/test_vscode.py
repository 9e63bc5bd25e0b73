"""VS Code: .vscode's tasks run as it runs them, and the walk of docs/vscode.md, step by step."""
import os
import re
import socket
import subprocess
from types import SimpleNamespace

from clients import vscode
from clients.client import ROOT, TUTORIAL, line_of
from clients.cppdbg import FIELDS, Cppdbg

DOCUMENT = ROOT / "docs/vscode.md"
DISKTEST = ROOT / "kernel/modules/disktest.c"
COMMON = {"name", "type", "request", "preLaunchTask"}
# What the extensions have in their package.json, as far as it is used here: the rest they ignore silently.
KNOWN = {
    "cppdbg": FIELDS,
    "gdbtarget": COMMON | {"program", "cwd", "gdb", "gdbAsync", "gdbNonStop", "openGdbConsole",
                           "initCommands", "target"},
    "lldb-dap": COMMON | {"program", "initCommands", "stopOnEntry", "gdb-remote-hostname",
                          "gdb-remote-port"},
}


def test_configurations_have_fields_that_exist_and_are_in_the_document():
    text = DOCUMENT.read_text()
    configurations = vscode.read("launch.json")["configurations"]
    for one in configurations:
        assert set(one) <= KNOWN[one["type"]], one["name"]
        vscode.configuration(one["type"], one["request"], 1)
    assert re.findall(r"^\| (kernel .*?) \|", text, re.M) == [one["name"] for one in configurations]


def test_build_task_builds(settings):
    before = os.stat(settings.elf.path).st_mtime_ns
    subprocess.run(["/bin/sh", "-c", vscode.task("build")["command"]], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    assert os.stat(settings.elf.path).st_mtime_ns == before, "nothing was to be done"


def boot_command(port):
    return vscode.boot_task()["command"].replace(f"PORT={vscode.boot_port()}", f"PORT={port}")


def test_boot_task_says_what_is_wrong(tcp_port):
    matcher = vscode.Matcher(vscode.boot_task()["problemMatcher"])
    with socket.socket() as other:
        other.bind(("127.0.0.1", tcp_port))
        other.listen()
        with vscode.background(boot_command(tcp_port)) as task:
            assert not matcher.ready(task.stdout)
    (file, message), = matcher.problems
    assert os.path.exists(file) and f"port {tcp_port} is in use" in message


class Walk:
    """One method a step; its docstring is the step's text."""

    def __init__(self, editor):
        self.editor = editor

    def step_1(self):
        """Click left of `return a + b;` in `kernel/demo/tutorial.c`: a breakpoint. F5: you are at the first line of
        `kernel_main`. Continue, which is F5 again: it stops at the breakpoint. Variables shows `a` and `b`, Call Stack
        the kernel's threads by their names."""
        c = self.editor
        place = TUTORIAL.name, line_of("return a + b;")
        c.attach(breakpoint=place)
        assert c.function == "kernel_main"
        c.go()
        assert c.position() == place
        assert set(c.locals()) == {"a", "b"}
        assert {"main", "idle/0"} <= set(c.threads())

    def step_2(self):
        """Step Over is F10, Step Into F11, Step Out Shift+F11, which leads to the caller. Pause (F6) stops the running
        kernel wherever it is, and a breakpoint can be set while it runs."""
        c = self.editor
        line = c.position()[1]
        c.step_over()
        assert c.position()[1] > line
        c.clear()
        c.break_at((TUTORIAL.name, line_of(", demo_factorial(")))
        c.go()
        c.step_in()
        assert c.function == "demo_factorial"
        c.step_out()
        assert c.function == "demo_stage_tutorial"
        c.clear()
        c.resume()
        c.pause()
        c.resume()
        c.break_running("demo_nothing")
        c.wait_stop()
        assert c.function == "demo_nothing"
        c.clear()

    def step_3(self):
        """Watch: `demo_statistics.turns`. In the Debug Console `-exec watch demo_statistics.turns` takes one of the
        processor's four debug registers: Continue, and it stops where that was written. `-exec delete`
        and the number that gdb gave it take it away."""
        c = self.editor
        before = c.evaluate("demo_statistics.turns")
        number = re.search(r"atchpoint (\d+): demo_statistics.turns", c.console("watch demo_statistics.turns"))[1]
        assert "watchpoint" in c.go()
        assert c.evaluate("demo_statistics.turns") == before + 1
        c.console(f"delete {number}")

    def step_4(self):
        """The Debug Console takes gdb's commands behind `-exec`, and so the stub's own: `-exec monitor help`. It also shows
        the kernel's log as it runs."""
        c = self.editor
        assert "insmod" in c.console("monitor help")
        assert "smp: 1 of 1 cpus online" in c.printed()

    def step_5(self):
        """Modules: click left of `blocks_tested++;` in `kernel/modules/disktest.c`, say `-exec monitor insmod disktest`,
        Continue. It stops there, in a module that was not loaded when the breakpoint was set."""
        c = self.editor
        place = DISKTEST.name, line_of("blocks_tested++;", DISKTEST)
        c.break_at(place)
        c.console("monitor insmod disktest")
        c.go()
        assert c.position() == place and c.function == "disktest_block"
        c.clear()

    def step_6(self):
        """Stop (Shift+F5) leaves the kernel running, as a debugger that goes should; F5 attaches to it again, wherever it
        is. Terminal: Terminate Task ends `boot`, and QEMU."""
        c = self.editor
        before = c.evaluate("demo_statistics.turns")
        c.stop_button()
        c.attach(request="launch")
        c.enter("demo_nothing")
        assert c.evaluate("demo_statistics.turns") > before
        c.stop_button()


def steps_of_document():
    walk = DOCUMENT.read_text().partition("## A first session")[2].partition("\n## ")[0]
    return [" ".join(text.split()) for text in re.findall(r"^\d\. (.*(?:\n   .*)*)", walk, re.M)]


def test_walk_of_the_document(tcp_port, settings, tmp_path, deadline):
    matcher = vscode.Matcher(vscode.boot_task()["problemMatcher"])
    with vscode.background(boot_command(tcp_port)) as task:
        assert matcher.ready(task.stdout) and not matcher.problems
        machine = SimpleNamespace(elf=settings.elf, clients=[])
        walk = Walk(Cppdbg(machine, tcp_port, tmp_path, deadline))
        steps = [getattr(walk, f"step_{number}") for number in range(1, 7)]
        assert [" ".join(step.__doc__.split()) for step in steps] == steps_of_document()
        try:
            for step in steps:
                step()
        finally:
            for client in machine.clients:
                client.close()
    assert not connects(tcp_port), "QEMU ends with its task"


def connects(port):
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0
