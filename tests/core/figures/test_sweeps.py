"""Pictures of sweeps and range tests: what stands in the cells, where bands end, what is marked."""

import json

import numpy as np
import pytest

from core.figures import DARK, LIGHT, Look, bands_figure, range_figure, sweep_figure
from core.figures.look import contrast
from core.problems.training.range_test import read_curve
from core.problems.training.settings import Training
from core.problems.training.sweep import Sweep, Table

LOSSES = np.array([[[3.0, 1.0, 2.0], [np.nan, 0.5, np.nan]], [[0.1, 0.1, 0.1], [4.0, 4.0, np.nan]]])
PLAN = Sweep(Training(), ("adam", "sgd"), (0.1, 1.0), (0, 1, 2))
TABLE = Table(PLAN, LOSSES, LOSSES, np.where(np.isnan(LOSSES), 7, 0))


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)
def test_each_cell_has_its_median_and_how_many_diverged(look: Look) -> None:
    drawn = sweep_figure(TABLE, look)
    texts = {(note.x, note.y): note.text for note in drawn.layout.annotations}
    assert texts == {(0, 0): "2", (1, 0): "2 of 3 diverged", (0, 1): "0.1", (1, 1): "4<br>1 of 3 diverged"}
    (cells,) = drawn.data
    assert np.isnan(np.array(cells.z, dtype=float)[0, 1])
    assert cells.text[1][1] == ("Gradient descent, learning rate 1<br>median 4, from 4 to diverged<br>1 of 3 diverged")
    assert list(drawn.layout.yaxis.ticktext) == ["Adam", "Gradient descent"]
    json.loads(drawn.to_json())


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)
def test_numbers_can_be_read_on_their_cells(look: Look) -> None:
    losses = np.geomspace(0.01, 1, 10)[None, :, None]
    table = Table(
        Sweep(Training(), ("adam",), tuple(np.geomspace(1e-3, 1, 10).tolist()), (0,)),
        losses,
        losses,
        np.zeros(losses.shape, dtype=np.int64),
    )
    drawn = sweep_figure(table, look)
    grounds = look.landscape[::-1]
    for note, ground in zip(drawn.layout.annotations, grounds, strict=True):
        assert contrast(note.font.color, ground) >= 4.5


def test_a_table_of_nothing_but_divergence_is_drawn() -> None:
    none = np.full_like(LOSSES, np.nan)
    table = Table(PLAN, none, none, np.ones(none.shape, dtype=np.int64))
    assert {note.text for note in sweep_figure(table, LIGHT).layout.annotations} == {"3 of 3 diverged"}
    assert len(bands_figure(table, LIGHT).data) == 6


def test_bands_hold_all_seeds_and_end_where_one_diverges() -> None:
    low, high, median = (np.array(trace.y, dtype=float) for trace in bands_figure(TABLE, LIGHT).data[:3])
    assert (low[0], median[0], high[0]) == (1, 2, 3)
    assert np.isnan([low[1], median[1], high[1]]).all()
    assert [trace.name for trace in bands_figure(TABLE, LIGHT).data if trace.name] == ["Adam", "Gradient descent"]


def test_a_range_test_has_both_suggestions_marked() -> None:
    rates = np.geomspace(1e-5, 10, 100)
    test = read_curve(rates, 0.5 + 1.5 / (1 + (rates / 0.01) ** 1.5) + np.maximum(rates - 1, 0))
    drawn = range_figure(test, "#123456", LIGHT)
    assert [note.text.partition(",")[0] for note in drawn.layout.annotations] == ["steepest", "lowest / 10"]
    assert [shape.x0 for shape in drawn.layout.shapes] == [test.steepest, test.tenth]
    flat = read_curve(rates, np.ones(100))
    assert not drawn.layout.annotations == range_figure(flat, "#123456", LIGHT).layout.annotations == ()
