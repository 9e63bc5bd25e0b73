"""Tracepoints: gdb's own trace, actions, tstart, tfind and tdump, served from a ring in the kernel."""
import os
import re
from pathlib import Path

import pytest



@pytest.fixture
def trace(gdb, tmp_path):
    """Define a tracepoint: its location and condition, then its actions."""
    def define(where, *actions):
        script = tmp_path / "define.gdb"
        script.write_text("\n".join((f"trace {where}", "actions", *actions, "end", "")))
        return gdb.execute(f"source {script}")
    return define


def run_turns(gdb, turns=1):
    """To the beginning of a later turn of the demo: whole turns, so that counts are what they are."""
    turn = gdb.int("demo_statistics.turns") + turns
    gdb.execute(f"tbreak demo_turn if demo_statistics.turns >= {turn}", "continue")


def status(gdb):
    text = gdb.execute("tstatus")
    return text, int(re.search(r"(\d+) trace frame", text)[1])


def test_hits_are_collected_and_the_machine_runs_on(gdb, trace):
    gdb.execute("tbreak demo_turn", "continue")
    first = gdb.int("demo_counter")
    trace("demo_hot if n % 200 == 0", "collect n, demo_counter, $rip", "collect demo_sample.text",
          "collect/s demo_sample.string")
    gdb.execute("tstart")
    before = len(gdb.packet_log())
    run_turns(gdb)
    stops = [line for line in gdb.packet_log()[before:] if re.match(r"r .*\bT05", line)]
    assert len(stops) <= 2, stops  # a step off demo_turn, and there again
    total = gdb.int("demo_counter") - first
    hits = total // 200
    assert hits >= 100
    gdb.execute("tstop done")
    text, frames = status(gdb)
    assert frames == hits and "Trace stopped by a tstop command (done)" in text, text
    for n in (0, 1, hits - 1):
        gdb.execute(f"tfind {n}")
        assert gdb.int("$trace_frame") == n and gdb.int("demo_counter") == first + 200 * n
        assert "demo_hot" in gdb.text("$rip")
        assert "sixteen letters" in gdb.text("demo_sample.text")
        assert "a work loop that checks itself" in gdb.text("demo_sample.string")
        assert "unavailable" in gdb.text("demo_sample.large") and "unavailable" in gdb.text("$r15")
    dump = gdb.execute("tdump")
    assert f"trace frame {hits - 1}" in dump and f"demo_counter = {first + 200 * (hits - 1)}" in dump, dump
    gdb.execute("tfind none")
    assert gdb.int("demo_counter") == first + total
    assert f"already hit {hits} times" in gdb.execute("info tracepoints")


def test_what_cannot_be_traced_is_refused_with_words(gdb, trace):
    gdb.execute("tbreak demo_turn", "continue")
    trace("*debugger_exception", "collect $rip")
    assert "the debugger's own code" in gdb.refused("tstart")
    gdb.execute("delete")
    trace("*0xffff900000000000", "collect $rip")
    assert "no memory is mapped" in gdb.refused("tstart")
    assert "No trace has been run" in gdb.execute("tstatus")


def test_passcount_full_and_circular(gdb, trace):
    gdb.execute("tbreak demo_turn", "continue")
    first = gdb.int("demo_counter")
    gdb.execute("tvariable $seen = 7")
    trace("demo_hot", "collect n, demo_counter", "teval $seen = $seen + 1", "collect $seen")
    gdb.execute("passcount 25", "tstart")
    run_turns(gdb)
    text, frames = status(gdb)
    assert frames == 25 and re.search(r"stopped because of tracepoint (\d+)|stopped by tracepoint (\d+)", text), text
    gdb.execute("tfind 24")
    assert gdb.int("demo_counter") == first + 24 and gdb.int("$seen") == 7 + 25
    gdb.execute("tfind none", "passcount 0", "tstart")
    run_turns(gdb)
    text, frames = status(gdb)
    assert "buffer was full" in text and frames > 500, text
    gdb.execute("set circular-trace-buffer on", "tstart")
    run_turns(gdb)
    last = gdb.int("demo_counter")
    gdb.execute("tstop")
    text, frames = status(gdb)
    assert frames > 500, text
    gdb.execute(f"tfind {frames - 1}")
    assert gdb.int("demo_counter") == last - 1, "the newest are kept"
    gdb.execute("tfind 0")
    assert gdb.int("demo_counter") == last - frames


def test_a_trace_file_shows_what_the_kernel_shows(gdb, trace, tmp_path):
    gdb.execute("tbreak demo_turn", "continue")
    trace("demo_hot if n % 1000 == 0", "collect $args, $locals, demo_counter, demo_sample.point, $_ret",
          "collect $regs")
    trace("demo_add", "collect a, b")
    gdb.execute("tstart")
    run_turns(gdb)
    gdb.execute("tstop")
    _, frames = status(gdb)

    def dumps():
        texts = []
        for n in (0, 1, frames // 2, frames - 1):
            gdb.execute(f"tfind {n}")
            texts.append(gdb.execute("tdump"))
        return texts

    live = dumps()
    assert "demo_counter = " in live[0] and "odd = " in live[0], live[0]
    gdb.execute("tfind none", f"tsave {tmp_path / 'trace.tf'}", "detach", f"target tfile {tmp_path / 'trace.tf'}")
    unavailable = re.compile(r"^(fctrl|fstat|ftag|fiseg|fioff|foseg|fooff|fop|mxcsr|st\d|xmm\d+) .*$", re.M)
    saved = dumps()
    assert [unavailable.sub("", text) for text in live] == [unavailable.sub("", text) for text in saved]


@pytest.mark.machine(smp=2, append="workload=full init=off gdb.trace=4M")
def test_interrupts_and_all_cpus_are_traced_with_nobody_attached(machine, tmp_path):
    """Each hammer's own count says how often it was through: none is missing in the frames."""
    gdb = machine.gdb()
    gdb.execute("tbreak workload_hot", "continue")
    script = tmp_path / "define.gdb"
    script.write_text("trace workload_hot\nactions\ncollect hammer, *hammer\nend\n"
                      "trace demo_tick\nactions\ncollect demo_ticks.count\nend\n")
    gdb.execute(f"source {script}", "set disconnected-tracing on", "set circular-trace-buffer on", "tstart")
    frames = 0
    while frames <= 300:  # the machine may have stood still all the time
        gdb.execute("detach")
        gdb.close()
        gdb = machine.gdb()
        text, frames = status(gdb)
        assert "Trace is running on the target" in text, text
    gdb.execute("tstop")
    frames = status(gdb)[1]

    def frame(n):
        """Whose it is, and how often that was through before."""
        gdb.execute(f"tfind {n}")
        if "demo_tick" in gdb.text("$rip"):
            return "tick", gdb.int("demo_ticks.count")
        return gdb.int("hammer"), gdb.int("hammer->hits")

    seen = {}
    for n in range(frames - 100, frames):
        whose, count = frame(n)
        assert count == seen.get(whose, count - 1) + 1, (n, whose)
        seen[whose] = count
    some = [frame(n) for n in range(0, frames, frames // 50)]
    assert len({whose for whose, _ in some} - {"tick"}) == 2, some
    gdb.execute("tfind none", "tfind pc &demo_tick")
    assert gdb.int("$trace_frame") >= 0 and "demo_tick" in gdb.text("$rip")
    for whose in seen:
        counts = [count for other, count in some if other == whose]
        assert counts == sorted(set(counts)), "frames are in the order of time"
    gdb.execute("tfind none")


GDBS = ["gdb"]
if "TRAPLINE_CLIENTS" in os.environ:
    GDBS.append(str(Path(os.environ["TRAPLINE_CLIENTS"], "bin", "gdb-16")))


@pytest.mark.machine(append="init=off")
@pytest.mark.parametrize("program", GDBS)
def test_steps_through_a_fault_wide_registers_times_and_a_fresh_gdb(machine, tmp_path, program):
    """A page that is made when it is touched, within the steps: of its handler nothing is to be seen."""
    gdb = machine.gdb(program=program)
    gdb.execute("tbreak demo_string_length", "continue", "set $page = (char *)demand_page(4321)")
    script = tmp_path / "define.gdb"
    script.write_text("trace demo_string_length\nactions\ncollect $xmm3, $st0, $mxcsr, $trace_timestamp\n"
                      "while-stepping 12\ncollect demand_pages_made\nend\nend\n")
    gdb.execute(f"source {script}", "set $xmm3.v2_int64[1] = 0x123456789abcdef0", "set $st0 = 2.75")
    made = gdb.int("demand_pages_made")
    gdb.execute("tstart")
    before = gdb.int("$trace_timestamp")
    assert gdb.int("demo_string_length($page)") == 0
    assert gdb.int("demand_pages_made") == made + 1
    gdb.execute("tstop")
    text, frames = status(gdb)
    assert re.search(r"Trace started at \d+\.\d{6} secs, stopped \d+\.\d{6} secs later", text), text
    assert 4 < frames <= 13

    def dumps():
        gdb.execute("tfind 0")
        texts = []
        while gdb.int("$trace_frame") >= 0:
            names = [gdb.execute(f"output ${name}") for name in ("trace_line", "trace_func", "trace_file")]
            texts.append((gdb.int("$pc"), *names, re.sub(r"tracepoint \d+", "tracepoint", gdb.execute("tdump"))))
            gdb.execute("tfind")
        return texts

    live = dumps()
    assert len(live) == frames and len({pc for pc, *_ in live}) > 4
    gdb.execute("tfind 0")
    assert gdb.int("$xmm3.v2_int64[1]") == 0x123456789abcdef0 and gdb.text("$st0") == "2.75"
    assert 0 < gdb.int("$trace_timestamp") - before < 60_000_000
    assert "trace_timestamp" not in live[1][-1] and "demand_pages_made = " in live[1][-1]
    assert all("demo_string_length" in row[2] for row in live[:4]) and not any("fault" in row[2] for row in live)
    gdb.execute("tfind none")
    assert "Target does not support" in gdb.refused(f"tsave -r {tmp_path / 'remote.tf'}")
    gdb.execute(f"tsave {tmp_path / 'trace.tf'}")
    gdb.execute("delete", "ftrace demo_hot")
    assert "downloading" in (said := gdb.execute("tstart")) and "as regular tracepoint" in said
    gdb.execute("delete")
    assert "No known static tracepoint marker" in gdb.refused("strace -m marker")
    gdb = machine.gdb(attach=False, program=program)
    gdb.execute(f"target tfile {tmp_path / 'trace.tf'}")
    saved = dumps()
    assert saved == live
    assert "secs later" in status(gdb)[0]
