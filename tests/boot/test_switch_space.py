"""A thread that is being switched away from: the processor has the next one's CR3 already."""
import re

ROWS = r"^[* ] (\d+)  /twin  cr3 0x([0-9a-f]+)  thread (\d+)"


def test_memory_is_the_threads_own_when_cr3_is_the_next_threads(boot, settings):
    from trapline_pytest.elf import Elf

    twin = Elf(settings.elf.path.replace("kernel.elf", "user/twin.elf"))
    machine = boot(append="init=/twin workload=off").serving()
    rsp, calls, unused = machine.rsp(), twin["twin_calls"].address, twin["exec"].address
    place = machine.elf["switch_space"]
    code = rsp.read(place.address, place.size)
    rsp.insert(place.address + code.index(bytes.fromhex("0f22d8")) + 3)  # behind mov %rax, %cr3
    seen = set()
    for _ in range(40):
        thread = rsp.go().values["thread"]
        found = {f"p1.{int(number):x}": (pid, int(cr3, 16))
                 for pid, cr3, number in re.findall(ROWS, rsp.monitor("ps"), re.M)}
        if thread not in found or found[thread][1] == rsp.register("cr3"):
            continue
        pid = found[thread][0]
        own = rsp.ask(f"m{calls:x},8")
        rsp.insert(unused)
        assert re.search(rf"{unused:#x} in process {pid} \(/twin\)", rsp.monitor("bp"))
        rsp.remove(unused)
        rsp.monitor(f"process {pid}")
        assert rsp.ask(f"m{calls:x},8") == own
        rsp.monitor("process off")
        seen.add(pid)
    assert {"1", "2"} <= seen
