"""What the documents name exists: files, make's targets, words of the kernel's command line; and the other way round."""
import re
import subprocess

import pytest
from trapline_pytest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(page.read_text() for page in PAGES)
MADE = {"kernel/modules/NAME.c", "tests/conftest.py", "tests/test_counter.py"}  # by the reader
ALSO_WORDS = {"nokaslr"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_files(page):
    text = page.read_text()
    links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link}
    assert [link for link in links if not (page.parent / link).exists()] == []
    rooms = "gdbstub|arch|kernel|scripts|tests|docs"
    names = set(re.findall(rf"(?<![\w./-])(?:{rooms})/[\w./-]*\w", text)) - MADE
    assert [name for name in names if not ((ROOT / name).exists() or (page.parent / name).exists())] == []


def test_targets_of_make():
    """Also in a sentence's code: `make size`."""
    makefile = (ROOT / "Makefile").read_text()
    listed = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.M))
    asked = set(re.findall(r"(?:^ +|`|; )make (?:-\S+ )*([a-z-]+)", TEXT, re.M))
    assert asked <= listed, asked - listed
    assert {"debug", "test", "run", "bench", "bench-wire", "size", "check", "help"} <= asked
    assert set(re.search(r"^\.PHONY: (.*)", makefile, re.M)[1].split()) == listed | {"kernel", "tools"}


def test_words_of_the_command_line():
    known = set(re.findall(r'^    \{"([a-z.]+)", \w+, ', (ROOT / "kernel/cmdline.c").read_text(), re.M))
    named = set(re.findall(r"(?<![\w.-])(gdb\.[a-z]+|[a-z]+)=(?=[\w`/|*])", "\n".join(re.findall(r"`[^`\n]*`", TEXT))))
    assert len(known) > 12 and known <= named | {"gdb"}, known - named
    assert {name for name in named if name.startswith("gdb.")} <= known


def test_scripts_are_named():
    """But for those that are parts of others."""
    files = subprocess.run(["git", "ls-files", "scripts"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    programs = {name for name in files if "." not in name.rpartition("/")[2]}
    assert programs and {name for name in programs if name not in TEXT} <= {"scripts/check-style"}


def test_monitor_commands():
    """As they are typed to gdb, which hands quotes on."""
    known = set(re.findall(r"^\| `([a-z0-9-]+)", (ROOT / "docs/monitor.md").read_text(), re.M))
    typed = re.findall(r"(?:\(gdb\) |`)monitor (?:-j )?([a-z][a-z0-9-]*)([^`\n]*)", TEXT)
    assert len(typed) > 60
    assert [name for name, _ in typed if not any(command.startswith(name) for command in known)] == [], "a beginning will do"
    assert [words for words in typed if "'" in words[1]] == []
