"""Clients that speak the Debug Adapter Protocol: what VS Code says to an adapter, said to the real one."""
import base64
import json
import queue
import subprocess
import threading

import pytest

from .client import ROOT, Lacks, integer
from . import vscode


class Refused(Exception):
    """The adapter's answer to a request was an error; the text is its own."""


class Adapter:
    """A process that reads requests and writes responses and events, each behind its Content-Length."""

    def __init__(self, command, log, deadline):
        self.deadline = deadline
        self.log = open(log, "w+b")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, start_new_session=True)
        self.sequence = 0
        self.responses = {}
        self.events = queue.Queue()
        self.output = ""
        self.seen = []
        self.changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        stream = self.process.stdout
        while header := stream.readline():
            length = int(header.partition(b":")[2])
            stream.readline()
            self._take(json.loads(stream.read(length)))
        self._take({"type": "event", "event": "ended", "body": {}})

    def _take(self, message):
        with self.changed:
            self.seen.append(message)
            if message["type"] == "response":
                self.responses[message["request_seq"]] = message
            elif message["event"] == "output":
                self.output += message["body"].get("output", "")
            else:
                self.events.put((message["event"], message.get("body", {})))
            self.changed.notify_all()

    def send(self, command, **arguments):
        """A request whose response comes later; its number."""
        self.sequence += 1
        request = {"seq": self.sequence, "type": "request", "command": command, "arguments": arguments}
        data = json.dumps(request).encode()
        self.seen.append(request)
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(data), data))
        self.process.stdin.flush()
        return self.sequence

    def response(self, number):
        with self.changed:
            while number not in self.responses:
                if self.process.poll() is not None:
                    pytest.fail(f"the adapter ended: {self.report()}")
                self.changed.wait(min(1, self.deadline.left()))
        answer = self.responses.pop(number)
        if not answer["success"]:
            raise Refused(answer.get("message") or json.dumps(answer.get("body")))
        return answer.get("body") or {}

    def ask(self, command, **arguments):
        return self.response(self.send(command, **arguments))

    def event(self, *names, seconds=40):
        """The body of the next event of these names; others before it are dropped."""
        while True:
            try:
                name, body = self.events.get(timeout=min(seconds, self.deadline.left()))
            except queue.Empty:
                raise Refused(f"no {' or '.join(names)} within {seconds} s") from None
            if name in names:
                return body
            if name == "ended":
                pytest.fail(f"the adapter ended: {self.report()}")

    def forget_events(self):
        """What nobody has waited for."""
        while not self.events.empty():
            self.events.get()

    def report(self):
        return "\n".join(json.dumps(message)[:300] for message in self.seen[-60:])

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()


class DapClient(vscode.VsCodeClient):
    """Requests as VS Code makes them. kind and program are those of a launch.json."""

    kind = None
    can_wait = True  # for the file that a breakpoint is in
    delete_typed = None  # all breakpoints, at the Debug Console

    def __init__(self, *arguments, command):
        super().__init__(*arguments)
        self.command = command
        self.adapter = None
        self.thread = None
        self.lines, self.functions, self.data, self.typed = {}, [], [], False

    def attach(self, file=None, breakpoint=None):
        self.sessions += 1
        self.lines, self.functions, self.data, self.typed = {}, [], [], False
        self.adapter = Adapter(self.command, self.folder / f"adapter{self.sessions}", self.deadline)
        self.machine.clients.append(self)
        self.can = self.adapter.ask(
            "initialize", adapterID=self.kind, clientID="vscode", pathFormat="path", locale="en",
            linesStartAt1=True, columnsStartAt1=True, supportsVariableType=True,
            supportsMemoryReferences=True, supportsRunInTerminalRequest=False)
        configuration = vscode.configuration(self.kind, "attach", self.port)
        if file:
            configuration["program"] = file
        attached = self.adapter.send("attach", **self.adapt(configuration))
        self.adapter.event("initialized")
        if breakpoint:
            self.functions = [{"name": breakpoint}]
            self.adapter.ask("setFunctionBreakpoints", breakpoints=self.functions)
        self.adapter.ask("setExceptionBreakpoints", filters=[])
        self.adapter.ask("configurationDone")
        self.adapter.response(attached)
        self.first_stop()

    def adapt(self, configuration):
        return configuration

    def first_stop(self):
        self.stopped(self.adapter.event("stopped"))

    def stopped(self, body):
        self.running = False
        self.thread = body.get("threadId", self.thread)
        self.adapter.ask("threads")
        return " ".join(str(body.get(key, "")) for key in ("reason", "description", "text"))

    def needs(self, capability, what):
        if not self.can.get(capability):
            raise Lacks(f"{what}: its answer to `initialize` has no `{capability}`.")

    # The end

    def close(self):
        self.adapter.end()

    def detach(self):
        self.adapter.ask("disconnect", restart=False, terminateDebuggee=False)
        self.adapter.end()

    def stop_button(self):
        self.adapter.ask("disconnect", restart=False)
        self.adapter.end()

    def vanish(self):
        self.adapter.end()

    def report(self):
        return self.adapter.report() if self.adapter else ""

    # Breakpoints. Each request replaces what the one before has set.

    def break_at(self, place, condition=None, hardware=False, pending=False):
        extra = {"condition": condition} if condition else {}
        if hardware and any(mode["mode"] == "hardware" for mode in self.can.get("breakpointModes", [])):
            extra["mode"] = "hardware"
        elif hardware or pending and not self.can_wait:
            self.type_break(place, hardware)
            return
        if isinstance(place, str):
            self.functions.append({"name": place, **extra})
            self.adapter.ask("setFunctionBreakpoints", breakpoints=self.functions)
            return
        self.lines.setdefault(place[0], []).append({"line": place[1], **extra})
        self._send_lines(place[0])

    def _send_lines(self, name):
        path, = ROOT.glob(f"kernel/**/{name}")
        self.adapter.ask("setBreakpoints", source={"name": name, "path": str(path)},
                         breakpoints=self.lines[name], sourceModified=False)

    def type_break(self, place, hardware):
        """By a command of the debugger's own, in the Debug Console."""
        raise NotImplementedError

    def break_running(self, place):
        self.break_at(place)

    def watch(self, expression, access):
        self.needs("supportsDataBreakpoints", "No watchpoints")
        answer = self.adapter.ask("dataBreakpointInfo", **self.variable(expression))
        if answer.get("dataId") is None:
            raise Lacks(f"No watchpoint on an expression: {answer.get('description')}.")
        kind = {"write": "write", "read": "read", "access": "readWrite"}[access]
        self.data.append({"dataId": answer["dataId"], "accessType": kind})
        body = self.adapter.ask("setDataBreakpoints", breakpoints=self.data)
        assert body["breakpoints"][-1]["verified"], body

    def variable(self, expression):
        return {"name": expression}

    def clear(self):
        if self.functions:
            self.functions = []
            self.adapter.ask("setFunctionBreakpoints", breakpoints=[])
        for name in [name for name, lines in self.lines.items() if lines]:
            self.lines[name] = []
            self._send_lines(name)
        if self.data:
            self.data = []
            self.adapter.ask("setDataBreakpoints", breakpoints=[])
        if self.typed:
            self.typed = False
            self.console(self.delete_typed)

    # Running

    def resume(self):
        if not self.running:
            self.adapter.forget_events()
            self.adapter.ask("continue", threadId=self.thread)
        self.running = True

    def wait_stop(self):
        return self.stopped(self.adapter.event("stopped"))

    def move(self, request, **arguments):
        if not self.running:
            self.adapter.forget_events()
        self.adapter.ask(request, threadId=self.thread or 1, **arguments)
        self.running = True
        return self.wait_stop()

    def pause(self):
        return self.move("pause")

    def step_in(self):
        self.move("stepIn")

    def step_over(self):
        self.move("next")

    def step_out(self):
        self.move("stepOut")
        values = [value for name, value in self.raw_locals(0).items() if "Return Value" in name]
        return integer(values[0]) if values else None

    def step_instruction(self):
        self.needs("supportsSteppingGranularity", "No step by instruction")
        self.move("stepIn", granularity="instruction")

    # Looking

    def stack(self, thread=None):
        return self.adapter.ask("stackTrace", threadId=thread or self.thread, startFrame=0,
                                levels=64)["stackFrames"]

    @staticmethod
    def plain(name):
        """demo_add of demo_add(int, int), kernel.elf`demo_add, demo_add.constprop.0"""
        return name.rpartition("`")[2].partition("(")[0].partition(".")[0].strip()

    def frames(self):
        return [self.plain(frame["name"]) for frame in self.stack()]

    def position(self, frame=0):
        frame = self.stack()[frame]
        return frame["source"]["name"].rpartition("/")[2], frame["line"]

    def scope(self, name, frame=0):
        scopes = self.adapter.ask("scopes", frameId=self.stack()[frame]["id"])["scopes"]
        found = [scope for scope in scopes if name in scope["name"].lower()]
        assert found, scopes
        return found[0]["variablesReference"]

    def children(self, reference):
        return self.adapter.ask("variables", variablesReference=reference)["variables"]

    def raw_locals(self, frame):
        return {one["name"]: one["value"] for one in self.children(self.scope("local", frame))}

    def locals(self, frame=0):
        return {name: integer(text) for name, text in self.raw_locals(frame).items() if "@" not in name}

    def ask_value(self, expression, context="watch", frame=0):
        stack = self.stack()
        body = self.adapter.ask("evaluate", expression=expression, context=context,
                                frameId=stack[frame]["id"])
        return body["result"]

    def evaluate(self, expression):
        return integer(self.ask_value(expression))

    def assign(self, variable, value):
        self.ask_value(f"{variable} = {value}", "repl")

    def read(self, address, size):
        self.needs("supportsReadMemoryRequest", "No memory view")
        try:
            body = self.adapter.ask("readMemory", memoryReference=f"{address:#x}", count=size)
        except Refused:
            return None
        return base64.b64decode(body["data"]) if body.get("data") else None

    def write(self, address, data):
        self.needs("supportsWriteMemoryRequest", "Memory is not written")
        self.adapter.ask("writeMemory", memoryReference=f"{address:#x}",
                         data=base64.b64encode(data).decode())

    def registers(self):
        rows = self.children(self.scope("register"))
        for group in [row for row in rows if row["variablesReference"]]:
            rows = rows + self.children(group["variablesReference"])
        return {row["name"]: integer(row["value"]) for row in rows}

    def disassemble(self, function):
        self.needs("supportsDisassembleRequest", "No disassembly view")
        reference = f"{self.address(function):#x}"
        body = self.adapter.ask("disassemble", memoryReference=reference, instructionOffset=0,
                                instructionCount=8)
        return [one["instruction"] for one in body["instructions"]]

    def threads(self):
        return [thread["name"] for thread in self.adapter.ask("threads")["threads"]]

    def stacks(self):
        ids = [thread["id"] for thread in self.adapter.ask("threads")["threads"]]
        return [[self.plain(frame["name"]) for frame in self.stack(number)] for number in ids]

    def printed(self):
        return self.adapter.output


class CdtGdb(DapClient):
    """cdt-gdb-adapter, Eclipse's, with gdb: type "gdbtarget"."""

    kind = "gdbtarget"
    waits_in = "memory_init"
    needs_return = ("Shows no return value: nothing in the adapter reads `return-value` in gdb's `*stopped`.")
    can_wait = False
    delete_typed = "delete"

    def attach(self, file=None, breakpoint=None):
        """It lets the kernel run on once it has connected, so a breakpoint has to be set before."""
        super().attach(file, breakpoint or ("memory_init" if self.sessions == 0 else "demo_nothing"))

    def type_break(self, place, hardware):
        self.by("By `>set breakpoint pending on` and `>break FILE:LINE` in the Debug Console: the adapter"
                " inserts its own without `-f`, so that gdb refuses them before the module is there.")
        self.console("set breakpoint pending on")
        self.console("break {}:{}".format(*place))
        self.typed = True

    def console(self, command):
        """In the Debug Console a command of gdb's begins with ">". Its output comes as events."""
        start = len(self.adapter.output)
        answer = self.ask_value(f">{command}", "repl")
        return self.adapter.output[start:] + answer

    def set_register(self, name, value):
        self.adapter.ask("setVariable", variablesReference=self.scope("register"), name=name,
                         value=str(value))

    def modules(self):
        words = self.console("info sharedlibrary").replace("\\n", " ").split()
        return [word.rpartition("/")[2] for word in words if word.endswith(".ko")]


class LldbDap(DapClient):
    """lldb-dap, LLVM's: type "lldb-dap"."""

    kind = "lldb-dap"
    races = "lldb-dap looks at a stop in one thread and lets the machine run in another (first_stop())"
    delete_typed = "breakpoint delete -f"
    needs_return = "Shows no return value: after `stepOut` its `variables` have none. Those of 22 have."

    def type_break(self, place, hardware):
        self.by("By `` `breakpoint set -H -f FILE -l LINE `` in the Debug Console: its answer to `initialize`"
                " has no `breakpointModes`.")
        self.console("breakpoint set -H -f {} -l {}".format(*place))
        self.typed = True

    def variable(self, expression):
        """As a row of the Variables view: a member, and what it is a member of."""
        whole, _, name = expression.rpartition(".")
        body = self.adapter.ask("evaluate", expression=whole, context="watch", frameId=self.stack()[0]["id"])
        return {"name": name, "variablesReference": body["variablesReference"]}

    def first_stop(self):
        """It says so once when it has configured itself and once from the thread that reads lldb's events: 22
        always, 19 three times of four. A machine that runs on before that thread has looked at the stop makes 19
        crash now and then, or say of a running machine that it has stopped."""
        self.greeted = False
        super().first_stop()
        self.greeted = True
        try:
            self.adapter.event("stopped", seconds=2)
        except Refused:
            print("lldb-dap has greeted once")

    def stopped(self, body):
        """The second greeting is skipped if it is late. It has no reason if the machine runs by then."""
        while self.greeted and ("reason" not in body or body.get("description") == "signal SIGTRAP"):
            body = self.adapter.event("stopped")
        return super().stopped(body)

    def pause(self):
        """It answers "continue" before it takes the machine to be running, and refuses a pause until then."""
        for _ in range(100):
            try:
                return super().pause()
            except Refused as error:
                assert "not running" in str(error)
        raise Refused("no pause was taken")

    def console(self, command):
        """In the Debug Console a command of lldb's begins with "`"."""
        if command.startswith("monitor "):
            command = "process plugin packet " + command
        return self.ask_value(f"`{command}", "repl")

    def set_register(self, name, value):
        self.console(f"register write {name} {value}")

    def modules(self):
        return [module["name"] for module in self.adapter.ask("modules")["modules"]
                if module["name"].endswith(".ko")]
