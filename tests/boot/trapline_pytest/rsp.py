"""A remote serial protocol client of our own: it says what a real one would not, and sees every byte."""
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

from .packet import Link, escape

FEATURES = "qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+;error-message+"


@dataclass
class Stop:
    """A stop reply: T05thread:p1.1;swbreak:;10:0011223344556677; and its relatives."""

    kind: str  # T, S, W or X
    signal: int
    values: dict = field(default_factory=dict)
    registers: dict = field(default_factory=dict)  # by number, as integers

    @classmethod
    def parse(cls, text):
        stop = cls(text[0], int(text[1:3], 16))
        for pair in filter(None, text[3:].split(";")):
            name, _, value = pair.partition(":")
            if stop.kind == "T" and re.fullmatch("[0-9a-f]+", name):
                stop.registers[int(name, 16)] = int.from_bytes(bytes.fromhex(value), "little")
            else:
                stop.values[name] = value
        return stop


@dataclass(frozen=True)
class Register:
    name: str
    number: int
    size: int  # bytes
    offset: int  # in the reply to g


class Rsp(Link):
    """Tests use ask() for any packet and the named calls for the usual ones."""

    def __init__(self, line, deadline, elf=None):
        super().__init__(line, deadline)
        self.elf = elf  # of what it debugs, for names
        self.features = {}
        self.output = ""
        self.stop = None
        self._registers = None

    # A session

    def open(self, no_ack=True):
        """As gdb begins: features, no-ack mode, why it stopped. The '+' tells a stub that is still in
        no-ack mode for a client before us that there is a new one."""
        self.send_raw(b"+")
        self.supported()
        if no_ack:
            self.no_ack()
        self.stop = Stop.parse(self.ask("?"))
        return self

    def supported(self, packet=FEATURES):
        pairs = re.findall(r"([\w:-]+)(?:=(\w+)|([+-]))", self.ask(packet))
        self.features = {name: value or sign for name, value, sign in pairs}
        return self.features

    def no_ack(self):
        assert self.ask("QStartNoAckMode") == "OK"
        self.acks = False

    def detach(self):
        assert self.ask("D;1") == "OK"
        self.close()

    # Packets

    def ask(self, packet):
        """Send a packet (text, or bytes already escaped) and return the reply as text."""
        return self.ask_bytes(packet).decode("latin-1")

    def ask_bytes(self, packet):
        self.send(packet.encode("latin-1") if isinstance(packet, str) else packet)
        return self.receive()

    def monitor(self, command):
        """The text that "monitor command" prints."""
        reply = self.ask("qRcmd," + command.encode().hex())
        text = ""
        while reply.startswith("O") and reply != "OK":
            text += bytes.fromhex(reply[1:]).decode()
            reply = self.receive().decode("latin-1")
        return text if reply == "OK" else text + bytes.fromhex(reply).decode()

    # Run and stop

    def resume(self, packet="vCont;c"):
        self.send(packet.encode())

    def wait_stop(self):
        """The next stop reply; console output on the way is kept in output."""
        while (reply := self.receive().decode("latin-1")).startswith("O"):
            self.output += bytes.fromhex(reply[1:]).decode("utf-8", "replace")
        self.stop = Stop.parse(reply)
        return self.stop

    def go(self, packet="vCont;c"):
        """Resume and wait for the stop."""
        self.resume(packet)
        return self.wait_stop()

    def run_to(self, place):
        """Go on until an address, or a symbol of the kernel's, is reached for the first time."""
        address = self.elf[place].address if isinstance(place, str) else place
        self.insert(address)
        stop = self.go()
        self.remove(address)
        assert self.pc == address
        return stop

    def step(self):
        return self.go(f"vCont;s:{self.thread}")

    @property
    def thread(self):
        """The one that stopped: an attach stops whoever runs."""
        return self.stop.values["thread"]

    def interrupt(self):
        self.send_raw(b"\x03")
        return self.wait_stop()

    # Breakpoints

    def insert(self, address, kind=0, length=1):
        assert self.ask(f"Z{kind},{address:x},{length:x}") == "OK"

    def remove(self, address, kind=0, length=1):
        assert self.ask(f"z{kind},{address:x},{length:x}") == "OK"

    # Memory

    def read(self, address, size):
        """Memory, in as many packets as it takes; an error fails the test."""
        data = b""
        while len(data) < size:
            reply = self.ask(f"m{address + len(data):x},{min(size - len(data), 0x1000):x}")
            assert not reply.startswith("E"), f"{address + len(data):#x} cannot be read: {reply}"
            data += bytes.fromhex(reply)
        return data

    def write(self, address, data):
        packet = f"X{address:x},{len(data):x}:".encode() + escape(data)
        assert self.ask(packet) == "OK"

    def read_u64(self, address):
        return int.from_bytes(self.read(address, 8), "little")

    def crc(self, address, size):
        reply = self.ask(f"qCRC:{address:x},{size:x}")
        assert reply.startswith("C"), reply
        return int(reply[1:], 16)

    # Registers

    @property
    def registers(self):
        """The rows of target.xml by name, read once."""
        if self._registers is None:
            number = offset = 0
            self._registers = {}
            for row in ElementTree.fromstring(self.transfer("features", "target.xml")).iter("reg"):
                number = int(row.get("regnum", number))
                size = int(row.get("bitsize")) // 8
                self._registers[row.get("name")] = Register(row.get("name"), number, size, offset)
                number, offset = number + 1, offset + size
        return self._registers

    def transfer(self, kind, annex, piece=0x1000):
        """The whole of a qXfer object, as text."""
        text = ""
        while True:
            reply = self.ask(f"qXfer:{kind}:read:{annex}:{len(text):x},{piece:x}")
            assert reply[:1] in ("l", "m"), reply
            text += reply[1:]
            if reply[0] == "l":
                return text

    def register(self, name):
        """A register's value, None if it is unavailable."""
        reply = self.ask(f"p{self.registers[name].number:x}")
        assert not reply.startswith("E"), f"{name}: {reply}"
        return None if "x" in reply else int.from_bytes(bytes.fromhex(reply), "little")

    def set_register(self, name, value):
        row = self.registers[name]
        return self.ask(f"P{row.number:x}={value.to_bytes(row.size, 'little').hex()}")

    @property
    def pc(self):
        return self.register("rip")
