"""The two commands as a user types them, and scripts/qemu.sh: nothing is left behind, each mistake is
answered with one line that says what to do."""
import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess

import pexpect
import pytest
from trapline_pytest import ROOT


def make(*arguments):
    return ["make", "--no-print-directory", "-C", str(ROOT), f"BUILD={os.environ.get('BUILD', 'build')}",
            *arguments]


def start_run(deadline, *arguments):
    """make run, up to the line that says that COM1 is served."""
    process = subprocess.Popen(make("run", *arguments), stdin=subprocess.DEVNULL, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True)
    for line in process.stdout:
        if line.startswith("debugger: serving"):
            return process
    pytest.fail("make run ended before the kernel served COM1")


def wait_for_line(path, start):
    """Until a file that grows has a line that starts so."""
    with subprocess.Popen(["tail", "-n", "+1", "-f", path], stdout=subprocess.PIPE, text=True) as tail:
        assert any(line.startswith(start) for line in tail.stdout)
        tail.terminate()


def connect(path, deadline):
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(deadline.left())
    line.connect(str(path))
    return line


def wait_until_gone(line):
    """QEMU's end of a connection closes with QEMU."""
    with contextlib.suppress(ConnectionResetError):
        while line.recv(4096):
            pass


def test_make_check_builds_what_it_checks_in_a_clean_clone(tmp_path):
    """The kernel's image and its modules, which no other command has built yet."""
    plan = subprocess.run([*make("-n", "check"), f"BUILD={tmp_path}"], capture_output=True, text=True, check=True).stdout
    for name in ("kernel.elf", "modules/ramdisk.ko"):
        assert f'echo "  ld      {tmp_path}/{name}"' in plan


@pytest.mark.parametrize("how", ["SIGTERM", "Ctrl-C", "SIGKILL"])
def test_make_run_ends_and_takes_qemu_with_it(deadline, tmp_path, how):
    path = tmp_path / "com1"
    process = start_run(deadline, f"SOCK={path}")
    line = connect(path, deadline)
    if how == "Ctrl-C":
        os.killpg(process.pid, signal.SIGINT)  # what a terminal does
    else:
        process.send_signal(getattr(signal, how))
    wait_until_gone(line)
    process.wait(deadline.left())
    for _ in process.stdout:  # ends when nobody holds the other end any more
        pass


def test_make_run_serves_a_tcp_port(deadline, tcp_port):
    process = start_run(deadline, f"PORT={tcp_port}", "APPEND=gdb=wait")
    output = subprocess.run(["gdb", "-nx", "-batch", "-ex", "set remotetimeout 60", "-ex", f"target remote 127.0.0.1:{tcp_port}",
                             "-ex", "info registers rip"], capture_output=True, text=True,
                            timeout=deadline.left())
    process.terminate()
    process.wait(deadline.left())
    assert re.search(r"rip +0xffffffff8", output.stdout)


@pytest.fixture
def debug(deadline, tmp_path):
    """make debug in a terminal of its own, typed to a shell."""
    command = make("debug", f"SOCK={tmp_path / 'com1'}", f"CONSOLE={tmp_path / 'console'}")
    child = pexpect.spawn("sh", ["-c", f"{shlex.join(command)}; exit"], encoding="utf-8", timeout=deadline.left(),
                          env={**os.environ, "TERM": "dumb", "HOME": str(tmp_path)},
                          preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
    yield child
    with contextlib.suppress(pexpect.ExceptionPexpect):  # it was asked to end, which takes its time
        child.close(force=True)


def test_make_debug_is_a_gdb_prompt_in_the_kernel(debug, deadline, tmp_path):
    debug.expect_exact("(gdb) ")
    assert "kernel_main" in debug.before
    line = connect(tmp_path / "com1", deadline)
    debug.sendline("continue")
    wait_for_line(tmp_path / "console", "demo: ")  # gdb says Continuing before it does
    debug.sendintr()
    debug.expect("received signal SIGINT")
    debug.expect_exact("(gdb) ")
    debug.sendline("print demo_sample.point")
    debug.expect_exact("{x = 3, y = -4}")
    debug.sendline("quit")
    debug.expect("y or n")
    debug.sendline("y")
    debug.expect(pexpect.EOF)
    wait_until_gone(line)
    debug.close()
    assert debug.exitstatus == 0


def test_make_debug_ends_with_its_terminal(debug, deadline, tmp_path):
    debug.expect_exact("(gdb) ")
    line = connect(tmp_path / "com1", deadline)
    debug.sendline("continue")
    wait_for_line(tmp_path / "console", "demo: ")
    debug.ptyproc.fileobj.close()  # the window is closed
    debug.ptyproc.closed = True
    wait_until_gone(line)


def test_make_debug_without_a_debugger_ends_and_shows_the_console(tmp_path):
    result = subprocess.run(make("debug", f"SOCK={tmp_path / 'com1'}", "APPEND=gdb=off",
                                 f"CONSOLE={tmp_path / 'console'}"), capture_output=True, text=True)
    assert result.returncode != 0
    assert "debugger: off" in result.stderr


@pytest.mark.parametrize("target", ["run", "debug"])
def test_busy_port_is_said_in_one_line(tcp_port, target, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", tcp_port))
        other.listen()
        result = subprocess.run(make(target, f"PORT={tcp_port}", f"CONSOLE={tmp_path / 'console'}"),
                                capture_output=True, text=True)
    assert result.returncode != 0
    assert f"port {tcp_port} is in use" in result.stderr and "PORT=" in result.stderr


@pytest.mark.parametrize("arguments, says", [
    (["--kernel", "/nonexistent"], "run 'make'"),
    (["--com1", "tcp:12x4"], "the port is a number"),
    (["--com1", "tcp:99999"], "from 1 to 65535"),
    (["--com1", "tcp:0"], "from 1 to 65535"),
    (["--com1", "pigeon"], "unix:PATH, tcp:PORT or to:PATH"),
    (["--console", "paper"], "stdio, file:PATH or none"),
    (["--smp"], "needs a value"),
    (["--warp", "9"], "unknown option --warp"),
])
def test_qemu_sh_explains_a_wrong_option(arguments, says):
    result = subprocess.run([ROOT / "scripts/qemu.sh", *arguments], capture_output=True, text=True)
    assert result.returncode == 2
    assert says in result.stderr and result.stderr.count("\n") == 1


def tools(folder, *names, **scripts):
    """A PATH with nothing but these programs of the system, and these scripts."""
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(f"/usr/bin/{name}")
    for name, text in scripts.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    return {"PATH": str(folder)}


@pytest.mark.parametrize("command", [
    ["scripts/qemu.sh"], ["scripts/debug.sh", "kernel", "unix:com1", "console"],
    ["make", "--no-print-directory", "tools"]], ids=["qemu", "gdb", "gcc"])
def test_missing_program_says_make_deps(command, tmp_path):
    path = tools(tmp_path / "bin", "sh", "bash", "env", "dirname", "grep", "cat", "make", "find")
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=path)
    assert result.returncode != 0
    assert "is missing: run 'make deps'" in result.stderr.splitlines()[-2 if command[0] == "make" else -1]


@pytest.mark.parametrize("user, command", [(0, "apt-get"), (1000, "sudo apt-get")])
def test_deps_installs_what_is_missing_and_says_so(tmp_path, user, command):
    path = tools(tmp_path / "bin", "sh", "env", id=f"echo {user}",
                 dpkg_query="case $4 in gdb|gcc) exit 1 ;; esac; echo install ok installed",
                 apt_get=f'echo apt-get "$@" >>{tmp_path}/log',
                 sudo=f'echo sudo >>{tmp_path}/log; exec "$@"')
    result = subprocess.run([ROOT / "scripts/deps.sh", "run"], capture_output=True, text=True, env=path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == ["deps: installing gcc gdb", "deps: done"]
    log = (tmp_path / "log").read_text()
    assert "apt-get -qq update" in log and "install --no-install-recommends gcc gdb" in log
    assert log.count("sudo") == (2 if command.startswith("sudo") else 0)


def test_make_help_names_every_target():
    text = subprocess.run(make("help"), capture_output=True, text=True, check=True).stdout
    for target in ("run", "debug", "check", "test", "iso", "deps", "fuzz", "clean", "size"):
        assert re.search(rf"^{target} +\S", text, re.M), target


def test_make_n_fetches_nothing(tmp_path):
    subprocess.run(make("-n", "test", f"CLIENTS={tmp_path / 'clients'}"), stdout=subprocess.DEVNULL, check=True)
    assert not (tmp_path / "clients").exists()


def test_deps_is_silent_when_nothing_is_missing():
    result = subprocess.run([ROOT / "scripts/deps.sh", "test"], capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_initrd_is_a_newc_archive(settings):
    data = settings.initrd.read_bytes()
    names, at = [], 0
    while not names or names[-1] != "TRAILER!!!":
        assert data[at:at + 6] == b"070701"
        size, length = (int(data[at + offset:at + offset + 8], 16) for offset in (54, 94))
        names.append(data[at + 110:at + 110 + length - 1].decode())
        at += (110 + length + 3) // 4 * 4 + (size + 3) // 4 * 4
    assert "README" in names and at == len(data)


def test_client_that_cannot_be_installed_fails_make_test(tmp_path):
    """Without archives, and so without clients, no test runs: all could pass that want none."""
    path = tools(tmp_path / "bin", apt_get="echo E: no network >&2; exit 100")["PATH"]
    pytest_runs = tmp_path / "python"
    pytest_runs.write_text("#!/bin/sh\necho pytest was called\n")
    pytest_runs.chmod(0o755)
    result = subprocess.run(make("test", f"CLIENTS={tmp_path / 'clients'}", "MAKE=true", f"PYTHON={pytest_runs}"),
                            capture_output=True, text=True, env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}"})
    assert result.returncode != 0 and "fetch-clients: " in result.stderr, result
    assert "pytest was called" not in result.stdout
