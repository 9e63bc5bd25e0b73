"""A real gdb, driven command by command (gdb_agent.py runs inside it)."""
import contextlib
import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

AGENT = Path(__file__).with_name("gdb_agent.py")
SETTINGS = ("set pagination off", "set confirm off", "set width 0",
            "set height 0", "set debuginfod enabled off", "set print entry-values no")


class GdbError(Exception):
    """gdb refused a command; the text is gdb's."""


class Gdb:
    def __init__(self, file, folder, deadline, program="gdb"):
        folder.mkdir()
        self.deadline = deadline
        self.packets = folder / "packets"
        self.log = folder / "log"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(folder / "agent"))
        listener.listen()
        command = [program, "-nx", "-q", *([str(file)] if file else [])]
        for setting in (*SETTINGS, f"set remotelogfile {self.packets}"):
            command += ["-ex", setting]
        command += ["-x", str(AGENT)]
        environment = {**os.environ, "TRAPLINE_AGENT": str(folder / "agent"), "LC_ALL": "C.UTF-8"}
        with open(self.log, "w+b") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log,
                                            env=environment, start_new_session=True, text=True)
        with listener:
            listener.settimeout(deadline.left())
            self.agent = listener.accept()[0]
        self.answers = self.agent.makefile("r")

    # Requests

    def type(self, line):
        """One line for gdb's standard input."""
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pytest.fail(f"gdb ended: {self.log.read_text()[-2000:]}")

    def request(self, action, argument):
        self.type(f"python request({action!r}, {argument!r})")
        return self.wait()

    def wait(self):
        """The answer to what was asked last."""
        while "resumed" in (answer := self._read()):
            pass
        if "error" in answer:
            raise GdbError(answer["error"])
        return answer["value"]

    def _read(self):
        self.agent.settimeout(self.deadline.left())
        try:
            line = self.answers.readline()
        except socket.timeout:
            pytest.fail("gdb did not answer before the deadline")
        if not line:
            pytest.fail(f"gdb ended: {self.log.read_text()[-2000:]}")
        return json.loads(line)

    def execute(self, *commands):
        """Run commands; the output of the last."""
        for command in commands:
            output = self.request("execute", command)
        return output

    def refused(self, command):
        """The text with which gdb refuses a command; fails the test if it does not."""
        with pytest.raises(GdbError) as caught:
            self.execute(command)
        return str(caught.value)

    def int(self, expression):
        return self.request("integer", expression)

    def text(self, expression):
        return self.request("text", expression)

    def frames(self, limit=64):
        return self.request("frames", limit)

    # Running

    def resume(self, command="continue"):
        """Begin a command that resumes the kernel and see it resumed; interrupt() or wait() ends it."""
        for line in ("python resume_begins()", command, "python resume_ended()"):
            self.type(line)
        answer = self._read()
        assert "resumed" in answer, answer

    def interrupt(self):
        """Ctrl-C; the output of the command that it ended."""
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    # The end

    def kill(self):
        """SIGKILL, as when a terminal dies with gdb in it."""
        self.process.kill()
        self.process.wait()
        self.close()

    def close(self):
        self.answers.close()
        self.agent.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()

    def report(self):
        return "\n".join((self.log.read_text()[-2000:],
                          *(line[:160] for line in self.packet_log()[-60:])))

    def packet_log(self):
        """gdb's own log of the line: lines that begin with "w " (to the stub) and "r " (from it)."""
        return self.packets.read_text(errors="replace").splitlines() if self.packets.exists() else []
