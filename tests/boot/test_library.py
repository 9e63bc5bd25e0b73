"""The library itself, with a shell script in QEMU's place: what it must notice, it notices."""
from pathlib import Path

import pytest
from trapline_pytest.packet import escape, expand, frame
from trapline_pytest.rsp import Stop

CONFTEST = """
import pytest
from trapline_pytest import Settings
pytest_plugins = ["trapline_pytest"]

@pytest.fixture(scope="session")
def settings():
    class NoKernel(Settings):
        def boot(self, options): return []
    return NoKernel("./qemu", None)
"""


@pytest.fixture
def verdict(pytester, monkeypatch):
    """Runs one test function with a machine that prints these lines; True if it passed."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))

    def run(body, *console, after="exec sleep 1000"):
        pytester.makeconftest(CONFTEST)
        script = pytester.path / "qemu"
        lines = "\n".join(f"echo '{line}'" for line in console)
        script.write_text(f"#!/bin/sh\necho $$ >{pytester.path}/pid\n{lines}\n{after}\n")
        script.chmod(0o755)
        pytester.makepyfile(f"import pytest, socket\n@pytest.mark.deadline(2)\ndef test_it(machine):\n"
                            f"    {body}\n")
        result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
        pid = int((pytester.path / "pid").read_text())
        assert not Path(f"/proc/{pid}").exists(), "the machine was left behind"
        return result

    return run


READY = ("Trapline kernel 1 booting", "debugger: serving gdb")
HANG = "one, two = socket.socketpair(); one.recv(1)"


def test_good_machine_passes_and_is_ended(verdict):
    verdict("assert machine.process.poll() is None", *READY).assert_outcomes(passed=1)


@pytest.mark.parametrize("line, says", [
    ("panic: demo: not true any more", "the kernel panicked"),
    ("Trapline kernel 1 booting", "booted a second time"),
])
def test_bad_console_line_ends_a_waiting_test_at_once(verdict, line, says):
    result = verdict(HANG, *READY, line)
    assert result.ret != 0
    result.stdout.fnmatch_lines([f"*{says}*", "*- console -*", f"*{line}*"])


def test_wait_for_a_line_that_never_comes(verdict):
    result = verdict("machine.console.wait_for('never')", *READY, after="exit 0")
    result.stdout.fnmatch_lines(["*the machine ended before its console said 'never'*"])


def test_deadline_ends_a_test_that_hangs(verdict):
    result = verdict(HANG, *READY)
    result.stdout.fnmatch_lines(["*deadline of 2 s has passed*"])


def test_deadline_does_not_end_the_report_of_a_test_that_has_failed(verdict):
    slow = "machine.report = lambda: __import__('time').sleep(3) or [('slow', 'slow')]"
    result = verdict(f"{slow}; assert False", *READY)
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_escape_and_expand_are_inverse():
    data = bytes(range(256))
    assert expand(escape(data)) == data
    assert expand(b"0* ") == b"0000"
    assert frame(b"OK") == b"$OK#9a"


def test_stop_reply_is_taken_apart():
    stop = Stop.parse("T05thread:p1.1;swbreak:;06:0100000000000000;")
    assert (stop.kind, stop.signal, stop.registers) == ("T", 5, {6: 1})
    assert stop.values == {"thread": "p1.1", "swbreak": ""}
