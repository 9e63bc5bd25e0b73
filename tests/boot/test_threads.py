"""The kernel's threads as clients see them, and several CPUs that stop, step and run together."""
import pytest

SMP = pytest.mark.parametrize("smp", [1, 2, 4])


def thread_list(rsp):
    """Ids by qfThreadInfo, in order."""
    ids, reply = [], rsp.ask("qfThreadInfo")
    while reply.startswith("m"):
        ids += reply[1:].split(",")
        reply = rsp.ask("qsThreadInfo")
    assert reply == "l"
    return ids


@SMP
def test_each_cpu_runs_one_thread_of_the_list(boot, smp):
    machine = boot(smp=smp).serving()
    machine.console.wait_for(f"{smp} of {smp} cpus online")
    rsp = machine.rsp()
    lines = [line.split() for line in rsp.monitor("threads").splitlines()]
    assert [f"p1.{int(line[0]):x}" for line in lines] == thread_list(rsp)
    running = [line[2] for line in lines if line[3] == "running"]
    assert sorted(running) == [f"cpu{n}" for n in range(smp)]
    for _ in range(5):
        rsp.resume()
        assert rsp.interrupt().signal == 2
