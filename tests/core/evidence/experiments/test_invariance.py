"""The experiments about scaled losses and turned axes: Adam's answers are the known ones."""

import pytest

from tests.core.evidence.experiments.findings import ask


@pytest.mark.parametrize(
    ("scale", "phrase"),
    [(1000.0, "diverges at step 3"), (1.0, "points move by up to 0."), (0.001, "points move by up to 2")],
)
def test_what_scaling_does_to_gradient_descent_is_told(scale: float, phrase: str) -> None:
    finding = ask("X31", scale=scale)
    assert phrase in finding.sentence
    # ε is 1e-8, and matters more for small losses.
    assert finding.numbers["largest change of Adam's points"] < 1e-5


@pytest.mark.parametrize(("angle", "steps"), [(0, 305), (15, 2326), (30, 3106), (90, 305)])
def test_adam_needs_the_known_steps_on_a_turned_ravine(angle: float, steps: int) -> None:
    numbers = ask("X32", angle=angle).numbers
    # Rounding in cos and sin can shift a slow crossing.
    assert numbers["steps, Adam, turned"] == pytest.approx(steps, abs=10)
    assert numbers["steps, gradient descent, turned"] == pytest.approx(440, abs=1)
