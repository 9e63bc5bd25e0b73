"""One serial line for a console and a debugger: what goes where. No input or output happens here.

While no debugger is attached, bytes of the line are console text. While one is, packets and
acknowledgements are its own, and console output that the machine sends as O packets is decoded for
the console (but not what "monitor" commands print: that is the debugger's). Bytes outside packets
are console text at any time.

Packets of the debugger go out whole, so that an acknowledgement of ours never lands inside of one.
"""
import re

from rsp_frames import ClientScanner, StubScanner, Token
from rsp_packets import resumes

OUTPUT = re.compile(rb"O([0-9a-f]{2})+")
LEAVES = re.compile(rb"D.*|k|vKill;.*")


class Mux:
    """Methods take what has arrived; the callables given say where bytes are to go.

    to_console, to_client, to_line   called with bytes
    note                             called with a sentence for the user
    records                          objects with record() and mark(), as in rsp_capture
    output_to_client                 O packets go to the debugger too
    """

    def __init__(self, to_console, to_client, to_line, note, records=(), output_to_client=False):
        self.to_console = to_console
        self.to_client = to_client
        self.to_line = to_line
        self.note = note
        self.records = records
        self.output_to_client = output_to_client
        self.line = StubScanner()
        self.client = None  # the debugger's scanner, while there is one
        self.request = None  # what the debugger asked last, until it is answered
        self.last = b""  # what it asked last
        self.acks = None  # is the machine's stub in acknowledgement mode? None: nobody knows

    # The debugger

    def attach(self):
        """A debugger has connected. A new session begins in acknowledgement mode."""
        self.client = ClientScanner()
        self.acks = True
        self._mark("attached")

    def from_client(self, data):
        for token in self.client.feed(data):
            self._record("->", token)
            if token.kind == "packet" and token.good:
                self._asked(token.payload)
            self.to_line(token.raw)

    def _asked(self, payload):
        self.request = self.last = payload
        self.line.acks_owed += bool(self.acks)
        self.line.reply_owed = not resumes(payload)

    def detach(self):
        """The debugger has gone. Nothing tells the machine; a stopped one stays so."""
        if self.last and not resumes(self.last) and not LEAVES.fullmatch(self.last):
            self.note("the debugger is gone and has left the machine stopped")
        self.client = self.request = None
        self.last = b""
        self.line.reply_owed, self.line.acks_owed = False, 0
        self._mark("gone")

    # The machine

    def from_line(self, data):
        for token in self.line.feed(data):
            if token.kind == "text":
                self.to_console(token.raw)
                continue
            self._record("<-", token)
            if token.kind == "packet":
                self._packet(token)
            else:
                self.to_client(token.raw)

    def idle(self):
        """Nothing came for a moment: what looked like the beginning of a packet was text. Not while there is a
        debugger: a computer that is busy may stop for seconds in the middle of the stop that it waits for, and text
        shows what it is when it goes on."""
        if not self.client:
            for token in self.line.flush():
                self.to_console(token.raw)

    def _packet(self, token):
        if token.good and self._is_console_output(token.payload):
            self.to_console(bytes.fromhex(token.payload[1:].decode()))
            if not (self.client and self.output_to_client):
                self._acknowledge()
                return
        if self.client:
            self.to_client(token.raw)
            self._answered(token)
        else:
            self.note("the machine has stopped and no debugger is attached: "
                      + token.payload[:60].decode("latin-1"))
            self._acknowledge()

    def _is_console_output(self, payload):
        asked_for = self.request is not None and self.request.startswith(b"qRcmd,")
        return bool(OUTPUT.fullmatch(payload)) and not asked_for

    def _answered(self, token):
        """A packet with a wrong checksum answers nothing: it will come again."""
        if not token.good or OUTPUT.fullmatch(token.payload):
            return
        if self.request == b"QStartNoAckMode" and token.payload == b"OK":
            self.acks = False
        self.request = None
        self.line.reply_owed = False

    def _acknowledge(self):
        """For a packet that no debugger gets. If nobody knows whether the stub waits for a "+", it
        gets none: one that does not wait would take it for a new debugger, and stop the machine."""
        if self.acks:
            token = Token("ack", b"+")
            self._record("->", token)
            self.to_line(token.raw)

    # The console

    def from_console(self, data):
        """What is typed reaches the machine only while no debugger is attached."""
        if not self.client:
            self.to_line(data)

    # Records

    def _record(self, way, token):
        for record in self.records:
            record.record(way, token)

    def _mark(self, event):
        for record in self.records:
            record.mark(event)
