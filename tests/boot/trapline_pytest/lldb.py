"""A real lldb, driven command by command (lldb_agent.py runs inside it)."""
import signal
from pathlib import Path

from .agent import Debugger, DebuggerError as LldbError  # noqa: F401

AGENT = Path(__file__).with_name("lldb_agent.py")


class Lldb(Debugger):
    call = "script lldb_agent.request({action!r}, {argument!r})"

    def __init__(self, file, folder, deadline, program="lldb"):
        folder.mkdir()
        self.packets = folder / "packets"
        command = [program, "-x", "--no-use-colors", *([str(file)] if file else [])]
        for line in (f"log enable -f {self.packets} gdb-remote packets",
                     f"command script import {AGENT}"):
            command += ["-o", line]
        super().__init__(folder, deadline, command)

    def resume(self, command="continue"):
        """Resume the kernel and see it resumed; interrupt() or wait() ends it."""
        self.request("resume", command)

    def wait_stop(self):
        """What lldb says about the stop that follows on resume()."""
        return self.request("stopped", "")

    def interrupt(self):
        """Ctrl-C, and what lldb says about the stop."""
        self.process.send_signal(signal.SIGINT)
        return self.wait_stop()

    def packet_log(self):
        """lldb's own log of the line: "send packet: ..." and "read packet: ..."."""
        return self.packets.read_text(errors="replace").splitlines() if self.packets.exists() else []

    def report(self):
        return "\n".join((super().report(), *(line[:160] for line in self.packet_log()[-60:])))
