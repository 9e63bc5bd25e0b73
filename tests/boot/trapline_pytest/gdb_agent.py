"""Runs inside gdb: takes one JSON request a line from a socket, does it, answers with one line.

The test holds the other end, so that its assertions are ordinary pytest assertions and a gdb that dies is
a broken connection, never a test that passed because nothing was left to fail.
"""
import json
import os
import socket

import gdb


def execute(command):
    return gdb.execute(command, to_string=True)


def integer(expression):
    return int(gdb.parse_and_eval(expression))


def text(expression):
    return gdb.parse_and_eval(expression).format_string()


def frames(limit):
    """Names of the frames, innermost first; a signal frame shows as gdb prints it."""
    names, frame = [], gdb.newest_frame()
    while frame is not None and len(names) < limit:
        signal = frame.type() == gdb.SIGTRAMP_FRAME
        names.append("<signal handler called>" if signal else frame.name())
        frame = frame.older()
    return names


def serve(stream):
    actions = {"execute": execute, "integer": integer, "text": text, "frames": frames}
    for line in stream:
        name, argument = json.loads(line)
        try:
            answer = {"value": actions[name](argument)}
        except (gdb.error, KeyboardInterrupt) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        stream.write(json.dumps(answer) + "\n")
        stream.flush()


connection = socket.socket(socket.AF_UNIX)
connection.connect(os.environ["TRAPLINE_AGENT"])
serve(connection.makefile("rw"))
