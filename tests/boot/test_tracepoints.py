"""Tracepoints: gdb's own trace, actions, tstart, tfind and tdump, served from a ring in the kernel."""
import re

import pytest

pytestmark = pytest.mark.deadline(120)


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
    trace("demo_hot if n % 200 == 0", "collect n, demo_counter, $rip", "collect demo_sample.text")
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
        assert "unavailable" in gdb.text("demo_sample.large") and "unavailable" in gdb.text("$r15")
    dump = gdb.execute("tdump")
    assert f"trace frame {hits - 1}" in dump and f"demo_counter = {first + 200 * (hits - 1)}" in dump, dump
    gdb.execute("tfind none")
    assert gdb.int("demo_counter") == first + total
    assert f"already hit {hits} times" in gdb.execute("info tracepoints")
