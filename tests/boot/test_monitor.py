"""monitor as a command line: names, help, JSON, expressions, a client that has seen enough; and the symbols
that the kernel knows by itself."""
import json
import re
from pathlib import Path

import pytest
from trapline_pytest.elf import Elf
from trapline_pytest.packet import frame

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "monitor.md"


def asked(rsp, command):
    """The command's one line of JSON."""
    text = rsp.monitor(f"-j {command}")
    assert text.endswith("}\n") and text.count("\n") == 1, text
    return json.loads(text)


def test_names_help_and_prefixes(shared_rsp):
    rsp = shared_rsp
    listed = dict(line.split(": ", 1) for line in rsp.monitor("help").splitlines())
    assert {"bp", "help", "lm", "print", "dmesg", "insmod", "demo"} <= set(listed)
    assert rsp.monitor("") == rsp.monitor("help") == rsp.monitor("hel")
    for name, text in listed.items():
        explained = rsp.monitor(f"help {name}")
        assert explained.startswith(f"monitor {name}") and text in explained, name
    assert "".join(rsp.monitor(f"help {name}") for name in listed) == rsp.monitor("help all")
    assert rsp.monitor("vers") == rsp.monitor("version") == rsp.monitor("  version  ")
    assert rsp.monitor("nonsense") == "nonsense: no such command; see monitor help\n"
    assert re.fullmatch(r"p: more than one command begins like that:( p\w+){3,}\n", rsp.monitor("p"))
    assert rsp.monitor("ps") != rsp.monitor("p"), "a whole name is enough, also if others begin with it"
    assert "no such command" in rsp.monitor("help nonsense")


def values(row):
    """What a reader sees of a line, but for the words between the values."""
    return [str(value) for value in row.values()] if isinstance(row, dict) else [row]


def unique(pairs):
    assert len(dict(pairs)) == len(pairs), f"a name twice: {pairs}"
    return dict(pairs)


# What commands need to say something good, and what they cannot take. All others take nothing.
GOOD = {"print": "demo_hot", "msr": "0xc0000080", "port": "0x3fd", "pa": "0x100000", "pte": "demo_hot", "va2pa": "demo_hot",
        "cpuid": "0", "selftest": "ud2", "iowatch": "0x80 1"}
# These end the session, or are slow, or change what other tests see.
NOT_NOW = {"reset", "poweroff", "selftest", "break-me", "insmod", "rmmod", "iowatch", "crash", "wt", "until"}


def test_each_command_says_the_same_as_json(shared_rsp, transport):
    rsp = shared_rsp
    names = re.findall(r"^(\S+): ", rsp.monitor("help"), re.M)
    for name in sorted(set(names) - NOT_NOW):
        command = f"{name} {GOOD.get(name, '')}".strip()
        text, line = rsp.monitor(command), rsp.monitor(f"-j {command}")
        assert line.endswith("}\n") and line.count("\n") == 1, line
        result = json.loads(line, object_pairs_hook=unique)
        has_it = name != "baud" or transport == "com1"  # a virtio console has no rate, and says so
        assert result["ok"] is has_it and result["command"] == name, (name, result)
        said = [value for row in [*result.get("output", []), {k: v for k, v in result.items() if k not in ("output", "ok")}]
                for value in values(row)]
        assert len(said) > 1, (name, text, result)
        if name not in ("comm", "doors", "irq", "apic"):
            assert all(value in text for value in said if value != name), (name, text, result)


def test_each_command_refuses_what_it_does_not_know(shared_rsp):
    rsp = shared_rsp
    names = re.findall(r"^(\S+): ", rsp.monitor("help"), re.M)
    for name in names:
        if name in ("demo", "poweroff", "reset", "version"):
            continue
        result = asked(rsp, f"{name} 0x10+no_such_thing \"x y z")
        assert result["ok"] is False, (name, result)
        assert result["output"] and isinstance(result["output"][0], str), (name, result)
    assert rsp.step()


def test_json_is_what_people_read_and_whether_it_worked(shared_rsp):
    rsp = shared_rsp
    assert asked(rsp, "")["command"] == "help"
    assert asked(rsp, "version")["version"] == "0.1"
    assert len(asked(rsp, "dmesg 3")["output"]) == 3
    bad = asked(rsp, "nonsense")
    assert bad == {"command": "nonsense", "output": ["nonsense: no such command; see monitor help"], "ok": False}
    assert asked(rsp, "lm twice")["ok"] is False
    quoted = asked(rsp, 'print "\\\x01\u00e9')
    assert quoted["ok"] is False and '"\\\x01' in quoted["output"][0]


def test_expressions_by_symbol_register_and_memory(shared_rsp, settings):
    rsp, elf = shared_rsp, settings.elf
    hot, counter = elf["demo_hot"].address, elf["demo_counter"].address

    def value(text):
        return int(asked(rsp, f"print {text}")["value"], 16)

    assert value("0x2f") == value("47") == value("(0x20+(15))") == 47
    assert value("demo_hot") == hot and value("demo_hot+0x10-8") == hot + 8
    assert value(f"{hot:x}") == hot, "as debuggers print it, without a 0x"
    assert value("$rip") == value("$pc") == rsp.pc
    assert value("$rsp+8") == rsp.register("rsp") + 8 and value("$cr3") == rsp.register("cr3")
    assert value("*demo_counter") == rsp.read_u64(counter)
    assert value("*($rsp)") == rsp.read_u64(rsp.register("rsp"))
    assert value("0-1") == (1 << 64) - 1
    for wrong, why in {"": "usage: monitor print EXPRESSION", "no_such": "no_such: no such symbol", "$rxx": "rxx: no such register",
                       "0x": "0x: no number", "demo_hot+": "no number", "(1": "a parenthesis is not closed",
                       "1)": "no number", "12abc": "no number", "*0x8000000000000000": "cannot be read",
                       "(" * 40: "too deep", "*" * 40 + "1": "too deep", "123456789012345678901": "no number",
                       "0x12345678123456789": "no number"}.items():
        result = asked(rsp, f"print {wrong}")
        assert result["ok"] is False and why in result["output"][0], (wrong, result)
        assert "value" not in result


def test_symbols_of_the_kernel(shared_rsp, settings):
    rsp, elf = shared_rsp, settings.elf
    for name in ("demo_hot", "kernel_main", "trap_exception", "demo_counter", "debugger_exception"):
        address = elf[name].address
        assert rsp.monitor(f"print {name}") == f"0x{address:x} {name} [kernel], {address}\n"
        assert rsp.monitor(f"print {address + 1:#x}") == f"0x{address + 1:x} {name}+0x1 [kernel], {address + 1}\n"
    result = asked(rsp, "print demo_hot+3")
    assert (result["symbol"], result["offset"], result["module"]) == ("demo_hot", "0x3", "kernel")
    assert rsp.monitor("print 0x1000") == "0x1000, 4096\n"
    end = elf["__kernel_end"].address + 0x100000
    assert rsp.monitor(f"print {end:#x}") == f"0x{end:x}, {end}\n"


def test_symbols_of_a_kernel_that_has_moved_and_of_modules(boot, settings):
    machine = boot(append="kaslr=20000000 modules=disktest").serving()
    machine.console.wait_for("^disktest: 128 blocks are good")
    rsp = machine.rsp()
    slide = 0x20000000
    hot = settings.elf["demo_hot"].address + slide
    assert rsp.monitor("print demo_hot+2") == f"0x{hot + 2:x} demo_hot+0x2 [kernel], {hot + 2}\n"
    folder = Path(settings.elf.path).parent / "modules"
    for line in rsp.monitor("lm").splitlines():
        start, name = int(line.split("-")[0], 16), line.split()[1]
        elf = Elf(folder / f"{name}.ko")
        function = {"ramdisk": "ramdisk_init", "disktest": "disktest_block"}[name]
        address = start + elf[function].address
        assert rsp.monitor(f"print {function}") == f"0x{address:x} {function} [{name}], {address}\n"
        assert rsp.monitor(f"print {address + 1:#x}").split(",")[0].endswith(f" {function}+0x1 [{name}]")


def interrupted(rsp, command):
    """What a command prints with the 0x03 right behind it, in one piece: all is printed within milliseconds."""
    rsp.send_raw(frame(b"qRcmd," + command.encode().hex().encode()) + b"\x03")
    text = ""
    while (reply := rsp.receive().decode()) != "OK":
        text += bytes.fromhex(reply[1:]).decode()
    return text


@pytest.mark.parametrize("command", ["help all", "dis demo_hot 256", "idt", "-j dis demo_hot 256"])
def test_a_long_output_ends_at_an_interrupt(machine, command):
    rsp = machine.rsp()
    whole = rsp.monitor(command)
    text = interrupted(rsp, command)
    assert len(text) < len(whole), text
    if command.startswith("-j"):
        result = json.loads(text)
        output = result.get("output", [])
        assert result["interrupted"] and output == json.loads(whole)["output"][:len(output)]
    else:
        assert text.endswith("interrupted\n") and whole.startswith(text[:-len("interrupted\n")])
    assert rsp.monitor(command) == whole
    assert rsp.ask("?").startswith("T"), "it was for the command, and stops nothing"
    assert rsp.step()


def test_through_gdb_and_a_command_of_the_kernels_own(machine):
    gdb = machine.gdb()
    assert "demo_hot" in gdb.execute("monitor print demo_hot+4")
    assert json.loads(gdb.execute("monitor -j print $pc"))["ok"]
    count = int(re.search(r"demo_hot was called (\d+) times", gdb.execute("monitor demo"))[1])
    assert count == int(gdb.execute("output demo_counter"))


def test_the_document_is_the_table(shared_rsp, request):
    """docs/monitor.md: written with --write-monitor."""
    rows = re.findall(r"^monitor ([^ :]+)( .*?)?: (.*)$", shared_rsp.monitor("help all"), re.M)
    head = DOCUMENT.read_text().split("| command |")[0] if DOCUMENT.exists() else ""
    text = head + "| command | |\n|---|---|\n" + "".join(
        "| `{}` | {} |\n".format(f"{name}{usage}".replace("|", "\\|"), help.replace("|", "\\|"))
        for name, usage, help in rows)
    if request.config.getoption("--write-monitor"):
        DOCUMENT.write_text(text)
    assert DOCUMENT.read_text() == text
