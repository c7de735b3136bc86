"""Seeds under noise: every column is a single run, the band is that of its losses, and what failed has no end."""

import re
from dataclasses import replace

import numpy as np
import pytest

from core import OBJECTIVES, Run, trace
from core.engine.seeds import SHARES, paths, spread, too_dear
from core.engine.sensitivity import late
from core.engine.two_settings import bare

RUN = Run("himmelblau", "momentum", (-0.5, -0.5), 80, {"lr": 0.003}, noise=3.0, seed=4)


@pytest.mark.parametrize(
    "run",
    [
        RUN,
        replace(RUN, clip_norm=2.0, schedule="plateau"),
        replace(RUN, objective="bowl", optimizer="rmsprop", schedule="cosine"),
        Run("quartic", "sgd", (-0.5,), 50, {"lr": 0.02}, noise=2.0),
    ],
    ids=lambda run: f"{run.objective} {run.optimizer} {run.schedule}",
)
def test_every_column_is_the_single_run_bit_for_bit(run: Run) -> None:
    points, losses = paths(run, 9)
    for column in range(9):
        path = trace(replace(run, seed=run.seed + column))
        np.testing.assert_array_equal(points[:, :, column], path.x.T)
        np.testing.assert_array_equal(losses[:, column], path.loss)


def test_the_band_has_the_losses_at_its_shares_and_the_cloud_all_ends() -> None:
    made = spread(bare(RUN, ()), 51)
    points, losses = paths(RUN, 51)
    for share, row in zip(SHARES, made.losses, strict=True):
        np.testing.assert_allclose(row, np.quantile(losses, share, axis=1))
    np.testing.assert_array_equal(made.ends, points[:, -1])
    assert (made.failed, made.late) == (0, late(RUN.steps))
    expected = np.mean([np.cov(points[:, step]) for step in range(-made.late, 0)], axis=0)
    np.testing.assert_allclose(made.covariance, expected)


def test_seeds_that_fail_have_no_end_and_lift_the_band_out_of_the_picture() -> None:
    run = Run("x - log(x) + y**2", "sgd", (1.0, 1.0), 60, {"lr": 0.1}, noise=3.5)
    made = spread(bare(run, ()), 40)
    outcomes = [trace(replace(run, seed=seed)).status.failed for seed in range(40)]
    assert 0 < sum(outcomes) < 40
    assert made.failed == sum(outcomes)
    assert made.ends.shape == (2, 40 - sum(outcomes))
    assert np.isfinite(made.losses[0]).all()
    assert np.isinf(made.losses[2, -1])


def test_where_every_seed_fails_there_are_no_ends() -> None:
    lost = spread(bare(Run("bowl", "sgd", (1.0, 1.0), 400, {"lr": 100.0}, noise=1.0), ()), 5)
    assert (lost.failed, lost.ends.shape) == (5, (2, 0))


def test_too_many_seeds_and_steps_are_refused_with_what_to_lower() -> None:
    run = replace(RUN, steps=2000)
    said = too_dear(run, 200)
    fewer, seeds = (int(re.search(pattern, said)[1]) for pattern in (r"it is (\d+) steps", r"steps, (\d+) seeds"))
    assert too_dear(replace(run, steps=fewer), 200) == too_dear(run, seeds) == ""
    assert too_dear(replace(run, steps=fewer + 1), 200) != ""
    assert too_dear(replace(run, steps=500), 200) == ""
    assert too_dear(Run("rosenbrock", "adam", OBJECTIVES["rosenbrock"].start, 5000, noise=1.0), 20) == ""
