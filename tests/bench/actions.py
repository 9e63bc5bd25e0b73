"""What a user does with gdb, each with the place where it is done. The same lines for every stub."""
from dataclasses import dataclass

from clients.client import TUTORIAL, line_of


def at(text):
    """The tutorial's line that has this text, as gdb's break takes it."""
    return f"{TUTORIAL.name}:{line_of(text)}"


@dataclass(frozen=True)
class Action:
    name: str  # its row in budget.toml
    text: str
    commands: tuple  # {later} is a value that demo_counter has after 100 calls of demo_hot
    place: str = ""  # where to stop first; "" for where it is
    after: str = "echo"  # what undoes it, not counted


HOT = "demo_hot"
ACTIONS = [
    Action("continue", "`break` and `continue` to it", ("break demo_add", "continue"), HOT, "delete"),
    Action("stepi", "`stepi`", ("stepi",), HOT),
    Action("step", "`step` into a call", ("step",), at("demo_accumulate(&total")),
    Action("next_call", "`next` over a call", ("next",), at("demo_accumulate(&total")),
    Action("next_loop", "`next` over a loop of 1000 turns", ("next",), at("i < 1000")),
    Action("finish", "`finish`", ("finish",), HOT),
    Action("watch", "`watch`, `continue` to it, `delete`", ("watch demo_counter", "continue", "delete"), HOT),
    Action("condition", "`break ... if` that is false 100 times",
           ("break demo_hot if demo_counter >= {later}", "continue"), HOT, "delete"),
    Action("bt", "`bt`", ("bt",), HOT),
    Action("threads", "`info threads`", ("info threads",), HOT),
    Action("print", "`print` a struct", ("print demo_sample",), HOT),
    Action("set", "`set var`", ("set var demo_sample.small = 1600",), HOT),
    Action("x", "`x/16xg`", ("x/16xg &demo_scratch[4096]",), HOT),
    Action("dump", "`dump memory` of 64 KiB of code",
           ("dump binary memory /dev/null (char*)demo_hot-65536 demo_hot",), HOT),
    Action("dump_zeros", "... of zeros", ("dump binary memory /dev/null demo_scratch demo_scratch+65536",), HOT),
    Action("disassemble", "`disassemble` a function", ("disassemble hash_map_put",), HOT),
]
