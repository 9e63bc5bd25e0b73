"""pytest plugin: boots a kernel in QEMU and drives it over its serial line.

    machine   a freshly booted machine; @pytest.mark.machine(append="gdb=wait", smp=2) sets its options
    boot      boot(append=...) for tests that need several machines, or options computed at run time
    rsp       a client of our own, in session with machine's stub
    gdb       a real gdb, attached to machine
    lldb      a real lldb, attached to machine
    tcp_port  a free port, for boot(com1=f"tcp:{tcp_port}")
    transport the line of boot's machines: "com1", or by a parametrize mark "virtio" (docs/transports.md)
    settings  what is booted; settings = kernel("build/kernel.elf") in a conftest.py is another kernel

Each test has one deadline (180 s; @pytest.mark.deadline(300) sets another) and ends at once when the
kernel panics or boots twice. A failed test shows the console and each client's last packets.

PYTEST_DONT_REWRITE: nothing is asserted in this file, and a conftest.py imports it before it names the plugin.
"""
import os
import shutil
import socket
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from .deadline import Deadline
from .elf import Elf
from .machine import Machine
from .settings import LAUNCHER, ROOT, Settings, kernel  # noqa: F401


def pytest_configure(config):
    config.addinivalue_line("markers", "machine(**options): how the machine fixture boots")
    config.addinivalue_line("markers", "deadline(seconds): for the whole test")


@pytest.fixture(scope="session")
def settings():
    build = Path(os.environ.get("BUILD", ROOT / "build")).resolve()
    # Programs come and go, and a CPU may be stopped in one: a test that wants them says init=/init.
    return Settings(LAUNCHER, Elf(build / "kernel.elf"), build / "initrd.img", "init=off")


@pytest.fixture
def deadline(request):
    marker = request.node.get_closest_marker("deadline")
    deadline = Deadline(marker.args[0] if marker else 180)
    deadline.arm()
    yield deadline
    deadline.disarm()


@contextmanager
def machines(settings, deadline):
    """Boots machines and ends them. Sockets need short paths, so not pytest's own tmp_path."""
    started = []
    with tempfile.TemporaryDirectory(prefix="trapline-") as folder:

        def start(**options):
            place = Path(folder, str(len(started)))
            place.mkdir()
            started.append(Machine(settings, deadline, place, **options))
            return started[-1].start()

        start.machines = started
        yield start
        deadline.disarm()
        for machine in started:
            machine.stop()


@pytest.fixture(scope="session")
def transport():
    return "com1"


@pytest.fixture
def boot(request, settings, deadline, transport):
    with machines(settings, deadline) as start:
        request.node.machines = start.machines
        yield partial(start, transport=transport)


@pytest.fixture
def machine(request, boot):
    options = {}
    for marker in request.node.iter_markers("machine"):
        options = {**marker.kwargs, **options}
    return boot(**options).serving()


@pytest.fixture
def rsp(machine):
    return machine.rsp()


@pytest.fixture
def gdb(machine):
    return machine.gdb()


@pytest.fixture(scope="session")
def lldb_program():
    """The lldb of this computer: "lldb", or the newest of those with a version in their name."""
    places = [Path(place) for place in os.get_exec_path()]
    numbered = {int(found.name[5:]): str(found) for place in places
                for found in place.glob("lldb-[0-9]*") if found.name[5:].isdigit()}
    return shutil.which("lldb") or (numbered[max(numbered)] if numbered else "lldb")


@pytest.fixture
def lldb(machine, lldb_program):
    return machine.lldb(file=machine.elf.path, program=lldb_program)


@pytest.fixture
def tcp_port():
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What is said of a test that has failed at its deadline may take as long as it takes."""
    if call.excinfo and "deadline" in getattr(item, "funcargs", {}):
        item.funcargs["deadline"].disarm()
    report = (yield).get_result()
    if report.failed and report.when != "teardown":
        for machine in getattr(item, "machines", ()):
            report.sections.extend(machine.report())
