"""The scenarios of docs/clients.md, and the clients that play them.

    rows.py      one function a scenario, in the words of client.py
    client.py    what every client can be asked to do
    gdb.py, lldb.py, cppdbg.py, dap.py, ...   how each one does it
    matrix.py    the table that becomes of it
"""
