"""Lines that say what packets of the remote serial protocol mean, for people.

    decoder = Decoder()
    decoder.line("->", b"mffff8000,40")       -> mffff8000,40      read 64 bytes at ffff8000
    decoder.line("<-", b"T05thread:p1.1;")    <- T05thread:p1.1;   stopped by SIGTRAP, thread 1.1

"->" is from the debugger to the machine, "<-" the way back. A reply means what its request makes of
it, so one decoder has to see both ways of one session; it learns the names of registers from
target.xml on the way. Packets are given without frame, escapes and run lengths undone
(rsp_frames.Token.payload). Nothing here raises: what makes no sense is shown as such.
"""
import re

from rsp_packets import find_row, quoted, signal, thread, unhex

# gdb's own order for x86-64; target.xml, once seen, replaces it.
REGISTERS = [(name, 8) for name in ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8",
                                    "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip")]
REGISTERS += [(name, 4) for name in ("eflags", "cs", "ss", "ds", "es", "fs", "gs")]

ERRORS = {"01": "malformed", "14": "memory", "22": "argument"}

SHOWN = 40  # bytes of a packet; more are counted


def shown(payload):
    """A packet's content in printable characters, cut to a line's length."""
    text = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in payload[:SHOWN])
    rest = len(payload) - SHOWN
    return f"{text}...({rest} more)" if rest > 0 else text


class Decoder:
    def __init__(self):
        self.registers = REGISTERS
        self.description = {}  # pieces of target.xml and what it includes, by name
        self.row = self.match = None  # the request that is being answered

    def line(self, way, payload):
        """The packet and its meaning."""
        return f"{way} {shown(payload):<{SHOWN}}  {self.meaning(way, payload)}".rstrip()

    def token(self, way, token):
        """The line for anything that rsp_frames cuts out; None for what says nothing new."""
        if token.kind == "packet":
            line = self.line(way, token.payload)
            return line if token.good else line + "  (bad checksum)"
        names = {"nak": "-", "interrupt": "^C"}
        meanings = {"nak": "bad checksum: send again", "interrupt": "stop, please"}
        if token.kind not in names:
            return None
        return f"{way} {names[token.kind]:<{SHOWN}}  {meanings[token.kind]}"

    def meaning(self, way, payload):
        text = payload.decode("latin-1")
        try:
            meaning = self._request(text) if way == "->" else self._reply(text)
        except (ValueError, LookupError):
            return "malformed"
        return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in meaning)

    def _request(self, text):
        self.row, self.match = find_row(text)
        if not self.row:
            return ""
        if callable(self.row.meaning):
            return self.row.meaning(self, self.match)
        return self.row.meaning.format(self.match[0], *self.match.groups())

    def _reply(self, text):
        if re.fullmatch("O([0-9a-f]{2})+", text):
            return "console " + quoted(unhex(text[1:]))
        if text in ("", "OK"):
            return "done" if text else "not supported"
        if error := re.fullmatch("E([0-9a-f]{2})(;.*)?", text):
            return f"error {error[1]}: {ERRORS.get(error[1], '')}".rstrip(": ")
        if text.startswith("E."):
            return "error: " + text[2:]
        if self.row and self.row.reply:
            return self.row.reply(self, text, self.match) or ""
        return self.stop(text) or ""

    # Stop replies

    def stop(self, text):
        """T05thread:p1.1;10:0011...;swbreak:; and its relatives; None if this is none."""
        if match := re.fullmatch("([WX])([0-9a-f]{2}).*", text):
            return "ended by " + signal(match[2]) if match[1] == "X" else (
                f"ended with status {int(match[2], 16)}")
        match = re.fullmatch("[ST]([0-9a-f]{2})(.*)", text, re.DOTALL)
        if not match:
            return None
        pairs = (pair.partition(":") for pair in match[2].split(";") if pair)
        details = [self._detail(key, value) for key, _, value in pairs]
        return ", ".join(["stopped by " + signal(match[1]), *details])

    def _detail(self, key, value):
        if re.fullmatch("[0-9a-f]+", key):
            return f"{self.register_name(int(key, 16))}={self.value(value)}"
        if key == "thread":
            return thread(value)
        if key.endswith("watch"):
            return f"{key} hit at {value}"
        return f"{key}={value}" if value else key

    # Registers

    def register_name(self, number):
        return self.registers[number][0] if number < len(self.registers) else f"register {number}"

    @staticmethod
    def value(digits):
        """A register's value from its bytes, lowest first; x digits are unavailable."""
        return "unavailable" if "x" in digits else bytes.fromhex(digits)[::-1].hex()

    def split_registers(self, text):
        """(name, value) of each register in the reply to g."""
        at = 0
        for name, width in self.registers:
            digits = text[at:at + 2 * width]
            at += 2 * width
            if len(digits) == 2 * width:
                yield name, self.value(digits)

    def learn_registers(self, annex, offset, reply):
        """Take names and sizes from a description, once its last piece is there."""
        if not offset:
            self.description.pop(annex, None)
        text = self.description.setdefault(annex, "") + reply[1:]
        self.description[annex] = text
        rows = re.findall(r"<reg\s[^>]*>", "".join(self.description.values()))
        if reply[:1] == "l" and rows:
            self.registers = number_registers(rows)


def number_registers(tags):
    """[(name, bytes)] by number, from <reg name= bitsize= [regnum=]> in document order."""
    found_rows = {}
    number = 0
    for tag in tags:
        attribute = dict(re.findall(r'(\w+)\s*=\s*"([^"]*)"', tag))
        number = int(attribute.get("regnum", number))
        found_rows[number] = (attribute["name"], int(attribute["bitsize"]) // 8)
        number += 1
    return [found_rows.get(index, (f"register {index}", 0)) for index in range(number)]
