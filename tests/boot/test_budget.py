"""What each thing that a user does with gdb costs on the wire, held to tests/bench/budget.toml."""
import sys
import tomllib

import pytest
from clients.client import ROOT

sys.path.insert(0, str(ROOT / "tests/bench"))
from wire import costs  # noqa: E402

BUDGET = tomllib.loads((ROOT / "tests/bench/budget.toml").read_text())


@pytest.mark.machine(append="workload=off")
def test_no_action_costs_more_than_its_budget(machine):
    seen = {name: {"bytes": out + back, "trips": trips} for name, (out, back, trips) in costs(machine, "com1").items()}
    assert seen.keys() == BUDGET.keys()
    over = {name: (cost, BUDGET[name]) for name, cost in seen.items()
            if cost["bytes"] > BUDGET[name]["bytes"] or cost["trips"] > BUDGET[name]["trips"]}
    assert not over
    slack = [name for name, cost in seen.items() if 1.3 * cost["bytes"] < BUDGET[name]["bytes"] - 50]
    assert not slack, "these have become cheaper: lower their budget"
