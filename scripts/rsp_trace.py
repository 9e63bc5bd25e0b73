"""Words for tracepoints (GDB manual, "Tracepoint Packets")."""
import re

from rsp_words import HEX, Row, fields, plain, quoted, size, unhex

FRAME = {"pc": "next frame at {0}", "tdp": "next frame of tracepoint {0}", "range": "next frame in {0}..{1}",
         "outside": "next frame outside of {0}..{1}"}
STOPPED = {"tnotrun": "not run yet", "tstop": "stopped by its user", "tfull": "stopped, the buffer is full",
           "tpasscount": "stopped by the pass count of tracepoint {0}", "tdisconnected": "stopped as its client left",
           "terror": "stopped by an error"}
TEXTS = ("user", "notes", "username")


def number(digits):
    return str(int(digits, 16))


# Requests

def definition(decoder, match):
    """QTDP:n:address:... begins a tracepoint, QTDP:-n:address:... adds what it is to collect."""
    if match[1]:
        return f"tracepoint {number(match[2])} collects {actions(decoder, match[4].rstrip('-'))}"
    return f"define tracepoint {number(match[2])} at {match[3]}{properties(match[4].rstrip('-'))}"


def properties(text):
    """E:step:pass[:F..][:S][:X..] behind the address."""
    state, step, passes, *more = text.split(":")
    words = "" if state == "E" else ", disabled"
    words += f", {int(step, 16)} steps" if int(step, 16) else ""
    words += f", stop at pass {int(passes, 16)}" if int(passes, 16) else ""
    return words + (", with a condition" if any(part[:1] == "X" for part in more) else "")


def actions(decoder, text):
    """R (a mask of registers), M (memory) and X (an expression), one behind the other, S before those of a step."""
    words = []
    for mask, base, offset, length, code in re.findall(
            f"R{HEX}|M(-1|[0-9a-fA-F]+),{HEX},{HEX}|X{HEX},(?:[0-9a-f]{{2}})*", text.removeprefix("S")):
        if mask:
            words.append("registers")
        elif length:
            where = offset if int(base, 16) == -1 else f"{decoder.register_name(int(base, 16))} + {offset}"
            words.append(f"{size(length)} at {where}")
        elif code:
            words.append("an expression")
    return (", ".join(words) or "nothing") + (" at each step" if text[:1] == "S" else "")


def source(_decoder, match):
    return f"tracepoint {number(match[1])} was written as {match[2]} {quoted(unhex(match[3]))}"


def frame(_decoder, match):
    kind, _, rest = match[1].partition(":")
    if kind in FRAME:
        return FRAME[kind].format(*(rest.split(":") + ["?", "?"]))
    return "leave the frames" if int(kind, 16) >= 0xffffffff else f"look at frame {number(kind)}"


def notes(_decoder, match):
    return "notes: " + texts(match[1])


def texts(text):
    return ", ".join(f"{key} {quoted(unhex(value))}" if key in ("user", "notes", "tstop") else key
                     for key, value in fields(text))


# Replies

def frame_found(_decoder, text, _match):
    if text == "F-1":
        return "no such frame"
    found = re.fullmatch(f"F{HEX}T{HEX}", text)
    return f"frame {number(found[1])}, of tracepoint {number(found[2])}" if found else None


def status(_decoder, text, _match):
    """T1 or T0, then why it stopped, then figures."""
    if text[:2] not in ("T0", "T1"):
        return None
    words = ["the trace runs"] if text[1] == "1" else []
    for key, value in fields(text[2:]):
        if key in STOPPED:
            words.append(STOPPED[key].format(value))
        elif key in TEXTS:
            words += [f"{key} {quoted(unhex(value))}"] if value else []
        else:
            words.append(f"{key}={int(value, 16)}")
    return ", ".join(words)


def hits(_decoder, text, _match):
    found = re.fullmatch(f"V{HEX}:{HEX}", text)
    return f"hit {number(found[1])} times, {size(found[2])}" if found else None


def variable_value(_decoder, text, _match):
    return "not known" if text == "U" else number(text[1:]) if text[:1] == "V" else None


def piece_of_definition(decoder, text, _match):
    """T, A, S or Z; "l" is the end."""
    if text == "l":
        return "no more"
    kind, name, address, rest = (text[:1], *text[1:].split(":", 2))
    if kind == "T":
        return f"tracepoint {number(name)} at {address}{properties(rest)}"
    if kind in "AS":
        return f"tracepoint {number(name)} collects {actions(decoder, 'S' * (kind == 'S') + rest)}"
    what, _, _, written = rest.split(":")
    return f"tracepoint {number(name)} was written as {what} {quoted(unhex(written))}"


def variable(_decoder, text, _match):
    if text == "l":
        return "no more"
    name, value, _, written = text.split(":")
    return f"variable {number(name)}, {quoted(unhex(written))}, begins with {number(value)}"


def buffer_part(_decoder, text, _match):
    return "the end" if text == "l" else size(len(text) // 2)


ROWS = [
    Row(f"QTDP:(-?){HEX}:{HEX}:(.*)", definition),
    Row(f"QTDPsrc:{HEX}:[0-9a-f]+:([a-z]+):[0-9a-f]+:[0-9a-f]+:(.*)", source),
    Row(f"QTDV:{HEX}:{HEX}:[0-9a-f]+:(.*)", lambda _d, match: f"define variable {number(match[1])}, "
        f"{quoted(unhex(match[3]))}, begins with {number(match[2])}"),
    Row(f"QT(En|Dis)able:{HEX}:{HEX}", lambda _d, match: f"{match[1].lower()}able tracepoint {number(match[2])}"),
    Row("QTDisconnected:([01])", lambda _d, match: ("go on" if match[1] == "1" else "stop")
        + " tracing when the client leaves"),
    Row("QTFrame:(.*)", frame, frame_found),
    Row("QTNotes:(.*)", notes),
    Row("QTinit", "forget all tracepoints"),
    Row("QTStart", "start the trace"),
    Row("QTStop", "stop the trace"),
    Row("QTro(.*)", "this memory never changes{1}"),
    Row("QTBuffer:circular:([01])", lambda _d, match: "a full buffer " + (
        "loses its oldest frames" if match[1] == "1" else "ends the trace")),
    Row("QTBuffer:size:(-1|[0-9a-f]+)", lambda _d, match: "a buffer of " + (
        "any size" if match[1] == "-1" else size(match[1]))),
    Row("QTSave:(.*)", lambda _d, match: f"save the trace in {quoted(unhex(match[1]))}"),
    Row(f"qTBuffer:{HEX},{HEX}", lambda _d, match: f"read {size(match[2])} of the trace from offset "
        + number(match[1]), buffer_part),
    Row(f"qTP:{HEX}:{HEX}", lambda _d, match: f"how often was tracepoint {number(match[1])} hit", hits),
    Row("qTStatus", "is there a trace", status),
    Row(f"qTV:{HEX}", lambda _d, match: f"value of variable {number(match[1])}", variable_value),
    Row("qT[fs]P", "which tracepoints are there", piece_of_definition),
    Row("qT[fs]V", "which trace variables are there", variable),
    Row("qT(?:[fs]STM|STMat:.*)", "which markers has the program", plain("")),
    Row("qTMinFTPILen", "where may fast tracepoints be", plain("")),
]
