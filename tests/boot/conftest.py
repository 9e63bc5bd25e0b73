import os

import hypothesis
import pytest

pytest.register_assert_rewrite("trapline_pytest", "clients.rows")
from trapline_pytest import machines
from trapline_pytest.deadline import Deadline

pytest_plugins = ["trapline_pytest", "pytester", "lines"]

# Each test has its own deadline: how long an example takes is the host's affair.
hypothesis.settings.register_profile("busy host", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy host")


def pytest_configure(config):
    """The plugin looks along PATH for an lldb: here for one of those that the tests bring along."""
    from clients.programs import FOLDER

    os.environ["PATH"] += f":{FOLDER / 'bin'}"


def pytest_addoption(parser):
    parser.addoption("--write-clients", action="store_true",
                     help="write docs/clients.md from what test_clients.py sees")
    parser.addoption("--write-monitor", action="store_true",
                     help="write docs/monitor.md from what the kernel's own help says")


def pytest_terminal_summary(terminalreporter):
    """The table of the clients that took part, in the controller of all workers."""
    from clients import matrix

    columns = dict(value for reports in terminalreporter.stats.values() for report in reports
                   for key, value in getattr(report, "user_properties", ()) if key == "column")
    if not columns:
        return
    text = matrix.render({name: columns[name] for name in matrix.NAMES if name in columns})
    terminalreporter.section("clients")
    terminalreporter.write_line(text[len(matrix.HEAD):])
    if terminalreporter.config.getoption("--write-clients"):
        matrix.write(columns)


class Memory:
    """What no client may have changed behind our back: code, constants, the demo's idle 64 KiB."""

    def __init__(self, elf):
        self.parts = [elf.sections[".text"], elf.sections[".rodata"], elf["demo_scratch"]]

    def checksums(self, rsp):
        return [rsp.crc(part.address, part.size) for part in self.parts]


@pytest.fixture
def memory(settings):
    return Memory(settings.elf)


@pytest.fixture
def healthy(machine, memory):
    """Call it in the end: the kernel still runs, takes a new client, and its memory is as it was."""
    first = machine.rsp()
    before = memory.checksums(first)
    first.detach()

    def check():
        client = machine.rsp()
        assert memory.checksums(client) == before
        counter = machine.elf["demo_counter"].address
        count = client.read_u64(counter)
        client.insert(machine.elf["demo_hot"].address)
        client.go()
        client.remove(machine.elf["demo_hot"].address)
        assert client.pc == machine.elf["demo_hot"].address
        client.step()
        client.detach()
        client = machine.rsp()
        assert client.read_u64(counter) >= count
        client.detach()

    return check


@pytest.fixture(scope="module")
def rsp_session(settings, transport):
    with machines(settings, Deadline(180)) as boot:
        yield boot(transport=transport).serving().rsp(), boot.machines


@pytest.fixture(scope="module")
def gdb_session(settings):
    with machines(settings, Deadline(180)) as boot:
        gdb = boot().serving().gdb()
        gdb.execute("tbreak demo_hot", "continue")  # where the program has not set TF itself
        yield gdb, boot.machines


def borrow(request, session, deadline):
    client, request.node.machines = session
    client.deadline = deadline
    return client


@pytest.fixture
def shared_rsp(request, rsp_session, deadline):
    """One client for many small questions that change nothing: a boot each would cost a second."""
    return borrow(request, rsp_session, deadline)


@pytest.fixture
def shared_gdb(request, gdb_session, deadline):
    """The same with gdb, for tests that leave the kernel where it stopped."""
    return borrow(request, gdb_session, deadline)
