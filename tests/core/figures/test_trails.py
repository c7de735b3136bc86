"""What a picture shows of a path: true iterates, a mark where it ends, nothing far outside the view."""

from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import pytest

from core import OBJECTIVES, Run, trace
from core.catalogue.racers import RACERS, Racer
from core.engine.status import Outcome, Status
from core.engine.summary import Race
from core.engine.trace import Path
from core.figures import LIGHT, contour, loss_axes, norm_axes
from core.figures.labels import Label, arrange
from core.figures.trail import MAX_POINTS, View, clipped, cut, thinned, widened
from core.formula.words import digits

Array = npt.NDArray[np.float64]

VIEW: View = ((-1.0, 1.0), (0.0, 1.0))
FINISHED = Status(Outcome.FINISHED, 0, "")
DIVERGED = Status(Outcome.DIVERGED, 6, "")


def _ran(key: str, optimizer: str, lr: float, steps: int = 60, start: Any = None) -> tuple[Racer, Path]:
    return RACERS[optimizer], trace(Run(key, optimizer, start or OBJECTIVES[key].start, steps, {"lr": lr}))


def _marks(figure: go.Figure) -> list[Any]:
    return [one for one in figure.data if one.type == "scatter" and str(one.marker.symbol).startswith("triangle")]


def _diverging() -> Race:
    return [_ran("rosenbrock", "nesterov", 0.003), _ran("rosenbrock", "sgd", 0.1)]


def test_a_diverged_path_ends_in_an_arrow_on_the_edge_that_names_the_step() -> None:
    objective = OBJECTIVES["rosenbrock"]
    for racer, path in _diverging():
        (mark,) = _marks(contour(objective, [(racer, path)], LIGHT))
        on_edge = [at[0] in limits for at, limits in zip((mark.x, mark.y), objective.domain, strict=True)]
        assert any(on_edge)
        assert mark.hovertext == f"{racer.name}: diverged at step {path.status.step}"
        assert mark.marker.color == racer.color


def test_nothing_is_sent_from_beyond_three_spans_of_the_view() -> None:
    objective = OBJECTIVES["rosenbrock"]
    flat = contour(objective, _diverging(), LIGHT)
    for axis, limits in enumerate(widened((objective.domain[0], objective.domain[1]), 3.0)):
        sent = [one["xy"[axis]] for one in flat.data if one.type == "scatter"]
        numbers = np.concatenate([np.asarray(one, dtype=float) for one in sent])
        numbers = numbers[~np.isnan(numbers)]
        # Float32 rounds by at most 6e-8 of the size.
        assert (numbers >= limits[0] - 1e-5).all()
        assert (numbers <= limits[1] + 1e-5).all()


def test_a_trail_that_is_cut_off_keeps_the_direction_of_its_last_flight() -> None:
    points = np.array([[0.0, 0.5], [1e12, 0.5 + 1e11]])
    flight = cut(points, DIVERGED, VIEW).flights[:2]
    assert flight[0] == pytest.approx(points[0])
    assert (flight[1] - points[0])[1] / (flight[1] - points[0])[0] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("points", "status", "edge", "at", "note"),
    [
        ([[0, 0.5], [0.5, 0.5]], FINISHED, None, (0.5, 0.5), ""),
        ([[0, 0.5], [2, 0.5]], FINISHED, "right", (1, 0.5), "left the view at step 1"),
        ([[0, 0.5], [0, 9], [0, 0.25]], FINISHED, None, (0, 0.25), ""),
        ([[0, 0.5], [-9, 0.5], [9, 0.5]], DIVERGED, "right", (1, 0.5), "diverged at step 6"),
        ([[0, 0.5], [0, -1e12]], DIVERGED, "down", (0, 0), "diverged at step 6"),
        ([[5, 5], [6, 6]], FINISHED, None, None, ""),
        ([[0, 0.5]], Status(Outcome.UNDEFINED, 1, ""), None, (0, 0.5), "undefined at step 1"),
        ([[0, 0.5]], Status(Outcome.UNDEFINED, 0, ""), None, (0, 0.5), "undefined at the start"),
    ],
)
def test_the_end_of_a_trail_is_told_as_it_is(points: Any, status: Status, edge: Any, at: Any, note: str) -> None:
    end = cut(np.array(points, dtype=float), status, VIEW).end
    assert (end.edge, end.note) == (edge, note)
    assert end.point == (None if at is None else pytest.approx(at))


def test_a_start_without_a_value_or_far_away_is_a_picture_too() -> None:
    lost = _ran("log(x) + y**2", "sgd", 0.1, 5, (-1.0, 1.0))
    far = _ran("bowl", "sgd", 0.1, 5, (1e11, 1e11))
    line = _ran("log(x)", "sgd", 0.1, 5, (-1.0,))
    for ran in (lost, far):
        figure = contour(ran[1].run.resolved_objective, [ran], LIGHT)
        sent = [np.asarray(one.x, dtype=float) for one in figure.data if one.x is not None]
        numbers = np.concatenate(sent)
        assert np.abs(numbers[~np.isnan(numbers)]).max() < 100
    for ran in (lost, far, line):
        for figure in (loss_axes([ran], LIGHT, ran[1].run.resolved_objective), norm_axes([ran], LIGHT)):
            assert np.isfinite(figure.layout.yaxis.range).all()


def test_iterates_around_an_excursion_are_not_joined_past_it() -> None:
    part = cut(np.array([[0, 0.5], [1e9, 0.5], [0.5, 0.5], [0.6, 0.5]]), FINISHED, VIEW)
    assert np.isnan(part.points[1]).all()
    assert part.steps[[0, 2, 3]].tolist() == [0, 2, 3]
    assert len(part.flights) == 6, "one flight out, one back"


def test_hover_names_the_true_step_and_loss_of_every_point() -> None:
    racer, path = _ran("bowl", "adam", 0.05, steps=3000)
    (line,) = [one for one in contour(OBJECTIVES["bowl"], [(racer, path)], LIGHT).data if one.name == "Adam"]
    steps = np.asarray(line.customdata)
    np.testing.assert_allclose(np.stack([line.x, line.y], axis=1), path.x[steps], rtol=1e-6)
    assert list(line.text) == [digits(loss) for loss in path.loss[steps]]


def test_a_long_path_keeps_its_ends_its_beginning_and_its_extremes() -> None:
    path = np.random.default_rng(5).normal(size=(20_001, 2))
    kept = thinned(path, ((-9.0, 9.0), (-9.0, 9.0)))
    assert len(kept) <= MAX_POINTS
    assert kept[:500].tolist() == list(range(500))
    assert kept[-1] == 20_000
    assert {*path[500:].argmin(axis=0) + 500, *path[500:].argmax(axis=0) + 500} <= {*kept}


def test_a_short_path_is_not_thinned() -> None:
    assert len(thinned(np.zeros((MAX_POINTS, 2)), VIEW)) == MAX_POINTS


def test_a_step_next_to_nothing_is_clipped_like_one_of_nothing() -> None:
    start = np.array([[0.0, 0.5], [0.0, 5.0]])
    enter, leave = clipped(start, start + np.array([[1e-320, 0.0], [1e-320, 0.0]]), VIEW)
    assert (enter <= leave).tolist() == [True, False]


def test_lines_are_clipped_to_a_box() -> None:
    start = np.array([[0.0, 0.5], [-2.0, 0.5], [-2.0, 2.0], [0.0, 0.5]])
    end = np.array([[2.0, 0.5], [2.0, 0.5], [2.0, 2.0], [0.0, 0.5]])
    enter, leave = clipped(start, end, VIEW)
    assert enter[[0, 1, 3]].tolist() == [0, 0.25, 0]
    assert leave[[0, 1, 3]].tolist() == [0.5, 0.75, 1]
    assert enter[2] > leave[2]


def test_the_log_axis_states_its_floor_and_reaches_down_to_it_for_zero() -> None:
    ran = _ran("bowl", "newton", 1.0, steps=5)
    assert ran[1].loss[-1] == 0
    figure = loss_axes([ran], LIGHT, OBJECTIVES["bowl"])
    assert "log scale, cut off at 10⁻¹⁶" in figure.layout.yaxis.title.text
    assert figure.layout.yaxis.type == "log"
    low, high = figure.layout.yaxis.range
    assert low <= -16
    assert high >= np.log10(ran[1].loss[0])


def test_the_loss_is_plain_where_no_minimum_is_known_or_a_path_goes_below_it() -> None:
    falls = _ran("monkey_saddle", "sgd", 0.05, steps=20)
    below = _ran("mccormick", "momentum", 0.3, 200, (-1.4, -2.9))
    assert (below[1].loss < OBJECTIVES["mccormick"].minimum - 0.1).any()
    for ran in (falls, below):
        figure = loss_axes([ran], LIGHT, ran[1].run.resolved_objective)
        assert figure.layout.yaxis.title.text == "loss"
        assert figure.layout.yaxis.type is None


def test_a_diverged_loss_does_not_stretch_the_axis() -> None:
    tame, wild = _ran("rosenbrock", "adam", 0.1), _diverging()[0]
    for axes in (lambda race: loss_axes(race, LIGHT, OBJECTIVES["rosenbrock"]), lambda race: norm_axes(race, LIGHT)):
        assert axes([tame, wild]).layout.yaxis.range[1] <= axes([tame]).layout.yaxis.range[1] + 1


def test_labels_overlap_neither_each_other_nor_what_must_stay_clear() -> None:
    crowd = [Label(f"Optimizer {row}", "#000000", (0.0, 0.5)) for row in range(12)]
    placed, left_over = arrange(crowd, LIGHT, VIEW, keep_clear=[(0.0, 0.5)])
    assert placed
    assert left_over
    assert {note["text"] for note in placed} | left_over == {label.text for label in crowd}
    assert len({(note["xanchor"], note["yanchor"]) for note in placed}) == len(placed)


def test_what_has_no_label_is_in_the_legend() -> None:
    race = [_ran("bowl", key, 0.5, steps=200) for key in ("sgd", "momentum", "rmsprop", "adam", "amsgrad", "adamw")]
    figure = contour(OBJECTIVES["bowl"], race, LIGHT)
    written = {note.text for note in figure.layout.annotations}
    listed = {one.name for one in figure.data if one.showlegend}
    assert written | listed == {racer.name for racer, _ in race}
    assert not written & listed
    assert figure.layout.showlegend is bool(listed)
