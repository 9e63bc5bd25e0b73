"""Every client plays every scenario; what became of it is the table of docs/clients.md."""
import os
import re
import subprocess
import sys
import time
import traceback

import pytest
from clients import matrix
from clients.cppdbg import Cppdbg
from clients.cli import GdbPrompt, LldbPrompt
from clients.client import Lacks
from clients.dap import CdtGdb, LldbDap
from clients.programs import ADAPTER, check_installed, program
from clients.rows import ROWS, RUNNING, SLIDE, STOPPED

CLIENTS = {
    "gdb 13": (GdbPrompt, {"program": program("gdb")}),
    "gdb 16": (GdbPrompt, {"program": program("gdb-16")}),
    "lldb 14": (LldbPrompt, {"program": program("lldb-14")}),
    "lldb 16": (LldbPrompt, {"program": program("lldb-16")}),
    "lldb 19": (LldbPrompt, {"program": program("lldb-19")}),
    "lldb 22": (LldbPrompt, {"program": program("lldb-22")}),
    "cppdbg": (Cppdbg, {}),
    "cdt-gdb-adapter": (CdtGdb, {"command": ["node", ADAPTER]}),
    "lldb-dap 19": (LldbDap, {"command": [program("lldb-dap-19")]}),
    "lldb-dap 22": (LldbDap, {"command": [program("lldb-dap-22")]}),
}


def check_client(name):
    """Before anything is booted: it is there, and of the version that its column says."""
    options = CLIENTS[name][1]
    version = re.fullmatch(r"(?:gdb|lldb) (\d+)", name)
    check_installed(options.get("command", [options.get("program", "gdb")]), version and version[1])


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


def play_all(name, boot, settings, port, folder, deadline):
    """{row: cell} of a client, on two new machines."""
    kind, options = CLIENTS[name]
    cells = {}
    for session in (STOPPED, RUNNING):
        start = "gdb=wait" if session == STOPPED else f"kaslr={SLIDE:x}"
        machine = boot(append=f"init=/init gdb.file={settings.elf.path} gdb.console=on {start}",
                       com1=f"tcp:{port}").serving()
        where = folder / session
        where.mkdir(parents=True)
        client = kind(machine, port, where, deadline, **options)
        client.name = name
        cells |= play_session(client, session)
        machine.stop()
    return cells


def titled(cells):
    return {matrix.title(play): cells[play.__name__] for _, play in ROWS}


@pytest.mark.deadline(400)
@pytest.mark.parametrize("name", CLIENTS)
def test_scenarios(name, boot, settings, tcp_port, tmp_path, deadline, record_property, request):
    """A client whose own threads are known to race (it says so) may play a second time."""
    check_client(name)
    writing = request.config.getoption("--write-clients")
    committed = matrix.committed(name)
    cells = play_all(name, boot, settings, tcp_port, tmp_path / "first", deadline)
    if CLIENTS[name][0].races and not writing and titled(cells) != committed:
        print(f"once more, because {CLIENTS[name][0].races}")
        cells = play_all(name, boot, settings, tcp_port, tmp_path / "second", deadline)
    record_property("column", (name, cells))
    assert writing or titled(cells) == committed, "docs/clients.md is not true any more"


def test_document_is_whole():
    """Each client has its column, each scenario its row, each that fails a reason, and nothing else is there."""
    columns = matrix.parse(matrix.DOCUMENT.read_text())
    assert tuple(columns) == tuple(CLIENTS) == matrix.NAMES
    assert all(list(column) == [matrix.title(play) for _, play in ROWS] for column in columns.values())
    for name, column in columns.items():
        for row, cell in column.items():
            reason = cell.removeprefix(f"{matrix.YES}: ")
            assert cell == matrix.YES or len(reason.split()) > 3 and not reason.startswith("Open"), (name, row)


def test_a_client_that_is_not_installed_fails_and_is_not_skipped(tmp_path):
    """Each of them, in a pytest of its own whose PATH has no debuggers."""
    for name in ("nm", "readelf"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    command = [sys.executable, "-m", "pytest", "-n0", *(f"{__file__}::test_scenarios[{name}]" for name in CLIENTS)]
    environment = {**os.environ, "TRAPLINE_CLIENTS": str(tmp_path), "PATH": str(tmp_path)}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert re.search(rf"^=+ {len(CLIENTS)} failed in ", result.stdout, re.M), result.stdout
    for name in ("gdb", "gdb-16", "lldb-14", "lldb-dap-22", "debugTargetAdapter.js"):
        assert re.search(rf"{name} is not installed: run scripts/fetch-clients.sh", result.stdout), name
