"""gdb and lldb, at their prompts."""
import re

from trapline_pytest.agent import DebuggerError

from .client import Client, integer


class Prompt(Client):
    """What both have in common: a debugger of trapline_pytest, driven by commands."""

    def __init__(self, *arguments, program):
        super().__init__(*arguments)
        self.program = program
        self.debugger = None

    def vanish(self):
        self.debugger.kill()

    def report(self):
        return self.debugger.report() if self.debugger else ""

    def do(self, *commands):
        return self.debugger.execute(*commands)

    def break_running(self, place):
        """At a prompt that is one's own: Ctrl-C first."""
        self.pause()
        self.break_at(place)
        self.resume()

    def pause(self):
        return self.debugger.interrupt()

    def frames(self):
        return self.debugger.frames()

    def position(self, frame=0):
        return tuple(self.debugger.request("position", frame))

    def locals(self, frame=0):
        return {name: integer(text) for name, text in self.debugger.request("locals", frame).items()}

    def evaluate(self, expression):
        return self.debugger.int(expression)

    def threads(self):
        return self.debugger.request("threads", "")

    def stacks(self):
        return self.debugger.request("stacks", "")


def spot(place):
    return place if isinstance(place, str) else "{}:{}".format(*place)


class GdbPrompt(Prompt):
    def attach(self, file=None, breakpoint=None):
        self.debugger = self.machine.gdb(attach=False, file=file or "", program=self.program)
        self.do("set remotetimeout 20", "set breakpoint pending on")
        if breakpoint:
            self.break_at(breakpoint)
        self.do(f"target remote 127.0.0.1:{self.port}")

    def detach(self):
        self.do("detach")

    def stop_button(self):
        self.do("kill")

    def break_at(self, place, condition=None, hardware=False, pending=False):
        self.do(("hbreak " if hardware else "break ") + spot(place)
                + (f" if {condition}" if condition else ""))

    def watch(self, expression, access):
        self.do({"write": "watch", "read": "rwatch", "access": "awatch"}[access] + " " + expression)

    def clear(self):
        self.do("delete")

    def resume(self):
        self.debugger.resume()

    def wait_stop(self):
        return self.debugger.wait()

    def go(self):
        return self.do("continue")

    def step_in(self):
        self.do("step")

    def step_over(self):
        self.do("next")

    def step_out(self):
        match = re.search(r"^Value returned is \$\d+ = (.*)$", self.do("finish"), re.M)
        return integer(match[1]) if match else None

    def step_instruction(self):
        self.do("stepi")

    def run_to(self, place):
        self.do(f"advance {spot(place)}")

    def continue_with_fault(self):
        self.do("continue")

    def assign(self, variable, value):
        self.do(f"set variable {variable} = {value}")

    def read(self, address, size):
        try:
            return bytes(self.debugger.int(f"*(unsigned char *){address + i:#x}") for i in range(size)) \
                if size < 8 else bytes(self._dump(address, size))
        except DebuggerError as error:
            assert "Cannot access memory" in str(error)
            return None

    def _dump(self, address, size):
        for line in self.do(f"x/{size}xb {address:#x}").splitlines():
            yield from (int(byte, 16) for byte in line.partition(":")[2].split())

    def write(self, address, data):
        values = ", ".join(map(str, data))
        self.do(f"set variable *(unsigned char (*)[{len(data)}]){address:#x} = {{{values}}}")

    def registers(self):
        rows = (line.split(None, 2) for line in self.do("info registers").splitlines())
        return {row[0]: integer(row[1]) for row in rows if len(row) > 1}

    def set_register(self, name, value):
        self.do(f"set variable ${name} = {value}")

    def disassemble(self, function):
        return [line.partition(":\t")[2] for line in self.do(f"disassemble {function}").splitlines()]

    def monitor(self, command):
        return self.do(f"monitor {command}")

    def modules(self):
        listed = self.do("info sharedlibrary").split()
        return [word.rpartition("/")[2] for word in listed if word.endswith(".ko")]

    def printed(self):
        return self.debugger.log.read_text(errors="replace")


class LldbPrompt(Prompt):
    races = 'lldb gives up a call when its own thread has not sent the packet in 5 s ("Resume timed out", docs/limits.md)'

    def attach(self, file=None, breakpoint=None):
        self.output = ""
        self.debugger = self.machine.lldb(attach=False, file=file or "", program=self.program)
        if breakpoint:
            self.break_at(breakpoint)
        self.do("settings set plugin.process.gdb-remote.packet-timeout 30",
                f"gdb-remote 127.0.0.1:{self.port}")

    def detach(self):
        self.do("detach")

    def stop_button(self):
        self.do("kill")

    def break_at(self, place, condition=None, hardware=False, pending=False):
        where = f"-n {place}" if isinstance(place, str) else "-f {} -l {}".format(*place)
        self.do(f"breakpoint set {where}" + (" -H" if hardware else "")
                + (f" -c '{condition}'" if condition else ""))

    def watch(self, expression, access):
        kind = {"write": "write", "read": "read", "access": "read_write"}[access]
        self.do(f"watchpoint set variable -w {kind} {expression}")

    def clear(self):
        self.debugger.request("clear", "")

    def resume(self):
        self.debugger.resume()

    def wait_stop(self):
        return self.debugger.wait_stop()

    def go(self):
        self.do("continue")
        return self.do("process status")

    def step_in(self):
        self.do("thread step-in")

    def step_over(self):
        self.do("thread step-over")

    def step_out(self):
        self.do("thread step-out")
        match = re.search(r"^Return value: (.*)$", self.do("process status"), re.M)
        return integer(match[1].partition("=")[2]) if match else None

    def step_instruction(self):
        self.do("thread step-inst")

    def run_to(self, place):
        self.do(f"thread until {place[1]}")

    def continue_with_fault(self):
        self.do("continue")

    def assign(self, variable, value):
        self.do(f"expression {variable} = {value}")

    def read(self, address, size):
        try:
            text = self.do(f"memory read -s 1 -f x -c {size} {address:#x}")
        except DebuggerError as error:
            assert "memory read failed" in str(error)
            return None
        return bytes(int(byte, 16) for line in text.splitlines()
                     for byte in line.partition(": ")[2].split())

    def write(self, address, data):
        self.do(f"memory write -s 1 {address:#x} " + " ".join(f"{byte:#x}" for byte in data))

    def registers(self):
        rows = re.findall(r"^\s*(\w+) = (0x[0-9a-f]+)", self.do("register read --all"), re.M)
        return {name: int(value, 16) for name, value in rows}

    def set_register(self, name, value):
        self.do(f"register write {name} {value}")

    def disassemble(self, function):
        return self.do(f"disassemble -n {function}").splitlines()

    def monitor(self, command):
        return self.do(f"process plugin packet monitor {command}")

    def modules(self):
        return [word for word in self.do("image list -b").split() if word.endswith(".ko")]

    def printed(self):
        self.output += self.debugger.printed()
        return self.output
