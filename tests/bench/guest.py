"""The guest that is measured: our kernel, with both stubs, by the library of the boot tests."""
import os
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD", ROOT / "build")).resolve()
sys.path.insert(0, str(ROOT / "tests/boot"))

from trapline_pytest import Settings, machines  # noqa: E402
from trapline_pytest.deadline import Deadline  # noqa: E402
from trapline_pytest.elf import Elf  # noqa: E402

# One thread, so that the figures are those of the stub and not of how many threads there happen to be.
APPEND = "workload=off init=off"


@contextmanager
def guest(seconds=1800, **options):
    settings = Settings(ROOT / "scripts/qemu.sh", Elf(BUILD / "kernel.elf"), BUILD / "initrd.img", APPEND,
                        serving="^debugger: (serving|off)")
    deadline = Deadline(seconds)
    deadline.arm()
    with machines(settings, deadline) as boot:
        yield boot(stub=True, **options).serving()
