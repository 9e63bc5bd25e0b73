"""docs/clients.md: the scenarios by the clients, as they were seen."""
import re

from .client import ROOT
from .limits import LIMITS
from .rows import ROWS

DOCUMENT = ROOT / "docs/clients.md"
HEAD = """# What works with which client

Every client plays every scenario on every test run (`tests/boot/clients/rows.py`); this table is what was
seen, written by `make test PYTEST='-k scenarios --write-clients'`, and a test fails when it is not true any more.
A number is a scenario that fails, with the reason below the table; behind a yes it says how it is done there.

The last four are what VS Code talks to, with the settings of `.vscode/launch.json` ([vscode.md](vscode.md)).
cdt-gdb-adapter and lldb-dap are the real ones, asked what VS Code asks. cppdbg is Microsoft's C/C++ extension:
its engine is not to be had without it, so that the commands which that writes to gdb (its sources are public)
are written to the real gdb 13 here. Of lldb-dap take 19 or later: LLVM 16's (`lldb-vscode`) plays the same
scenarios, but now and then it gives up its attach with "process unloaded during launch or attach": it starts
`gdb-remote` and takes the state that lldb has before it is connected for a failure.

"""
NAMES = ("gdb 13", "gdb 16", "lldb 14", "lldb 16", "lldb 19", "lldb 22", "cppdbg", "cdt-gdb-adapter",
         "lldb-dap 19", "lldb-dap 22")
YES = "yes"
OPEN = "Open: it fails here, and whose fault that is has not been found yet."
LOST = "Open: not reached, the session ended in a scenario before."


def outcome(row, client, failure, way=""):
    """The cell of one scenario: "yes", "yes: " and by which other way, or the reason why not."""
    reason = LIMITS.get((row, client))
    if not failure:
        return f"{YES}: {way}" if way else YES
    if failure.startswith("lacks: "):
        return failure.removeprefix("lacks: ")
    return reason or (OPEN if "not reached" not in failure else LOST)


def title(play):
    return play.__doc__.strip()


def render(columns):
    """The document's text, of {client: {row: cell}}."""
    reasons = []
    lines = ["| scenario | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for _, play in ROWS:
        cells = []
        for cell in (column[play.__name__] for column in columns.values()):
            reason = cell.removeprefix(f"{YES}: ")
            if cell != YES and reason not in reasons:
                reasons.append(reason)
            number = f"{reasons.index(reason) + 1}" if cell != YES else ""
            cells.append(YES if cell == YES else f"{YES} ({number})" if reason != cell else number)
        lines.append(f"| {title(play)} | " + " | ".join(cells) + " |")
    notes = [f"{number}. {reason}" for number, reason in enumerate(reasons, 1)]
    return HEAD + "\n".join(lines) + "\n\n" + "\n".join(notes) + "\n"


def parse(text):
    """{client: {row's title: cell}} of a document that render() has written."""
    notes = re.findall(r"^(\d+)\. (.*)$", text, re.M)
    cells = dict(notes) | {f"{YES} ({number})": f"{YES}: {note}" for number, note in notes}
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in text.splitlines() if line.startswith("|")]
    names = rows[0][1:]
    return {name: {row[0]: cells.get(row[1 + number], row[1 + number]) for row in rows[2:]}
            for number, name in enumerate(names)}


def committed(client):
    """The column of a client as the document has it; {} if it has none."""
    return parse(DOCUMENT.read_text()).get(client, {}) if DOCUMENT.exists() else {}


def write(columns):
    """The document anew. Clients that took no part keep their columns, unless a scenario has come or gone."""
    rows = {title(play): play.__name__ for _, play in ROWS}
    for name in NAMES:
        before = committed(name)
        if name not in columns and list(before) == list(rows):
            columns[name] = {rows[row]: cell for row, cell in before.items()}
    DOCUMENT.write_text(render({name: columns[name] for name in NAMES if name in columns}))
