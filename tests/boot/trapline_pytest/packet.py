"""Framing of the remote serial protocol (GDB manual, "Overview" of the Remote Protocol)."""
import re
import socket
from collections import deque

import pytest


def escape(data):
    """Binary data as it has to be between '$' and '#'."""
    return b"".join(b"}" + bytes([byte ^ 0x20]) if byte in b"}#$*" else bytes([byte])
                    for byte in data)


def expand(data):
    """What was between '$' and '#', with escapes and run-length encoding undone."""
    out = bytearray()
    for plain, mark, byte in re.findall(rb"([^}*]*)(?:([}*])(.|$))?", data, re.S):
        out += plain
        if mark == b"}":
            out.append(byte[0] ^ 0x20)
        elif mark:
            out += out[-1:] * (byte[0] - 29)
    return bytes(out)


def frame(payload):
    return b"$%s#%02x" % (payload, sum(payload) & 0xFF)


class Link:
    """Packets over a socket, and the transcript of all that went over it."""

    def __init__(self, line, deadline):
        self.line = line
        self.deadline = deadline
        self.acks = True
        self.pending = bytearray()
        self.transcript = deque(maxlen=200)
        self.bytes_out = self.bytes_in = 0

    def send_raw(self, data):
        self._record(">", data)
        self.bytes_out += len(data)
        self.line.settimeout(self.deadline.left())
        self.line.sendall(data)

    def _fill(self):
        """Wait for more off the line; fails the test when the peer is gone or the deadline past."""
        self.line.settimeout(self.deadline.left())
        try:
            data = self.line.recv(65536)
        except socket.timeout:
            pytest.fail(f"no byte came before the deadline; sent last: {self.last_sent()}")
        if not data:
            pytest.fail("the serial line was closed")
        self._record("<", data)
        self.bytes_in += len(data)
        self.pending += data

    def read_byte(self):
        """The next byte off the line."""
        if not self.pending:
            self._fill()
        return self.pending.pop(0)

    def send(self, payload):
        """Send a packet; in ack mode, wait for its '+' and send again at each '-'."""
        data = frame(payload)
        self.send_raw(data)
        while self.acks:
            byte = self.read_byte()
            if byte == ord("+"):
                return
            assert byte == ord("-"), f"{chr(byte)!r} came where an acknowledgement was due"
            self.send_raw(data)

    def receive(self):
        """The next packet's content. Outside, only an acknowledgement may come; a bad checksum fails
        the test as well: no line here loses bytes."""
        while (byte := self.read_byte()) != ord("$"):
            assert byte == ord("+"), f"{chr(byte)!r} came where a packet was due"
        searched = 0
        while (end := self.pending.find(b"#", searched)) < 0 or len(self.pending) < end + 3:
            searched = len(self.pending) if end < 0 else end
            self._fill()
        raw, checksum = bytes(self.pending[:end]), int(self.pending[end + 1:end + 3], 16)
        del self.pending[:end + 3]
        assert checksum == sum(raw) & 0xFF, f"bad checksum of {bytes(raw)!r}"
        if self.acks:
            self.send_raw(b"+")
        return expand(raw)

    def _record(self, way, data):
        """Add to the transcript; bytes that go the same way belong together."""
        if self.transcript and self.transcript[-1][0] == way:
            data = self.transcript.pop()[1] + data
        self.transcript.append((way, bytes(data)))

    def last_sent(self):
        return next((data[:80] for way, data in reversed(self.transcript) if way == ">"), None)

    def report(self):
        return "\n".join(f"{way} {data[:160]!r}" for way, data in list(self.transcript)[-60:])

    def close(self):
        self.line.close()
