"""The picture of a mountain: its numbers are those of the run at its start."""

import numpy as np
import pytest

from core import Run, trace
from core.formula.latex import measured
from core.lessons.mountain import mountain_table


@pytest.mark.parametrize(("start", "lr"), [((0.5, -1.0), 0.005), ((-3.0, 2.0), 0.01), ((3.0, 2.0), 0.005)])
def test_every_part_of_the_picture_has_the_runs_number(start: tuple[float, float], lr: float) -> None:
    path = trace(Run("himmelblau", "sgd", start, 20, {"lr": lr}))
    rows = [row.split("|")[3] for row in mountain_table(path).splitlines()[2:]]
    length = float(np.linalg.norm(path.x[1] - path.x[0]))
    for row, numbers in zip(
        rows[:5], (path.x[0], [path.loss[0]], [path.grad_norm[0]], [lr], [lr * path.grad_norm[0]]), strict=True
    ):
        for number in numbers:
            assert measured(float(number)).latex in row
    assert lr * path.grad_norm[0] == pytest.approx(length)


def test_every_row_of_the_table_has_its_three_cells() -> None:
    path = trace(Run("bowl", "sgd", (1.0, 1.0), 5, {"lr": 0.1}))
    assert {row.count("|") for row in mountain_table(path).splitlines()} == {4}
