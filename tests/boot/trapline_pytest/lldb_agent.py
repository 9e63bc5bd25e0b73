"""Runs inside lldb: does what the test asks for through lldb's standard input, and answers over a socket
with one line of JSON. The counterpart of gdb_agent.py."""
import json
import os
import socket

import lldb


class Refused(Exception):
    """lldb took a command, or an expression, for an error."""


def execute(command, asynchronous=False):
    result = lldb.SBCommandReturnObject()
    debugger.SetAsync(asynchronous)
    debugger.GetCommandInterpreter().HandleCommand(command, result)
    if not result.Succeeded():
        raise Refused(result.GetError() or result.GetOutput())
    return result.GetOutput() or ""


def process():
    return debugger.GetSelectedTarget().GetProcess()


def frame():
    return process().GetSelectedThread().GetSelectedFrame()


def value_of(expression):
    options = lldb.SBExpressionOptions()
    options.SetTimeoutInMicroSeconds(60_000_000)  # half a second, unless it is told
    value = frame().EvaluateExpression(expression, options)
    if value.GetError().Fail():
        raise Refused(value.GetError().GetCString())
    return value


def integer(expression):
    value = value_of(expression)
    if value.GetType().GetTypeFlags() & lldb.eTypeIsSigned:
        return value.GetValueAsSigned()
    return value.GetValueAsUnsigned()


def text(expression):
    value = value_of(expression)
    return value.GetSummary() or value.GetValue()


def names(thread, limit=64):
    """Of functions: of an inlined one its own, of a variant that GCC made (f.constprop.0) the plain one."""
    return [(frame.GetFunctionName() or "?").partition(".")[0] for frame in thread][:limit]


def frames(limit):
    return names(process().GetSelectedThread(), limit)


def position(number):
    entry = process().GetSelectedThread().GetFrameAtIndex(number).GetLineEntry()
    return entry.GetFileSpec().GetFilename(), entry.GetLine()


def local_values(number):
    """Of arguments and variables that have one."""
    variables = process().GetSelectedThread().GetFrameAtIndex(number).GetVariables(True, True, False, True)
    return {variable.GetName(): variable.GetValue() or "" for variable in variables}


def threads(_argument):
    return [thread.GetName() for thread in process()]


def stacks(_argument):
    return [names(thread) for thread in process()]


def clear(_argument):
    target = debugger.GetSelectedTarget()
    target.DeleteAllBreakpoints()
    target.DeleteAllWatchpoints()


def next_state():
    """The machine's state after the next event; lldb's own idea of it follows from our taking the event."""
    event = lldb.SBEvent()
    while not (debugger.GetListener().WaitForEvent(600, event) and lldb.SBProcess.EventIsProcessEvent(event)
               and event.GetType() & lldb.SBProcess.eBroadcastBitStateChanged
               and not lldb.SBProcess.GetRestartedFromEvent(event)):
        pass
    return lldb.SBProcess.GetStateFromEvent(event)


def resume(command):
    """A command that resumes; it has when this is done."""
    while debugger.GetListener().GetNextEvent(lldb.SBEvent()):
        pass
    output = execute(command, asynchronous=True)
    while next_state() != lldb.eStateRunning:
        pass
    return output


def stopped(_argument):
    """What lldb says about the stop that ends resume()."""
    while next_state() in (lldb.eStateRunning, lldb.eStateStepping):
        pass
    return execute("process status")


def interrupt(argument):
    """What lldb does at Ctrl-C."""
    process().SendAsyncInterrupt()
    return stopped(argument)


def printed(_argument):
    """What the machine has printed since it was asked last."""
    text = ""
    while piece := process().GetSTDOUT(4096):
        text += piece
    return text


ACTIONS = {"execute": execute, "integer": integer, "text": text, "frames": frames,
           "resume": resume, "stopped": stopped, "interrupt": interrupt, "printed": printed,
           "clear": clear, "position": position, "locals": local_values, "threads": threads, "stacks": stacks}


def request(action, argument):
    try:
        answer = {"value": ACTIONS[action](argument)}
    except Refused as error:
        answer = {"error": str(error).strip()}
    tell(answer)


def tell(message):
    connection.sendall(json.dumps(message).encode() + b"\n")


def __lldb_init_module(_driver, _names):
    """A debugger of our own beside the one that reads our standard input: that one prints each stop from a
    thread, which reads memory while the next command resumes already."""
    global debugger, connection
    debugger = lldb.SBDebugger.Create(False)
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(os.environ["TRAPLINE_AGENT"])
