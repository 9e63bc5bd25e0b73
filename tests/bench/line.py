"""The line itself: what a client sees that takes no time, and what COM1 carries at most."""
import socket
import time

from trapline_pytest.packet import frame


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def exchange(client, packet):
    """Send a packet and take the reply as it comes: how many bytes it had. Nothing is decoded, as the
    time for that would be in the figures of both stubs."""
    client.line.sendall(frame(packet))
    count, end = 0, b""
    while end[-3:-2] != b"#":
        data = client.line.recv(1 << 16)
        count += len(data)
        end = (end + data)[-3:]
    if client.acks:
        client.line.sendall(b"+")
    return count


def flood(machine, client, size=1 << 16):
    """Bytes a second that COM1 carries when the kernel writes them flat out: it calls its console's
    function for a UART, with demo_hot as the place to return to."""
    hot, text = machine.elf["demo_hot"].address, machine.elf["demo_scratch"].address
    port = machine.elf["uart_port"].address
    for at in range(0, size, 0x1000):
        client.write(text + at, b"+" * 0x1000)
    registers = {name: client.register(name) for name in (
        "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "rsp", "rip", "eflags")}
    before, rsp = client.read(port, 2), (registers["rsp"] - 256 & ~15) - 8
    client.write(port, b"\xf8\x03")
    client.write(rsp, hot.to_bytes(8, "little"))
    for name, value in {"rdi": text, "rsi": size, "rsp": rsp, "rip": machine.elf["write_uart"].address}.items():
        assert client.set_register(name, value) == "OK", name
    client.insert(hot)
    rate = receive_flood(client, size)
    client.remove(hot)
    client.write(port, before)
    for name, value in registers.items():
        assert client.set_register(name, value) == "OK", name
    return rate


def receive_flood(client, size):
    client.line.sendall(frame(b"vCont;c"))
    client.line.settimeout(client.deadline.left())
    count = len(client.line.recv(size))
    started, first = time.perf_counter(), count
    while count < size:
        count += len(client.line.recv(size - count))
    rate = (size - first) / (time.perf_counter() - started)
    client.wait_stop()
    return rate
