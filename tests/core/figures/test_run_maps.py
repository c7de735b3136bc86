"""Pictures of maps and of seeds: they build in both looks, say their units, and every cell says which it is."""

import json

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest

from core import OBJECTIVES, Run, trace
from core.catalogue.racers import RACERS
from core.engine.basins import basins
from core.engine.seeds import spread
from core.engine.two_settings import axes_of, bare, settings_map, settings_of
from core.figures import DARK, LIGHT, Look, basins_figure, cloud_figure, seeds_figure, settings_figure
from core.figures.look import BASINS
from core.problems.theory.edge import edge, minimum_of

# Bytes of JSON: about what a contour with eight racers takes.
MOST_BYTES = 350_000
looks = pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)


def _settings(run: Run, across: str, up: str, look: Look) -> go.Figure:
    known = {one.name: one for one in settings_of(run)}
    varied = (known[across], known[up])
    made = edge(bare(run, varied), *axes_of(run, *varied), minimum_of(trace(run)))
    return settings_figure(settings_map(run, *varied), made, RACERS["momentum"], look)


def _text(figure: go.Figure) -> str:
    text = str(plotly.io.to_json(figure, validate=False))

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no number in JSON.")

    json.loads(text, parse_constant=refuse)
    assert len(text) < MOST_BYTES
    return text


def _names(figure: go.Figure) -> list[str]:
    return [one.name for one in figure.data if one.showlegend]


@looks
def test_a_map_of_two_settings_shows_the_edge_the_failed_and_the_race(look: Look) -> None:
    run = Run("ravine", "momentum", OBJECTIVES["ravine"].start, 500, {"lr": 0.01})
    figure = _settings(run, "lr", "beta", look)
    _text(figure)
    assert _names(figure) == ["diverged", "theory's edge", "Momentum, this race"]
    ring = figure.data[-1]
    assert (ring.x[0], ring.y[0]) == (0.01, run.settings["beta"])
    (axes,) = {(figure.layout.xaxis.title.text, figure.layout.yaxis.title.text)}
    assert axes == ("learning rate, log scale", "momentum")
    assert figure.layout.xaxis.type == "log"
    bar = figure.data[0].colorbar
    assert bar.title.text.startswith("loss after<br>500 steps")
    assert bar.ticktext[0].endswith(" or more")


def test_every_cell_can_be_clicked_and_says_which_it_is() -> None:
    run = Run("ravine", "momentum", OBJECTIVES["ravine"].start, 100)
    figure = _settings(run, "lr", "beta", LIGHT)
    (cells,) = (one for one in figure.data if one.customdata is not None)
    assert list(cells.customdata) == [str(cell) for cell in range(2500)]
    known = {one.name: one for one in settings_of(run)}
    sheet = settings_map(run, known["lr"], known["beta"])
    for cell in (0, 49, 50, 777, 2499):
        assert (cells.x[cell], cells.y[cell]) == sheet.at(cell)
    # What stands above them must not take their clicks.
    assert all(one.hoverinfo == "skip" for one in figure.data if one is not cells and one.name != "diverged")


@looks
@pytest.mark.parametrize(
    "run",
    [
        Run("x**3 + y", "momentum", (0.1, 0.1), 20),
        Run("x - log(x) + y**2", "momentum", (1.0, 1.0), 20),
        Run("0*x", "momentum", (1.0,), 20),
        Run("bowl", "momentum", (0.0, 0.0), 20),
        Run("log(x)", "momentum", (-1.0,), 5),
        Run("quartic", "momentum", OBJECTIVES["quartic"].start, 20),
        Run("bowl", "momentum", (1.0, 1.0), 20, {"lr": 0.0}),
    ],
    ids=lambda run: run.objective,
)
def test_any_objective_can_be_mapped(run: Run, look: Look) -> None:
    for names in (("lr", "beta"), ("start x", "lr")):
        _text(_settings(run, *names, look))


@looks
def test_basins_of_two_rules_name_each_meeting_with_its_share(look: Look) -> None:
    race = [
        (RACERS[key], trace(Run("himmelblau", key, OBJECTIVES["himmelblau"].start, 200, {"lr": 0.01})))
        for key in ("sgd", "momentum")
    ]
    both = basins(race)
    figure = basins_figure(both, look)
    _text(figure)
    names = _names(figure)
    assert len(names) == 5
    assert all(name.endswith(" %") for name in names)
    assert {"only Gradient descent arrives", "only Momentum arrives"} < {name.rpartition(",")[0] for name in names}
    entries = [one.marker.color for one in figure.data if one.showlegend]
    assert len(set(entries)) == 5
    assert set(entries[:4]) < set(BASINS)
    (cells,) = (one for one in figure.data if one.customdata is not None)
    assert (cells.x[777], cells.y[777]) == both.start(777)


@looks
@pytest.mark.parametrize(
    "run",
    [
        Run("himmelblau", "sgd", (0.0, 0.0), 300, {"lr": 0.003}, noise=3.0),
        Run("bowl", "sgd", (2.0, 1.0), 300, {"lr": 100.0}, noise=1.0),
        Run("quartic", "sgd", (-0.5,), 100, {"lr": 0.02}, noise=2.0),
        Run("x - log(x) + y**2", "sgd", (1.0, 1.0), 60, {"lr": 0.1}, noise=3.5),
        Run("x + y", "sgd", (0.0, 0.0), 60, {"lr": 0.1}, noise=3.5),
    ],
    ids=lambda run: run.objective,
)
def test_seeds_are_a_band_and_a_cloud(run: Run, look: Look) -> None:
    seeds = spread(bare(run, ()), 30)
    objective = run.resolved_objective
    band = seeds_figure(seeds, RACERS["sgd"], objective, look)
    _text(band)
    assert _names(band) == ["10 to 90 % of 30 seeds", "median"]
    cloud = cloud_figure(seeds, RACERS["sgd"], objective, look)
    _text(cloud)
    assert cloud.data[-1].name == f"ends of {30 - seeds.failed} seeds"
    if objective.dimension == 2:
        low, high = cloud.layout.xaxis.range
        assert objective.domain[0][0] <= low < high <= objective.domain[0][1]
        ends = seeds.ends[0]
        inside = ends[(ends > objective.domain[0][0]) & (ends < objective.domain[0][1])]
        assert ((inside >= low) & (inside <= high)).all()


def test_the_band_lies_around_the_median() -> None:
    run = Run("bowl", "sgd", (2.0, 1.0), 50, {"lr": 0.1}, noise=1.0)
    band = seeds_figure(spread(bare(run, ()), 50), RACERS["sgd"], OBJECTIVES["bowl"], LIGHT)
    low, high, median = (np.asarray(one.y) for one in band.data)
    assert ((low <= median) & (median <= high)).all()
    assert band.data[1].fill == "tonexty"
