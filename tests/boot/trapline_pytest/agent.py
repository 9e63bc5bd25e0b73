"""A debugger with an agent of ours inside: requests go through its standard input, as a user types,
and answers come back over a socket, one line of JSON each. So a debugger that dies is a broken
connection, never a test that passed because nothing was left to fail.
"""
import contextlib
import json
import os
import signal
import socket
import subprocess

import pytest


class DebuggerError(Exception):
    """The debugger refused a command; the text is its own."""


class Debugger:
    """Gdb and Lldb say how they are started (command) and how a line calls their agent (call)."""

    call = "{action!r} {argument!r}"

    def __init__(self, folder, deadline, command):
        self.deadline = deadline
        self.log = folder / "log"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(folder / "agent"))
            listener.listen()
            environment = {**os.environ, "TRAPLINE_AGENT": str(folder / "agent"), "LC_ALL": "C.UTF-8"}
            # Out of reach of a terminal's Ctrl-C, but in our session: Linux shares processors out by session, and
            # lets one with little to do wait for seconds beside machines that run.
            with open(self.log, "w+b") as log:
                self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log,
                                                env=environment, process_group=0, text=True)
            self.agent = self._accept(listener)
        self.answers = self.agent.makefile("r")

    @property
    def name(self):
        return type(self).__name__.lower()

    def _ended(self):
        pytest.fail(f"{self.name} ended: {self.log.read_text(errors='replace')[-2000:]}")

    def _accept(self, listener):
        """The agent's connection; a debugger that cannot even start is told apart from a slow one."""
        listener.settimeout(1)
        while self.deadline.left():
            with contextlib.suppress(socket.timeout):
                return listener.accept()[0]
            if self.process.poll() is not None:
                self._ended()

    # Requests

    def type(self, line):
        """One line for the debugger's standard input."""
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self._ended()

    def request(self, action, argument):
        self.type(self.call.format(action=action, argument=argument))
        return self.wait()

    def wait(self):
        """The answer to what was asked last."""
        while "resumed" in (answer := self._read()):
            pass
        if "error" in answer:
            raise DebuggerError(answer["error"])
        return answer["value"]

    def _read(self):
        self.agent.settimeout(self.deadline.left())
        try:
            line = self.answers.readline()
        except socket.timeout:
            pytest.fail(f"{self.name} did not answer before the deadline")
        if not line:
            self._ended()
        return json.loads(line)

    def execute(self, *commands):
        """Run commands; the output of the last."""
        for command in commands:
            output = self.request("execute", command)
        return output

    def refused(self, command):
        """The text with which the debugger refuses a command; fails the test if it does not."""
        with pytest.raises(DebuggerError) as caught:
            self.execute(command)
        return str(caught.value)

    def int(self, expression):
        return self.request("integer", expression)

    def text(self, expression):
        return self.request("text", expression)

    def frames(self, limit=64):
        """The functions of the stack, innermost first."""
        return self.request("frames", limit)

    def interrupt(self):
        """Ctrl-C; the output of the command that it ended."""
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    # The end

    def kill(self):
        """SIGKILL, as when a terminal dies with the debugger in it."""
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
        return self.log.read_text(errors="replace")[-4000:]
