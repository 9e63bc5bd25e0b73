"""A real gdb, driven command by command (gdb_agent.py runs inside it)."""
from pathlib import Path

from .agent import Debugger, DebuggerError as GdbError  # noqa: F401

AGENT = Path(__file__).with_name("gdb_agent.py")
# A busy host may hold a reply up for longer than gdb's 2 s, and a client out of step says nothing about the stub:
# how fast it answers is measured in test_rules.py.
SETTINGS = ("set remotetimeout 60", "set pagination off", "set confirm off", "set width 0",
            "set height 0", "set debuginfod enabled off", "set print entry-values no")


class Gdb(Debugger):
    call = "python request({action!r}, {argument!r})"

    def __init__(self, file, folder, deadline, program="gdb", logged=True):
        """logged=False where it reads megabytes: the log of the line takes gdb ten times as long as they do."""
        folder.mkdir()
        self.packets = folder / "packets"
        command = [program, "-nx", "-q", *([str(file)] if file else [])]
        for setting in (*SETTINGS, *([f"set remotelogfile {self.packets}"] if logged else [])):
            command += ["-ex", setting]
        self.resumes = 0
        self.early = None  # an answer that resume() has read
        super().__init__(folder, deadline, [*command, "-x", str(AGENT)])

    def resume(self, command="continue"):
        """Begin a command that resumes the kernel and see it resumed; interrupt() or wait() ends it. It may have
        stopped again by then, at a breakpoint that is hit at once."""
        self.resumes += 1
        for line in (f"python resume_begins({self.resumes})", command, "python resume_ended()"):
            self.type(line)
        while (answer := self._read()).get("resumed") != self.resumes:
            if "resumed" not in answer:
                assert answer["began"], answer
                self.early = answer
                return

    def interrupt(self):
        return self.wait() if self.early else super().interrupt()

    def _read(self):
        early, self.early = self.early, None
        return early or super()._read()

    def report(self):
        return "\n".join((super().report(), *(line[:160] for line in self.packet_log()[-60:])))

    def packet_log(self):
        """gdb's own log of the line: lines that begin with "w " (to the stub) and "r " (from it)."""
        return self.packets.read_text(errors="replace").splitlines() if self.packets.exists() else []
