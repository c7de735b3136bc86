"""The fair comparison: what is shown is what was computed, settings are in the link, and tuned ones go to the race."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import OBJECTIVES, OPTIMIZERS, Run, trace
from core.catalogue.racers import RACERS, own_racer
from core.engine.fairness import RATES, Budget, as_declared, at_one_rate, robustness, tuned
from core.engine.scores import default_target, standings
from core.engine.summary import Race
from core.figures import COSTS
from tests.pages.visits import Link, clean, link_of, notes, state, words
from ui.controls import hyper_key

OWN = "x = x - lr*grad(x - lr*g)"
TERMS = ("As set", "Same rate for all", "Library defaults", "Equal tuning budget")
RULES = ("sgd", "momentum", "sam")


def _play(keys: tuple[str, ...], objective: str, steps: int, noise: float) -> None:
    """A page with a race of ``keys``, set by the controls of racers, and nothing but its comparison."""
    import streamlit as st

    from core import OBJECTIVES, Run, trace
    from core.catalogue.racers import RACERS, own_racer
    from ui import controls
    from ui.kit import share
    from ui.panels.comparison import comparison_panel

    share.begin("play")
    racers = [RACERS.get(key) or own_racer(key) for key in keys]
    start = OBJECTIVES[objective].start
    start = (st.session_state.get("moved", start[0]), *start[1:])
    race = []
    for racer in racers:
        set_to = controls.tuning(racer, {}, "p")
        race.append((racer, trace(Run(objective, racer.optimizer.reference, start, steps, **set_to, noise=noise))))
    comparison_panel(race, "p")
    share.end()


def _open(
    link: Link | None = None,
    keys: tuple[str, ...] = RULES,
    objective: str = "rosenbrock",
    steps: int = 300,
    noise: float = 0.0,
) -> AppTest:
    app = AppTest.from_function(_play, args=(keys, objective, steps, noise), default_timeout=600)
    for key, value in (link or {}).items():
        app.query_params[key] = value
    return clean(app.run())


def _race(keys: tuple[str, ...] = RULES, objective: str = "rosenbrock", steps: int = 300, **more: Any) -> Race:
    racers = [RACERS.get(key) or own_racer(key) for key in keys]
    start = OBJECTIVES[objective].start
    return [(racer, trace(Run(objective, racer.optimizer.reference, start, steps, **more))) for racer in racers]


def _rows(app: AppTest, first: str) -> list[list[str]]:
    """The table whose second heading is ``first``, the headings first."""
    (text,) = [part.value for part in app.markdown if part.value.startswith(f"| Update rule | {first}")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    return [rows[0], *rows[2:]]


def _says(app: AppTest, race: Race, target: float | None = None) -> None:
    """Asserts that the page scores ``race``, with ``target`` or its default."""
    stand = standings(race, default_target(_race()) if target is None else target)
    assert stand.sentence() in words(app)
    headings, *rows = _rows(app, "Loss")
    assert headings[1:] == [stand.heading(measure) for measure in stand.measures]
    for place, row in enumerate(rows):
        assert row[0] == race[place][0].name
        for cell, measure in zip(row[1:], stand.measures, strict=True):
            best = place in stand.winners(measure)
            assert cell == (f"**{stand.text(measure, place)}**" if best else stand.text(measure, place))


def test_the_race_is_scored_as_it_is_set() -> None:
    app = _open({"psgd_lr": "0.0015", "psam_lr": "0.0015"})
    race = [
        (racer, trace(Run("rosenbrock", racer.key, OBJECTIVES["rosenbrock"].start, 300, {"lr": lr})))
        for racer, lr in ((RACERS["sgd"], 0.0015), (RACERS["momentum"], 0.001), (RACERS["sam"], 0.0015))
    ]
    _says(app, race)
    assert "not reached" in str(_rows(app, "Loss"))
    assert "Bold: the best of its column" in str([caption.value for caption in app.caption])


def test_other_terms_are_other_races() -> None:
    app = _open({"psam_lr": "0.0002", "pfair_terms": "Library defaults"})
    _says(app, as_declared(_race()))
    clean(app.button_group(key="pfair_terms").set_value("Same rate for all").run())
    # It is that of the first rule until it is changed.
    _says(app, at_one_rate(_race(), OPTIMIZERS["sgd"].hypers[0].default))
    clean(app.number_input(key="pfair_rate").set_value(0.0003).run())
    _says(app, at_one_rate(_race(), 0.0003))


@pytest.mark.parametrize("both", [False, True], ids=["rate", "rate and more"])
def test_tuned_settings_are_shown_with_whether_they_hold_and_given_to_the_race(both: bool) -> None:
    app = _open({"pfair_terms": "Equal tuning budget", **({"pfair_second": "true"} if both else {})})
    everyone = [tuned(racer, path, Budget(RATES, 5 if both else 1)) for racer, path in _race()]
    _says(app, [(one.racer, trace(one.run)) for one in everyone])
    assert robustness(everyone) in words(app)
    _, *rows = _rows(app, "Tuned to")
    stand = standings(_race(), 1.0)
    for row, one in zip(rows, everyone, strict=True):
        assert row[2] == str(one.run.steps)
        assert row[3:] == [stand.loss_text(loss) for loss in (one.level, one.half, one.twice)]
    assert [one.run.steps for one in everyone] == [300, 300, 150]
    clean(app.button(key="pfair_use").click().run())
    for one in everyone:
        for name, value in one.chosen.items():
            assert state(app, "p" + hyper_key(one.racer, name)) == value
    assert set(everyone[1].chosen) == ({"lr", "beta"} if both else {"lr"})
    # The race now runs as tuned, but for its steps, and so does a visitor who follows its link.
    clean(app.button_group(key="pfair_terms").set_value("As set").run())
    race = []
    for one in everyone:
        run = Run("rosenbrock", one.racer.key, OBJECTIVES["rosenbrock"].start, 300, one.run.settings)
        race.append((one.racer, trace(run)))
    for visit in (app, _open(link_of(app))):
        assert notes(visit) == ""
        _says(visit, race)


def test_a_link_with_every_setting_of_the_comparison_opens_it_as_it_was() -> None:
    link = {
        "pfair_terms": "Equal tuning budget",
        "pfair_rates": "25",
        "pfair_second": "true",
        "pfair_target": "0.5",
        "pfair_cost": "State × steps",
    }
    app = _open(link)
    assert notes(app) == ""
    assert {key: value[0] for key, value in link_of(app).items()} == link
    everyone = [tuned(racer, path, Budget(25, 5)) for racer, path in _race()]
    _says(app, [(one.racer, trace(one.run)) for one in everyone], 0.5)
    (figure,) = app.get("plotly_chart")
    assert COSTS[2].title in figure.proto.spec


@pytest.mark.parametrize(
    "link",
    [
        {"pfair_terms": "Nobody's"},
        {"pfair_target": "nan"},
        {"pfair_target": "-1"},
        {"pfair_cost": "Money"},
        {"pfair_terms": "Equal tuning budget", "pfair_rates": "1e9"},
        {"pfair_terms": "Same rate for all", "pfair_rate": "-3"},
    ],
    ids=str,
)
def test_what_a_link_gets_wrong_is_said_and_does_no_harm(link: dict[str, str]) -> None:
    app = _open(link)
    assert "could not be used" in notes(app)
    (wrong,) = [key for key in link if key not in link_of(app)]
    assert f"`{wrong} = {link[wrong]}`" in notes(app)


def test_the_target_follows_the_race_until_one_is_typed() -> None:
    app = _open()
    assert state(app, "pfair_target") == default_target(_race()) == 0.01
    app.session_state["moved"] = -30.0
    clean(app.run())
    assert state(app, "pfair_target") == 8e4
    assert "pfair_target" not in link_of(app)
    clean(app.number_input(key="pfair_target").set_value(0.25).run())
    app.session_state["moved"] = -1.5
    clean(app.run())
    assert state(app, "pfair_target") == 0.25
    assert link_of(app)["pfair_target"] == ["0.25"]


@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize("objective", ["parabola", "quartic", "cubic", "bowl", "hyperbola_valley"])
def test_every_objective_is_compared_on_all_terms(objective: str, terms: str) -> None:
    app = _open({"pfair_terms": terms}, objective=objective, steps=60)
    (figure,) = app.get("plotly_chart")
    assert "Gradient descent" in figure.proto.spec
    assert len(_rows(app, "Loss")) == 1 + len(RULES)


@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize(
    "keys", [("adam",), (OWN, "sgd", "sgd2"), ("momentum", "armijo", "prodigy", "newton")], ids=lambda keys: keys[-1]
)
def test_one_racer_copies_and_rules_of_ones_own_are_compared_on_all_terms(keys: tuple[str, ...], terms: str) -> None:
    app = _open({"pfair_terms": terms}, keys)
    assert notes(app) == ""
    assert [row[0] for row in _rows(app, "Loss")[1:]] == [(RACERS.get(key) or own_racer(key)).name for key in keys]
    assert ("runs alone" in words(app)) == (len(keys) == 1)


def test_noisy_runs_are_tuned_over_several_draws() -> None:
    app = _open({"pfair_terms": "Equal tuning budget", "pfair_rates": "10"}, objective="bowl", steps=80, noise=0.3)
    everyone = [tuned(racer, path, Budget(10)) for racer, path in _race(objective="bowl", steps=80, noise=0.3)]
    assert robustness(everyone) in words(app)
    assert "the same few draws of the noise" in str([caption.value for caption in app.caption])


def test_tuning_that_costs_too_much_is_not_done_and_says_what_to_lower() -> None:
    keys = ("sam", "newton", "muon", "lamb", "nadam", "radam", "adam", "sophia")
    link = {"pfair_terms": "Equal tuning budget", "pfair_rates": "160", "pfair_second": "true"}
    app = _open(link, keys, "ackley", 5000)
    (refused,) = app.info
    assert "It is done for" in refused.value
    assert not app.get("plotly_chart")


def test_rules_that_share_no_rate_are_told_so() -> None:
    texts = ("lr: (0.01, 0.1) = 0.05\nx = x - lr*g", "lr: (0.2, 3) = 1\nx = x - lr*g")
    app = _open({"pfair_terms": "Same rate for all"}, texts, "parabola", 20)
    assert [one.value for one in app.info] == ["No learning rate is allowed for all of these rules."]
