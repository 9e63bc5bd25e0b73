"""Find out what is at the other end of a serial line, without knowing that it is a debug stub.

A Probe asks packets and keeps everything that came, so that silence, noise, an echo or a console's
text can be told apart. It stays in acknowledgement mode and leaves nothing behind in a stub.
"""
import os
import re
import select
import time

from rsp_frames import StubScanner, frame

PATIENCE = 2  # seconds: what gdb waits for a reply before it asks again
TRIES = 3
QUIET = 0.3  # seconds without a byte after which no late reply is to be expected


class Probe:
    def __init__(self, fd, patience=PATIENCE):
        self.fd = fd
        self.patience = patience
        self.scanner = StubScanner()
        self.heard = bytearray()  # everything since listen() or the last ask()
        self.refused = 0  # packets that came back as "-"
        self.damaged = 0  # replies with a wrong checksum

    # Bytes

    def _read(self, until):
        """What comes before that time; b"" if nothing does, or if the other end has closed."""
        if not select.select([self.fd], [], [], max(0, until - time.monotonic()))[0]:
            return b""
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.heard += data
        return data

    def send(self, data):
        """True if the line took it all."""
        try:
            return os.write(self.fd, data) == len(data)
        except OSError:
            return False

    def listen(self, seconds):
        """What the other end says by itself."""
        self.heard.clear()
        end = time.monotonic() + seconds
        while self._read(end):
            pass
        return bytes(self.heard)

    # Packets

    def ask(self, payload, prefix=b""):
        """The reply as text, None if none came."""
        self.heard.clear()
        for attempt in range(TRIES):
            self.scanner.held.clear()
            self.scanner.reply_owed, self.scanner.acks_owed = True, 1
            if not self.send(prefix + frame(payload.encode("latin-1"))):
                return None
            reply = self._reply(time.monotonic() + self.patience)
            if reply is not None:
                self._forget_late_replies(attempt)
                return reply
        return None

    def _forget_late_replies(self, attempts):
        """What was asked again may be answered again; the next reply must not be taken for that."""
        while attempts and self._reply(time.monotonic() + QUIET) is not None:
            pass

    def _reply(self, end):
        while data := self._read(end):
            for token in self.scanner.feed(data):
                if token.kind == "nak":
                    self.refused += 1
                    return None
                if token.kind == "packet" and not re.fullmatch(b"O([0-9a-f]{2})+", token.payload):
                    return self._checked(token)
        return None

    def _checked(self, token):
        self.send(b"+" if token.good else b"-")
        self.damaged += not token.good
        return token.payload.decode("latin-1") if token.good else None

    def round_trip(self, payload, enough, times=10):
        """Seconds that a reply takes: the best of some, as a busy computer makes any of them late. One that is
        quick enough is the last."""
        best = None
        for _ in range(times):
            start = time.monotonic()
            if self.ask(payload) is None:
                return None
            taken = time.monotonic() - start
            best = min(taken, best or taken)
            if best <= enough:
                break
        return best

    def transfer(self, kind, annex, piece=0x400):
        """The whole of a qXfer object, None if it is not to be had."""
        text = ""
        while reply := self.ask(f"qXfer:{kind}:read:{annex}:{len(text):x},{piece:x}"):
            if reply[0] not in "lm" or reply == "m":
                return None
            text += reply[1:]
            if reply[0] == "l":
                return text
        return None

    def file(self, name, limit=0x4000):
        """The beginning of a file that the stub serves, as text; None if it has none of that name."""
        opened = re.fullmatch("F([0-9a-f]+)", self.ask(f"vFile:open:{name.encode().hex()},0,0") or "")
        text = ""
        while opened and len(text) < limit:
            reply = self.ask(f"vFile:pread:{opened[1]},400,{len(text):x}") or ""
            piece = reply.partition(";")[2]
            if not reply.startswith("F") or not piece:
                break
            text += piece
        return text if opened else None


def kind_of(heard, sent):
    """What it was that came instead of a packet: a word.

    silence, echo (our own bytes), acks (a stub that took the packet and then said nothing), naks,
    noise (as from another baud rate), text
    """
    if not heard:
        return "silence"
    if sent in heard:
        return "echo"
    if not heard.strip(b"+"):
        return "acks"
    if not heard.strip(b"+-"):
        return "naks"
    text = heard.decode("utf-8", "replace")
    odd = sum(char == "\ufffd" or char < " " and char not in "\t\r\n\x1b\a\b" for char in text)
    return "noise" if odd * 5 > len(text) else "text"
