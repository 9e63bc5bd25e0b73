"""A machine: one QEMU, started by scripts/qemu.sh, ended by its own pid."""
import json
import socket
import subprocess
import time
from pathlib import Path

from .console import Console
from .gdb import Gdb
from .lldb import Lldb
from .rsp import Rsp


class Machine:
    """A booted kernel. Its line (COM1, or the port of a virtio console with transport="virtio"), and
    QEMU's own stub and control socket if asked for, are unix sockets in folder.

    Options are those of qemu.sh with "_" for "-"; a "True" for stub or qmp puts the socket in folder.
    """

    def __init__(self, settings, deadline, folder, panic_expected=False, transport="com1", **options):
        self.settings = settings
        self.deadline = deadline
        self.folder = Path(folder)
        self.elf = settings.elf
        self.clients = []
        self.transport = transport
        options.setdefault(transport, f"unix:{self.folder / transport}")
        if transport == "virtio":
            options["append"] = f"{options.get('append', '')} gdb.port=virtio".strip()
        for name in ("stub", "qmp"):
            if options.get(name) is True:
                options[name] = self.folder / name
        self.options = options
        self.process = None
        self.console = Console(deadline, settings.banner, panic_expected)

    def start(self):
        command = [self.settings.qemu, *self.settings.boot(self.options)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.console.start(self.process.stdout)
        return self

    def _line(self):
        """Where QEMU has its line. A socket is waited for, as it says nothing when it has made it."""
        kind, _, place = self.options[self.transport].partition(":")
        while kind == "unix" and not Path(place).exists() and self.process.poll() is None:
            time.sleep(min(0.01, self.deadline.left()))
        return kind, place

    def serving(self):
        """Wait until the kernel's stub serves its line."""
        self.console.wait_for(self.settings.serving)
        return self

    def rsp(self, session=True, **options):
        """A new RSP client on its line, with a session opened unless asked not to."""
        client = Rsp(self.connect(), self.deadline, self.elf, **options)
        self.clients.append(client)
        return client.open() if session else client

    def gdb(self, attach=True, file=None, **options):
        """A new gdb with the kernel's ELF (file="" for none), attached to its line unless asked not to."""
        number = len(self.clients)
        client = Gdb(self.elf.path if file is None else file, self.folder / f"gdb{number}", self.deadline, **options)
        self.clients.append(client)
        if attach:
            client.execute(f"target remote {self.remote}")
        return client

    def lldb(self, attach=True, file="", **options):
        """A new lldb, without a file unless one is given, attached to its line unless asked not to."""
        number = len(self.clients)
        client = Lldb(file, self.folder / f"lldb{number}", self.deadline, **options)
        self.clients.append(client)
        if attach:
            client.execute(f"process connect -p gdb-remote {self.lldb_remote}")
        return client

    @property
    def lldb_remote(self):
        """The line as lldb's process connect takes it."""
        kind, place = self._line()
        return f"unix-connect://{place}" if kind == "unix" else f"connect://127.0.0.1:{place}"

    @property
    def remote(self):
        """The line as gdb's target remote takes it."""
        kind, place = self._line()
        return place if kind == "unix" else f"127.0.0.1:{place}"

    def connect(self, path=None):
        """A raw connection to the line, or to another of the machine's unix sockets."""
        kind, place = ("unix", str(path)) if path else self._line()
        if kind == "tcp":
            line = socket.create_connection(("127.0.0.1", int(place)), self.deadline.left())
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return line
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(self.deadline.left())
        line.connect(place)
        return line

    def monitor(self, command):
        """One command of QEMU's human monitor, through its control socket (needs qmp=True)."""
        with self.connect(self.options["qmp"]) as line, line.makefile("rw") as stream:
            stream.readline()
            for execute, arguments in (("qmp_capabilities", {}),
                                       ("human-monitor-command", {"command-line": command})):
                stream.write(json.dumps({"execute": execute, "arguments": arguments}) + "\n")
                stream.flush()
                answer = json.loads(stream.readline())
                while "event" in answer:
                    answer = json.loads(stream.readline())
        return answer["return"]

    def wait_exit(self):
        """QEMU's exit status, once it has ended by itself."""
        return self.process.wait(self.deadline.left())

    def stop(self):
        """End every client and QEMU, whatever state they are in."""
        for client in self.clients:
            client.close()
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.console.join(10)

    def report(self):
        """What a failed test shows: (title, text) pairs."""
        yield "console", self.console.text()
        for client in self.clients:
            yield type(client).__name__.lower(), client.report()
