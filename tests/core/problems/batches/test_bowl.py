"""The bowl of a table's loss and the runs in it are what they were computed to be, whatever the table."""

from dataclasses import replace

import numpy as np
import pytest

from core.engine.status import Outcome
from core.figures import LIGHT, contour
from core.problems.batches.bowl import bowl, tracks
from core.problems.batches.data import Pair
from core.problems.batches.descent import DECAYS, FAR, least_squares, line, losses
from core.problems.batches.race import START, Settings, level, race
from tests.core.problems.batches.cases import CASES, KNOWN, SETTINGS

cases = pytest.mark.parametrize(("pair", "settings"), CASES.values(), ids=CASES)


@cases
def test_the_formula_of_the_bowl_is_the_loss_next_to_its_lowest_point_too(pair: Pair, settings: Settings) -> None:
    objective = bowl(pair, settings.start)
    features = line(pair.x)
    (left, right), (bottom, top) = objective.domain
    across, up = np.meshgrid(np.linspace(left, right, 31), np.linspace(bottom, top, 31))
    expected = losses(features, pair.y, np.stack([across, up], axis=-1))
    lowest = least_squares(features, pair.y)[1]
    # Rounding of points far from zero, and of a lowest loss that is far above what they differ by.
    size = level(pair, settings.start)
    room = 1e-9 * size + 1e-13 * lowest + 1e-3 * size * (np.abs(pair.x).min() > 1e10)
    np.testing.assert_allclose(objective.parsed.value(np.stack([across, up])), expected, rtol=1e-3, atol=room)
    assert objective.minimum == lowest
    assert objective.parsed.value(np.array(objective.minima[0])) == lowest


@cases
def test_the_view_holds_start_and_star_and_every_line_up_to_the_start(pair: Pair, settings: Settings) -> None:
    objective = bowl(pair, settings.start)
    figure = contour(objective, [], LIGHT)
    for point in (settings.start, objective.minima[0]):
        for value, (low, high) in zip(point, (figure.layout.xaxis.range, figure.layout.yaxis.range), strict=True):
            # Where columns are far from zero the box is known to some digits only.
            room = 1e-3 * (high - low)
            assert low - room <= value <= high + room
    # On the rim no loss is as low as at the start: the whole ellipse is inside.
    (left, right), (bottom, top) = objective.domain
    side = np.linspace(0, 1, 201)
    rim = [(left + side * (right - left), np.full(201, edge)) for edge in (bottom, top)]
    rim += [(np.full(201, edge), bottom + side * (top - bottom)) for edge in (left, right)]
    excess = np.array([objective.parsed.value(np.stack(points)) for points in rim]) - objective.minimum
    assert excess.min() > level(pair, settings.start)


@cases
def test_a_track_is_its_run_until_it_diverged_with_the_exact_gradient(pair: Pair, settings: Settings) -> None:
    objective, runs = bowl(pair, settings.start), race(pair, settings)
    for ran, (variant, track) in zip(runs, tracks(objective, runs, settings), strict=True):
        assert variant is ran.variant
        rows = len(track.x)
        assert rows == (settings.updates + 1 if ran.diverged_at < 0 else ran.diverged_at)
        np.testing.assert_array_equal(track.x, ran.weights[:rows])
        np.testing.assert_array_equal(track.loss - objective.minimum, ran.excess[:rows])
        assert (np.abs(track.x) <= FAR).all()
        assert np.isfinite(track.loss).all()
        assert track.steps == settings.updates
        assert (track.status.outcome is Outcome.DIVERGED) == track.status.failed == (ran.diverged_at >= 0)
        assert track.status.step == (settings.updates if ran.diverged_at < 0 else ran.diverged_at)
        features = line(pair.x)
        residuals = features @ track.x[0] - pair.y
        exact = 2 * (residuals @ features) / pair.y.size
        np.testing.assert_allclose(track.grad[0], exact, rtol=1e-3, atol=1e-9 * np.abs(features).max() * pair.y.std())
        np.testing.assert_allclose(track.grad_norm, np.sqrt((track.grad**2).sum(axis=1)), rtol=1e-12)


@pytest.mark.parametrize("decay", DECAYS)
def test_a_step_of_all_samples_is_the_gradient_times_the_rate_of_that_step(decay: str) -> None:
    settings = replace(SETTINGS, decay=decay)
    objective, runs = bowl(KNOWN, settings.start), race(KNOWN, settings)
    track = tracks(objective, runs, settings)[0][1]
    moves = -settings.rate * track.rate_share[1:, None] * track.grad[:-1]
    np.testing.assert_allclose(np.diff(track.x, axis=0), moves, rtol=1e-6, atol=1e-12)
    assert track.rate_share[0] == track.rate_share[1] == 1


def test_a_start_within_the_view_leaves_it_as_it_is_and_one_beyond_makes_it_wider() -> None:
    opening = bowl(KNOWN, START)
    assert bowl(KNOWN, (1.5, 0.5)).domain == opening.domain
    (left, right), _ = bowl(KNOWN, (-2.0, 3.0)).domain
    assert left < opening.domain[0][0] < opening.domain[0][1] < right


def test_heights_of_a_long_valley_are_drawn_on_a_log_scale_and_of_a_round_bowl_evenly() -> None:
    measured, _ = CASES["as measured"]
    assert bowl(measured, SETTINGS.start).levels == "log"
    assert bowl(measured.standardised(), SETTINGS.start).levels == "linear"
