"""For lldb, which has no scripts in ELF files. Each time that it attaches it says at its first stop
 - that its symbols are of another build than the kernel that runs;
 - that it has none, why, and what to do about that. It looks for files on this computer only: those that the
   kernel itself serves (gdb.file=target) are gdb's.

    (lldb) command script import /home/me/os/scripts/lldb/trapline.py           or in ~/.lldbinit

A stub other than Trapline's is left alone.
"""
import re

import lldb

ADVICE = "target create build/kernel.elf, and attach again"


def packet(debugger, command):
    """What lldb prints for a "process plugin packet" command; "" if it fails."""
    result = lldb.SBCommandReturnObject()
    debugger.GetCommandInterpreter().HandleCommand(f"process plugin packet {command}", result)
    return (result.GetOutput() or "") if result.Succeeded() else ""


def is_served(debugger):
    """Is the file that the kernel names one that it has itself? Only then it has an answer to this."""
    return bool(re.search(r"response: F", packet(debugger, "send vFile:setfs:0")))


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
    debugger = target.GetDebugger()
    said = packet(debugger, "monitor version")
    running = re.search(r"the kernel's build-id: (\w+)", said)
    ours = target.FindModule(target.GetExecutable())
    if running and ours.IsValid():
        theirs = (ours.GetUUIDString() or "").replace("-", "").lower()
        if theirs and theirs != running[1]:
            return (f"this kernel is of another build than {ours.GetFileSpec()}: lines, variables and breakpoints"
                    f" will be wrong\n  the kernel's build-id is {running[1]}\n  the file's build-id is {theirs}")
    return no_symbols(debugger, said) if running and not ours.IsValid() else ""


def no_symbols(debugger, version):
    """What is to be said where lldb has no file."""
    file = re.search(r"its symbols: (/.*)", version)
    if not file:
        return f"no symbols: the kernel names no file (gdb.file=); {ADVICE}"
    if is_served(debugger):
        return f"no symbols: {file[1]} is in the kernel (gdb.file=target), and lldb reads none from there; {ADVICE}"
    why = unusable(file[1])
    return f"no symbols: {file[1]}, which the kernel names (gdb.file=), {why}; {ADVICE}" if why else ""


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
