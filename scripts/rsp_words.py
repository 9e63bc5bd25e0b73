"""Words for pieces of packets, and the form of a row of the tables: rsp_packets, rsp_files, rsp_trace."""
from dataclasses import dataclass
from typing import Callable, Union

SIGNALS = {1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT",
           8: "SIGFPE", 9: "SIGKILL", 10: "SIGBUS", 11: "SIGSEGV", 13: "SIGPIPE", 14: "SIGALRM",
           15: "SIGTERM", 17: "SIGSTOP", 19: "SIGCONT"}
HEX = "([0-9a-f]+)"


def signal(digits):
    number = int(digits, 16)
    return SIGNALS.get(number, f"signal {number}")


def size(count):
    """Of bytes; a text is a hex number."""
    count = int(count, 16) if isinstance(count, str) else count
    return "1 byte" if count == 1 else f"{count} bytes"


def thread(name):
    """p1.2 and 2 are threads, -1 is all of them, 0 any."""
    last = name.rpartition(".")[2].lstrip("p")
    return {"-1": "all threads", "0": "any thread"}.get(last, f"thread {name.lstrip('p')}")


def unhex(digits):
    return bytes.fromhex(digits).decode("utf-8", "replace")


def quoted(text):
    return '"' + text.replace("\n", "\\n").replace("\r", "\\r") + '"'


def fields(text):
    """(key, value) of each "key:value;"."""
    for field in filter(None, text.split(";")):
        key, _, value = field.partition(":")
        yield key, value


def plain(prefix):
    """The reply in words of its own: prefix and the text itself."""
    return lambda _decoder, text, _match: prefix + text


Meaning = Union[str, Callable]


@dataclass(frozen=True)
class Row:
    pattern: str
    meaning: Meaning  # text with {1}, {2} for the groups, or a function
    reply: Callable = None
    resumes: bool = False  # the reply is a stop, and may take its time
