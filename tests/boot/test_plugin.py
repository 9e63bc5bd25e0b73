"""The plugin for other kernels: the example of docs/testing.md as it stands there, and the lldb of the plugin,
driven as the gdb is."""
import os
import re
import subprocess
import sys

from trapline_pytest import ROOT


def test_lldb_runs_stops_and_is_interrupted(boot, settings, lldb_program):
    machine = boot(append=f"gdb=wait workload=off gdb.file={settings.elf.path}").serving()
    lldb = machine.lldb(program=lldb_program)
    assert lldb.frames()[0] == "kernel_main"
    lldb.execute("breakpoint set -n demo_add")
    assert "stop reason = breakpoint 1.1" in lldb.execute("continue")
    assert (lldb.int("a + b"), lldb.text("demo_banner")[1:6]) == (5, "demo:")
    assert "error" in lldb.refused("breakpoint set --nothing").lower()
    lldb.execute("breakpoint delete -f")
    lldb.resume()
    assert re.search("stop reason = signal SIGINT", lldb.interrupt())
    assert lldb.frames()[-1] == "boot_high"
    assert any("vCont;c" in line for line in lldb.packet_log())


def test_worked_example_of_the_document(tmp_path, settings, deadline):
    """A folder as the document's reader has it: trapline, and beside it a kernel, which is ours under another name."""
    text = (ROOT / "docs/testing.md").read_text()
    files = re.findall(r"in `(tests/\S+)`:\n\n```python\n(.*?)```\n", text, re.S)
    command, = re.findall(r"^    (PYTHONPATH=.*pytest tests)$", text, re.M)
    assert [name for name, _ in files] == ["tests/conftest.py", "tests/test_counter.py"]
    assert len(files[0][1].splitlines()) == 3
    (tmp_path / "trapline").symlink_to(ROOT)
    kernel = tmp_path / "kernel"
    (kernel / "tests").mkdir(parents=True)
    (kernel / "build").mkdir()
    for built in (settings.initrd, settings.initrd.with_name("kernel.elf")):
        (kernel / "build" / built.name).symlink_to(built)
    for name, body in files:
        (kernel / name).write_text(body)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").symlink_to(sys.executable)  # that of make test, which has pytest
    result = subprocess.run(["sh", "-c", f"{command} -p no:cacheprovider"], cwd=kernel, capture_output=True, text=True,
                            timeout=deadline.left(), env={**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"})
    assert re.search(r"^=+ 5 passed in ", result.stdout, re.M), result.stdout + result.stderr
