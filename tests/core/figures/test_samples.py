"""Samples and what networks make of them are drawn for every set of data and every kind of answer."""

from typing import Any

import numpy as np
import pytest

from core.figures import DARK, LIGHT
from core.figures.samples import (
    boundary_cell,
    cells_figure,
    confusion_cell,
    fit_cell,
    mistakes_cell,
    samples_figure,
    strongest_feature,
)
from core.problems.training.data import DATASETS, OWN, dataset
from core.problems.training.reports import Boundary, Fit, Mistakes
from core.problems.training.split import Split

DRAWN = [one for one in DATASETS.values() if one.kind != "text"]


@pytest.mark.parametrize("one", DRAWN, ids=lambda one: one.key)
def test_every_sample_of_the_plane_is_drawn_and_all_others_have_a_picture(one: Any) -> None:
    split = one.load(1)
    for look in (LIGHT, DARK):
        figure = samples_figure(one, split, look)
        assert figure.data
        if one.plane:
            drawn = sum(len(trace.x) for trace in figure.data)
            assert drawn == len(split.train_x) + len(split.valid_x)
            assert [trace.name for trace in figure.data] == [
                f"{name}{out}" for name in split.labels for out in ("", ", held back")
            ]


def test_an_own_table_has_a_picture_whatever_its_columns_are() -> None:
    rows = [(n, (n * 7) % 11, "<b>" if n % 2 else "b") for n in range(1, 25)]
    text = "u,v,kind\n" + "\n".join(",".join(map(str, row)) for row in rows)
    for target, features in (("kind", ()), ("kind", ("u",)), ("v", ())):
        made = dataset(OWN, text, target, features)
        figure = samples_figure(made, made.load(0), LIGHT)
        assert figure.data
        assert "<b>" not in "".join(trace.name or "" for trace in figure.data)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_boundary_has_the_ranges_of_its_grid_and_a_line_between_classes(classes: int) -> None:
    one = DATASETS["moons" if classes == 2 else "spirals"]
    shares = np.full((5, 6), 0.8, dtype=np.float32)
    winners = np.tile(np.arange(6) % classes, (5, 1)).astype(np.uint8)
    cell = boundary_cell("Adam", "#8A63D2", Boundary(winners, shares, (-3.0, 3.0, -2.0, 2.0)), one.load(0), LIGHT)
    figure = cells_figure([cell] * 4, LIGHT)
    kinds = [trace.type for trace in figure.data]
    assert kinds.count("contour") == 4 * (1 if classes == 2 else classes)
    for axis in ("xaxis", "xaxis2", "xaxis3", "xaxis4"):
        assert figure.layout[axis].range == (-3.0, 3.0)
    (line, *_) = [trace for trace in figure.data if trace.type == "contour"]
    assert line.line.color == "#8A63D2"
    # The second class is where its share is more than one half.
    if classes == 2:
        assert np.array_equal(np.asarray(line.z) > 0.5, winners == 1)


def test_mistakes_say_what_they_are_and_what_they_are_taken_for() -> None:
    confusion = np.array([[3, 1], [2, 4]])
    made = Mistakes(
        confusion,
        np.arange(3),
        np.zeros((3, 4), dtype=np.float32),
        np.array([0, 1, 1], dtype=np.uint8),
        np.array([1, 0, 0], dtype=np.uint8),
    )
    cell = mistakes_cell("Adam", "#8A63D2", made, (2, 2), ("no", "yes"))
    assert cell.title == "Adam: 3 mistakes"
    assert [one["text"] for one in cell.notes] == ["no → yes", "yes → no", "yes → no"]
    table = cells_figure([confusion_cell("Adam", "#8A63D2", made, ("no", "yes"), LIGHT)], LIGHT)
    assert np.array_equal(table.data[0].z, confusion)


def test_a_fit_is_drawn_within_the_range_of_what_was_measured() -> None:
    fit = Fit(np.array([1.0, 2.0], dtype=np.float32), np.array([1.5, 99.0], dtype=np.float32))
    figure = cells_figure([fit_cell("Adam", "#8A63D2", fit, LIGHT)], LIGHT)
    low, high = figure.layout.yaxis.range
    assert np.max(figure.data[0].y) <= high
    assert figure.layout.xaxis.range == (low, high)


def test_the_feature_that_is_drawn_goes_most_along_with_the_answer() -> None:
    x = np.array([[1.0, 5.0], [2.0, 5.1], [3.0, 4.9], [4.0, 5.0]])
    split = Split(x, np.array([4.0, 3.0, 2.0, 1.0]), x, np.zeros(4), (), ("a", "b"), "")
    assert strongest_feature(split) == 0
