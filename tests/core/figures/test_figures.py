"""What every figure promises: it builds in both looks, shows exactly the view, says its units and stays small."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path as File

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest

from core import OBJECTIVES, Run, trace
from core.catalogue.objectives import Objective
from core.catalogue.objectives import objective as own_objective
from core.catalogue.racers import RACERS, Racer
from core.engine.summary import Race
from core.engine.trace import Path
from core.figures import DARK, LIGHT, Look, contour, curve, loss_axes, norm_axes, schedule_curve, surface
from core.formula.words import digits

LOOKS = [LIGHT, DARK]
# Bytes of JSON for a contour with eight racers of 500 steps.
MOST_BYTES = 250_000
UNDEFINED_LEFT_OF_0 = "log(x) + y**2 + x"

in_both_looks = pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
on_every_objective = pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
on_every_plane = pytest.mark.parametrize(
    "objective", [one for one in OBJECTIVES.values() if one.dimension == 2], ids=lambda one: one.key
)


def _ran(key: str, optimizer: str = "sgd", lr: float = 1e-3, steps: int = 50) -> tuple[Racer, Path]:
    return RACERS[optimizer], trace(Run(key, optimizer, OBJECTIVES[key].start, steps, {"lr": lr}))


def _race(key: str) -> Race:
    # Far too large a rate for most objectives, so that some paths diverge.
    return [_ran(key), _ran(key, "adam", 0.1), _ran(key, "momentum", 1.0)]


def _figures(objective: Objective, race: Race, look: Look) -> dict[str, go.Figure]:
    shapes = (
        {"curve": curve(objective, look)}
        if objective.dimension == 1
        else {"contour": contour(objective, race, look), "surface": surface(objective, look)}
    )
    return {
        **shapes,
        "loss": loss_axes(race, look, objective),
        "norm": norm_axes(race, look),
        "schedule": schedule_curve(race[0][1], look),
    }


def _json(figure: go.Figure) -> str:
    return str(plotly.io.to_json(figure, validate=False))


def _coordinates(figure: go.Figure, *names: str) -> np.ndarray:
    """All numbers that the traces of a figure put on the axes ``names``, nan left out."""
    rows = [
        np.asarray(getattr(one, name), dtype=float).ravel()
        for one in figure.data
        for name in names
        if one[name] is not None
    ]
    numbers = np.concatenate(rows)
    return numbers[~np.isnan(numbers)]


@in_both_looks
@on_every_objective
def test_every_figure_of_every_objective_builds_the_same_twice(objective: Objective, look: Look) -> None:
    race = _race(objective.key)
    for name, figure in _figures(objective, race, look).items():
        assert figure.data or name in ("loss", "norm"), name
        assert _json(figure) == _json(_figures(objective, race, look)[name])


@on_every_objective
def test_no_axis_meets_a_number_that_is_not_finite_or_huge(objective: Objective) -> None:
    for name, figure in _figures(objective, _race(objective.key), LIGHT).items():
        for side in (figure.layout.xaxis, figure.layout.yaxis):
            assert name == "surface" or np.isfinite(side.range).all(), name
        if not figure.data:
            continue
        axes = ("x", "y", "z") if name == "surface" else ("x", "y")
        numbers = _coordinates(figure, *axes)
        assert np.isfinite(numbers).all(), name
        if name in ("curve", "contour", "surface"):
            assert np.abs(numbers).max() < 1e7, name


@on_every_objective
def test_axes_have_titles_and_show_exactly_the_domain(objective: Objective) -> None:
    figures = _figures(objective, _race(objective.key), LIGHT)
    if objective.dimension == 1:
        layout = figures["curve"].layout
        assert layout.xaxis.range == objective.domain[0]
        assert (layout.xaxis.title.text, layout.yaxis.title.text) == ("x", "f(x)")
        return
    layout = figures["contour"].layout
    assert (layout.xaxis.range, layout.yaxis.range) == objective.domain
    assert layout.xaxis.title.text.startswith("x<br>")
    assert layout.yaxis.title.text == "y"
    scene = figures["surface"].layout.scene
    assert (scene.xaxis.range, scene.yaxis.range) == objective.domain
    assert "log" in scene.zaxis.title.text if objective.levels == "log" else scene.zaxis.title.text == "f"


@on_every_plane
def test_the_note_under_the_picture_tells_the_true_levels(objective: Objective) -> None:
    figure = contour(objective, [], LIGHT)
    lines, note = figure.data[0].contours, figure.layout.meta["levels"]
    assert note in figure.layout.xaxis.title.text
    ends = (lines.start, lines.end)
    if objective.levels == "log":
        assert "powers of" in note
        assert (": f = " in note) == (objective.minimum == 0), note
        ends = (10**lines.start, 10**lines.end)
    assert all(digits(end) in note for end in ends)
    assert (lines.end - lines.start) / lines.size >= 3, "hardly any contour lines"
    assert lines.start >= figure.data[0].zmin
    assert lines.end <= figure.data[0].zmax


@on_every_plane
def test_the_value_under_the_pointer_is_the_value_of_the_formula(objective: Objective) -> None:
    pointer = contour(objective, [], LIGHT).data[1]
    assert pointer.type == "heatmap"
    row, column = 7, 30
    point = np.array([pointer.x0 + column * pointer.dx, pointer.y0 + row * pointer.dy])
    # The picture is sent as float32.
    assert pointer.z[row][column] == pytest.approx(objective.parsed.value(point), rel=1e-6)


def test_another_view_is_shown_exactly() -> None:
    view = ((0.5, 1.5), (0.0, 2.0))
    figure = contour(OBJECTIVES["rosenbrock"], _race("rosenbrock"), LIGHT, view)
    assert (figure.layout.xaxis.range, figure.layout.yaxis.range) == view


def test_zoom_is_kept_when_paths_change_and_fresh_for_another_objective_or_view() -> None:
    rosenbrock, booth = OBJECTIVES["rosenbrock"], OBJECTIVES["booth"]
    kept = {contour(rosenbrock, race, look).layout.uirevision for race in ([], _race("rosenbrock")) for look in LOOKS}
    assert len(kept) == 1
    assert contour(booth, [], LIGHT).layout.uirevision not in kept
    assert contour(rosenbrock, [], LIGHT, ((0.0, 1.0), (0.0, 1.0))).layout.uirevision not in kept
    assert len({surface(rosenbrock, look).layout.uirevision for look in LOOKS}) == 1
    assert surface(booth, LIGHT).layout.uirevision != surface(rosenbrock, LIGHT).layout.uirevision


def test_where_the_objective_is_undefined_nothing_is_drawn() -> None:
    own = own_objective(UNDEFINED_LEFT_OF_0, 2)
    lines, pointer = contour(own, [], LIGHT).data[:2]
    for layer in (lines, pointer):
        x = layer.x0 + layer.dx * np.arange(np.shape(layer.z)[1])
        assert np.isnan(layer.z[:, x <= 0]).all()
        assert np.isfinite(layer.z[:, x > 0]).all()
    ground = surface(own, LIGHT).data[0]
    assert np.isnan(np.asarray(ground.z)[:, np.asarray(ground.x) <= 0]).all()
    branch = curve(own_objective("log(x)", 1), LIGHT).data[0]
    assert np.isnan(branch.y[branch.x <= 0]).all()


@pytest.mark.parametrize("text", ["log(-1 - x**2 - y**2)", "3", "1/0*x", "exp(exp(exp(9*x)))", "1/(x*y)", "1e90*x"])
def test_odd_formulas_of_two_variables_give_a_picture(text: str) -> None:
    own = own_objective(text, 2)
    for figure in (contour(own, [], LIGHT), surface(own, LIGHT)):
        assert figure.layout.meta["levels"]
        assert np.isfinite(_coordinates(figure, "z")).all()


def test_a_pole_is_a_gap_and_not_a_wall() -> None:
    figure = curve(own_objective("1/(x - 0.01)", 1), LIGHT)
    line, (bottom, top) = figure.data[0], figure.layout.yaxis.range
    jumps = np.isfinite(line.y[:-1]) & np.isfinite(line.y[1:]) & (np.abs(np.diff(line.y)) > top - bottom)
    outside = (line.y[:-1] < bottom) & (line.y[1:] > top)
    assert not (jumps & outside).any()


def test_a_contour_with_eight_racers_is_small() -> None:
    rates = {"adam": 0.1, "momentum": 0.0008, "sgd": 0.0008, "rmsprop": 0.003}
    rates |= {"adamw": 0.05, "amsgrad": 0.05, "lion": 0.01, "nadam": 0.05}
    race = [_ran("rosenbrock", key, lr, 500) for key, lr in rates.items()]
    assert all(len(path.x) == 501 for _, path in race)
    assert len(_json(contour(OBJECTIVES["rosenbrock"], race, LIGHT))) <= MOST_BYTES


@in_both_looks
def test_figures_name_nothing_on_the_web_and_bring_no_template(look: Look) -> None:
    for key in ("quartic", "rosenbrock"):
        for name, figure in _figures(OBJECTIVES[key], _race(key), look).items():
            sent = _json(figure)
            assert not re.search(r"https?:|\burl\(|//[a-z]", sent), name
            assert len(json.dumps(json.loads(sent)["layout"]["template"])) < 100, name
            assert json.loads(sent)["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"


def test_figures_are_the_same_after_streamlit_changed_plotlys_default_template() -> None:
    script = (
        "from core import OBJECTIVES\nfrom core.figures import LIGHT, contour\nimport plotly.io\n"
        "def figure(): return plotly.io.to_json(contour(OBJECTIVES['bowl'], [], LIGHT), validate=False)\n"
        "plain, before = figure(), plotly.io.templates.default\nimport streamlit\n"
        "assert plotly.io.templates.default != before\nassert figure() == plain"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@in_both_looks
def test_the_colours_are_those_of_the_theme(look: Look) -> None:
    theme = tomllib.loads(File(".streamlit/config.toml").read_text(encoding="utf-8"))["theme"][look.name]
    assert list(look.landscape) == theme["chartSequentialColors"]
    assert (look.background, look.text) == (theme["backgroundColor"], theme["textColor"])
