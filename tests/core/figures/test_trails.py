"""What a picture shows of a path: true iterates, a mark where it ends, nothing far outside the view."""

from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import pytest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.figures import LIGHT, Trail, contour, curve, gradient_progress, loss_progress, surface
from core.figures.labels import Label, place, spread
from core.figures.surface import draped
from core.figures.trail import MAX_POINTS, View, clipped, cut, thinned, widened
from core.status import Outcome, Status

Array = npt.NDArray[np.float64]

VIEW: View = ((-1.0, 1.0), (0.0, 1.0))
FINISHED = Status(Outcome.FINISHED, 0, "")
DIVERGED = Status(Outcome.DIVERGED, 6, "")


def _trail(key: str, optimizer: str, lr: float, steps: int = 60, **more: Any) -> Trail:
    return Trail.of(trace(Run(key, optimizer, OBJECTIVES[key].start, steps, {"lr": lr}, **more)), OPTIMIZERS[optimizer])


def _marks(figure: go.Figure) -> list[Any]:
    return [one for one in figure.data if one.type == "scatter" and str(one.marker.symbol).startswith("triangle")]


def _diverging() -> list[Trail]:
    return [_trail("rosenbrock", "nesterov", 0.003), _trail("rosenbrock", "sgd", 0.1)]


def test_a_diverged_trail_ends_in_an_arrow_on_the_edge_that_names_the_step() -> None:
    declared = OBJECTIVES["rosenbrock"]
    for trail in _diverging():
        (mark,) = _marks(contour(declared, [trail], LIGHT))
        on_edge = [at[0] in limits for at, limits in zip((mark.x, mark.y), declared.domain, strict=True)]
        assert any(on_edge)
        assert mark.hovertext == f"{trail.name}: diverged at step {trail.path.status.step}"
        assert mark.marker.color == trail.color


def test_nothing_is_sent_from_beyond_three_spans_of_the_view() -> None:
    declared = OBJECTIVES["rosenbrock"]
    flat = contour(declared, _diverging(), LIGHT)
    for place_, limits in enumerate(widened((declared.domain[0], declared.domain[1]), 3.0)):
        sent = [one["xy"[place_]] for one in flat.data if one.type == "scatter"]
        numbers = np.concatenate([np.asarray(one, dtype=float) for one in sent])
        numbers = numbers[~np.isnan(numbers)]
        # Float32 rounds by at most 6e-8 of the size.
        assert (numbers >= limits[0] - 1e-5).all()
        assert (numbers <= limits[1] + 1e-5).all()
        solid = [one["xy"[place_]] for one in surface(declared, _diverging(), LIGHT).data if one.type == "scatter3d"]
        numbers = np.concatenate([np.asarray(one, dtype=float) for one in solid])
        numbers = numbers[~np.isnan(numbers)]
        assert (numbers >= declared.domain[place_][0] - 1e-6).all()
        assert (numbers <= declared.domain[place_][1] + 1e-6).all()


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
    flat, curved = "log(x) + y**2", "log(x)"
    lost = Trail.of(trace(Run(flat, "sgd", (-1.0, 1.0), 5)), OPTIMIZERS["sgd"])
    far = Trail.of(trace(Run("bowl", "sgd", (1e11, 1e11), 5, {"lr": 0.1})), OPTIMIZERS["sgd"])
    line = Trail.of(trace(Run(curved, "sgd", (-1.0,), 5)), OPTIMIZERS["sgd"])
    for trail, picture in ((lost, contour), (lost, surface), (far, contour), (far, surface), (line, curve)):
        figure = picture(trail.path.run.resolved_objective, [trail], LIGHT)
        sent = [np.asarray(one.x, dtype=float) for one in figure.data if one.x is not None]
        numbers = np.concatenate(sent)
        assert np.abs(numbers[~np.isnan(numbers)]).max() < 100
    for trail in (lost, far, line):
        for progress in (loss_progress, gradient_progress):
            assert np.isfinite(progress([trail], LIGHT).layout.yaxis.range).all()


def test_iterates_around_an_excursion_are_not_joined_past_it() -> None:
    shown = cut(np.array([[0, 0.5], [1e9, 0.5], [0.5, 0.5], [0.6, 0.5]]), FINISHED, VIEW)
    assert np.isnan(shown.points[1]).all()
    assert shown.steps[[0, 2, 3]].tolist() == [0, 2, 3]
    assert len(shown.flights) == 6, "one flight out, one back"


def test_hover_names_the_true_step_and_loss_of_every_point() -> None:
    trail = _trail("bowl", "adam", 0.05, steps=3000)
    (line,) = [one for one in contour(OBJECTIVES["bowl"], [trail], LIGHT).data if one.name == "Adam"]
    steps = line.customdata[:, 0].astype(int)
    np.testing.assert_allclose(np.stack([line.x, line.y], axis=1), trail.path.x[steps], rtol=1e-6)
    np.testing.assert_allclose(line.customdata[:, 1], trail.path.loss[steps], rtol=1e-6)


def test_a_long_path_keeps_its_ends_its_beginning_and_its_extremes() -> None:
    path = np.random.default_rng(5).normal(size=(20_001, 2))
    kept = thinned(path, ((-9.0, 9.0), (-9.0, 9.0)))
    assert len(kept) <= MAX_POINTS
    assert kept[:500].tolist() == list(range(500))
    assert kept[-1] == 20_000
    assert {*path[500:].argmin(axis=0) + 500, *path[500:].argmax(axis=0) + 500} <= {*kept}


def test_a_short_path_is_not_thinned() -> None:
    assert len(thinned(np.zeros((MAX_POINTS, 2)), VIEW)) == MAX_POINTS


def test_lines_are_clipped_to_a_box() -> None:
    start = np.array([[0.0, 0.5], [-2.0, 0.5], [-2.0, 2.0], [0.0, 0.5]])
    end = np.array([[2.0, 0.5], [2.0, 0.5], [2.0, 2.0], [0.0, 0.5]])
    enter, leave = clipped(start, end, VIEW)
    assert enter[[0, 1, 3]].tolist() == [0, 0.25, 0]
    assert leave[[0, 1, 3]].tolist() == [0.5, 0.75, 1]
    assert enter[2] > leave[2]


def test_a_straight_step_is_laid_over_the_ground_in_short_pieces() -> None:
    line = draped(np.array([[-1.0, 0.0], [1.0, 1.0], [1.0, 0.5]]), VIEW)
    assert np.isnan(line[-1]).all()
    line = line[:-1]
    assert not np.isnan(line).any(), "a broken line at the corner"
    assert (np.abs(np.diff(line, axis=0)) <= 0.02 * np.array([2.0, 1.0]) + 1e-12).all()
    assert line[0].tolist() == [-1, 0]
    assert line[-1].tolist() == [1, 0.5]


def test_the_log_axis_states_its_floor_and_shows_zero_there() -> None:
    trail = _trail("bowl", "newton", 1.0, steps=5)
    assert trail.path.loss[-1] == 0
    figure = loss_progress([trail], LIGHT)
    assert "log scale, floor 10<sup>−16</sup>" in figure.layout.yaxis.title.text
    assert figure.layout.yaxis.type == "log"
    assert min(figure.data[0].y) == pytest.approx(1e-16, abs=0)
    assert figure.data[0].customdata[-1, 1] == 0
    low, high = figure.layout.yaxis.range
    assert low <= -16
    assert high >= np.log10(trail.path.loss[0])


def test_the_loss_is_plain_where_no_minimum_is_known_or_a_trail_goes_below_it() -> None:
    falls = _trail("monkey_saddle", "sgd", 0.05, steps=20)
    below = Trail.of(trace(Run("mccormick", "momentum", (-1.4, -2.9), 200, {"lr": 0.3})), OPTIMIZERS["sgd"])
    assert (below.path.loss < OBJECTIVES["mccormick"].minimum - 0.1).any()
    for trail in (falls, below):
        figure = loss_progress([trail], LIGHT)
        assert figure.layout.yaxis.title.text == "loss"
        assert figure.layout.yaxis.type is None


def test_a_diverged_loss_does_not_stretch_the_axis() -> None:
    tame, wild = _trail("rosenbrock", "adam", 0.1), _diverging()[0]
    for figure in (loss_progress, gradient_progress):
        both = figure([tame, wild], LIGHT)
        assert both.layout.yaxis.range[1] <= figure([tame], LIGHT).layout.yaxis.range[1] + 1
        (mark,) = _marks(both)
        assert np.log10(mark.y[0]) == pytest.approx(both.layout.yaxis.range[1])


def test_a_rule_that_spends_two_gradients_a_step_takes_twice_the_width() -> None:
    plain, double = _trail("bowl", "sgd", 0.1), _trail("bowl", "sam", 0.1)
    by_cost = loss_progress([plain, double], LIGHT, step=10, against="evaluations")
    ends = {one.name: one.x[-1] for one in by_cost.data if one.name}
    assert ends == {"Gradient descent": 60, "SAM": 120}
    assert by_cost.layout.xaxis.range == (0, 120)
    assert by_cost.layout.xaxis.title.text == "gradient evaluations"
    assert loss_progress([plain, double], LIGHT).layout.xaxis.title.text == "step"


def test_the_step_is_called_minus_lr_times_slope_only_where_it_is() -> None:
    plain, adam = _trail("quartic", "sgd", 0.012), _trail("quartic", "adam", 0.012)
    noisy = _trail("quartic", "sgd", 0.012, noise=0.5)
    for trail, called in ((plain, "−lr·f′(x) ="), (adam, "step ="), (noisy, "step =")):
        texts = [note.text for note in curve(OBJECTIVES["quartic"], [trail], LIGHT, step=2).layout.annotations]
        assert any(text.startswith(called) for text in texts), texts


def test_slope_tangent_and_arrow_are_those_of_the_step() -> None:
    trail = _trail("quartic", "sgd", 0.12)
    figure = curve(OBJECTIVES["quartic"], [trail], LIGHT, step=0)
    assert "slope −2.75" in [note.text for note in figure.layout.annotations]
    (arrow,) = [note for note in figure.layout.annotations if note.showarrow]
    assert (arrow.ax, arrow.x) == (trail.path.x[0, 0], trail.path.x[1, 0])
    (tangent,) = [one for one in figure.data if one.line.dash == "dash"]
    assert np.diff(tangent.y) / np.diff(tangent.x) == pytest.approx(-2.75, rel=1e-5)


def test_labels_overlap_neither_each_other_nor_what_must_stay_clear() -> None:
    crowd = [Label(f"Optimizer {row}", "#000000", (0.0, 0.5)) for row in range(12)]
    placed, left_over = place(crowd, LIGHT, VIEW, keep_clear=[(0.0, 0.5)])
    assert placed
    assert left_over
    assert {note["text"] for note in placed} | left_over == {label.text for label in crowd}
    assert len({(note["xanchor"], note["yanchor"]) for note in placed}) == len(placed)


def test_what_has_no_label_is_in_the_legend() -> None:
    racers = [_trail("bowl", key, 0.5, steps=200) for key in ("sgd", "momentum", "rmsprop", "adam", "amsgrad", "adamw")]
    figure = contour(OBJECTIVES["bowl"], racers, LIGHT)
    written = {note.text for note in figure.layout.annotations}
    listed = {one.name for one in figure.data if one.showlegend}
    assert written | listed == {racer.name for racer in racers}
    assert not written & listed
    assert figure.layout.showlegend is bool(listed)


def test_heights_are_spread_apart_in_their_order() -> None:
    heights = [5.0, 5.0, 30.0, 6.0]
    moved = spread(heights, 10.0)
    assert np.diff(sorted(moved)).min() >= 10 - 1e-9
    assert moved[0] < moved[1] < moved[3] < moved[2]
    assert spread([1.0, 50.0], 10.0) == [1.0, 50.0]
