"""The packets of the remote serial protocol: what each asks for, and what its reply means.

ROWS is the list; find_row() finds a request's row. (GDB manual, "Packets", "General Query Packets",
"Stop Reply Packets"; lldb's own: "GDB Remote Protocol Extensions" of its documentation.) Those of files and
tracepoints are in rsp_files and rsp_trace.
"""
import re

import rsp_files
import rsp_trace
from rsp_words import HEX, Row, fields, plain, quoted, signal, size, thread, unhex

POINTS = ("breakpoint", "hardware breakpoint", "watchpoint on writes", "watchpoint on reads",
          "watchpoint on any access")


# Requests: called with the decoder and the match of their pattern

def resume_actions(decoder, match):
    return ", ".join(resume_action(action) for action in match[1].split(";"))


def resume_action(action):
    kind, _, who = action.partition(":")
    name = {"c": "continue", "s": "step", "t": "stop", "r": "step while in "}[kind[:1].lower()]
    if kind[0] == "r":
        name += "..".join(kind[1:].split(","))
    elif kind[0] in "CS":
        name += f" with {signal(kind[1:3])}"
    return f"{name} ({thread(who)})" if who else name


def resume_plain(_decoder, match):
    name = {"c": "continue", "s": "step"}[match[1].lower()]
    with_signal = f" with {signal(match[2])}" if match[2] else ""
    return name + with_signal + (f" at {match[3]}" if match[3] else "")


def point(_decoder, match):
    verb = "insert" if match[1] == "Z" else "remove"
    condition = ", evaluated on the target" if match[5] else ""
    length = f", {size(match[4])}" if match[2] in "234" else ""
    return f"{verb} {POINTS[int(match[2])]} at {match[3]}{length}{condition}"


def choose_thread(_decoder, match):
    return f"{'registers and memory' if match[1] == 'g' else 'resuming'} mean {thread(match[2])}"


def write_register(decoder, match):
    number = int(match[1], 16)
    return f"write {decoder.register_name(number)} = {decoder.value(match[2])}"


def object_part(_decoder, match):
    annex = f" {match[2]}" if match[2] else ""
    return f"read {match[1]}{annex} from offset {int(match[3], 16)}"


# Replies: called with the decoder, the text and the request's match; None means the usual meaning

def memory(_decoder, text, _match):
    return size(len(text) // 2) if re.fullmatch("([0-9a-f]{2})+", text) else None


def binary_memory(_decoder, text, _match):
    return size(len(text) - text.startswith("b"))


def register(decoder, text, match):
    return f"{decoder.register_name(int(match[1], 16))} = {decoder.value(text)}"


def all_registers(decoder, text, _match):
    return ", ".join(f"{name}={value}" for name, value in decoder.split_registers(text)
                     if name in ("rip", "rsp", "rbp")) or memory(decoder, text, _match)


def features(_decoder, text, _match):
    return "features: " + text.replace(";", " ")


def stop(decoder, text, _match):
    return decoder.stop(text)


def monitor_output(_decoder, text, _match):
    return "text " + quoted(unhex(text))


def thread_list(_decoder, text, _match):
    if text == "l":
        return "no more threads"
    return "threads " + " ".join(part.lstrip("p") for part in text[1:].split(","))


def object_bytes(decoder, text, match):
    if match[1] == "features":
        decoder.learn_registers(match[2], int(match[3], 16), text)
    endings = {"l": "the end", "m": "more follow"}
    return f"{size(len(text) - 1)}, {endings[text[0]]}" if text[:1] in endings else None


def found(_decoder, text, _match):
    return {"0": "not found"}.get(text) or (f"found at {text[2:]}" if text[:2] == "1," else None)


def hex_fields(_decoder, text, _match):
    """name:value;... where names and triples are hex text."""
    return ", ".join(f"{key}={unhex(value) if key in ('triple', 'name', 'error') else value}"
                     for key, value in fields(text))


ROWS = [
    Row("qSupported(?::(.*))?", lambda _d, match: features(_d, match[1] or "", match), features),
    Row("QStartNoAckMode", "no acknowledgements from now on"),
    Row("vMustReplyEmpty", "test: an unknown packet"),
    Row("!", "stay when the program ends (extended mode)"),
    Row(r"\?", "why did it stop", stop),
    Row("g(;.*)?", "read all registers", all_registers),
    Row("G.*", "write all registers"),
    Row(f"p{HEX}(;.*)?", lambda d, match: "read " + d.register_name(int(match[1], 16)), register),
    Row(f"P{HEX}=([0-9a-fx]+)(;.*)?", write_register),
    Row(f"m{HEX},{HEX}", lambda _d, match: f"read {size(match[2])} at {match[1]}", memory),
    Row(f"x{HEX},{HEX}", lambda _d, match: f"read {size(match[2])} at {match[1]}", binary_memory),
    Row(f"[MX]{HEX},{HEX}:.*", lambda _d, match: f"write {size(match[2])} at {match[1]}"),
    Row("([cs])()([0-9a-f]*)", resume_plain, stop, True),
    Row("([CS])([0-9a-f]{2})(?:;([0-9a-f]+))?", resume_plain, stop, True),
    Row(r"vCont\?", "which ways to resume are there", plain("")),
    Row("vCont;(.*)", resume_actions, stop, True),
    Row(f"([Zz])([0-4]),{HEX},{HEX}(;.*)?", point),
    Row("H([cg])([-p.0-9a-f]+)", choose_thread),
    Row("T([p.0-9a-f]+)", lambda _d, match: f"is {thread(match[1])} alive"),
    Row("qC", "which thread is current", lambda _d, text, _match: thread(text[2:])),
    Row("q[fs]ThreadInfo", "which threads are there", thread_list),
    Row("qThreadExtraInfo,(.+)", lambda _d, match: f"describe {thread(match[1])}", monitor_output),
    Row(f"qXfer:([^:]+):read:([^:]*):{HEX},{HEX}", object_part, object_bytes),
    Row("qRcmd,(.*)", lambda _d, match: f"monitor {unhex(match[1])}", monitor_output),
    Row(f"qCRC:{HEX},{HEX}", lambda _d, match: f"checksum of {size(match[2])} at {match[1]}",
        plain("")),
    Row(f"qSearch:memory:{HEX};{HEX};.*", "search {2} (hex) bytes from {1}", found),
    Row("qAttached.*", "was it running before",
        lambda _d, text, _m: {"1": "yes: quit detaches"}.get(text)),
    Row("qOffsets", "where is it loaded", plain("")),
    Row("qSymbol:(.*)", "symbols may be looked up"),
    Row("D.*", "detach"),
    Row("k|vKill;.*", "kill", stop, True),
    Row("vAttach;(.*)", "attach to process {1}", stop, True),
    *rsp_files.ROWS,
    *rsp_trace.ROWS,
    Row("QThreadSuffixSupported", "thread ids will follow register packets (lldb)"),
    Row("QListThreadsInStopReply", "stop replies are to list all threads (lldb)"),
    Row("QEnableErrorStrings", "errors are to have text (lldb)"),
    Row("qHostInfo|qProcessInfo.*", "what machine is this (lldb)", hex_fields),
    Row(f"qMemoryRegionInfo:{HEX}", "what is mapped around {1} (lldb)", hex_fields),
    Row("qVAttachOrWaitSupported|qStructuredDataPlugins|qShlibInfoAddr|qWatchpointSupportInfo.*",
        "is this supported (lldb)", plain("")),
    Row("qThreadStopInfo(.*)", "why did thread {1} stop (lldb)", stop),
    Row("jThread.*", "all threads as JSON (lldb)", plain("")),
    Row(f"_M{HEX},(.*)", "memory to execute in: {1} (hex) bytes, {2} (lldb)", plain("at ")),
    Row(f"_m{HEX}", "give back the memory at {1} (lldb)"),
    Row("QSaveRegisterState.*", "keep a copy of all registers (lldb)", plain("copy ")),
    Row("QRestoreRegisterState:([0-9]+).*", "put back the copy {1} of all registers (lldb)"),
]
COMPILED = [(re.compile(row.pattern, re.DOTALL), row) for row in ROWS]


def find_row(text):
    """The row of a request and the match of its pattern; (None, None) for packets not listed."""
    for pattern, row in COMPILED:
        if match := pattern.fullmatch(text):
            return row, match
    return None, None


def resumes(payload):
    """Does this request let the machine run, so that the answer comes when it stops?"""
    row, _ = find_row(payload.decode("latin-1"))
    return bool(row and row.resumes)
