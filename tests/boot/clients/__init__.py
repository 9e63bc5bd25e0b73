"""The scenarios of docs/clients.md, and the clients that play them.

    rows.py      one function a scenario, in the words of client.py
    client.py    what every client can be asked to do
    cli.py, cppdbg.py, dap.py   how each one does it; vscode.py: what the last two share
    programs.py  where they are
    limits.py    what is a client's own fault
    matrix.py    the table that becomes of it
"""
