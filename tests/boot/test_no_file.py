"""gdb is given no file: the stub tells it which one, and symbols, source and lines are there."""
import os
import re
import subprocess
from pathlib import Path

import pytest
from clients.programs import GDBS

PROBLEM = "not target or an absolute path of at most 255 bytes, using none"


def bare(machine):
    """gdb, attached as a user does it who types nothing but target remote."""
    gdb = machine.gdb(attach=False, file="")
    gdb.execute("set breakpoint pending off")
    return gdb


@pytest.fixture
def nameless(boot, settings):
    machine = boot(append=f"gdb=wait gdb.file={settings.elf.path}").serving()
    gdb = bare(machine)
    gdb.execute(f"target remote {machine.remote}")
    return gdb


def test_symbols_source_and_lines_are_there(nameless, settings):
    assert nameless.frames()[0] == "kernel_main"
    assert "main.c:" in nameless.execute("frame")
    assert str(settings.elf.path) in nameless.execute("info files")
    nameless.execute("break demo_add")
    assert "demo_add (a=2, b=3)" in nameless.execute("continue")
    assert nameless.frames()[:2] == ["demo_add", "demo_stage_tutorial"]
    assert "return a + b;" in nameless.execute("list")


def test_not_a_byte_of_the_file_crosses_the_line(nameless):
    asked = [line for line in nameless.packet_log() if line.startswith("w ") and "vFile" in line]
    assert asked and not any("pread" in line for line in asked)


@pytest.mark.parametrize("program", GDBS, ids=lambda program: Path(program).name)
def test_threads_have_the_numbers_of_the_kernel(boot, settings, program):
    """The scripts in the ELF run while gdb reads the list of a running kernel's threads. One that had it read again
    made the stopped thread the last one, and gdb 16 say that it had exited."""
    machine = boot(append=f"gdb.file={settings.elf.path}").serving()
    machine.console.wait_for("^demo: a work loop")
    command = [program, "-nx", "-q", "-batch", "-iex", "set remotetimeout 60", "-iex", "set auto-load safe-path /"]
    for line in (f"target remote {machine.remote}", "info threads", "tbreak demo_hot", "continue"):
        command += ["-ex", line]
    output = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
    numbers, threads = zip(*re.findall(r'^[* ] (\d+) +Thread 1\.(\d+) "', output, re.M))
    assert list(map(int, numbers)) == list(range(1, len(threads) + 1)), output  # whichever of them the attach stopped
    assert sorted(set(threads), key=int) == list(threads) and threads[:2] == ("1", "2"), output
    assert 'Thread 1 "main" hit Temporary breakpoint 1' in output and "[Thread 1.1 exited]" not in output, output


def test_a_file_that_is_given_is_checked_against_the_running_one(boot, settings):
    """Both are the same file here; gdb warns if their build-ids differ."""
    machine = boot(append=f"gdb=wait gdb.file={settings.elf.path}").serving()
    gdb = machine.gdb()
    assert gdb.frames()[-1] == "boot_high"
    assert "do not match" not in gdb.log.read_text()


def spoil(path, kind):
    if kind == "directory":
        path.mkdir()
    elif kind != "missing":
        path.write_text("no ELF file\n")
        path.chmod(0 if kind == "unreadable" else 0o644)


@pytest.mark.parametrize("kind, says", [
    ("missing", "No executable file now."), ("unreadable", "No executable file now."),
    ("directory", "Is a directory"), ("no ELF", "file format not recognized")])
def test_file_that_gdb_cannot_have_is_said_and_leaves_a_session_without_symbols(boot, tmp_path, kind, says):
    """By gdb, which does not always say which file it was: the kernel's log and monitor version do."""
    path = tmp_path / "kernel.elf"
    spoil(path, kind)
    machine = boot(append=f"gdb=wait gdb.file={path}").serving()
    assert machine.console.find(f"gdb.file: clients look for symbols in {path}, on their own host")
    for program in GDBS:
        # Root could read it all the same.
        other_user = ["setpriv", "--reuid=65534", "--clear-groups"] if kind == "unreadable" and os.geteuid() == 0 else []
        command = [*other_user, program, "-nx", "-q", "-batch", "-iex", "set remotetimeout 60"]
        for line in (f"target remote {machine.remote}", "monitor version", "break demo_add", "stepi"):
            command += ["-ex", line]
        place = Path(machine.remote)
        place.parent.parent.chmod(0o755)  # its user may reach the line
        place.chmod(0o666)
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
        output = result.stdout + result.stderr
        assert says in output and f"its symbols: {path}\n" in output, output
        assert "No symbol table is loaded" in output
        first, then = (line for line in output.splitlines() if line.startswith("0xffffffff8"))
        assert first != then, "stepi has stepped"


@pytest.mark.parametrize("path", ["kernel.elf", "", "./build/kernel.elf", "targets", "/" + 255 * "x"],
                         ids=["relative", "empty", "dot", "word", "too-long"])
def test_a_path_that_cannot_be_used_is_said_and_not_offered(boot, path):
    machine = boot(append=f"gdb.file={path}").serving()
    assert machine.console.find(PROBLEM)
    assert "qXfer:exec-file:read" not in machine.rsp().features


def test_without_a_path_nothing_is_offered(machine):
    assert "qXfer:exec-file:read" not in machine.rsp().features


def test_the_longest_path(boot):
    path = "/" + 254 * "x"
    rsp = boot(append=f"gdb.file={path}").serving().rsp()
    assert rsp.ask("qXfer:exec-file:read:1:0,1000") == "l" + path
