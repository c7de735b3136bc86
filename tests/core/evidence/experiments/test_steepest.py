"""The experiment about the direction of steepest descent: no other step of its length does better."""

import numpy as np
import pytest

from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("g", [(3.0, 1.0), (-2.0, 5.0), (0.0, -4.0), (2.0, 2.0)])
def test_no_step_of_length_one_descends_more_than_the_steepest(g: tuple[float, float]) -> None:
    numbers = ask("X69", gx=g[0], gy=g[1]).numbers
    directions = np.random.default_rng(0).normal(size=(2, 1000))
    for norm, order in (("ℓ2", 2), ("ℓ∞", np.inf), ("ℓ1", 1)):
        units = directions / np.linalg.norm(directions, ord=order, axis=0)
        # Rounding of a product and a sum.
        assert numbers[f"{norm} decrease"] >= (-np.array(g) @ units).max() - 1e-12
        step = np.array([numbers[f"{norm} step, x"], numbers[f"{norm} step, y"]])
        assert np.linalg.norm(step, ord=order) == pytest.approx(1, abs=1e-12)


def test_where_there_is_no_slope_no_direction_is_steepest() -> None:
    assert "no direction is steepest" in ask("X69", gx=0.0, gy=0.0).sentence
    assert "as well" in ask("X69", gx=2.0, gy=-2.0).sentence
