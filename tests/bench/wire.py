#!/usr/bin/python3
"""make bench-wire: what each thing that a user does costs on the wire, in bytes and in round trips, with
our stub and with QEMU's own on the same guest. No clock takes part, so it is the same on every computer;
tests/boot/test_budget.py holds it to budget.toml."""
from guest import guest  # first: it knows where the library is
from actions import ACTIONS  # isort: skip
from meter import Meter, seconds_on_a_wire

TITLE = "| what | ours: bytes | round trips | at 115200 baud | QEMU -s: bytes | round trips |\n|---|---|---|---|---|---|"


class Session:
    """gdb at a stub of a machine, through a meter."""

    def __init__(self, machine, stub):
        if stub == "com1":  # an attach reads what is there: always here, and left stopped for gdb
            client = machine.rsp()
            client.run_to("demo_hot")
            client.close()
        self.meter = Meter(machine.folder / f"meter-{stub}", machine.connect(machine.options[stub] if stub == "stub" else None))
        self.gdb = machine.gdb(attach=False)
        self.gdb.execute(f"target remote {self.meter.path}")
        self.attach = self.meter.take()

    def play(self, action):
        """(bytes to the stub, bytes from it, round trips) of an action."""
        gdb = self.gdb
        if action.place:
            gdb.execute("delete", f"tbreak {action.place}", "continue")
        later = gdb.int("demo_counter") + 100
        self.meter.take()
        gdb.execute(*(command.format(later=later) for command in action.commands))
        cost = self.meter.take()
        gdb.execute(action.after)
        return cost

    def close(self):
        self.gdb.execute("delete", "detach")
        self.gdb.close()
        self.meter.close()


def costs(machine, stub):
    """{row: (bytes to the stub, bytes from it, round trips)} of every action."""
    session = Session(machine, stub)
    rows = {"attach": session.attach, **{action.name: session.play(action) for action in ACTIONS}}
    session.close()
    return rows


def table(ours, theirs):
    lines = [TITLE]
    for name, text in [("attach", "`target remote`"), *((action.name, action.text) for action in ACTIONS)]:
        (out, back, trips), other = ours[name], theirs[name]
        lines.append(f"| {text} | {out + back} | {trips} | {1000 * seconds_on_a_wire(out + back):.1f} ms "
                     f"| {sum(other[:2])} | {other[2]} |")
    return "\n".join(lines)


def main():
    with guest() as machine:
        print(table(costs(machine, "com1"), costs(machine, "stub")))


if __name__ == "__main__":
    main()
