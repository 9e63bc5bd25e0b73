#!/usr/bin/python3
"""make bench: our stub and QEMU's own on the same guest, in turns, and the ratio of their medians.

A line of figures says nothing by itself: how fast this computer is, and how busy, is in all of them. So
each row is measured with every stub in every round, one behind the other, and the goals are ratios.
"""
import argparse
import json
import signal
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import wire
from guest import BUILD, guest
from line import free_port
from report import plot, table
from rows import ROWS

ICOUNT = 3  # a processor of 125 million instructions a second, where 1 % is 1250 of them in each tick

# Whose guest is one of its own; all others are sides of the same.
GUESTS = {
    "tcp": lambda: guest(com1=f"tcp:{free_port()}"),
    "virtio": lambda: guest(transport="virtio"),
    "on": lambda: guest(icount=ICOUNT),
    "off": lambda: guest(append="gdb=off", icount=ICOUNT),
    "crowd": lambda: guest(append="workload=crowd"),
    "eight": lambda: guest(smp=8),
}


@contextmanager
def guests(sides):
    """{side: its machine}, of those that are wanted."""
    with ExitStack() as stack:
        machines = {side: stack.enter_context(GUESTS[side]()) for side in sorted(sides & GUESTS.keys())}
        if sides - GUESTS.keys():
            machines |= dict.fromkeys(sides - GUESTS.keys(), stack.enter_context(guest()))
        yield machines


@contextmanager
def alone(machines):
    """Yields what wakes one machine and lets the others sleep: a guest that runs takes a processor from the
    one that is measured."""
    def wake(chosen):
        for machine in machines:
            machine.process.send_signal(signal.SIGCONT if machine is chosen else signal.SIGSTOP)
    try:
        yield wake
    finally:
        for machine in machines:
            machine.process.send_signal(signal.SIGCONT)


def rounds(machines, wake, count, rows):
    """{row name: {side: [figures]}}."""
    seen = {row.name: {side: [] for side in row.sides} for row in rows}
    for turn in range(count):
        for number, row in enumerate(rows):
            print(f"\rround {turn + 1} of {count}: {number + 1} of {len(rows)} {row.name:40}", end="", file=sys.stderr)
            for side in row.sides:
                wake(machines[side])
                seen[row.name][side].append(row.measure(machines[side], side))
    print(file=sys.stderr)
    return seen


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="rows that have this in their name")
    parser.add_argument("--json", type=Path, default=BUILD / "bench.json", help="where all figures go")
    parser.add_argument("--svg", type=Path, default=BUILD / "bench.svg",
                        help="where the ratios are drawn, e.g. docs/bench.svg")
    options = parser.parse_args()
    rows = [row for row in ROWS if options.only in row.name]
    with guests({side for row in rows for side in row.sides}) as machines, alone(machines.values()) as wake:
        seen = rounds(machines, wake, options.rounds, rows)
    medians = {name: {side: median(figures) for side, figures in sides.items()} for name, sides in seen.items()}
    print(table(rows, medians))
    options.json.write_text(json.dumps({"medians": medians, "all": seen}, indent=1))
    options.svg.write_text(plot(rows, medians))
    if not options.only:
        print()
        wire.main()
    print(f"\n{options.json}, {options.svg}", file=sys.stderr)


if __name__ == "__main__":
    main()
