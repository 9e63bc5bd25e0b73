"""What is booted: which files, and what the kernel's console says."""
from dataclasses import dataclass
from pathlib import Path

import pytest

from .elf import Elf

ROOT = Path(__file__).resolve().parents[3]
LAUNCHER = ROOT / "scripts/qemu.sh"


@dataclass(frozen=True)
class Settings:
    qemu: Path  # the launcher, with the options of scripts/qemu.sh
    elf: Elf
    initrd: Path = None
    append: str = ""  # words of the kernel's command line, each unless a test gives that word itself
    serving: str = "^debugger: serving"  # the line after which the stub can be talked to
    banner: str = "Trapline kernel .*booting"  # the line that a kernel says once: it must not boot twice

    def boot(self, options):
        """The launcher's arguments: options, and what to boot unless they name it themselves."""
        if not ("iso" in options or "kernel" in options):
            given = options.get("append", "").split()
            names = {word.partition("=")[0] for word in given}
            words = given + [word for word in self.append.split() if word.partition("=")[0] not in names]
            files = {"kernel": self.elf.path} | ({"initrd": self.initrd} if self.initrd else {})
            options = {**files, **options, "append": " ".join(words)}
        return [str(word) for name, value in options.items() for word in ("--" + name, value)]


def kernel(elf, initrd=None, qemu=LAUNCHER, **others):
    """For a conftest.py: settings = kernel("build/kernel.elf"). Paths begin where pytest is started."""
    @pytest.fixture(scope="session")
    def settings():
        return Settings(Path(qemu).resolve(), Elf(Path(elf).resolve()), initrd and Path(initrd).resolve(), **others)

    return settings
