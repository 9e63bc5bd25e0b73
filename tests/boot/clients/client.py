"""What a scenario can ask of a client, whichever it is. Subclasses say how theirs does it."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TUTORIAL = ROOT / "kernel/demo/tutorial.c"


class Lacks(Exception):
    """The client has no such thing; the text is the sentence that goes below the table."""


def line_of(text, source=TUTORIAL):
    """The number of the only line of a source file that text is found in."""
    numbers = [number for number, line in enumerate(source.read_text().splitlines(), 1)
               if text in line]
    assert len(numbers) == 1, f"{text!r} is in lines {numbers} of {source}"
    return numbers[0]


class Client:
    """One debugger and the machine that it debugs. A place is a function's name or a pair: source file
    and line. An access is "write", "read" or "access". Frames are numbered from 0, the innermost."""

    name = "?"
    needs_file = ""  # why it cannot do without the kernel's file
    waits_in = "kernel_main"  # where it has a kernel that waits for it
    needs_return = ""  # why it shows no return value
    races = ""  # why a scenario can fail seldom that is played right the next time, and whose fault that is

    def __init__(self, machine, port, folder, deadline):
        self.machine = machine
        self.port = port
        self.folder = Path(folder)
        self.deadline = deadline
        self.sessions = 0
        self.note = ""

    def by(self, way):
        """The scenario is played in another way than by the client's own button for it."""
        self.note = way

    # The session

    def attach(self, file=None, breakpoint=None):
        """A new debugger on the machine's line; with the kernel's file, or without any; with a
        breakpoint set before it connects. Comes back when the machine has stopped."""
        raise NotImplementedError

    def detach(self):
        """The client goes in order; the machine runs on."""
        raise NotImplementedError

    def stop_button(self):
        """What its user does to end the debuggee: kill, or VS Code's Stop button."""
        raise NotImplementedError

    def vanish(self):
        """The client dies without a word."""
        raise NotImplementedError

    def recover(self):
        """After a scenario that went wrong: stop the machine if it runs."""

    def report(self):
        return ""

    # Breakpoints

    def break_at(self, place, condition=None, hardware=False, pending=False):
        raise NotImplementedError

    def watch(self, expression, access):
        raise NotImplementedError

    def clear(self):
        """No breakpoint or watchpoint is left."""
        raise NotImplementedError

    # Running. All but resume() come back when the machine has stopped.

    def resume(self):
        raise NotImplementedError

    def wait_stop(self):
        """The stop that resume() owes; what the client says about it."""
        raise NotImplementedError

    def go(self):
        self.resume()
        return self.wait_stop()

    def pause(self):
        raise NotImplementedError

    def step_in(self):
        raise NotImplementedError

    def step_over(self):
        raise NotImplementedError

    def step_out(self):
        """What the function returned, as text, None if the client does not say."""
        raise NotImplementedError

    def step_instruction(self):
        raise NotImplementedError

    def run_to(self, place):
        raise NotImplementedError

    def continue_with_fault(self):
        """Go on from a fault in such a way that the kernel's own handler gets to see it."""
        raise NotImplementedError

    # Looking and changing

    def frames(self):
        """Names of functions, innermost first."""
        raise NotImplementedError

    def position(self, frame=0):
        """(base name of the source file, line)"""
        raise NotImplementedError

    def locals(self, frame=0):
        """name -> value as text, of arguments and variables."""
        raise NotImplementedError

    def evaluate(self, expression):
        """An integer."""
        raise NotImplementedError

    def assign(self, variable, value):
        raise NotImplementedError

    def read(self, address, size):
        """Bytes; None if there are none."""
        raise NotImplementedError

    def write(self, address, data):
        raise NotImplementedError

    def registers(self):
        """name -> integer, None for what is no number."""
        raise NotImplementedError

    def set_register(self, name, value):
        raise NotImplementedError

    def disassemble(self, function):
        """The instructions, as text."""
        raise NotImplementedError

    def threads(self):
        """Names of the threads."""
        raise NotImplementedError

    def stacks(self):
        """For each thread the frames."""
        raise NotImplementedError

    def monitor(self, command):
        """What the stub prints in answer to a command of its own."""
        raise NotImplementedError

    def modules(self):
        """Base names of the loaded modules' files."""
        raise NotImplementedError

    def printed(self):
        """What the client has shown of the kernel's console."""
        raise NotImplementedError

    # In terms of the above

    @property
    def function(self):
        return self.frames()[0]

    def enter(self, place):
        """Stop at a place, and leave no breakpoint behind."""
        self.clear()
        self.break_at(place)
        self.go()
        self.clear()

    def address(self, symbol):
        return self.machine.elf[symbol].address


def integer(text):
    """The number at the beginning of a debugger's text, such as 0x1f, -3, (int) 5, 4 '\\004'."""
    match = re.search(r"-?0x[0-9a-fA-F]+|-?\d+", text)
    return int(match[0], 0) if match else None
