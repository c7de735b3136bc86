"""Where two rules end: each label is where the single run arrives, each cell has one meeting, and shares add up."""

import numpy as np
import pytest

from core import OBJECTIVES, Run, trace
from core.catalogue.racers import RACERS
from core.engine.arrival import arrived, known_minima
from core.engine.basins import FAILED, NOWHERE, Basins, Meeting, basin_rows, basins, basins_refused, labels_over
from core.engine.summary import Race
from core.engine.two_settings import bare


def _race(objective: str = "himmelblau", steps: int = 300, **rates: float) -> Race:
    start = OBJECTIVES[objective].start
    return [(RACERS[key], trace(Run(objective, key, start, steps, {"lr": lr}))) for key, lr in rates.items()]


# Rates at which some starts of each are lost, some do not arrive and most do.
ADAM = _race(sgd=0.017, adam=0.03)


@pytest.fixture(scope="module")
def both() -> Basins:
    return basins(ADAM)


def test_each_label_is_the_minimum_that_the_single_run_reaches(both: Basins) -> None:
    known = known_minima(OBJECTIVES["himmelblau"])
    assert len(known.points) == 4
    cells = np.random.default_rng(3).integers(both.meeting.size, size=40).tolist()
    for (racer, path), labels in zip(ADAM, both.labels, strict=True):
        for cell in cells:
            run = path.run
            single = trace(Run("himmelblau", racer.key, both.start(cell), run.steps, run.hypers))
            place = int(arrived(known, single.x[-1:].T, single.loss[-1:])[0])
            assert labels.ravel()[cell] == (FAILED if single.status.failed else place)


def test_percentages_add_to_100_and_every_minimum_has_a_row(both: Basins) -> None:
    rows = basin_rows(both)
    assert len(rows) == 4 + 2
    assert sum(row.first for row in rows) == pytest.approx(100)
    assert sum(row.second for row in rows) == pytest.approx(100)
    assert sum(both.shares.values()) == pytest.approx(1)
    assert all(row.second > 5 for row in rows[:4])


def test_a_meeting_says_what_the_two_labels_are(both: Basins) -> None:
    for cell in range(both.meeting.size):
        first, second = (int(labels.ravel()[cell]) for labels in both.labels)
        expected = {
            (True, True): Meeting.SAME if first == second else Meeting.DIFFERENT,
            (True, False): Meeting.FIRST,
            (False, True): Meeting.SECOND,
            (False, False): Meeting.NEITHER,
        }[first >= 0, second >= 0]
        assert both.meeting.ravel()[cell] == expected
    assert set(both.meeting.ravel().tolist()) >= {Meeting.SAME, Meeting.SECOND, Meeting.DIFFERENT}


def test_a_rule_beside_its_twin_ends_where_that_does() -> None:
    shares = basins([ADAM[1], ADAM[1]]).shares
    assert (shares[Meeting.DIFFERENT], shares[Meeting.FIRST], shares[Meeting.SECOND]) == (0, 0, 0)


def test_too_few_steps_arrive_nowhere() -> None:
    run = _race(steps=1, sgd=1e-6)[0][1].run
    assert (labels_over(bare(run, ()), 20) == NOWHERE).mean() > 0.9


@pytest.mark.parametrize(
    ("race", "words"),
    [
        (_race("quartic", sgd=0.01, adam=0.01), "two variables"),
        (_race(sgd=0.01), "another one join"),
        (
            [(RACERS[key], trace(Run("x + y", key, (0.0, 0.0), 10, {"lr": 0.01}))) for key in ("sgd", "adam")],
            "No minimum",
        ),
        (_race(steps=100_000, sgd=0.001, adam=0.001), "or fewer"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(race: Race, words: str) -> None:
    assert words in basins_refused(race)


def test_two_rules_on_two_variables_are_not_refused() -> None:
    assert basins_refused(ADAM) == ""
