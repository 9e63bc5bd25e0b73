"""Words for vFile, the files that a client reads on the other side (GDB manual, "Host I/O Packets"; lldb's
platform has more of them)."""
import re

from rsp_words import Row, quoted, size, unhex

NUMBERS = {1: "not permitted", 2: "no such file", 4: "interrupted", 5: "input or output failed", 9: "no such descriptor",
           13: "no permission", 17: "it exists", 19: "no such device", 20: "not a directory", 21: "a directory",
           22: "argument", 28: "no room", 30: "for reading only"}  # "Errno Values"
BY_NAME = {"unlink": "delete", "readlink": "read the link", "stat": "size and kind of", "lstat": "size and kind of",
           "size": "size of", "exists": "is there", "mode": "rights of", "MD5": "checksum of"}
SIZE_AT = slice(28, 36)  # of st_size in struct fio_stat ("struct stat")


def request(_decoder, match):
    verb, arguments = match[1], match[2]
    words = re.split("[,;]", arguments)
    if verb == "open":
        return f"open the file {quoted(unhex(words[0]))}" + ("" if int(words[1], 16) & 3 == 0 else " to write")
    if verb == "pread":
        return f"read {size(words[1])} of file {words[0]} from offset {int(words[2], 16)}"
    if verb == "pwrite":
        return f"write to file {words[0]} from offset {int(words[1], 16)}"
    if verb in BY_NAME:
        return f"{BY_NAME[verb]} {quoted(unhex(words[0]))}"
    return {"close": f"close file {words[0]}", "fstat": f"size and kind of file {words[0]}",
            "setfs": "files as the stub sees them" if words[0] == "0" else f"files as process {words[0]} sees them",
            }.get(verb, f"{verb}, of files")


def reply(_decoder, text, match):
    """F and a result in hex, an error's number behind it, or ";" and the bytes."""
    if failed := re.fullmatch(r"F-1(?:,([0-9a-f]+))?.*", text):
        number = int(failed[1] or "0", 16)
        return f"error {number}: {NUMBERS.get(number, 'unknown')}"
    result, _, data = text[1:].partition(";")
    if text[:1] != "F" or not re.fullmatch("[0-9a-f]+", result):
        return None
    verb = match[1]
    if verb.endswith("stat"):
        return f"a file of {size(int.from_bytes(data.encode('latin-1')[SIZE_AT], 'big'))}"
    if verb == "open":
        return f"it is file {result}"
    return size(result) if verb in ("pread", "pwrite") else "done" if result == "0" else f"result {result}"


ROWS = [Row("vFile:([A-Za-z0-9]+):?(.*)", request, reply)]
