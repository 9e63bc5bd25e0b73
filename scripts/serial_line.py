"""Ways to a machine's serial line: a unix socket, a TCP port, or a tty of this computer."""
import os
import re
import socket
import stat
import termios
import tty

FORMS = "unix:PATH, tcp:[HOST:]PORT, or a tty PATH[,BAUD]"


class LineError(Exception):
    """A line cannot be opened; the text says which and why."""


def host_and_port(text):
    """("127.0.0.1", 1234) of "1234", ":1234" or "127.0.0.1:1234"."""
    host, _, port = text.rpartition(":")
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise LineError(f"{text}: not a port number")
    return host or "127.0.0.1", int(port)


def line_of(target):
    """The form of open_line() for what gdb's "target remote" takes: sockets and ttys are paths, ports :1234."""
    if re.match("unix:|tcp:", target):
        return target
    if re.fullmatch(r"([\w.-]*:)?\d+", target):
        return "tcp:" + target.lstrip(":")
    path = target.partition(",")[0]
    if not os.path.exists(path) or stat.S_ISSOCK(os.stat(path).st_mode):
        return "unix:" + target
    return target


def open_line(where, timeout=10):
    """A file descriptor, non-blocking, of unix:PATH, tcp:[HOST:]PORT or PATH[,BAUD]."""
    kind, _, rest = where.partition(":")
    try:
        if kind == "unix":
            return open_unix(rest)
        if kind == "tcp":
            return open_tcp(*host_and_port(rest), timeout)
        path, _, baud = where.partition(",")
        return open_tty(path, baud or "115200")
    except (OSError, termios.error) as error:
        reason = error.strerror if isinstance(error, OSError) else error.args[-1]
        raise LineError(f"{where} cannot be opened: {reason or error}") from error
    except UnicodeError as error:  # from the codec for names of hosts
        raise LineError(f"{where} cannot be opened: no name of a host") from error


def open_unix(path):
    line = socket.socket(socket.AF_UNIX)
    line.connect(path)
    return socket_descriptor(line)


def open_tcp(host, port, timeout):
    line = socket.create_connection((host, port), timeout)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return socket_descriptor(line)


def socket_descriptor(line):
    line.setblocking(False)
    return line.detach()


def open_tty(path, baud):
    """A serial port: eight bits, no parity, nothing translated, modem lines ignored."""
    speed = getattr(termios, f"B{baud}", None)
    if speed is None:
        raise LineError(f"{path}: this system knows no baud rate {baud}")
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        tty.setraw(fd)
        iflag, oflag, cflag, lflag, _, _, characters = termios.tcgetattr(fd)
        cflag = (cflag | termios.CLOCAL | termios.CREAD) & ~(termios.HUPCL | termios.CRTSCTS)
        attributes = [iflag, oflag, cflag, lflag, speed, speed, characters]
        termios.tcsetattr(fd, termios.TCSANOW, attributes)
        return fd
    except termios.error:
        os.close(fd)
        raise
