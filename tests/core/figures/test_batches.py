"""The pictures of descents on batches show the runs as they are, whatever the table and however a run ends."""

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest

from core.engine.findings import drawn_moments
from core.figures import DARK, LIGHT, batch_lines, batch_paths, batch_progress
from core.problems.batches.data import Pair, dataset
from core.problems.batches.descent import least_squares, line, losses
from core.problems.batches.own_data import own_data
from core.problems.batches.race import AXES, SEEDS, START, Settings, ensemble, race

KNOWN = dataset("known_line").load()
MEASURED = dataset("diabetes").load()
SETTINGS = Settings(8, 0.05, 300, START, False, 0, "constant")


def _table(text: str) -> Pair:
    table = own_data(text)
    return table.pair(*list(table.columns)[:2])


# Table and settings: what a visitor can ask for that is unlike the rest.
CASES: dict[str, tuple[Pair, Settings]] = {
    "usual": (MEASURED.standardised(), replace(SETTINGS, batch=32)),
    "as measured": (MEASURED, replace(SETTINGS, rate=3e-4)),
    "diverging": (KNOWN, replace(SETTINGS, rate=0.7)),
    "diverging at once": (KNOWN, replace(SETTINGS, rate=1e6)),
    "far start": (KNOWN, replace(SETTINGS, start=(1e6, -1e6))),
    "one update": (KNOWN, replace(SETTINGS, updates=1)),
    "one at a time": (KNOWN, replace(SETTINGS, batch=1)),
    "two rows": (_table("1,1\n2,3").standardised(), replace(SETTINGS, batch=2)),
    "perfect line": (_table("1,2\n2,4\n3,6"), replace(SETTINGS, batch=2)),
    "start at the best": (KNOWN, replace(SETTINGS, start=(2.0, 1.0))),
    "huge": (_table("1e12,1e12\n-1e12,5e11\n3e11,2"), replace(SETTINGS, batch=2, rate=1e-25)),
    "tiny": (_table("1e-12,1e-12\n3e-12,5e-12\n2e-12,2e-12"), replace(SETTINGS, batch=2)),
    "far from zero": (_table("\n".join(f"{1e11 + 400 * i},{i * i}" for i in range(9))), replace(SETTINGS, rate=1e-23)),
}
cases = pytest.mark.parametrize(("pair", "settings"), CASES.values(), ids=CASES)
axes = pytest.mark.parametrize("along", AXES.values(), ids=AXES)


def _figures(pair: Pair, settings: Settings, moment: int) -> list[go.Figure]:
    runs = race(pair, settings)
    seconds = [5e-6] * len(runs)
    bands = ensemble(pair, settings)
    figures = [batch_paths(pair, runs, moment, LIGHT), batch_lines(pair, runs, moment, DARK)]
    for along in AXES.values():
        figures += [batch_progress(pair, runs, some, along, seconds, moment, LIGHT) for some in ([], bands)]
    return figures


@cases
def test_every_picture_can_be_drawn_with_axes_that_are_titled_and_finite(pair: Pair, settings: Settings) -> None:
    for moment in (0, 1, settings.updates):
        for figure in _figures(pair, settings, moment):
            for one in (figure.layout.xaxis, figure.layout.yaxis):
                assert one.title.text
                low, high = one.range
                assert np.isfinite([low, high]).all()
                assert low < high
            text = plotly.io.to_json(figure, engine="json")
            json.loads(text, parse_constant=lambda word: pytest.fail(word))
            # Three runs of 300 updates; a page must answer within a blink.
            assert len(text) < 120_000


def _named(figure: go.Figure, name: str, mode: str = "lines") -> list[Any]:
    return [trace for trace in figure.data if trace.name == name and trace.mode == mode]


def _points(trace: Any) -> np.ndarray[Any, Any]:
    points = np.stack([np.asarray(trace.x, dtype=float), np.asarray(trace.y, dtype=float)], axis=1)
    finite: np.ndarray[Any, Any] = points[np.isfinite(points).all(axis=1)]
    return finite


@pytest.mark.parametrize("moment", [0, 7, 300])
def test_a_path_is_drawn_up_to_the_moment_and_the_rest_faintly(moment: int) -> None:
    runs = race(KNOWN, SETTINGS)
    figure = batch_paths(KNOWN, runs, moment, LIGHT)
    for ran in runs:
        walked, coming = _named(figure, ran.variant.name)
        # Sent as float32.
        np.testing.assert_allclose(_points(walked), ran.weights[: moment + 1], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(_points(coming), ran.weights[moment:], rtol=1e-6, atol=1e-6)
        assert (walked.opacity, coming.opacity) == (1.0, 0.3)
        assert walked.line.color == coming.line.color == ran.variant.color
    assert len({ran.variant.color for ran in runs}) == 3


@cases
def test_the_view_holds_start_and_star_and_the_loss_at_the_lines_is_what_the_note_says(
    pair: Pair, settings: Settings
) -> None:
    figure = batch_paths(pair, race(pair, settings), settings.updates, LIGHT)
    best, lowest = least_squares(line(pair.x), pair.y)
    for point in (np.array(settings.start), best):
        for value, (low, high) in zip(point, (figure.layout.xaxis.range, figure.layout.yaxis.range), strict=True):
            # Where columns are far from zero the box is known to some digits only.
            room = 1e-3 * (high - low)
            assert low - room <= value <= high + room
    bowl = next(trace for trace in figure.data if trace.type == "contour")
    height = np.asarray(bowl.z, dtype=float)
    across = bowl.x0 + bowl.dx * np.arange(height.shape[1])
    up = bowl.y0 + bowl.dy * np.arange(height.shape[0])
    excess = losses(line(pair.x), pair.y, np.stack(np.meshgrid(across, up), axis=-1)) - lowest
    # Proportional to the root: float32, and rounding of the loss next to its lowest.
    scale = np.sqrt(excess.max()) / height.max()
    np.testing.assert_allclose(scale * height, np.sqrt(np.maximum(excess, 0)), atol=1e-5 * np.sqrt(excess.max()))
    assert "√(loss −" in figure.layout.xaxis.title.text


def test_the_lines_among_the_samples_are_those_of_the_moment() -> None:
    runs = race(KNOWN, SETTINGS)
    for moment in (0, 20, 300):
        figure = batch_lines(KNOWN, runs, moment, LIGHT)
        for ran in runs:
            (drawn,) = _named(figure, ran.variant.name)
            slope, intercept = ran.weights[moment]
            np.testing.assert_allclose(drawn.y, slope * np.array(drawn.x) + intercept, rtol=1e-12)
        (best,) = _named(figure, "least squares")
        np.testing.assert_allclose(best.y, 2 * np.array(best.x) + 1, rtol=1e-12)
        (samples,) = _named(figure, "40 samples", "markers")
        np.testing.assert_allclose(_points(samples), np.stack([KNOWN.x, KNOWN.y], axis=1), rtol=1e-6, atol=1e-6)


def test_a_column_name_is_no_markup_in_a_picture_and_is_cut_if_it_is_long() -> None:
    pair = _table(f"<b>x</b><a href='http://e.example'>,{'y' * 60}\n1,2\n2,5\n3,4")
    figure = batch_lines(pair, race(pair, replace(SETTINGS, batch=2)), 1, LIGHT)
    assert "<" not in figure.layout.xaxis.title.text
    assert "&lt;b&gt;" in figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text == "y" * 43 + "…"


@axes
def test_the_curve_of_one_seed_is_its_loss_and_its_dot_stands_at_the_moment(along: Any) -> None:
    runs = race(KNOWN, SETTINGS)
    seconds = [4e-6, 5e-6, 6e-6]
    figure = batch_progress(KNOWN, runs, [], along, seconds, 70, LIGHT)
    dots = [trace for trace in figure.data if trace.mode == "markers"]
    for ran, time, dot in zip(runs, seconds, dots, strict=True):
        cost = along.of(ran, time)
        (curve,) = _named(figure, ran.variant.name)
        begin = int(along.logarithmic)
        expected = np.stack([cost, np.maximum(ran.excess, 1e-300)], axis=1)[begin:]
        points = _points(curve)
        np.testing.assert_allclose(points[:, 0], expected[:, 0], rtol=1e-6)
        # Differences below float32's least are drawn as something as low.
        np.testing.assert_allclose(points[:, 1], expected[:, 1], rtol=1e-6, atol=1e-30)
        np.testing.assert_allclose([dot.x[0], dot.y[0]], [cost[70], ran.excess[70]], rtol=1e-12)
    assert figure.layout.xaxis.title.text == along.title
    assert (figure.layout.xaxis.type == "log") is along.logarithmic
    assert [shape.x0 for shape in figure.layout.shapes] == ([40] if along.logarithmic else [])


@axes
def test_a_band_holds_its_median(along: Any) -> None:
    runs, bands = race(KNOWN, SETTINGS), ensemble(KNOWN, SETTINGS)
    figure = batch_progress(KNOWN, runs, bands, along, [5e-6] * 3, 0, LIGHT)
    moments = drawn_moments(SETTINGS.updates)
    for ran, known in zip(runs, bands, strict=True):
        (area,) = _named(figure, f"{ran.variant.name}, 10–90 %")
        (median,) = _named(figure, ran.variant.name)
        begin = int(along.logarithmic)
        expected = [known.low[begin:], known.high[begin:][::-1]]
        np.testing.assert_allclose(area.y, np.maximum(np.concatenate(expected), 1e-300), rtol=1e-6)
        np.testing.assert_allclose(_points(median)[:, 0], along.of(ran, 5e-6)[moments][begin:], rtol=1e-6)
    assert not [trace for trace in figure.data if trace.mode == "markers"]
    assert SEEDS == 50


def test_every_curve_is_named_at_its_end_and_a_divergence_is_told() -> None:
    for settings, ends in ((SETTINGS, ""), (replace(SETTINGS, rate=0.7), ": diverged")):
        runs = race(KNOWN, settings)
        figure = batch_progress(KNOWN, runs, [], AXES["Updates"], [0.0] * 3, 300, LIGHT)
        labels = [note.text for note in figure.layout.annotations]
        assert labels == [f"{ran.variant.name}{ends}" for ran in runs]
        low, high = figure.layout.yaxis.range
        assert all(low <= note.y <= high for note in figure.layout.annotations)


def test_a_divergence_does_not_flatten_the_picture() -> None:
    runs = race(KNOWN, replace(SETTINGS, rate=0.7))
    low, high = batch_progress(KNOWN, runs, [], AXES["Updates"], [0.0] * 3, 0, LIGHT).layout.yaxis.range
    assert 10**high < 60 * runs[0].excess[0]
    assert high - low < 10


def test_both_looks_differ() -> None:
    runs = race(KNOWN, SETTINGS)
    for draw in (batch_paths, batch_lines):
        light, dark = (plotly.io.to_json(draw(KNOWN, runs, 3, look), engine="json") for look in (LIGHT, DARK))
        assert re.search(LIGHT.text, light)
        assert not re.search(LIGHT.text, dark)
