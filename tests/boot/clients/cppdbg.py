"""VS Code's C/C++ extension, "cppdbg". Its engine, MIEngine, is not to be had without the extension, so
that its part is played here: the commands that it writes to gdb, in its order, from the settings of
.vscode/launch.json. gdb and all that follows is real."""
import re
from pathlib import Path

from .client import ROOT, Lacks, integer
from .mi import Mi, Refused
from . import vscode

# The fields of a configuration that MIEngine knows (cppdbg in the extension's package.json) and we do.
FIELDS = {"name", "type", "request", "preLaunchTask", "program", "cwd", "MIMode", "miDebuggerPath",
          "miDebuggerServerAddress", "stopAtConnect", "targetArchitecture", "setupCommands",
          "processId", "useExtendedRemote"}
TYPES = {8: "double", 4: "int", 2: "short", 1: "char"}


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Cppdbg(vscode.VsCodeClient):
    """Every other session is that of the request "attach", the others are of "launch"."""

    needs_file = ("The extension refuses a configuration without `program` (\"launch: property 'program'"
                  " is missing or empty\").")
    needs_return = ("Shows no return value: MIEngine takes `function-finished` for the end of a step, and"
                    " reads nothing else in it.")

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.mi = None

    # The session

    def attach(self, file=None, breakpoint=None, request=None):
        self.sessions += 1
        request = request or ("launch" if self.sessions % 2 else "attach")
        self.settings = vscode.configuration("cppdbg", request, self.port)
        assert set(self.settings) <= FIELDS, "a field that cppdbg does not have"
        assert self.settings["MIMode"] == "gdb"
        assert self.settings.get("targetArchitecture", "x64") == "x64"
        self.running, self.spare, self.breakpoints = False, False, []
        self.mi = Mi([self.settings["miDebuggerPath"], "--interpreter=mi"],
                     self.folder / f"mi{self.sessions}", self.deadline)
        self.machine.clients.append(self)
        for command in self.initialize():
            self.mi.ask(command)
        assert ("Kill it?" in self.mi.output) == (self.settings["request"] == "attach")
        if breakpoint:
            self.break_at(breakpoint)
        self.first_stop()

    def initialize(self):
        """MIEngine's commands up to the first stop, one at a time."""
        settings = self.settings
        program = self.machine.elf.path
        assert Path(settings["program"]) == ROOT / "build/kernel.elf", "where make puts it"
        yield "-gdb-set mi-async on"
        for command in settings.get("setupCommands", []):
            text = command["text"]
            yield text if text.startswith("-") else f"-interpreter-exec console {quote(text)}"
        yield '-interpreter-exec console "set pagination off"'
        yield '-interpreter-exec console "set debuginfod enabled off"'
        yield "-gdb-set auto-solib-add on"
        remote = "extended-remote" if settings.get("useExtendedRemote") else "remote"
        select = f"-target-select {remote} {settings['miDebuggerServerAddress']}"
        if settings["request"] == "launch":
            yield f"-environment-cd {settings['cwd']}"
            yield f"-file-exec-and-symbols {program}"
            if "targetArchitecture" not in settings:
                yield '-interpreter-exec console "show architecture"'
            yield "-break-insert -f main"
            yield select
        else:
            yield f"-file-exec-and-symbols {program}"
            yield '-interpreter-exec console "show architecture"'
            yield select
            yield f"-target-attach {settings['processId']}"

    def first_stop(self):
        """Of it MIEngine knows no reason, and goes on, unless it was told to stop."""
        self.stopped(self.mi.stop())
        while not self.mi.stops.empty():
            self.stopped(self.mi.stop())
        if not self.settings.get("stopAtConnect"):
            self.resume()
            self.pause()

    def stopped(self, record):
        """What it asks at each stop."""
        self.running = False
        listed = self.mi.ask("-thread-info")
        self.thread = record.get("thread-id") or listed["current-thread-id"]
        self.frame_list = self.stack(self.thread)
        self.mi.ask(f"-stack-list-arguments --thread {self.thread} 0 0 1000")
        return " ".join(record.get(key, "") for key in ("reason", "signal-name"))

    def stack(self, thread):
        return self.mi.ask(f"-stack-list-frames --thread {thread} 0 1000")["stack"]

    def close(self):
        self.mi.end()

    def leave(self, command):
        if self.running:
            self.pause()
        self.mi.ask(command)
        self.mi.ask("-gdb-exit")
        self.mi.end()

    def detach(self):
        self.leave("-target-detach")

    def stop_button(self):
        self.leave("-interpreter-exec console \"kill\"" if self.settings["request"] == "launch"
                   else "-target-detach")

    def vanish(self):
        self.mi.end()

    def report(self):
        return self.mi.report() if self.mi else ""

    # Breakpoints

    def insert(self, command):
        answer = self.mi.ask(command)
        number, = (answer[kind]["number"] for kind in ("bkpt", "wpt", "hw-awpt", "hw-rwpt") if kind in answer)
        self.breakpoints.append(number)

    def break_at(self, place, condition=None, hardware=False, pending=False):
        if hardware:
            self.by("By `-exec hbreak FILE:LINE` in the Debug Console.")
            self.console("hbreak {}:{}".format(*place))
            return
        if not isinstance(place, str):
            path, = ROOT.glob(f"kernel/**/{place[0]}")
            place = f"{path}:{place[1]}"
        self.insert("-break-insert -f " + (f"-c {quote(condition)} " if condition else "") + place)

    def break_running(self, place):
        """It stops the machine for it, and stops it again when that takes more than 3 s."""
        self.interrupt()
        self.stopped(self.mi.stop())
        self.spare = True
        self.break_at(place)
        self.resume()

    def watch(self, expression, access):
        """Break on Value Change, by address and size; the others are not in its menu."""
        if access != "write":
            self.by("By `-exec rwatch EXPRESSION`, or `awatch`, in the Debug Console: its menu has writes only.")
            self.console({"read": "rwatch", "access": "awatch"}[access] + " " + expression)
            return
        size = self.evaluate(f"sizeof({expression})")
        self.insert(f"-break-watch *({TYPES[size]}*)({self.evaluate(f'&({expression})'):#x})")

    def clear(self):
        for number in self.breakpoints:
            self.mi.ask(f"-break-delete {number}")
        self.breakpoints = []
        self.console("delete")

    # Running

    def resume(self):
        if not self.running:
            self.go_on("-exec-continue")

    def go_on(self, command):
        self.mi.ask(command)
        self.last, self.running = command, True

    def wait_stop(self):
        """The second of two interrupts may have come when gdb had asked about the stop already: then it counts for what
        comes next, as with gdbserver (docs/limits.md), and a user does that again."""
        said, spare = self.stopped(self.mi.stop()), self.spare
        self.spare = False
        if spare and "SIGINT" in said:
            self.go_on(self.last)
            said = self.stopped(self.mi.stop())
        return said

    def interrupt(self):
        """Twice, as a user does whose machine does not stop at once."""
        for token in [self.mi.send("-exec-interrupt") for _ in range(2)]:
            self.mi.answer(token)

    def pause(self):
        self.interrupt()
        self.spare = False
        said = self.wait_stop()
        assert "SIGINT" in said, said
        self.spare = True
        return said

    def move(self, command):
        self.go_on(f"{command} --thread {self.thread} --frame 0")
        return self.wait_stop()

    def step_in(self):
        self.move("-exec-step")

    def step_over(self):
        self.move("-exec-next")

    def step_out(self):
        self.move("-exec-finish")

    def step_instruction(self):
        self.move("-exec-step-instruction")

    # Looking and changing

    def frames(self):
        return [frame.get("func") for frame in self.stack(self.thread)]

    def position(self, frame=0):
        frame = self.stack(self.thread)[frame]
        return frame["file"].rpartition("/")[2], int(frame["line"])

    def variable(self, expression, then=None, frame=0):
        """A variable object's value, and its value once it was given another."""
        made = self.mi.ask(f"-var-create --thread {self.thread} --frame {frame} - * {quote(expression)}")
        value = made["value"]
        if then is not None:
            value = self.mi.ask(f"-var-assign {made['name']} {quote(str(then))}")["value"]
        self.mi.ask(f"-var-delete {made['name']}")
        return value

    def locals(self, frame=0):
        listed = self.mi.ask(f"-stack-list-variables --thread {self.thread} --frame {frame} 0")["variables"]
        return {one["name"]: integer(self.variable(one["name"], frame=frame)) for one in listed}

    def evaluate(self, expression):
        return integer(self.variable(expression))

    def assign(self, variable, value):
        self.variable(variable, then=value)

    def read(self, address, size):
        try:
            blocks = self.mi.ask(f"-data-read-memory-bytes {address:#x} {size}")["memory"]
        except Refused as error:
            assert "Unable to read memory" in str(error), error
            return None
        return bytes.fromhex(blocks[0]["contents"])

    def write(self, address, data):
        self.by("By `-exec set variable` in the Debug Console: MIEngine's memory view only reads.")
        values = ", ".join(map(str, data))
        self.console(f"set variable *(unsigned char (*)[{len(data)}]){address:#x} = {{{values}}}")

    def registers(self):
        names = self.mi.ask("-data-list-register-names")["register-names"]
        values = self.mi.ask(f"-data-list-register-values --thread {self.thread} x")["register-values"]
        return {names[int(one["number"])]: integer(one["value"]) for one in values}

    def set_register(self, name, value):
        self.variable(f"${name}", then=value)

    def disassemble(self, function):
        start = self.address(function)
        listed = self.mi.ask(f"-data-disassemble -s {start:#x} -e {start + 64:#x} -- 2")["asm_insns"]
        return [one["inst"] for one in listed]

    def threads(self):
        return [one.get("name", "") for one in self.mi.ask("-thread-info")["threads"]]

    def stacks(self):
        return [[frame.get("func") for frame in self.stack(one["id"])]
                for one in self.mi.ask("-thread-info")["threads"]]

    def console(self, command):
        """Debug Console: -exec command."""
        start = len(self.mi.output)
        self.mi.ask(f"-interpreter-exec console {quote(command)}")
        return self.mi.output[start:]

    def modules(self):
        words = self.console("info sharedlibrary").split()
        return [word.rpartition("/")[2] for word in words if word.endswith(".ko")]

    def printed(self):
        return self.mi.output
