"""For lldb, which has no scripts in ELF files: says if its symbols are of another build than the kernel that
runs, or if it has none, when it attaches.

    (lldb) command script import scripts/lldb/trapline.py           or in ~/.lldbinit
"""
import re

import lldb


def monitor(debugger, command):
    """What the stub prints in answer; "" from a stub that knows no such command."""
    result = lldb.SBCommandReturnObject()
    debugger.GetCommandInterpreter().HandleCommand(f"process plugin packet monitor {command}", result)
    return (result.GetOutput() or "") if result.Succeeded() else ""


def unusable(path):
    """Why lldb can have no symbols from this file, "" if it can."""
    try:
        with open(path, "rb") as file:
            return "" if file.read(4) == b"\x7fELF" else "is no ELF file"
    except IsADirectoryError:
        return "is a directory"
    except OSError:
        return "cannot be read here"


def trouble(target):
    """What is wrong with the symbols, "" if nothing is."""
    said = monitor(target.GetDebugger(), "version")
    running = re.search(r"the kernel's build-id: (\w+)", said)
    file = re.search(r"its symbols: (/.*)", said)
    ours = target.FindModule(target.GetExecutable())
    if running and ours.IsValid() and ours.GetUUIDString():
        theirs = ours.GetUUIDString().replace("-", "").lower()
        if theirs != running[1]:
            return (f"this kernel is of another build than {ours.GetFileSpec()}: lines, variables and breakpoints"
                    f" will be wrong\n  the kernel's build-id is {running[1]}\n  the file's build-id is {theirs}")
    if file and not ours.IsValid() and (why := unusable(file[1])):
        return f"no symbols: {file[1]}, which the kernel names (gdb.file=), {why}"
    return ""


class BuildCheck:
    """A stop hook that speaks once a process, at its first stop."""

    def __init__(self, _target, _arguments, _names):
        self.seen = None

    def handle_stop(self, context, stream):
        process = context.GetProcess()
        if process.GetUniqueID() != self.seen:
            self.seen = process.GetUniqueID()
            if text := trouble(context.GetTarget()):
                stream.Print(f"warning: {text}\n")
        return True  # the stop is the user's


def __lldb_init_module(debugger, _names):
    debugger.HandleCommand(f"target stop-hook add -P {__name__}.BuildCheck")
