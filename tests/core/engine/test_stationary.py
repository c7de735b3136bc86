"""Stationary points: where the slope is 0, each called what its curvatures say."""

import numpy as np
import pytest

from core import OBJECTIVES
from core.catalogue.objectives import Objective, own_objective
from core.engine.stationary import stationary
from core.engine.status import Outcome

# Minima that form a curve, of which only examples are declared.
CURVED = ("hyperbola_valley", "plateau", "absolute")


@pytest.mark.parametrize("entry", OBJECTIVES.values(), ids=OBJECTIVES)
def test_every_spot_has_no_slope_and_is_what_its_curvatures_say(entry: Objective) -> None:
    for spot in stationary(entry):
        if entry.key != "absolute":
            # The steepest of them, Goldstein and Price's function, has curvatures of 1e5.
            assert np.abs(entry.parsed.grad(np.array(spot.point))).max() < 1e-6
        if spot.kind is Outcome.MINIMUM and not entry.kink:
            assert min(spot.curvatures) > 0
        if spot.kind is Outcome.SADDLE:
            assert min(spot.curvatures) < 0 < max(spot.curvatures)
        assert spot.value == pytest.approx(float(entry.parsed.value(np.array(spot.point))))


@pytest.mark.parametrize("entry", OBJECTIVES.values(), ids=OBJECTIVES)
def test_the_declared_minima_are_among_them(entry: Objective) -> None:
    spots = stationary(entry)
    assert len(spots) <= 30
    assert [spot.value for spot in spots] == sorted(spot.value for spot in spots)
    if entry.key in CURVED or len(spots) == 30:
        return
    for minimum in (*entry.minima, *entry.other_minima):
        assert any(np.allclose(spot.point, minimum, atol=1e-5) for spot in spots), minimum


def test_himmelblaus_nine_are_four_minima_four_saddles_and_a_maximum() -> None:
    kinds = [spot.kind for spot in stationary(OBJECTIVES["himmelblau"])]
    assert kinds == [Outcome.MINIMUM] * 4 + [Outcome.SADDLE] * 4 + [Outcome.MAXIMUM]


def test_a_box_leaves_out_what_lies_outside() -> None:
    (spot,) = stationary(own_objective("(x**2 - 1)**2; x: (0.5, 3)", 1))
    np.testing.assert_allclose(spot.point, (1.0,), atol=1e-9)
