"""What is VS Code's own, whichever extension it talks to: .vscode as it reads that (comments, ${workspaceFolder};
and, as tests run side by side, with another port than the one that tasks.json boots the kernel with), and
what it makes of its buttons."""
import json
import os
import re
import signal
import subprocess
from contextlib import contextmanager

from .client import ROOT, Client


def read(name):
    text = (ROOT / ".vscode" / name).read_text()
    return json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.M))


def task(label):
    return next(task for task in read("tasks.json")["tasks"] if task["label"] == label)


def boot_task():
    return task("boot")


class Matcher:
    """A background task's problemMatcher: when the task is ready, and what went wrong."""

    def __init__(self, matcher):
        self.begins = matcher["background"]["beginsPattern"]
        self.ends = matcher["background"]["endsPattern"]
        self.pattern = matcher["pattern"]
        kind, folder = matcher["fileLocation"]
        assert kind == "relative" and self.pattern["kind"] == "file"
        self.folder = folder.replace("${workspaceFolder}", str(ROOT))
        self.problems = []
        self.busy = matcher["background"]["activeOnStart"]
        self.begun = False

    def ready(self, lines):
        """Reads up to the line that ends the wait; False if the task ends before."""
        for line in lines:
            if problem := re.search(self.pattern["regexp"], line):
                self.problems.append((f"{self.folder}/{problem[self.pattern['file']]}",
                                      problem[self.pattern["message"]]))
            self.begun |= bool(re.search(self.begins, line))
            if self.busy and self.begun and re.search(self.ends, line):
                return True
        return False


@contextmanager
def background(command):
    """A task of type "shell" with "isBackground", until Terminal: Terminate Task."""
    process = subprocess.Popen(["/bin/sh", "-c", command], cwd=ROOT, stdin=subprocess.DEVNULL, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGHUP)  # its terminal is closed
        for _ in process.stdout:  # ends when nobody is left who could write
            pass
        process.wait()
        process.stdout.close()


def boot_port():
    return re.search(r"\bPORT=(\d+)", boot_task()["command"])[1]


def configuration(kind, request, port):
    """The only one of a type, for a kernel on this port."""
    found = [one for one in read("launch.json")["configurations"]
             if (one["type"], one["request"]) == (kind, request)]
    assert len(found) == 1 and found[0]["preLaunchTask"] == "boot"
    text = json.dumps(found[0]).replace("${workspaceFolder}", str(ROOT))
    assert text.count(boot_port()) == 1, "it attaches to the port that the kernel is booted with"
    return json.loads(text.replace(boot_port(), str(port)))


class VsCodeClient(Client):
    """running: it was resumed, and has not said yet that it has stopped."""

    running = False

    def run_to(self, place):
        """Run to Cursor: a breakpoint."""
        self.break_at(place)
        self.go()
        self.clear()

    def continue_with_fault(self):
        """Continue, which passes the signal on."""
        self.go()

    def recover(self):
        if self.running:
            self.pause()

    def monitor(self, command):
        return self.console(f"monitor {command}")

    def console(self, command):
        """A command of the debugger's own in the Debug Console: what it prints."""
        raise NotImplementedError
