"""A real lldb, driven command by command (lldb_agent.py runs inside it)."""
from pathlib import Path

from .agent import Debugger, DebuggerError as LldbError  # noqa: F401

AGENT = Path(__file__).with_name("lldb_agent.py")


class Lldb(Debugger):
    call = "script lldb_agent.request({action!r}, {argument!r})"

    def __init__(self, file, folder, deadline, program="lldb"):
        folder.mkdir()
        self.packets = folder / "packets"
        command = [program, "-x", "--no-use-colors"]
        super().__init__(folder, deadline, [*command, "-o", f"command script import {AGENT}"])
        self.execute(f"log enable -f {self.packets} gdb-remote packets",
                     "settings set plugin.process.gdb-remote.packet-timeout 60",  # as gdb.py's
                     *([f"target create {file}"] if file else []))

    def resume(self, command="continue"):
        """Resume the kernel and see it resumed; interrupt() or wait() ends it."""
        self.request("resume", command)

    def wait_stop(self):
        """What lldb says about the stop that follows on resume()."""
        return self.request("stopped", "")

    def interrupt(self):
        """Ctrl-C, and what lldb says about the stop."""
        return self.request("interrupt", "")

    def printed(self):
        """What the kernel has printed through the stub since this was asked last."""
        return self.request("printed", "")

    def packet_log(self):
        """lldb's own log of the line: "send packet: ..." and "read packet: ..."."""
        return self.packets.read_text(errors="replace").splitlines() if self.packets.exists() else []

    def report(self):
        return "\n".join((super().report(), *(line[:160] for line in self.packet_log()[-60:])))
