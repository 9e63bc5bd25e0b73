"""Records of a debug session: a capture for tshark and Wireshark, and a transcript for people.

Both have record(way, token) for each token that goes over the line, way being "->" for debugger to
machine and "<-" for the way back, and mark(event) for "attached" and "gone".
"""
import struct
import time

from rsp_decode import Decoder

CLIENT, MACHINE = "127.0.0.1", "127.0.0.2"
SYN, FIN, PUSH, ACK = 0x02, 0x01, 0x08, 0x10
SEGMENT_MAX = 60000  # what fits into one IP packet


class Transcript:
    """One line a packet: seconds since the start, the packet, what it means. No line for a "+"."""

    def __init__(self, file, clock=time.monotonic):
        self.file = file
        self.clock = clock
        self.start = clock()
        self.decoder = Decoder()

    def record(self, way, token):
        if line := self.decoder.token(way, token):
            self._write(line)

    def mark(self, event):
        self.decoder = Decoder()
        self._write(f"-- debugger {event}")

    def _write(self, line):
        self.file.write(f"{self.clock() - self.start:9.4f} {line}\n")
        self.file.flush()


class Capture:
    """A pcap file with the packets as TCP between two made-up hosts, one connection for each
    debugger that attached. tshark has to be told the machine's port: -d tcp.port==1234,gdb"""

    def __init__(self, file, port=1234, clock=time.time_ns):
        self.file = file
        self.port = port
        self.clock = clock
        self.client_port = 49151
        self.sent = {"->": 0, "<-": 0}  # sequence numbers
        # Version 2.4, times in nanoseconds, up to 64 KiB a packet, which begins with IP (101).
        self.file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 0x10000, 101))
        self.file.flush()

    def record(self, way, token):
        for at in range(0, len(token.raw), SEGMENT_MAX):
            self._segment(way, PUSH | ACK, token.raw[at:at + SEGMENT_MAX])

    def mark(self, event):
        if event == "attached":
            self.client_port += 1
            self.sent = {"->": 1000, "<-": 2000}
            self._segment("->", SYN)
            self._segment("<-", SYN | ACK)
            self._segment("->", ACK)
        elif event == "gone":
            self._segment("->", FIN | ACK)
            self._segment("<-", FIN | ACK)
            self._segment("->", ACK)

    def _segment(self, way, flags, data=b""):
        back = "<-" if way == "->" else "->"
        ports = (self.client_port, self.port) if way == "->" else (self.port, self.client_port)
        hosts = (CLIENT, MACHINE) if way == "->" else (MACHINE, CLIENT)
        acknowledged = self.sent[back] if flags & ACK else 0
        tcp = struct.pack(">HHIIBBHHH", *ports, self.sent[way], acknowledged, 5 << 4, flags,
                          65535, 0, 0)
        # SYN and FIN take a sequence number each.
        self.sent[way] = (self.sent[way] + len(data) + bool(flags & (SYN | FIN))) & 0xFFFFFFFF
        self._packet(hosts, tcp, data)

    def _packet(self, hosts, tcp, data):
        source, target = (bytes(map(int, host.split("."))) for host in hosts)
        size = len(tcp) + len(data)
        tcp = patch(tcp, 16, source + target + struct.pack(">HH", 6, size) + tcp + data)
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + size, 0, 0, 64, 6, 0) + source + target
        packet = patch(ip, 10, ip) + tcp + data
        now = self.clock()
        self.file.write(struct.pack("<IIII", now // 10**9, now % 10**9, len(packet), len(packet)))
        self.file.write(packet)
        self.file.flush()


def patch(header, at, covered):
    """The header with the internet checksum (RFC 1071) of covered at the given offset."""
    covered += b"\0" * (len(covered) % 2)
    total = sum(struct.unpack(f">{len(covered) // 2}H", covered))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return header[:at] + struct.pack(">H", total ^ 0xFFFF) + header[at + 2:]
