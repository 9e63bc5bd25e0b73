"""Every client plays every scenario; what became of it is the table of docs/clients.md."""
import os
import time
import traceback
from pathlib import Path

import pytest
from clients import matrix
from clients.cppdbg import Cppdbg
from clients.cli import GdbPrompt, LldbPrompt
from clients.client import Lacks
from clients.dap import CdtGdb, LldbDap
from clients.rows import ROWS, RUNNING, SLIDE, STOPPED

FOLDER = Path(os.environ.get("TRAPLINE_CLIENTS", "build/clients"))
ADAPTER = FOLDER / "dap/node_modules/cdt-gdb-adapter/dist/debugTargetAdapter.js"
CLIENTS = {
    "gdb 13": (GdbPrompt, {"program": "gdb"}),
    "gdb 16": (GdbPrompt, {"program": FOLDER / "bin/gdb-16"}),
    "lldb 16": (LldbPrompt, {"program": FOLDER / "bin/lldb-16"}),
    "lldb 19": (LldbPrompt, {"program": FOLDER / "bin/lldb-19"}),
    "lldb 22": (LldbPrompt, {"program": FOLDER / "bin/lldb-22"}),
    "cppdbg": (Cppdbg, {}),
    "cdt-gdb-adapter": (CdtGdb, {"command": ["node", ADAPTER]}),
    "lldb-dap 19": (LldbDap, {"command": [FOLDER / "bin/lldb-dap-19"]}),
    "lldb-dap 22": (LldbDap, {"command": [FOLDER / "bin/lldb-dap-22"]}),
}


def begin(client, session):
    """Attach as the session says."""
    if session == STOPPED:
        client.attach()
    else:
        client.attach(file=client.machine.elf.path, breakpoint="demo_total")


def play_one(client, play_row):
    """What went wrong with a scenario; "" if nothing did."""
    try:
        client.by("")
        if not play_row.keep:
            client.clear()
        play_row(client)
        return ""
    except Lacks as lack:
        return f"lacks: {lack}"
    except Exception:
        failure = traceback.format_exc()
    client.recover()
    return failure


def play_session(client, session):
    """{row: cell} of a session. One that loses the client is red to its end."""
    cells, lost = {}, ""
    for play_row in (play for place, play in ROWS if place == session):
        start = time.monotonic()
        try:
            if not cells:
                begin(client, session)
            failure = lost or play_one(client, play_row)
        except Exception as error:
            failure = lost = f"not reached, the client was lost: {error}"
        if failure:
            print(f"{play_row.__name__}: {failure}")
        print(f"@ {play_row.__name__} {time.monotonic() - start:.1f}")
        cells[play_row.__name__] = matrix.outcome(play_row.__name__, client.name, failure, client.note)
    return cells


@pytest.mark.deadline(240)
@pytest.mark.parametrize("name", CLIENTS)
def test_scenarios(name, boot, settings, tcp_port, tmp_path, deadline, record_property, request):
    kind, options = CLIENTS[name]
    cells = {}
    for session in (STOPPED, RUNNING):
        start = "gdb=wait" if session == STOPPED else f"kaslr={SLIDE:x}"
        machine = boot(append=f"init=/init gdb.file={settings.elf.path} gdb.console=on {start}",
                       com1=f"tcp:{tcp_port}").serving()
        folder = tmp_path / session
        folder.mkdir()
        client = kind(machine, tcp_port, folder, deadline, **options)
        client.name = name
        cells |= play_session(client, session)
        machine.stop()
    record_property("column", (name, cells))
    if not request.config.getoption("--write-clients"):
        seen = {matrix.title(play): cells[play.__name__] for _, play in ROWS}
        assert seen == matrix.committed(name), "docs/clients.md is not true any more"


def test_document_is_whole():
    """Each client has its column, each scenario its row, and nothing else is there."""
    columns = matrix.parse(matrix.DOCUMENT.read_text())
    assert tuple(columns) == tuple(CLIENTS) == matrix.NAMES
    assert all(list(column) == [matrix.title(play) for _, play in ROWS] for column in columns.values())
