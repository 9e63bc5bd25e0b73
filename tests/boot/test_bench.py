"""make bench measures, and says what it has seen in a table, in JSON and in a picture. What it has seen is another
matter: docs/bench.md."""
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from clients.client import ROOT

sys.path.insert(0, str(ROOT / "tests/bench"))
from report import better, table  # noqa: E402
from rows import ROWS, Row  # noqa: E402

QUICK = "read 8 bytes"


def test_a_row_is_measured_and_told_in_a_table_in_json_and_in_a_picture(tmp_path, settings):
    """The quickest one, with both stubs; over TCP and virtio it is in rows of its own."""
    figures, picture = tmp_path / "bench.json", tmp_path / "bench.svg"
    command = [sys.executable, ROOT / "tests/bench/speed.py", "--rounds", "1", "--only", QUICK,
               "--json", figures, "--svg", picture]
    environment = {**os.environ, "BUILD": str(settings.initrd.parent)}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert result.returncode == 0, result.stderr
    rows = [row for row in ROWS if QUICK in row.name]
    assert len(rows) == 3
    seen = json.loads(figures.read_text())
    assert list(seen["medians"]) == list(seen["all"]) == [row.name for row in rows]
    for row in rows:
        assert seen["medians"][row.name].keys() == seen["all"][row.name].keys() == set(row.sides)
        for side in row.sides:
            assert [seen["medians"][row.name][side]] == seen["all"][row.name][side] and seen["medians"][row.name][side] > 0
        cells = rf"\| {re.escape(row.name)} \| [\d.,]+ {row.unit} \| [\d.,]+ {row.unit} \| [\d.,]+ "
        assert re.search(f"^{cells}", result.stdout, re.M), result.stdout
    drawn = "".join(ElementTree.parse(picture).getroot().itertext())
    assert all(row.name in drawn for row in rows)


@pytest.mark.parametrize("unit, ours, theirs, ratio", [("us", 50, 100, "2.00"), ("/s", 100, 50, "2.00"),
                                                       ("us", 100, 50, "0.50"), ("KiB/s", 25, 50, "0.50")])
def test_less_time_and_more_a_second_are_better_and_a_goal_that_is_missed_is_marked(unit, ours, theirs, ratio):
    row = Row("what", unit, 1, None)
    medians = {"what": {"com1": ours, "stub": theirs}}
    assert f"{better(row, medians):.2f}" == ratio
    assert ("missed" in table([row], medians)) == (float(ratio) < 1)
