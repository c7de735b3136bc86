"""The picture of a finding shows what differs, not rounding, and keeps the names of its lines inside."""

import numpy as np
import pytest

from core.engine.findings import Mark, Plot, Series
from core.figures import LIGHT
from core.figures.plot import plot


@pytest.mark.parametrize("logarithmic", [False, True])
def test_what_differs_by_rounding_alone_is_drawn_as_level(logarithmic: bool) -> None:
    steps = np.arange(1.0, 101.0)
    # What a subtraction leaves of a constant rate of 0.0008.
    values = 8e-4 * (1 + 1e-13 * np.sin(steps))
    figure = plot(Plot("step", "rate", (Series("rate", steps, values),), log_y=logarithmic), LIGHT)
    low, high = figure.layout.yaxis.range
    assert high - low == pytest.approx(1, rel=1e-6)
    # What differs by more is not.
    figure = plot(Plot("step", "rate", (Series("rate", steps, 8e-4 * (1 + 1e-3 * steps)),), log_y=logarithmic), LIGHT)
    low, high = figure.layout.yaxis.range
    assert high - low < 0.1


@pytest.mark.parametrize(("step", "anchor"), [(10.0, "left"), (500.0, "right")])
def test_the_name_of_a_line_stands_where_there_is_room_for_it(step: float, anchor: str) -> None:
    steps = np.arange(501.0)
    figure = plot(Plot("step", "loss", (Series("loss", steps, steps),), marks=(Mark("x", step, "here"),)), LIGHT)
    (note,) = figure.layout.annotations
    assert note.xanchor == anchor
    assert np.sign(note.xshift) == (1 if anchor == "left" else -1)
