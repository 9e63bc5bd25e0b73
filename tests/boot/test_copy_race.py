"""Copy-on-write by two processors at once, with breakpoints that come and go in one of the copies."""
import random

import pytest
from test_spaces import processes, run_until
from trapline_pytest.elf import Elf

ROUNDS = 60


# Functions of the copying, and the register that has the page's address at their first instruction.
PLACES = (("copy_page", "rdx"), ("copy_held", "rdx"), ("is_still", "rsi"))


def stop_at(rsp, kernel, place, page):
    """Where a copy of that page is made: the thread that does."""
    function, register = place
    address = kernel[function].address
    rsp.insert(address)
    while True:
        thread = rsp.go().values["thread"]
        if rsp.register(register) == page:
            rsp.remove(address)
            return thread


@pytest.mark.parametrize("smp", [2, 4])
def test_no_write_and_no_breakpoint_is_seen_by_the_other_copy(boot, settings, smp):
    """Stops at each place of the copying in turn, and changes the parent's page there; "NOT TRUE" is the
    programs' word for a write that was lost, or came to the wrong one."""
    cow = Elf(settings.elf.path.replace("kernel.elf", "user/cow.elf"))
    mark, rounds, alone = cow["cow_page"].address + 8 * 18, cow["cow_rounds"].address, cow["cow_left_alone"].address
    machine = boot(append="init=/cow workload=off", smp=smp).serving()
    rsp, dice = machine.rsp(), random.Random(smp)
    run_until(machine, rsp, lambda: 1 in processes(rsp), "sys_ticks")
    rsp.monitor("process 1")
    run_until(machine, rsp, lambda: not rsp.ask(f"m{rounds:x},8").startswith("E") and rsp.read_u64(rounds) > 2, "sys_wait")
    before, planted, fork = rsp.read_u64(rounds), False, machine.elf["sys_fork"].address
    for turn in range(ROUNDS):
        places = PLACES[:2] if planted else PLACES  # with a breakpoint in it the fork has made the copy
        thread = stop_at(rsp, machine.elf, places[turn // 2 % len(places)], cow["cow_page"].address)
        for _ in range(dice.randrange(24)):
            assert rsp.go(f"vCont;s:{thread}").values["thread"] == thread
        (rsp.remove if planted else rsp.insert)(mark)
        planted = not planted
        rsp.insert(fork)  # a stop within each try would be the end of all tries
        rsp.go()
        rsp.remove(fork)
    assert not planted and rsp.read(mark, 1) == b"\x5a"
    rsp.write(alone, (1).to_bytes(8, "little"))
    now = rsp.read_u64(rounds)
    assert now > before + ROUNDS // 2
    run_until(machine, rsp, lambda: rsp.read_u64(rounds) > now + 10, "sys_wait")
    assert not machine.console.find("NOT TRUE|killed|panic")
