"""What the kernel shows of itself without a client's help: page tables as a whole, descriptor tables, APICs."""
import json
import re
import time

import pytest
from test_monitor import interrupted

DIRECT_MAP = 0xffff800000000000


def asked(rsp, command):
    result = json.loads(rsp.monitor(f"-j {command}"))
    assert result["ok"], result
    return result


def rows(rsp, command):
    return asked(rsp, command)["output"]


def fails(rsp, command, why):
    result = json.loads(rsp.monitor(f"-j {command}"))
    assert result["ok"] is False and why in str(result["output"][0]), (command, result)


def mapped(ranges, address):
    found = [r for r in ranges if int(r["start"], 16) <= address <= int(r["last"], 16)]
    assert len(found) <= 1, found
    return found[0] if found else None


def test_maps_is_what_the_tables_say(shared_rsp, settings):
    rsp, elf = shared_rsp, settings.elf
    ranges = rows(rsp, "maps")
    places = [(int(r["start"], 16), int(r["last"], 16)) for r in ranges]
    assert places == sorted(places) and all(a <= b for a, b in places)
    for before, after in zip(ranges, ranges[1:]):
        alike = [r["rights"] + r["ring"] + r.get("cache", "") for r in (before, after)]
        assert int(before["last"], 16) + 1 < int(after["start"], 16) or alike[0] != alike[1], "not merged"
    for name, rights in {"demo_hot": "r-x", "demo_scratch": "rw-", "__rodata_start": "r--"}.items():
        found = mapped(ranges, elf[name].address)
        assert (found["rights"], found["ring"]) == (rights, "kernel"), (name, found)
    assert mapped(ranges, elf["demo_hot"].address)["module"] == "kernel"
    assert mapped(ranges, DIRECT_MAP + 0x4000000)["rights"] == "rw-"
    for place, _ in places:
        assert rsp.monitor(f"pte {place:#x}").splitlines()[-1].endswith(("page at 0x0", "")) and \
            json.loads(rsp.monitor(f"-j va2pa {place:#x}"))["ok"], hex(place)
        assert not json.loads(rsp.monitor(f"-j va2pa {place - 1:#x}"))["ok"] or place - 1 in [b for _, b in places]
    assert any(r.get("cache") == "uncached" for r in ranges), "the APICs"
    hot = elf["demo_hot"].address
    page = rows(rsp, f"maps {hot:#x} {hot:#x}")
    assert [(row["rights"], row["size"]) for row in page] == [("r-x", "4 KiB")], page
    fails(rsp, "maps 2 1", "usage")
    fails(rsp, "maps 1 2 3", "usage")


def test_maps_of_tables_that_are_spoiled(machine):
    """Entries that lead to a table above them, and to nowhere, in a slot of the top table that is free."""
    rsp = machine.rsp()
    before = rsp.monitor("maps")
    root = rsp.register("cr3") & ~0xfff
    slot = 5
    address = slot << 39
    entry = DIRECT_MAP + root + 8 * slot
    assert rsp.read_u64(entry) == 0
    rsp.write(entry, (root | 3).to_bytes(8, "little"))
    assert rsp.monitor(f"maps {address:#x} {address + (1 << 39) - 1:#x}") == \
        f"{address:#018x}-{address + (1 << 39) - 1:#018x}  the page tables themselves\n"
    rsp.write(entry, (1 << 39 | 3).to_bytes(8, "little"))
    assert "this table cannot be read" in rsp.monitor(f"maps {address:#x} {address + (1 << 39) - 1:#x}")
    rsp.write(entry, bytes(8))
    assert rsp.monitor("maps") == before
    text = interrupted(rsp, "maps")
    assert text.endswith("interrupted\n") and len(text) < len(before), text
    assert rsp.step()


def test_a_table_that_leads_everywhere_is_cut(machine, settings):
    """All entries of one table lead to one page of tables: 512 times 512 times 512 of them."""
    rsp = machine.rsp()
    root = rsp.register("cr3") & ~0xfff
    low = (settings.elf["demo_scratch"].address + 0x1fff) & ~0xfff
    tables = [int(asked(rsp, f"va2pa {low + 0x1000 * i:#x}")["physical"], 16) for i in range(3)]
    for i, table in enumerate(tables):
        target = tables[i + 1] if i < 2 else 0x100000
        rsp.write(low + 0x1000 * i, (target | 3 | (i == 2) << 63).to_bytes(8, "little") * 512)
    rsp.write(DIRECT_MAP + root + 8 * 6, (tables[0] | 3).to_bytes(8, "little"))
    started = time.monotonic()
    last = rsp.monitor(f"maps {6 << 39:#x}").splitlines()
    assert "more tables than are followed at a time" in last[-1] + last[-2], last[-3:]
    assert time.monotonic() - started < 60
    rsp.write(DIRECT_MAP + root + 8 * 6, bytes(8))
    assert rsp.step()


def test_descriptor_tables(shared_rsp, settings):
    rsp, elf = shared_rsp, settings.elf
    gates = {row["vector"]: row for row in rows(rsp, "idt") if "vector" in row}
    base = rsp.register("idtr_base")
    for vector in (0, 1, 3, 13, 14, 0x20):
        low, high = rsp.read_u64(base + 16 * vector), rsp.read_u64(base + 16 * vector + 8)
        target = low & 0xffff | low >> 32 & 0xffff0000 | high << 32
        assert int(gates[vector]["target"], 16) == target and gates[vector]["module"] == "kernel", gates[vector]
        assert rows(rsp, f"idt {vector}") == [gates[vector]]
    assert gates[3]["dpl"] == 3 and gates[14]["dpl"] == 0 and gates[8]["ist"] > 0
    assert not any(row["odd"] for row in gates.values())
    fails(rsp, "idt 256", "usage")
    kinds = {row["selector"]: row["kind"] for row in rows(rsp, "gdt")}
    assert kinds["0x00"] == "null" and kinds["0x08"].startswith("code, 64-bit") and kinds["0x10"].startswith("data, writable")
    assert kinds["0x28"] == "TSS, busy"
    tss = rows(rsp, "tss")
    stacks = {row["stack"]: int(row["top"], 16) for row in tss[1:11]}
    assert set(stacks) == {f"rsp{i}" for i in range(3)} | {f"ist{i}" for i in range(1, 8)}
    task = int(tss[0]["base"], 16)
    assert stacks["rsp0"] == rsp.read_u64(task + 4) and stacks["ist1"] == rsp.read_u64(task + 36)
    assert tss[0]["io_map"] == "none" and tss[0]["cpu"] == 0
    assert elf["demo_hot"].address


def test_a_gate_that_is_odd_is_marked(machine):
    rsp = machine.rsp()
    rsp.ask("qRcmd," + b"break-me np_gate".hex())
    assert "<-- not present" not in rsp.monitor("idt 3")
    assert rows(rsp, "idt 129")[0]["odd"] == "" and "target" not in rows(rsp, "idt 129")[0]
    rsp.ask("qRcmd," + b"break-me bad_gate".hex())
    assert "<-- not present: a fault in the fault" in rsp.monitor("idt 14")
    assert "as they were" in rsp.monitor("mend")
    assert "not present" not in rsp.monitor("idt 14")


@pytest.mark.machine(smp=2)
def test_tables_and_apics_of_two_processors(machine):
    rsp = machine.rsp()
    tss = [row for row in rows(rsp, "tss") if "cpu" in row]
    assert [row["cpu"] for row in tss] == [0, 1] and tss[0]["base"] != tss[1]["base"]
    seen = {}
    for line in rsp.monitor("threads").splitlines():
        thread, cpu = re.match(r"(\d+) .* cpu(\d+) ", line).groups()
        if "running" in line:
            assert rsp.ask(f"Hgp1.{int(thread):x}") == "OK"
            seen[int(cpu)] = asked(rsp, "apic")
    assert {(cpu, apic["cpu"], apic["id"]) for cpu, apic in seen.items()} == {(0, 0, 0), (1, 1, 1)}


def test_apics_are_read_without_a_trace(machine, settings, transport):
    rsp = machine.rsp()
    apic = asked(rsp, "apic")
    assert apic["address"] == "0xfee00000" and apic["mode"] == "xAPIC" and apic["state"] == "on"
    lvt = {row["lvt"]: row for row in apic["output"] if "lvt" in row}
    assert lvt["timer"]["state"] == "open" and lvt["LINT0"]["state"] == "masked" and lvt["LINT1"]["delivery"] == "NMI"
    assert any(row.get("errors") == "none" for row in apic["output"])
    pages = [page for r in rows(rsp, "maps 0xffffff0000000000") if r.get("cache")
             for page in range(int(r["start"], 16), int(r["last"], 16), 0x1000)]
    physical = {asked(rsp, f"va2pa {page:#x}")["physical"]: page for page in pages}
    io = physical["0xfec00000"]
    assert rsp.read(physical["0xfee00000"] + 0x30, 4)[0] & 0xf0 == 0x10, "a local APIC's version"
    for selected in (0, 1, 0x12):
        rsp.write(io, selected.to_bytes(4, "little"))
        pins = asked(rsp, "ioapic")
        assert int.from_bytes(rsp.read(io, 4), "little") == selected, "as it was"
    assert pins["pins"] == 24 == len(pins["output"])
    routes = {row["number"]: row for row in rows(rsp, "irq") if row.get("source") == "pin"}
    assert set(routes) == {row["pin"] for row in pins["output"] if row["state"] == "open"}
    assert set(routes) == ({4} if transport == "com1" else set()), "a virtio console is polled"
    assert all(route["vector"] == pins["output"][pin]["vector"] for pin, route in routes.items())
    timer = next(row for row in rows(rsp, "irq") if row.get("source") == "timer")
    assert timer["vector"] == lvt["timer"]["vector"] and "timer_interrupt" in timer["handler"]
    fails(rsp, "ioapic 0xfec01000", "there is no I/O APIC")
    fails(rsp, "ioapic 3", "0x3: an I/O APIC is at a multiple of 16")
    ram = rsp.monitor("pa 0x2000 32")
    fails(rsp, "ioapic 0x2000", "that is RAM")
    assert rsp.monitor("pa 0x2000 32") == ram
    fails(rsp, "ioapic 0xfee00000", "that is the local APIC")
    hot = settings.elf["demo_hot"].address
    rsp.insert(hot)
    rsp.go()
    later = next(row for row in rows(rsp, "irq") if row.get("source") == "timer")
    assert later["count"] > timer["count"]


def test_efer_features_and_log(shared_rsp):
    rsp = shared_rsp
    efer = asked(rsp, "efer")
    on = {row["name"] for row in efer["output"] if row["state"] == "on"}
    assert int(efer["value"], 16) == rsp.register("efer") and on == {"SCE", "LME", "LMA", "NXE"}
    features = {row["feature"]: row for row in rows(rsp, "features")}
    assert features["next_thread"]["state"] == "given" and features["packet"]["value"] == int(rsp.features["PacketSize"], 16)
    assert rsp.monitor("log 3") == rsp.monitor("dmesg 3") and rsp.monitor("log 10000") == rsp.monitor("dmesg")
    assert len(rsp.monitor("log").splitlines()) == 10
    for wrong in ("log 0", "log x", "log 10001", "log 1 2"):
        fails(rsp, wrong, "usage")


def test_crash_is_the_kernels_own(machine):
    gdb = machine.gdb()
    assert "usage" in gdb.execute("monitor crash nonsense")
    gdb.execute("monitor crash not_mapped", "continue")
    assert re.search(r"verdict: nothing is mapped there: 0xffffc00000000000\n", gdb.execute("monitor analyze"))
    assert re.search(r"^#\d+ +.* fault_not_mapped .*\n#\d+ .* crash .*\n#\d+ .* demo_run", gdb.execute("bt"), re.M)
