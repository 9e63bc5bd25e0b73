"""What .vscode says, as VS Code reads it: comments, ${workspaceFolder}; and, as tests run side by side, with
another port than the one that tasks.json boots the kernel with."""
import json
import re

from .client import ROOT


def read(name):
    text = (ROOT / ".vscode" / name).read_text()
    return json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.M))


def boot_task():
    return next(task for task in read("tasks.json")["tasks"] if task["label"] == "boot")


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
