"""Symbols and sections of the kernel's ELF: tests name things, never addresses."""
import re
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Symbol:
    name: str
    address: int
    size: int

    @property
    def end(self):
        return self.address + self.size


class Elf:
    def __init__(self, path):
        self.path = str(path)
        self.symbols = dict(self._read_symbols())
        self.sections = dict(self._read_sections())

    def __getitem__(self, name):
        return self.symbols[name]

    def __contains__(self, name):
        return name in self.symbols

    def _read_symbols(self):
        """Lines of nm -S: address, size where there is one, kind, name."""
        for line in self._run("nm", "-S", self.path):
            match = re.fullmatch(r"([0-9a-f]+) (?:([0-9a-f]+) )?[A-Za-z] (\S+)", line)
            if match:
                address, size, name = match.groups()
                yield name, Symbol(name, int(address, 16), int(size or "0", 16))

    def _read_sections(self):
        """Lines of readelf -SW that have an address: [nr] name type address offset size ..."""
        row = re.compile(r"\s*\[\s*\d+\] (\S+)\s+\S+\s+([0-9a-f]{16}) [0-9a-f]+ ([0-9a-f]+) ")
        for line in self._run("readelf", "-SW", self.path):
            if (match := row.match(line)) and int(match[2], 16):
                yield match[1], Symbol(match[1], int(match[2], 16), int(match[3], 16))

    @staticmethod
    def _run(*command):
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
