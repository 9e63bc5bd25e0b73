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
    debugger.SetAsync(asynchronous)  # each time: lldb sets it when it begins to read its standard input
    debugger.GetCommandInterpreter().HandleCommand(command, result)
    if not result.Succeeded():
        raise Refused(result.GetError() or result.GetOutput())
    return result.GetOutput() or ""


def process():
    return debugger.GetSelectedTarget().GetProcess()


def frame():
    return process().GetSelectedThread().GetSelectedFrame()


def value_of(expression):
    value = frame().EvaluateExpression(expression)
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


def frames(limit):
    return [frame.GetFunctionName() for frame in process().GetSelectedThread()][:limit]


def running():
    return process().GetState() in (lldb.eStateRunning, lldb.eStateStepping)


def resume(command):
    """A command that resumes, without waiting for the stop; stopped() does. A Ctrl-C before lldb itself
    takes the machine to be running would be lost. Events only wake us: the state is what lldb's own
    thread has made of them, a little later."""
    process().GetBroadcaster().AddListener(changes, lldb.SBProcess.eBroadcastBitStateChanged)
    stop = process().GetStopID()
    output = execute(command, asynchronous=True)
    while not running() and process().GetStopID() == stop:
        changes.WaitForEvent(1, lldb.SBEvent())
    return output


def stopped(_argument):
    """What lldb says about the stop that ends resume()."""
    while running():
        changes.WaitForEvent(1, lldb.SBEvent())
    return execute("process status")


ACTIONS = {"execute": execute, "integer": integer, "text": text, "frames": frames,
           "resume": resume, "stopped": stopped}


def request(action, argument):
    try:
        answer = {"value": ACTIONS[action](argument)}
    except Refused as error:
        answer = {"error": str(error).strip()}
    tell(answer)


def tell(message):
    connection.sendall(json.dumps(message).encode() + b"\n")


def __lldb_init_module(its_debugger, _names):
    global debugger, connection, changes
    changes = lldb.SBListener("changes")
    debugger = its_debugger
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(os.environ["TRAPLINE_AGENT"])
