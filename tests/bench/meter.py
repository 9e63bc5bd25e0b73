"""A debugger's line with a meter in it: bytes each way, and requests."""
import contextlib
import socket
import threading

BAUD = 115200
BITS_A_BYTE = 10  # 8N1: a start bit, eight of data, a stop bit


class Meter:
    """Listens on path for one debugger and copies bytes between it and line, a connected socket."""

    def __init__(self, path, line):
        self.path = path
        self.line = line
        self.out = self.back = self.requests = 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        self.client, _ = self.listener.accept()
        back = threading.Thread(target=self._copy, args=(self.line, self.client, self._count_back), daemon=True)
        back.start()
        self._copy(self.client, self.line, self._count_out)

    @staticmethod
    def _copy(source, sink, count):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                count(data)
                sink.sendall(data)

    def _count_out(self, data):
        self.out += len(data)
        self.requests += data.count(b"$") + data.count(b"\x03")  # binary data has both escaped or is not sent

    def _count_back(self, data):
        self.back += len(data)

    def take(self):
        """(bytes to the stub, bytes from it, requests) since the last time. The debugger has to be at
        its prompt: then all that it has asked for is here."""
        taken = self.out, self.back, self.requests
        self.out = self.back = self.requests = 0
        return taken

    def close(self):
        for end in (self.line, self.listener):
            end.close()


def seconds_on_a_wire(count):
    """How long so many bytes take on a real serial line."""
    return count * BITS_A_BYTE / BAUD
