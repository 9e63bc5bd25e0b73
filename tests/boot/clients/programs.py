"""Where the debuggers are that scripts/fetch-clients.sh unpacks. One that is not there fails the tests that want
it: none of them is skipped, and none goes uncollected."""
import os
import re
import shutil
import subprocess
from pathlib import Path

from .client import ROOT

FOLDER = Path(os.environ.get("TRAPLINE_CLIENTS", ROOT / "build/clients"))
ADAPTER = FOLDER / "dap/node_modules/cdt-gdb-adapter/dist/debugTargetAdapter.js"


def program(name):
    """Debian 12's own gdb is "gdb", the others have a version in their names."""
    return name if name == "gdb" else str(FOLDER / "bin" / name)


GDBS = (program("gdb"), program("gdb-16"))


def check_installed(command, version=None):
    """Fails with a sentence if a client is missing, or is of another version than its column says."""
    missing = [str(word) for word in command if not shutil.which(word) and not Path(word).exists()]
    assert not missing, f"{', '.join(missing)} is not installed: run scripts/fetch-clients.sh"
    if version:
        result = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60)
        says = result.stdout.partition("\n")[0]
        found = re.search(r"(\d+)\.\d+\S*$", says)
        assert found and found[1] == version, f"{command[0]} is not {version}: {says}{result.stderr}"
