"""Frames of the remote serial protocol in a stream of bytes (GDB manual, "Remote Protocol").

A serial line that a debugger shares with a console carries packets and plain text. A Scanner cuts
such a stream into tokens; what it cannot take for protocol is text. Each direction has its own.
"""
import re
from dataclasses import dataclass

INTERRUPT = 0x03

# No stub announces packets nearly as long. What has no end by then is not a packet.
FRAME_MAX = 0x40000

# What a stub may send unasked: console output and stop replies. Text that merely begins with '$' is
# told from them by their form (no control characters for one) and by the checksum.
UNASKED = re.compile(rb"\$(O[0-9a-f]|[TSWX][0-9a-f]{2})[ -~]*#[0-9a-fA-F]{2}")
UNASKED_BEGUN = re.compile(rb"\$(O([0-9a-f][ -~]*)?|[TSWX]([0-9a-f]([0-9a-f][ -~]*)?)?)?")

MARKS = {ord("+"): "ack", ord("-"): "nak", INTERRUPT: "interrupt"}
PLAIN = re.compile(rb"[^$+\-\x03]+")


def expand(data):
    """What was between '$' and '#': runs undone, then escapes, as gdb does it."""
    out = bytearray()
    rest = iter(data)
    for byte in rest:
        if byte == ord("*"):
            out += out[-1:] * max(0, next(rest, 29) - 29)
        else:
            out.append(byte)
    return re.sub(rb"\}(.?)", lambda escaped: bytes([(escaped[1] or b"\0")[0] ^ 0x20]), bytes(out), flags=re.S)


def escape(data):
    """Binary data as it has to be between '$' and '#'."""
    return re.sub(rb"[}#$*]", lambda match: bytes([0x7D, match[0][0] ^ 0x20]), data)


def frame(payload):
    return b"$%s#%02x" % (payload, sum(payload) & 0xFF)


@dataclass(frozen=True)
class Token:
    """A piece of the stream. raw is exactly what was on the line."""

    kind: str  # packet, notification, ack, nak, interrupt or text
    raw: bytes

    @property
    def payload(self):
        """A packet's content, escapes and run lengths undone."""
        return expand(self.raw[1:-3])

    @property
    def good(self):
        """True if a packet's checksum is right."""
        try:
            return int(self.raw[-2:], 16) == sum(self.raw[1:-3]) & 0xFF
        except ValueError:
            return False


class Scanner:
    """Cuts what feed() gets into tokens; keeps the beginning of a frame until its end has come."""

    def __init__(self):
        self.held = bytearray()

    def feed(self, data):
        """All tokens that are complete now; text comes in pieces as long as possible."""
        self.held += data
        text = bytearray()
        while self.held and (token := self._next()):
            if token.kind == "text":
                text += token.raw
                continue
            yield from self._text(text)
            yield token
        yield from self._text(text)

    def flush(self):
        """Give up on a frame that has begun: it was text."""
        text, self.held = self.held, bytearray()
        yield from self._text(text)

    @staticmethod
    def _text(text):
        if text:
            yield Token("text", bytes(text))
            text.clear()

    def _next(self):
        """The token at the beginning of what is held, None if more has to come."""
        if plain := PLAIN.match(self.held):
            return self._take("text", plain.end())
        first = self.held[0]
        if first == ord("$"):
            return self._frame()
        return self._take(MARKS[first] if self.is_mark(first) else "text", 1)

    def _frame(self):
        """A '$' never stands inside a frame, so a second one shows that the first began none."""
        end, again = self.held.find(b"#"), self.held.find(b"$", 1)
        if again > 0 and not 0 < end < again - 2:
            return self._take("text", again)
        candidate = self.held[:end + 3] if end > 0 else self.held
        if not self.may_begin(candidate) or len(candidate) > FRAME_MAX:
            return self._take("text", 1)
        if end < 0 or len(self.held) < end + 3:
            return None
        return self._take("packet" if self.is_frame(candidate) else "text", len(candidate))

    def _take(self, kind, size):
        raw = bytes(self.held[:size])
        del self.held[:size]
        return Token(kind, raw)

    # What differs between the directions

    def is_mark(self, byte):
        raise NotImplementedError

    def may_begin(self, candidate):
        """Can what is held be a frame, or become one?"""
        raise NotImplementedError

    def is_frame(self, candidate):
        """Is this, from '$' to checksum, a frame?"""
        raise NotImplementedError


class ClientScanner(Scanner):
    """From the debugger: frames, acknowledgements, and 0x03 between frames."""

    def is_mark(self, byte):
        return True

    def may_begin(self, candidate):
        return True

    def is_frame(self, candidate):
        return True


class StubScanner(Scanner):
    """From the machine: frames among console text.

    A reply may be anything, so while one is owed every '$' begins a frame, and a frame with a wrong
    checksum is one all the same: the debugger has to ask for it again. Acknowledgements are only
    those that somebody waits for; or a reply that is long in coming says that it does (docs/protocol.md).
    """

    def __init__(self):
        super().__init__()
        self.reply_owed = False
        self.acks_owed = 0

    def is_mark(self, byte):
        """Inside a line of text "+" is text, unless a frame follows or nothing does."""
        if byte == INTERRUPT or not (self.acks_owed or self.reply_owed) or self.held[1:2] not in (b"", b"$"):
            return False
        self.acks_owed -= bool(self.acks_owed)
        return True

    def may_begin(self, candidate):
        return self.reply_owed or bool(UNASKED_BEGUN.fullmatch(candidate))

    def is_frame(self, candidate):
        if self.reply_owed:
            return True
        return bool(UNASKED.fullmatch(candidate)) and Token("packet", bytes(candidate)).good
