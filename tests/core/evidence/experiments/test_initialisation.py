"""The experiments about first weights: equal units stay equal, and the sizes behind many layers are those of theory."""

import numpy as np
import pytest

from core.evidence.experiments import EXPERIMENTS, initialisation
from core.problems.network.initialisation import Initialisation
from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize("seed", [0, 1, 17])
def test_only_random_weights_give_units_that_differ(seed: int) -> None:
    numbers = EXPERIMENTS["X07"].run({"seed": seed}).numbers
    assert [numbers[f"different units, {name}"] for name in ("all 0", "all 0.5", "random")] == [1, 1, 16]
    zero, constant, random = (numbers[f"loss, {name}"] for name in ("all 0", "all 0.5", "random"))
    # Of 60 seeds the constant start always left less than the zero one and over ten times what the random one did.
    assert random < constant / 10
    assert constant < zero
    # From 0 only the offset of the output learns, so the variance of the targets is left; 0.8^2000 of it is nothing.
    assert zero == pytest.approx(initialisation._task(seed)[1].var(), rel=1e-6)


@pytest.mark.parametrize("depth", [1, 10, 30])
def test_sizes_behind_layers_shrink_as_theory_says(depth: int) -> None:
    numbers = EXPERIMENTS["X08"].run({"depth": depth}).numbers
    assert numbers["He over Xavier"] == pytest.approx(2 ** (depth / 2), rel=1e-9)
    # Each layer's factor is off by some per cent: within a factor of 3 behind 30 of them.
    assert numbers["size of the output, Xavier"] == pytest.approx(numbers["theory for Xavier, 2^(−d/2)"], rel=2 / 3)
    torch = numbers["size of the output, nn.Linear's own"]
    assert torch == pytest.approx(numbers["theory for nn.Linear's own, 6^(−d/2)"], rel=2 / 3)


def test_equal_weights_are_counted_as_one_unit() -> None:
    units = np.array([[1.0, 1.0, 2.0, 1.0 + 1e-9], [0.0, 0.0, 0.0, 0.0]])
    assert initialisation._distinct(units) == 2


def test_the_three_schemes_are_the_ones_compared() -> None:
    plot = ask("X08").plot
    assert plot is not None
    assert [series.name for series in plot.series] == [
        Initialisation.XAVIER.label,
        Initialisation.HE.label,
        Initialisation.PYTORCH.label,
    ]
