"""Symbols of another build than the kernel that runs: said, whoever has the wrong file."""
import re
import subprocess
from pathlib import Path

import pytest
from clients.client import ROOT
from clients.programs import GDBS, program
from test_files import initrd


def id_of(path):
    notes = subprocess.run(["readelf", "-n", path], check=True, capture_output=True, text=True).stdout
    return re.search(r"Build ID: (\w+)", notes)[1]


@pytest.fixture
def other(settings, tmp_path):
    """other(file): a copy of it with another build-id, as if a line of source had changed."""

    def copy(path):
        data, own = Path(path).read_bytes(), bytes.fromhex(id_of(path))
        assert data.count(own) == 1
        result = tmp_path / Path(path).name
        result.write_bytes(data.replace(own, own[::-1]))
        return result

    return copy


def attached(machine, program, *options):
    """gdb that trusts every file, attached; all it has said."""
    command = [program, "-nx", "-q", "-batch", "-iex", "set remotetimeout 60", "-iex", "set auto-load safe-path /", *options,
               "-ex", f"target remote {machine.remote}", "-ex", "next", "-ex", "info line demo_add"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return result.stdout + result.stderr


@pytest.mark.parametrize("program", GDBS, ids=lambda program: Path(program).name)
def test_gdb_says_that_its_file_is_of_another_build(boot, settings, other, program):
    file = other(settings.elf.path)
    machine = boot(append="gdb=wait").serving()
    said = attached(machine, program, "-iex", f"file {file}")
    assert said.count(f"this kernel is of another build than {file}") == 1, said
    assert f"the kernel's build-id is {id_of(settings.elf.path)}" in said
    assert f"the file's build-id is {id_of(file)}" in said
    assert "another build" not in attached(machine, program, "-iex", f"file {settings.elf.path}")


@pytest.mark.parametrize("program", GDBS, ids=lambda program: Path(program).name)
def test_the_file_was_built_again_since_the_kernel_was_booted(boot, settings, other, program):
    """gdb is given no file and finds the new one. Given the right one it sees that the two differ, and loads the
    new one if its question is answered with yes, as a script does."""
    file = other(settings.elf.path)
    machine = boot(append=f"gdb=wait gdb.file={file}").serving()
    assert "this kernel is of another build" in attached(machine, program)
    said = attached(machine, program, "-iex", f"file {settings.elf.path}")
    assert "uild ID mismatch" in said and said.count("this kernel is of another build than") == 1, said


@pytest.mark.parametrize("program", GDBS, ids=lambda program: Path(program).name)
def test_a_gdb_that_runs_no_script_compares_the_ids_when_it_is_asked(boot, settings, other, program):
    """It does not say by itself that they differ, but that it has run no script. The kernel was moved as well."""
    for file, answer in ((settings.elf.path, "matched."), (other(settings.elf.path), "MIS-MATCHED!")):
        machine = boot(append=f"kaslr=5600000 gdb.file={file}").serving()
        machine.console.wait_for("^demo: ")
        command = [program, "-nx", "-q", "-batch", "-iex", "set remotetimeout 60", "-iex", "set auto-load safe-path /nowhere",
                   "-ex", f"target remote {machine.remote}", "-ex", "compare-sections .note.gnu.build-id"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
        said = result.stdout + result.stderr
        assert "auto-loading has been declined" in said and "another build" not in said
        assert re.search(rf"^Section \.note\.gnu\.build-id, range 0x\w+ -- 0x\w+: {answer}$", said, re.M), said
        machine.stop()


def test_a_file_that_is_another_program(boot, settings):
    """gdb has no script to run then, and does not say that it is the wrong one; when asked it finds none of it."""
    machine = boot(append="gdb.file=/bin/true").serving()
    machine.console.wait_for("^demo: ")
    for program in GDBS:
        command = [program, "-nx", "-q", "-batch", "-iex", "set remotetimeout 60"]
        for line in (f"target remote {machine.remote}", "monitor version", "compare-sections .note.gnu.build-id"):
            command += ["-ex", line]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
        said = result.stdout + result.stderr
        assert "another build" not in said and f"the kernel's build-id: {id_of(settings.elf.path)}\n" in said
        assert "target memory fault, section .note.gnu.build-id" in said, said


def test_the_initrd_is_of_another_build(boot, settings, other, tmp_path):
    wrong = initrd(settings, tmp_path, other(settings.initrd.with_name("initrd") / "kernel.elf"))
    machine = boot(append="gdb=wait gdb.file=target", initrd=wrong).serving()
    machine.console.wait_for("kernel.elf in the initrd is of another build than this kernel, using none")
    rsp = machine.rsp()
    assert "qXfer:exec-file:read" not in rsp.features
    expected = id_of(settings.elf.path)
    assert f"the kernel's build-id: {expected}\n" in rsp.monitor("version")
    fd = rsp.ask("vFile:open:" + b"build-id".hex() + ",0,0")[1:]
    assert rsp.ask(f"vFile:pread:{fd},100,0") == f"F28;{expected}"


@pytest.mark.parametrize("version", [14, 22])
def test_lldb_says_so_by_a_script(boot, settings, other, tmp_path, version):
    """Once a session, at the first stop that it is told of; also that the file which the kernel names cannot be read."""
    missing, file = tmp_path / "nothing.elf", other(settings.elf.path)
    machine = boot(append=f"gdb=wait gdb.file={missing}").serving()

    def said(*commands):
        lines = [f"command script import {ROOT / 'scripts/lldb/trapline.py'}", *commands,
                 f"process connect -p gdb-remote {machine.lldb_remote}", "thread step-inst", "thread step-inst", "detach"]
        command = [program(f"lldb-{version}"), "-x", "-b", "-o", "settings set plugin.process.gdb-remote.packet-timeout 60",
                   *(word for line in lines for word in ("-o", line))]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    output = said()
    assert output.count("warning: ") == 1
    assert f"no symbols: {missing}, which the kernel names (gdb.file=), cannot be read here" in output
    output = said(f"target create {file}")
    assert output.count(f"warning: this kernel is of another build than {file}: ") == 1
    assert f"the kernel's build-id is {id_of(settings.elf.path)}\n  the file's build-id is {id_of(file)}\n" in output
    assert "warning" not in said(f"target create {settings.elf.path}")


@pytest.fixture
def lldb_says(boot):
    """What lldb prints when it attaches, with the script, to a kernel that was told this gdb.file=."""
    def attach(file):
        machine = boot(append=f"gdb=wait gdb.file={file}").serving()
        command = [program("lldb-19"), "-x", "-b", "-o", "settings set plugin.process.gdb-remote.packet-timeout 60"]
        for line in (f"command script import {ROOT / 'scripts/lldb/trapline.py'}",
                     f"process connect -p gdb-remote {machine.lldb_remote}", "thread step-inst", "detach"):
            command += ["-o", line]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    return attach


@pytest.mark.parametrize("kind, why", [
    ("directory", "no symbols: {}, which the kernel names (gdb.file=), is a directory"),
    ("no ELF", "no symbols: {}, which the kernel names (gdb.file=), is no ELF file"),
    ("target", "no symbols: /kernel.elf is in the kernel (gdb.file=target), and lldb reads none from there"),
    ("none", "no symbols: the kernel names no file (gdb.file=)")])
def test_lldb_says_by_the_script_that_it_has_no_symbols(lldb_says, tmp_path, kind, why):
    path = tmp_path / "kernel.elf"
    if kind == "directory":
        path.mkdir()
    elif kind == "no ELF":
        path.write_text("no ELF file\n")
    output = lldb_says(kind if kind in ("target", "none") else path)
    assert f"warning: {why.format(path)}; target create build/kernel.elf, and attach again\n" in output, output
