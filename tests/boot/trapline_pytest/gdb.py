"""A real gdb, driven command by command (gdb_agent.py runs inside it)."""
import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

AGENT = Path(__file__).with_name("gdb_agent.py")
SETTINGS = ("set pagination off", "set confirm off", "set width 0", "set height 0",
            "set debuginfod enabled off", "set tcp connect-timeout 5")


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
        command = [program, "-nx", "-q", "-batch", str(file)] if file else [program, "-nx", "-q", "-batch"]
        for setting in (*SETTINGS, f"set remotelogfile {self.packets}"):
            command += ["-ex", setting]
        command += ["-x", str(AGENT)]
        environment = {**os.environ, "TRAPLINE_AGENT": str(folder / "agent"), "LC_ALL": "C.UTF-8"}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=environment, start_new_session=True)
        with listener:
            listener.settimeout(deadline.left())
            self.agent = listener.accept()[0]
        self.stream = self.agent.makefile("rw")

    # Requests

    def send(self, action, argument):
        """Begin something that takes its time, such as continue; wait() for the answer."""
        self.stream.write(json.dumps([action, argument]) + "\n")
        self.stream.flush()

    def wait(self):
        self.agent.settimeout(self.deadline.left())
        line = self.stream.readline()
        if not line:
            pytest.fail(f"gdb ended: {self.log.read_text()[-2000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise GdbError(answer["error"])
        return answer["value"]

    def request(self, action, argument):
        self.send(action, argument)
        return self.wait()

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
        """Begin a command that resumes the kernel; interrupt() or wait() ends it."""
        self.send("execute", command)

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
        self.stream.close()
        self.agent.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def report(self):
        return "\n".join((self.log.read_text()[-2000:],
                          *(line[:160] for line in self.packet_log()[-60:])))

    def packet_log(self):
        """gdb's own log of the line: lines that begin with "w " (to the stub) and "r " (from it)."""
        return self.packets.read_text(errors="replace").splitlines() if self.packets.exists() else []
