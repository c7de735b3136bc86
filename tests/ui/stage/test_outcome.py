"""What the stage says of how its paths ended: written in the browser from the paths it draws."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from core import trace
from core.catalogue.racers import RACERS
from core.engine.scenarios import RACES
from core.engine.status import point_text
from core.engine.trace import Path
from core.formula.words import digits
from tests.javascript import Engine
from ui.stage.modules import bundle


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Engine()
    engine.run(bundle("outcome"))
    return engine


def _track(name: str, x: Sequence[Sequence[float]], height: Sequence[float], note: str = "") -> dict[str, Any]:
    return {"name": name, "n": len(height), "x": x, "height": height, "note": note}


def _said(engine: Engine, tracks: Sequence[dict[str, Any]], minimum: float = 0.0) -> str:
    return str(engine.call("outcome.retell", tracks, minimum))


def _of(name: str, path: Path) -> dict[str, Any]:
    failed = path.status.failed
    note = f"{path.status.outcome} at step {digits(path.status.step)}" if failed else ""
    return _track(name, path.x.T.tolist(), path.loss.tolist(), note)


@pytest.mark.parametrize("key", RACES)
def test_it_says_who_ended_where_and_the_lowest_first(engine: Engine, key: str) -> None:
    scenario = RACES[key]
    race = [(RACERS[rule], trace(run)) for rule, run in zip(scenario.rules, scenario.runs(), strict=True)]
    said = _said(engine, [_of(racer.name, path) for racer, path in race])
    ended = [(racer.name, path) for racer, path in race if not path.status.failed]
    for name, path in ended:
        assert f"with loss {digits(path.loss[-1])}, at {point_text(path.x[-1])}" in said, name
    for racer, path in race:
        if path.status.failed:
            assert f"{racer.name} {path.status.outcome} at step" in said
    if len(ended) > 1:
        best = ended[int(np.argmin([path.loss[-1] for _, path in ended]))][0]
        assert said.startswith(f"{best} ends lowest, ")


def test_losses_that_read_alike_are_both_the_lowest_and_a_run_alone_is_not(engine: Engine) -> None:
    one, other = _track("One", [[0, 1], [0, 2]], [3, 0.5]), _track("Other", [[0, 3], [0, 4]], [3, 0.5])
    assert _said(engine, [one, other], minimum=1.0) == (
        "One ends lowest, with loss 1.5, at (1, 2), after step 1. "
        "Other ends lowest, with loss 1.5, at (3, 4), after step 1."
    )
    assert _said(engine, [one]) == "One ends with loss 0.5, at (1, 2), after step 1."


def test_a_run_that_failed_comes_last_and_has_no_end(engine: Engine) -> None:
    failed = _track("Fast", [[0.0, 1e9]], [3, 1e18], "diverged at step 7")
    ended = _track("Slow", [[0, 1]], [3, 2])
    assert _said(engine, [failed, ended]) == "Slow ends with loss 2, at x = 1, after step 1. Fast diverged at step 7."
