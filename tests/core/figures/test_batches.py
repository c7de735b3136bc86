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
from core.figures import DARK, LIGHT, batch_lines, batch_progress
from core.problems.batches.data import Pair
from core.problems.batches.race import AXES, SEEDS, Settings, ensemble, race
from tests.core.problems.batches.cases import CASES, KNOWN, SETTINGS, table

cases = pytest.mark.parametrize(("pair", "settings"), CASES.values(), ids=CASES)
axes = pytest.mark.parametrize("along", AXES.values(), ids=AXES)


def _figures(pair: Pair, settings: Settings) -> list[go.Figure]:
    runs = race(pair, settings)
    seconds = [5e-6] * len(runs)
    bands = ensemble(pair, settings)
    figures = [batch_lines(pair, runs, DARK)]
    for along in AXES.values():
        figures += [batch_progress(pair, runs, some, along, seconds, LIGHT) for some in ([], bands)]
    return figures


@cases
def test_every_picture_can_be_drawn_with_axes_that_are_titled_and_finite(pair: Pair, settings: Settings) -> None:
    for figure in _figures(pair, settings):
        for one in (figure.layout.xaxis, figure.layout.yaxis):
            assert one.title.text
            low, high = one.range
            assert np.isfinite([low, high]).all()
            assert low < high
        text = plotly.io.to_json(figure, engine="json")
        json.loads(text, parse_constant=lambda word: pytest.fail(word))
        # Three bands of 300 updates; a page must answer within a blink.
        assert len(text) < 120_000


def _named(figure: go.Figure, name: str, mode: str = "lines") -> list[Any]:
    return [trace for trace in figure.data if trace.name == name and trace.mode == mode]


def _points(trace: Any) -> np.ndarray[Any, Any]:
    points = np.stack([np.asarray(trace.x, dtype=float), np.asarray(trace.y, dtype=float)], axis=1)
    finite: np.ndarray[Any, Any] = points[np.isfinite(points).all(axis=1)]
    return finite


def test_the_lines_of_runs_are_drawn_on_the_samples_with_the_best_line() -> None:
    figure = batch_lines(KNOWN, race(KNOWN, SETTINGS), LIGHT)
    (best,) = _named(figure, "least squares")
    np.testing.assert_allclose(best.y, 2 * np.array(best.x) + 1, rtol=1e-12)
    (samples,) = _named(figure, "40 samples", "markers")
    np.testing.assert_allclose(_points(samples), np.stack([KNOWN.x, KNOWN.y], axis=1), rtol=1e-6, atol=1e-6)
    for values, (low, high) in ((KNOWN.x, figure.layout.xaxis.range), (KNOWN.y, figure.layout.yaxis.range)):
        assert low < values.min()
        assert values.max() < high


def test_a_column_name_is_no_markup_in_a_picture_and_is_cut_if_it_is_long() -> None:
    pair = table(f"<b>x</b><a href='http://e.example'>,{'y' * 60}\n1,2\n2,5\n3,4")
    figure = batch_lines(pair, race(pair, replace(SETTINGS, batch=2)), LIGHT)
    assert "<" not in figure.layout.xaxis.title.text
    assert "&lt;b&gt;" in figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text == "y" * 43 + "…"


@axes
def test_the_axes_hold_every_run_to_its_end_and_mark_one_pass(along: Any) -> None:
    runs = race(KNOWN, SETTINGS)
    seconds = [4e-6, 5e-6, 6e-6]
    figure = batch_progress(KNOWN, runs, [], along, seconds, LIGHT)
    assert list(figure.data) == []
    (left, right), (bottom, top) = figure.layout.xaxis.range, figure.layout.yaxis.range
    costs = [along.of(ran, time) for ran, time in zip(runs, seconds, strict=True)]
    ends = [np.log10(cost[[1, -1]]) if along.logarithmic else cost[[0, -1]] for cost in costs]
    assert (left, right) == (min(first for first, _ in ends), max(last for _, last in ends))
    deepest = np.log10(1e-6 * runs[0].excess[0])
    for ran in runs:
        assert max(np.log10(ran.excess.min()), deepest) >= bottom
        assert np.log10(ran.excess.max()) <= top
    assert figure.layout.xaxis.title.text == along.title
    assert (figure.layout.xaxis.type == "log") is along.logarithmic
    assert [shape.x0 for shape in figure.layout.shapes] == ([40] if along.logarithmic else [])
    assert [note.text for note in figure.layout.annotations] == (["one pass"] if along.logarithmic else [])


@axes
def test_a_band_holds_its_median(along: Any) -> None:
    runs, bands = race(KNOWN, SETTINGS), ensemble(KNOWN, SETTINGS)
    figure = batch_progress(KNOWN, runs, bands, along, [5e-6] * 3, LIGHT)
    moments = drawn_moments(SETTINGS.updates)
    for ran, known in zip(runs, bands, strict=True):
        (area,) = _named(figure, f"{ran.variant.name}, 10–90 %")
        (median,) = _named(figure, f"{ran.variant.name}, median")
        begin = int(along.logarithmic)
        expected = [known.low[begin:], known.high[begin:][::-1]]
        np.testing.assert_allclose(area.y, np.maximum(np.concatenate(expected), 1e-300), rtol=1e-6)
        np.testing.assert_allclose(_points(median)[:, 0], along.of(ran, 5e-6)[moments][begin:], rtol=1e-6)
        # Sent as float32, in which differences below its least are 0.
        np.testing.assert_allclose(
            _points(median)[:, 1], np.maximum(known.median, 1e-300)[begin:], rtol=1e-6, atol=1e-30
        )
    assert SEEDS == 50


def test_a_divergence_does_not_flatten_the_picture() -> None:
    runs = race(KNOWN, replace(SETTINGS, rate=0.7))
    low, high = batch_progress(KNOWN, runs, [], AXES["Updates"], [0.0] * 3, LIGHT).layout.yaxis.range
    assert 10**high < 60 * runs[0].excess[0]
    assert high - low < 10


def test_both_looks_differ() -> None:
    runs = race(KNOWN, SETTINGS)
    light, dark = (plotly.io.to_json(batch_lines(KNOWN, runs, look), engine="json") for look in (LIGHT, DARK))
    assert re.search(LIGHT.text, light)
    assert not re.search(LIGHT.text, dark)
