"""Maps over two settings: every cell is a single run, axes are sliders', and what costs too much is refused."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core import OBJECTIVES, OPTIMIZERS, SCHEDULES, Run, trace
from core.catalogue.hypers import Hyper
from core.catalogue.objectives import VARIABLES
from core.engine.status import Outcome
from core.engine.two_settings import (
    OUTCOMES,
    SettingsMap,
    axes_of,
    bare,
    ends_over,
    scale,
    settings_map,
    settings_of,
    side,
    too_dear,
)

NOISY = {"noise": 0.2, "clip_norm": 3.0, "seed": 5}


def _map(run: Run, names: Sequence[str]) -> SettingsMap:
    known = {one.name: one for one in settings_of(run)}
    return settings_map(run, known[names[0]], known[names[1]])


def _single(sheet: SettingsMap, cell: int) -> Run:
    """The run of a cell, made without the map."""
    run = sheet.run
    hypers, follows, start = run.settings, run.schedule_settings, list(run.start)
    for one, value in zip((sheet.across, sheet.up), sheet.at(cell), strict=True):
        if one.of == "start":
            start[VARIABLES.index(one.hyper.name)] = value
        else:
            (hypers if one.of == "rule" else follows)[one.hyper.name] = value
    return replace(run, hypers=hypers, schedule_hypers=follows, start=tuple(start))


@pytest.mark.parametrize(
    ("objective", "optimizer", "names", "settings"),
    [
        ("bowl", "sgd", ("lr", "start y"), {}),
        ("ravine", "momentum", ("lr", "beta"), {}),
        ("ravine", "momentum", ("beta", "lr"), NOISY),
        ("himmelblau", "rmsprop", ("gamma", "eps"), {"hypers": {"lr": 0.02}}),
        ("rosenbrock", "sgd", ("start x", "start y"), {"hypers": {"lr": 0.003}}),
        ("quartic", "momentum", ("lr", "start x"), {}),
        ("bowl", "momentum", ("lr", "schedule gamma"), {"schedule": "step"}),
        ("bowl", "momentum", ("schedule gamma", "schedule patience"), {"schedule": "plateau"}),
    ],
)
def test_every_cell_is_the_single_run_bit_for_bit(
    objective: str, optimizer: str, names: Sequence[str], settings: dict[str, Any]
) -> None:
    run = Run(objective, optimizer, OBJECTIVES[objective].start, 60, **settings)
    sheet = _map(run, names)
    assert sheet.loss.shape == (sheet.y.values.size, sheet.x.values.size)
    for cell in np.random.default_rng(0).integers(sheet.loss.size, size=12).tolist():
        path = trace(_single(sheet, cell))
        outcome = OUTCOMES[sheet.outcome.ravel()[cell]]
        if path.status.failed:
            assert (outcome, np.isnan(sheet.loss.ravel()[cell])) == (path.status.outcome, True)
        else:
            assert (outcome, sheet.loss.ravel()[cell]) == (Outcome.FINISHED, path.loss[-1])


def test_diverged_and_undefined_cells_are_told_apart() -> None:
    diverging = _map(Run("bowl", "sgd", (2.0, 1.0), 500), ("lr", "start y"))
    assert set(diverging.outcome.ravel().tolist()) == {0, 1}
    undefined = _map(Run("x - log(x) + y**2", "sgd", (1.0, 1.0), 60), ("lr", "start x"))
    assert 2 in undefined.outcome


def test_a_map_does_not_depend_on_where_the_race_stands_in_it() -> None:
    run = Run("ravine", "momentum", (2.0, 1.0), 60, {"lr": 0.01, "beta": 0.5})
    known = {one.name: one for one in settings_of(run)}
    varied = (known["lr"], known["beta"])
    other = replace(run, hypers={"lr": 0.02, "beta": 0.9})
    assert bare(run, varied) == bare(other, varied)
    assert axes_of(run, *varied) == axes_of(other, *varied)
    assert bare(replace(run, start=(1.0, 1.0)), varied) != bare(run, varied)


def test_the_axes_are_the_sliders_and_wide_enough_for_the_race() -> None:
    (lr, beta, *_) = settings_of(Run("bowl", "momentum", (1.0, 1.0)))
    sliders = {hyper.name: hyper.slider for hyper in OPTIMIZERS["momentum"].hypers}
    assert lr.span(Run("bowl", "momentum", (1.0, 1.0))) == sliders["lr"]
    assert beta.span(Run("bowl", "momentum", (1.0, 1.0))) == sliders["beta"]
    wide = Run("bowl", "momentum", (1.0, 1.0), hypers={"lr": 7.0, "beta": 0.9999})
    assert lr.span(wide) == (sliders["lr"][0], 7.0)
    assert beta.span(wide)[1] == 0.9999
    # Zero is no place on a log axis.
    assert lr.span(Run("bowl", "momentum", (1.0, 1.0), hypers={"lr": 0.0})) == sliders["lr"]


@pytest.mark.parametrize(
    "hyper", [hyper for one in (*OPTIMIZERS.values(), *SCHEDULES.values()) for hyper in one.hypers], ids=str
)
def test_values_are_different_short_allowed_and_in_the_middle_of_their_cells(hyper: Hyper) -> None:
    made = scale(hyper, *hyper.slider, 50)
    assert (np.diff(made.values) > 0).all()
    assert (np.diff(made.edges) > 0).all()
    assert ((made.edges[:-1] < made.values) & (made.values < made.edges[1:])).all()
    assert all(hyper.check(value) == value for value in made.values)
    assert made.logarithmic == (hyper.scale == "log")
    if not hyper.whole:
        assert made.edges[[0, -1]] == pytest.approx(hyper.slider)
        assert all(len(f"{value:.12g}".lstrip("-0.").partition("e")[0]) <= 8 for value in made.values)


def test_settings_of_a_visitors_rule_have_names_and_words_of_their_own() -> None:
    rule = "rho: (0, 1) = 0.9\nbeta2: (0, 1) = 0.9\nx0: (0, 1) = 0.5\nv = rho*v + beta2*x0*g\nx = x - lr*v"
    known = settings_of(Run("bowl", rule, (1.0, 1.0), schedule="cosine"))
    assert len({one.name for one in known}) == len({one.label for one in known}) == len(known)
    assert {one.of for one in known} == {"rule", "schedule", "start"}


LONG = "+".join(f"sin({k}*x)*cos({k + 1}*y)*exp(-x**2)" for k in range(1, 9))


def test_a_map_that_costs_too_much_is_refused_with_what_to_lower() -> None:
    run = Run(LONG, "newton", (0.3, 0.4), 20_000)
    assert side(run) == 0
    (fewer,) = (int(number) for number in re.findall(r"drawn for (\d+) steps or fewer", too_dear(run)))
    assert too_dear(replace(run, steps=fewer)) == ""
    assert too_dear(replace(run, steps=fewer + 10)) != ""
    # Two maps cost twice as much.
    assert too_dear(replace(run, steps=fewer), maps=2) != ""


def test_longer_races_have_coarser_maps() -> None:
    sides = [side(Run("rosenbrock", "adam", (1.0, 1.0), steps)) for steps in (500, 5000, 9000, 100_000)]
    assert sides == sorted(sides, reverse=True)
    assert (sides[0], sides[-1]) == (50, 0)


def test_two_settings_that_are_the_starts_are_in_the_order_of_rows_and_columns() -> None:
    run = Run("x + 0*y", "sgd", (0.0, 0.0), 1, {"lr": 0.0})
    loss, _ = ends_over(bare(run, ()), ("start x", -1.0, 1.0, 4), ("start y", -1.0, 1.0, 3))
    np.testing.assert_array_equal(loss, [[-0.75, -0.25, 0.25, 0.75]] * 3)
