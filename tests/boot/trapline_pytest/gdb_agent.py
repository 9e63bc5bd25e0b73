"""Runs inside gdb: does what the test asks for through gdb's standard input, answers over a socket with
one line of JSON. So the assertions are ordinary pytest assertions in the test, and a gdb that dies is a
broken connection, never a test that passed because nothing was left to fail.
"""
import json
import os
import queue
import signal
import socket
import threading

import gdb


class Output:
    """What gdb prints: to_string would leave out what is said about a stop, so it is read back from the
    file that is gdb's standard output."""

    def begin(self):
        gdb.flush()
        self.start = os.fstat(1).st_size

    def end(self):
        gdb.flush()
        return os.pread(1, os.fstat(1).st_size - self.start, self.start).decode("utf-8", "replace")


output = Output()
this_resume, began = 0, False  # a resume's number, and has gdb resumed?


def execute(command):
    output.begin()
    gdb.execute(command)
    return output.end()


def integer(expression):
    return int(gdb.parse_and_eval(expression))


def text(expression):
    return gdb.parse_and_eval(expression).format_string()


def frames(limit):
    """Names of the frames, innermost first; a signal frame shows as gdb prints it."""
    names, frame = [], gdb.newest_frame()
    while frame is not None and len(names) < limit:
        is_signal = frame.type() == gdb.SIGTRAMP_FRAME
        names.append("<signal handler called>" if is_signal else frame.name())
        frame = frame.older()
    return names


def nth(number):
    frame = gdb.newest_frame()
    for _ in range(number):
        frame = frame.older()
    return frame


def position(number):
    """(base name of the source file, line)"""
    place = nth(number).find_sal()
    return os.path.basename(place.symtab.filename) if place.symtab else None, place.line


def local_values(number):
    """name -> value as text, of arguments and variables."""
    frame, block, values = nth(number), nth(number).block(), {}
    while block:
        for symbol in block:
            if symbol.is_argument or symbol.is_variable:
                values[symbol.name] = symbol.value(frame).format_string(max_elements=8)
        block = None if block.function else block.superblock
    return values


def each_thread():
    """Selects one after the other, and the one that was selected again."""
    selected = gdb.selected_thread()
    for thread in sorted(gdb.selected_inferior().threads(), key=lambda thread: thread.num):
        thread.switch()
        yield thread
    selected.switch()


def threads(_argument):
    return [thread.name for thread in each_thread()]


def stacks(_argument):
    return [frames(64) for _ in each_thread()]


ACTIONS = {"execute": execute, "integer": integer, "text": text, "frames": frames, "threads": threads,
           "stacks": stacks, "position": position, "locals": local_values}


def request(action, argument):
    try:
        answer = {"value": ACTIONS[action](argument)}
    except (gdb.error, KeyboardInterrupt) as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    tell(answer)


def resume_begins(number):
    """The next line is a command that resumes, given to gdb without Python around it: a SIGINT that comes
    while Python is on gdb's stack can get lost. So the first of its resumes is told, and no other."""
    global this_resume, began
    this_resume, began = number, False
    output.begin()
    gdb.events.cont.connect(resuming)


def resume_ended():
    """Maybe before tell_resumed() has said that it began."""
    tell({"value": output.end(), "began": began})


def tell(message):
    connection.sendall(json.dumps(message).encode() + b"\n")


def resuming(_event):
    """gdb is about to resume; when it comes back to its event loop, it has."""
    global began
    began, number = True, this_resume
    gdb.events.cont.disconnect(resuming)
    gdb.post_event(lambda: resumed.put(number))


def tell_resumed():
    """In a thread, so that gdb's main thread has left Python when the test learns of it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        tell({"resumed": resumed.get()})


connection = socket.socket(socket.AF_UNIX)
connection.connect(os.environ["TRAPLINE_AGENT"])
resumed = queue.SimpleQueue()
threading.Thread(target=tell_resumed, daemon=True).start()
