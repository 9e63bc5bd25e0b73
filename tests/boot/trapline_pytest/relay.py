"""A relay between a client and a serial line that cuts the client off after so many bytes."""
import contextlib
import socket
import threading


class Relay:
    """Listens on path for one client and copies bytes between it and line, a connected socket.

    After cut_after bytes from the client it calls cut() and closes both ends: the line sees a client that
    died at exactly that byte, in the middle of a packet or not.
    """

    def __init__(self, path, line, cut_after, cut):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.line = line
        self.left = cut_after
        self.cut = cut
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        client, _ = self.listener.accept()
        back = threading.Thread(target=self._copy_back, args=(client,), daemon=True)
        back.start()
        while data := self._receive(client, self.left):
            self.line.sendall(data)
            self.left -= len(data)
            if not self.left:
                self.cut()
                break
        for end in (self.line, client):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        back.join()
        for end in (self.line, client, self.listener):
            end.close()

    def _copy_back(self, client):
        while data := self._receive(self.line, 65536):
            try:
                client.sendall(data)
            except OSError:
                break

    @staticmethod
    def _receive(end, size):
        try:
            return end.recv(size)
        except OSError:
            return b""

    def join(self, timeout):
        self.thread.join(timeout)
        assert not self.thread.is_alive(), "the relay did not end"
